"""What the scheduler goes by: constants, the plan's breaks, and what the person has set.

Plain values, so that the desktop companion can hold them without the libraries that read tables. Every `_s`
is in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Literal

Posture = Literal["sitting", "standing"]


@dataclass(frozen=True)
class Rules:
    """The scheduler's constants; `companion.yaml` has the reason and the source of each."""

    away_after_s: float
    sign_most_s: float
    settle_s: float
    defer_cap_s: float
    typing_pause_s: float
    larger_after_s: float
    unanswered_after_s: float
    unknown_after_s: float
    gap_s: float
    save_every_s: float
    still_most_s: float
    later_s: float
    later_most: int


@dataclass(frozen=True)
class Way:
    """One way to spend a break. `idea` may hold `{side}`; `item` is the exercise whose figure is shown."""

    kind: str
    idea: str
    item: str = ""


@dataclass(frozen=True)
class Desk:
    """Turns at a desk that rises: how long one turn of standing is, and how much a day may hold."""

    stand_s: float
    most_a_day_s: float
    raise_it: Way
    lower_it: Way


@dataclass(frozen=True)
class QuietHours:
    """Local times between which nothing is asked; `start` after `end` spans midnight, equal means never."""

    start: time
    end: time

    def hold(self, at: time) -> bool:
        """Whether `at` lies in them; the start does, the end does not."""
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True)
class BreakPlan:
    """What the plan and the person say about breaks.

    With `why_off` nothing is asked, and that is the reason to show. `ways` are offered by turns; `drives` is
    for those whose job is driving: they count as driving until they say that they have parked.
    """

    interval_s: float
    break_s: float
    ways: tuple[Way, ...]
    desk: Desk | None = None
    quiet: QuietHours | None = None
    days_off: frozenset[date] = frozenset()
    drives: bool = False
    why_off: str = ""

    def __post_init__(self) -> None:
        if self.interval_s <= 0 or self.break_s <= 0 or not self.ways:
            raise ValueError("A break plan needs an interval, a length and at least one way to spend a break")
