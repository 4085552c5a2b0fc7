"""What a measurement says: what we saw, how sure we are, what it does not mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextposture.assessment.change import Moved
from nextposture.knowledge import Knowledge
from nextposture.knowledge.measure_pages import MeasurePage
from nextposture.knowledge.measures import Measure, Norm
from nextposture.knowledge.phone import phone_table
from nextposture.motion.results import norms_for
from nextposture.record.measurements import HIP
from nextposture.record.models import Measurement
from nextposture.selfcare.charts import number


@dataclass(frozen=True)
class Reading:
    """A measurement in words. `since` compares it with the one before it in its series, if there is one."""

    saw: str
    sure: str
    not_mean: str
    since: str
    norms: tuple[Norm, ...]


def reading(
    known: Knowledge, page: MeasurePage, kept: Measurement, since: Moved | None, person: Mapping[str, object]
) -> Reading:
    """The words for one measurement; `person` are answers that say age and sex, where they were given."""
    measure = known.measures[page.measure]
    age, sex = person.get("age_years"), person.get("sex")
    norms: tuple[Norm, ...] = ()
    if kept.value is not None:
        norms = norms_for(
            measure.id, age if isinstance(age, int) else None, sex if isinstance(sex, str) else None
        )
    return Reading(
        _saw(measure, kept),
        _sure(measure, kept),
        _not_mean(page, kept),
        change_in_words(measure, since),
        norms,
    )


def in_words(measure: Measure, value: float) -> str:
    """A value with its unit: degrees of hip extension from straight, whole seconds, or a count."""
    if measure.id == HIP:
        shown = number(round(abs(value)))
        if shown == "0":
            return "about straight"
        return f"{shown} degrees {'past' if value > 0 else 'short of'} straight"
    return _with_unit(measure, number(round(value)))


def _with_unit(measure: Measure, shown: str) -> str:
    unit = {"1": {"times": "time", "seconds": "second"}}.get(shown, {}).get(measure.unit, measure.unit)
    return f"{shown} {unit}"


def _not_mean(page: MeasurePage, kept: Measurement) -> str:
    if kept.method == Measurement.Method.PHONE:
        return phone_table().not_mean
    if kept.method == Measurement.Method.GONIOMETER:
        return phone_table().not_mean_goniometer
    return page.not_mean


def _saw(measure: Measure, kept: Measurement) -> str:
    side = {"left": "Your left side", "right": "Your right side"}.get(kept.side, "You")
    if kept.value is None:
        if kept.pelvis_held is False:
            return "Your lower back was not flat, so this reading is left open."
        return "You could not tell whether your lower back was flat, so this reading is left open."
    shown = in_words(measure, kept.value)
    if measure.id == HIP:
        where = " Below straight on this reading." if kept.value < 0 else ""
        return f"{side}: the thigh came to {shown}.{where}"
    return f"{side}: {shown}."


def _sure(measure: Measure, kept: Measurement) -> str:
    notes = " ".join(note["text"] for note in kept.detail.get("notes", ()))
    if kept.value is None:
        why = "Without a flat lower back the angle says nothing: the pelvis tips and the thigh drops with it."
    elif kept.error is None:
        why = "How far one reading can be off is not known."
    else:
        low, high = kept.value - kept.error, kept.value + kept.error
        fine = kept.error < 1  # whole seconds would make both ends the same
        ends = [_with_unit(measure, number(end)) if fine else in_words(measure, end) for end in (low, high)]
        why = f"{error_in_words(measure, kept).capitalize()}: anything from {ends[0]} to {ends[1]}."
    return f"{why} {notes}".strip()


def error_in_words(measure: Measure, kept: Measurement) -> str:
    """The band around a reading, or "" where it is not known."""
    return "" if kept.error is None else f"give or take {_with_unit(measure, band_number(kept.error))}"


def band_number(error: float) -> str:
    """Half the width of a band, whole; a band of less than 1 keeps its decimal, as it is never nothing."""
    return number(round(error) if error >= 1 else error)


def change_in_words(measure: Measure, since: Moved | None) -> str:
    """Whether a reading differs from the one before it; "" without one."""
    if since is None:
        return ""
    shown = f"{number(round(abs(since.by)))} {measure.unit}"
    if since.real is None:
        return f"Last time differs by {shown}; whether that is more than chance is not known."
    if not since.real:
        return f"Last time differs by {shown}. A reading can be off by as much, so it tells no change."
    more = "more" if since.by > 0 else "less"
    return f"That is {shown} {more} than last time. A reading is not off by as much."
