"""The section on measurements: each reading with its error, and what changed since the first."""

from __future__ import annotations

from dataclasses import replace

from django.utils import timezone

from nextposture.interop.report.course import NO_ERROR
from nextposture.interop.report.parts import Block, Figure, Point, Points, Section, Text, drawn
from nextposture.interop.report.record import Record, cite, measured_rows
from nextposture.interop.report.words import date_words, grid, number_words
from nextposture.record import measurements
from nextposture.record.models import Measurement


def measurements_section(record: Record) -> Section:
    found = measured_rows(record)
    if not found:
        return Section("measurements", "Measurements", (Text("Nothing was measured in this time."),))
    rows = []
    for one in found:
        measure = record.known.measures.get(one.measure)
        seen = " ".join(filter(None, (one.model, one.runtime)))
        held = {True: "pelvis held", False: "pelvis not held", None: ""}[one.pelvis_held]
        how = ", ".join(filter(None, (one.get_method_display(), seen, held)))
        name = measure.name if measure is not None else one.measure
        rows.append(
            (
                date_words(one.at),
                f"{name}, {one.side}" if one.side else name,
                _value(record, one),
                f"± {one.error:g}" if one.error is not None else "not known",
                how,
            )
        )
    blocks: list[Block] = []
    moves = []
    for line in _series(record):
        measure, side, values = record.known.measures.get(line.measure), line.side, line.readings
        if measure is None or len(values) < 2:
            continue
        moves.append(_moved(record, line))
        if len(values) < 3:
            continue
        points = [Point(timezone.localdate(one.at), float(one.value or 0), one.error or 0) for one in values]
        low = min(0.0, *(point.value - point.error for point in points))
        high = max(point.value + point.error for point in points)
        title = (
            f"{measure.name}{f', {side}' if side else ''}, {measure.unit} ({values[0].get_method_display()})"
        )
        alt = (
            f"A line over time. {title}: "
            f"from {number_words(points[0].value)} to {number_words(points[-1].value)}. "
            "Each reading has a bar that shows how far it may be off."
        )
        low, high = _round(low, -1), max(_round(high, 1), _round(low, -1) + 10)
        blocks.append(Figure(drawn(points, low=low, high=high), alt, title))
    blocks += grid(
        "From the first to the newest reading, taken in one way",
        ("Measure", "How", "From and to", "Counts from", "Change"),
        moves,
        (4, 3, 5, 3, 4),
    )
    blocks += grid("Newest first", ("Date", "Measure", "Value", "Error", "How"), rows, (2, 4, 3, 2, 5))
    notes = []
    for name in dict.fromkeys(one.measure for one in found):
        measure = record.known.measures.get(name)
        if measure is None:
            continue
        if measure.error is not None:
            notes.append(
                f"{measure.name}: error of one reading ± {measure.error.by_self:g} {measure.unit} "
                f"taken alone, ± {measure.error.clinician:g} by a clinician "
                f"({cite(record, measure.error.source)}). {measure.error.note}".strip()
            )
        else:
            notes.append(f"{measure.name}: no published error is held here, so no change is called real.")
    if any(one.measure == "hip_extension" for one in found):
        notes.append("Hip extension: positive is past straight, negative is short of it.")
    notes.append(
        "Readings taken in different ways, or seen by different models, are not compared with each other."
    )
    return Section("measurements", "Measurements", (*blocks, Points(tuple(notes))))


def latest_measurements(record: Record) -> list[Measurement]:
    latest: dict[tuple[str, str], Measurement] = {}
    for one in measured_rows(record):
        if one.value is not None:
            latest.setdefault((one.measure, one.side), one)
    return list(latest.values())


def measured_words(record: Record, one: Measurement) -> str:
    measure = record.known.measures.get(one.measure)
    name = (measure.name if measure is not None else one.measure) + (f" {one.side}" if one.side else "")
    return f"{name} {_value(record, one)}" + (f" ± {one.error:g}" if one.error is not None else "")


def _value(record: Record, one: Measurement) -> str:
    measure = record.known.measures.get(one.measure)
    if one.value is None:
        return "means nothing"
    return f"{number_words(one.value)} {measure.unit if measure is not None else ''}".strip()


def _series(record: Record) -> list[measurements.Series]:
    """The series of the period, each with its readings of it."""
    found = [
        replace(one, readings=tuple(row for row in one.readings if row.at >= record.since))
        for one in measurements.all_series(record.person)
    ]
    return [one for one in found if one.readings]


def _moved(record: Record, line: measurements.Series) -> tuple[str, ...]:
    measure, moved = record.known.measures[line.measure], measurements.since_first(record.known, line)
    assert moved is not None
    first, last = line.readings[0], line.latest
    if moved.real is None:
        verdict = NO_ERROR
    elif not moved.real:
        verdict = "no real change"
    else:
        verdict = "real and meaningful" if moved.meaningful else "real"
        verdict += ": higher" if moved.by > 0 else ": lower"
    return (
        f"{measure.name}, {line.side}" if line.side else measure.name,
        " ".join(filter(None, (last.get_method_display(), line.model))),
        f"{number_words(moved.before)} ({date_words(first.at)}) to "
        f"{number_words(moved.after)} {measure.unit} ({date_words(last.at)})",
        "not known" if moved.beyond is None else f"{number_words(moved.beyond)} {measure.unit}",
        verdict,
    )


def _round(value: float, up: int) -> float:
    """To the next multiple of 10, up or down."""
    return (-(-value // 10) if up > 0 else value // 10) * 10
