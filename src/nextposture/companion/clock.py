"""The computer's clocks, read as the scheduler wants them."""

from __future__ import annotations

import ctypes
import sys
import time
from datetime import datetime
from pathlib import Path

from nextposture.sitting.events import Now


def read() -> Now:
    """The wall clock in the zone that the computer is in now, the time since boot, and how much was sleep.

    Each system has one clock that counts sleep and one that does not. Those of macOS and Windows are written
    from their documentation; our tests run on Linux.
    """
    if hasattr(time, "tzset"):
        time.tzset()  # else a traveller's change of zone would only be seen after a restart
    at = datetime.now().astimezone()
    if sys.platform == "win32":
        t, awake = _windows("QueryInterruptTime"), _windows("QueryUnbiasedInterruptTime")
    elif sys.platform == "darwin":
        t, awake = time.clock_gettime(time.CLOCK_MONOTONIC_RAW), time.clock_gettime(time.CLOCK_UPTIME_RAW)
    else:
        t, awake = time.clock_gettime(time.CLOCK_BOOTTIME), time.clock_gettime(time.CLOCK_MONOTONIC)
    return Now(at, t, max(0.0, t - awake))


def _windows(name: str) -> float:
    """Seconds since Windows started, with sleep (QueryInterruptTime) or without; counted in 100 ns."""
    told = ctypes.c_ulonglong()
    library = getattr(ctypes, "windll").kernelbase  # noqa: B009  (exists on Windows only)
    library[name](ctypes.byref(told))
    return told.value / 1e7


def boot() -> str:
    """A name for this start of the computer; empty where it has none, so that no two are taken for one."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
