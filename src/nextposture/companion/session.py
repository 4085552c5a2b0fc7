"""Locks, sleep and idle hints: what systemd-logind and the screen lockers announce."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from nextposture.companion.bus import Bus, BusError, Heard

LOGIND = "org.freedesktop.login1"
MANAGER_PATH = "/org/freedesktop/login1"
MANAGER = "org.freedesktop.login1.Manager"
SESSION = "org.freedesktop.login1.Session"
LOCKERS = ("org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver")


class Session:
    """This login session in systemd-logind."""

    def __init__(self, bus: Bus, path: str) -> None:
        self.bus, self.path = bus, path
        self.on_idle_hint: Callable[[bool], None] | None = None

    @classmethod
    async def find(cls, bus: Bus) -> Session:
        """The session of this process, or the one that XDG_SESSION_ID names. Raises BusError without one."""
        named = os.environ.get("XDG_SESSION_ID")
        if named:
            answer = await bus.call(LOGIND, MANAGER_PATH, MANAGER, "GetSession", "s", [named])
        else:
            answer = await bus.call(LOGIND, MANAGER_PATH, MANAGER, "GetSessionByPID", "u", [os.getpid()])
        return cls(bus, answer[0])

    async def listen(self, locked: Callable[[bool], None]) -> None:
        """Tell of locks and unlocks from now on."""

        def asked(locks: bool) -> Heard:
            return lambda path, _: locked(locks) if path == self.path else None

        await self.bus.on_signal(SESSION, "Lock", asked(True))
        await self.bus.on_signal(SESSION, "Unlock", asked(False))

        def changed(path: str, arguments: list[Any]) -> None:
            if path != self.path or arguments[0] != SESSION:
                return
            values = {name: variant.value for name, variant in arguments[1].items()}
            if "LockedHint" in values:
                locked(values["LockedHint"])
            if "IdleHint" in values and self.on_idle_hint is not None:
                self.on_idle_hint(values["IdleHint"])

        await self.bus.on_signal("org.freedesktop.DBus.Properties", "PropertiesChanged", changed)
        if await self.bus.get(LOGIND, self.path, SESSION, "LockedHint"):
            locked(True)

    async def sets_idle_hint(self) -> bool:
        """Whether the desktop has ever given a hint: those that never do leave its time at zero."""
        try:
            return int(await self.bus.get(LOGIND, self.path, SESSION, "IdleSinceHint")) > 0
        except (BusError, TypeError, ValueError):
            return False


async def listen_for_sleep(bus: Bus, asleep: Callable[[bool], None]) -> None:
    """Tell when the computer goes to sleep, and when it has woken. Raises BusError."""
    await bus.on_signal(MANAGER, "PrepareForSleep", lambda _, arguments: asleep(bool(arguments[0])))
    await bus.call(LOGIND, MANAGER_PATH, "org.freedesktop.DBus.Peer", "Ping")  # raises where there is none


async def listen_for_lockers(bus: Bus, locked: Callable[[bool], None]) -> None:
    """Tell when a screen locker on the session bus says that it covers the screen, or no longer."""
    for locker in LOCKERS:
        await bus.on_signal(locker, "ActiveChanged", lambda _, arguments: locked(bool(arguments[0])))
