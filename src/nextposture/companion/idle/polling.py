"""Watching a counter of idle seconds that can only be asked, as seldom as it may be.

Someone who touched a key a moment ago cannot become idle before the whole length of quiet is over, so that is
how long nobody needs to look. Only the return of someone who is away is looked for every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from nextposture.companion.idle import CannotSeeError, Tell

LOOK_FOR_RETURN_S = 5.0
SAME_TOUCH_S = 0.25
"""Two readings of one last touch differ by less than this."""


class Polling:
    """An idle source over `_read()`, which answers the idle seconds or raises OSError."""

    name = ""
    event_driven = False

    def _read(self) -> float:
        raise NotImplementedError

    def _open(self) -> None:
        """Connect. Raises CannotSeeError."""

    def _close(self) -> None:
        """Let go."""

    async def start(self, after_s: float, tell: Tell, lost: Callable[[], None]) -> None:
        """Begin to watch; see IdleSource."""
        self._open()
        self._after_s = after_s
        self._changed = asyncio.Event()
        try:
            self._read()
        except OSError as error:
            raise CannotSeeError(f"{self.name}: {error}") from error
        self._task = asyncio.create_task(self._look(tell, lost))

    async def _look(self, tell: Tell, lost: Callable[[], None]) -> None:
        idle = False
        went_idle = 0.0
        while True:
            try:
                quiet = self._read()
            except OSError:
                lost()
                return
            touched = time.monotonic() - quiet
            if idle and touched > went_idle + SAME_TOUCH_S:
                idle = False
                tell(None)
            elif not idle and quiet >= self._after_s:
                idle, went_idle = True, touched
                tell(quiet)
            wait = LOOK_FOR_RETURN_S if idle else max(self._after_s - quiet, 0.1)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), wait)
            self._changed.clear()

    async def watch(self, after_s: float) -> None:
        """Watch for another length of quiet."""
        if after_s != self._after_s:
            self._after_s = after_s
            self._changed.set()

    async def quiet_s(self) -> float | None:
        """Seconds since the last touch."""
        try:
            return self._read()
        except OSError:
            return None

    async def attend(self, short_s: float | None, rests: Callable[[], None]) -> None:
        """Nothing to do: `quiet_s` tells any length."""

    async def stop(self) -> None:
        """Stop looking."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._close()
