"""macOS: CGEventSource. Written from its documentation; not run by our tests, which run on Linux."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

from nextposture.companion.idle import CannotSeeError
from nextposture.companion.idle.polling import Polling

COMBINED_SESSION_STATE = 0
ANY_INPUT = 0xFFFFFFFF


class MacOS(Polling):
    """Idleness of this macOS session."""

    name = "macOS (CGEventSource)"

    def _open(self) -> None:
        path = ctypes.util.find_library("ApplicationServices") if sys.platform == "darwin" else None
        if path is None:
            raise CannotSeeError("this is not macOS")
        self._seconds = ctypes.cdll.LoadLibrary(path).CGEventSourceSecondsSinceLastEventType
        self._seconds.restype = ctypes.c_double
        self._seconds.argtypes = [ctypes.c_int32, ctypes.c_uint32]

    def _read(self) -> float:
        return float(self._seconds(COMBINED_SESSION_STATE, ANY_INPUT))
