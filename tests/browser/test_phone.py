"""A phone as inclinometer, through the real port: scanned, laid on the table, on the thigh, sent, kept."""

from __future__ import annotations

import json
import math
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched

SENSORS = ("accelerometer", "linear-acceleration", "gyroscope")
A_GO_MS = 60_000  # counted down and lain still, on a slow machine
A_STEP = 0.6  # degrees: Chromium tells acceleration in steps of 0.1 m/s2
SMALL = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for this file, for someone with a plan; phones reach it at this computer itself."""
    server = LiveServer(
        tmp_path_factory.mktemp("app"), settings={"NEXTPOSTURE_PHONE_ADDRESS": "127.0.0.1"}
    ).start()
    give_plan(server.data)
    yield server
    server.kill()


@pytest.fixture
def page(app: LiveServer, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(base_url=app.origin, locale="en-GB")
    with watched(context, app.origin) as page:
        page.goto(app.new_link())
        yield page
    context.close()


class Phone:
    """A phone's browser whose sensors say what a test wants."""

    def __init__(self, page: Page, sign: float = 1.0) -> None:
        self.page, self.sign = page, sign
        self.cdp: CDPSession = page.context.new_cdp_session(page)
        for kind in SENSORS:
            told = {"available": True, "minimumFrequency": 1, "maximumFrequency": 60}
            self.cdp.send(
                "Emulation.setSensorOverrideEnabled", {"enabled": True, "type": kind, "metadata": told}
            )
        self.lean(0)

    def lean(self, up: float, roll: float = 0.0) -> None:
        """Its top stands `up` degrees above level, and it is rolled about its length; at rest."""
        u, r = math.radians(up), math.radians(roll)
        pull = [-math.cos(u) * math.sin(r), math.sin(u), math.cos(u) * math.cos(r)]
        xyz = {axis: self.sign * 9.81 * part for axis, part in zip("xyz", pull, strict=True)}
        for kind in SENSORS:
            reading = xyz if kind == "accelerometer" else {"x": 0.0, "y": 0.0, "z": 0.0}
            self.cdp.send("Emulation.setSensorOverrideReadings", {"type": kind, "reading": {"xyz": reading}})

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def lay_on_table(self, up: float = 0.0) -> None:
        """Start the sensor and take the table as level."""
        self.press("Start the sensor")
        expect(self.page.get_by_role("button", name="It lies on the table")).to_be_visible(timeout=A_GO_MS)
        self.lean(up)
        self.press("It lies on the table")
        expect(self.page.get_by_role("button", name="Measure in")).to_be_visible(timeout=A_GO_MS)

    def go(self, answer: str) -> None:
        """One go with the phone as it lies."""
        self.press("Measure in")
        expect(self.page.get_by_role("heading", name="Is your lower back flat")).to_be_visible(
            timeout=A_GO_MS
        )
        self.press(answer)


@contextmanager
def joined(page: Page, chromium: Browser, sign: float = 1.0) -> Iterator[Phone]:
    """Press *Join a phone* on the computer and open the link on a phone, past the warning."""
    page.goto("/measure/phone/")
    page.get_by_role("button", name="Join a phone").click()
    link = page.locator(".pair-link").inner_text().strip()
    context = chromium.new_context(ignore_https_errors=True, viewport=SMALL, locale="en-GB")  # type: ignore[arg-type]
    with watched(context, link.rpartition("/")[0]) as on_phone:
        on_phone.goto(link)
        yield Phone(on_phone, sign)
    context.close()


def kept(app: LiveServer) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(app.data / "nextposture.sqlite3")) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("SELECT * FROM record_measurement ORDER BY at, side").fetchall()
    return [dict(row) for row in rows]


def listens(link: str) -> bool:
    host, port = link.removeprefix("https://").partition("/")[0].split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_phone_measures_both_sides_and_the_computer_shows_them(
    page: Page, app: LiveServer, chromium: Browser
) -> None:
    with joined(page, chromium, sign=-1.0) as phone:  # as an iPhone: acceleration with the other sign
        link = phone.page.url
        assert axe_violations(phone.page) == []
        expect(page.get_by_text("A phone is joined")).to_be_visible(timeout=A_GO_MS)
        phone.lay_on_table(up=2)  # a table that leans, or a camera bump
        phone.lean(-6.4, roll=20)
        expect(phone.page.get_by_text("below level")).to_be_visible()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
        assert axe_violations(phone.page) == []
        phone.go("Yes, flat")
        phone.page.get_by_text("Right", exact=True).click()
        phone.lean(14)
        phone.go("I cannot tell")
        expect(phone.page.get_by_text("Left 1: 8 degrees below level, back flat")).to_be_visible()
        expect(
            phone.page.get_by_text("Right 1: 12 degrees above level, back: could not tell")
        ).to_be_visible()
        phone.press("Send to the computer")
        expect(phone.page.locator("[data-sent]")).to_be_visible()
    expect(page.get_by_role("heading", name="The phone has sent its angles")).to_be_visible(timeout=A_GO_MS)
    assert not listens(link)
    assert all(link.rpartition("/")[2] not in text for text in app.told().values())
    assert "ERROR" not in app.output()
    left, right = kept(app)
    assert (left["measure"], left["side"], left["method"]) == ("hip_extension", "left", "phone")
    assert left["value"] == pytest.approx(8.4, abs=A_STEP)
    assert (left["error"], left["pelvis_held"], left["model"]) == (10, 1, "phone page")
    assert (right["side"], right["value"], right["pelvis_held"]) == ("right", None, None)
    assert json.loads(right["detail"])["not_counted"] == pytest.approx(-12, abs=A_STEP)
    page.get_by_role("link", name="Left side: what it says").click()
    expect(page.get_by_text("the thigh came to 8 degrees past straight")).to_be_visible()
    expect(page.get_by_text("Give or take 10 degrees")).to_be_visible()
    assert axe_violations(page) == []


def test_cancelling_closes_the_port_and_the_phone_says_so(
    page: Page, app: LiveServer, chromium: Browser
) -> None:
    with joined(page, chromium) as phone:
        link = phone.page.url
        phone.lay_on_table()
        phone.lean(-100)  # upside down in a hand: no thigh does that
        phone.press("Measure in")
        expect(phone.page.get_by_role("alert")).to_contain_text("No thigh does that", timeout=A_GO_MS)
        phone.lean(-3)
        phone.go("Yes, flat")
        page.get_by_role("button", name="Cancel").click()
        assert not listens(link)
        phone.press("Send to the computer")
        expect(phone.page.get_by_role("alert")).to_contain_text("could not be sent")
        expect(phone.page.get_by_text("Left 1: 3 degrees below level")).to_be_visible()
    expect(page.get_by_role("heading", name="Ways to read the angle")).to_be_visible()


def test_where_there_is_no_sensor_the_page_says_what_else_to_do(page: Page) -> None:
    page.goto("/measure/phone/here/")
    page.get_by_role("button", name="Start the sensor").click()
    expect(page.get_by_role("alert")).to_contain_text("level app", timeout=A_GO_MS)
    assert axe_violations(page) == []


def test_the_pages_fit_a_small_phone_in_light_and_dark(page: Page) -> None:
    page.set_viewport_size(SMALL)  # type: ignore[arg-type]
    for path in ("phone", "phone/here", "thomas/by-hand", "plank/by-hand", "thomas/readings"):
        page.goto(f"/measure/{path}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            assert axe_violations(page) == [], (path, scheme)


def test_the_stopwatch_works_by_keyboard_and_fills_in_the_seconds(page: Page) -> None:
    page.goto("/measure/plank/by-hand/")
    page.get_by_label("Count five seconds in").uncheck()
    page.get_by_role("button", name="Start").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    expect(page.locator("[data-time]")).not_to_have_text("0.0")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start")).to_be_visible()
    seconds = float(page.get_by_label("How many seconds?").input_value())
    assert 0 < seconds < 60
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("heading", name="Forearm plank hold")).to_be_visible()
    expect(page.get_by_text("How far one reading can be off is not known.")).to_be_visible()
    page.get_by_role("button", name="Take this reading out").click()
    page.goto("/measure/plank/readings/")
    expect(page.get_by_text("Nothing is measured yet")).to_be_visible()


def test_the_stopwatch_counts_in_and_a_stop_before_the_start_keeps_nothing(page: Page) -> None:
    page.goto("/measure/plank/by-hand/")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("[data-time]")).to_have_text("4", timeout=A_GO_MS)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-time]")).to_have_text("0.0")
    assert page.get_by_label("How many seconds?").input_value() == ""
