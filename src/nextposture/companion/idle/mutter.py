"""GNOME: Mutter's idle monitor on the session bus, by events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nextposture.companion.bus import Bus, BusError
from nextposture.companion.idle import CannotSeeError, Tell

NAME = "org.gnome.Mutter.IdleMonitor"
PATH = "/org/gnome/Mutter/IdleMonitor/Core"


class Mutter:
    """Idleness as Mutter sees it."""

    name = "GNOME (Mutter idle monitor)"
    event_driven = True

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._idle_watch = self._active_watch = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, after_s: float, tell: Tell, lost: Callable[[], None]) -> None:
        """Begin to watch; see IdleSource."""
        self._tell = tell
        try:
            await self._bus.call(NAME, PATH, NAME, "GetIdletime")
            await self._bus.on_signal(NAME, "WatchFired", self._fired)
            await self.watch(after_s)
        except BusError as error:
            raise CannotSeeError(f"no Mutter idle monitor on the session bus ({error})") from error

    async def watch(self, after_s: float) -> None:
        """Watch for another length of quiet."""
        self._after_s = after_s
        if self._idle_watch:
            await self._bus.call(NAME, PATH, NAME, "RemoveWatch", "u", [self._idle_watch])
        answer = await self._bus.call(NAME, PATH, NAME, "AddIdleWatch", "t", [round(after_s * 1000)])
        self._idle_watch = answer[0]

    def _fired(self, path: str, arguments: list[object]) -> None:
        if arguments[0] == self._idle_watch:
            self._tell(self._after_s)
            task = asyncio.create_task(self._await_return())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif arguments[0] == self._active_watch:
            self._active_watch = 0
            self._tell(None)

    async def _await_return(self) -> None:
        if not self._active_watch:
            self._active_watch = (await self._bus.call(NAME, PATH, NAME, "AddUserActiveWatch"))[0]

    async def quiet_s(self) -> float | None:
        """Seconds since the last touch."""
        try:
            return float((await self._bus.call(NAME, PATH, NAME, "GetIdletime"))[0]) / 1000
        except BusError:
            return None

    async def attend(self, short_s: float | None, rests: Callable[[], None]) -> None:
        """Nothing to do: `quiet_s` tells any length."""

    async def stop(self) -> None:
        """Remove the watches."""
        for watch in (self._idle_watch, self._active_watch):
            if watch:
                await self._bus.call(NAME, PATH, NAME, "RemoveWatch", "u", [watch])
