"""The process killed at any moment, its file damaged, started twice."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace

from nextposture.companion import folder
from tests.desktop.desk import RULES, SHORT_BREAKS, Desk, companion, until


def test_what_was_kept_survives_kill_9_and_nothing_is_there_twice(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(SHORT_BREAKS)
    names = set()
    for _ in range(4):
        desk.sits()
        subprocess.run([*companion(desk), "up"], env=desk.environment, check=True, capture_output=True)
        desk.phase("on_break")
        desk.comes_back(desk.press_a_key)
        more = len(names) + 2
        until(lambda more=more: len(desk.kept()) == more, "bout and break to be kept")
        kept = {(one["what"], one["number"]) for one in desk.kept()}
        assert names < kept
        names = kept
        desk.kill()
        desk.resume_companion()
        desk.press_a_key()
    assert len({number for _, number in names}) == len(names)


def test_a_second_companion_does_not_start(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion()
    second = subprocess.run(companion(desk), env=desk.environment, capture_output=True, text=True, timeout=60)
    assert second.returncode == 3 and "running already" in second.stderr


def test_a_damaged_file_is_put_aside_and_said(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.prepare()
    state = desk.data / "companion" / folder.STATE
    state.write_bytes(b"SQLite format 3\0" + b"rubbish" * 4000)
    desk.resume_companion()
    assert desk.status()["phase"] == "off"
    assert "put aside" in desk.said()
    assert list(state.parent.glob("*.broken-*"))


def test_the_command_line_talks_to_it(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(replace(SHORT_BREAKS, break_s=30.0))  # nobody is called away between two commands

    def says(*words: str) -> str:
        done = subprocess.run(
            [*companion(desk), *words], env=desk.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(*words: str) -> str:
        done = subprocess.run(
            [*companion(desk), *words], env=desk.environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 2 and done.stdout == ""
        return done.stderr

    assert says("status").startswith("You are sitting.")
    assert "Paused for another 90 minutes." in says("pause", "1h30m")
    assert "Paused" not in says("resume")
    assert "Your" in says("now", "--discomfort") or desk.status()["prompt"] is not None
    assert desk.status()["prompt"]["why"].startswith("You said that your back asks")
    says("answer", "later")
    desk.press_a_key()
    says("answer", "later")
    assert "cannot be put off again" in refuses("answer", "later")
    says("answer", "not_now")
    assert "Nothing is asked now." in refuses("answer", "done")
    assert desk.status()["prompt"] is None
    assert "You are driving." in says("driving")
    assert "driving" not in says("parked")
    says("standing")
    assert desk.status()["posture"] == "standing"
    assert json.loads(says("status", "--json"))["posture"] == "standing"
    assert "whether you are there: X11" in says("doctor")
    says("stop")
    assert desk.companion is not None and desk.companion.wait(60) == 0
    gone = subprocess.run([*companion(desk), "status"], env=desk.environment, capture_output=True, text=True)
    assert gone.returncode == 2 and "No companion is running" in gone.stderr
    # The doctor answers all the same: that is when people ask for one.
    told = says("doctor")
    assert "companion: none is running" in told and "whether you are there: X11" in told


def test_what_a_killed_companion_left_on_the_screen_is_taken_away(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst()
    desk.start_companion(rules=replace(RULES, larger_after_s=1.0))
    until(lambda: (desk.status()["prompt"] or {}).get("shown") == "larger", "a prompt that stays")
    desk.kill()
    assert desk.shown() == 1
    desk.start_companion(rules=replace(RULES, settle_s=600.0))
    until(lambda: desk.shown() == 0, "the screen to be cleared")
    assert desk.status()["prompt"]["waits_for"] == "settling"
