"""The one WebSocket: who gets in, what it takes, what it keeps; on the real server, as a browser asks."""

from __future__ import annotations

import json
import sqlite3
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.synthetic_person import PLANK, PLANK_DOWN, Film, Script
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from nextposture.motion.landmarks import Frame

TOO_LONG = 5000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveServer, httpx.Client]]:
    """One server for this file, with a plan, and its owner's browser."""
    server = LiveServer(tmp_path_factory.mktemp("camera")).start()
    give_plan(server.data)
    with server.sign_in() as browser:
        yield server, browser
    server.kill()


@contextmanager
def camera(
    served: tuple[LiveServer, httpx.Client], *, cookies: bool = True, **headers: str
) -> Iterator[ClientConnection]:
    server, browser = served
    asked = {"Origin": server.origin, **{name.capitalize(): value for name, value in headers.items()}}
    asked = {name: value for name, value in asked.items() if value}
    if cookies:
        asked["Cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    origin = asked.pop("Origin", None)
    with connect(
        f"ws://127.0.0.1:{server.port}/camera/",
        origin=origin,  # type: ignore[arg-type]
        additional_headers=asked,
        proxy=None,
    ) as socket:
        yield socket


def packed(frame: Frame) -> bytes:
    points = [value for one in frame.landmarks for value in (one.x, one.y, one.visibility)]
    return struct.pack(f"<{3 + len(points)}f", frame.at_s, frame.width_px, frame.height_px, *points)


def ask(socket: ClientConnection, **message: Any) -> dict[str, Any]:
    socket.send(json.dumps(message))
    return json.loads(socket.recv(10))  # type: ignore[no-any-return]


def rows(server: LiveServer, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(server.data / "nextposture.sqlite3") as database:
        return database.execute(query).fetchall()


def closed_with(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(10)
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", "", "http://127.0.0.1:1"])
def test_a_page_of_another_site_does_not_get_in(served: Any, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, camera(served, origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_another_name_for_this_computer_does_not_get_in(served: Any) -> None:
    server, _ = served
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(
            f"ws://127.0.0.1:{server.port}/camera/",
            origin=f"http://attacker.example:{server.port}",  # type: ignore[arg-type]
            additional_headers={"Host": f"attacker.example:{server.port}"},
            proxy=None,
        ),
    ):
        pass
    assert refused.value.response.status_code in (400, 403)


def test_without_the_owners_session_nobody_gets_in(served: Any) -> None:
    with pytest.raises(InvalidStatus) as refused, camera(served, cookies=False):
        pass
    assert refused.value.response.status_code == 403


def test_there_is_no_other_socket(served: Any) -> None:
    server, _ = served
    with (
        pytest.raises((InvalidStatus, ConnectionClosed)),
        connect(
            f"ws://127.0.0.1:{server.port}/other/",
            origin=server.origin,
            proxy=None,
        ) as socket,
    ):
        socket.recv(5)


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        '{"do": "format the disc"}',
        '{"do": "measure", "model": "heavy"}',
        '{"do": "measure", "model": "full", "test": "plank", "side": "left", "key": "x"}',
        '{"do": "measure", "model": "full", "test": "thomas", "side": "up", "key": "x"}',
        '{"do": "measure", "model": "full", "test": "plank", "line": [1, 2]}',
        '{"do": "measure", "model": "full", "test": "plank", "line": [0, 0, 1, 1e300], "size": [640, 480]}',
        '{"do": "coach", "model": "full", "session": 5, "step": 1}',
        '{"do": "coach", "model": "full", "session": "00000000-0000-0000-0000-000000000000", "step": true}',
        '{"do": ["measure"]}',
        b"abc",
        struct.pack("<3f", 0, 0, 0) + bytes(4),
        struct.pack("<102f", 0.0, 640.0, 480.0, *([float("nan")] * 99)),
        struct.pack("<102f", 0.0, 640.0, 480.0, *([1e30] * 99)),
        struct.pack("<102f", 0.0, 0.0, 480.0, *([0.5] * 99)),
    ],
)
def test_what_no_page_of_ours_sends_ends_the_connection(served: Any, message: str | bytes) -> None:
    with camera(served) as socket:
        socket.send(message)
        assert closed_with(socket) == 4400


def test_a_long_message_is_not_even_read(served: Any) -> None:
    with camera(served) as socket:
        socket.send(b"\0" * TOO_LONG)
        assert closed_with(socket) == 1009


def test_every_picture_is_answered_once_and_nothing_is_measured_unasked(served: Any) -> None:
    with camera(served) as socket:
        for number in range(5):
            socket.send(packed(Frame(float(number), 640.0, 480.0)))
        assert [json.loads(socket.recv(10)) for _ in range(5)] == [{"is": "idle"}] * 5


def test_a_plank_is_measured_and_kept_with_what_saw_it(served: Any) -> None:
    server, browser = served
    key = str(uuid.uuid4())
    film = Film(Script(PLANK_DOWN).then(PLANK, 1.0, 8.0).then(PLANK_DOWN, 1.0, 4.0))
    with camera(served) as socket:
        begun = ask(
            socket, do="measure", test="plank", side="", key=key, model="lite", line=None, size=[640, 480]
        )
        assert begun == {"is": "begun"}
        said: list[dict[str, Any]] = []
        for frame in film.frames():
            socket.send(packed(frame))
            said.append(json.loads(socket.recv(10)))
            if said[-1].get("done"):
                said.append(json.loads(socket.recv(10)))
                break
    assert said[-1] == {"is": "result", "key": key, "refusals": []}
    assert {one["is"] for one in said[:-1]} == {"show"}
    ((value, method, model, runtime, side),) = rows(
        server,
        "SELECT value, method, model, runtime, side FROM record_measurement "
        f"WHERE key = '{uuid.UUID(key).hex}'",
    )
    assert abs(value - 9) < 1.5
    assert (method, model, side) == ("camera", "BlazePose lite 0.5.1675469404", "")
    assert runtime.startswith("mediapipe tasks-vision 0.10.35")
    page = browser.get(f"/measure/kept/{key}/")
    assert page.status_code == 200
    assert "What it does not mean" in page.text
    browser.get("/measure/")


def test_a_line_that_leans_too_far_is_told_and_can_be_tried_again(served: Any) -> None:
    with camera(served) as socket:
        begin = {"do": "measure", "test": "plank", "side": "", "key": str(uuid.uuid4()), "model": "full"}
        told = ask(socket, **begin, line=[0.1, 0.1, 0.9, 0.6], size=[640, 480])
        assert told["is"] == "refused"
        assert "degrees" in told["text"]
        assert ask(socket, **begin, line=[0.1, 0.5, 0.9, 0.52], size=[640, 480]) == {"is": "begun"}


def test_nobody_in_the_picture_gives_no_result_and_keeps_nothing(served: Any) -> None:
    server, _ = served
    before = rows(server, "SELECT count(*) FROM record_measurement")
    with camera(served) as socket:
        ask(socket, do="measure", test="plank", side="", key=str(uuid.uuid4()), model="full", size=[640, 480])
        for number in range(20):
            socket.send(packed(Frame(number / 10, 640.0, 480.0)))
            show = json.loads(socket.recv(10))
        assert show["sight"]["reason"] == "no_person"
        ended = ask(socket, do="stop")
    assert ended["key"] is None
    assert ended["refusals"]
    assert rows(server, "SELECT count(*) FROM record_measurement") == before


def test_a_session_that_is_not_under_way_is_not_coached(served: Any) -> None:
    with camera(served) as socket:
        told = ask(socket, do="coach", session=str(uuid.uuid4()), step=3, model="full")
    assert told["is"] == "refused"
