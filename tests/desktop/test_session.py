"""Locks and sleep, as logind's mock announces them on a real bus."""

from __future__ import annotations

from dataclasses import replace

from tests.desktop.desk import RULES, SHORT_BREAKS, Desk, until

MANAGER = "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
SESSION = "/org/freedesktop/login1/session/c1", "org.freedesktop.login1.Session"


def test_sleep_is_announced_and_waking_asks_nothing(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.logind()
    desk.start_companion(rules=replace(RULES, settle_s=60.0))
    assert desk.doctor()["sleep"]["says"] == "systemd-logind announces it"
    desk.press_a_key()
    desk.logind_signal(*MANAGER, "PrepareForSleep", "b", "<true>")
    desk.phase("asleep")
    desk.logind_signal(*MANAGER, "PrepareForSleep", "b", "<false>")
    desk.phase("working", "deferred")


def test_a_lock_as_long_as_a_break_is_one(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.logind()
    desk.start_companion(SHORT_BREAKS)
    desk.press_a_key()
    desk.sits()
    desk.logind_signal(*SESSION, "Lock", "", "")
    until(lambda: desk.status()["phase"] == "away", "the lock")
    assert "The screen is locked." in desk.status()["says"]
    until(desk.kept, "the bout to end")
    desk.logind_signal(*SESSION, "Unlock", "", "")
    desk.phase("working")
    bout, taken = desk.kept()
    assert (bout["what"], taken["what"], taken["cause"]) == ("bout", "break", "locked")


def test_work_at_a_locked_screen_unlocks_it(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.logind()
    desk.start_companion(SHORT_BREAKS, replace(RULES, away_after_s=2.0))
    desk.logind_signal(*SESSION, "Lock", "", "")
    desk.phase("away")

    def works_on() -> bool:
        desk.press_a_key()
        return desk.status()["phase"] == "working"

    # Every key is taken for the password at first; then nothing calls them idle, and the lock is doubted.
    until(works_on, "the lock to be doubted")


def test_a_screen_locker_on_the_session_bus_is_heard(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(SHORT_BREAKS)
    for locked, phase in (("true", "away"), ("false", "working")):
        desk.run(
            "dbus-send", "--session", "--type=signal", "/org/freedesktop/ScreenSaver",
            "org.freedesktop.ScreenSaver.ActiveChanged", f"boolean:{locked}",
        )  # fmt: skip
        desk.phase(phase)
