"""What the camera measured, kept in the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from nextposture import knowledge
from nextposture.knowledge.measure_pages import MeasurePage
from nextposture.motion.results import Result
from nextposture.record import measurements
from nextposture.record.models import Measurement, Person


def keep_result(
    person: Person,
    page: MeasurePage,
    key: UUID,
    result: Result,
    model: str,
    runtime: str,
    now: datetime,
    *,
    method: Measurement.Method = Measurement.Method.CAMERA,
    more: Mapping[str, Any] | None = None,
) -> Measurement | None:
    """Keep what a camera measured, with `more` beside its details; None where nothing was measured.

    Trials that mean nothing because the pelvis was not held are kept without a value: they were done, and
    what they would say stays unknown.
    """
    told = result.as_plain()
    if told["value"] is None and not told["trials"]:
        return None
    detail = {name: told[name] for name in ("quality", "notes", "refusals", "trials", "detail")}
    try:
        return measurements.keep(
            knowledge.load(),
            person,
            key,
            measure=page.measure,
            method=method,
            at=now,
            value=told["value"],
            side=(told["side"] or "") if page.sides else "",
            error=told["error"],
            pelvis_held=told["pelvis_held"],
            model=model,
            runtime=runtime,
            detail={**detail, **(more or {})},
        )
    except measurements.MeasurementError:
        return None
