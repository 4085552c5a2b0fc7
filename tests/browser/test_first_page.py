"""The first page in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched


def test_link_leads_to_the_first_page_and_leaves_no_token_behind(page: Page, app: LiveServer) -> None:
    expect(page).to_have_url(f"{app.origin}/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe_violations(page) == []


@pytest.mark.parametrize("path", ["/", "/no-such-page"])
def test_page_for_strangers_is_readable_by_everyone(app: LiveServer, chromium: Browser, path: str) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    with watched(context, app.origin) as page:
        page.goto(app.origin + path)
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
