"""On a real X server, with real input and a real notification service."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.desktop.desk import RULES, SHORT_BREAKS, SOON_AWAY, Desk, until


def test_sees_idleness_and_return_by_real_keys(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(SHORT_BREAKS, SOON_AWAY)
    assert desk.status()["sees_idle"] == "X11 (XScreenSaver)"
    assert desk.doctor()["whether you are there"]["ok"]
    desk.sits(desk.press_a_key)
    desk.phase("away")
    desk.comes_back(desk.press_a_key)
    until(lambda: len(desk.kept()) >= 2, "bout and break to be kept")
    bout, taken = desk.kept()[:2]
    assert (bout["what"], taken["what"]) == ("bout", "break")
    assert (taken["cause"], taken["how_known"]) == ("idle", "seen")
    assert bout["seconds"] >= 1 and taken["seconds"] >= 4


def test_a_prompt_waits_for_a_pause_in_typing_then_shows_and_its_button_answers(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst(choose="Done")
    desk.start_companion()

    def waits_for_typing() -> bool:
        return (desk.status()["prompt"] or {}).get("waits_for") == "typing"

    def typing_unseen() -> bool:
        desk.press_a_key()
        # The screen is looked at in between: a prompt that has come by now waits no more.
        return waits_for_typing() and desk.shown() == 0 and waits_for_typing()

    until(typing_unseen, "a prompt that waits for typing and is not on the screen")
    until(desk.shown, "the prompt on the screen")
    told = desk.status()["prompt"]
    assert told["shown"] == "small" and told["why"].startswith("You have been sitting")
    desk.run("dunstctl", "context")
    desk.phase("on_break")
    until(lambda: desk.shown() == 0, "the prompt to go")

    def typing_again() -> bool:
        desk.press_a_key()
        return desk.status()["phase"] != "on_break"

    until(typing_again, "the break to end")
    taken = [one for one in desk.kept() if one["what"] == "break"]
    assert [(one["ending"], one["how_known"]) for one in taken] == [("done", "said")]
    assert taken[0]["offered_at"] is not None


def test_later_and_not_now_are_buttons_too_and_both_are_counted(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst(choose="Later")
    desk.start_companion()
    until(desk.shown, "the prompt on the screen")
    desk.run("dunstctl", "context")
    until(lambda: int(desk.run("dunstctl", "count", "history")) == 1, "the prompt to be put off")
    until(desk.shown, "the prompt to come back")
    (desk.home / "menu").write_text("#!/bin/sh\ngrep -m1 'Not now'\n")
    desk.run("dunstctl", "context")
    until(lambda: any(one["what"] == "break" for one in desk.kept()), "the break to be kept")
    (skipped,) = (one for one in desk.kept() if one["what"] == "break")
    assert (skipped["ending"], skipped["snoozes"]) == ("not_now", 1)


def test_do_not_disturb_of_the_real_service_defers(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst()
    desk.run("dunstctl", "set-paused", "true")
    desk.start_companion()
    told = until(lambda: desk.status()["prompt"], "a prompt")
    until(lambda: desk.status()["prompt"]["waits_for"] == "do_not_disturb", f"do not disturb, not {told}")
    assert desk.shown() == 0
    desk.run("dunstctl", "set-paused", "false")
    desk.press_a_key()
    until(desk.shown, "the prompt on the screen")


def test_a_full_screen_window_defers(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst()
    root = desk.run("xdotool", "getdisplaygeometry")
    assert root == "800 600\n"
    # What a window manager writes for a window that fills the screen.
    window = desk.run("xwininfo", "-root").split("Window id: ")[1].split()[0]
    desk.run("xprop", "-root", "-f", "_NET_ACTIVE_WINDOW", "32x", "-set", "_NET_ACTIVE_WINDOW", window)
    full = "_NET_WM_STATE_FULLSCREEN"
    desk.run("xprop", "-root", "-f", "_NET_WM_STATE", "32a", "-set", "_NET_WM_STATE", full)
    desk.start_companion()
    until(lambda: (desk.status()["prompt"] or {}).get("waits_for") == "presentation", "presentation")
    assert desk.shown() == 0
    desk.run("xprop", "-root", "-remove", "_NET_WM_STATE")
    desk.press_a_key()
    until(desk.shown, "the prompt on the screen")


def test_says_so_when_the_display_goes_away(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion()
    assert desk.status()["sees_idle"]
    desk.processes[1].terminate()
    until(lambda: not desk.status()["sees_idle"], "the display to be missed")
    until(lambda: "plain intervals" in " ".join(desk.status()["says"]), "it to say so")
    assert "cannot be seen" in desk.doctor()["whether you are there"]["says"]


def test_ends_with_the_desktop_session_and_saves(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion()
    desk.processes[0].terminate()
    assert desk.companion is not None and desk.companion.wait(60) == 0


def test_an_unanswered_prompt_grows_once_stays_and_shows_a_picture(desk: Desk) -> None:
    desk.bus()
    desk.x11()
    desk.dunst(choose="Not now")
    desk.start_companion(rules=replace(RULES, larger_after_s=1.0))
    until(lambda: (desk.status()["prompt"] or {}).get("shown") == "larger", "the larger prompt")
    assert desk.shown() == 1  # it took the small one's place
    desk.run("dunstctl", "context")
    until(lambda: desk.shown() == 0, "the prompt to be answered")
    (last,) = json.loads(desk.run("dunstctl", "history"))["data"][0][:1]
    assert last["summary"]["data"] == "Still time to move"
    assert last["icon_path"]["data"].endswith("pictures/walk.svg")
