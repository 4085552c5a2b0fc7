"""Which way of seeing idleness fits this desktop, and why the others do not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from nextposture.companion.bus import Bus
from nextposture.companion.idle import CannotSeeError, IdleSource, Tell
from nextposture.companion.idle.logind import IdleHint
from nextposture.companion.idle.macos import MacOS
from nextposture.companion.idle.mutter import Mutter
from nextposture.companion.idle.wayland import Wayland
from nextposture.companion.idle.windows import Windows
from nextposture.companion.idle.x11 import X11
from nextposture.companion.session import Session


def candidates(
    environment: Mapping[str, str], bus: Bus | None, session: Session | None, platform: str = sys.platform
) -> Iterator[IdleSource]:
    """The ways to try here, best first.

    Under Wayland the X11 counter sees only what goes to X11 windows, so it is not among them.
    """
    if platform == "win32":
        yield Windows()
    elif platform == "darwin":
        yield MacOS()
    elif display := environment.get("WAYLAND_DISPLAY"):
        yield Wayland(Path(environment.get("XDG_RUNTIME_DIR", "/")) / display)
        if bus is not None:
            yield Mutter(bus)
        yield IdleHint(session)
    else:
        if display := environment.get("DISPLAY"):
            yield X11(display)
        elif bus is not None:
            yield Mutter(bus)
        yield IdleHint(session)


async def choose(
    bus: Bus | None, session: Session | None, after_s: float, tell: Tell, lost: Callable[[], None]
) -> tuple[IdleSource | None, list[CannotSeeError]]:
    """Start the first way that works; with it, why those before it do not."""
    failures = []
    for source in candidates(os.environ, bus, session):
        try:
            await source.start(after_s, tell, lost)
        except CannotSeeError as failure:
            failures.append(failure)
        else:
            return source, failures
    if not failures:
        failures.append(CannotSeeError("no desktop is here: neither DISPLAY nor WAYLAND_DISPLAY is set"))
    return None, failures
