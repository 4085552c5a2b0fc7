"""What a shorter iliopsoas may do to one person, as intervals.

Every draw of the posterior is a body that the studies allow; with it goes a shortening. A measured hip weighs
the draws: a body and a shortening count by how well they explain the reading. A hip extends less for other
reasons too, and a reading is off by its own error, so a reading moves the answer less than one would think.
Nothing random: the same input gives the same answer. NumPy only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from nextposture.body import anatomy
from nextposture.body.person import OutOfRangeError, Person, scales
from nextposture.body.posterior import LEVELS, MOST, Answers, answers, posterior

Floats = NDArray[np.float64]

INSIDE = 0.9
"""Share of the probability inside every interval."""
EACH = 1
"""Shortenings tried with every draw of the posterior."""
LIKELY_HOURS = (4.0, 10.0)
"""Hours of sitting when nothing is said: evenly between these (judgement)."""


@dataclass(frozen=True)
class HipReading:
    """A measured hip extension, deg, positive past neutral, pelvis held; `band_deg` is the half-width of its
    95 percent band. Raises OutOfRangeError for what is no hip."""

    extension_deg: float
    band_deg: float = 10.0

    def __post_init__(self) -> None:
        if not -60.0 <= self.extension_deg <= 60.0:
            raise OutOfRangeError(
                f"hip extension {self.extension_deg:g} is outside -60 to 60 deg: "
                "the angle of the thigh past neutral, negative when short of it"
            )
        if not 0.5 <= self.band_deg <= 30.0:
            raise OutOfRangeError(
                f"band {self.band_deg:g} is outside 0.5 to 30 deg: how far off a single reading can be"
            )


@dataclass(frozen=True)
class Interval:
    """Median and the ends between which nine tenths of the probability lie."""

    low: float
    median: float
    high: float


@dataclass(frozen=True)
class LevelChange:
    """One disc, standing: its compression with a psoas of full length (N), and what the shortening adds (N,
    and percent of that compression). Shear is positive when the upper vertebra is pushed forwards."""

    level: str
    standing_N: Interval  # noqa: N815
    compression_N: Interval  # noqa: N815
    compression_percent: Interval
    shear_N: Interval  # noqa: N815


@dataclass(frozen=True)
class Matter:
    """The probability that a change is smaller than what matters, and why that much was taken to matter."""

    what: str
    threshold: float
    unit: str
    why: str
    source: str
    probability: float


@dataclass(frozen=True)
class Estimate:
    """The answer for one person. Without a reading it is what is known about anybody of that build:
    `measured` is then false. `narrowed` is the share of the spread (SD) of shortening that the readings took
    away; below 0 if an unusual reading widened it. `hip_extension_deg` is what the hips' own extension is
    thought to be. Changes are against an unshortened self. `draws` is the effective number of draws behind
    it."""

    measured: bool
    narrowed: float
    shortening: Interval
    hip_extension_deg: Interval
    tilt_deg: Interval
    lordosis_deg: Interval
    levels: tuple[LevelChange, ...]
    matters: tuple[Matter, ...]
    interval_percent: float
    draws: float


@dataclass(frozen=True)
class Threshold:
    what: str
    threshold: float
    unit: str
    why: str
    source: str


@dataclass(frozen=True)
class Judged:
    value: float
    source: str
    confidence: anatomy.Confidence
    spread: float = 0.0


@dataclass(frozen=True)
class Matters:
    """The table `matters.yaml`."""

    changes: list[Threshold]
    reading: dict[str, Judged]
    shortening: dict[str, Judged]


@cache
def matters() -> Matters:
    """Thresholds, and how a hip is read."""
    return anatomy.read_body_table("matters").parse(Matters)


@cache
def spread_evenly(columns: int) -> Floats:
    """(EACH draws, columns) numbers evenly over 0 to 1, the same every time."""
    rows = EACH * len(posterior().draws)
    return np.random.default_rng(posterior().seed).permuted(
        np.tile((np.arange(rows) + 0.5)[:, None] / rows, columns), axis=0
    )


@cache
def scatter(columns: int) -> Floats:
    """(EACH draws, columns) standard normal numbers, the same every time."""
    rows = EACH * len(posterior().draws)
    return np.random.default_rng(posterior().seed + 1).standard_normal((rows, columns))


@cache
def _half_normal() -> Floats:
    """(EACH draws) half-normal numbers of unit SD parameter, evenly over their probability."""
    quantile = NormalDist().inv_cdf
    return np.array([quantile(0.5 + 0.5 * share) for share in spread_evenly(2)[:, 0]])


@dataclass(frozen=True)
class Belief:
    """Rows of parameters (n, d) with their shortening and weight (n), the person's scales (3), and what the
    surface answers."""

    theta: Floats
    shortening: Floats
    weight: Floats
    scale: Floats
    found: Answers
    extension: Floats  # (n) the hips' own extension, deg


def prior_shortening(sitting_hours: float | None) -> Floats:
    """(n) the shortening that goes with every row before any hip is measured."""
    table = matters().shortening
    even = spread_evenly(2)
    hours = LIKELY_HOURS[0] + (LIKELY_HOURS[1] - LIKELY_HOURS[0]) * even[:, 1]
    if sitting_hours is not None:
        hours = np.full(len(even), sitting_hours)
    little, much = table["hours_little"].value, table["hours_much"].value
    exposed = np.clip((hours - little) / (much - little), 0.0, 1.0)
    own = table["own"].value * _half_normal()
    return np.asarray(np.minimum(own + np.repeat(posterior().sitting, EACH) * exposed, MOST))


def believe(
    person: Person,
    right: HipReading | None = None,
    left: HipReading | None = None,
    sitting_hours: float | None = None,
) -> Belief:
    """The weighed rows behind an estimate. Raises OutOfRangeError for hours outside 0 to 20."""
    if sitting_hours is not None and not 0.0 <= sitting_hours <= 20.0:
        raise OutOfRangeError(f"sitting {sitting_hours:g} is outside 0 to 20 h: hours a day")
    theta = np.repeat(posterior().draws, EACH, axis=0)
    shortening = prior_shortening(sitting_hours)
    scale = scales(person)[:3]
    found = answers(theta, np.tile(scale, (len(theta), 1)), shortening, scatter(20)[:, :19])
    model = found.extension + found.extension_change
    reading = matters().reading
    expected = reading["normal_deg"].value + model - model.mean()
    common = reading["normal_deg"].spread ** 2 + reading["other_deg"].value ** 2
    # the readings differ from a row's expectation by what is common to both sides, and each by itself
    precision, pulled, score = np.full(len(theta), 1.0 / common), np.zeros(len(theta)), np.zeros(len(theta))
    for hip in (right, left):
        if hip is None:
            continue
        each = 1.0 / (reading["side_deg"].value ** 2 + (hip.band_deg / 1.96) ** 2)
        precision = precision + each
        pulled = pulled + each * (hip.extension_deg - expected)
        score = score - 0.5 * each * (hip.extension_deg - expected) ** 2
    score = score + 0.5 * pulled**2 / precision
    weight = np.exp(score - score.max())
    own = expected + pulled / precision + scatter(20)[:, 19] / np.sqrt(precision)
    return Belief(theta, shortening, weight / weight.sum(), scale, found, own)


def interval(values: Floats, weight: Floats) -> Interval:
    """Weighted quantiles of values (n)."""
    order = np.argsort(values)
    below = np.cumsum(weight[order]) - 0.5 * weight[order]
    tail = 0.5 * (1.0 - INSIDE)
    low, median, high = (float(v) for v in np.interp([tail, 0.5, 1.0 - tail], below, values[order]))
    return Interval(low, median, high)


def _spread(values: Floats, weight: Floats) -> float:
    mean = float(weight @ values)
    return float(np.sqrt(weight @ (values - mean) ** 2))


def estimate(
    person: Person,
    right: HipReading | None = None,
    left: HipReading | None = None,
    sitting_hours: float | None = None,
) -> Estimate:
    """What a shorter iliopsoas may do to `person`, from the hips measured, if any, and hours of sitting a
    day.

    Raises OutOfRangeError for a person or hours the model does not cover.
    """
    held = believe(person, right, left, sitting_hours)
    weight, found = held.weight, held.found
    even = np.full(len(weight), 1.0 / len(weight))
    percent = 100.0 * found.compression_change / found.compression
    levels = tuple(
        LevelChange(
            level,
            interval(found.compression[:, k], weight),
            interval(found.compression_change[:, k], weight),
            interval(percent[:, k], weight),
            interval(found.shear_change[:, k], weight),
        )
        for k, level in enumerate(LEVELS)
    )
    changed = {
        "pelvic tilt": found.tilt_change,
        "lordosis": found.lordosis_change,
        "L4/5 compression": percent[:, LEVELS.index("L4/5")],
    }
    small = tuple(
        Matter(
            row.what,
            row.threshold,
            row.unit,
            row.why,
            row.source,
            float(weight @ (np.abs(changed[row.what]) < row.threshold)),
        )
        for row in matters().changes
    )
    return Estimate(
        measured=right is not None or left is not None,
        narrowed=1.0 - _spread(held.shortening, weight) / _spread(held.shortening, even),
        shortening=interval(held.shortening, weight),
        hip_extension_deg=interval(held.extension, weight),
        tilt_deg=interval(found.tilt_change, weight),
        lordosis_deg=interval(found.lordosis_change, weight),
        levels=levels,
        matters=small,
        interval_percent=100.0 * INSIDE,
        draws=float(1.0 / (weight**2).sum()),
    )
