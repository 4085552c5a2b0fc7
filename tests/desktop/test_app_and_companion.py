"""The real app and the real companion over one folder, either of them down at times."""

from __future__ import annotations

import signal
import sqlite3
import sys
from pathlib import Path

from nextposture.companion import folder
from tests.day_people import give_plan
from tests.desktop.desk import SHORT_BREAKS, Desk, companion, until
from tests.live_server import LiveServer


def in_record(server: LiveServer, table: str) -> list[str]:
    with sqlite3.connect(server.data / "nextposture.sqlite3") as database:
        return [key for (key,) in database.execute(f"select key from record_{table}")]


def take_a_break(desk: Desk) -> None:
    """Sit for two seconds, get up, and come back."""
    desk.press_a_key()
    desk.sits()
    desk.run(*companion(desk), "up")
    desk.phase("on_break")


def test_bouts_wait_for_the_app_and_reach_it_once(desk: Desk, tmp_path: Path) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(SHORT_BREAKS)
    take_a_break(desk)
    until(lambda: len(desk.kept()) >= 1, "the bout to wait")
    waiting = len(desk.kept())
    assert desk.status()["app_reached"] is False

    server = LiveServer(tmp_path).start()
    try:
        desk.kill()
        desk.resume_companion()  # it starts with what it had
        until(lambda: desk.kept() == [], "the app to have it")
        first = set(in_record(server, "bout"))
        assert len(first) == waiting
        until(lambda: desk.status()["app_reached"], "the app to be reached")
        # The app has no plan for this person, and the companion heard so.
        assert desk.status()["phase"] == "off"
        assert "There is no plan yet." in " ".join(desk.status()["says"])

        # The app goes away at the moment when the companion thinks it has not been heard.
        server.kill()
        desk.kill()
        desk.forget_confirmations()
        give_plan(server.data)
        desk.resume_companion()
        server.start()  # and tells the companion that it is there
        until(lambda: desk.status()["app_reached"], "the app to be reached again")
        assert first <= set(in_record(server, "bout"))
        assert len(in_record(server, "bout")) == len(set(in_record(server, "bout")))
        until(lambda: desk.status()["phase"] != "off", "the plan to be heard")
        assert desk.status()["interval_s"] == 1800

        with server.sign_in() as browser:
            page = browser.get("/today/").text
            assert 'data-companion-phase="' in page and "The companion on this computer" in page
            assert "X11 (XScreenSaver)" in browser.get("/breaks/").text
    finally:
        server.kill()


def test_the_app_starts_a_companion_where_there_is_a_desktop_and_ends_it(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    app = desk.start(
        sys.executable, "-m", "nextposture", "--no-browser", "--port", "0", "--data", str(desk.data)
    )
    until(lambda: folder.read_json(desk.data / "companion" / folder.API), "its companion")
    assert desk.status()["sees_idle"] == "X11 (XScreenSaver)"
    app.send_signal(signal.SIGINT)
    assert app.wait(60) == 0
    until(lambda: folder.read_json(desk.data / "companion" / folder.API) is None, "its companion to end")
