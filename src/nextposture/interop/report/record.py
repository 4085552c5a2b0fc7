"""What every section of the report is made of: whose record, of which time, and its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.knowledge.asking import asking
from nextposture.knowledge.inputs import Input
from nextposture.record import course, progress
from nextposture.record.models import (
    Activity,
    CarePlan,
    CheckIn,
    Measurement,
    Outcome,
    Person,
    Rating,
    Session,
    SetDone,
)


@dataclass(frozen=True)
class Record:
    """What every section needs: whose record, as known by which tables, since when, until when."""

    known: Knowledge
    person: Person
    since: datetime
    now: datetime
    everything: bool

    @cached_property
    def versions(self) -> list[course.Version]:
        """Every version of the plan there was, the oldest first."""
        return course.versions(self.person)

    @cached_property
    def series(self) -> dict[tuple[str, int | None], list[tuple[date, float]]]:
        """(Day, value) of each measure and activity that is followed, the oldest first."""
        return progress.all_ratings(self.person)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """Every outcome of the period, the oldest first, and the newest of all in any case."""
        found = list(
            Outcome.objects.filter(check_in__person=self.person).select_related("check_in").order_by("pk")
        )
        return [one for one in found if one.made_at >= self.since or one is found[-1]]

    def names(self) -> Mapping[str, Input]:
        """Every question there is."""
        return {**self.known.inputs, **asking().inputs}


def first_of(person: Person) -> datetime | None:
    first = [
        CheckIn.objects.filter(person=person)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first(),
        Rating.objects.filter(person=person).order_by("at").values_list("at", flat=True).first(),
        Measurement.objects.filter(person=person).order_by("at").values_list("at", flat=True).first(),
        Session.objects.filter(person=person)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first(),
    ]
    return min((one for one in first if one is not None), default=None)


def plans_made(record: Record) -> Any:
    return CarePlan.objects.filter(person=record.person, made_at__gte=record.since).order_by("pk")


def sessions_done(record: Record) -> list[Session]:
    """Sessions of the period in which at least one set was done."""
    done = SetDone.objects.filter(session__person=record.person).values("session")
    return list(
        Session.objects.filter(person=record.person, started_at__gte=record.since, pk__in=done).order_by("pk")
    )


def measured_rows(record: Record) -> list[Measurement]:
    found = Measurement.objects.filter(person=record.person, dropped_at=None, at__gte=record.since)
    return list(found.order_by("-at", "-pk"))


def ratings_of(
    record: Record, measure: Rating.Measure, activity: Activity | None = None
) -> list[tuple[date, float]]:
    since, key = timezone.localdate(record.since), (measure, activity.pk if activity else None)
    rows = record.series.get(key, [])
    if measure == Rating.Measure.PAIN_TOO_STRONG:  # not followed
        rows = progress.ratings(record.person, measure)
    return [(on, value) for on, value in rows if on >= since]


def cite(record: Record, source: str) -> str:
    found = record.known.sources.get(source)
    return found.cite.rstrip(".") if found is not None and source != "M" else "judgement, no source read"
