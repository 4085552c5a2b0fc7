"""On real compositors: KWin by ext-idle-notify, Mutter by its idle monitor, one without either."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from nextposture.companion.bus import Bus
from nextposture.companion.surroundings import Surroundings
from tests.desktop.desk import RULES, SHORT_BREAKS, SOON_AWAY, Desk, need, until
from tests.desktop.fake_input import nudge


def kwin(desk: Desk) -> Path:
    """KWin without a screen. Its file capability keeps it from starting in containers: a copy has none."""
    copy = desk.home / "kwin_wayland"
    shutil.copyfile(need("kwin_wayland"), copy)
    copy.chmod(0o755)
    display = desk.run_dir / "wayland-np"
    desk.start(
        str(copy), "--virtual", "--socket", display.name, "--no-lockscreen",
        QT_QPA_PLATFORM="offscreen", KWIN_WAYLAND_NO_PERMISSION_CHECKS="1", LIBGL_ALWAYS_SOFTWARE="1",
        KWIN_COMPOSE="Q",
    )  # fmt: skip
    until(display.exists, "KWin")
    desk.environment["WAYLAND_DISPLAY"] = display.name
    return display


def test_kwin_tells_of_idleness_and_return_by_events(desk: Desk) -> None:
    desk.bus()
    display = kwin(desk)
    desk.start_companion(SHORT_BREAKS, SOON_AWAY)
    assert desk.status()["sees_idle"] == "Wayland (ext_idle_notifier_v1)"
    desk.sits(lambda: nudge(display))
    desk.phase("away")
    desk.comes_back(lambda: nudge(display))
    until(lambda: len(desk.kept()) >= 2, "bout and break to be kept")
    bout, taken = desk.kept()[:2]
    assert (bout["what"], taken["what"], taken["cause"]) == ("bout", "break", "idle")
    assert bout["seconds"] >= 1 and taken["seconds"] >= 4
    assert desk.stop() == 0


def test_a_prompt_on_kwin_waits_until_the_pointer_rests(desk: Desk) -> None:
    desk.bus()
    display = kwin(desk)
    desk.start_companion(rules=replace(RULES, typing_pause_s=4.0))

    def moving_until_asked() -> bool:
        nudge(display)
        prompt = desk.status()["prompt"]
        return prompt is not None and prompt["waits_for"] == "typing"

    until(moving_until_asked, "a prompt that waits for the pointer")
    # Longer than the pause, and at no time near to one, however slow the machine is.
    for _ in range(50):
        nudge(display)
        time.sleep(0.1)
    assert desk.status()["prompt"]["shown"] == ""
    until(lambda: desk.status()["prompt"]["shown"] == "small", "the prompt")


def test_kwin_going_away_is_noticed(desk: Desk) -> None:
    desk.bus()
    kwin(desk)
    desk.start_companion()
    desk.processes[1].kill()
    until(lambda: not desk.status()["sees_idle"], "KWin to be missed")


MONITOR, SCREEN_CAST = "org.gnome.Mutter.IdleMonitor", "org.gnome.Mutter.ScreenCast"


def mutter(desk: Desk) -> None:
    """GNOME's compositor without a screen, once all that the tests ask of it is on the bus."""
    if shutil.which("mutter") is None:
        pytest.skip("mutter is not installed, and `make test` could not install it: see its output")
    desk.bus()
    desk.start(
        "mutter", "--headless", "--wayland", "--no-x11", "--virtual-monitor", "800x600",
        "--wayland-display", "wayland-np", MUTTER_DEBUG_RESET_IDLETIME="1", LIBGL_ALWAYS_SOFTWARE="1",
    )  # fmt: skip
    until((desk.run_dir / "wayland-np").exists, "mutter")
    until(lambda: desk.on_the_bus(MONITOR) and desk.on_the_bus(SCREEN_CAST), "mutter on the bus")
    desk.environment["WAYLAND_DISPLAY"] = "wayland-np"


def test_a_screen_that_mutter_shares_defers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    mutter(desk)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", desk.environment["DBUS_SESSION_BUS_ADDRESS"])

    async def share() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        ours, theirs = await Bus.connect("session"), await Bus.connect("session")
        around = Surroundings(ours, None, None, proc=desk.home)
        assert next(sign for sign in await around.signs() if sign.name == "shared screen").can_see
        before = (await around.read()).reasons
        path = "/org/gnome/Mutter/ScreenCast"
        (session,) = await theirs.call(SCREEN_CAST, path, SCREEN_CAST, "CreateSession", "a{sv}", [{}])
        during = (await around.read()).reasons
        await theirs.call(SCREEN_CAST, session, f"{SCREEN_CAST}.Session", "Stop")
        return before, during, (await around.read()).reasons

    before, during, after = asyncio.run(share())
    assert (before, during, after) == (frozenset(), frozenset({"sharing"}), frozenset())


def test_mutter_tells_of_idleness_and_return_by_events(desk: Desk) -> None:
    mutter(desk)

    def touch() -> None:
        desk.run(
            "gdbus", "call", "--session", "--dest", MONITOR, "--object-path",
            "/org/gnome/Mutter/IdleMonitor/Core", "--method", f"{MONITOR}.ResetIdletime",
        )  # fmt: skip

    touch()
    desk.start_companion(SHORT_BREAKS, SOON_AWAY)
    assert desk.status()["sees_idle"] == "GNOME (Mutter idle monitor)"
    desk.sits(touch)
    desk.phase("away")
    desk.comes_back(touch)
    until(lambda: len(desk.kept()) >= 2, "bout and break to be kept")
    bout, taken = desk.kept()[:2]
    assert (bout["what"], taken["what"], taken["cause"]) == ("bout", "break", "idle")
    assert desk.stop() == 0


def test_a_compositor_that_tells_nothing_is_named_as_such(desk: Desk) -> None:
    desk.bus()
    desk.environment["WAYLAND_DISPLAY"] = "nowhere"
    desk.environment["XDG_CURRENT_DESKTOP"] = "Example"
    desk.start_companion()
    told = desk.doctor()["whether you are there"]
    assert not told["ok"] and "cannot be seen on Example" in told["says"] and told["fix"]
    assert "plain intervals" in " ".join(desk.status()["says"])
    until(lambda: desk.status()["prompt"], "a prompt at the plain interval")
