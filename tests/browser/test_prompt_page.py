"""The page behind a prompt, from a running companion, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nextposture.companion import folder
from tests.desktop.desk import PLAN, RULES, Desk, a_desk, companion, until
from tests.watched_page import axe_violations


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A companion that needs no desktop for its page."""
    with a_desk(tmp_path) as made:
        made.prepare(replace(PLAN, interval_s=1800.0), replace(RULES, settle_s=60.0, later_s=600.0))
        made.start(*companion(made))
        until((made.data / "companion" / folder.API).exists, "the companion")
        yield made


def status(desk: Desk) -> Any:
    """What it says by the command line: Playwright's loop leaves no room for another in this thread."""
    return json.loads(desk.run(*companion(desk), "status", "--json"))


@pytest.fixture
def page(desk: Desk, chromium: Browser) -> Iterator[Page]:
    """The page of a prompt that was asked for."""
    context = chromium.new_context(viewport={"width": 320, "height": 720}, locale="en-GB")
    made = context.new_page()
    desk.run(*companion(desk), "now", "--discomfort")
    made.goto(status(desk)["prompt"]["page"])
    yield made
    context.close()


def test_it_says_what_and_why_with_a_picture_and_can_be_used_by_everyone(page: Page) -> None:
    expect(page.get_by_role("heading")).to_have_text("Walk to the window or the tap and back.")
    expect(page.get_by_text("You said that your back asks for it")).to_be_visible()
    assert page.locator("svg").bounding_box()["height"] > 100  # type: ignore[index]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert axe_violations(page) == []


@pytest.mark.parametrize(
    "button, phase, says",
    [
        ("Done", "on_break", "This break is settled."),
        ("Later", "deferred", "It comes back in a few minutes."),
        ("Not now", "working", "This break is settled."),
    ],
)
def test_its_buttons_answer(page: Page, desk: Desk, button: str, phase: str, says: str) -> None:
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text(says)).to_be_visible()
    assert status(desk)["phase"] == phase
