"""How discomfort and comfort move the interval between breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class ComfortRules(Protocol):
    """The part of the table that says when the interval moves; days and minutes."""

    @property
    def step_min(self) -> int: ...
    @property
    def rise_is(self) -> int: ...
    @property
    def shorten_after_days(self) -> int: ...
    @property
    def lengthen_after_days(self) -> int: ...


@dataclass(frozen=True)
class RatedDay:
    """A day on which discomfort (0 to 10) was rated: the greatest rise of it within one bout."""

    on: date
    rise: float


def next_interval(
    rules: ComfortRules, allowed: tuple[float, float], interval_min: float, days: Iterable[RatedDay]
) -> float:
    """The interval in minutes from tomorrow, given the days rated since it last changed, in any order.

    The latest days in a row decide: enough with a rise shorten it, enough without one lengthen it, by one
    step and never beyond `allowed`. Days on which nothing was rated stand for nothing.
    """
    rises = [day.rise >= rules.rise_is for day in sorted(days, key=lambda day: day.on)]
    if not rises:
        return interval_min
    run = 0
    for rose in reversed(rises):
        if rose != rises[-1]:
            break
        run += 1
    step = 0
    if rises[-1] and run >= rules.shorten_after_days:
        step = -rules.step_min
    elif not rises[-1] and run >= rules.lengthen_after_days:
        step = rules.step_min
    return min(max(interval_min + step, allowed[0]), allowed[1])
