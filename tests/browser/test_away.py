"""Idle Detection in the page, played by the test, as headless browsers never grant it; the page of breaks."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_today import FAKE_NOTIFICATIONS, rows, sat_for, sit_down
from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations

FAKE_IDLE = """
  window.IdleDetector = class extends EventTarget {
    static async requestPermission() { return sessionStorage.getItem("refuse") ? "denied" : "granted"; }
    userState = "active";
    screenState = "unlocked";
    async start(options) { window.watching = options.threshold; window.detector = this; }
    becomes(user, screen) {
      this.userState = user;
      this.screenState = screen;
      this.dispatchEvent(new Event("change"));
    }
  };
"""


def switch_on(page: Page, app: LiveServer) -> None:
    page.add_init_script(FAKE_IDLE)
    sit_down(page, app)
    page.get_by_text("Interval and notifications").click()
    page.get_by_label("Notice when I am away").check()
    page.wait_for_function("window.watching === 300000")


def test_an_absence_as_long_as_a_break_counts_as_one_taken_as_asked(page: Page, app: LiveServer) -> None:
    switch_on(page, app)
    sat_for(app, 40)
    page.reload()
    page.wait_for_function("window.detector")  # it was switched on before, so it is on again
    page.evaluate("detector.becomes('idle', 'unlocked')")
    page.evaluate("detector.becomes('active', 'unlocked')")
    expect(page.get_by_text("Next break in 30 minutes")).to_be_visible()
    ((answer, seconds, offered),) = rows(app, "SELECT answer, seconds, offered_at FROM record_break")
    assert (answer, offered is not None) == ("done", True) and seconds >= 300


def test_sleep_is_an_absence_and_nobody_is_notified_on_waking(page: Page, app: LiveServer) -> None:
    page.add_init_script(
        FAKE_NOTIFICATIONS
        + "window.sleptMs = 0; const now = Date.now.bind(Date); Date.now = () => now() + window.sleptMs;"
        + "sessionStorage.setItem('permission', 'granted');"
        + "localStorage.setItem('nextposture.notify', 'yes');"
    )
    sit_down(page, app)
    sat_for(app, 20)
    page.reload()
    with page.expect_navigation():
        page.evaluate("window.sleptMs = 2 * 3600 * 1000")  # the wall clock alone goes on
    expect(page.get_by_text("Next break in 30 minutes")).to_be_visible()
    assert page.evaluate("notices") == []
    assert rows(app, "SELECT answer, seconds FROM record_break") == [("done", 7200)]


def test_a_short_lock_is_no_break(page: Page, app: LiveServer) -> None:
    switch_on(page, app)
    page.evaluate("detector.becomes('active', 'locked')")
    page.evaluate("detector.becomes('active', 'unlocked')")
    page.wait_for_timeout(300)
    assert rows(app, "SELECT 1 FROM record_break") == []


def test_a_refusal_of_the_browser_is_said(page: Page, app: LiveServer) -> None:
    page.add_init_script(FAKE_IDLE + "sessionStorage.setItem('refuse', '1');")
    sit_down(page, app)
    page.get_by_text("Interval and notifications").click()
    page.get_by_label("Notice when I am away").click()
    expect(page.get_by_text("The browser does not allow it.")).to_be_visible()
    expect(page.get_by_label("Notice when I am away")).not_to_be_checked()


def test_a_browser_without_it_says_so_and_points_elsewhere(page: Page, app: LiveServer) -> None:
    page.add_init_script("delete window.IdleDetector;")
    sit_down(page, app)
    page.get_by_text("Interval and notifications").click()
    expect(page.get_by_text("This browser cannot tell whether you are away")).to_be_visible()
    expect(page.get_by_label("Notice when I am away")).to_be_hidden()


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_of_breaks_fits_and_can_be_used_by_everyone(page: Page, app: LiveServer, width: int) -> None:
    give_plan(app.data)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/today/")
    page.get_by_role("button", name="I am sitting: start").click()
    page.get_by_role("button", name="walked").click()
    page.goto("/breaks/")
    expect(page.get_by_role("img", name="You got up 1 time unasked.")).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Show weeks in a row").uncheck()
    page.get_by_role("button", name="Keep them").click()
    expect(page.get_by_label("Show weeks in a row")).not_to_be_checked()
