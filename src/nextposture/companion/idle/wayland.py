"""Wayland: ext-idle-notify (KDE Plasma, wlroots, COSMIC) or KDE's older idle protocol, by events only.

The few messages needed are spoken directly over the compositor's socket, in the wire format of the Wayland
protocol: object id, size and opcode, arguments.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Callable
from pathlib import Path

from nextposture.companion.idle import CannotSeeError, Tell

DISPLAY, REGISTRY, SYNC, SEAT, NOTIFIER = 1, 2, 3, 4, 5
FIRST_FREE = 6
NOTIFIERS = {"ext_idle_notifier_v1": 1, "org_kde_kwin_idle": 0}
"""Protocol -> opcode of its request for a notification. Both tell `idled` as event 0 and `resumed` as 1."""
INPUT_ONLY = 2
"""The request of ext-idle-notify's version 2: by input alone, whatever keeps the screen on."""


class Wayland:
    """Idleness on a Wayland compositor that tells of it."""

    name = "Wayland"
    event_driven = True

    def __init__(self, socket_path: Path) -> None:
        self._path = socket_path
        self._globals: dict[str, tuple[int, int]] = {}
        self._free = FIRST_FREE
        self._watching: dict[int, Callable[[bool], None]] = {}
        self._main = self._short = 0
        self._short_s = 0.0
        self._rests = False
        self._task: asyncio.Task[None] | None = None

    async def start(self, after_s: float, tell: Tell, lost: Callable[[], None]) -> None:
        """Begin to watch; see IdleSource."""
        try:
            self._reader, self._writer = await asyncio.open_unix_connection(self._path)
        except OSError as error:
            raise CannotSeeError(f"Wayland compositor at {self._path}: {error}") from error
        self._tell = tell
        try:
            await asyncio.wait_for(self._bind(), 5)
        except (CannotSeeError, OSError, EOFError, TimeoutError) as error:
            self._writer.close()
            if isinstance(error, CannotSeeError):
                raise
            raise CannotSeeError(f"Wayland compositor at {self._path}: {error or 'no answer'}") from error
        await self.watch(after_s)
        self._task = asyncio.create_task(self._listen(lost))

    async def _bind(self) -> None:
        self._send(DISPLAY, 1, struct.pack("<I", REGISTRY))
        self._send(DISPLAY, 0, struct.pack("<I", SYNC))
        while True:
            sender, opcode, body = await self._receive()
            if (sender, opcode) == (REGISTRY, 0):
                name, length = struct.unpack_from("<II", body)
                interface = body[8 : 8 + length - 1].decode()
                (version,) = struct.unpack_from("<I", body, 8 + (length + 3) // 4 * 4)
                self._globals.setdefault(interface, (name, version))
            elif sender == SYNC:
                break
        protocol = next((one for one in NOTIFIERS if one in self._globals), None)
        if protocol is None or "wl_seat" not in self._globals:
            raise CannotSeeError(
                "this Wayland compositor has no ext-idle-notify", "Use a desktop that has it, or X11."
            )
        self._protocol, self._request = protocol, NOTIFIERS[protocol]
        newest = min(self._globals[protocol][1], 2 if protocol == "ext_idle_notifier_v1" else 1)
        if newest == 2:
            self._request = INPUT_ONLY
        self.name = f"Wayland ({protocol})"
        for interface, version, new in (("wl_seat", 1, SEAT), (protocol, newest, NOTIFIER)):
            told = interface.encode() + b"\0"
            name, _ = self._globals[interface]
            body = struct.pack("<II", name, len(told)) + told + b"\0" * (-len(told) % 4)
            self._send(REGISTRY, 0, body + struct.pack("<II", version, new))

    def _notify(self, after_s: float, changed: Callable[[bool], None]) -> int:
        new, self._free = self._free, self._free + 1
        milliseconds = max(1, round(after_s * 1000))
        arguments = (new, milliseconds, SEAT) if self._request else (new, SEAT, milliseconds)
        self._send(NOTIFIER, self._request, struct.pack("<III", *arguments))
        self._watching[new] = changed
        return new

    async def watch(self, after_s: float) -> None:
        """Watch for another length of quiet."""
        if self._main:
            self._forget(self._main)
        self._main = self._notify(after_s, lambda idle: self._tell(after_s if idle else None))

    async def quiet_s(self) -> float | None:
        """Nothing can be asked here, only waited for: 0 until the short length attended to is over."""
        return self._short_s if self._short and self._rests else 0.0

    async def attend(self, short_s: float | None, rests: Callable[[], None]) -> None:
        """Also watch for `short_s` seconds of quiet and call `rests` at each; None ends that."""
        if short_s is None:
            self._forget(self._short)
            self._short = 0
        elif not self._short:
            self._rests = False
            self._short_s = short_s

            def changed(idle: bool) -> None:
                self._rests = idle
                if idle:
                    rests()

            self._short = self._notify(short_s, changed)

    def _forget(self, number: int) -> None:
        # The compositor confirms with delete_id, but ids are plenty: none is used again.
        if self._watching.pop(number, None):
            self._send(number, 0, b"")

    async def _listen(self, lost: Callable[[], None]) -> None:
        try:
            while True:
                sender, opcode, _ = await self._receive()
                if sender in self._watching and opcode in (0, 1):
                    self._watching[sender](opcode == 0)
                elif (sender, opcode) == (DISPLAY, 0):
                    break
        except (OSError, EOFError):
            pass
        lost()

    def _send(self, object_id: int, opcode: int, body: bytes) -> None:
        self._writer.write(struct.pack("<IHH", object_id, opcode, 8 + len(body)) + body)

    async def _receive(self) -> tuple[int, int, bytes]:
        sender, opcode, size = struct.unpack("<IHH", await self._reader.readexactly(8))
        return sender, opcode, await self._reader.readexactly(size - 8)

    async def stop(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._writer.close()
