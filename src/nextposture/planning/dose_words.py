"""A dose as a person says it: "2 holds of 30 seconds on each side, 5 days a week"."""

from __future__ import annotations

from nextposture.knowledge.items import Item
from nextposture.planning.dosing import Dose

RUNGS = {
    "wall": "against a wall",
    "incline": "hands on a table",
    "knees": "on the knees",
    "full": "on the toes",
    "leg_lift": "on the toes, one leg lifted",
}
"""How each step of the plank's ladder is said."""

NUMBERS = {1: "once", 2: "twice"}


def dose_parts(item: Item, dose: Dose) -> tuple[str, ...]:
    """The dose in a few short parts, in the order they are said; empty for plain information."""
    parts = [_amount(item, dose), _rung(dose), _often(dose)]
    return tuple(part for part in parts if part)


def dose_words(item: Item, dose: Dose) -> str:
    """The dose as one sentence without its full stop; empty for plain information."""
    words = ", ".join(dose_parts(item, dose))
    return words[:1].upper() + words[1:]


def _amount(item: Item, dose: Dose) -> str:
    if dose.interval_min is not None:
        each = f" for {_count(dose.break_min, 'minute')}" if dose.break_min is not None else ""
        return f"get up every {dose.interval_min} minutes{each}"
    if dose.break_min is not None:
        return f"{_count(dose.break_min, 'minute')} at each stop"
    if dose.minutes is not None:
        return f"{_count(dose.minutes, 'minute')} a day"
    if dose.times is not None:
        return "once" if dose.times == 1 else f"{dose.times} times"
    if dose.total_min_day is not None:
        turns = (
            f", in turns of at least {_count(dose.stand_bout_min, 'minute')}" if dose.stand_bout_min else ""
        )
        return f"{_count(dose.total_min_day, 'minute')} of standing a day{turns}"
    if dose.sets is None:
        return ""
    side = " on each side" if item.one_sided else ""
    if dose.reps is None:
        return f"{_count(dose.sets, 'hold')} of {_count(dose.hold_s or 0, 'second')}{side}"
    pause = f", {_count(dose.hold_s, 'second')} each" if dose.hold_s else ""
    return f"{_count(dose.sets, 'set')} of {_count(dose.reps, 'repetition')}{side}{pause}"


def _rung(dose: Dose) -> str:
    return RUNGS.get(dose.rung, dose.rung) if dose.rung else ""


def _often(dose: Dose) -> str:
    days = dose.days_per_week
    if days is None or dose.times is not None:
        return ""
    if days >= 7:
        return "every day"
    return f"{NUMBERS[days]} a week" if days in NUMBERS else f"{days} days a week"


def _count(number: int | None, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
