"""Measurements: kept once each, read back as series that can be compared, and as answers to the assessment.

Readings are comparable only within one measure, side, method and model: a series holds nothing else.
Whether a change in one counts is decided by `assessment.change`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from nextposture.assessment.change import Moved, change_table, moved
from nextposture.assessment.measured import Measured, answers_of
from nextposture.knowledge import Knowledge, Value
from nextposture.knowledge.measures import Measure
from nextposture.record.models import Measurement, Person

HIP = "hip_extension"
SIDES = (Measurement.Side.LEFT.value, Measurement.Side.RIGHT.value)

# Who takes a reading, by its method: the error of a measure is stated by that.
_TAKEN_BY = {
    Measurement.Method.GONIOMETER: "clinician",
    Measurement.Method.CALL: "helper",
}


class MeasurementError(ValueError):
    """A measurement that cannot be kept; the message says what to change."""


@dataclass(frozen=True)
class Series:
    """The readings of one measure and side, taken in one way and seen by one model, oldest first.

    Every one has a value.
    """

    measure: str
    side: str
    method: str
    model: str
    readings: tuple[Measurement, ...]

    @property
    def latest(self) -> Measurement:
        """The newest reading."""
        return self.readings[-1]


# ---- Keeping


@transaction.atomic
def keep(
    knowledge: Knowledge,
    person: Person,
    key: UUID,
    *,
    measure: str,
    method: str,
    at: datetime,
    value: float | None,
    side: str = "",
    error: float | None = None,
    pelvis_held: bool | None = None,
    model: str = "",
    runtime: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Measurement:
    """Keep one measurement; the same `key` a second time changes nothing, not even one that was taken out.

    `value` is in the unit of the measure. Without `error` the table's is kept, if it states one. A value that
    means nothing because the pelvis was not held is moved to `detail["not_counted"]`, so that no page can
    take it for a result. Raises MeasurementError for an unknown measure, side or method, or a value that
    cannot be.
    """
    known = Measurement.objects.filter(person=person, key=key).first()
    if known is not None:
        return known
    row = _measure(knowledge, measure)
    if side not in ("", *SIDES):
        raise MeasurementError(f"side must be left or right, or empty, not {side!r}")
    if method not in Measurement.Method.values:
        raise MeasurementError(f"method must be one of {', '.join(Measurement.Method.values)}")
    kept = dict(detail or {})
    if value is not None:
        _check(knowledge, row, value)
    if value is not None and row.needs is not None and pelvis_held is not True:
        kept["not_counted"] = value
        value = None
    return Measurement.objects.create(
        person=person,
        key=key,
        measure=measure,
        side=side,
        method=method,
        at=at,
        value=value,
        error=error if error is not None else stated_error(row, method),
        pelvis_held=pelvis_held,
        model=model,
        runtime=runtime,
        detail=kept,
    )


def take_out(person: Person, key: UUID, now: datetime) -> None:
    """Count this measurement no longer; it keeps its key, so that it does not come back."""
    Measurement.objects.filter(person=person, key=key, dropped_at=None).update(dropped_at=now)


def stated_error(measure: Measure, method: str) -> float | None:
    """Half the width of a reading's band by the table, in the measure's unit; None where none is stated."""
    if measure.error is None:
        return None
    by = {"clinician": measure.error.clinician, "helper": measure.error.helper}
    return by.get(_TAKEN_BY.get(Measurement.Method(method), "self"), measure.error.by_self)


# ---- Series


def series(person: Person, measure: str, side: str = "") -> tuple[Series, ...]:
    """The series of a measure and side, the one with the newest reading last; empty for none."""
    rows = Measurement.objects.filter(
        person=person, measure=measure, side=side, value__isnull=False, dropped_at=None
    )
    return _series(rows)


def all_series(person: Person) -> tuple[Series, ...]:
    """Every series there is, the one with the newest reading last."""
    rows = Measurement.objects.filter(person=person, value__isnull=False, dropped_at=None)
    return _series(rows.defer("key", "detail", "runtime", "pelvis_held", "dropped_at"))


def _series(rows: Iterable[Measurement]) -> tuple[Series, ...]:
    apart: dict[tuple[str, str, str, str], list[Measurement]] = {}
    for one in rows:
        apart.setdefault((one.measure, one.side, one.method, one.model), []).append(one)
    found = [Series(*key, tuple(readings)) for key, readings in apart.items()]
    return tuple(sorted(found, key=lambda one: (one.latest.at, one.latest.pk)))


def latest(person: Person, measure: str, side: str = "") -> Measurement | None:
    """The newest reading with a value, by whatever method; None if there is none."""
    found = series(person, measure, side)
    return found[-1].latest if found else None


def hip_extension(person: Person) -> dict[str, Measurement]:
    """The newest hip extension of each side that has one, in degrees past straight."""
    found = {side: latest(person, HIP, side) for side in SIDES}
    return {side: one for side, one in found.items() if one is not None}


def since_last(knowledge: Knowledge, one: Series) -> Moved | None:
    """How the newest reading differs from the one before it in its series; None for a single reading."""
    if len(one.readings) < 2:
        return None
    return _moved(knowledge, one.readings[-2], one.latest)


def since_first(knowledge: Knowledge, one: Series) -> Moved | None:
    """How the newest reading differs from the first of its series; None for a single reading."""
    if len(one.readings) < 2:
        return None
    return _moved(knowledge, one.readings[0], one.latest)


def _moved(knowledge: Knowledge, before: Measurement, after: Measurement) -> Moved:
    assert before.value is not None
    assert after.value is not None
    errors = [error for error in (before.error, after.error) if error is not None]
    band = max(errors) if len(errors) == 2 else None
    return moved(_measure(knowledge, after.measure), before.value, after.value, band)


# ---- As answers


def as_answers(
    knowledge: Knowledge, person: Person, now: datetime, since: datetime | None
) -> dict[str, Value]:
    """What measurements taken after `since` (None: ever) answer of the assessment's questions.

    Readings older than `change.yaml` lets them hold answer nothing. Of each measure the way of measuring that
    has the newest reading with a value is used alone.
    """
    return _answers(knowledge, _that_hold(person.pk, now), since)


def with_measured(
    knowledge: Knowledge, person: int, answers: Mapping[str, Value], told_at: datetime, now: datetime
) -> dict[str, Value]:
    """Answers given at `told_at`, with what was measured: a later reading counts instead of what was told.

    An earlier one counts where nothing was told of its measure. `person` is the key of their row.
    """
    rows = _that_hold(person, now)
    later, earlier = _answers(knowledge, rows, told_at), _answers(knowledge, rows, None)
    for measure in knowledge.measures.values():
        names = [name for name in (measure.input, measure.needs) if name is not None]
        if any(answers.get(name) is not None for name in names):
            earlier = {name: value for name, value in earlier.items() if name not in names}
    return {**answers, **earlier, **later}


def _that_hold(person: int, now: datetime) -> list[Measurement]:
    first = now - timedelta(weeks=change_table().measurement_holds.weeks)
    return list(Measurement.objects.filter(person=person, dropped_at=None, at__gte=first))


def _answers(knowledge: Knowledge, rows: Sequence[Measurement], since: datetime | None) -> dict[str, Value]:
    ways: dict[str, Measurement] = {}
    for one in rows:
        if one.value is not None or one.measure not in ways or ways[one.measure].value is None:
            ways[one.measure] = one
    readings = {
        (one.measure, one.side): Measured(one.measure, one.side, one.value, one.pelvis_held)
        for one in rows
        if _same_way(one, ways[one.measure]) and (since is None or ways[one.measure].at > since)
    }
    return answers_of(knowledge, readings.values())


def _same_way(one: Measurement, other: Measurement) -> bool:
    same = (one.method, one.model) == (other.method, other.model)
    return same and (one.value is None) == (other.value is None)


def _measure(knowledge: Knowledge, name: str) -> Measure:
    if name not in knowledge.measures:
        raise MeasurementError(f"there is no measure {name!r}; known are {', '.join(knowledge.measures)}")
    return knowledge.measures[name]


def _check(knowledge: Knowledge, measure: Measure, value: float) -> None:
    low, high = knowledge.inputs[measure.input].limits if measure.input else (0.0, 1e6)
    if not low <= value <= high:
        raise MeasurementError(f"{measure.name}: {value:g} is not from {low:g} to {high:g} {measure.unit}")
