"""What the desktop companion sends is kept once, and what it needs to know of plan and wishes."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.record import check_ins, day
from nextposture.record.models import Bout, Break, BreakWishes, CarePlan, DayOff, Person, Rating
from nextposture.sitting import bouts as told
from nextposture.sitting.interval import RatedDay, next_interval
from nextposture.sitting.rules import BreakPlan, QuietHours, Rules
from nextposture.sitting.saved import restored
from nextposture.sitting.table import break_plan, companion_table
from nextposture.sitting.weeks import Week, by_week, day_of

STRETCH = "EX_STANDING_STRETCH"
DESK = "P_STANDDESK"
DRIVERS = frozenset({"truck", "cab", "other_driver"})
DAYS_OFF_AHEAD = timedelta(days=30)


@transaction.atomic
def keep(person: Person, kept: Iterable[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Keep bouts and breaks, each once however often it is sent; returns install and number of each.

    Raises ValueError, keeping nothing, if one is not what a companion sends.
    """
    names = []
    for one in kept:
        parts = dict(one)
        what, install = parts.pop("what", None), UUID(str(parts.pop("install", "")))
        if what == "bout":
            number = _keep_bout(person, install, restored(told.Bout, parts))
        elif what == "break":
            number = _keep_break(person, install, restored(told.Break, parts))
        else:
            raise ValueError(f"{what!r} is neither a bout nor a break")
        names.append((install.hex, number))
    return names


def _keep_bout(person: Person, install: UUID, bout: told.Bout) -> int:
    Bout.objects.get_or_create(
        key=uuid5(install, str(bout.number)),
        defaults={
            "person": person,
            "posture": bout.posture,
            "started_at": bout.started_at,
            "seconds": bout.seconds,
            "span_s": bout.span_s,
            "pauses": bout.pauses,
            "seen": bout.seen,
        },
    )
    return bout.number


def _keep_break(person: Person, install: UUID, taken: told.Break) -> int:
    at = taken.answered_at or taken.started_at or taken.offered_at
    if at is None:
        raise ValueError("a break needs a time")
    Break.objects.get_or_create(
        key=uuid5(install, str(taken.number)),
        defaults={
            "person": person,
            "offered_at": taken.offered_at,
            "answered_at": at,
            "answer": taken.ending,
            "kind": taken.kind,
            "started_at": taken.started_at,
            "seconds": taken.seconds,
            "snoozes": taken.snoozes,
            "deferred": dict(taken.deferred),
            "why": taken.why,
            "cause": taken.cause,
        },
    )
    return taken.number


def wishes(person: Person) -> BreakWishes:
    """What the person set; what the tables say where they set nothing."""
    return BreakWishes.objects.filter(person=person).first() or BreakWishes(person=person)


def rules_for(person: Person) -> Rules:
    """The scheduler's rules with what the person set."""
    wish = wishes(person)
    set_by_person = {
        name: minutes * 60
        for name, minutes in (("away_after_s", wish.away_after_min), ("defer_cap_s", wish.defer_cap_min))
        if minutes is not None
    }
    return companion_table().rules(**set_by_person)


def plan_for(
    known: Knowledge,
    person: Person,
    plan: CarePlan | None,
    today: date,
    *,
    why_shut: str = "",
    exercises_wait: bool = False,
) -> BreakPlan:
    """The plan's breaks as the scheduler takes them; `why_shut` says why there is no plan to follow now.

    While exercises wait, no stretch is among the breaks.
    """
    planned = {one.item.id: one for one in day.planned(known, plan)} if plan else {}
    wish, table = wishes(person), companion_table()
    own = planned.get(day.BREAK)
    desk = planned.get(DESK)
    desk_min = None
    if desk is not None and wish.desk_rises and desk.dose.stand_bout_min and plan is not None:
        desk_min = (
            float(desk.dose.stand_bout_min),
            desk_minutes(known, plan, desk.dose.total_min_day, today),
        )
    quiet = None
    if wish.quiet_from is not None and wish.quiet_until is not None:
        quiet = QuietHours(wish.quiet_from, wish.quiet_until)
    return break_plan(
        interval_min=move_interval(known, person, plan, today),
        break_min=day.break_min(known, plan),
        may_stretch=plan is not None and not exercises_wait and _may_stretch(planned, plan),
        desk_min=desk_min,
        quiet=quiet,
        days_off=days_off(person, today, today + DAYS_OFF_AHEAD),
        drives=_drives(person),
        why_off=why_shut or (table.no_plan if own is None else ""),
    )


def desk_minutes(known: Knowledge, plan: CarePlan, start_min: int | None, today: date) -> float:
    """How much standing a day may hold: the plan's start, more each week, up to the most allowed."""
    allowed = known.items[DESK].dose["total_min_day"]
    weeks = max(0, (today - plan.made_at.date()).days // 7)
    return min((start_min or allowed.start) + weeks * companion_table().desk_week_min, allowed.allowed[1])


def _may_stretch(planned: Mapping[str, object], plan: CarePlan) -> bool:
    """Stretches go into breaks only where the plan has exercises, and the screening blocks this one not."""
    blocked = {one.exercise for one in check_ins.as_outcome(plan.outcome).blocked}
    return STRETCH not in blocked and any(name.startswith("EX_") for name in planned)


def _drives(person: Person) -> bool:
    outcome = check_ins.current_outcome(person)
    answers = outcome.check_in.answers if outcome is not None else {}
    return answers.get("job_type") in DRIVERS


def days_off(person: Person, first: date, last: date) -> frozenset[date]:
    """The days off between two days, ends included."""
    return frozenset(
        DayOff.objects.filter(person=person, on__range=(first, last)).values_list("on", flat=True)
    )


def set_day_off(person: Person, on: date, kind: str) -> None:
    """Mark a day as off, or with an empty `kind` as a day like any other."""
    if kind:
        DayOff.objects.update_or_create(person=person, on=on, defaults={"kind": kind})
    else:
        DayOff.objects.filter(person=person, on=on).delete()


def bouts_of(person: Person, start: datetime, end: datetime) -> list[Bout]:
    """The bouts that began between two moments."""
    return list(
        Bout.objects.filter(person=person, started_at__gte=start, started_at__lt=end, dropped_at=None)
    )


# ---- Putting it right by hand


def drop_bout(person: Person, key: UUID, now: datetime) -> None:
    """Take a bout out: the person was not sitting. Sent again, it does not come back."""
    Bout.objects.filter(person=person, key=key, dropped_at=None).update(dropped_at=now, by_hand=True)


def shorten_bout(person: Person, key: UUID, minutes: float) -> None:
    """Say that a bout was only so long; it cannot become longer than it was seen to be."""
    Bout.objects.filter(person=person, key=key, span_s__gt=minutes * 60).update(
        seconds=minutes * 60, span_s=minutes * 60, by_hand=True
    )


def add_break(person: Person, key: UUID, at: datetime, minutes: float) -> None:
    """Write down a break that nobody saw; the same key twice is one break."""
    Break.objects.get_or_create(
        key=key,
        defaults={
            "person": person,
            "answered_at": at,
            "answer": Break.Answer.DONE,
            "started_at": at,
            "seconds": minutes * 60,
            "cause": "by_hand",
        },
    )


def day_span(on: date, starts: time) -> tuple[datetime, datetime]:
    """When the person's day begins and ends: not at midnight, where a late evening would be cut in two."""
    first = timezone.make_aware(datetime.combine(on, starts))
    return first, timezone.make_aware(datetime.combine(on + timedelta(days=1), starts))


def breaks_of(person: Person, start: datetime, end: datetime) -> list[Break]:
    """The breaks that were offered or taken between two moments, oldest first."""
    rows = Break.objects.filter(person=person, answered_at__gte=start, answered_at__lt=end)
    return sorted(rows, key=lambda one: one.offered_at or one.started_at or one.answered_at)


def weeks(person: Person, today: date, count: int) -> tuple[Week, ...]:
    """The last weeks of breaks; days off are left out."""
    starts = time.fromisoformat(companion_table().streak.day_starts)
    first = today - timedelta(weeks=count)
    days: dict[date, list[Break]] = {}
    for one in breaks_of(person, day_span(first, starts)[0], day_span(today, starts)[1]):
        days.setdefault(day_of(timezone.localtime(one.answered_at), starts), []).append(one)
    tallies = [(on, day.tally(rows)) for on, rows in days.items()]
    return by_week(
        ((on, tally.offered, tally.taken, tally.unasked) for on, tally in tallies),
        days_off(person, first, today),
        today,
        count,
    )


# ---- Discomfort moves the interval


def rate_discomfort(person: Person, value: int, now: datetime) -> None:
    """Keep how the back feels now, from 0 to 10, within the bout that goes on."""
    Rating.objects.create(person=person, measure=Rating.Measure.DISCOMFORT, value=value, at=now)


def rated_days(person: Person, after: date | None, before: date) -> list[RatedDay]:
    """The rated days between two, ends left out: how far discomfort rose within one bout, at most.

    Ratings between two breaks belong to one bout; a bout rated once says nothing of a rise.
    """
    rows = Rating.objects.filter(person=person, measure=Rating.Measure.DISCOMFORT).order_by("at")
    ups = sorted(
        Break.objects.filter(person=person, answer=Break.Answer.DONE).values_list("answered_at", flat=True)
    )
    bouts: dict[tuple[date, int], list[float]] = {}
    for at, value in rows.values_list("at", "value"):
        on = timezone.localdate(at)
        if on < before and (after is None or on > after):
            bouts.setdefault((on, bisect(ups, at)), []).append(value)
    rises: dict[date, float] = {}
    for (on, _), values in bouts.items():
        if len(values) > 1:
            rises[on] = max(rises.get(on, 0.0), max(values) - values[0], 0.0)
    return [RatedDay(on, rise) for on, rise in rises.items()]


@transaction.atomic
def move_interval(known: Knowledge, person: Person, plan: CarePlan | None, today: date) -> int:
    """Minutes between breaks, after what the rated days since the last change say; done twice, moved once."""
    minutes = day.interval_min(known, person, plan)
    wish = wishes(person)
    allowed = known.items[day.BREAK].dose["interval_min"].allowed
    days = rated_days(person, wish.interval_moved_on, today)
    moved = round(next_interval(companion_table().comfort, allowed, minutes, days))
    if moved != minutes:
        day.set_interval(person, moved)
        wish.interval_moved_on = today - timedelta(days=1)
        wish.save()
    return moved
