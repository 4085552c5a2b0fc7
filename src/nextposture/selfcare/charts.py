"""Charts drawn on the server as SVG, each with the same numbers as rows for a table beside it.

Direct labels, no legend, no gridlines: what is drawn is the readings, how far they may be off, the change
that would matter, and the days when something changed. Colours and strokes come from the stylesheet by class
name, so a chart follows the page's paper. Pure functions of what they are given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from itertools import pairwise
from typing import Literal

Tone = Literal["ink", "move", "muscle"]
"""Ink for what a person reports, move for getting up and exercise, muscle for hip extension."""

# User units of the drawing. A phone shows it at about this size; the stylesheet lets it grow a fifth more.
WIDTH = 360
HEIGHT = 200
LEFT = 34
RIGHT = 306
TOP = 22
TOP_BELOW_MARKERS = 36
BOTTOM = 168
DATES_Y = 190
CHARACTER = 6.6  # mean width of a character of the 14-unit labels
FEW, SOME = 24, 60  # up to this many readings: full dots, small dots; above, only the line and its ends


class Svg(str):
    """Markup that is already escaped; template engines leave it alone."""

    __slots__ = ()

    def __html__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Chart:
    """A drawing, its one-sentence summary, and its numbers as table columns and rows (oldest first)."""

    title: str
    svg: Svg
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Reading:
    """One value on one day. `value` None: nothing was recorded, so the line breaks.

    `give_or_take` is half the width of the error band, in the value's unit.
    """

    on: date
    value: float | None
    give_or_take: float = 0.0


@dataclass(frozen=True)
class Marker:
    """A day when something changed, such as the plan.

    One without a `label` is a small tick on the axis; the table says `words`, or the label.
    """

    on: date
    label: str
    words: str = ""


@dataclass(frozen=True)
class Bar:
    """A count for one day or week, named by its first day. `of` is how many were possible, if that is known.

    `value` None: nothing was recorded.
    """

    on: date
    value: float | None
    of: float | None = None


@dataclass(frozen=True)
class Matters:
    """The change that counts, in the value's unit, and what to call the two sides of it."""

    change: float
    lower: str = "clearly lower"
    higher: str = "clearly higher"


def span_of(*series: Iterable[Reading | Bar | Marker]) -> tuple[date, date] | None:
    """First and last day over all series, for charts that share one time axis; None if all are empty."""
    days = [point.on for points in series for point in points]
    return (min(days), max(days)) if days else None


def line_chart(
    readings: Sequence[Reading],
    *,
    name: str,
    title: str,
    low: float = 0,
    high: float = 10,
    unit: str = "",
    matters: Matters | None = None,
    markers: Sequence[Marker] = (),
    span: tuple[date, date] | None = None,
    longest_gap_days: int | None = None,
    tone: Tone = "ink",
) -> Chart:
    """Readings over time on a scale from `low` to `high`.

    `name` makes the ids in the markup: unique on a page, lower-case letters, digits and hyphens. Charts given
    the same `low`, `high` and `span` can be compared by eye. Readings further apart than `longest_gap_days`
    are joined by dots only. Raises ValueError for a bad name, for `low` not below `high`, and for a value
    that does not fit the scale.
    """
    if not low < high:
        raise ValueError(f"low ({low}) must be below high ({high})")
    ordered = sorted(readings, key=lambda reading: reading.on)
    known = [reading for reading in ordered if reading.value is not None]
    for reading in known:
        if not low <= _value(reading) <= high:
            raise ValueError(f"{reading.value} of {reading.on} lies outside {low} to {high}")
    days = _Days(span or span_of(ordered, markers))
    y = _Levels(low, high, TOP_BELOW_MARKERS if any(one.label for one in markers) else TOP)

    zero = 0 if low < 0 < high else low
    parts = [_axis(y, zero)]
    parts += [_text(LEFT - 8, y(v) + 5, number(v), anchor="end") for v in sorted({low, zero, high})]
    if known and matters:
        parts += _matters(known, matters, days, y, low, high)
    parts += _markers(markers, days)
    runs = _runs(ordered, longest_gap_days)
    parts += [_band(run, days, y, low, high) for run in runs if any(r.give_or_take for r in run)]
    parts += [_dots_between(left[-1], right[0], days, y) for left, right in pairwise(runs)]
    parts += [_path("line", [(days(r.on), y(_value(r))) for r in run]) for run in runs if len(run) > 1]
    parts += _dots(known, days, y)
    parts += _end_labels(known, days, y, unit)
    parts += days.labels()
    if not known:
        parts.append(_nothing_yet())

    changes: dict[date, str] = {}
    for marker in markers:
        said = marker.words or marker.label
        changes[marker.on] = f"{changes[marker.on]}; {said}" if marker.on in changes else said
    with_error = any(reading.give_or_take for reading in ordered)
    columns = ("Date", _with_unit(title, unit), *(("Give or take",) if with_error else ()))
    rows = tuple(
        (
            long_date(reading.on),
            "not recorded" if reading.value is None else number(reading.value),
            *((number(reading.give_or_take) if reading.give_or_take else "",) if with_error else ()),
            *((changes.get(reading.on, ""),) if changes else ()),
        )
        for reading in ordered
    )
    if changes:
        columns = (*columns, "What changed")
        seen = {reading.on for reading in ordered}
        extra = [
            (on, (long_date(on), *[""] * (len(columns) - 2), words))
            for on, words in changes.items()
            if on not in seen
        ]
        dated = [*((reading.on, row) for reading, row in zip(ordered, rows, strict=True)), *extra]
        rows = tuple(row for _, row in sorted(dated, key=lambda pair: pair[0]))
    summary = _line_summary(title, known, low, high, unit, matters)
    return Chart(title, _svg(name, title, summary, tone, parts), summary, columns, rows)


def bar_chart(
    bars: Sequence[Bar],
    *,
    name: str,
    title: str,
    period: str = "Week of",
    counted: str = "Sessions",
    target: float | None = None,
    target_label: str = "planned",
    high: float | None = None,
    tone: Tone = "move",
) -> Chart:
    """Counts per day or week. A bar with `of` is a filled part of an outlined whole: taken of offered.

    `target` is drawn as a line with its label. Charts given the same `high` share a scale. `name` as in
    `line_chart`. Raises ValueError for a bad name, a negative count, or more than was possible.
    """
    ordered = sorted(bars, key=lambda bar: bar.on)
    for bar in ordered:
        if bar.value is not None and not 0 <= bar.value <= (bar.value if bar.of is None else bar.of):
            raise ValueError(f"{bar.value} of {bar.of} on {bar.on} cannot be")
    top = max([high or 0, target or 0, 1, *(max(bar.value or 0, bar.of or 0) for bar in ordered)])
    y = _Levels(0, top, TOP)
    pitch = (RIGHT - LEFT) / max(len(ordered), 1)
    width = min(28.0, pitch * 0.7)
    parts = [_axis(y, 0)]
    for place, bar in enumerate(ordered):
        middle = LEFT + pitch * (place + 0.5)
        parts += _one_bar(bar, middle, width, y)
        if bar.value is not None and (len(ordered) <= 10 or place == len(ordered) - 1):
            last = place == len(ordered) - 1
            words = number(bar.value)
            if last and bar.of is not None:
                words += f" of {number(bar.of)}"
            height = y(max(bar.value, bar.of or 0) if last else bar.value) - 6
            anchor = "end" if last and len(words) > 3 else "middle"
            where = middle + width / 2 if anchor == "end" else middle
            parts.append(_text(where, height, words, kind="value" if last else "", anchor=anchor))
    if target is not None and ordered:
        parts.append(_path("target", [(LEFT, y(target)), (RIGHT, y(target))]))
        parts.append(_text(RIGHT + 5, y(target) - 2, number(target), kind="note"))
        parts.append(_text(RIGHT + 5, y(target) + 13, target_label, kind="note"))
    if ordered:
        first, last_day = ordered[0].on, ordered[-1].on
        parts.append(_text(LEFT + pitch / 2, DATES_Y, short_date(first, last_day), anchor=_near_left(pitch)))
        if len(ordered) > 1:
            parts.append(
                _text(RIGHT - pitch / 2, DATES_Y, short_date(last_day, first), anchor=_near_right(pitch))
            )
    if not any(bar.value is not None for bar in ordered):
        parts.append(_nothing_yet())

    parted = any(bar.of is not None for bar in ordered)
    rows = tuple(
        (
            long_date(bar.on),
            "not recorded" if bar.value is None else number(bar.value),
            *(("" if bar.of is None else number(bar.of),) if parted else ()),
        )
        for bar in ordered
    )
    columns = (period, counted, *(("Possible",) if parted else ()))
    summary = _bar_summary(title, ordered, period, target, target_label)
    return Chart(title, _svg(name, title, summary, tone, parts), summary, columns, rows)


def number(value: float) -> str:
    """A number as a person writes it: no needless decimals, and a real minus sign."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("-", "−")


def long_date(day: date) -> str:
    """3 June 2026."""
    return f"{day.day} {day:%B %Y}"


def short_date(day: date, beside: date) -> str:
    """3 Jun, with the year when the other date on the axis is of another year."""
    return f"{day.day} {day:%b}" if day.year == beside.year else f"{day.day} {day:%b %Y}"


class _Days:
    """Days to horizontal places; a single day stands in the middle."""

    def __init__(self, span: tuple[date, date] | None) -> None:
        self.span = span

    def __call__(self, day: date) -> float:
        if self.span is None or self.span[0] == self.span[1]:
            return (LEFT + RIGHT) / 2
        first, last = self.span
        return LEFT + 10 + (RIGHT - LEFT - 10) * (day - first).days / (last - first).days

    def labels(self) -> list[str]:
        if self.span is None:
            return []
        first, last = self.span
        if first == last:
            return [_text(self(first), DATES_Y, short_date(first, last), anchor="middle")]
        return [
            _text(LEFT, DATES_Y, short_date(first, last)),
            _text(RIGHT, DATES_Y, short_date(last, first), anchor="end"),
        ]


class _Levels:
    """Values to vertical places."""

    def __init__(self, low: float, high: float, top: float) -> None:
        self.low = low
        self.high = high
        self.top = top

    def __call__(self, value: float) -> float:
        return BOTTOM - (BOTTOM - self.top) * (value - self.low) / (self.high - self.low)


def _value(reading: Reading) -> float:
    assert reading.value is not None
    return reading.value


def _runs(ordered: Sequence[Reading], longest_gap_days: int | None) -> list[list[Reading]]:
    """Readings that a line may join: nothing missing and no long gap between neighbours."""
    runs: list[list[Reading]] = []
    joined = False
    for reading in ordered:
        if reading.value is None:
            joined = False
            continue
        if runs and longest_gap_days is not None:
            joined = joined and (reading.on - runs[-1][-1].on).days <= longest_gap_days
        if joined:
            runs[-1].append(reading)
        else:
            runs.append([reading])
        joined = True
    return runs


def _axis(y: _Levels, low: float) -> str:
    return _path("axis", [(LEFT, y(low)), (RIGHT, y(low))])


def _matters(
    known: Sequence[Reading], matters: Matters, days: _Days, y: _Levels, low: float, high: float
) -> list[str]:
    """Where a later reading would differ from the first by more than chance: a dashed line on either side.

    Each has its label at the left end or the right one, whichever has fewer readings in its way.
    """
    parts = []
    first = known[0]
    start = _value(first)
    at_left = days(first.on) < (LEFT + RIGHT) / 2
    for level, words, below in (
        (start - matters.change, matters.lower, True),
        (start + matters.change, matters.higher, False),
    ):
        if low <= level <= high:
            parts.append(_path("matters", [(days(first.on), y(level)), (RIGHT, y(level))]))
            width = len(words) * CHARACTER
            ends: list[tuple[float, float, str]] = [(RIGHT - width, RIGHT, "end")]
            if at_left:
                ends.insert(0, (days(first.on) + 16, days(first.on) + 16 + width, "start"))
            offsets = (16, -6) if below and y(level) + 16 < BOTTOM else (-6,)
            _, offset, (left, right, anchor) = min(
                (
                    (_in_the_way(known, days, y, end, y(level) + offset), offset, end)
                    for end in ends
                    for offset in offsets
                ),
                key=lambda place: place[0],
            )
            x = left if anchor == "start" else right
            parts.append(_text(x, y(level) + offset, words, kind="note", anchor=anchor))
    return parts


def _in_the_way(
    known: Sequence[Reading], days: _Days, y: _Levels, end: tuple[float, float, str], baseline: float
) -> int:
    """How many readings a label from `end[0]` to `end[1]` would cover."""
    left, right, _ = end
    return sum(
        left - 6 <= days(one.on) <= right + 6 and baseline - 16 <= y(_value(one)) <= baseline + 6
        for one in known
    )


def _markers(markers: Sequence[Marker], days: _Days) -> list[str]:
    """A thin upright line for each change; labels that would overlap take turns on two lines."""
    parts = []
    free_from = [0.0, 0.0]
    for marker in sorted(markers, key=lambda marker: marker.on):
        x = days(marker.on)
        if not marker.label:
            parts.append(_path("marker", [(x, BOTTOM - 5), (x, BOTTOM + 5)]))
            continue
        half = len(marker.label) * CHARACTER / 2
        middle = min(max(x, half + 2), WIDTH - half - 2)
        line = 0 if middle - half >= free_from[0] or free_from[0] <= free_from[1] else 1
        free_from[line] = middle + half + 8
        label_y = 12 + 14 * line
        parts.append(_path("marker", [(x, label_y + 4), (x, BOTTOM)]))
        parts.append(_text(middle, label_y, marker.label, kind="note", anchor="middle"))
    return parts


def _band(run: Sequence[Reading], days: _Days, y: _Levels, low: float, high: float) -> str:
    upper = [(days(r.on), y(min(high, _value(r) + r.give_or_take))) for r in run]
    lower = [(days(r.on), y(max(low, _value(r) - r.give_or_take))) for r in run]
    if len(run) == 1 or upper[0][0] == upper[-1][0]:  # one day has no width of its own
        upper = [(x + step, top) for x, top in upper for step in (-5, 5)]
        lower = [(x + step, bottom) for x, bottom in lower for step in (-5, 5)]
    return _path("band", [*upper, *reversed(lower)], close=True)


def _dots_between(left: Reading, right: Reading, days: _Days, y: _Levels) -> str:
    return _path("gap", [(days(left.on), y(_value(left))), (days(right.on), y(_value(right)))])


def _end_labels(known: Sequence[Reading], days: _Days, y: _Levels, unit: str) -> list[str]:
    """The last value beside its dot, and the first above its own if there is room for both."""
    if not known:
        return []
    last = known[-1]
    words = number(_value(last)) + unit
    parts = [_text(days(last.on) + 9, y(_value(last)) + 6, words, kind="value")]
    first = known[0]
    if days(last.on) - days(first.on) > 40:
        rising = y(_value(known[1])) < y(_value(first))
        above = y(_value(first)) + (20 if rising else -10)
        parts.append(_text(days(first.on), above, number(_value(first)), kind="value"))
    return parts


def _one_bar(bar: Bar, middle: float, width: float, y: _Levels) -> list[str]:
    parts = []
    left = middle - width / 2
    if bar.of is not None:
        parts.append(_box("offered", left, y(bar.of), width, BOTTOM - y(bar.of)))
    if bar.value:
        parts.append(_box("bar", left, y(bar.value), width, BOTTOM - y(bar.value)))
    return parts


def _line_summary(
    title: str, known: Sequence[Reading], low: float, high: float, unit: str, matters: Matters | None
) -> str:
    scale = f"{title}, on a scale from {number(low)} to {number(high)}{unit}."
    if not known:
        return f"{scale} Nothing recorded yet."
    first, last = known[0], known[-1]
    if len(known) == 1:
        return f"{scale} One reading: {number(_value(first))}{unit} on {long_date(first.on)}."
    text = (
        f"{scale} {len(known)} readings, from {number(_value(first))}{unit} on {long_date(first.on)} "
        f"to {number(_value(last))}{unit} on {long_date(last.on)}."
    )
    if matters is None:
        return text
    change = _value(last) - _value(first)
    if abs(change) < matters.change:
        return f"{text} That is less than the {number(matters.change)}{unit} that would count as a change."
    side = matters.lower if change < 0 else matters.higher
    return f"{text} That is {side}: {number(matters.change)}{unit} or more counts as a change."


def _bar_summary(
    title: str, ordered: Sequence[Bar], period: str, target: float | None, target_label: str
) -> str:
    known = [bar for bar in ordered if bar.value is not None]
    if not known:
        return f"{title}. Nothing recorded yet."
    last = known[-1]
    count = number(last.value or 0) + (f" of {number(last.of)}" if last.of is not None else "")
    goal = f" ({number(target)} {target_label})" if target is not None else ""
    return f"{title}. {period} {long_date(last.on)}: {count}{goal}. {len(known)} in all."


def _near_left(pitch: float) -> str:
    return "middle" if pitch > 50 else "start"


def _near_right(pitch: float) -> str:
    return "middle" if pitch > 50 else "end"


def _with_unit(title: str, unit: str) -> str:
    return f"{title} ({unit.strip()})" if unit else title


def _nothing_yet() -> str:
    return _text((LEFT + RIGHT) / 2, (TOP + BOTTOM) / 2, "Nothing recorded yet", kind="note", anchor="middle")


def _path(kind: str, points: Sequence[tuple[float, float]], *, close: bool = False) -> str:
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="{kind}" d="M{steps}{"Z" if close else ""}"/>'


def _dots(known: Sequence[Reading], days: _Days, y: _Levels) -> list[str]:
    shown = known if len(known) <= SOME else (known[0], known[-1])
    small = FEW < len(known) <= SOME
    kind, radius = ("dot dot-small", 2) if small else ("dot", 4.5)
    return [
        f'<circle class="{kind}" cx="{days(r.on):.1f}" cy="{y(_value(r)):.1f}" r="{radius}"/>' for r in shown
    ]


def _box(kind: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _text(x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _svg(name: str, title: str, summary: str, tone: Tone, parts: Iterable[str]) -> Svg:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(f"{name!r} is no name for a chart: lower-case letters, digits and hyphens")
    return Svg(
        f'<svg class="chart-svg {tone}" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-labelledby="{name}-title {name}-summary">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-summary">{escape(summary)}</desc>'
        f"{''.join(parts)}</svg>"
    )
