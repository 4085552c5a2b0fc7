"""The plan and the result on the narrowest screen and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import watched

MOST_PAGES = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server whose owner has the plan of someone who sits and does not move much."""
    server = LiveServer(Path(tmp_path_factory.mktemp("paper"))).start()
    give_plan(server.data)
    yield server
    server.kill()


@pytest.fixture
def page(server: LiveServer, chromium: Browser) -> Iterator[Page]:
    """Signed in on a phone."""
    context = chromium.new_context(base_url=server.origin, viewport={"width": 320, "height": 640})
    with watched(context, server.origin) as page:
        page.goto(server.new_link())
        yield page
    context.close()


@pytest.mark.parametrize("address", ["/plan/", "/result/", "/today/", "/session/"])
def test_nothing_scrolls_sideways_at_320(page: Page, address: str) -> None:
    page.goto(address)
    if address == "/plan/":
        assert page.locator('[data-item="P_WALK"]').count() == 1, "the plan this test is about"
    for opened in (False, True):
        if opened:
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_printed_result_shows_every_danger_sign(page: Page) -> None:
    page.goto("/result/")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for sign in page.locator(".safety-card li").all():
        assert sign.is_visible(), sign.text_content()
    for fold in page.locator("main details.evidence").all():
        assert not fold.is_visible()
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".safety-card details[open]").count() == 1


def test_printed_plan_is_short_and_leaves_the_folds_out(page: Page) -> None:
    page.goto("/plan/")
    page.wait_for_load_state("networkidle")
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4")))
    assert pages <= MOST_PAGES
    page.emulate_media(media="print")
    for fold in page.locator(".plan-items details").all():
        assert not fold.is_visible()
