"""The computer's clocks, read as the scheduler wants them."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from nextposture.sitting.events import Now


def read() -> Now:
    """The wall clock in the zone that the computer is in now, the time since boot, and how much was sleep.

    Where the system has no clock that counts sleep (macOS, Windows), sleep is only known from what the system
    announces, and `slept` stays 0.
    """
    at = datetime.now().astimezone()
    if hasattr(time, "CLOCK_BOOTTIME"):
        t = time.clock_gettime(time.CLOCK_BOOTTIME)
        return Now(at, t, max(0.0, t - time.clock_gettime(time.CLOCK_MONOTONIC)))
    return Now(at, time.monotonic())


def boot() -> str:
    """A name for this start of the computer; empty where it has none, so that no two are taken for one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
