"""Pictures of the camera's pages for the documentation: a measured test, a coached stretch.

`make pictures` writes them into `docs/figures/camera`.
"""

from __future__ import annotations

import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.test_camera import to_the_first_set
from tests.chromium import chromium_path
from tests.day_people import give_plan
from tests.drawn_camera import drawn_camera, lay_the_line
from tests.live_server import LiveServer

FOLDER = Path(__file__).parents[1] / "docs/figures/camera"
DESK, PHONE = {"width": 1100, "height": 760}, {"width": 375, "height": 812}
WAIT_MS = 60_000
COUNTED = re.compile(r"^2[0-6]$")


def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = LiveServer(Path(folder)).start()
        give_plan(app.data)
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        measured(app, chromium)
        coached(app, chromium)
        chromium.close()
        app.kill()


def measured(app: LiveServer, chromium: Browser) -> None:
    """The modified Thomas test: set up, measured, its result."""
    with drawn_camera(app, chromium, viewport=DESK) as page:
        page.goto("/measure/thomas/?side=left")
        page.evaluate("drawn.play('thomas')")
        page.get_by_role("button", name="Start the camera").click()
        page.locator("[data-begin]:enabled").wait_for(timeout=WAIT_MS)
        page.wait_for_timeout(500)
        lay_the_line(page)
        keep(page, "thomas-set-up")
        page.locator("[data-begin]").click()
        expect(page.locator("[data-phase]")).to_contain_text("Measuring", timeout=WAIT_MS)
        page.wait_for_timeout(700)
        keep(page, "thomas")
        for _ in range(3):
            page.get_by_role("button", name="Yes, flat").click(timeout=WAIT_MS)
            page.evaluate("drawn.play('thomas_again')")
        page.wait_for_url("**/measure/kept/**", timeout=WAIT_MS)
        keep(page, "thomas-result")


def coached(app: LiveServer, chromium: Browser) -> None:
    """The half-kneeling stretch: a cue, and the hold that counts."""
    for name, size in (("kneel", DESK), ("kneel-phone", PHONE)):
        with drawn_camera(app, chromium, viewport=size) as page:
            page.add_init_script("drawn.play('leaning_left')")
            to_the_first_set(page)
            page.evaluate(f"drawn.play('leaning_{side(page)}')")
            expect(page.locator("[data-cue]")).to_contain_text("chest up", timeout=WAIT_MS)
            page.wait_for_timeout(300)
            keep(page, f"{name}-cue")
            if size == DESK:
                page.evaluate(f"drawn.play('kneeling_{side(page)}')")
                expect(page.locator("[data-number]")).to_have_text(COUNTED, timeout=WAIT_MS)
                keep(page, name)


def side(page: Page) -> str:
    """Which side the set is for."""
    words = page.locator("[data-player] [data-side]").inner_text().lower()
    return "right" if "right" in words else "left"


def keep(page: Page, name: str) -> None:
    """Write what the page shows, small."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(FOLDER / f"{name}.webp", quality=80, method=6)


if __name__ == "__main__":
    main()
