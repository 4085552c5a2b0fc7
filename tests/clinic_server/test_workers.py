"""Several web workers with Redis between them: a call across two, one of them killed, and what they share."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake

from tests.clinic_server.call_people import Meeting, meeting
from tests.clinic_server.live_clinic import redis_server

SECONDS = 60
TRIES = 600
"""A tenth of a second apart: a worker that was killed is replaced meanwhile, on a busy machine too."""


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Meeting]:
    """A clinic with an appointment by video now, served by two web workers."""
    folder = tmp_path_factory.mktemp("workers")
    with redis_server(folder) as redis:
        one = meeting(
            folder,
            "--workers",
            "2",
            "--no-tasks",
            NEXTPOSTURE_REDIS=redis,
            NEXTPOSTURE_METRICS_TOKEN="let-me-see",
        )
        yield one
        one.server.stop()


def holder_of(port: int, server: int) -> int:
    """The process that holds the server's end of the connection from this local port (Linux)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ends = {(int(row[1].partition(":")[2], 16), int(row[2].partition(":")[2], 16)): row[9] for row in rows}
    wanted = f"socket:[{ends[server, port]}]"
    for held in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(held.readlink()) == wanted:
                return int(held.parts[2])
        except OSError:
            continue
    raise AssertionError(f"nobody holds the connection from port {port}")


class Line:
    """A page's line to the call, and the worker at its other end."""

    def __init__(self, line: ClientConnection, worker: int) -> None:
        self.line, self.worker = line, worker

    async def says(self, **message: Any) -> None:
        await self.line.send(json.dumps(message))

    async def hears(self, what: str) -> dict[str, Any]:
        """The next message of this kind; others before it are passed over."""
        async with asyncio.timeout(SECONDS):
            while True:
                told: dict[str, Any] = json.loads(await self.line.recv())
                if told["is"] == what:
                    return told


async def joins(met: Meeting, cookie: dict[str, str], page: str, *, not_at: int = 0) -> Line:
    """A page that says hello, at a worker other than `not_at`: the kernel deals connections out by chance."""
    server = met.server
    headers = {"Cookie": "; ".join(f"{name}={key}" for name, key in cookie.items())}
    for _ in range(TRIES):
        address = f"ws://127.0.0.1:{server.port}/clinic/calls/{met.uid}/"
        try:
            line = await connect(address, additional_headers=headers, origin=server.origin)  # type: ignore[arg-type]
        except (OSError, InvalidHandshake):  # dealt to the worker that was just killed
            await asyncio.sleep(0.1)
            continue
        worker = holder_of(line.local_address[1], server.port)
        if worker != not_at:
            found = Line(line, worker)
            await found.says(do="hello", page=page)
            await found.hears("welcome")
            return found
        await line.close()
        await asyncio.sleep(0.1)  # the other worker may be starting still
    raise AssertionError("the other worker took no connection")


def test_a_call_joins_two_workers_and_goes_on_when_one_is_killed(met: Meeting) -> None:
    offer = {"description": {"type": "offer", "sdp": "v=0\r\n" * 800}}

    async def story() -> None:
        ann = await joins(met, met.person, "page-of-ann-1")
        bo = await joins(met, met.practitioner, "page-of-bo-1", not_at=ann.worker)
        assert (await ann.hears("here"))["page"] == "page-of-bo-1"
        assert (await bo.hears("here"))["page"] == "page-of-ann-1"
        await bo.says(do="signal", to="page-of-ann-1", signal=offer)
        assert (await ann.hears("signal"))["signal"] == offer

        os.kill(ann.worker, signal.SIGKILL)
        await asyncio.wait_for(ann.line.wait_closed(), SECONDS)
        # The page finds another by itself: the worker that is left, or one that takes the dead one's place.
        again = await joins(met, met.person, "page-of-ann-2", not_at=ann.worker)
        assert (await bo.hears("here"))["page"] == "page-of-ann-2"
        assert (await again.hears("here"))["page"] == "page-of-bo-1"
        await bo.says(do="signal", to="page-of-ann-2", signal={"restart": True})
        assert (await again.hears("signal"))["signal"] == {"restart": True}
        await again.says(do="hang_up")
        await bo.hears("ended")
        await again.line.close()
        await bo.line.close()

    asyncio.run(story())


def acknowledged_and_killed(met: Meeting, *forms: tuple[str, dict[str, str]]) -> None:
    """Send each form (its page, what is filled in); the worker that took the last is killed as it says so."""
    for _ in range(TRIES):
        with httpx.Client(base_url=met.server.origin, timeout=SECONDS, cookies=met.person) as client:
            try:
                client.get("/health/live")
            except httpx.TransportError:  # dealt to the worker that was just killed
                time.sleep(0.1)
                continue
            for page, filled in forms:
                seen = client.get(page).text
                shown = dict(re.findall(r'name="(csrfmiddlewaretoken|time|key)" value="([^"]+)"', seen))
                address = page.replace("?", "ask/?") if "times" in page else page
                answer = client.post(address, data={**shown, **filled}, headers={"Origin": met.server.origin})
                assert answer.status_code == 302, answer.text
            line = answer.extensions["network_stream"].get_extra_info("client_addr")
            os.kill(holder_of(line[1], met.server.port), signal.SIGKILL)
            return
    raise AssertionError("no worker answered")


def test_what_was_acknowledged_outlives_the_worker_that_said_so(met: Meeting) -> None:
    """With all that follows from it later: the email about a booking waits for a task worker."""
    angle = {"side": "left", "instrument": "goniometer", "way_1": "below", "angle_1": "7", "flat": "true"}
    acknowledged_and_killed(met, ("/clinic/1/messages/", {"text": "Said before the worker died."}))
    acknowledged_and_killed(
        met,
        ("/measure/thomas/by-hand/", {**angle, "on": date.today().isoformat()}),
        ("/clinic/1/times/?seen=telehealth", {"seen": "telehealth", "zone": "UTC"}),
    )
    kept = met.told(
        """
from django_tasks_db.models import DBTaskResult
booked = Appointment.objects.filter(person=one.person).latest("pk")
print(Message.objects.filter(person=one.person, text="Said before the worker died.").count())
print(Measurement.objects.filter(person=one.person, method="goniometer", value=7).count())
print(booked.status, booked.slots.count() > 0)
print(DBTaskResult.objects.get(args_kwargs__args=[str(booked.uid)]).status)
"""
    )
    assert kept.split() == ["1", "1", "requested", "True", "READY"]


def two_clients(met: Meeting, **more: Any) -> tuple[httpx.Client, httpx.Client]:
    """Clients that keep one connection each, to two workers."""
    found: dict[int, httpx.Client] = {}
    for _ in range(TRIES):
        client = httpx.Client(base_url=met.server.origin, timeout=SECONDS, **more)
        try:
            stream = client.get("/health/live").extensions["network_stream"]
        except httpx.TransportError:  # dealt to the worker that was just killed
            client.close()
            time.sleep(0.1)
            continue
        worker = holder_of(stream.get_extra_info("client_addr")[1], met.server.port)
        if found.setdefault(worker, client) is not client:
            client.close()
        if len(found) == 2:
            first, second = found.values()
            return first, second
        time.sleep(0.1)
    raise AssertionError("only one worker took connections")


def test_workers_share_sessions_limits_and_metrics(met: Meeting) -> None:
    for client in two_clients(met, cookies=met.person):
        assert client.get("/clinic/appointments/").status_code == 200
        client.close()

    here, there = two_clients(met)
    sees = {"Authorization": "Bearer let-me-see"}
    told = [client.get("/metrics", headers=sees).text for client in (here, there)]
    assert told[0] == told[1] and "nextposture_appointments" in told[0]

    # Failed sign-ins are counted together: after the fifth at one worker the other lets nobody try either.
    def tries(client: httpx.Client) -> str:
        page = client.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {
            "csrfmiddlewaretoken": token[1],
            "login": "person1@harbour.example",
            "password": "not this one",
        }
        answer = client.post("/accounts/login/", data=form, headers={"Origin": met.server.origin})
        return answer.text

    limited = "Too many failed"
    assert not any(limited in tries(here) for _ in range(5))
    assert limited in tries(there)
