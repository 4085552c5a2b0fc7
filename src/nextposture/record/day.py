"""A person's day: what is due, how long they have been sitting, which breaks they took.

Every function that writes may be called twice with the same arguments and counts once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning import Dose
from nextposture.planning.schedule import Scheduled, due
from nextposture.record.models import Break, CarePlan, HabitDone, Person, SetDone, Sitting
from nextposture.sitting.breaks import BreakRules
from nextposture.sitting.page_timer import Answered, Prompt, prompt

BREAK = "P_BREAK"
LOOK_BACK = timedelta(days=60)
"""How far back the schedule looks for what was done longest ago."""


@dataclass(frozen=True)
class Planned:
    """One item of a kept plan, as the tables know it."""

    item: Item
    dose: Dose
    optional: bool


@dataclass(frozen=True)
class Tally:
    """Breaks of one day. `offered` were asked for and answered, `taken` of them; `unasked` came on top."""

    taken: int
    offered: int
    unasked: int
    put_off: int

    @property
    def up(self) -> int:
        """How often the person was up."""
        return self.taken + self.unasked


@dataclass(frozen=True)
class Timer:
    """The break timer: since when the person sits (None: not timed), the interval, and what is asked next."""

    since: datetime | None
    interval_min: int
    driving: bool
    prompt: Prompt | None


def planned(knowledge: Knowledge, plan: CarePlan) -> tuple[Planned, ...]:
    """The items of a plan in its order; one that the tables no longer hold is left out."""
    return tuple(
        Planned(knowledge.items[one["id"]], Dose(**one["dose"]), one["optional"])
        for one in plan.items
        if one["id"] in knowledge.items
    )


# ---- What is due


def due_today(
    knowledge: Knowledge,
    person: Person,
    plan: CarePlan,
    today: date,
    done: Collection[tuple[date, str]] | None = None,
) -> tuple[Planned, ...]:
    """The plan's exercises and habits that are due, in plan order. Movement breaks have their own timer.

    `done` is what `done_on` gives for `today` or a day before, where it has been read already.
    """
    items = [one for one in planned(knowledge, plan) if one.item.id != BREAK]
    done = done_on(person, today) if done is None else done
    scheduled = [
        Scheduled(one.item.id, one.dose.days_per_week, one.item.family)
        for one in items
        if one.dose.days_per_week
    ]
    strength_days = round(knowledge.plan.dosing.strength.sessions_per_week.start)
    asked = set(due(scheduled, done, today, strength_days_per_week=strength_days))
    asked |= {
        one.item.id
        for one in items
        if one.dose.times and sum(name == one.item.id for _, name in done) < one.dose.times
    }
    return tuple(one for one in items if one.item.id in asked)


def done_on(person: Person, today: date) -> set[tuple[date, str]]:
    """(Day, item id) of every exercise and habit done in the last weeks; days are the person's own."""
    first = today - LOOK_BACK
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    sets = SetDone.objects.filter(session__person=person, at__gte=start).values_list("at", "item")
    habits = HabitDone.objects.filter(person=person).values_list("on", "item")
    return {(timezone.localdate(at), item) for at, item in sets} | set(habits)


def record_habit(person: Person, item: str, on: date, done: bool) -> None:
    """Keep that a habit was done on a day, or that it was not after all."""
    if done:
        HabitDone.objects.get_or_create(person=person, item=item, on=on)
    else:
        HabitDone.objects.filter(person=person, item=item, on=on).delete()


# ---- Sitting and getting up


def allowed_intervals(knowledge: Knowledge, rules: BreakRules) -> range:
    """The intervals between breaks that a person may choose, in minutes."""
    low, high = knowledge.items[BREAK].dose["interval_min"].allowed
    return range(round(low), round(high) + 1, rules.interval_step_min)


def interval_min(knowledge: Knowledge, person: Person, plan: CarePlan | None) -> int:
    """Minutes between breaks: the person's own choice, else the plan's, else what a new plan starts with."""
    return _interval_min(knowledge, Sitting.objects.filter(person=person).first(), plan)


def _interval_min(knowledge: Knowledge, sitting: Sitting | None, plan: CarePlan | None) -> int:
    if sitting and sitting.interval_min:
        return sitting.interval_min
    for one in planned(knowledge, plan) if plan else ():
        if one.item.id == BREAK and one.dose.interval_min:
            return one.dose.interval_min
    return round(knowledge.items[BREAK].dose["interval_min"].start)


def break_min(knowledge: Knowledge, plan: CarePlan | None) -> float:
    """Minutes that a break takes: the plan's, else what a new plan starts with."""
    for one in planned(knowledge, plan) if plan else ():
        if one.item.id == BREAK and one.dose.break_min:
            return one.dose.break_min
    return knowledge.items[BREAK].dose["break_min"].start


def timer(knowledge: Knowledge, person: Person, plan: CarePlan | None, now: datetime) -> Timer:
    """The break timer as it stands at `now`."""
    sitting = Sitting.objects.filter(person=person).first()
    minutes = _interval_min(knowledge, sitting, plan)
    if sitting is None or sitting.driving or sitting.since is None or sitting.since > now:
        return Timer(None, minutes, bool(sitting and sitting.driving), None)
    said = (Break.Answer.DONE, Break.Answer.LATER, Break.Answer.NOT_NOW)
    answers = Break.objects.filter(person=person, answered_at__gt=sitting.since, answer__in=said)
    answered = [Answered(one.answered_at, one.answer) for one in answers]  # type: ignore[arg-type]
    asked = prompt(sitting.since, timedelta(minutes=minutes), answered, now)
    return Timer(sitting.since, minutes, False, asked)


def sit_down(person: Person, now: datetime) -> None:
    """Start the timer; nothing happens if it runs already."""
    sitting, _ = Sitting.objects.get_or_create(person=person)
    Sitting.objects.filter(pk=sitting.pk, since=None).update(since=now, driving=False)


def stop_timer(person: Person, *, driving: bool = False) -> None:
    """Time nothing more, because the person is up for longer or drives."""
    Sitting.objects.update_or_create(person=person, defaults={"since": None, "driving": driving})


def restart_timer(person: Person, now: datetime) -> None:
    """The person has only now sat down, whatever the timer showed."""
    Sitting.objects.update_or_create(person=person, defaults={"since": now, "driving": False})


def set_interval(person: Person, minutes: int) -> None:
    """The person's own choice of minutes between breaks; the caller has checked that it is allowed."""
    Sitting.objects.update_or_create(person=person, defaults={"interval_min": minutes})


@transaction.atomic
def record_break(
    person: Person,
    key: UUID,
    answer: Break.Answer,
    kind: str,
    asked: Timer,
    now: datetime,
    length: timedelta = timedelta(),
) -> Break:
    """Keep how a break was answered. `key` comes from the page, so that a second tap counts once.

    `asked` is the timer as it stands: a break that was due counts as offered. `length` is how long the person
    has been away up to now, if the page saw that. Getting up restarts the timer
    if it runs. While driving nothing is kept: a ValueError says so.
    """
    known = Break.objects.filter(person=person, key=key).first()
    if known is not None:
        return known
    if asked.driving:
        raise ValueError("no break is counted while driving")
    was_due = asked.prompt is not None and asked.prompt.is_due and not asked.prompt.unknown
    taken = Break.objects.create(
        person=person,
        key=key,
        offered_at=asked.prompt.due_at if asked.prompt is not None and was_due else None,
        answered_at=now,
        answer=answer,
        kind=kind,
        started_at=now - length if length else None,
        seconds=length.total_seconds(),
    )
    if answer == Break.Answer.DONE:
        Sitting.objects.filter(person=person, since__isnull=False).update(since=now)
    return taken


def last_up(person: Person) -> Break | None:
    """The last break that was taken, or None."""
    return Break.objects.filter(person=person, answer=Break.Answer.DONE).order_by("-answered_at").first()


class Counted(Protocol):
    """What counts of a break: a whole row of it, or these of its fields."""

    @property
    def answer(self) -> str: ...
    @property
    def offered_at(self) -> datetime | None: ...
    @property
    def snoozes(self) -> int: ...


def breaks_between(person: Person, first: date, last: date) -> dict[date, Tally]:
    """The tally of each of the person's own days that has any answer, ends included."""
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    end = timezone.make_aware(datetime.combine(last + timedelta(days=1), datetime.min.time()))
    rows = Break.objects.filter(person=person, answered_at__gte=start, answered_at__lt=end)
    days: dict[date, list[Counted]] = {}
    for one in rows.values_list("answered_at", "answer", "offered_at", "snoozes", named=True):
        days.setdefault(timezone.localdate(one.answered_at), []).append(one)
    return {day: tally(answers) for day, answers in days.items()}


def tally(answers: Iterable[Counted]) -> Tally:
    """What became of these breaks."""
    taken = offered = unasked = put_off = 0
    for one in answers:
        put_off += one.snoozes
        if one.answer == Break.Answer.LATER:
            put_off += 1
        elif one.answer == Break.Answer.WITHDRAWN:
            continue
        elif one.answer != Break.Answer.DONE:
            offered += 1
        elif one.offered_at is None:
            unasked += 1
        else:
            offered += 1
            taken += 1
    return Tally(taken, offered, unasked, put_off)
