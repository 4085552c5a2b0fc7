"""Moves the pointer of a KWin session by its own protocol for test tools, org_kde_kwin_fake_input."""

from __future__ import annotations

import socket
import struct
from pathlib import Path


def nudge(path: Path) -> None:
    """Move the pointer a little. Raises OSError where the compositor does not offer it."""
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(path))
        wire.settimeout(5)

        def send(number: int, opcode: int, body: bytes) -> None:
            wire.sendall(struct.pack("<IHH", number, opcode, 8 + len(body)) + body)

        def receive() -> tuple[int, int, bytes]:
            sender, opcode, size = struct.unpack("<IHH", wire.recv(8, socket.MSG_WAITALL))
            return sender, opcode, wire.recv(size - 8, socket.MSG_WAITALL) if size > 8 else b""

        def text(word: str) -> bytes:
            told = word.encode() + b"\0"
            return struct.pack("<I", len(told)) + told + b"\0" * (-len(told) % 4)

        send(1, 1, struct.pack("<I", 2))  # wl_display.get_registry
        send(1, 0, struct.pack("<I", 3))  # wl_display.sync
        name = None
        while True:
            sender, opcode, body = receive()
            if (sender, opcode) == (2, 0) and b"org_kde_kwin_fake_input\0" in body:
                (name,) = struct.unpack_from("<I", body)
            if sender == 3:
                break
        if name is None:
            raise OSError("this compositor has no org_kde_kwin_fake_input")
        send(2, 0, struct.pack("<I", name) + text("org_kde_kwin_fake_input") + struct.pack("<II", 1, 4))
        send(4, 0, text("a test") + text("to move the pointer"))
        send(4, 1, struct.pack("<ii", 10 << 8, 10 << 8))
        send(1, 0, struct.pack("<I", 5))
        while True:
            sender, opcode, body = receive()
            if (sender, opcode) == (1, 0):
                raise OSError(f"the compositor refused: {body!r}")
            if sender == 5:
                return
