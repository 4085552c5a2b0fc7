"""How much of each item a new plan starts with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.items import Item, Span
from nextposture.screening.logic import Facts, holds

STRENGTH_FAMILIES = ("BRIDGE", "CORE", "LEG")


@dataclass(frozen=True)
class Dose:
    """How much and how often; a field is None where it does not apply.

    `sets` are per side for one-sided exercises; `hold_s` and `rest_s` are seconds; names that end in `min`,
    and `minutes`, are minutes; `days_per_week` is on how many days of a week the item is done; `rung` is the
    step of the exercise's ladder.
    """

    sets: int | None = None
    reps: int | None = None
    hold_s: int | None = None
    rest_s: int | None = None
    days_per_week: int | None = None
    interval_min: int | None = None
    break_min: int | None = None
    minutes: int | None = None
    stand_bout_min: int | None = None
    total_min_day: int | None = None
    times: int | None = None
    rung: str | None = None


def start_doses(knowledge: Knowledge, answers: Answers, items: Sequence[Item]) -> dict[str, Dose]:
    """The start dose of each item, by its id.

    Strength starts at the table's weekly sets for each family, dealt out over the family's exercises one
    session at a time, so that a family with two exercises starts no higher than one with one.
    """
    days = _strength_days(knowledge, items)
    return {item.id: _dose(knowledge, answers, item, days.get(item.id)) for item in items}


def _dose(knowledge: Knowledge, answers: Answers, item: Item, strength_days: int | None) -> Dose:
    spans = dict(item.dose)
    if item.family == "STRETCH":
        stretch = knowledge.plan.dosing.stretch
        spans = {
            "hold_s": stretch.hold_s,
            "sets": stretch.sets,
            "days_per_week": stretch.days_per_week,
            **spans,
        }
    start = {unit: round(span.start) for unit, span in spans.items()}
    rung = None
    if strength_days is not None:
        start["days_per_week"] = strength_days
        start["rest_s"] = round(knowledge.plan.dosing.strength.rest_s.start)
    if item.ladder:
        rule = knowledge.plan.dosing.plank_rung
        rung = rule.gentler if holds(rule.gentler_when, Facts(answers)) else rule.start
    return Dose(**start, rung=rung)


def _strength_days(knowledge: Knowledge, items: Iterable[Item]) -> dict[str, int]:
    strength = knowledge.plan.dosing.strength
    days: dict[str, int] = {}
    for family in STRENGTH_FAMILIES:
        members = [item for item in items if item.family == family]
        days |= _deal(
            {item.id: round(item.dose["sets"].start) for item in members},
            target=strength.weekly_sets_per_family,
            most=round(strength.sessions_per_week.start),
        )
    return days


def _deal(sets: dict[str, int], target: Span, most: int) -> dict[str, int]:
    """Days a week for each exercise: everyone gets one, then one more in turn until the target is met."""
    days = dict.fromkeys(sets, 1)
    while sets and sum(sets[name] * days[name] for name in sets) < target.start:
        name = min(sets, key=lambda one: days[one])
        if days[name] >= most:
            break
        days[name] += 1
    return days
