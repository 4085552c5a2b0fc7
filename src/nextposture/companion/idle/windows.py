"""Windows: GetLastInputInfo. Written from its documentation; not run by our tests, which run on Linux."""

from __future__ import annotations

import ctypes
import sys

from nextposture.companion.idle import CannotSeeError
from nextposture.companion.idle.polling import Polling


class LastInput(ctypes.Structure):
    """LASTINPUTINFO."""

    _fields_ = (("cbSize", ctypes.c_uint), ("dwTime", ctypes.c_uint))


class Windows(Polling):
    """Idleness of this Windows session."""

    name = "Windows (GetLastInputInfo)"

    def _open(self) -> None:
        if sys.platform != "win32":
            raise CannotSeeError("this is not Windows")

    def _read(self) -> float:
        info = LastInput(ctypes.sizeof(LastInput), 0)
        library = getattr(ctypes, "windll")  # noqa: B009  (exists on Windows only)
        if not library.user32.GetLastInputInfo(ctypes.byref(info)):
            raise OSError("GetLastInputInfo failed")
        # Both count milliseconds since boot in 32 bits, so the difference survives their overflow.
        return float((library.kernel32.GetTickCount() - info.dwTime) & 0xFFFFFFFF) / 1000
