"""systemd-logind's idle hint: coarse, set by some desktops only, better than nothing."""

from __future__ import annotations

from collections.abc import Callable

from nextposture.companion.idle import CannotSeeError, Tell
from nextposture.companion.session import Session


class IdleHint:
    """Idleness as the desktop reports it to logind; how long it takes is the desktop's choice."""

    name = "logind idle hint"
    event_driven = True

    def __init__(self, session: Session | None) -> None:
        self._session = session

    async def start(self, after_s: float, tell: Tell, lost: Callable[[], None]) -> None:
        """Begin to watch; see IdleSource."""
        if self._session is None:
            raise CannotSeeError("no logind session")
        if not await self._session.sets_idle_hint():
            raise CannotSeeError("nothing has set logind's idle hint in this session")
        self._after_s = after_s
        self._session.on_idle_hint = lambda idle: tell(self._after_s if idle else None)

    async def watch(self, after_s: float) -> None:
        """The hint comes when the desktop gives it; the length is only what is told."""
        self._after_s = after_s

    async def quiet_s(self) -> float | None:
        """The hint says no more than yes or no."""
        return None

    async def attend(self, short_s: float | None, rests: Callable[[], None]) -> None:
        """Nothing to do: pauses cannot be seen."""

    async def stop(self) -> None:
        """Listen no more."""
        if self._session is not None:
            self._session.on_idle_hint = None
