"""How the report says dates, numbers, answers and sources, and how it makes a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from django.utils import timezone

from nextposture.interop.report.parts import Block, Grid, Text
from nextposture.knowledge import Urgency, Value
from nextposture.knowledge.answers import NOT_APPLICABLE, is_left_open
from nextposture.knowledge.inputs import Input

MOST_ROWS = 40
"""Rows of one table; the newest stay, and a line says how many there are besides."""

URGENCY_WORDS = {
    Urgency.EMERGENCY_NOW: "Emergency: to be seen now",
    Urgency.SAME_DAY: "To be seen the same day",
    Urgency.WITHIN_2_WEEKS: "To be seen within two weeks",
    Urgency.ROUTINE_PHYSIO: "Routine appointment advised",
    Urgency.SELF_CARE: "Self-care",
}
NO = frozenset({"no", "none", "never"})
"""Choices that say no."""
GRADE_WORDS = {"very_low": "very low", "none": "not graded"}


def grid(
    caption: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    widths: tuple[int, ...],
    most: int = MOST_ROWS,
) -> list[Block]:
    """A table of the first `most` rows and a line about the rest; nothing for no rows."""
    if not rows:
        return []
    blocks: list[Block] = [Grid(caption, columns, tuple(tuple(row) for row in rows[:most]), widths)]
    if len(rows) > most:
        blocks.append(Text(f"{len(rows) - most} older rows are left out here; the export has them."))
    return blocks


def says_something(value: Value) -> bool:
    return not (
        value is None or value is False or value in NO or value == NOT_APPLICABLE or is_left_open(value)
    )


def answer_words(question: Input, value: Value) -> str:
    if is_left_open(value):
        return {"dk": "does not know", "pna": "rather not say"}[str(value)]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if question.type == "choice":
        return question.choices.get(str(value), str(value))
    return f"{value:g} {question.unit}".strip() if isinstance(value, (int, float)) else str(value)


def from_to(rows: Sequence[tuple[date, float]]) -> str:
    (start, first), (end, last) = rows[0], rows[-1]
    if len(rows) == 1:
        return f"{number_words(first)} ({day_words(start)})"
    return f"{number_words(first)} ({day_words(start)}) to {number_words(last)} ({day_words(end)})"


def least_words(rows: Sequence[tuple[date, float]]) -> str:
    return number_words(min(value for _, value in rows))


def most_words(rows: Sequence[tuple[date, float]]) -> str:
    return number_words(max(value for _, value in rows))


def number_words(value: float) -> str:
    """With one decimal at most, and a real minus sign."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("-", "−")


def middle_words(values: Iterable[int | None]) -> str:
    told = [value for value in values if value is not None]
    return f"{median(told):g}" if told else "not told"


def count_words(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def monday_of(on: date) -> date:
    return on - timedelta(days=on.weekday())


def date_words(at: datetime) -> str:
    return day_words(timezone.localdate(at))


def day_words(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
