"""What the progress page says about ratings: one honest sentence, never more than the numbers hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nextposture.assessment.change import Change, Moved
from nextposture.selfcare.charts import number


def pain_sentence(change: Change, ratings: Sequence[tuple[date, float]]) -> str:
    """The sentence on top of the page, about pain on average."""
    if change.first is None or change.last is None:
        return "Nothing rated yet."
    if change.verdict == "too_few":
        return f"{_count(change.ratings)} so far; too few to tell."
    span = _span(ratings)
    moved = f"from {number(change.first)} to {number(change.last)} in {span}"
    match change.verdict:
        case "lower":
            return f"Your pain went {moved}. That is a meaningful change: one that people usually notice."
        case "higher":
            return (
                f"Your pain went {moved}. That is clearly more, a meaningful change for the worse; "
                "a check-in now is a good idea."
            )
        case _ if change.real:
            return (
                f"Your pain went {moved}. That is a real change, more than measurement error, "
                "but smaller than what people call meaningful."
            )
        case _:
            return f"Your pain went {moved}. That is no real change: it is within its usual ups and downs."


def activity_sentence(change: Change) -> str:
    """One sentence about one activity (10 is as before)."""
    if change.first is None or change.last is None:
        return "Not rated yet."
    if change.verdict == "too_few":
        return f"{_count(change.ratings)} so far; too few to tell."
    moved = f"From {number(change.first)} to {number(change.last)}"
    match change.verdict:
        case "higher":
            return f"{moved}: a real change for the better."
        case "lower":
            return f"{moved}: a real change for the worse."
        case _:
            return f"{moved}: no real change; it is within measurement error."


def measured_sentence(moved: Moved | None, unit: str) -> str:
    """One sentence about a series of measurements, from its first reading to the newest."""
    if moved is None:
        return "One reading; a second one, taken in the same way, can show a change."
    span = f"From {number(moved.before)} to {number(moved.after)} {unit}"
    if moved.real is None:
        return f"{span}. How far such readings are off is not known, so nobody can say whether that is real."
    limit = f"{number(moved.beyond or 0)} {unit}"
    if moved.real:
        return f"{span}: a real change, beyond the {limit} by which readings may be off."
    return f"{span}: no real change; readings may be off by {limit}."


def _count(ratings: int) -> str:
    return f"{ratings} rating{'' if ratings == 1 else 's'}"


def _span(ratings: Sequence[tuple[date, float]]) -> str:
    weeks = round((ratings[-1][0] - ratings[0][0]).days / 7)
    return f"{weeks} week{'' if weeks == 1 else 's'}"
