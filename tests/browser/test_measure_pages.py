"""The measure pages in a browser without a camera."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations


def test_without_a_camera_the_page_says_what_to_do(page: Page, app: LiveServer) -> None:
    give_plan(app.data)
    page.goto("/measure/plank/")
    page.get_by_role("button", name="Start the camera").click()
    trouble = page.get_by_role("alert").filter(has_text="go on without it")
    expect(trouble).to_be_visible()
    expect(page.get_by_role("button", name="Start the camera")).to_be_enabled()
    assert axe_violations(page) == []


@pytest.mark.parametrize("path", ["/measure/", "/measure/thomas/", "/measure/plank/"])
def test_the_pages_fit_a_small_phone(page: Page, app: LiveServer, path: str) -> None:
    give_plan(app.data)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert axe_violations(page) == []
