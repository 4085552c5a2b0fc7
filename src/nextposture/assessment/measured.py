"""From readings of measurements to answers of the assessment: what a reading cannot tell is left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nextposture.knowledge import Knowledge, Value
from nextposture.knowledge.conditions import inputs_of
from nextposture.screening.logic import TRUE, Facts, evaluate


@dataclass(frozen=True)
class Measured:
    """One reading: `value` in the measure's unit, None where it means nothing; `side` left, right or ""."""

    measure: str
    side: str
    value: float | None
    pelvis_held: bool | None = None


def answers_of(knowledge: Knowledge, readings: Iterable[Measured]) -> dict[str, Value]:
    """The answers that the readings give, at most one reading for each measure and side.

    A question asks for the worse side. One side alone answers it only where that side already makes a factor
    present: the other could not take that back, but it could be worse than a good one. Without the pelvis
    held a reading answers only that.
    """
    by_measure: dict[str, list[Measured]] = {}
    for one in readings:
        by_measure.setdefault(one.measure, []).append(one)
    answers: dict[str, Value] = {}
    for name, found in by_measure.items():
        measure = knowledge.measures.get(name)
        if measure is None or measure.input is None:
            continue
        meant = [one for one in found if one.value is not None]
        if measure.needs is not None:
            meant = [one for one in meant if one.pelvis_held is True]
            if meant or any(one.pelvis_held is False for one in found):
                answers[measure.needs] = bool(meant)
        value = _worst(knowledge, measure.input, measure.needs, meant)
        if value is not None:
            answers[measure.input] = value
    return answers


def _worst(knowledge: Knowledge, name: str, needs: str | None, meant: Sequence[Measured]) -> float | None:
    if not meant:
        return None
    worst = min(one.value for one in meant if one.value is not None)
    one_side = {one.side for one in meant} in ({"left"}, {"right"})
    if one_side and not _settles(knowledge, name, needs, worst):
        return None
    return worst


def _settles(knowledge: Knowledge, name: str, needs: str | None, value: float) -> bool:
    """Whether a reading of one side makes a factor present, so that the other side cannot change it."""
    answers: dict[str, Value] = {name: value, **({needs: True} if needs else {})}
    facts = Facts(answers, references=knowledge.factors.references)
    return any(
        evaluate(factor.present, facts) is TRUE
        for factor in knowledge.factors.factors
        if name in inputs_of(factor.present, {})
    )
