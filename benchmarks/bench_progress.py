"""The progress page over ten years of daily data: server time in this process, for one person's record.

Fills a record of its own: pain twice and three activities rated every day, a session on five days of each
week with ten sets, ten breaks and eight bouts a day of the last two years, a measurement of each kind each
week, a check-in each quarter. Prints the median and slowest of 20 requests in ms of process time, the median
of wall time, the same for a record of one month, and their ratio.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

YEARS, MONTH_DAYS, REQUESTS = 10, 30, 20
PAGES = ("/progress/", "/progress/look/pain_avg_7d/", "/plan/", "/today/")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NEXTPOSTURE_DATA"] = folder
        os.environ["NEXTPOSTURE_SECRET_KEY"] = "only-for-a-benchmark"
        os.environ["DJANGO_SETTINGS_MODULE"] = "nextposture.site.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import override_settings

        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        with override_settings(ALLOWED_HOSTS=["testserver"]):
            month = measured(record(MONTH_DAYS, "month"))
            decade = measured(record(YEARS * 365, "decade"))
        for page in PAGES:
            (cpu, wall), (cpu_long, wall_long) = month[page], decade[page]
            print(
                f"{page}: a month {statistics.median(cpu):.0f} ms (wall {statistics.median(wall):.0f}), "
                f"ten years {statistics.median(cpu_long):.0f} ms, slowest {max(cpu_long):.0f} "
                f"(wall {statistics.median(wall_long):.0f}), "
                f"ratio {statistics.median(cpu_long) / statistics.median(cpu):.1f}"
            )


def record(days: int, name: str) -> Any:
    """A person with so many days of everything."""
    from django.contrib.auth.models import User
    from tests.day_people import check_in_as

    from nextposture.record.models import (
        Activity,
        Bout,
        Break,
        CarePlan,
        Measurement,
        Person,
        Rating,
        Session,
        SetDone,
    )

    chance = random.Random(1)
    person = Person.objects.create(user=User.objects.create(username=name))
    now = datetime.now(UTC).replace(hour=12)
    activities = [Activity.objects.create(person=person, words=words) for words in ("Swim", "Drive", "Lift")]
    for _ in range(days // 90 + 1):
        check_in_as(person, "sitter")
    plan = CarePlan.objects.filter(person=person).order_by("-pk").first()
    for place, one in enumerate(CarePlan.objects.filter(person=person).order_by("pk")):
        at = now - timedelta(days=max(0, days - 90 * place))
        CarePlan.objects.filter(pk=one.pk).update(made_at=at, course_since=at)
    ratings, sessions, breaks, bouts, measured = [], [], [], [], []
    for back in range(days):
        at = now - timedelta(days=back)
        for measure in (Rating.Measure.PAIN_NOW, Rating.Measure.PAIN_AVERAGE):
            ratings.append(Rating(person=person, measure=measure, value=chance.randint(1, 7), at=at))
        ratings += [
            Rating(
                person=person,
                measure=Rating.Measure.ACTIVITY,
                activity=one,
                value=chance.randint(2, 9),
                at=at,
            )
            for one in activities
        ]
        if back % 7 < 5:
            told = {"pain_before": 3, "pain_peak": 3, "pain_after": 3, "effort": 4}
            sessions.append(
                Session(person=person, care_plan=plan, started_at=at, finished_at=at, ending="done", **told)
            )
        if back < 730:
            breaks += [
                Break(person=person, answer="done", answered_at=at, offered_at=at, kind="walk")
                for _ in range(10)
            ]
            bouts += [
                Bout(person=person, posture="sitting", started_at=at, seconds=3000, span_s=3000)
                for _ in range(8)
            ]
        if back % 7 == 0:
            measured += [
                Measurement(
                    person=person,
                    key=uuid.uuid4(),
                    measure=measure,
                    side=side,
                    method="timer" if measure == "plank" else "camera",
                    value=chance.randint(1, 9),
                    error=10,
                    pelvis_held=True,
                    at=at,
                )
                for measure, side in (("hip_extension", "left"), ("hip_extension", "right"), ("plank", ""))
            ]
    for rows in (ratings, sessions, breaks, bouts, measured):
        if rows:
            type(rows[0]).objects.bulk_create(rows, batch_size=2000)  # type: ignore[attr-defined]
    done = [
        SetDone(session=one, step=step, item="EX_KNEEL", seconds=30, at=one.started_at)
        for one in Session.objects.filter(person=person)
        for step in range(10)
    ]
    SetDone.objects.bulk_create(done, batch_size=2000)
    return person


def measured(person: Any) -> dict[str, tuple[list[float], list[float]]]:
    """Process time and wall time of each page, in ms, after one request to warm up."""
    from django.test import Client

    client = Client()
    client.force_login(person.user)
    found: dict[str, tuple[list[float], list[float]]] = {}
    for page in PAGES:
        assert client.get(page).status_code == 200, page
        cpu, wall = [], []
        for _ in range(REQUESTS):
            begun, on = time.process_time(), time.perf_counter()
            client.get(page)
            cpu.append((time.process_time() - begun) * 1e3)
            wall.append((time.perf_counter() - on) * 1e3)
        found[page] = (cpu, wall)
    return found


if __name__ == "__main__":
    main()
