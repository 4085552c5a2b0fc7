"""What changed over time: ratings, sessions and breaks, by the person's own days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from django.db import transaction
from django.db.models import Exists, OuterRef, TextField
from django.db.models.functions import Cast
from django.utils import timezone

from nextposture.record.models import Activity, Bout, CheckIn, Person, Rating, Session, SetDone

MOST_ACTIVITIES = 3


ADVERSE = {
    "ae_leg": "new pain, tingling or weakness in a leg",
    "ae_flare": "pain more than 2 above usual for over 24 hours",
    "ae_dizzy": "dizziness",
    "ae_other": "something else that was not good",
}
"""What may come after exercising, as the check-in asks it."""

AT = Cast("at", TextField())
"""The time as the database writes it: years of ratings are read in a quarter of the time that values take."""

MINUTE = len("2026-11-24 23:59")
"""So much of such a time names the minute, and no day begins within one."""


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
    person: Person, measure: Rating.Measure, activity: Activity | None = None, since: date | None = None
) -> list[tuple[date, float]]:
    """(Day, value), oldest first, the last rating of each day, from `since` on if it is given."""
    rows = Rating.objects.filter(person=person, measure=measure, activity=activity).order_by("at", "pk")
    if since is not None:
        rows = rows.filter(at__gte=timezone.make_aware(datetime.combine(since, datetime.min.time())))
    zone = timezone.get_current_timezone()
    return list({_day(at, zone): value for at, value in rows.values_list(AT, "value")}.items())


def first_rating(person: Person, measure: Rating.Measure) -> tuple[date, float] | None:
    """The first (day, value) there is of a measure, or None."""
    row = Rating.objects.filter(person=person, measure=measure).order_by("at", "pk").first()
    return (timezone.localdate(row.at), row.value) if row is not None else None


def all_ratings(person: Person) -> dict[tuple[str, int | None], list[tuple[date, float]]]:
    """What `ratings` gives, for every measure and activity at once, in one query."""
    unfollowed = (Rating.Measure.DISCOMFORT, Rating.Measure.PAIN_TOO_STRONG)
    # Measure by measure, as the index has them, so that the database sorts nothing.
    rows = Rating.objects.filter(person=person).exclude(measure__in=unfollowed)
    rows = rows.order_by("measure", "at", "pk")
    found: dict[tuple[str, int | None], dict[date, float]] = {}
    zone, days = timezone.get_current_timezone(), dict[str, date]()
    told = rows.values_list("measure", "activity_id", AT, "value").iterator(chunk_size=5000)
    for measure, activity, at, value in told:
        minute = at[:MINUTE]  # what is told together has the same: one conversion does for all of it
        on = days.get(minute)
        if on is None:
            on = days[minute] = _day(at, zone)
        found.setdefault((measure, activity), {})[on] = value
    return {key: list(series.items()) for key, series in found.items()}


@dataclass(frozen=True)
class Week:
    """Sessions with a set done in a week, and the mean effort of those that were rated (0 to 10)."""

    sessions: int
    effort: float | None


def sessions_by_week(person: Person, first: date | None, today: date) -> dict[date, Week]:
    """By the Monday of their week, from the first week with a session, not before `first`, to this one."""
    with_sets = Session.objects.filter(person=person).filter(
        Exists(SetDone.objects.filter(session=OuterRef("pk")))
    )
    if first is not None:
        start = timezone.make_aware(datetime.combine(_monday(first), datetime.min.time()))
        with_sets = with_sets.filter(started_at__gte=start)
    weeks: dict[date, list[int | None]] = {}
    for at, effort in with_sets.order_by("started_at").values_list("started_at", "effort"):
        weeks.setdefault(_monday(timezone.localdate(at)), []).append(effort)
    found: dict[date, Week] = {}
    week = next(iter(weeks), None)
    while week is not None and week <= _monday(today):
        efforts = [one for one in weeks.get(week, ()) if one is not None]
        found[week] = Week(len(weeks.get(week, ())), sum(efforts) / len(efforts) if efforts else None)
        week += timedelta(weeks=1)
    return found


def sitting_by_week(person: Person, first: date, today: date) -> dict[date, float]:
    """Mean hours a day that the companion saw the person sit, over the days it saw, by Monday of the week."""
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    bouts = Bout.objects.filter(
        person=person, posture=Bout.Posture.SITTING, dropped_at=None, started_at__gte=start
    )
    days: dict[date, float] = {}
    for at, seconds in bouts.values_list("started_at", "seconds"):
        on = timezone.localdate(at)
        days[on] = days.get(on, 0.0) + seconds / 3600
    weeks: dict[date, list[float]] = {}
    for on, hours in days.items():
        if on <= today:
            weeks.setdefault(_monday(on), []).append(hours)
    return {week: sum(hours) / len(hours) for week, hours in sorted(weeks.items())}


def told_in_check_ins(person: Person, names: Sequence[str]) -> list[tuple[date, dict[str, object]]]:
    """What finished check-ins hold of these answers, oldest first; those that hold none are left out."""
    rows = CheckIn.objects.filter(person=person, finished_at__isnull=False).order_by("pk")
    found = [
        (timezone.localdate(at), {name: answers[name] for name in names if answers.get(name) is not None})
        for at, answers in rows.values_list("finished_at", "answers")
        if at is not None
    ]
    return [(on, told) for on, told in found if told]


def adverse(person: Person) -> list[tuple[date, tuple[str, ...]]]:
    """What finished check-ins say came after exercising, oldest first; nothing in words where all was no."""
    return [
        (on, tuple(words for name, words in ADVERSE.items() if told.get(name) is True))
        for on, told in told_in_check_ins(person, list(ADVERSE))
    ]


def _day(at: str, zone: tzinfo) -> date:
    """The day, in `zone`, of a time as the database writes it: in UTC, with or without saying so."""
    when = datetime.fromisoformat(at)
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(zone).date()


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
