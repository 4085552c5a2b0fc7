"""X11: the idle counter of the MIT-SCREEN-SAVER extension, and whether a window fills the screen.

The few requests needed are spoken directly over the display's socket. Xlib would end the whole process when
the display goes away; here that is an OSError like any other.
"""

from __future__ import annotations

import os
import re
import socket
import struct
from pathlib import Path

from nextposture.companion.idle import CannotSeeError
from nextposture.companion.idle.polling import Polling

TIMEOUT_S = 5
ANY_PROPERTY_TYPE = 0
HIGHEST_DISPLAY = 65535 - 6000  # displays are TCP ports from 6000


class Display:
    """One connection to an X server. Numbers are from the X11 protocol and MIT-SCREEN-SAVER 1.1.

    Raises OSError where the display cannot be reached or refuses.
    """

    def __init__(self, name: str) -> None:
        match = re.fullmatch(r"(?:unix)?([^:]*):(\d+)(?:\.\d+)?", name.removeprefix("unix/"))
        if match is None:
            raise OSError(f"DISPLAY={name!r} is no display")
        host, number = match[1], int(match[2])
        self._socket = _connect(host, number)
        self._socket.settimeout(TIMEOUT_S)
        self._atoms: dict[str, int] = {}
        try:
            self._set_up(number)
        except OSError:
            self._socket.close()
            raise

    def _set_up(self, number: int) -> None:
        scheme, cookie = _authority(number)
        request = struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(scheme), len(cookie))
        self._socket.sendall(request + _padded(scheme) + _padded(cookie))
        status, reason_length, length = struct.unpack("<BBxxxxH", self._receive(8))
        body = self._receive(length * 4)
        if status != 1:
            raise OSError(body[:reason_length].decode("latin-1").strip() or "the display refused")
        vendor_length, formats = struct.unpack_from("<H", body, 16)[0], body[21]
        screen = 32 + (vendor_length + 3) // 4 * 4 + formats * 8
        (self.root,) = struct.unpack_from("<I", body, screen)
        name = b"MIT-SCREEN-SAVER"
        answer = self._ask(98, 0, struct.pack("<Hxx", len(name)) + _padded(name))
        present, self._screen_saver = answer[8], answer[9]
        if not present:
            raise OSError("the display has no MIT-SCREEN-SAVER extension")

    def idle_s(self) -> float:
        """Seconds since the last key or pointer movement."""
        answer = self._ask(self._screen_saver, 1, struct.pack("<I", self.root))
        return float(struct.unpack_from("<I", answer, 16)[0]) / 1000

    def is_full_screen(self) -> bool:
        """Whether the window in use fills the screen, as its window manager says."""
        active = self._property(self.root, "_NET_ACTIVE_WINDOW")
        if not active or not active[0]:
            return False
        return self._atom("_NET_WM_STATE_FULLSCREEN") in self._property(active[0], "_NET_WM_STATE")

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _atom(self, name: str) -> int:
        if name not in self._atoms:
            data = name.encode()
            answer = self._ask(16, 0, struct.pack("<Hxx", len(data)) + _padded(data))
            (self._atoms[name],) = struct.unpack_from("<I", answer, 8)
        return self._atoms[name]

    def _property(self, window: int, name: str) -> tuple[int, ...]:
        """A window's property of 32-bit values; empty if it has none or is gone."""
        wanted = struct.pack("<IIIII", window, self._atom(name), ANY_PROPERTY_TYPE, 0, 64)
        try:
            answer = self._ask(20, 0, wanted)
        except RefusedError:
            return ()
        width, (count,) = answer[1], struct.unpack_from("<I", answer, 16)
        return struct.unpack_from(f"<{count}I", answer, 32) if width == 32 else ()

    def _ask(self, opcode: int, detail: int, body: bytes) -> bytes:
        """Send one request and return its reply; events are passed over."""
        self._socket.sendall(struct.pack("<BBH", opcode, detail, 1 + len(body) // 4) + body)
        while True:
            answer = self._receive(32)
            if answer[0] == 0:
                raise RefusedError(f"the display refused request {opcode} with error {answer[1]}")
            if answer[0] == 1:
                return answer + self._receive(struct.unpack_from("<I", answer, 4)[0] * 4)

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise OSError("the display closed the connection")
            data += part
        return data


class RefusedError(OSError):
    """The display answered a request with an error."""


class X11(Polling):
    """Idleness on an X11 display."""

    name = "X11 (XScreenSaver)"

    def __init__(self, display: str) -> None:
        self._name = display
        self.display: Display | None = None

    def _open(self) -> None:
        try:
            self.display = Display(self._name)
        except OSError as error:
            raise CannotSeeError(f"X11 display {self._name}: {error}") from error

    def _read(self) -> float:
        if self.display is None:
            raise OSError("not connected")
        return self.display.idle_s()

    def _close(self) -> None:
        if self.display is not None:
            self.display.close()
            self.display = None


def _connect(host: str, number: int) -> socket.socket:
    if number > HIGHEST_DISPLAY:
        raise OSError(f"there is no display {number}")
    if host:
        return socket.create_connection((host, 6000 + number), timeout=TIMEOUT_S)
    path = f"/tmp/.X11-unix/X{number}"
    failure: OSError | None = None
    for address in (path, f"\0{path}"):
        local = socket.socket(socket.AF_UNIX)
        try:
            local.settimeout(TIMEOUT_S)
            local.connect(address)
            return local
        except OSError as error:
            local.close()
            failure = error
    assert failure is not None
    raise failure


def _authority(number: int) -> tuple[bytes, bytes]:
    """The scheme and the cookie for a display, from the authority file; empty if there is none."""
    file = Path(os.environ.get("XAUTHORITY") or Path.home() / ".Xauthority")
    try:
        data = file.read_bytes()
    except OSError:
        return b"", b""
    at = 0
    try:
        while at < len(data):
            at += 2
            parts = []
            for _ in range(4):
                (length,) = struct.unpack_from(">H", data, at)
                parts.append(data[at + 2 : at + 2 + length])
                at += 2 + length
            if parts[1] in (b"", str(number).encode()) and parts[2] == b"MIT-MAGIC-COOKIE-1":
                return parts[2], parts[3]
    except struct.error:
        pass
    return b"", b""


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
