"""What a measurement came to: value, error band, quality, and whether it differs from the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nextposture.knowledge import load
from nextposture.knowledge.measures import Norm
from nextposture.motion.sight import Side

Quality = Literal["good", "fair", "poor", "none"]
Verdict = Literal["higher", "lower", "no_change", "unknown"]
_RANK: tuple[Quality, ...] = ("good", "fair", "poor", "none")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to know about a result: a reason for its quality, or for there being none."""

    id: str
    text: str

    def as_plain(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {"id": self.id, "text": self.text}


@dataclass(frozen=True)
class Result:
    """One measurement. `value` is None where there are `refusals`, and for walking; `error` is half the band.

    `measure` names the row of measures.yaml (None for walking, which has no number). `trials`, `detail` and
    `series` hold plain values: degrees, seconds.
    """

    test: str
    measure: str | None
    side: Side | None
    value: float | None
    unit: str
    error: float | None
    quality: Quality
    notes: tuple[Remark, ...] = ()
    refusals: tuple[Remark, ...] = ()
    pelvis_held: bool | None = None
    trials: tuple[Mapping[str, Any], ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)
    series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "test": self.test,
            "measure": self.measure,
            "side": self.side,
            "value": None if self.value is None else round(self.value, 1),
            "unit": self.unit,
            "error": None if self.error is None else round(self.error, 1),
            "quality": self.quality,
            "notes": [note.as_plain() for note in self.notes],
            "refusals": [refusal.as_plain() for refusal in self.refusals],
            "pelvis_held": self.pelvis_held,
            "trials": [dict(trial) for trial in self.trials],
            "detail": dict(self.detail),
            "series": {name: list(values) for name, values in self.series.items()},
        }


def worst(*qualities: Quality) -> Quality:
    """The lowest of several qualities."""
    return max(qualities, key=_RANK.index)


@dataclass(frozen=True)
class Difference:
    """How a result compares with the last: `by` how much, and how much is `needed` to mean anything."""

    verdict: Verdict
    by: float | None
    needed: float | None
    text: str


def compare(
    measure: str,
    value: float | None,
    error: float | None,
    previous_value: float | None,
    previous_error: float | None,
) -> Difference:
    """Whether a value differs from the previous one of the same measure, side, method and model.

    A change counts from the `real` change of measures.yaml where it has one, else beyond the wider of the two
    bands. Where it is not known how much a measure varies from day to day, the verdict is unknown. Raises
    KeyError for an unknown measure.
    """
    row = load().measures[measure]
    if value is None or previous_value is None:
        return Difference("unknown", None, None, "There is nothing to compare it with yet.")
    by = value - previous_value
    if row.real is not None:
        needed, counts = row.real.points, abs(by) >= row.real.points
    elif row.error is not None and error is not None and previous_error is not None:
        needed = max(error, previous_error)
        counts = abs(by) > needed
    else:
        return Difference(
            "unknown", by, None, "How much this varies from one day to the next is not known well enough."
        )
    if not counts:
        text = f"No difference that one can tell: it would take {needed:g} {row.unit} or more."
        return Difference("no_change", by, needed, text)
    more: Verdict = "higher" if by > 0 else "lower"
    text = f"{abs(by):.0f} {row.unit} {more} than last time, which is more than the error of measuring."
    return Difference(more, by, needed, text)


def norms_for(measure: str, age: int | None, sex: str | None) -> tuple[Norm, ...]:
    """The norms of a measure that were sampled in people of this age and sex; those without either count not.

    Raises KeyError for an unknown measure.
    """

    def fits(norm: Norm) -> bool:
        if norm.ages is None or age is None or not norm.ages[0] <= age <= norm.ages[1]:
            return False
        return norm.sex is None or norm.sex == sex

    return tuple(norm for norm in load().measures[measure].norms if fits(norm))
