"""What changed over time: ratings, sessions and breaks, by the person's own days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from nextposture.record.models import Activity, CarePlan, Person, Rating, Session, SetDone

MOST_ACTIVITIES = 3


class TooManyError(ValueError):
    """The person follows as many activities as they may already."""


@transaction.atomic
def rate(
    person: Person, measure: Rating.Measure, value: int, now: datetime, activity: Activity | None
) -> None:
    """Keep today's rating; a second one on the same day takes the place of the first."""
    start = timezone.make_aware(datetime.combine(timezone.localdate(now), datetime.min.time()))
    today = Rating.objects.filter(
        person=person, measure=measure, activity=activity, check_in=None, at__gte=start, at__lte=now
    )
    if not today.update(value=value, at=now):
        Rating.objects.create(person=person, measure=measure, activity=activity, value=value, at=now)


@transaction.atomic
def follow(person: Person, words: str) -> Activity:
    """Follow an activity in the person's own words; the same words twice are one activity.

    Raises TooManyError when they follow three others.
    """
    followed = Activity.objects.filter(person=person, dropped_at=None)
    same = followed.filter(words__iexact=words).first()
    if same is not None:
        return same
    if followed.count() >= MOST_ACTIVITIES:
        raise TooManyError
    return Activity.objects.create(person=person, words=words)


def drop(person: Person, pk: int, now: datetime) -> None:
    """Follow an activity no longer; its ratings are kept."""
    Activity.objects.filter(person=person, pk=pk, dropped_at=None).update(dropped_at=now)


def ratings(
    person: Person, measure: Rating.Measure, activity: Activity | None = None
) -> list[tuple[date, float]]:
    """(Day, value), oldest first, the last rating of each day."""
    rows = Rating.objects.filter(person=person, measure=measure, activity=activity).order_by("at", "pk")
    return list({timezone.localdate(at): value for at, value in rows.values_list("at", "value")}.items())


def sessions_by_week(person: Person, today: date) -> dict[date, int]:
    """Sessions with a set done, by the Monday of their week, from the first such week to this one."""
    started = (
        Session.objects.filter(person=person, pk__in=SetDone.objects.values("session"))
        .order_by("started_at")
        .values_list("started_at", flat=True)
    )
    mondays = [_monday(timezone.localdate(at)) for at in started]
    if not mondays:
        return {}
    weeks: dict[date, int] = {}
    week = mondays[0]
    while week <= _monday(today):
        weeks[week] = mondays.count(week)
        week += timedelta(weeks=1)
    return weeks


def plan_days(person: Person) -> list[date]:
    """The days on which a plan was made."""
    made = CarePlan.objects.filter(person=person).order_by("made_at").values_list("made_at", flat=True)
    return list(dict.fromkeys(timezone.localdate(at) for at in made))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
