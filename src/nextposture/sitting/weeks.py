"""Weeks of breaks, and a streak that forgives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol


class StreakRules(Protocol):
    """The part of the table that says what a week needs and how much is forgiven."""

    @property
    def share(self) -> float: ...
    @property
    def misses(self) -> int: ...


@dataclass(frozen=True)
class Week:
    """One week from a Monday: breaks offered and taken on days that are not off, and getting up unasked."""

    monday: date
    offered: int = 0
    taken: int = 0
    unasked: int = 0

    @property
    def heard(self) -> bool:
        """Whether anything is known of this week."""
        return bool(self.offered or self.unasked)

    def counts(self, share: float) -> bool:
        """Whether enough of what was offered was taken; who got up unasked so often was never asked."""
        return self.taken + self.unasked >= share * (self.offered + self.unasked)


def day_of(at: datetime, day_starts: time) -> date:
    """The day that a local time belongs to, when days start at `day_starts`."""
    return at.date() - timedelta(days=at.time() < day_starts)


def by_week(
    days: Iterable[tuple[date, int, int, int]], off: frozenset[date], today: date, weeks: int
) -> tuple[Week, ...]:
    """The last `weeks` weeks up to today's, oldest first, from (day, offered, taken, unasked)."""
    this = today - timedelta(days=today.weekday())
    made = {this - timedelta(weeks=back): Week(this - timedelta(weeks=back)) for back in range(weeks)}
    for day, offered, taken, unasked in days:
        monday = day - timedelta(days=day.weekday())
        if day in off or monday not in made:
            continue
        old = made[monday]
        made[monday] = Week(monday, old.offered + offered, old.taken + taken, old.unasked + unasked)
    return tuple(made[monday] for monday in sorted(made))


def in_a_row(rules: StreakRules, weeks: Iterable[Week]) -> int:
    """How many weeks in a row counted, up to the last one, oldest first given.

    A week of which nothing is known, or that was off, counts neither way. A missed week adds nothing and is
    forgiven; only `misses` of them in a row end the streak. The week that runs can add, but not yet miss.
    """
    told = list(weeks)
    counted = missed = 0
    for number, week in enumerate(told):
        if not week.heard:
            continue
        if week.counts(rules.share):
            counted, missed = counted + 1, 0
        elif number < len(told) - 1:
            missed += 1
            if missed >= rules.misses:
                counted = missed = 0
    return counted
