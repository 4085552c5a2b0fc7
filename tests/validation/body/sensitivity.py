"""Which parameters move the answer, and the interval that all of them together leave.

The answers: L4/5 compression standing (N), its rise with a tenth of optimal length lost (percent), and the
tilt that goes with it (deg). One parameter at a time from the low to the high end of its range; then all at
once, drawn evenly and independently over their ranges (Latin hypercube, seed 20261122).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nextposture.body import Person, anatomy, standing

SEED = 20261122
NOT_HERE = [
    "reference_mass",
    "reference_height",
    "ankle_height",
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
    random = np.random.default_rng(SEED)
    rows = varied()
    cells = np.array([random.permutation(samples) for _ in rows]).T + random.random((samples, len(rows)))
    low, high = np.array([row.low for row in rows]), np.array([row.high for row in rows])
    values = low + (high - low) * cells / samples
    out = []
    for value in values:
        found = answer(dict(zip((row.name for row in rows), map(float, value), strict=True)), shortening)
        out.append((found.compression, found.rise, found.tilt, found.frozen_rise))
    return np.array(out)
