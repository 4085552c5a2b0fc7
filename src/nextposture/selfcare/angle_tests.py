"""The modified Thomas test by phone or goniometer, from what was sent or typed to the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from nextposture import knowledge
from nextposture.knowledge.measure_pages import SIDES
from nextposture.knowledge.phone import Instrument, phone_table
from nextposture.motion.inclinometer import Go, thomas_by_hand
from nextposture.record import measurements
from nextposture.record.models import Measurement, Person


class ReadingError(ValueError):
    """Goes that cannot be kept; the message says what to change."""


def goes_of(told: Mapping[str, Any]) -> dict[str, list[Go]]:
    """The goes of each side from what a phone's page sent. Raises ReadingError for anything else."""
    found: dict[str, list[Go]] = {}
    goes = told.get("goes")
    most = phone_table().level.goes
    for go in goes if isinstance(goes, list) else ():
        if not isinstance(go, dict):
            raise ReadingError("This is no reading.")
        side, thigh, flat = go.get("side"), go.get("thigh"), go.get("flat")
        if side not in SIDES or not (flat is None or isinstance(flat, bool)):
            raise ReadingError("This is no reading.")
        if not isinstance(thigh, int | float) or isinstance(thigh, bool) or not abs(thigh) <= 180:
            raise ReadingError("This is no reading.")
        found.setdefault(side, []).append(Go(float(thigh), flat))
    if not found or any(len(of_side) > most for of_side in found.values()):
        raise ReadingError(f"Send from one to {most} goes of a side.")
    return found


def key_of(told: Mapping[str, Any]) -> UUID:
    """The key that a phone's page gave its reading. Raises ReadingError if it is none."""
    try:
        return UUID(str(told.get("key")))
    except ValueError:
        raise ReadingError("This is no reading.") from None


def keep_goes(
    person: Person,
    instrument: Instrument,
    key: UUID,
    goes: Mapping[str, Sequence[Go]],
    at: datetime,
    wanted: int = 1,
) -> list[Measurement]:
    """Keep the goes of each side as one measurement; the same `key` again changes nothing.

    Goes without a flat back are kept without a value: they were done, and what they would say stays unknown.
    Raises ReadingError, and keeps none, if an angle cannot be.
    """
    known = knowledge.load()
    kept = []
    low, high = limits()
    if any(not low <= go.thigh <= high for of_side in goes.values() for go in of_side):
        raise ReadingError(
            f"A thigh hangs from {-low:g} degrees above level to {high:g} below. Check which way it was read."
        )
    for side, of_side in goes.items():
        assert side in SIDES
        told = thomas_by_hand(side, of_side, wanted).as_plain()  # type: ignore[arg-type]
        value = told["value"] if told["value"] is not None else told["detail"]["thigh_mean"]
        kept.append(
            measurements.keep(
                known,
                person,
                uuid5(key, side),
                measure=told["measure"],
                method=Measurement.Method(instrument.method),
                at=at,
                value=value,  # which `keep` moves aside where the back was not flat
                side=side,
                pelvis_held=told["pelvis_held"],
                model=instrument.model,
                detail={name: told[name] for name in ("quality", "notes", "refusals", "trials")},
            )
        )
    return kept


def limits() -> tuple[float, float]:
    """Degrees below level that a thigh can hang, least and most."""
    known = knowledge.load()
    name = known.measures[measurements.HIP].input
    assert name is not None
    return known.inputs[name].limits
