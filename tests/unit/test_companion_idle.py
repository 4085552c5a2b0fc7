"""Idle sources against a counter and a compositor that the test plays."""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

import pytest

from nextposture.companion.idle import CannotSeeError, polling
from nextposture.companion.idle.choosing import candidates
from nextposture.companion.idle.macos import MacOS
from nextposture.companion.idle.wayland import Wayland
from nextposture.companion.idle.windows import Windows
from nextposture.companion.idle.x11 import Display


class Counter(polling.Polling):
    name = "a counter"

    def __init__(self) -> None:
        self.touched = asyncio.get_running_loop().time()
        self.reads = 0
        self.gone = False

    def _read(self) -> float:
        self.reads += 1
        if self.gone:
            raise OSError("gone")
        return asyncio.get_running_loop().time() - self.touched


def test_a_counter_is_looked_at_as_seldom_as_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "LOOK_FOR_RETURN_S", 0.05)

    async def watch() -> None:
        told: asyncio.Queue[tuple[float | None, int]] = asyncio.Queue()
        counter, lost = Counter(), asyncio.Event()
        await counter.start(0.5, lambda quiet: told.put_nowait((quiet, counter.reads)), lost.set)
        async with asyncio.timeout(60):
            quiet, reads = await told.get()
            assert quiet is not None and quiet >= 0.5
            # Whether it can be read, at the start, at the end, and once more if that was a hair early.
            assert reads <= 4
            counter.touched = asyncio.get_running_loop().time()
            quiet, _ = await told.get()
            assert quiet is None
            counter.gone = True
            await counter.watch(0.1)
            await lost.wait()
        await counter.stop()

    asyncio.run(watch())


def test_the_systems_that_our_tests_do_not_run_on_say_so() -> None:
    for source in (Windows(), MacOS()):
        with pytest.raises(CannotSeeError, match="this is not"):
            asyncio.run(source.start(60, lambda _: None, lambda: None))


@pytest.mark.parametrize(
    "environment, platform, names",
    [
        ({}, "win32", ["Windows"]),
        ({}, "darwin", ["MacOS"]),
        ({"DISPLAY": ":0"}, "linux", ["X11", "IdleHint"]),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "linux", ["Wayland", "IdleHint"]),
        ({}, "linux", ["IdleHint"]),
    ],
)
def test_under_wayland_the_blind_x11_counter_is_not_asked(
    environment: dict[str, str], platform: str, names: list[str]
) -> None:
    found = candidates(environment, None, None, platform)
    assert [type(source).__name__ for source in found] == names


def compositor(globals_: list[str], received: list[tuple[int, int, bytes]], version: int = 1):  # type: ignore[no-untyped-def]
    """A compositor that offers `globals_`, and tells of idleness at once where it is asked to watch."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def event(number: int, opcode: int, body: bytes = b"") -> None:
            writer.write(struct.pack("<IHH", number, opcode, 8 + len(body)) + body)

        try:
            while True:
                number, opcode, size = struct.unpack("<IHH", await reader.readexactly(8))
                body = await reader.readexactly(size - 8)
                received.append((number, opcode, body))
                if (number, opcode) == (1, 1):
                    for name, interface in enumerate(globals_, 1):
                        told = interface.encode() + b"\0"
                        told += b"\0" * (-len(told) % 4)
                        head = struct.pack("<II", name, len(interface) + 1)
                        event(2, 0, head + told + struct.pack("<I", version))
                elif (number, opcode) == (1, 0):
                    event(struct.unpack("<I", body)[0], 0, struct.pack("<I", 0))
                elif number == 5:
                    new = struct.unpack_from("<I", body)[0]
                    event(new, 0)
                    event(new, 1)
        except asyncio.IncompleteReadError:
            writer.close()

    return serve


@pytest.mark.parametrize(
    "protocol, version, request_",
    [
        ("ext_idle_notifier_v1", 1, (5, 1, (6, 2500, 4))),
        ("ext_idle_notifier_v1", 2, (5, 2, (6, 2500, 4))),  # asks for input only, whatever inhibits
        ("org_kde_kwin_idle", 1, (5, 0, (6, 4, 2500))),
    ],
)
def test_both_idle_protocols_of_wayland(
    tmp_path: Path, protocol: str, version: int, request_: tuple[int, int, tuple[int, ...]]
) -> None:
    received: list[tuple[int, int, bytes]] = []
    told: list[float | None] = []

    async def talk() -> None:
        server = await asyncio.start_unix_server(
            compositor(["wl_compositor", "wl_seat", protocol], received, version), tmp_path / "wl"
        )
        source = Wayland(tmp_path / "wl")
        await source.start(2.5, told.append, lambda: None)
        async with asyncio.timeout(60):
            while len(told) < 2:
                await asyncio.sleep(0.01)
        assert source.name == f"Wayland ({protocol})"
        await source.stop()
        server.close()

    asyncio.run(talk())
    assert told == [2.5, None]
    number, opcode, arguments = request_
    assert (number, opcode, struct.pack("<III", *arguments)) in received
    bound = [
        struct.unpack("<II", body[-8:]) for number, opcode, body in received if (number, opcode) == (2, 0)
    ]
    assert (version, 5) in bound


@pytest.mark.parametrize("offered", [[], ["wl_seat"], ["ext_idle_notifier_v1"]])
def test_a_compositor_without_idle_protocol_is_named_as_such(tmp_path: Path, offered: list[str]) -> None:
    async def talk() -> None:
        server = await asyncio.start_unix_server(compositor(offered, []), tmp_path / "wl")
        with pytest.raises(CannotSeeError, match="no ext-idle-notify"):
            await Wayland(tmp_path / "wl").start(60, lambda _: None, lambda: None)
        server.close()

    asyncio.run(talk())


@pytest.mark.parametrize("name", ["", "nonsense", ":99999", "localhost:65000"])
def test_a_display_that_is_none_is_an_error_like_any_other(name: str) -> None:
    with pytest.raises(OSError):
        Display(name)
