"""What a report is made of: sections of paragraphs, lists, tables and figures, the same for HTML and PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from html import escape
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str
    kind: str = field(default="text", init=False)


@dataclass(frozen=True)
class Points:
    """A list of short lines."""

    points: tuple[str, ...]
    kind: str = field(default="points", init=False)


@dataclass(frozen=True)
class Grid:
    """A table. The first column names its row; `widths` are the columns' shares of the width in print."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]
    kind: str = field(default="grid", init=False)


@dataclass(frozen=True)
class Figure:
    """A drawing with what it shows in words; `share` of the usual width is what it takes in print."""

    svg: str
    alt: str
    caption: str
    share: float = 1.0
    kind: str = field(default="figure", init=False)


Block = Text | Points | Grid | Figure


@dataclass(frozen=True)
class Section:
    """One heading and what stands under it. `id` makes the address within the page."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """The whole report. `made_on` is the day, `period` the time it looks at, in words."""

    title: str
    made_on: str
    period: str
    foot: str
    sections: tuple[Section, ...]

    def as_plain(self) -> dict[str, Any]:
        """Plain values, for the typesetter."""
        return asdict(self)


@dataclass(frozen=True)
class Point:
    """One value on one day; `error` is half the width of its band."""

    on: date
    value: float
    error: float = 0.0


# User units of the drawing.
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 400, 150, 34, 356, 16, 122


def drawn(points: Sequence[Point], *, low: float, high: float, marks: Sequence[tuple[date, str]] = ()) -> str:
    """Values over time as SVG in the colour of the text around it, with error bars and days of change.

    `points` are in order of their days and not empty; values outside `low` to `high` are cut off.
    """
    first, last = points[0].on, points[-1].on
    days = max((last - first).days, 1)

    def x(on: date) -> float:
        return (
            (LEFT + RIGHT) / 2 if first == last else LEFT + 8 + (RIGHT - LEFT - 16) * (on - first).days / days
        )

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (min(max(value, low), high) - low) / (high - low)

    parts = [f'<path d="M{LEFT} {BOTTOM}H{RIGHT}" stroke-width="1"/>']
    for level in (low, high):
        parts.append(_words(LEFT - 8, y(level) + 4, f"{level:g}".replace("-", "−"), "end"))
    for on, label in marks:
        if first <= on <= last:
            parts.append(
                f'<path d="M{x(on):.1f} {TOP}V{BOTTOM}" stroke-width="0.75" stroke-dasharray="3 3"/>'
            )
            if label:
                parts.append(_words(min(x(on) + 4, RIGHT - 40), TOP - 3, label, "start"))
    for left, right in pairwise(points):
        parts.append(
            f'<path d="M{x(left.on):.1f} {y(left.value):.1f}L{x(right.on):.1f} {y(right.value):.1f}" '
            'stroke-width="1.5"/>'
        )
    for one in points:
        if one.error:
            parts.append(
                f'<path d="M{x(one.on):.1f} {y(one.value - one.error):.1f}V{y(one.value + one.error):.1f}" '
                'stroke-width="3" stroke-opacity="0.35"/>'
            )
        if len(points) <= 60 or one in (points[0], points[-1]):
            parts.append(
                f'<circle cx="{x(one.on):.1f}" cy="{y(one.value):.1f}" r="2.5" fill="currentColor"/>'
            )
    parts.append(
        _words(
            x(last) + 8,
            y(points[-1].value) + 4,
            f"{points[-1].value:.1f}".removesuffix(".0").replace("-", "−"),
            "start",
        )
    )
    parts.append(_words(LEFT, HEIGHT - 8, _day(first), "start"))
    if first != last:
        parts.append(_words(RIGHT, HEIGHT - 8, _day(last), "end"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" fill="none" stroke="currentColor" aria-hidden="true" focusable="false">'
        f"{''.join(parts)}</svg>"
    )


def _words(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" font-family="sans-serif" '
        f'fill="currentColor" stroke="none">{escape(text)}</text>'
    )


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
