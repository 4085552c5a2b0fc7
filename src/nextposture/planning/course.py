"""A course: a plan's exercises, sessions and changes so far, as the rules of progression read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from nextposture.knowledge.items import Item
from nextposture.planning.dosing import Dose
from nextposture.planning.progression_table import RuleId
from nextposture.planning.session import Light

What = Literal["sets", "reps", "hold_s", "rung", "days_per_week", "exercise", "left_out", "added", "dose"]


@dataclass(frozen=True)
class Exercise:
    """One exercise of a plan at its present dose."""

    item: Item
    dose: Dose


@dataclass(frozen=True)
class Past:
    """A session that is over. `items` are those of which a set was done; `effort` is 0 to 10.

    `light` is None where pain was not told; `settled` says that the light can turn no more.
    """

    key: str
    at: datetime
    items: frozenset[str]
    light: Light | None
    effort: int | None
    settled: bool = True


@dataclass(frozen=True)
class Change:
    """One thing that changes. `item` is the exercise before, `after` the one that takes its place, if any."""

    item: str
    what: What
    before: int | str | None
    after: int | str | None


@dataclass(frozen=True)
class Decided:
    """A change of the past. `because` names what it rested on; a declined one left the plan as it was."""

    rule: RuleId
    because: str
    at: datetime
    changes: tuple[Change, ...] = ()
    before: tuple[Exercise, ...] = ()
    declined: bool = False


@dataclass(frozen=True)
class Course:
    """All that the rules read, as of `now`.

    `began` is the day from which the plan may grow; `in_plan_since` is since when each exercise is in it.
    Adherence is a share from 0 to 1 over the days of the table, and over its weeks of no gain; None: nothing
    can be said. `sick_days` are those since the last session. `gained` says whether pain or activities
    changed for the better enough to count, None if that cannot be told; `goal_reached`, that the goal has
    held for the table's weeks. `locked` are exercises that no rule moves, because a practitioner said
    so; `blocked` are never stepped to.
    """

    now: datetime
    began: date
    exercises: tuple[Exercise, ...]
    sessions: tuple[Past, ...] = ()
    decided: tuple[Decided, ...] = ()
    in_plan_since: Mapping[str, date] = field(default_factory=dict)
    blocked: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()
    adherence: float | None = None
    adherence_no_gain: float | None = None
    sick_days: int = 0
    gained: bool | None = None
    goal_reached: bool = False
    maintenance: bool = False
    danger_sign: bool = False


@dataclass(frozen=True)
class Proposal:
    """A change of the plan. `because` names what it rests on, so that it is proposed once."""

    rule: RuleId
    because: str
    reason: str
    changes: tuple[Change, ...] = ()
    exercises: tuple[Exercise, ...] = ()
    at_once: bool = False
