"""Why no session is due today: what was done and when, whether one was stopped, when the next one comes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from nextposture.knowledge import Knowledge
from nextposture.record import day, sessions
from nextposture.record.models import CarePlan, Person


@dataclass(frozen=True)
class NotDue:
    """`done` are the names of the plan's exercises by the day they were done last, the newest day first."""

    stopped: bool
    done: tuple[tuple[date, tuple[str, ...]], ...]
    next_on: date | None
    has_exercises: bool


def not_due(
    known: Knowledge, person: Person, plan: CarePlan, today: date, done: Collection[tuple[date, str]]
) -> NotDue:
    """What is true of a day without a session; `done` is what `day.done_on` gives."""
    exercises = [one.item for one in day.planned(known, plan) if one.item.is_exercise]
    last = {item.name: max((on for on, name in done if name == item.id), default=None) for item in exercises}
    days = sorted({on for on in last.values() if on is not None}, reverse=True)
    return NotDue(
        stopped=sessions.stopped_on(person, today),
        done=tuple((on, tuple(name for name, at in last.items() if at == on)) for on in days),
        next_on=next_session_day(known, person, plan, today, done),
        has_exercises=bool(exercises),
    )


def next_session_day(
    known: Knowledge,
    person: Person,
    plan: CarePlan,
    today: date,
    done: Collection[tuple[date, str]] | None = None,
) -> date | None:
    """The next day after today on which an exercise is due if nothing more is done; None: no such day."""
    done = day.done_on(person, today) if done is None else done
    for ahead in range(1, 8):
        later = today + timedelta(days=ahead)
        if any(one.item.is_exercise for one in day.due_today(known, person, plan, later, done)):
            return later
    return None
