"""A year of one simulated person, lived through the app's own pages with the clock passed in.

Nothing is written to the record but by a request that a browser could send; measurements, which have pages of
their own, are kept through the function that those pages call. `python -m tests.replayed_year FOLDER [DAYS]`
fills the record of a data folder, for looking at the pages afterwards.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from django.test import Client

DAY = timedelta(days=1)
ACTIVITIES = {"Drive to my sister": 4, "Garden for an hour": 4}
ILL = range(203, 208)
HOLIDAY = range(120, 141)
FLARES = (33, 36, 250)
"""Days of the year on which the person is ill, away without sessions, or has a red session."""


@dataclass
class Year:
    """What was lived: `now` is the clock that the app sees."""

    client: Client
    now: datetime
    chance: random.Random
    pain: float = 6.0
    able: float = 0.0
    hip: float = -4.0
    requests: int = 0
    refused: list[str] = field(default_factory=list)

    def post(self, address: str, told: Mapping[str, Any] | None = None) -> Any:
        """Send a form; what the app refuses is kept."""
        self.requests += 1
        answer = self.client.post(address, told or {})
        if answer.status_code >= 400:
            self.refused.append(f"{self.now:%F} {address} {answer.status_code}")
        return answer

    def get(self, address: str) -> Any:
        """Look at a page."""
        self.requests += 1
        answer = self.client.get(address)
        if answer.status_code >= 400:
            self.refused.append(f"{self.now:%F} {address} {answer.status_code}")
        return answer

    def rated(self, value: float, least: int = 0, most: int = 10) -> int:
        """A value as a person rates it: rounded, and off by one now and then."""
        return min(most, max(least, round(value + self.chance.gauss(0, 0.45))))


@contextmanager
def clock_of(year: Year) -> Iterator[None]:
    """The app's clock stands at the year's."""
    with patch("django.utils.timezone.now", lambda: year.now):
        yield


def replay(client: Client, days: int = 364, seed: int = 7, last: date | None = None) -> Year:
    """Live so many days; the last one is `last`, or today."""
    from django.utils import timezone

    end = last or timezone.localdate()
    start = datetime.combine(end - days * DAY, datetime.min.time(), UTC)
    year = Year(client, start, random.Random(seed))
    with clock_of(year):
        for day in range(days + 1):
            _live(year, day, start + day * DAY)
    return year


def _live(year: Year, day: int, midnight: datetime) -> None:
    year.pain = max(0.6, year.pain - 0.085 * (year.pain > 1.0) + year.chance.gauss(0, 0.12))
    year.able = min(6.0, year.able + 0.06)
    year.hip = min(7.0, year.hip + 0.035)
    away = day in HOLIDAY or day in ILL
    year.now = midnight + timedelta(hours=8)
    if day in ILL or day in HOLIDAY:
        kind = "sick" if day in ILL else "holiday"
        year.post("/breaks/day-off/", {"on": f"{midnight:%F}", "kind": kind})
        return
    if day == 0:
        _check_in(year, first=True)
    elif day in (14, 28, 42, 84, 168, 252, 336) or _asked_to_check_in(year):
        _check_in(year)
    _next_morning(year, day)
    if midnight.weekday() < 5 and not away:
        year.now = midnight + timedelta(hours=11)
        for _ in range(year.chance.choice((1, 2, 2, 3))):
            year.post("/today/break/", {"key": uuid.uuid4(), "answer": "done", "kind": "walk"})
            year.now += timedelta(hours=1)
    if day % 7 == 3:
        _rate(year)
    if day % 28 == 5:
        _measure(year)
    if year.chance.random() < 0.72 or day in FLARES:
        year.now = midnight + timedelta(hours=18)
        _train(year, day)
        _decide(year)


def _asked_to_check_in(year: Year) -> bool:
    from nextposture.knowledge import load
    from nextposture.record.people import owner
    from nextposture.selfcare.open_plan import open_plan

    standing = open_plan(load(), owner())
    return standing.plan is None or (standing.wait is not None and standing.wait.check_in)


def _check_in(year: Year, *, first: bool = False) -> None:
    from nextposture.knowledge import load
    from nextposture.record import check_ins
    from nextposture.record.people import owner
    from nextposture.selfcare.check_in import all_screens, as_text
    from tests.clinical.cases import base_clear

    told: dict[str, Any] = {
        **base_clear(),
        "nrs_now": year.rated(year.pain),
        "nrs_avg_7d": year.rated(year.pain),
        "nrs_worst_7d": year.rated(year.pain + 1.5),
        "pain_days_7d": min(7, year.rated(year.pain + 1)),
        "confidence_manage": year.rated(4 + year.able * 0.8),
        "worry_movement": year.rated(7 - year.able),
        "daily_life": year.rated(3 + year.able),
    }
    if first:
        told |= {
            "job_type": "office",
            "sitting_hours_day": 9,
            "longest_sitting_bout_min": 120,
            "mvpa_min_week": 30,
            "sleep_hours": 7,
        }
    else:
        told |= {"overall_change": min(5, round(year.able)), "ae_flare": False}
        year.post("/check-in/")
    for screen in all_screens(load()):
        found = check_ins.find_open(owner())
        form = {"check_in": found.pk if found else "new"}
        form |= {name: as_text(told[name]) for name in screen.inputs if told.get(name) is not None}
        if screen.id == "rest":
            if first:
                for words in ACTIVITIES:
                    year.post("/check-in/rest/", {**form, "activity": words, "add": "yes"})
            found = check_ins.find_open(owner())
            assert found is not None
            for one in check_ins.activities(owner()):
                form[f"activity-{one.pk}"] = year.rated(ACTIVITIES[one.words] + year.able)
            form["finish"] = "yes"
        year.post(f"/check-in/{screen.id}/", form)
        year.now += timedelta(seconds=15)
        if screen.id == "rest":
            break
    if check_ins.find_open(owner()) is not None:
        year.post("/check-in/finish/", {"anyway": "yes"})
    year.get("/result/")


def _next_morning(year: Year, day: int) -> None:
    from nextposture.record import sessions
    from nextposture.record.people import owner

    asked = sessions.to_ask_about(owner(), year.now)
    if asked is None or year.chance.random() < 0.25:
        return
    worse = day - 1 in FLARES
    pain = (asked.pain_before or 0) + (2 if worse else 0)
    year.post("/session/next-morning/", {"key": asked.key, "pain": min(10, pain), "back": "yes"})


def _rate(year: Year) -> None:
    from nextposture.record import check_ins
    from nextposture.record.people import owner

    year.post("/progress/pain/", {"now": year.rated(year.pain), "average": year.rated(year.pain)})
    for one in check_ins.activities(owner()):
        value = year.rated(ACTIVITIES[one.words] + year.able)
        year.post(f"/progress/activities/{one.pk}/rate/", {f"activity-{one.pk}-value": value})
    hurts = ["back_lower_left", "back_spine", "back_buttock_left"] if year.pain > 3 else ["back_spine"]
    year.post("/progress/body-map/", {"region": hurts if year.pain > 1.2 else []})


def _measure(year: Year) -> None:
    from nextposture.knowledge import load
    from nextposture.record import measurements
    from nextposture.record.people import owner

    for side, off in (("left", 0.0), ("right", 3.0)):
        measurements.keep(
            load(),
            owner(),
            uuid.uuid4(),
            measure="hip_extension",
            side=side,
            method="goniometer",
            at=year.now,
            value=round(year.hip + off + year.chance.gauss(0, 1.5), 1),
            pelvis_held=True,
        )
    for measure, value in (("plank", 30 + 8 * year.able), ("sit_to_stand", 11 + year.able)):
        measurements.keep(
            load(), owner(), uuid.uuid4(), measure=measure, method="timer", at=year.now, value=round(value)
        )


def _train(year: Year, day: int) -> None:
    from nextposture.record.models import Session

    key, before = uuid.uuid4(), year.rated(year.pain)
    page = year.get("/session/")
    if b'name="pain"' not in page.content:
        return
    year.post("/session/start/", {"key": key, "pain": before})
    session = Session.objects.filter(key=key).first()
    if session is None:
        return
    for place, step in enumerate(session.steps):
        if step["kind"] == "set":
            done = {"step": place, "seconds": step["seconds"], "reps": step["reps"]}
            year.post("/session/step/", {"key": key, "position": place + 1, **done})
    year.now += timedelta(minutes=20)
    year.post("/session/step/", {"key": key, "position": len(session.steps)})
    rise = 3 if day in FLARES else year.chance.choice((0, 0, 0, 1, 1, 2) if day % 9 == 0 else (0, 0, 1))
    told = {"pain_after": min(10, before + rise), "pain_peak": min(10, before + rise)}
    year.post("/session/finish/", {"key": key, **told, "effort": year.chance.choice((3, 4, 4, 5, 5, 5))})


def _decide(year: Year) -> None:
    from nextposture.record.models import PlanChange

    year.now += timedelta(minutes=5)
    year.get("/plan/")
    waiting = PlanChange.objects.filter(decision="proposed").first()
    if waiting is not None:
        answer = "decline" if year.chance.random() < 0.1 else "accept"
        year.post(f"/plan/changes/{waiting.pk}/{answer}/")


if __name__ == "__main__":
    import time

    os.environ["NEXTPOSTURE_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "nextposture.site.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client as TestClient
    from django.test.utils import override_settings

    from nextposture.record.people import owner

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")  # a year may be lost with the machine, and be lived again
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    middleware = [name for name in settings.MIDDLEWARE if "StaticFiles" not in name]
    with override_settings(
        ALLOWED_HOSTS=["testserver"], STORAGES={**settings.STORAGES, **plain}, MIDDLEWARE=middleware
    ):
        someone = TestClient()
        someone.force_login(owner().user)
        begun, used = time.perf_counter(), time.process_time()
        lived = replay(someone, int(sys.argv[2]) if len(sys.argv) > 2 else 364)
    print(
        f"{lived.requests} requests in {time.perf_counter() - begun:.1f} s "
        f"({time.process_time() - used:.1f} s of processor time); refused: {lived.refused[:5]}"
    )
