"""Whether ratings and measurements over time show a change that counts, or cannot tell.

Two words mean one thing each, everywhere: a change is *real* if it is more than measurement error, and
*meaningful* if it is real and reaches the published threshold of what people notice. A measure without such
a threshold has no meaningful change. Thresholds stand in `measures.yaml` with their sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from statistics import median
from typing import Literal

from nextposture.knowledge.loading import load
from nextposture.knowledge.measures import Change as Counts
from nextposture.knowledge.measures import Measure
from nextposture.knowledge.reading import read_table, row

Verdict = Literal["none", "too_few", "no_change", "lower", "higher"]


@row
class Enough:
    """How many ratings, over how many days, before anything is said about a change."""

    ratings: int
    days: int
    why: str
    source: str


@row
class Caution:
    """What is said beside every change, so that it is not taken for an effect."""

    text: str
    source: str


@row
class Holds:
    """For how many weeks a measurement answers the questions of an assessment."""

    weeks: int
    why: str
    source: str


@row
class ChangeTable:
    """The table `change.yaml`."""

    enough: Enough
    one_activity: Counts
    measurement_holds: Holds
    cautions: tuple[Caution, ...]


@dataclass(frozen=True)
class Moved:
    """From one value to another, in the measure's unit.

    `beyond` is what a change has to reach, or exceed if it is a band around readings, to be more than
    measurement error; None, like `real`, where no such error is known.
    """

    before: float
    after: float
    beyond: float | None
    real: bool | None
    meaningful: bool

    @property
    def by(self) -> float:
        """The change, positive when the value grew."""
        return self.after - self.before


@dataclass(frozen=True)
class Change:
    """What a series says: how many ratings, where they began and are now, and the verdict.

    Lower and higher are changes that count: meaningful ones of pain, real ones of activities. `real` says of
    pain whether the change is more than measurement error, even where it is too small to be meaningful.
    """

    ratings: int
    first: float | None
    last: float | None
    verdict: Verdict
    real: bool = False


@cache
def change_table() -> ChangeTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("change")
    parsed = table.parse(ChangeTable)
    sources = {caution.source for caution in parsed.cautions}
    sources |= {parsed.enough.source, parsed.one_activity.source, parsed.measurement_holds.source}
    for source in sorted(sources - set(load().sources)):
        raise table.error([], f"unknown source {source!r}")
    return parsed


def size_that_counts(measure: Measure, first: float) -> float:
    """The smallest change from `first` that people notice, in points: the points and the share, both."""
    counts = measure.meaningful or measure.real
    if counts is None:
        raise ValueError(f"{measure.id} has no change that counts")
    return max(counts.points, counts.share_of_start * first)


def moved(measure: Measure, before: float, after: float, band: float | None = None) -> Moved:
    """How a value of `measure` moved. `band` is half the width of the band around its readings, if known.

    The table's smallest real change counts as real when it is reached; a band has to be exceeded, because a
    difference as wide as the band is still inside it.
    """
    by = abs(after - before)
    if measure.real is not None:
        beyond: float | None = measure.real.points
        real: bool | None = by >= measure.real.points
    else:
        beyond = band
        real = None if band is None else by > band
    notable = measure.meaningful is not None and by >= size_that_counts(measure, before)
    return Moved(before, after, beyond, real, bool(real) and notable)


def pain_change(table: ChangeTable, measure: Measure, ratings: Sequence[tuple[date, float]]) -> Change:
    """Pain (0 to 10) over time, from the first rating to the last; `measure` is the row `pain`.

    From a low start only reaching the value that the row names counts as lower. What is not more than
    measurement error counts as nothing.
    """
    change, first, last = _looked_at(table, ratings)
    if change is not None:
        return change
    real = bool(moved(measure, first, last).real)
    if last - first >= size_that_counts(measure, first):
        return Change(len(ratings), first, last, "higher", real)
    low = measure.low_start
    if low is not None and first <= low.start_at_most:
        lower = real and last <= low.reached < first
    else:
        lower = real and first - last >= size_that_counts(measure, first)
    return Change(len(ratings), first, last, "lower" if lower else "no_change", real)


def activity_change(table: ChangeTable, ratings: Sequence[tuple[date, float]]) -> Change:
    """How one activity goes (0 cannot do, 10 as before) over time."""
    change, first, last = _looked_at(table, ratings)
    if change is not None:
        return change
    if abs(last - first) < table.one_activity.points:
        return Change(len(ratings), first, last, "no_change")
    return Change(len(ratings), first, last, "higher" if last > first else "lower")


def activities_change(
    table: ChangeTable, measure: Measure, series: Sequence[Sequence[tuple[date, float]]]
) -> Change:
    """How the mean of several activities goes; `measure` is the row `activities`. One alone is no mean."""
    told = [rows for rows in series if len(rows) > 1]
    if len(told) < 2:
        return Change(len(told), None, None, "none")
    looked = [_looked_at(table, rows) for rows in told]
    first = sum(one[1] for one in looked) / len(looked)
    last = sum(one[2] for one in looked) / len(looked)
    if any(one[0] is not None for one in looked):
        return Change(len(told), first, last, "too_few")
    if not moved(measure, first, last).real:
        return Change(len(told), first, last, "no_change")
    return Change(len(told), first, last, "higher" if last > first else "lower")


def _looked_at(
    table: ChangeTable, ratings: Sequence[tuple[date, float]]
) -> tuple[Change | None, float, float]:
    """The change if there is too little to tell one, and where the ratings began and are now.

    That is the middle one of the first and of the last seven days, so that one odd day decides nothing.
    """
    if not ratings:
        return Change(0, None, None, "none"), 0, 0
    start, end = ratings[0][0], ratings[-1][0]
    week = timedelta(days=7)
    first = median(value for day, value in ratings if day - start < week)
    last = median(value for day, value in ratings if end - day < week)
    if len(ratings) < table.enough.ratings or (end - start).days < table.enough.days:
        return Change(len(ratings), first, last, "too_few"), first, last
    return None, first, last
