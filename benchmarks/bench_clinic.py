"""A clinic's server under load: racing bookings without overlap, and a clinic at work.

`python -m benchmarks.bench_clinic`. Two web workers over PostgreSQL (which a wheel brings) and Redis, and
one task worker, as in docs/clinic.md; all of it and the load itself share this machine. Prints the bookings
that raced, how many were taken, refused and double (looked for by SQL); then, for PEOPLE and CLINICIANS who
each act about every five seconds, the requests, the errors, the median and 95th percentile of the time to
answer, and the processor time a request, which says more than the times where the machine is busy
otherwise. Needs Debian's redis-server.
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
import uuid
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import httpx
import psutil

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
TIME = re.compile(r'name="time" value="([^"]+)"')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CHECK_IN = re.compile(r'name="check_in" value="([^"]+)"')
APPOINTMENT = re.compile(r'href="(/clinic/appointments/[0-9a-f-]{36}/)"')
PERSON = re.compile(r'href="/clinic/people/(\d+)/"')
TAKEN = 409
"""What a booking answers where somebody else was quicker."""


class Visitor:
    """Somebody with a browser, signed in. `took` are the seconds of each request, `wrong` what failed."""

    def __init__(self, origin: str, name: str, key: str) -> None:
        self.client = httpx.AsyncClient(base_url=origin, cookies={name: key}, timeout=60)
        self.token = ""
        self.took: list[tuple[str, float]] = []
        self.wrong: list[str] = []

    async def get(self, address: str) -> httpx.Response:
        return await self._ask("GET", address)

    async def post(self, address: str, form: dict[str, str]) -> httpx.Response:
        """Send a form, after a page was seen that has one."""
        if not self.token:
            await self.get("/accounts/")
        return await self._ask(
            "POST",
            address,
            data={**form, "csrfmiddlewaretoken": self.token},
            headers={"Referer": str(self.client.base_url)},
        )

    async def _ask(self, method: str, address: str, **more: object) -> httpx.Response:
        begun = time.perf_counter()
        place = re.sub(r"[0-9a-f]{8}-[0-9a-f-]+|\d+", "*", address.partition("?")[0])
        try:
            answer = await self.client.request(method, address, **more)  # type: ignore[arg-type]
        except httpx.TransportError as failed:
            self.wrong.append(f"{method} {place} {type(failed).__name__}")
            return httpx.Response(599, request=httpx.Request(method, f"{self.client.base_url}{address}"))
        self.took.append((f"{method} {place}", time.perf_counter() - begun))
        if answer.status_code >= 400 and answer.status_code != TAKEN:
            self.wrong.append(f"{method} {place} {answer.status_code}")
        if found := TOKEN.search(answer.text):
            self.token = found[1]
        return answer


async def race(origin: str, sessions: list[tuple[str, str]], chance: random.Random) -> dict[int, int]:
    """RACERS bookings by CLIENTS at once, many of them of the same times; how often each status came."""
    visitors = [Visitor(origin, *session) for session in sessions[:CLIENTS]]
    pages = await asyncio.gather(*(visitor.get("/clinic/1/times/?seen=telehealth") for visitor in visitors))
    times = TIME.findall(pages[0].text)
    wanted = [chance.choice(times) for _ in range(RACERS)]
    told: dict[int, int] = {}

    async def one(visitor: Visitor, share: list[str]) -> None:
        for free in share:
            form = {"time": free, "seen": "telehealth", "zone": "UTC"}
            answer = await visitor.post("/clinic/1/times/ask/", form)
            told[answer.status_code] = told.get(answer.status_code, 0) + 1

    await asyncio.gather(*(one(visitor, wanted[n :: len(visitors)]) for n, visitor in enumerate(visitors)))
    return told


# ---- What people and clinicians do, each with how often

Act = Callable[[Visitor, random.Random], Awaitable[None]]


async def rate_pain(one: Visitor, chance: random.Random) -> None:
    await one.post("/progress/pain/", {"now": str(chance.randrange(7)), "average": "3"})


async def check_in(one: Visitor, chance: random.Random) -> None:
    page = await one.get("/check-in/S1/")
    found = CHECK_IN.search(page.text)
    await one.post("/check-in/S1/", {"check_in": found[1] if found else "new", "fever": "false"})


async def write(one: Visitor, chance: random.Random) -> None:
    await one.get("/clinic/1/messages/")
    await one.post("/clinic/1/messages/", {"text": "A question about the second stretch."})


async def book(one: Visitor, chance: random.Random) -> None:
    page = await one.get("/clinic/1/times/?seen=telehealth")
    if times := TIME.findall(page.text):
        form = {"time": chance.choice(times), "seen": "telehealth", "zone": "UTC"}
        await one.post("/clinic/1/times/ask/", form)


async def calendar(one: Visitor, chance: random.Random) -> None:
    page = await one.get("/clinic/appointments/")
    if own := APPOINTMENT.findall(page.text):
        address = chance.choice(own)
        await one.get(address)
        await one.get(f"{address}appointment.ics")


async def measure(one: Visitor, chance: random.Random) -> None:
    await one.get("/measure/thomas/by-hand/")
    told = {"key": str(uuid.uuid4()), "side": "left", "instrument": "goniometer", "way_1": "below"}
    told |= {"angle_1": str(chance.randrange(2, 20)), "flat": "true", "on": date.today().isoformat()}
    await one.post("/measure/thomas/by-hand/", told)


async def read_record(one: Visitor, chance: random.Random) -> None:
    if people := PERSON.findall((await one.get("/clinic/")).text):
        await one.get(f"/clinic/people/{chance.choice(people)}/")


async def write_note(one: Visitor, chance: random.Random) -> None:
    if people := PERSON.findall((await one.get("/clinic/")).text):
        text = {"text": "Seen by video. Sits better; walks to work twice a week."}
        await one.post(f"/clinic/people/{chance.choice(people)}/notes/", text)


async def answer_message(one: Visitor, chance: random.Random) -> None:
    if people := PERSON.findall((await one.get("/clinic/")).text):
        text = {"text": "Yes, go on with it; half the time if it hurts."}
        await one.post(f"/clinic/people/{chance.choice(people)}/messages/", text)


async def confirm(one: Visitor, chance: random.Random) -> None:
    asked_for = APPOINTMENT.findall((await one.get("/clinic/diary/")).text)
    if asked_for:
        address = chance.choice(asked_for)
        if "confirm/" in (await one.get(address)).text:
            await one.post(f"{address}confirm/", {})


def page(address: str) -> Act:
    """Looking at one page."""

    async def look(one: Visitor, chance: random.Random) -> None:
        await one.get(address)

    return look


OF_PERSON: dict[Act, int] = {
    page("/today/"): 25,
    page("/plan/"): 10,
    page("/session/"): 8,
    page("/progress/"): 8,
    page("/result/"): 5,
    page("/clinic/sharing/"): 4,
    page("/clinic/1/"): 4,
    page("/clinic/1/messages/"): 8,
    rate_pain: 8,
    check_in: 5,
    write: 3,
    book: 4,
    calendar: 5,
    measure: 3,
}
OF_STAFF: dict[Act, int] = {
    read_record: 40,
    page("/clinic/diary/"): 15,
    page("/clinic/availability/"): 5,
    write_note: 15,
    answer_message: 15,
    confirm: 10,
}


async def work(origin: str, people: list[tuple[str, str]], staff: list[tuple[str, str]]) -> list[Visitor]:
    """Everybody acts about every five seconds, for SECONDS."""

    async def act(visitor: Visitor, does: dict[Act, int], chance: random.Random) -> None:
        await asyncio.sleep(chance.random() * PAUSE_S)
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            await chance.choices(list(does), list(does.values()))[0](visitor, chance)
            await asyncio.sleep(chance.expovariate(1 / PAUSE_S))

    both = [(people, OF_PERSON), (staff, OF_STAFF)]
    everybody = [(Visitor(origin, *one), does) for group, does in both for one in group]
    await asyncio.gather(
        *(act(visitor, does, random.Random(n)) for n, (visitor, does) in enumerate(everybody))
    )
    return [visitor for visitor, _ in everybody]


# ---- Processor time, and the figures


def spent_s() -> dict[str, float]:
    """Processor seconds so far of the web and task workers, the database, Redis and this process."""
    found: dict[str, float] = {}
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        words = " ".join(process.cmdline()) or process.name()
        of = "the load itself" if process == this else "Redis" if "redis" in words else "the server"
        if "postgres" in words and "nextposture" not in words:
            continue
        found[of] = found.get(of, 0) + sum(process.cpu_times()[:2])
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            found["PostgreSQL"] = found.get("PostgreSQL", 0) + sum(process.cpu_times()[:2])
    return found


def told_of_work(visitors: list[Visitor], before: dict[str, float], after: dict[str, float]) -> None:
    """Print the figures of the clinic at work."""
    every = sorted((seconds, place) for visitor in visitors for place, seconds in visitor.took)
    wrong = [line for visitor in visitors for line in visitor.wrong]
    took = [seconds for seconds, _ in every]
    print(
        f"{PEOPLE} people and {CLINICIANS} clinicians, {SECONDS:.0f} s: {len(took)} requests, "
        f"{len(wrong)} errors, median {statistics.median(took) * 1000:.0f} ms, "
        f"95th percentile {took[int(len(took) * 0.95)] * 1000:.0f} ms (wanted: under 500, no error)"
    )
    shares = {of: (after[of] - before.get(of, 0)) / len(took) * 1000 for of in after}
    print(
        f"processor time a request: {sum(shares.values()):.1f} ms ("
        + ", ".join(f"{of} {ms:.1f}" for of, ms in shares.items())
        + ")"
    )
    for line in sorted(set(wrong)):
        print(f"  {line}: {wrong.count(line)} times")
    if os.environ.get("PLACES"):
        places = {place for _, place in every}
        for place in sorted(places):
            own = sorted(seconds for seconds, at in every if at == place)
            print(f"  {place}: {len(own)} times, median {statistics.median(own) * 1000:.0f} ms")


def main() -> None:
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
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
                told = asyncio.run(race(server.origin, people, random.Random(1)))
                spent = time.perf_counter() - begun
                overlaps, standing = server.run(script=OVERLAPS).split()
                print(
                    f"{RACERS} racing bookings in {spent:.0f} s: {told.get(302, 0)} taken, "
                    f"{told.get(TAKEN, 0)} refused as taken, "
                    f"{sum(told.values()) - told.get(302, 0) - told.get(TAKEN, 0)} otherwise; "
                    f"{standing} stand, {overlaps} overlap (wanted: 0)"
                )
                before = spent_s()
                visitors = asyncio.run(work(server.origin, people[:PEOPLE], staff[:CLINICIANS]))
                told_of_work(visitors, before, spent_s())
            finally:
                server.stop()


if __name__ == "__main__":
    main()
