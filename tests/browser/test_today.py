"""The break timer in a real browser, and Today, progress and what comes after a session at every size."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations

CANARY = "canary-4417-lift-my-grandchild"
FAKE_NOTIFICATIONS = """
  window.notices = [];
  window.Notification = class {
    static permission = sessionStorage.getItem("permission") ?? "default";
    static async requestPermission() {
      sessionStorage.setItem("permission", "granted");
      Notification.permission = "granted";
      return "granted";
    }
    constructor(title) { window.notices.push(title); }
  };
"""


def sat_for(app: LiveServer, minutes: float) -> None:
    """Make the record say that the person sat down so many minutes ago."""
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    with sqlite3.connect(app.data / "nextposture.sqlite3", timeout=20) as database:
        database.execute("UPDATE record_sitting SET since = ?", [since.strftime("%Y-%m-%d %H:%M:%S.%f")])


def rows(app: LiveServer, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
        return database.execute(query).fetchall()


def sit_down(page: Page, app: LiveServer) -> None:
    give_plan(app.data)
    page.goto("/today/")
    page.get_by_role("button", name="I am sitting: start").click()
    expect(page.get_by_text("Next break in 30 minutes")).to_be_visible()


def test_the_timer_ticks_and_asks_when_the_time_comes(page: Page, app: LiveServer) -> None:
    page.clock.install()
    sit_down(page, app)
    page.clock.fast_forward("10:30")
    expect(page.locator("[data-sat]")).to_have_text("10")
    expect(page.get_by_text("Next break in 20 minutes")).to_be_visible()
    expect(page.get_by_role("button", name="Not this time")).to_be_hidden()
    page.clock.fast_forward("19:30")
    expect(page.get_by_role("heading", name="Time to get up")).to_be_visible()
    expect(page.get_by_role("button", name="Not this time")).to_be_visible()
    expect(page).to_have_title("Get up · Today · Next Posture")
    assert axe_violations(page) == []


def test_one_tap_keeps_the_break_and_starts_again(page: Page, app: LiveServer) -> None:
    sit_down(page, app)
    sat_for(app, 31)
    page.reload()
    expect(page.get_by_role("heading", name="Time to get up")).to_be_visible()
    page.get_by_role("button", name="walked").click()
    expect(page.get_by_text("Next break in 30 minutes")).to_be_visible()
    expect(page.get_by_text("You were up 1 of 1 times")).to_be_visible()
    assert rows(app, "SELECT answer, kind FROM record_break") == [("done", "walk")]


def test_a_killed_server_keeps_the_break_and_the_time(page: Page, app: LiveServer) -> None:
    sit_down(page, app)
    sat_for(app, 31)
    page.reload()
    page.get_by_role("button", name="stretched").click()
    expect(page.get_by_text("You were up 1 of 1 times")).to_be_visible()
    sat_for(app, 12.2)
    port = app.port
    app.kill()
    app.start(port)
    page.reload()
    expect(page.get_by_text("You were up 1 of 1 times")).to_be_visible()
    expect(page.locator("[data-sat]")).to_have_text("12")


def test_an_answer_in_another_tab_reaches_this_one(page: Page, app: LiveServer) -> None:
    sit_down(page, app)
    sat_for(app, 31)
    page.reload()
    other = page.context.new_page()
    other.goto("/today/")
    other.get_by_role("button", name="stood").click()
    expect(other.get_by_text("Next break in 30 minutes")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Next break in 30 minutes")).to_be_visible()


def test_a_break_put_off_in_another_tab_is_put_off_in_this_one(page: Page, app: LiveServer) -> None:
    sit_down(page, app)
    sat_for(app, 31)
    page.reload()
    other = page.context.new_page()
    other.goto("/today/")
    other.get_by_role("button", name="In 5 minutes").click()
    expect(other.get_by_text("Next break in 5 minutes")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Next break in 5 minutes")).to_be_visible()
    expect(page.get_by_role("button", name="Not this time")).to_be_hidden()


def test_a_notification_comes_only_when_switched_on(page: Page, app: LiveServer) -> None:
    page.add_init_script(FAKE_NOTIFICATIONS)
    page.clock.install()
    sit_down(page, app)
    page.clock.fast_forward("31:00")
    expect(page.get_by_role("heading", name="Time to get up")).to_be_visible()
    assert page.evaluate("notices") == []
    page.reload()
    page.get_by_text("Interval and notifications").click()
    expect(page.get_by_text("It works only while this page stays open")).to_be_visible()
    page.get_by_role("checkbox", name="Tell me").check()
    page.clock.fast_forward("31:00")
    expect(page.get_by_role("heading", name="Time to get up")).to_be_visible()
    page.clock.fast_forward("05:00")
    assert page.evaluate("notices") == ["Time to get up"]


def test_nothing_ticks_while_driving(page: Page, app: LiveServer) -> None:
    page.clock.install()
    sit_down(page, app)
    page.get_by_role("button", name="I am driving").click()
    expect(page.get_by_role("heading", name="You are driving")).to_be_visible()
    page.clock.fast_forward("59:00")
    expect(page).to_have_title("Today · Next Posture")
    expect(page.get_by_text("Time to get up")).to_have_count(0)


def test_the_timer_needs_no_script(app: LiveServer, chromium: Browser) -> None:
    context = chromium.new_context(base_url=app.origin, java_script_enabled=False)
    page = context.new_page()
    page.goto(app.link)
    sit_down(page, app)
    sat_for(app, 31)
    page.goto("/today/")
    page.get_by_role("button", name="In 5 minutes").click()
    expect(page.get_by_text("Next break in 5 minutes")).to_be_visible()
    page.get_by_text("Interval and notifications").click()
    page.get_by_label("Minutes between breaks").select_option("45")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_label("Minutes between breaks")).to_have_value("45")
    context.close()


def test_own_words_are_shown_and_reach_no_log(page: Page, app: LiveServer) -> None:
    give_plan(app.data)
    page.goto("/progress/")
    page.get_by_label("Something that matters to you").fill(CANARY)
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("group", name="How does it go?").get_by_role("radio", name="4").check()
    page.get_by_role("button", name=f"Save for {CANARY}").click()
    expect(page.get_by_role("img", name=CANARY)).to_be_visible()
    assert page.request.get(f"/progress/activities/0/rate/?words={CANARY}").status == 405
    assert page.request.post("/progress/activities/", form={"words": CANARY}).status == 403  # no CSRF token
    assert "/progress/activities/" in app.output()
    assert [name for name, text in app.told().items() if CANARY in text] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 360, 1280])
def test_every_page_of_the_day_can_be_read(page: Page, app: LiveServer, scheme: Any, width: int) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 740})

    def check(path: str) -> None:
        page.goto(path)
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path

    for path in ("/today/", "/session/", "/progress/"):
        check(path)
    sit_down(page, app)
    for path in ("/today/", "/session/", "/progress/"):
        check(path)
    for minutes in (31, 400):
        sat_for(app, minutes)
        check("/today/")
    page.get_by_role("button", name="I am up").click()
    page.get_by_role("button", name="I am driving").click()
    check("/today/")
    give_plan(app.data, "today")
    check("/today/")


def test_keys_alone_get_one_up(page: Page, app: LiveServer) -> None:
    sit_down(page, app)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.value") == "stand":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("You were up 1 time, unasked")).to_be_visible()
