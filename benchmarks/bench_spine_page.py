"""The spine page on the real server and in a real browser without a graphics card.

Prints: seconds until a person's answer is there (first, when the model has to be made ready for the computer,
and again); server time in ms of the page and of what its script asks for once; how long a step of the slider
takes until it is drawn; and the frames a second at 960 by 720 while the figure is turned, rendered by the
processor (SwiftShader).
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.day_people import give_plan
from tests.live_server import LiveServer

SOFTWARE = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SECONDS = 5.0
TURN = """async ([seconds, empty]) => {
  const shown = document.querySelector("canvas");
  let canvas = shown;
  if (empty) {
    canvas = document.createElement("canvas");
    canvas.width = 960;
    canvas.height = 720;
    shown.after(canvas);
    shown.style.display = "none";
  }
  Object.assign(canvas.style, { width: "960px", height: "720px", aspectRatio: "auto" });
  const frame = () => new Promise(requestAnimationFrame);
  const gl = canvas.getContext("webgl2");
  const key = new KeyboardEvent("keydown", { key: "ArrowRight" });
  for (let k = 0; k < 20; k++) await frame();
  const begun = performance.now();
  const ends = [begun];
  while (ends.at(-1) - begun < 1000 * seconds) {
    if (empty) {
      gl.clearColor(ends.length % 2, 0, 0, 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
    } else canvas.dispatchEvent(key);
    await frame();
    gl.finish();
    ends.push(performance.now());
  }
  const size = [canvas.width, canvas.height];
  if (empty) {
    canvas.remove();
    shown.style.display = "";
  }
  return [ends.slice(1).map((end, k) => end - ends[k]), size];
}"""
SLIDE = """async () => {
  const slider = document.querySelector("#shortening");
  const gl = document.querySelector("canvas").getContext("webgl2");
  const took = [];
  for (let k = 0; k < 40; k++) {
    const begun = performance.now();
    slider.value = k % 16;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    gl.finish();
    took.push(performance.now() - begun);
  }
  return took;
}"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder)).start()
        try:
            with server.sign_in() as browser:
                give_plan(server.data)
                answers(browser)
                served(browser)
            drawn(server)
        finally:
            server.kill()


def answers(browser: httpx.Client) -> None:
    """Seconds until the answer for two people is there."""
    for kind, height in (("first answer on this start", "168"), ("another person's answer", "181")):
        form = {"height": height, "mass": "70", "csrfmiddlewaretoken": token(browser)}
        begun = time.perf_counter()
        browser.post("/see-why/build/", data=form, headers={"Origin": str(browser.base_url).rstrip("/")})
        while browser.get("/see-why/progress/").json()["state"] == "working":
            time.sleep(0.05)
        print(f"{kind}: {time.perf_counter() - begun:.1f} s")


def token(browser: httpx.Client) -> str:
    """The form's token on the page."""
    page = browser.get("/see-why/").text
    return page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]


def served(browser: httpx.Client) -> None:
    """Server time of the page and of the steps, which a page asks for once."""
    for path in ("/see-why/", "/see-why/scenes/"):
        times = []
        for _ in range(21):
            begun = time.perf_counter()
            page = browser.get(path)
            times.append(1000 * (time.perf_counter() - begun))
        print(
            f"{path}: median {statistics.median(times[1:]):.1f} ms, slowest {max(times[1:]):.1f} ms, "
            f"{len(page.content) / 1000:.0f} kB"
        )


def drawn(server: LiveServer) -> None:
    """What a browser does with it."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("NEXTPOSTURE_CHROMIUM") or next(filter(None, map(shutil.which, names)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SOFTWARE)
        page = browser.new_page(base_url=server.origin, viewport={"width": 1280, "height": 900})
        asked: list[str] = []
        page.goto(server.new_link())
        page.goto("/see-why/")
        page.wait_for_selector("canvas:not([hidden])")
        page.on("request", lambda request: asked.append(request.url))
        print(f"rendered by: {renderer(page)}")
        took = sorted(page.evaluate(SLIDE))
        print(
            f"a step of the slider until drawn: median {statistics.median(took):.0f} ms, "
            f"slowest {took[-1]:.0f} ms; {len(asked)} requests for 40 steps"
        )
        turning(page)
        browser.close()


def turning(page: Page) -> None:
    """Frames a second while the figure turns, and of an empty canvas: what the browser itself takes.

    The fastest tenth of the frames says how long one takes when nothing else wants the processor.
    """
    for name, empty in (("the figure, turning", False), ("an empty canvas", True)):
        frames, (width, height) = page.evaluate(TURN, [SECONDS, empty])
        frames.sort()
        print(
            f"{name}, {width} by {height}: {1000 * len(frames) / sum(frames):.1f} frames a second; "
            f"a frame takes {statistics.median(frames):.0f} ms (median), "
            f"{frames[len(frames) // 10]:.0f} ms (fastest tenth)"
        )


def renderer(page: Page) -> str:
    """What draws, as WebGL names it."""
    return str(
        page.evaluate(
            """() => {
              const gl = document.createElement("canvas").getContext("webgl2");
              return gl.getParameter(gl.getExtension("WEBGL_debug_renderer_info").UNMASKED_RENDERER_WEBGL);
            }"""
        )
    )


if __name__ == "__main__":
    main()
