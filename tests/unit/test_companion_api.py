"""The local API: who is answered, what is refused, and that the page opens one prompt only."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.companion_day import NINE, PLAN, RULES

from nextposture.cli import main
from nextposture.companion import clock, command, daemon, folder, web
from nextposture.companion.api import listen
from nextposture.companion.client import ask
from nextposture.companion.daemon import Companion
from nextposture.companion.idle import CannotSeeError
from nextposture.companion.preparing import prepare
from nextposture.companion.store import Store
from nextposture.companion.surroundings import Surroundings
from nextposture.sitting.bouts import Bout
from nextposture.sitting.events import Asked, Paused, Tick
from nextposture.sitting.saved import plain


class Loop:
    """A companion in this process, with nothing around it, and requests to it."""

    def __init__(self, data: Path) -> None:
        own = prepare(data)
        self.store = Store(own / folder.STATE)
        self.store.put("plan", {"plan": plain(replace(PLAN, quiet=None)), "rules": plain(RULES)})
        self.runner = asyncio.Runner()
        self.runner.run(self._start(data, own))

    async def _start(self, data: Path, own: Path) -> None:
        self.companion = Companion(data, folder.read_json(own / folder.TABLES), self.store)
        self.companion.surroundings = Surroundings(None, None, None, proc=data)
        self.server = await listen(self.companion.api)

    def tell(self, event: Any) -> None:
        self.runner.run(self.companion.tell(event))

    def ask(self, method: str, path: str, value: Any = None, token: str | None = None) -> tuple[int, Any]:
        token = self.companion.api.token if token is None else token
        return self.runner.run(web.ask(self.companion.api.port, method, path, token, value))

    def raw(self, text: str) -> str:
        async def send() -> str:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.companion.api.port)
            writer.write(text.encode("latin-1"))
            answer = await asyncio.wait_for(reader.read(), 60)
            writer.close()
            return answer.decode()

        return self.runner.run(send())

    def page(self, method: str, address: str, body: str = "", **headers: str) -> str:
        told = {
            "Host": f"127.0.0.1:{self.companion.api.port}",
            "Content-Length": str(len(body)),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return self.raw(f"{method} {address} HTTP/1.1\r\n{lines}\r\n{body}")


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    made = Loop(tmp_path)
    yield made
    made.runner.close()
    made.store.close()


@pytest.mark.parametrize(
    "text", ["", "nonsense", "{}", "[]", '{"port": "1", "token": "x"}', '{"port": 99999999, "token": "x"}']
)
def test_a_damaged_address_of_the_companion_is_as_if_none_ran(tmp_path: Path, text: str) -> None:
    (tmp_path / "companion").mkdir()
    (tmp_path / "companion" / folder.API).write_text(text)
    with pytest.raises(OSError, match="no companion runs"):
        ask(tmp_path, "GET", "/status")


def test_status_tells_what_goes_on(loop: Loop) -> None:
    status, told = loop.ask("GET", "/status")
    assert status == 200 and told["phase"] == "working" and told["prompt"] is None
    assert told["says"][0] == "You are sitting."


@pytest.mark.parametrize("token", ["", "wrong", "ü"])
def test_without_the_token_nothing_is_told_or_done(loop: Loop, token: str) -> None:
    for method, path in (("GET", "/status"), ("GET", "/doctor"), ("POST", "/pause"), ("GET", "/nothing")):
        assert loop.ask(method, path, {"seconds": 60}, token)[0] == 403
    assert loop.companion.state.paused_until is None


def test_other_hosts_and_other_sites_are_refused(loop: Loop) -> None:
    bearer = {"Authorization": f"Bearer {loop.companion.api.token}"}
    assert "200 OK" in loop.page("GET", "/status", **bearer)
    assert "403" in loop.page("GET", "/status", **{**bearer, "Host": "attacker.example"})
    assert "403" in loop.page("GET", "/status", **{**bearer, "Origin": "http://attacker.example"})


@pytest.mark.parametrize(
    "path, value",
    [
        ("/pause", {}),
        ("/pause", {"seconds": -1}),
        ("/pause", {"seconds": True}),
        ("/pause", {"seconds": 1e9}),
        ("/pause", []),
        ("/answer", {"number": "1", "answer": "done"}),
        ("/answer", {"number": 1, "answer": "maybe"}),
        ("/now", {"why": "boredom"}),
        ("/posture", {"posture": "lying"}),
        ("/driving", {"driving": "yes"}),
        ("/around", {"reasons": ["raining"]}),
        ("/around", {"reasons": "call"}),
    ],
)
def test_odd_values_are_refused_in_words_and_change_nothing(loop: Loop, path: str, value: Any) -> None:
    before = loop.companion.state
    status, told = loop.ask("POST", path, value)
    assert status == 400 and told["error"].endswith(".")
    assert loop.companion.state == before


def test_unknown_addresses_and_methods(loop: Loop) -> None:
    assert loop.ask("POST", "/nothing")[0] == 404
    assert loop.ask("GET", "/nothing")[0] == 404
    assert loop.ask("GET", "/pause")[0] == 405
    assert loop.ask("POST", "/status")[0] == 405


@pytest.mark.parametrize(
    "text",
    [
        "rubbish\r\n\r\n",
        "GET /status HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /pause HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
        "POST /pause HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "POST /pause HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /status HTTP/1.1\r\n" + "X: " + "y" * 70000 + "\r\n\r\n",
        "\x00\xff\r\n\r\n",
    ],
)
def test_what_is_no_request_ends_only_itself(loop: Loop, text: str) -> None:
    assert "200 OK" not in loop.raw(text)
    assert loop.ask("GET", "/status")[0] == 200


def test_what_a_script_says_of_the_surroundings_defers(loop: Loop) -> None:
    loop.ask("POST", "/around", {"reasons": ["sharing"]})
    assert loop.companion.state.reasons == {"sharing"}
    loop.ask("POST", "/around", {"reasons": []})
    assert loop.companion.state.reasons == frozenset()


def test_the_page_shows_what_why_and_a_picture_and_its_buttons_answer(loop: Loop) -> None:
    loop.tell(Asked("discomfort"))
    prompt = loop.companion.state.prompt
    assert prompt is not None
    address = loop.companion.api.page_address(prompt.number).partition(str(loop.companion.api.port))[2]
    page = loop.page("GET", address)
    assert "Walk to the window" in page and "your back asks" in page and "<svg" in page
    assert all(f'value="{answer}"' in page for answer in ("done", "later", "not_now"))
    assert "default-src 'none'" in page and "no-store" in page
    token = re.search(r"token=(\w+)", address)[1]  # type: ignore[index]
    body = f"number={prompt.number}&token={token}&answer=not_now"
    assert "settled" in loop.page("POST", "/prompt", body)
    assert loop.companion.state.prompt is None


def test_the_page_without_a_prompt_says_what_goes_on(loop: Loop) -> None:
    address = loop.companion.api.page_address(0).partition(str(loop.companion.api.port))[2]
    page = loop.page("GET", address)
    assert "You are sitting." in page and "<button" not in page


def test_a_page_token_opens_no_other_prompt_and_nothing_else(loop: Loop) -> None:
    loop.tell(Asked())
    number = loop.companion.state.prompt.number  # type: ignore[union-attr]
    other = loop.companion.api.page_token(number + 1)
    assert "403" in loop.page("GET", f"/prompt?number={number}&token={other}")
    assert "403" in loop.page("POST", "/prompt", f"number={number}&token={other}&answer=done")
    assert "403" in loop.page("GET", f"/prompt?number=x&token={other}")
    assert loop.ask("GET", "/status", token=loop.companion.api.page_token(number))[0] == 403


def test_a_request_that_fails_inside_does_not_end_the_companion(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.companion, "status", lambda: 1 / 0)
    assert loop.ask("GET", "/status")[0] == 500
    monkeypatch.undo()
    assert loop.ask("GET", "/status")[0] == 200


def test_what_was_finished_waits_for_a_disk_that_is_full(loop: Loop) -> None:
    pages = loop.store.db.execute("pragma page_count").fetchone()[0]
    loop.store.db.execute(f"pragma max_page_count = {pages}")
    loop.companion._unsaved = tuple(Bout(number, "sitting", NINE, 60, 60) for number in range(10, 90))
    loop.tell(Asked())
    assert loop.store.waiting() == [] and len(loop.companion._unsaved) == 80
    _, told = loop.ask("GET", "/doctor")
    assert next(line for line in told if line["what"] == "disk")["fix"].startswith("Make room")
    loop.store.db.execute("pragma max_page_count = 100000")
    loop.tell(Paused(60))
    assert loop.store.count_waiting() == 80 and loop.companion._unsaved == ()


def test_whatever_goes_wrong_once_it_wakes_again(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    companion = loop.companion

    async def breaks() -> None:
        raise RuntimeError("a service answered what nobody expects")

    async def tell() -> bool:
        with pytest.raises(RuntimeError):
            await companion.tell(Tick())
        timer = companion._timer
        return timer is not None and not timer.cancelled() and timer.when() > timer._loop.time()  # type: ignore[attr-defined]

    monkeypatch.setattr(companion.surroundings, "read", breaks)
    assert loop.runner.run(tell())


def test_nobody_looks_around_every_few_seconds_for_a_break_that_waits_out_a_pause(loop: Loop) -> None:
    companion = loop.companion
    sat = replace(companion.state.bout, seconds=PLAN.interval_s)  # type: ignore[type-var]
    calm = companion.state.t - 100
    companion.state = replace(companion.state, bout=sat, settled_t=calm, reasons=frozenset({"call"}))
    loop.tell(Paused(3600))
    assert companion.state.prompt is not None and companion.state.prompt.waits_for == "paused"
    assert companion._wait_s() > 60
    loop.tell(Paused(0))
    assert companion.state.prompt.shown == "small"
    assert companion._wait_s() <= 15


def test_a_pause_is_told_as_it_is_now_and_not_as_of_the_last_event(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.tell(Paused(600))
    later = clock.read()
    monkeypatch.setattr(clock, "read", lambda: replace(later, t=later.t + 400))
    assert loop.companion.status()["paused_s"] in (199, 200)
    monkeypatch.setattr(clock, "read", lambda: replace(later, t=later.t + 700))
    assert loop.companion.status()["paused_s"] is None


def test_a_desktop_that_can_tell_only_after_login_is_asked_again(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Source:
        name, event_driven = "a desktop that was not there yet", True

        async def watch(self, after_s: float) -> None: ...
        async def quiet_s(self) -> float | None: ...
        async def attend(self, short_s: float | None, rests: object) -> None: ...
        async def stop(self) -> None: ...

    asked = 0

    async def choose(*_: object) -> tuple[Source | None, list[CannotSeeError]]:
        nonlocal asked
        asked += 1
        return (Source() if asked > 2 else None), [CannotSeeError("no display yet")]

    monkeypatch.setattr(daemon, "choose", choose)
    monkeypatch.setattr(daemon, "RETRY_S", 0.01)

    async def log_in() -> None:
        await loop.companion._find_idle()
        assert loop.companion.state.sees_idle is False
        await asyncio.wait_for(loop.companion._find_idle_later(), 60)

    loop.runner.run(log_in())
    assert loop.companion.state.sees_idle and asked == 3
    assert loop.companion.status()["sees_idle"] == Source.name


def test_an_app_link_outlives_a_disk_that_is_full(loop: Loop, tmp_path: Path) -> None:
    async def app(request: web.Request) -> web.Reply:
        kept = [[one["install"], one["number"]] for one in json.loads(request.body)["kept"]]
        return web.as_json({"kept": kept, "plan": {}})

    async def talk() -> None:
        server = await web.serve(app)
        (tmp_path / "server-port").write_text(str(server.sockets[0].getsockname()[1]))
        loop.store.save("boot", loop.companion.state, [Bout(7, "sitting", NINE, 60, 60)])
        loop.store.db.execute(
            "create trigger full before delete on outbox begin select raise(abort, ''); end"
        )
        assert not await loop.companion.link.talk()
        assert loop.store.count_waiting() == 1
        loop.store.db.execute("drop trigger full")
        assert await loop.companion.link.talk()
        assert loop.store.count_waiting() == 0
        server.close()

    loop.runner.run(talk())


def test_what_the_app_refuses_is_set_aside_with_the_reason_and_the_rest_is_kept(
    loop: Loop, tmp_path: Path
) -> None:
    bad, edition = {8, 11}, "old"
    sizes: list[int] = []

    async def app(request: web.Request) -> web.Reply:
        sent = json.loads(request.body)["kept"]
        sizes.append(len(sent))
        if edition == "old" and any(one["number"] in bad for one in sent):
            return web.as_json({"refused": "unknown: swayed"}, 400)
        return web.as_json({"kept": [[one["install"], one["number"]] for one in sent], "plan": {}})

    async def talk() -> None:
        nonlocal edition
        server = await web.serve(app)
        (tmp_path / "server-port").write_text(str(server.sockets[0].getsockname()[1]))
        bouts = [Bout(number, "sitting", NINE, 60, 60) for number in range(7, 13)]
        loop.store.save("boot", loop.companion.state, bouts)
        assert await loop.companion.link.talk()
        assert sizes == [6, 1, 1, 1, 1, 1, 1, 0]
        assert loop.store.count_waiting() == 0
        assert loop.store.refused() == {"unknown: swayed": 2}
        loop.companion.link.reached = True
        (line,) = [one for one in await loop.companion.doctor() if one["what"] == "refused by the app"]
        assert not line["ok"] and "unknown: swayed" in line["says"] and "2 bouts" in line["says"]
        sizes.clear()
        assert await loop.companion.link.talk()
        assert sizes == [0], "not again while it runs"
        edition = "new"
        loop.store.try_again()
        assert [one["number"] for one in loop.store.waiting()] == [8, 11]
        assert await loop.companion.link.talk()
        assert (loop.store.count_waiting(), loop.store.refused()) == (0, {})
        assert "refused by the app" not in {one["what"] for one in await loop.companion.doctor()}
        server.close()

    loop.runner.run(talk())


def test_a_companion_that_starts_sends_what_was_refused_once_more(loop: Loop, tmp_path: Path) -> None:
    loop.store.save("boot", loop.companion.state, [Bout(7, "sitting", NINE, 60, 60)])
    loop.store.set_aside(loop.store.install, 7, "unknown: swayed")

    async def start() -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(loop.companion.link.run(), 0.1)

    loop.runner.run(start())
    assert [one["number"] for one in loop.store.waiting()] == [7]


def test_bouts_go_to_the_app_and_are_forgotten_when_it_has_them(loop: Loop, tmp_path: Path) -> None:

    told: list[Any] = []
    name = loop.store.install
    both = [[name, 7], [name, 8]]
    answers: list[Any] = [(500, {}), (200, {"kept": []}), (200, None), (200, {"kept": both, "plan": {}})]

    async def app(request: web.Request) -> web.Reply:
        told.append((request.headers["authorization"], json.loads(request.body)))
        status, value = (
            answers[len(told) - 1] if len(told) <= len(answers) else (200, {"kept": [], "plan": {}})
        )
        return web.as_json(value, status)

    async def talk() -> None:
        server = await web.serve(app)
        (tmp_path / "server-port").write_text(str(server.sockets[0].getsockname()[1]))
        bouts = [Bout(number, "sitting", NINE, 60, 60) for number in (7, 8)]
        loop.store.save("boot", loop.companion.state, bouts)
        for _ in range(3):
            assert not await loop.companion.link.talk()
            assert len(loop.store.waiting()) == 2
        assert await loop.companion.link.talk()
        assert loop.store.waiting() == []
        server.close()
        assert not await loop.companion.link.talk()  # nobody is there
        (tmp_path / "server-port").write_text("99999999")
        assert not await loop.companion.link.talk()  # nor can be

    loop.runner.run(talk())
    assert {token for token, _ in told} == {f"Bearer {folder.app_token(tmp_path)}"}
    assert [one["number"] for one in told[0][1]["kept"]] == [7, 8]
    assert {one["install"] for one in told[0][1]["kept"]} == {name}


@pytest.mark.parametrize(
    "order", ["--data {} companion status", "companion --data {} up", "companion up --data {}"]
)
def test_the_folder_may_be_named_before_or_after_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    asked: list[Path] = []

    def nobody(data: Path, *_: object) -> None:
        asked.append(data)
        raise ConnectionRefusedError

    monkeypatch.setattr(command, "ask", nobody)
    assert main(order.format(tmp_path).split(), io.StringIO()) == 2
    assert asked == [tmp_path]
