"""See why in a real browser: figure, slider and numbers, and the drawing that stands in for WebGL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched

PATIENCE = 300_000  # ms: the model may have to be made ready for this computer first
PULLS = """[...document.querySelectorAll("[data-drawing=standing] .fascicles path")]
  .map((one) => one.className.baseVal)"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[LiveServer]:
    """A server whose owner has a plan, and a build that they gave on the page itself."""
    server = LiveServer(tmp_path_factory.mktemp("why")).start()
    with server.sign_in():
        give_plan(server.data)
    yield server
    server.kill()


@pytest.fixture(scope="module")
def signed_in(server: LiveServer, chromium: Browser) -> StorageState:
    """Signed in, with the answer worked out: the page waits for it and shows it by itself."""
    context = chromium.new_context(base_url=server.origin)
    with watched(context, server.origin) as page:
        page.goto(server.link)
        page.goto("/result/")
        page.get_by_role("link", name="See what a shorter psoas").click()
        page.get_by_label("Height").fill("168")
        page.get_by_label("Body mass").fill("62")
        page.get_by_role("button", name="Show my spine").click()
        page.wait_for_selector("#meaning", timeout=PATIENCE)
        state = context.storage_state()
    context.close()
    return state


def opened(chromium: Browser, server: LiveServer, state: StorageState, **options: Any) -> Any:
    return chromium.new_context(base_url=server.origin, storage_state=state, locale="en-GB", **options)


def picture(page: Page) -> bytes:
    """The figure as it is drawn now."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator("canvas").screenshot()


def test_slider_by_keyboard_moves_figure_numbers_and_chart_and_asks_for_nothing(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in, viewport={"width": 1280, "height": 900})
    with watched(context, server.origin) as page:
        page.goto("/see-why/")
        page.wait_for_selector("canvas:not([hidden])")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        slider, line = page.get_by_label("How much shorter"), page.get_by_role("status")
        slider.focus()
        page.keyboard.press("Home")
        expect(line).to_contain_text("Full length")
        full, pulls = picture(page), page.evaluate(PULLS)
        before = page.locator(".load-chart .after .dot").first.get_attribute("cx")
        page.keyboard.press("End")
        expect(line).to_contain_text("15 % shorter, standing")
        expect(slider).to_have_attribute("aria-valuetext", "15 % shorter")
        assert picture(page) != full
        assert page.evaluate(PULLS) != pulls
        assert page.locator(".load-chart .after .dot").first.get_attribute("cx") != before
        still = picture(page)
        page.locator("canvas").focus()
        page.keyboard.press("ArrowRight")
        turned = picture(page)
        assert turned != still
        page.get_by_role("radio", name="Sitting").check()
        expect(line).to_contain_text("15 % shorter, sitting")
        assert picture(page) != turned
        assert asked == []
    context.close()


def test_nerves_come_and_go(chromium: Browser, server: LiveServer, signed_in: StorageState) -> None:
    context = opened(chromium, server, signed_in)
    with watched(context, server.origin) as page:
        page.goto("/see-why/")
        page.wait_for_selector("canvas:not([hidden])")
        without = picture(page)
        page.get_by_label("Show where the nerves").check()
        assert picture(page) != without
        page.get_by_label("Show where the nerves").uncheck()
        assert picture(page) == without
    context.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_page_fits_and_axe_finds_nothing(
    chromium: Browser, server: LiveServer, signed_in: StorageState, width: int, scheme: Any
) -> None:
    size = {"width": width, "height": 740}
    context = opened(chromium, server, signed_in, viewport=size, color_scheme=scheme)
    with watched(context, server.origin) as page:
        page.goto("/see-why/")
        page.wait_for_selector("canvas:not([hidden])")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert axe_violations(page) == []
    context.close()


def test_with_reduced_motion_and_on_paper_it_is_a_drawing(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in, reduced_motion="reduce")
    with watched(context, server.origin) as page:
        page.goto("/see-why/")
        button = page.get_by_role("button", name="Turn it in three dimensions")
        expect(button).to_be_visible()
        expect(page.locator("canvas")).to_be_hidden()
        expect(page.locator("[data-drawing=standing]")).to_be_visible()
        assert axe_violations(page) == []
        button.click()
        expect(page.locator("canvas")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.locator("canvas")).to_be_hidden()
        expect(page.locator("[data-drawing=standing]")).to_be_visible()
    context.close()


def test_without_webgl_the_drawing_follows_the_slider(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in)
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    with watched(context, server.origin) as page:
        page.goto("/see-why/")
        slider = page.get_by_label("How much shorter")
        expect(slider).to_be_visible()
        slider.focus()
        page.keyboard.press("Home")
        top = page.locator("[data-drawing=standing] .after use[data-body=torso]").first
        full = top.get_attribute("transform")
        page.keyboard.press("End")
        assert top.get_attribute("transform") != full
        expect(page.locator("canvas")).to_be_hidden()
        expect(page.locator("[data-drawing=standing]")).to_be_visible()
        expect(page.get_by_role("status")).to_contain_text("15 % shorter")
    context.close()


def test_without_script_everything_is_there_to_read(
    chromium: Browser, server: LiveServer, signed_in: StorageState
) -> None:
    context = opened(chromium, server, signed_in, java_script_enabled=False)
    page = context.new_page()
    page.goto("/see-why/")
    expect(page.locator("[data-drawing=standing]")).to_be_visible()
    expect(page.locator("#line")).to_contain_text("shorter, standing")
    expect(page.get_by_label("How much shorter")).to_be_hidden()
    context.close()
