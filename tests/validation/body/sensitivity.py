"""Which parameters move the answer, the interval that all of them together leave, and how firm the count of
Wilke's ratios is.

The answers: L4/5 compression standing (N), its rise with a tenth of optimal length lost (percent), and the
tilt that goes with it (deg). One parameter at a time from the low to the high end of its range; then all at
once, drawn evenly and independently over their ranges (Latin hypercube, seed 20261122).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nextposture.body import Person, anatomy, batch_loads, standing

SEED = 20261122
NOT_HERE = [
    "thomas_knee",
    "grip_below_wrist",
    "side_depth",
    "reference_mass",
    "reference_height",
    "female_strength",
    "strength_loss_per_year",
    "disc_area",
    "pressure_correction",
    "full_lumbar_flexion",
    "lumbar_share",
    "reserve_weight",
    "contact_weight",
    "disc_stiffness_lateral",
    "disc_stiffness_axial",
    "friction_adduction",
    "friction_rotation",
]
"""Parameters that standing does not depend on, that scale the person, or that are numerical."""


@dataclass(frozen=True)
class Answer:
    compression: float
    rise: float
    tilt: float
    frozen_rise: float


def varied() -> list[anatomy.Parameter]:
    """The parameters that are varied."""
    rows = anatomy.parameters().values()
    return [row for row in rows if row.low < row.high and row.name not in NOT_HERE]


def answer(changes: dict[str, float], shortening: float = 0.1, person: Person | None = None) -> Answer:
    """The answers with some parameters changed."""
    who = person or Person()
    before, after = standing(who, 0.0, changes=changes), standing(who, shortening, changes=changes)
    still = standing(who, shortening, changes=changes, frozen=True)
    c0, c1, c2 = (state.loads.level("L4/5").compression_N for state in (before, after, still))
    tilt = after.alignment.tilt_forwards - before.alignment.tilt_forwards
    return Answer(c0, 100.0 * (c1 / c0 - 1.0), tilt, 100.0 * (c2 / c0 - 1.0))


def one_at_a_time() -> list[tuple[anatomy.Parameter, Answer, Answer]]:
    """Each parameter with the answers at both ends, widest effect on the rise first."""
    rows = [(row, answer({row.name: row.low}), answer({row.name: row.high})) for row in varied()]
    return sorted(rows, key=lambda item: -abs(item[2].rise - item[1].rise))


def all_at_once(samples: int, shortening: float = 0.1) -> np.ndarray:
    """(n, 4) answers: compression, rise, tilt, rise with the posture frozen."""
    out = []
    for changes in draws(varied(), samples):
        found = answer(changes, shortening)
        out.append((found.compression, found.rise, found.tilt, found.frozen_rise))
    return np.array(out)


def draws(rows: list[anatomy.Parameter], samples: int) -> list[dict[str, float]]:
    """`samples` sets of values, even and independent over the ranges (Latin hypercube)."""
    random = np.random.default_rng(SEED)
    cells = np.array([random.permutation(samples) for _ in rows]).T + random.random((samples, len(rows)))
    low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    names = [row.name for row in rows]
    return [
        dict(zip(names, map(float, value), strict=True)) for value in low + (high - low) * cells / samples
    ]


def within_a_quarter(person: Person, wanted: dict[str, float], changes: dict[str, float]) -> int:
    """How many postures have an L4/5 ratio to standing within 25 percent of the `wanted` one."""
    pressed = batch_loads([person], ["standing", *wanted], threads=1, changes=changes).compression[0, :, 1]
    return int((np.abs(pressed[1:] / pressed[0] / np.array(list(wanted.values())) - 1.0) <= 0.25).sum())


def firmness(
    person: Person, wanted: dict[str, float], samples: int
) -> tuple[list[tuple[anatomy.Parameter, int, int]], np.ndarray]:
    """How many of `wanted` stay within 25 percent: with each parameter at the low and the high end of its
    range, and (samples) with all of them drawn at once. The postures' angles stay as they are."""
    rows = _in_stated_postures()
    ends = [
        (
            row,
            within_a_quarter(person, wanted, {row.name: row.low}),
            within_a_quarter(person, wanted, {row.name: row.high}),
        )
        for row in rows
    ]
    return ends, firmness_of_draws(person, wanted, samples)


def firmness_of_draws(
    person: Person, wanted: dict[str, float], samples: int, ranges_of_motion: bool = True
) -> np.ndarray:
    """(samples) how many of `wanted` stay within 25 percent. Without `ranges_of_motion` these keep their
    values: the postures were written with them, and their angles do not follow."""
    rows = [
        row
        for row in _in_stated_postures()
        if ranges_of_motion or not row.name.startswith(("flexion_", "extension_"))
    ]
    return np.array([within_a_quarter(person, wanted, changes) for changes in draws(rows, samples)])


def _in_stated_postures() -> list[anatomy.Parameter]:
    """The varied parameters that a posture with stated angles depends on."""
    return [row for row in varied() if row.name not in ("posture_spread", "balance_ahead_of_ankle")]
