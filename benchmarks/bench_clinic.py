"""A clinic's server under load: racing bookings without overlap, and a clinic at work.

Two web workers over PostgreSQL (which a wheel brings) and Redis, and one task worker, as in docs/clinic.md.
Prints the bookings that raced, how many were taken, refused and double (looked for by SQL); then, for PEOPLE
and CLINICIANS who each act about every five seconds, the requests, the errors, and the median and
95th percentile of the time to answer. Needs Debian's redis-server.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.clinic_server.live_clinic import LiveClinic, postgresql, redis_server

RACERS = int(os.environ.get("RACERS", "1500"))
CLIENTS = 16
PEOPLE = int(os.environ.get("PEOPLE", "200"))
CLINICIANS = int(os.environ.get("CLINICIANS", "20"))
SECONDS = float(os.environ.get("SECONDS", "60"))
PAUSE_S = 5.0

MAKE_SESSIONS = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from nextposture.clinic.models import Membership
staff = set(Membership.objects.values_list("user", flat=True))
for user in User.objects.order_by("pk"):
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.create()
    print(settings.SESSION_COOKIE_NAME, session.session_key, int(user.pk in staff))
"""
MORE_STAFF = """
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from nextposture.clinic.accounts import settle
from nextposture.clinic.models import Clinic, Membership
clinic = Clinic.objects.get()
for number in range({count}):
    email = f"more{{number}}@harbour.example"
    Membership.objects.create(clinic=clinic, email=email, name=f"More {{number}}")
    user = User.objects.create_user(username=email, email=email)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    settle(user)
    TOTP.activate(user, generate_totp_secret())
"""
OPEN_ALL_DAY = """
from datetime import time
from nextposture.clinic.models import Appointment, Availability, Membership, Referral, Slot
Appointment.objects.all().delete()
Availability.objects.all().delete()
for one in Membership.objects.filter(treats=True):
    for weekday in range(7):
        Availability.objects.create(practitioner=one, weekday=weekday, starts=time(6), ends=time(22))
from nextposture.record.models import Person
clinic = one.clinic
for person in Person.objects.exclude(referrals__status__in=["new", "accepted"]):
    Referral.objects.create(person=person, clinic=clinic, urgency="ROUTINE_PHYSIO", reasons=["asked for"])
"""
OVERLAPS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute('''
        SELECT count(*) FROM clinic_appointment a JOIN clinic_appointment b
        ON a.practitioner_id = b.practitioner_id AND a.id < b.id
        AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at
        WHERE a.status IN ('requested', 'confirmed') AND b.status IN ('requested', 'confirmed')''')
    overlaps = cursor.fetchone()[0]
    cursor.execute("SELECT count(*) FROM clinic_appointment WHERE status IN ('requested', 'confirmed')")
    print(overlaps, cursor.fetchone()[0])
"""
FORM = re.compile(
    r'name="practitioner" value="(\d+)">\s*<input type="hidden" name="starts_at" value="([^"]+)"'
)
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """Somebody with a browser, signed in."""

    def __init__(self, origin: str, name: str, key: str) -> None:
        self.client = httpx.AsyncClient(base_url=origin, cookies={name: key}, timeout=60)
        self.token = ""

    async def get(self, address: str) -> httpx.Response:
        answer = await self.client.get(address)
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer

    async def post(self, address: str, form: dict[str, str]) -> httpx.Response:
        return await self.client.post(
            address,
            data={**form, "csrfmiddlewaretoken": self.token},
            headers={"Referer": str(self.client.base_url)},
        )


async def race(origin: str, sessions: list[tuple[str, str]]) -> dict[int, int]:
    """RACERS bookings by CLIENTS at once, many of them of the same times; how often each status came."""
    visitors = [Visitor(origin, *session) for session in sessions[:CLIENTS]]
    pages = await asyncio.gather(*(visitor.get("/clinic/1/times/?seen=telehealth") for visitor in visitors))
    times = FORM.findall(pages[0].text)
    wanted = [random.Random(1).choice(times) for _ in range(RACERS)]
    told: dict[int, int] = {}

    async def one(visitor: Visitor, share: list[tuple[str, str]]) -> None:
        for practitioner, starts_at in share:
            form = {"practitioner": practitioner, "starts_at": starts_at, "seen": "telehealth", "zone": "UTC"}
            answer = await visitor.post("/clinic/1/times/ask/", form)
            told[answer.status_code] = told.get(answer.status_code, 0) + 1

    await asyncio.gather(*(one(visitor, wanted[place::CLIENTS]) for place, visitor in enumerate(visitors)))
    return told


async def work(origin: str, people: list[tuple[str, str]], staff: list[tuple[str, str]]) -> None:
    """Everybody acts about every five seconds, for SECONDS."""
    took: list[float] = []
    errors: list[str] = []
    until = time.monotonic() + SECONDS

    async def act(visitor: Visitor, does: tuple[str, ...], chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * PAUSE_S)
        while time.monotonic() < until:
            address = chance.choice(does)
            begun = time.perf_counter()
            if address == "/progress/pain/":
                answer = await visitor.post(address, {"now": str(chance.randrange(11)), "average": "3"})
            elif address.endswith("messages/") and chance.random() < 0.3:
                answer = await visitor.post(address, {"text": "A question about the second stretch."})
            else:
                answer = await visitor.get(address)
            took.append(time.perf_counter() - begun)
            if answer.status_code >= 400:
                errors.append(f"{address} {answer.status_code}")
            await asyncio.sleep(max(0.0, chance.expovariate(1 / PAUSE_S)))

    of_person = (
        "/today/",
        "/plan/",
        "/progress/",
        "/progress/pain/",
        "/clinic/1/times/",
        "/clinic/1/messages/",
    )
    of_person += ("/clinic/sharing/", "/clinic/appointments/", "/result/")
    of_staff = ("/clinic/", "/clinic/diary/?of=all", "/clinic/availability/")
    everybody = [(one, of_person) for one in people] + [(one, of_staff) for one in staff]
    visitors = [(Visitor(origin, *session), does) for session, does in everybody]
    for visitor, does in visitors:
        await visitor.get(does[0] if does is of_staff else "/progress/")
    print(f"{len(visitors)} signed in")
    await asyncio.gather(
        *(act(visitor, does, random.Random(n)) for n, (visitor, does) in enumerate(visitors))
    )
    took.sort()
    print(
        f"{len(people)} people and {len(staff)} clinicians, {SECONDS:.0f} s: {len(took)} requests, "
        f"{len(errors)} errors, median {statistics.median(took) * 1000:.0f} ms, "
        f"95th percentile {took[int(len(took) * 0.95)] * 1000:.0f} ms (wanted: under 500, no error)"
    )
    for line in sorted(set(errors)):
        print(f"  {line}")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with postgresql(folder / "database") as database, redis_server(folder / "redis") as redis:
            server = LiveClinic(folder, database, redis)
            try:
                server.demo(PEOPLE)
                server.run(script=MORE_STAFF.format(count=max(0, CLINICIANS - 3)))
                server.run(script=OPEN_ALL_DAY)
                sessions = [line.split() for line in server.run(script=MAKE_SESSIONS).splitlines()]
                people = [(name, key) for name, key, is_staff in sessions if is_staff == "0"]
                staff = [(name, key) for name, key, is_staff in sessions if is_staff == "1"]
                server.serve("--workers", "2", "--no-tasks")
                server.start("clinic", "work")
                begun = time.perf_counter()
                told = asyncio.run(race(server.origin, people))
                spent = time.perf_counter() - begun
                overlaps, standing = server.run(script=OVERLAPS).split()
                print(
                    f"{RACERS} racing bookings in {spent:.0f} s: {told.get(302, 0)} taken, "
                    f"{told.get(409, 0)} refused as taken, "
                    f"{sum(told.values()) - told.get(302, 0) - told.get(409, 0)} otherwise; "
                    f"{standing} stand, {overlaps} overlap (wanted: 0)"
                )
                asyncio.run(work(server.origin, people[:PEOPLE], staff[:CLINICIANS]))
            finally:
                server.stop()


if __name__ == "__main__":
    main()
