"""Seeing whether keys and pointer are in use: one file for each way a desktop has of telling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Tell = Callable[[float | None], None]
"""Called with the seconds of quiet when they reach what is watched for, and with None at the next touch."""


class CannotSeeError(Exception):
    """This way of seeing idleness does not exist here; the message says why, `fix` what to do."""

    def __init__(self, why: str, fix: str = "") -> None:
        super().__init__(why)
        self.fix = fix


class IdleSource(Protocol):
    """One way of seeing idleness."""

    name: str
    event_driven: bool

    async def start(self, after_s: float, tell: Tell, lost: Callable[[], None]) -> None:
        """Begin to watch for `after_s` seconds of quiet; `lost` is called if it stops working later.

        Raises CannotSeeError.
        """

    async def watch(self, after_s: float) -> None:
        """Watch for another length of quiet from now on."""

    async def quiet_s(self) -> float | None:
        """Seconds since the last touch, where it can be asked for; None where it cannot."""

    async def attend(self, short_s: float | None, rests: Callable[[], None]) -> None:
        """Make `quiet_s` tell lengths up to `short_s`; call `rests` where such a pause is an event."""

    async def stop(self) -> None:
        """Stop watching and let go of everything."""
