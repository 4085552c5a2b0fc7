"""The icon in the tray, on a real bus, with a tray that the test plays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nextposture.companion.bus import Bus, BusError
from nextposture.companion.tray import ITEM, PATH, TOOLTIP, WATCHER, WATCHER_PATH
from tests.desktop.desk import SHORT_BREAKS, Desk, until


def test_a_tray_that_appears_later_gets_the_icon_and_its_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bus()
    desk.x11()
    desk.start_companion(SHORT_BREAKS)
    assert "none is needed" in desk.doctor()["tray"]["says"]
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", desk.environment["DBUS_SESSION_BUS_ADDRESS"])

    async def play() -> list[Any]:
        registered = asyncio.Event()
        bus = await Bus.connect("session")
        bus.answer(WATCHER_PATH, WATCHER, lambda member: registered.set())
        await bus.own(WATCHER)
        await asyncio.wait_for(registered.wait(), 60)
        name = f"{ITEM}-{desk.companion.pid}-1"  # type: ignore[union-attr]
        async with asyncio.timeout(60):
            # It says nothing before the companion's first look around.
            while not (tip := await bus.get(name, PATH, ITEM, "ToolTip"))[3]:
                await asyncio.sleep(0.05)
        everything = await bus.call(name, PATH, "org.freedesktop.DBus.Properties", "GetAll", "s", [ITEM])
        with pytest.raises(BusError):
            await bus.get(name, PATH, ITEM, "Nothing")
        changed = asyncio.Event()
        await bus.on_signal(ITEM, "NewToolTip", lambda path, arguments: changed.set())
        await asyncio.to_thread(pause, desk)
        await asyncio.wait_for(changed.wait(), 60)
        bus.close()
        return [tip, everything[0]["Id"].value, everything[0]["ToolTip"].signature]

    tip, name, signature = asyncio.run(play())
    assert list(tip[2:]) == ["Next Posture", "You are sitting."]
    assert (name, signature) == ("nextposture", TOOLTIP)
    until(lambda: "none is needed" in desk.doctor()["tray"]["says"], "the tray to be missed")


def pause(desk: Desk) -> None:
    """Change what the companion says."""
    from nextposture.companion.client import ask

    ask(desk.data, "POST", "/posture", {"posture": "standing"})
