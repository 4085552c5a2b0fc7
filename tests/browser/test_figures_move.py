"""The figures on a page under the strictest policy: they move, stop when told, stand still when asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from playwright.sync_api import Browser, Page, Route, expect

from nextposture.knowledge.figures import figures
from nextposture.motion.figure_svg import draw
from tests.watched_page import axe_violations, watched

STATIC = files("nextposture.site") / "static/nextposture"
ORIGIN = "https://figures.test"
KINDS = {".css": "text/css", ".js": "text/javascript"}
SHOWN = ("EX_KNEEL", "EX_SIDE_PLANK")
BUTTON = '<button type="button" data-figure-toggle data-pause="Pause" data-play="Play" hidden></button>'


def page_of_figures() -> str:
    drawn = "".join(f"<figure>{draw(figures()[name], animate=True)}{BUTTON}</figure>" for name in SHOWN)
    return (
        '<!doctype html><html lang="en"><head><title>Figures</title>'
        '<link rel="stylesheet" href="/tokens.css"><link rel="stylesheet" href="/figures.css">'
        f'<script type="module" src="/figures.js"></script></head><body><main><h1>Figures</h1>{drawn}</main>'
    )


def answer(route: Route) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    kind = KINDS.get(name[name.rfind(".") :], "text/html") if name else "text/html"
    body = (STATIC / name).read_text() if name.endswith(tuple(KINDS)) else page_of_figures()
    policy = {"Content-Security-Policy": "default-src 'self'"}
    route.fulfill(status=200, content_type=f"{kind}; charset=utf-8", headers=policy, body=body)


@contextmanager
def shown(chromium: Browser, motion: str) -> Iterator[Page]:
    context = chromium.new_context(reduced_motion=motion)  # type: ignore[arg-type]
    context.route("**/*", answer)
    with watched(context, ORIGIN) as page:
        page.goto(f"{ORIGIN}/")
        yield page
    context.close()


def outline(page: Page) -> str:
    """The path of the trunk as it is drawn now."""
    return page.locator("svg.fig [data-frames]").first.get_attribute("d") or ""


def test_a_figure_moves_and_stops_when_told(chromium: Browser) -> None:
    with shown(chromium, "no-preference") as page:
        still = outline(page)
        expect(page.locator("svg.fig [data-frames]").first).not_to_have_attribute("d", still)
        button = page.locator("button").first
        button.click()
        expect(button).to_have_text("Play")
        stopped = outline(page)
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert outline(page) == stopped
        button.click()
        expect(button).to_have_text("Pause")
        expect(page.locator("svg.fig [data-frames]").first).not_to_have_attribute("d", stopped)
        assert axe_violations(page) == []


def test_a_figure_stands_still_when_reduced_motion_is_asked_for(chromium: Browser) -> None:
    with shown(chromium, "reduce") as page:
        expect(page.locator("svg.fig").first).to_be_visible()
        still = outline(page)
        expect(page.locator("button").first).to_be_hidden()
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert outline(page) == still
        page.emulate_media(reduced_motion="no-preference")
        expect(page.locator("svg.fig [data-frames]").first).not_to_have_attribute("d", still)
        page.emulate_media(reduced_motion="reduce")
        expect(page.locator("svg.fig [data-frames]").first).to_have_attribute("d", still)


def test_lines_keep_their_weight_at_any_size(chromium: Browser) -> None:
    with shown(chromium, "reduce") as page:
        effects = page.eval_on_selector_all(
            "svg.fig path, svg.fig circle", "all => all.map(one => getComputedStyle(one).vectorEffect)"
        )
        assert set(effects) == {"non-scaling-stroke"}
