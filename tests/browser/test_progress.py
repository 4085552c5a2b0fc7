"""Progress, the plan's history and the body map as a person meets them: any width, any light, with zoom."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState, expect

from tests.live_server import LiveServer, environment
from tests.watched_page import axe_violations, watched

PAGES = (
    "/progress/",
    "/progress/look/pain_avg_7d/",
    "/progress/body-map/",
    "/plan/",
    "/plan/history/",
    "/today/",
    "/check-in/since/",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server over some weeks that were lived through its pages."""
    server = LiveServer(tmp_path_factory.mktemp("progress"))
    server.data.mkdir()
    subprocess.run(
        [sys.executable, "-m", "tests.replayed_year", str(server.data), "17"],
        check=True,
        timeout=300,
        cwd=Path(__file__).parents[2],
        env={**environment(), "NEXTPOSTURE_SECRET_KEY": "only-for-tests", "HOME": os.environ["HOME"]},
    )
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def signed_in(server: LiveServer, chromium: Browser) -> StorageState:
    """The browser's cookies after signing in, with a check-in begun."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(server.link)
    page.goto(f"{server.origin}/check-in/")
    page.get_by_role("button", name="Start the check-in").click()
    state = context.storage_state()
    context.close()
    return state


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_pages_fit_and_axe_finds_nothing(
    chromium: Browser, server: LiveServer, signed_in: StorageState, width: int, scheme: str
) -> None:
    context = chromium.new_context(
        base_url=server.origin,
        storage_state=signed_in,
        locale="en-GB",
        viewport={"width": width, "height": 740},
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    with watched(context, server.origin) as page:
        for path in PAGES:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert axe_violations(page) == [], path
    context.close()


def test_a_chart_zooms_and_the_servers_drawing_is_what_prints(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = chromium.new_context(base_url=server.origin, storage_state=signed_in, locale="en-GB")
    with watched(context, server.origin) as page:
        page.goto("/progress/look/pain_avg_7d/")
        expect(page.locator("[data-plot] canvas")).to_be_visible()
        expect(page.locator("svg.chart-svg")).to_be_hidden()
        said = page.locator("[data-zoom-said]")
        whole = said.inner_text()
        page.get_by_role("button", name="Earlier").click()
        page.get_by_role("button", name="A year").click()
        expect(said).to_have_text(whole)
        page.emulate_media(media="print")
        expect(page.locator("svg.chart-svg")).to_be_visible()
        expect(page.locator("[data-plot] canvas")).to_be_hidden()
    context.close()


def test_the_body_map_is_marked_by_a_tap_on_the_drawing_without_script(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = chromium.new_context(
        base_url=server.origin, storage_state=signed_in, locale="en-GB", java_script_enabled=False
    )
    with watched(context, server.origin) as page:
        page.goto("/progress/body-map/")
        box = page.get_by_label("Calf, left", exact=True)
        was = box.is_checked()
        page.locator('label.region-tap[for="r-back_calf_left"]').click()
        assert box.is_checked() is not was
        page.get_by_role("button", name="Keep it").click()
        page.goto("/progress/body-map/")
        assert page.get_by_label("Calf, left", exact=True).is_checked() is not was
    context.close()
