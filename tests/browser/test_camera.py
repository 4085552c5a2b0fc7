"""The camera in a real browser, with a real film as the camera: pictures in, a cue out, no picture leaves."""

from __future__ import annotations

import json
import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, WebSocket, expect, sync_playwright

from nextposture.pose.parts import BROWSER_RUNTIME, model_name
from tests.chromium import chromium_path
from tests.day_people import give_plan
from tests.drawn_camera import THIGH_BELOW_LEVEL, drawn_camera, lay_the_line
from tests.filmed_people import fake_camera
from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched

STARTS_WITHIN_MS = 60_000
THIRD_OR_LATER = re.compile(r"^([3-9]|\d{2,})$")
LANDMARKS_BYTES = {4 * 3, 4 * (3 + 99)}
LARGEST_POST = 600
LAPTOP = {"width": 1280, "height": 632}

NO_WEBGL_BESIDE = "delete window.OffscreenCanvas;"
NO_WEBGL = (
    NO_WEBGL_BESIDE
    + """
  const context = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
    return kind.startsWith("webgl") ? null : context.call(this, kind, ...more);
  };
"""
)

SMALL_MODEL = "localStorage.setItem('nextposture.camera-model', 'lite');"

# Neither voices nor tones can be heard by a test: what would be heard is written down.
EAVESDROP = """
  window.heard = { said: [], tones: 0 };
  const voices = [
    { name: "made elsewhere", lang: "en-GB", localService: false },
    { name: "of this computer", lang: "en-US", localService: true },
  ];
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  const speechSynthesis = {
    getVoices: () => voices.filter((one) => !one.localService || !window.onlyElsewhere),
    speak: ({ text, voice }) => heard.said.push([text, voice?.name]),
    cancel() {},
  };
  Object.defineProperty(window, "speechSynthesis", { value: speechSynthesis });
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { heard.tones += 1; return start.apply(this, when); };
"""


@pytest.fixture(scope="module")
def filming(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium whose camera plays a woman walking past."""
    film = fake_camera(tmp_path_factory.mktemp("film") / "walk.mjpeg")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[
                "--no-sandbox",
                "--autoplay-policy=no-user-gesture-required",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for this file, for someone with a plan."""
    server = LiveServer(tmp_path_factory.mktemp("app")).start()
    give_plan(server.data)
    yield server
    server.kill()


class Traffic:
    """All that a page sends while it is watched: bodies of requests, and frames of its sockets."""

    def __init__(self, page: Page) -> None:
        self.bodies: list[bytes] = []
        self.frames: list[str | bytes] = []
        self.heard: list[dict[str, Any]] = []
        page.context.on("request", self._asked)
        page.on("websocket", self._opened)

    def _asked(self, request: Request) -> None:
        if request.post_data_buffer:
            self.bodies.append(request.post_data_buffer)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: self.frames.append(payload))
        socket.on("framereceived", lambda payload: self.heard.append(json.loads(payload)))

    @property
    def pictures(self) -> list[bytes]:
        """What was sent of single pictures."""
        return [one for one in self.frames if isinstance(one, bytes)]


@contextmanager
def filmed(app: LiveServer, browser: Browser, script: str = "", **more: Any) -> Iterator[Page]:
    context = browser.new_context(base_url=app.origin, locale="en-GB", permissions=["camera"], **more)
    if script:
        context.add_init_script(script)
    with watched(context, app.origin) as page:
        page.goto(app.new_link())
        yield page
    context.close()


def rows(app: LiveServer, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
        return database.execute(query).fetchall()


def to_the_session(page: Page) -> None:
    page.goto("/session/")
    start = page.get_by_role("button", name="Start the session")
    if start.count():
        page.get_by_role("radio", name="2").check()
        start.click()


def to_the_first_set(page: Page) -> None:
    to_the_session(page)
    page.get_by_role("checkbox", name="Camera").check()
    expect(page.locator("[data-notice]")).to_contain_text("The camera is on", timeout=STARTS_WITHIN_MS)
    page.locator("[data-go]").click()
    while page.locator("[data-player]").get_attribute("data-kind") != "set":
        page.get_by_role("button", name="Skip").click()
        page.wait_for_timeout(450)


def test_pictures_go_in_a_cue_comes_out_and_no_picture_leaves(app: LiveServer, filming: Browser) -> None:
    with filmed(app, filming) as page:
        traffic = Traffic(page)
        to_the_first_set(page)
        cue = page.locator("[data-cue]")
        expect(cue).to_be_visible(timeout=STARTS_WITHIN_MS)
        shown = [one for one in traffic.heard if one["is"] == "show"]
        texts = {(one["shown"] or {}).get("text") for one in shown} | {one["sight"]["text"] for one in shown}
        assert cue.inner_text() in texts

        # The walker is seen for what she is, in many pictures, and left is her left.
        page.wait_for_timeout(2000)
        seen = [struct.unpack("<102f", one) for one in traffic.pictures if len(one) > 12]
        assert len(seen) > 10
        near_hip, far_hip = 23, 24
        nearer = sum(one[3 + 3 * near_hip + 2] >= one[3 + 3 * far_hip + 2] for one in seen)
        assert nearer > len(seen) / 2

        # What left the page: landmarks of pictures, short words to the coach, and the session's own forms.
        assert {len(one) for one in traffic.pictures} <= LANDMARKS_BYTES
        assert all(len(one) < 300 for one in traffic.frames if isinstance(one, str))
        assert all(len(body) < LARGEST_POST for body in traffic.bodies)
        assert page.locator("[data-stage]").get_attribute("data-where") == "worker"
        assert page.locator(".camera-mirror").evaluate("one => getComputedStyle(one).transform") == (
            "matrix(-1, 0, 0, 1, 0, 0)"
        )
        assert axe_violations(page) == []

        # With the camera off the set goes on by the clock, and the camera is let go.
        stream = page.locator("[data-stage] video").evaluate_handle("one => one.srcObject.getTracks()[0]")
        page.get_by_role("checkbox", name="Camera").uncheck()
        assert stream.evaluate("track => track.readyState") == "ended"
        expect(page.get_by_role("button", name="Continue")).to_be_visible()
        page.get_by_role("button", name="Continue").click()
        expect(page.locator("[data-phase]")).to_have_text("Hold")
    assert rows(app, "SELECT count(*) FROM record_setdone") == [(0,)]


def test_a_measurement_is_followed_stopped_and_told_why_it_says_nothing(
    app: LiveServer, filming: Browser
) -> None:
    with filmed(app, filming) as page:
        page.goto("/measure/thomas/?side=right")
        assert axe_violations(page) == []
        page.get_by_role("button", name="Start the camera").click()
        begin = page.get_by_role("button", name="Begin")
        expect(begin).to_be_enabled(timeout=STARTS_WITHIN_MS)

        # The line is laid with the keyboard, and goes out as the camera sees it, not as the mirror does.
        end = page.get_by_role("button", name="One end of the line")
        end.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowUp")
        assert axe_violations(page) == []
        traffic: list[dict[str, Any]] = []
        page.evaluate(
            "() => { const send = WebSocket.prototype.send; window.said = [];"
            "WebSocket.prototype.send = function (one) {"
            " if (typeof one === 'string') window.said.push(one); return send.call(this, one); }; }"
        )
        begin.click()
        expect(page.locator("[data-cue]")).to_be_visible(timeout=STARTS_WITHIN_MS)
        # What it should look like is beside the mirrored picture, turned as the person in it.
        expect(page.locator("[data-drawing-beside] svg")).to_be_in_viewport()
        traffic = [json.loads(one) for one in page.evaluate("window.said")]
        (said,) = traffic
        assert said["test"] == "thomas"
        assert said["side"] == "right"
        assert said["line"] == pytest.approx([0.26, 0.74, 0.75, 0.75])
        assert said["size"] == [640, 480]
        page.get_by_role("button", name="Stop here").click()
        expect(page.locator("[data-trouble]")).to_be_visible()
        expect(begin).to_be_visible()
        page.get_by_role("button", name="Camera off").click()
        expect(page.get_by_role("button", name="Start the camera")).to_be_visible()
    assert rows(app, "SELECT count(*) FROM record_measurement") == [(0,)]


def test_a_stretch_is_coached_on_a_phone_from_a_wrong_pose_to_a_hold(
    app: LiveServer, filming: Browser
) -> None:
    with drawn_camera(app, filming, viewport={"width": 375, "height": 667}) as page:
        traffic = Traffic(page)
        page.add_init_script("drawn.play('leaning_left')")
        to_the_first_set(page)
        side = "right" if "right" in page.locator("[data-side]").inner_text().lower() else "left"
        page.evaluate(f"drawn.play('leaning_{side}')")

        # She leans forwards: the cue says so where nothing lies over it, and no second counts.
        cue = page.locator("[data-cue]", has_text="Bring your chest up.")
        expect(cue).to_be_visible(timeout=STARTS_WITHIN_MS)
        over = "one => one.contains(document.elementFromPoint(%s, one.getBoundingClientRect().%s - 3))"
        assert cue.evaluate(over % (187, "bottom"))
        expect(page.locator("[data-number]")).to_have_text("30")
        drawing = page.locator(f"[data-drawing='EX_KNEEL-{side}'] svg")
        expect(drawing).to_have_class("fig as-in-mirror")

        # She comes up: the cue goes, and the seconds count.
        page.evaluate(f"drawn.play('kneeling_{side}')")
        expect(page.locator("[data-phase]")).to_have_text("Hold", timeout=STARTS_WITHIN_MS)
        expect(page.locator("[data-number]")).to_have_text("28", timeout=STARTS_WITHIN_MS)
        expect(cue).not_to_be_visible()
        assert len(traffic.pictures) > 10
        assert {len(one) for one in traffic.pictures} <= LANDMARKS_BYTES


def test_where_webgl_works_only_on_the_page_the_page_looks(app: LiveServer, filming: Browser) -> None:
    with filmed(app, filming, NO_WEBGL_BESIDE) as page:
        page.goto("/measure/plank/")
        page.get_by_role("button", name="Start the camera").click()
        stage = page.locator("[data-stage]")
        expect(stage).to_have_attribute("data-where", "page", timeout=STARTS_WITHIN_MS)
        expect(stage).to_have_attribute("data-pictures", THIRD_OR_LATER, timeout=STARTS_WITHIN_MS)


def test_where_nothing_works_it_says_so_and_the_session_goes_on(app: LiveServer, filming: Browser) -> None:
    context = filming.new_context(base_url=app.origin, permissions=["camera"])
    context.add_init_script(NO_WEBGL)
    page = context.new_page()
    page.goto(app.new_link())
    to_the_session(page)
    page.get_by_role("checkbox", name="Camera").check()
    expect(page.locator("[data-notice]")).to_contain_text("works without a camera", timeout=STARTS_WITHIN_MS)
    expect(page.get_by_role("checkbox", name="Camera")).not_to_be_checked()
    page.locator("[data-go]").click()
    expect(page.locator("[data-player]")).to_have_attribute("data-state", "running")
    context.close()


def begin_the_thomas_test(page: Page) -> None:
    """As far as the first pictures that are measured, with the line on the table's edge."""
    page.goto("/measure/thomas/?side=left")
    page.evaluate("drawn.play('thomas')")
    page.get_by_role("button", name="Start the camera").click()
    begin = page.get_by_role("button", name="Begin")
    expect(begin).to_be_enabled(timeout=STARTS_WITHIN_MS)
    lay_the_line(page)
    begin.click()


def heard(page: Page) -> tuple[list[list[str]], int]:
    """What was spoken since the last look, with the voice of each, and how many tones sounded."""
    told = page.evaluate("() => { const told = heard; heard = { said: [], tones: 0 }; return told; }")
    return told["said"], told["tones"]


def test_a_measured_test_is_spoken_asked_about_and_kept_with_what_it_is_worth(
    app: LiveServer, filming: Browser
) -> None:
    ask, columns = "Is your lower back flat, with no gap under it?", "value, pelvis_held, model, runtime"
    with drawn_camera(app, filming, stepped=True, viewport=LAPTOP) as page:
        page.context.add_init_script(SMALL_MODEL + EAVESDROP)
        begin_the_thomas_test(page)

        # She hangs still: a tone, and the question. Only a voice of this computer speaks.
        expect(page.get_by_role("heading", name=ask)).to_be_visible(timeout=STARTS_WITHIN_MS)
        said, tones = heard(page)
        assert said.count([ask, "of this computer"]) == 1
        assert {voice for _, voice in said} == {"of this computer"}
        assert tones > 0

        # Not flat: the next cue is spoken too. Ended there, nothing is known, and that is what is kept.
        page.get_by_role("button", name="No", exact=True).click()
        expect(page.locator("[data-say]")).to_contain_text(
            "Pull the other knee closer", timeout=STARTS_WITHIN_MS
        )
        assert heard(page)[0][0][0].startswith("Pull the other knee closer")
        page.get_by_role("button", name="Stop here").click()
        page.wait_for_url("**/measure/kept/**")
        expect(
            page.get_by_text("Your lower back was not flat, so this reading is left open.")
        ).to_be_visible()
        kept = rows(app, f"SELECT {columns} FROM record_measurement")
        assert kept == [(None, False, model_name("lite"), BROWSER_RUNTIME)]

        # Three goes, all flat. A voice that is made elsewhere is never used, and what is off is not heard.
        page.context.add_init_script("window.onlyElsewhere = true;")
        begin_the_thomas_test(page)
        for go in range(3):
            expect(page.get_by_role("heading", name=ask)).to_be_visible(timeout=STARTS_WITHIN_MS)
            said, tones = heard(page)
            assert said == []
            assert bool(tones) == (go == 0)
            page.evaluate("onlyElsewhere = false")
            page.get_by_role("checkbox", name="Voice").uncheck()
            page.get_by_role("checkbox", name="Sound").uncheck()
            page.get_by_role("button", name="Yes, flat").click()
            page.evaluate("drawn.play('thomas_again')")
        page.wait_for_url("**/measure/kept/**", timeout=STARTS_WITHIN_MS)
        query = f"SELECT {columns} FROM record_measurement WHERE value IS NOT NULL"
        ((value, held, model, runtime),) = rows(app, query)
        assert abs(value - THIGH_BELOW_LEVEL) < 5
        assert (held, model, runtime) == (True, model_name("lite"), BROWSER_RUNTIME)
        reading = f"{round(value)} degrees past straight"
        expect(page.get_by_text(f"Your left side: the thigh came to {reading}.")).to_be_visible()
        expect(page.get_by_text("Give or take 10 degrees")).to_be_visible()
        expect(page.locator(".trials tbody tr")).to_have_count(3)
        page.get_by_text("How this was seen").click()
        seen = re.compile(
            rf"with {re.escape(f'{model} on {runtime}')}\. Quality of the picture: (good|fair)\."
        )
        expect(page.get_by_text(seen)).to_be_visible()
        assert axe_violations(page) == []

        # It stands among all readings, under the model that saw it; the one that says nothing is left open.
        page.get_by_role("link", name="All readings of this test").click()
        history = page.locator("section", has=page.get_by_role("heading", name=model))
        expect(history).to_contain_text(f"{reading}, give or take 10 degrees")
        expect(page.locator("section", has_text="Left open").get_by_role("listitem")).to_have_count(1)
