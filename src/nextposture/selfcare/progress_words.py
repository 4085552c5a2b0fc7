"""What the progress page says about ratings: one honest sentence, never more than the numbers hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nextposture.assessment.change import Change
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
            return f"Your pain went {moved}. That is a change people usually notice."
        case "higher":
            return f"Your pain went {moved}. That is clearly more; a check-in now is a good idea."
        case _:
            return f"Your pain went {moved}. That is within its usual ups and downs."


def activity_sentence(change: Change) -> str:
    """One sentence about one activity (10 is as before)."""
    if change.first is None or change.last is None:
        return "Not rated yet."
    if change.verdict == "too_few":
        return f"{_count(change.ratings)} so far; too few to tell."
    moved = f"From {number(change.first)} to {number(change.last)}"
    match change.verdict:
        case "higher":
            return f"{moved}: clearly better."
        case "lower":
            return f"{moved}: clearly worse."
        case _:
            return f"{moved}: too little to call a change."


def _count(ratings: int) -> str:
    return f"{ratings} rating{'' if ratings == 1 else 's'}"


def _span(ratings: Sequence[tuple[date, float]]) -> str:
    weeks = round((ratings[-1][0] - ratings[0][0]).days / 7)
    return f"{weeks} week{'' if weeks == 1 else 's'}"
