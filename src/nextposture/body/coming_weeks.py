"""What the coming weeks could do to the length of iliopsoas: sitting as it is, with breaks, with stretching.

Nobody has followed human psoas fibres over time, so length over weeks is a hypothesis throughout (see
`adaptation`). Measured in people is how much further a hip extends after weeks of stretching; how much of
that is length comes from the calibration. NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nextposture.body import anatomy
from nextposture.body.adaptation_table import Constant, constants
from nextposture.body.estimate import (
    HipReading,
    Interval,
    believe,
    interval,
    spread_evenly,
)
from nextposture.body.person import OutOfRangeError, Person
from nextposture.body.posterior import (
    LEVELS,
    MOST,
    SHORTER,
    Floats,
    along,
    answers,
    posterior,
    shortening_for,
)
from nextposture.body.uncertain import uncertain

WEEKS = 12
SLEEP, REFERENCE_HOURS = (constants()[name].value for name in ("reference_lying", "reference_sitting"))
"""Hours of lying in a day, and of sitting in the day that keeps the length (`reference_day` of
`adaptation`)."""
BREAK_EVERY_MIN, BREAK_MIN = 30.0, 3.0
"""What breaks are when nothing is said: standing or walking for 3 minutes every 30
(knowledge/tables/breaks.yaml)."""
TAKEN = 4
"""Every so manieth row of the estimate is followed over the weeks."""
CURVE = MOST * np.array([0.25, 0.5, 0.75, 1.0])

Name = Literal["as it is", "with breaks", "with stretching"]


@dataclass(frozen=True)
class Evidence:
    """What a band rests on: measured in people, or a hypothesis."""

    quantity: str
    kind: Literal["hypothesis", "measured in people"]
    says: str
    source: str


@dataclass(frozen=True)
class Course:
    """One way to spend the weeks, an interval a week from week 0: shortening (fraction), change of hip
    extension (deg) and of L4/5 compression standing (percent of the unshortened self's) against week 0."""

    name: Name
    weeks: tuple[int, ...]
    shortening: tuple[Interval, ...]
    hip_extension_change_deg: tuple[Interval, ...]
    compression_percent: tuple[Interval, ...]
    evidence: tuple[Evidence, ...]


def _source(row: Constant) -> str:
    known = anatomy.sources().get(row.source)
    return known.text if known else row.source


def _evidence(name: Name) -> tuple[Evidence, ...]:
    table = constants()
    length = Evidence(
        "length of psoas and iliacus",
        "hypothesis",
        "nobody has measured human psoas fibres over time; "
        "that sitting does nothing to them is inside the band",
        _source(table["share_taken_up"]),
    )
    if name != "with stretching":
        return (length,)
    gained = Evidence(
        "hip extension",
        "measured in people",
        "people with short hip flexors gained about 13 degrees in 6 weeks of daily stretching; "
        "others gain less, and part of it is getting used to the stretch",
        _source(table["stretch_most_degrees"]),
    )
    return length, gained


def mean_length(sitting: Floats, breaks: Floats) -> Floats:
    """(n) mean working length, fibre over optimal, of days with so many hours of sitting, of which `breaks`
    are spent standing."""
    length = posterior().working_length
    sat = sitting - breaks
    stood = 24.0 - SLEEP - sat
    lying, sitting_length = length["lying_supine"], length["sitting_unsupported"]
    return np.asarray((SLEEP * lying + sat * sitting_length + stood * length["standing"]) / 24.0)


def _between(row: Constant, share: Floats, logarithm: bool = False) -> Floats:
    if logarithm:
        return np.asarray(row.low * (row.high / row.low) ** share)
    return np.asarray(row.low + (row.high - row.low) * share)


def coming_weeks(
    person: Person,
    right: HipReading | None = None,
    left: HipReading | None = None,
    sitting_hours: float = 8.0,
    stretch_seconds_per_week: float = 600.0,
    break_every_min: float = BREAK_EVERY_MIN,
    break_min: float = BREAK_MIN,
) -> tuple[Course, Course, Course]:
    """The three courses over 12 weeks: `sitting_hours` a day as it is; with a break of `break_min` minutes
    every `break_every_min` of them; and as it is with stretching for `stretch_seconds_per_week` (both sides
    together count once).

    How far someone has already adapted to their sitting is not known: anywhere from not at all to wholly.
    Raises OutOfRangeError for hours above 16, or a negative dose.
    """
    if not 0.0 <= sitting_hours <= 24.0 - SLEEP:
        raise OutOfRangeError(
            f"sitting {sitting_hours:g} is outside 0 to {24.0 - SLEEP:g} h: "
            "8 hours of the day are taken as lying"
        )
    if stretch_seconds_per_week < 0.0 or break_min < 0.0 or break_every_min <= break_min:
        raise OutOfRangeError("a dose of stretching or breaks is outside 0 and more: time cannot be negative")
    held = believe(person, right, left, sitting_hours)
    rows = slice(0, None, TAKEN)
    weight = held.weight[rows] / held.weight[rows].sum()
    theta, start = held.theta[rows], held.shortening[rows]
    extension = np.repeat(posterior().extension, len(held.theta) // len(posterior().draws), axis=0)[rows]
    rise = _rise_curve(theta, held.scale)
    before = along(extension, start), along(rise, start)
    weeks = np.arange(WEEKS + 1)
    out = []
    kinds: tuple[Name, Name, Name] = ("as it is", "with breaks", "with stretching")
    breaks = sitting_hours * break_min / break_every_min
    for name in kinds:
        drift = _drift(sitting_hours, breaks if name == "with breaks" else 0.0, rows, weeks)
        shorter = np.clip(start[:, None] - drift, 0.0, MOST)
        felt = np.zeros_like(shorter)
        if name == "with stretching":
            shorter, felt = _stretched(theta, extension, shorter, stretch_seconds_per_week, rows, weeks)
        bands: list[list[Interval]] = [[], [], []]
        for week in weeks:
            now = shorter[:, week]
            changed = (
                now,
                along(extension, now) - before[0] + felt[:, week],
                along(rise, now) - before[1],
            )
            for band, values in zip(bands, changed, strict=True):
                band.append(interval(values, weight))
        length, hip, load = (tuple(band) for band in bands)
        out.append(Course(name, tuple(map(int, weeks)), length, hip, load, _evidence(name)))
    return out[0], out[1], out[2]


def _rise_curve(theta: Floats, scale: Floats) -> Floats:
    """(n, 5) rise of L4/5 compression, percent, at the shortenings SHORTER, by each row's own quartic."""
    level, columns = LEVELS.index("L4/5"), []
    for shortening in CURVE:
        found = answers(theta, np.tile(scale, (len(theta), 1)), np.full(len(theta), shortening))
        columns.append(100.0 * found.compression_change[:, level] / found.compression[:, level])
    known = np.vander(np.append(0.0, CURVE), 5, increasing=True)
    values = np.column_stack([np.zeros(len(theta)), *columns])
    return np.asarray(values @ np.linalg.inv(known).T @ np.vander(SHORTER, 5, increasing=True).T)


def _drift(sitting: float, breaks: float, rows: slice, weeks: np.ndarray) -> Floats:
    """(n, weeks) optimal length gained (lost where negative) since week 0."""
    table, even = constants(), spread_evenly(8)[rows]
    reference, own, broken = mean_length(
        np.array([REFERENCE_HOURS, sitting, sitting]), np.array([0.0, 0.0, breaks])
    )
    usual, changed = own / reference - 1.0, (broken - own) / reference
    # most likely that the length follows little or nothing; the mean is the table's value
    row = table["share_taken_up"]
    follow = row.high * (1.0 - (1.0 - even[:, 2]) ** (row.value / (row.high - row.value)))
    target = follow * ((1.0 - even[:, 3]) * usual + changed)
    tau = np.where(
        target < 0.0, _between(table["loss_days"], even[:, 4]), _between(table["gain_days"], even[:, 4])
    )
    return np.asarray(target[:, None] * (1.0 - np.exp(-7.0 * weeks / tau[:, None])))


def _stretched(
    theta: Floats, extension: Floats, shorter: Floats, dose: float, rows: slice, weeks: np.ndarray
) -> tuple[Floats, Floats]:
    """(n, weeks) shortening once stretching is added, and the gain of extension that is not length (deg)."""
    table, even = constants(), spread_evenly(8)[rows]
    most = _between(table["stretch_most_degrees"], even[:, 5])
    reached = 1.0 - np.exp(-dose / _between(table["stretch_dose"], even[:, 6], True))
    grown = 1.0 - np.exp(-weeks / _between(table["stretch_weeks"], even[:, 7])[:, None])
    gain = (most * reached)[:, None] * grown
    names = [row.name for row in uncertain()]
    length = theta[:, names.index("share_stretch")][:, None] * gain
    out = np.empty_like(shorter)
    for week in weeks:
        lost_now = extension[:, 0] - along(extension, shorter[:, week])
        out[:, week] = shortening_for(extension, np.maximum(lost_now - length[:, week], 0.0))[0]
    out = np.minimum(out, shorter)
    by_length = np.column_stack(
        [along(extension, out[:, week]) - along(extension, shorter[:, week]) for week in weeks]
    )
    return out, gain - by_length
