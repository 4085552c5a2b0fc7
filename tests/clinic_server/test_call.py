"""A call's signalling: who gets in, what passes between the two, what is measured and kept, what ends it."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import struct
import subprocess
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import async_to_sync, sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import LazySettings, settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from nextposture.clinic import call_socket, calls, consents, relay
from nextposture.clinic.access import shared_items
from nextposture.clinic.models import Appointment, AuditEvent, Call, Clinic, Consent, Membership, Profile
from nextposture.knowledge.calls import calls_table
from nextposture.motion.landmarks import Frame
from nextposture.record.models import Measurement, Person
from nextposture.site.asgi import application
from tests.clinic_server.records import check_in
from tests.synthetic_person import Camera, Film, Script, thomas

pytestmark = pytest.mark.django_db(transaction=True)

PAGE, OTHER_PAGE = "page-of-ann-1", "page-of-bo-1"
SECONDS = 10


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    """The practitioner of the appointment."""
    return staff("bo@harbour.example")


@pytest.fixture
def now_booked(person: Person, clinic: Clinic, bo: Membership) -> Appointment:
    """A confirmed appointment by video that began five minutes ago."""
    begun = timezone.now() - timedelta(minutes=5)
    made = Appointment.objects.create(
        person=person,
        clinic=clinic,
        practitioner=bo,
        starts_at=begun,
        ends_at=begun + timedelta(minutes=30),
        seen="telehealth",
        status="confirmed",
        person_zone="Europe/Paris",
    )
    return Appointment.objects.select_related("person__user", "practitioner__user", "clinic").get(pk=made.pk)


class Browser:
    """One browser's line to the call, over the whole application: origin, session, gate."""

    def __init__(self, session: SessionStore | None, uid: uuid.UUID, origin: str) -> None:
        headers = [(b"host", b"localhost"), *([(b"origin", origin.encode())] if origin else [])]
        if session is not None:
            cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
            headers.append((b"cookie", cookie.encode()))
        self.session = session
        scope = {
            "type": "websocket",
            "path": f"/clinic/calls/{uid}/",
            "query_string": b"",
            "subprotocols": [],
        }
        self.line = ApplicationCommunicator(application, {**scope, "headers": headers})

    async def connects(self) -> bool:
        await self.line.send_input({"type": "websocket.connect"})
        return bool((await self.line.receive_output(SECONDS))["type"] == "websocket.accept")

    async def joins(self, page: str) -> dict[str, Any]:
        """Say hello; what it is welcomed with."""
        assert await self.connects()
        await self.says(do="hello", page=page)
        return await self.hears("welcome")

    async def says(self, **message: Any) -> None:
        await self.sends(json.dumps(message))

    async def sends(self, message: str | bytes) -> None:
        kind = "bytes" if isinstance(message, bytes) else "text"
        await self.line.send_input({"type": "websocket.receive", kind: message})

    async def next(self) -> dict[str, Any]:
        """The next message, whatever it is."""
        while (message := await self.line.receive_output(SECONDS))["type"] != "websocket.send":
            assert message["type"] != "websocket.close", message
        told: dict[str, Any] = json.loads(message["text"])
        return told

    async def hears(self, what: str) -> dict[str, Any]:
        """The next message of this kind; others before it are passed over."""
        while (message := await self.next())["is"] != what:
            pass
        return message

    async def closed_with(self) -> int:
        while True:
            message = await self.line.receive_output(SECONDS)
            if message["type"] == "websocket.close":
                # As a real server does once the line is closed.
                await self.line.send_input({"type": "websocket.disconnect", "code": 1006})
                return int(message["code"])

    async def leaves(self) -> None:
        await self.line.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.line.wait(SECONDS)


def session_of(user: User) -> SessionStore:
    """Signed in, past the form."""
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    return session


async def browser(user: User | None, uid: uuid.UUID, origin: str = "http://localhost") -> Browser:
    """A browser that is signed in as the user."""
    return Browser(await sync_to_async(session_of)(user) if user else None, uid, origin)


def played(story: Callable[[], Awaitable[None]]) -> None:
    """Play a story of browsers to its end."""
    async_to_sync(story)()


async def met(appointment: Appointment) -> tuple[Browser, Browser]:
    """The person and the practitioner, both in the call."""
    ann = await browser(appointment.person.user, appointment.uid)
    bo = await browser(appointment.practitioner.user, appointment.uid)
    await ann.joins(PAGE)
    await bo.joins(OTHER_PAGE)
    assert (await ann.hears("here"))["page"] == OTHER_PAGE
    assert (await bo.hears("here"))["page"] == PAGE
    return ann, bo


# ---- Who gets in


def test_only_the_two_of_the_appointment_get_in(
    now_booked: Appointment, staff: Callable[..., Membership], account: Callable[[str], User]
) -> None:
    colleague, stranger = staff("cy@harbour.example").user, account("dan@example.org")
    administrator = staff("eve@harbour.example", treats=False, administers=True).user

    async def story() -> None:
        for user in (None, stranger, colleague, administrator):
            assert not await (await browser(user, now_booked.uid)).connects(), user
        assert not await (await browser(now_booked.person.user, uuid.uuid4())).connects()
        for user in (now_booked.person.user, now_booked.practitioner.user):
            assert await (await browser(user, now_booked.uid)).connects(), user

    played(story)
    assert not Call.objects.exists()  # being let in is not yet being there


@pytest.mark.parametrize("origin", ["http://attacker.example", "null", ""])
def test_a_page_of_another_site_does_not_get_in(now_booked: Appointment, origin: str) -> None:
    async def story() -> None:
        assert not await (await browser(now_booked.person.user, now_booked.uid, origin)).connects()

    played(story)


def test_a_practitioner_without_a_second_factor_or_who_left_does_not_get_in(
    now_booked: Appointment, bo: Membership
) -> None:
    async def refused() -> None:
        assert not await (await browser(bo.user, now_booked.uid)).connects()

    kept = list(Authenticator.objects.filter(user=bo.user))
    Authenticator.objects.filter(user=bo.user).delete()
    played(refused)
    for one in kept:
        one.save(force_insert=True)
    Membership.objects.filter(pk=bo.pk).update(left_at=timezone.now())
    played(refused)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "cancelled"},
        {"status": "requested"},
        {"seen": "in_person"},
        {"starts_at": timedelta(hours=1), "ends_at": timedelta(hours=2)},
        {"starts_at": timedelta(hours=-2), "ends_at": timedelta(hours=-1)},
    ],
)
def test_the_call_is_open_only_around_the_time_of_a_confirmed_video_appointment(
    now_booked: Appointment, signed_in: Callable[[User | None], Client], change: dict[str, Any]
) -> None:
    now = timezone.now()
    set_to = {name: now + to if isinstance(to, timedelta) else to for name, to in change.items()}
    Appointment.objects.filter(pk=now_booked.pk).update(**set_to)

    async def story() -> None:
        ann = await browser(now_booked.person.user, now_booked.uid)
        assert await ann.connects()
        assert await ann.closed_with() == call_socket.OVER

    played(story)
    page = signed_in(now_booked.person.user).get(f"/clinic/appointments/{now_booked.uid}/")
    assert f"/clinic/appointments/{now_booked.uid}/call/" not in page.content.decode()
    assert signed_in(now_booked.person.user).get(
        f"/clinic/appointments/{now_booked.uid}/call/"
    ).status_code in {
        404,
        409,
    }


def test_who_signs_out_or_whose_appointment_is_cancelled_is_put_out(
    now_booked: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = calls_table()
    quick = replace(table, limits=replace(table.limits, look_again_s=0.05))  # type: ignore[arg-type]
    monkeypatch.setattr(call_socket, "calls_table", lambda: quick)

    async def story() -> None:
        ann, bo = await met(now_booked)
        assert ann.session
        await sync_to_async(ann.session.flush)()
        assert await ann.closed_with() == call_socket.OVER
        assert await bo.hears("gone")
        await sync_to_async(Appointment.objects.filter(pk=now_booked.pk).update)(status="cancelled")
        assert await bo.closed_with() == call_socket.OVER

    played(story)


def test_a_newer_page_takes_the_place_of_an_older_one(now_booked: Appointment) -> None:
    async def story() -> None:
        ann, bo = await met(now_booked)
        newer = await browser(now_booked.person.user, now_booked.uid)
        await newer.joins("page-of-ann-2")
        assert await ann.closed_with() == call_socket.ELSEWHERE
        assert (await bo.hears("here"))["page"] == "page-of-ann-2"
        await bo.leaves()
        assert await newer.hears("gone")

    played(story)


# ---- What passes


def test_signals_go_to_the_other_side_and_carry_nothing_else(now_booked: Appointment) -> None:
    async def story() -> None:
        ann, bo = await met(now_booked)
        offer = {"type": "offer", "sdp": "v=0\r\n" * 1000}
        await bo.says(do="signal", to=PAGE, signal={"description": {**offer, "more": "x"}})
        heard = await ann.hears("signal")
        assert heard == {"is": "signal", "page": OTHER_PAGE, "signal": {"description": offer}}
        candidate = {
            "candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host",
            "sdpMid": "0",
            "sdpMLineIndex": 0,
        }
        await ann.says(do="signal", to=OTHER_PAGE, signal={"candidate": {**candidate, "extra": [1]}})
        assert (await bo.hears("signal"))["signal"]["candidate"] == {**candidate, "usernameFragment": None}
        # One for a page that is no more reaches nobody.
        await ann.says(do="signal", to="page-of-bo-0", signal={"restart": True})
        await ann.says(do="state", microphone=True, camera=False)
        assert await bo.next() == {"is": "state", "microphone": True, "camera": False}

    played(story)


def test_what_happens_in_calls_is_counted_and_of_whom_is_not(
    now_booked: Appointment, settings: LazySettings
) -> None:
    settings.METRICS_TOKEN = "let-me-see"
    cache.clear()

    async def story() -> None:
        ann, bo = await met(now_booked)
        await bo.says(do="way", relayed=True)
        newer = await browser(now_booked.person.user, now_booked.uid)
        await newer.joins("page-of-ann-2")
        await newer.says(do="phone")
        await bo.hears("phone")
        await bo.says(do="way", relayed=False)
        await bo.says(do="hang_up")
        await newer.hears("ended")
        await newer.says(do="way", relayed=True)  # the practitioner's page alone counts
        assert await newer.closed_with() == call_socket.BAD_MESSAGE
        await ann.leaves()

    played(story)
    told = Client().get("/metrics", headers={"Authorization": "Bearer let-me-see"}).content.decode()
    counted = dict(re.findall(r'nextposture_calls_total\{event="(\w+)"\} (\d+)', told))
    assert counted == {
        **{"started": "1", "reconnected": "1", "relayed": "1"},
        **{"direct": "1", "by_phone": "1", "ended": "1"},
    }


BAD: list[str | bytes] = [
    "",
    "[]",
    "null",
    "{",
    "[" * 30000,
    '{"do": 5}',
    '{"do": "hello"}',
    '{"do": "hello", "page": "x"}',
    '{"do": "hello", "page": {"a": 1}}',
    '{"do": "drop", "page": "12345678"}',
    '{"do": "signal", "to": "12345678", "signal": {}}',
    '{"do": "signal", "to": "12345678", "signal": {"description": {"type": "rollback", "sdp": ""}}}',
    '{"do": "signal", "to": "12345678", "signal": {"description": {"type": "offer", "sdp": 7}}}',
    '{"do": "signal", "to": "12345678", "signal": {"candidate": {"sdpMLineIndex": true}}}',
    '{"do": "signal", "to": "12345678", "signal": {"candidate": {"candidate": "%s"}}}' % ("x" * 3000),
    '{"do": "state", "microphone": 1, "camera": false}',
    '{"do": "allow", "yes": null}',
    '{"do": "way", "relayed": true}',
    '{"do": "allow", "yes": true, "model": "heavy"}',
    '{"do": "measure", "test": "thomas", "side": "left"}',
    '{"do": "hello", "page": "%s"}' % ("x" * 70000),
    b"abc",
    struct.pack("<102f", 0.0, 640.0, 480.0, *([float("nan")] * 99)),
    struct.pack("<102f", 0.0, 640.0, 480.0, *([1e30] * 99)),
    bytes(70000),
]


def test_what_no_page_of_ours_sends_ends_the_line_and_harms_nobody(now_booked: Appointment) -> None:
    async def story() -> None:
        _, bo = await met(now_booked)
        for number, message in enumerate(BAD):
            ann = await browser(now_booked.person.user, now_booked.uid)
            await ann.joins(f"page-of-ann-{number + 100}")
            await ann.sends(message)
            assert await ann.closed_with() == call_socket.BAD_MESSAGE, message[:60]
        # Landmarks are the person's alone.
        await bo.sends(struct.pack("<3f", 0.1, 640, 480))
        assert await bo.closed_with() == call_socket.BAD_MESSAGE

    played(story)


def test_a_flood_ends_the_line(now_booked: Appointment) -> None:
    async def story() -> None:
        ann, bo = await met(now_booked)
        for _ in range(3 * calls_table().limits.texts_at_once):
            await ann.says(do="state", microphone=True, camera=True)
        assert await ann.closed_with() == call_socket.TOO_MUCH
        assert await bo.hears("gone")
        ann = await browser(now_booked.person.user, now_booked.uid)
        await ann.joins("page-of-ann-9")
        for number in range(5 * calls_table().limits.frames_at_once):
            await ann.sends(struct.pack("<3f", number, 640, 480))
        assert await ann.closed_with() == call_socket.TOO_MUCH

    played(story)


def test_of_a_call_is_kept_who_was_there_and_when_and_no_more(now_booked: Appointment) -> None:
    async def story() -> None:
        ann, bo = await met(now_booked)
        await bo.says(do="phone")
        assert await ann.hears("phone")
        await bo.says(do="hang_up")
        assert await ann.hears("ended")

    before = timezone.now()
    played(story)
    call = Call.objects.get(appointment=now_booked)
    for at in (call.person_joined_at, call.practitioner_joined_at, call.ended_at):
        assert at is not None and before <= at <= timezone.now()
    assert call.fell_back_to_phone
    assert {field.name for field in Call._meta.fields} == {
        *("id", "appointment", "key", "opened_at", "person_joined_at", "practitioner_joined_at"),
        *("ended_at", "fell_back_to_phone"),
    }


def test_the_page_shows_both_times_and_both_numbers_and_the_phone_works_without_script(
    now_booked: Appointment, bo: Membership, signed_in: Callable[[User | None], Client]
) -> None:
    Profile.objects.filter(user=now_booked.person.user).update(name="Ann", phone="0777 123")
    address = f"/clinic/appointments/{now_booked.uid}/call/"
    for user, other in ((now_booked.person.user, bo.name), (bo.user, "Ann")):
        answer = signed_in(user).get(address)
        page = answer.content.decode()
        for words in ("Europe/Paris", "Europe/London", "0777 123", "0123", f"Video call with {other}"):
            assert words in page, words
        assert "camera=(self), microphone=(self)" in answer["Permissions-Policy"]
        assert "wasm-unsafe-eval" in answer["Content-Security-Policy"]
    elsewhere = signed_in(bo.user).get(f"/clinic/appointments/{now_booked.uid}/")
    assert address in elsewhere.content.decode()
    assert "camera=()" in elsewhere["Permissions-Policy"]
    signed_in(now_booked.person.user).post(f"{address}phone/")
    assert Call.objects.get(appointment=now_booked).fell_back_to_phone


# ---- Measuring


def packed(frame: Frame, at_s: float) -> bytes:
    points = [value for one in frame.landmarks for value in (one.x, one.y, one.visibility)]
    return struct.pack(f"<{3 + len(points)}f", at_s, frame.width_px, frame.height_px, *points)


LIFTED, HANGING = thomas(-25, 70), thomas(-8, 70)


def lies(seed: int) -> list[Frame]:
    """Two and a half seconds of lying with the left thigh hanging 8 degrees above level, after lifting it."""
    script = Script(LIFTED, settle_s=0.6).then(HANGING, 0.8, 2.8)
    camera = Camera(fps=12, jitter=0.001, drift=0.001, height=0.8)
    return list(Film(script, camera, work="left", near="left", seed=seed, hips_m=0.85).frames())


class Person12Fps:
    """Sends a film of landmarks picture by picture, each after the answer to the one before."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.at_s = browser, 0.0

    async def sends(self, frames: list[Frame]) -> list[dict[str, Any]]:
        answers = []
        for frame in frames:
            self.at_s += 1 / 12
            await self.browser.sends(packed(frame, self.at_s))
            while (answer := await self.browser.next())["is"] not in ("show", "idle"):
                pass
            answers.append(answer)
        return answers


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Films are played faster than they were taken."""
    table = calls_table()
    wide = replace(table, limits=replace(table.limits, frames_at_once=10_000))
    monkeypatch.setattr(call_socket, "calls_table", lambda: wide)


def test_a_reading_is_taken_with_consent_and_lands_in_the_record(
    now_booked: Appointment, bo: Membership, patient: None
) -> None:
    person: Person = now_booked.person
    words: dict[str, list[str]] = {}

    async def story() -> None:
        ann, practitioner = await met(now_booked)
        await practitioner.says(do="ask")
        assert await ann.hears("asked")
        await ann.says(do="allow", yes=True, model="full")
        assert (await practitioner.hears("allowed"))["yes"] is True
        film = Person12Fps(ann)
        watched = await film.sends(lies(0))
        assert watched[-1]["phase"] == "watch" and watched[-1]["angles"]["hip"] > 0
        await practitioner.says(do="measure", test="thomas", side="left")
        assert (await ann.hears("begun"))["leg"] == "left"
        for trial in range(3):
            shown = await film.sends(lies(trial + 1))
            assert shown[-1]["ask"] == "pelvis_flat", shown[-1]
            while (await practitioner.hears("show")).get("ask") != "pelvis_flat":
                pass
            await practitioner.says(do="answer", value=True)
            await asyncio.sleep(0.05)
        words["ann"] = (await ann.hears("result"))["words"]
        words["bo"] = (await practitioner.hears("result"))["words"]

    played(story)
    kept = Measurement.objects.get(person=person)
    assert kept.method == Measurement.Method.CALL and kept.side == "left" and kept.measure == "hip_extension"
    assert kept.value == pytest.approx(-8, abs=3)
    assert kept.error is not None and kept.error > 0 and kept.pelvis_held is True
    assert kept.model.startswith("BlazePose full")
    assert [trial["pelvis_flat"] for trial in kept.detail["trials"]] == [True] * 3
    assert kept.detail["asked_by"] == "practitioner"
    assert "Your left side" in words["ann"][0] and "short of straight" in words["ann"][0]
    assert "give or take" in words["bo"][0]
    written = AuditEvent.objects.get(person=person, action="added")
    assert written.actor == bo.user and "measured in a call" in written.what and "left" in written.what


def test_without_consent_nothing_is_looked_at_and_stopping_it_ends_it_at_once(
    now_booked: Appointment, patient: None
) -> None:
    person, clinic = now_booked.person, now_booked.clinic

    async def story() -> None:
        ann, practitioner = await met(now_booked)
        film = Person12Fps(ann)
        assert {one["is"] for one in await film.sends(lies(0)[:5])} == {"idle"}
        await practitioner.says(do="measure", test="thomas", side="left")
        assert "not allowed" in (await practitioner.hears("refused"))["text"]
        await ann.says(do="allow", yes=True, model="full")
        await practitioner.hears("allowed")
        # What is allowed in the call is for the call: it opens nothing else, and ends by itself.
        given = await sync_to_async(Consent.objects.get)(person=person)
        assert given.purpose == "call" and given.expires_at == calls.closes_at(now_booked)
        assert await sync_to_async(shared_items)(person, clinic, timezone.now()) == frozenset()
        await practitioner.says(do="measure", test="thomas", side="left")
        await ann.hears("begun")
        await film.sends(lies(1)[:30])
        await ann.says(do="allow", yes=False)
        while (await practitioner.hears("allowed"))["yes"]:
            pass
        assert {one["is"] for one in await film.sends(lies(2))} == {"idle"}
        # Withdrawn on another page, it ends in the call too.
        await ann.says(do="allow", yes=True, model="full")
        await ann.hears("allowed")
        await sync_to_async(consents.withdraw)(person, clinic, timezone.now())
        await asyncio.sleep(1.05)
        assert {one["is"] for one in await film.sends(lies(3)[:5])} == {"idle"}

    played(story)
    assert not Measurement.objects.exists() and not AuditEvent.objects.exists()
    assert not Consent.objects.in_force(timezone.now()).exists()


def test_a_back_that_was_not_flat_leaves_the_reading_open(now_booked: Appointment, patient: None) -> None:
    async def story() -> None:
        ann, practitioner = await met(now_booked)
        await ann.says(do="allow", yes=True, model="full")
        await ann.hears("allowed")
        await practitioner.says(do="measure", test="thomas", side="left")
        await ann.hears("begun")
        await Person12Fps(ann).sends(lies(1))
        await practitioner.says(do="answer", value=False)
        await practitioner.says(do="answer", value=True)  # a second tap counts for nothing
        await practitioner.says(do="stop")
        assert "left open" in (await practitioner.hears("result"))["words"][0]

    played(story)
    kept = Measurement.objects.get()
    assert kept.value is None and kept.pelvis_held is False


def test_hanging_up_ends_what_was_allowed(now_booked: Appointment) -> None:
    async def story() -> None:
        ann, practitioner = await met(now_booked)
        await ann.says(do="allow", yes=True, model="full")
        await practitioner.hears("allowed")
        await practitioner.says(do="hang_up")
        await ann.hears("ended")

    played(story)
    assert not Consent.objects.in_force(timezone.now()).exists()


def test_danger_signs_come_before_measuring(now_booked: Appointment) -> None:
    check_in(now_booked.person, "P03")
    assert calls.doctor_first(now_booked)

    async def story() -> None:
        ann, practitioner = await met(now_booked)
        await ann.says(do="allow", yes=True, model="full")
        assert "doctor first" in (await ann.hears("refused"))["text"]
        assert "waits" in (await practitioner.hears("refused"))["text"]

    played(story)
    assert not Consent.objects.exists()


# ---- The relay


def test_the_relays_password_is_the_one_that_openssl_makes(settings: Any) -> None:
    name = "1893456000:0011223344556677"
    made = subprocess.run(
        ["openssl", "dgst", "-sha1", "-hmac", "north star", "-binary"],
        input=name.encode(),
        capture_output=True,
    ).stdout
    assert (
        relay.password("north star", name)
        == base64.b64encode(made).decode()
        == "sEorWtMKnd5oqIxzxQkUhahe9ZA="
    )


def test_a_relay_password_is_short_lived_and_names_nobody(settings: Any) -> None:
    settings.TURN, settings.TURN_SECRET = ["turn:relay.example:3478"], "north star"
    now = timezone.now()
    (first,), (second,) = relay.ice_servers(now), relay.ice_servers(now)
    ends, chance = str(first["username"]).split(":")
    assert 0 < int(ends) - now.timestamp() <= 3600 * calls_table().limits.relay_h
    assert chance != str(second["username"]).split(":")[1]
    assert first["urls"] == ["turn:relay.example:3478"]
    settings.TURN_SECRET = ""
    assert relay.ice_servers(now) == []
