"""What every page owes everyone: readable at any width, in any light, by keyboard, without script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, PdfMargins, StorageState, expect

from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched

PAGES = ("/", "/emergency/", "/evidence/")
MOST_BYTES = 300_000
LEAST_TARGET_PX = 44


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests here: they change nothing that is kept."""
    server = LiveServer(tmp_path_factory.mktemp("look")).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def signed_in(server: LiveServer, chromium: Browser) -> StorageState:
    """The browser's cookies after signing in, as Playwright keeps them."""
    context = chromium.new_context()
    context.new_page().goto(server.link)
    state = context.storage_state()
    context.close()
    return state


def opened(chromium: Browser, server: LiveServer, state: StorageState, **options: Any) -> BrowserContext:
    return chromium.new_context(base_url=server.origin, storage_state=state, locale="en-GB", **options)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (360, "dark"), (768, "light"), (1024, "dark"), (1280, "light")]
)
def test_page_fits_and_axe_finds_nothing(
    chromium: Browser, server: LiveServer, signed_in: StorageState, path: str, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 740}
    context = opened(chromium, server, signed_in, viewport=size, color_scheme=scheme)
    with watched(context, server.origin) as page:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert axe_violations(page) == []
        page.locator(".danger-signs > summary, h1").first.click()
        assert axe_violations(page) == []
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_whatever_is_touched_is_large_enough(
    chromium: Browser, server: LiveServer, signed_in: StorageState, path: str
) -> None:
    """Links inside running text are exempt, as in WCAG 2.5.8."""
    context = opened(chromium, server, signed_in, viewport={"width": 360, "height": 740}, has_touch=True)
    with watched(context, server.origin) as page:
        page.goto(path)
        small = page.evaluate(
            """least => [...document.querySelectorAll(
                 'button, summary, select, input:not([type=radio], [type=checkbox]), label:has(input), ' +
                 'nav a, .button, .site-name, .site-footer li a, a.phone')]
               .filter(it => it.checkVisibility())
               .filter(it => it.getBoundingClientRect().height < least - 0.01)
               .map(it => it.outerHTML.slice(0, 100))""",
            LEAST_TARGET_PX,
        )
        assert small == []
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_page_is_light(chromium: Browser, server: LiveServer, signed_in: StorageState, path: str) -> None:
    """Markup, styles, scripts and fonts, unpacked."""
    context = opened(chromium, server, signed_in)
    with watched(context, server.origin) as page:
        sizes: list[tuple[str, int]] = []
        page.on("response", lambda response: sizes.append((response.url, len(response.body()))))
        page.goto(path, wait_until="networkidle")
        assert sum(".woff2" in url for url, _ in sizes) == 2
        assert sum(size for _, size in sizes) < MOST_BYTES, sizes
    context.close()


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_choice_of_paper_is_kept_and_there_before_the_page_is(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in, color_scheme="light")
    with watched(context, server.origin) as page:
        page.goto("/")
        light = paper(page)
        page.get_by_role("radio", name="Dark").check()
        dark = paper(page)
        assert dark != light
        page.add_init_script(
            """new MutationObserver((_, watching) => {
                 if (!document.body) return;
                 window.themeWhenBodyBegan = document.documentElement.dataset.theme;
                 watching.disconnect();
               }).observe(document, {childList: true, subtree: true});"""
        )
        page.goto("/evidence/")
        assert page.evaluate("window.themeWhenBodyBegan") == "dark"
        assert paper(page) == dark
        page.get_by_role("radio", name="As this device").check()
        assert paper(page) == light
    context.close()


def test_danger_signs_are_one_tap_away_and_leave_the_page_as_it_was(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in, viewport={"width": 320, "height": 640})
    with watched(context, server.origin) as page:
        page.goto("/evidence/")
        page.get_by_label("Search the claims").fill("half-typed")
        page.mouse.wheel(0, 2000)
        page.get_by_text("Danger signs", exact=True).click()
        expect(page.get_by_role("link", name="999")).to_be_visible()
        expect(page.get_by_text("Loss of bowel control or feeling")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("link", name="999")).to_be_hidden()
        expect(page.get_by_label("Search the claims")).to_have_value("half-typed")
    context.close()


def test_card_prints_on_one_sheet(chromium: Browser, server: LiveServer, signed_in: StorageState) -> None:
    context = opened(chromium, server, signed_in, color_scheme="dark")
    with watched(context, server.origin) as page:
        page.goto("/emergency/?country=GB")
        margin: PdfMargins = {"top": "15mm", "right": "15mm", "bottom": "15mm", "left": "15mm"}
        sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4", margin=margin))
        assert len(sheets) == 1
        page.emulate_media(media="print")
        expect(page.locator(".site-bar")).to_be_hidden()
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert ink == "rgb(33, 28, 23)", "dark ink, whatever the screen"
    context.close()


def test_claims_are_filtered_while_typing(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in)
    with watched(context, server.origin) as page:
        page.goto("/evidence/")
        page.get_by_label("Search the claims").press_sequentially("Standing desk")
        expect(page.locator("#E08")).to_be_visible()
        expect(page.locator("#E12")).to_be_hidden()
        expect(page.get_by_role("status")).to_contain_text("1 of")
        page.get_by_label("Search the claims").fill("")
        expect(page.locator("#E12")).to_be_visible()
    context.close()


def test_everything_works_without_script(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(
        chromium, server, signed_in, java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_text("Danger signs", exact=True).click()
    expect(page.get_by_text("Loss of bowel control or feeling")).to_be_visible()
    page.get_by_text("Danger signs", exact=True).click()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Evidence", exact=True).click()
    page.get_by_label("Search the claims").fill("standing desk")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#E08")).to_be_visible()
    expect(page.locator("#E12")).to_have_count(0)
    page.goto("/emergency/")
    page.get_by_label("Where are you?").select_option(label="France")
    page.get_by_role("button", name="Show its numbers").click()
    expect(page.get_by_role("link", name="15", exact=True)).to_be_visible()
    context.close()


def test_keyboard_reaches_the_content_first_and_shows_where_it_is(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in)
    with watched(context, server.origin) as page:
        page.goto("/evidence/")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        focused = page.locator("main :focus-visible")
        expect(focused).to_have_count(1)
        assert focused.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
    context.close()
