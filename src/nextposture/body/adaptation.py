"""How the length of iliopsoas and the creep of the lumbar spine follow what a day is made of.

    dL/dt = (L* - L) / tau,    L* = 1 + g (mean working length of the day / that of the reference day - 1)

L is the optimal fibre length over its own start, tau that of loss or of gain, and the mean weighs every
stretch of time by its length and a deliberate stretch by more. The constants stand in
`tables/adaptation.yaml`, each saying whether it was measured in people, in animals, or is a hypothesis. For
human psoas nobody has measured any of it over time: the length model as a whole is a hypothesis, and g = 0
(sitting does not shorten) is inside its range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from nextposture.body import sagittal
from nextposture.body.adaptation_table import constants as constants
from nextposture.body.assembly import Floats, model
from nextposture.body.compiling import announced
from nextposture.body.knee import knee_pose
from nextposture.body.person import OutOfRangeError
from nextposture.body.postures import Posture, coordinates, posture


@dataclass(frozen=True)
class Spell:
    """Hours of a day in one posture; `stretch` if it is a deliberate stretch of the hip flexors."""

    posture: Posture | str
    hours: float
    stretch: bool = False


def reference_day() -> tuple[Spell, ...]:
    """The day whose mean working length keeps the length as it is."""
    table = constants()
    return (
        Spell("lying_supine", table["reference_lying"].value),
        Spell("sitting_unsupported", table["reference_sitting"].value),
        Spell("standing", table["reference_standing"].value),
    )


@cache
def _working_length(shape: Posture) -> float:
    x = coordinates(shape)
    body = model(1)
    pose, centre = np.empty(sagittal.POSE), np.empty((7, 2))
    m = len(body.paths.on_body)
    length, arm, line = np.empty(m), np.empty((sagittal.ROWS, m)), np.empty((len(body.paths.body0), 7))
    with announced():
        sagittal.place(body.frame, x, knee_pose(shape.leg.knee_flexion_deg), pose, centre)
        sagittal.muscle_paths(body.paths, body.frame, x, pose, centre, length, arm, line)
    mine = body.fibres.iliopsoas == 1.0
    ratio = (length - body.fibres.slack) / body.fibres.optimal
    return float(np.average(ratio[mine], weights=body.fibres.force[mine]))


def working_length(of: Posture | str) -> float:
    """Mean fibre length of psoas and iliacus over optimal in a posture, weighted by force; the right leg
    counts."""
    return _working_length(posture(of) if isinstance(of, str) else of)


def _mean_length(day: Sequence[Spell]) -> float:
    hours = sum(spell.hours for spell in day)
    if abs(hours - 24.0) > 1e-6:
        raise OutOfRangeError(f"a day of {hours:g} hours is outside 24 to 24 h: the mean is over a whole day")
    more = constants()["stretch_weight"].value
    weight = [spell.hours * (more if spell.stretch else 1.0) for spell in day]
    return float(np.average([working_length(spell.posture) for spell in day], weights=weight))


def target_length(day: Sequence[Spell], share: float | None = None) -> float:
    """Optimal length, over its start, towards which such a day draws; 1 for the reference day.

    `share` replaces the constant share_taken_up. Raises OutOfRangeError unless the day has 24 hours.
    """
    table = constants()
    taken = table["share_taken_up"].value if share is None else share
    target = 1.0 + taken * (_mean_length(day) / _mean_length(reference_day()) - 1.0)
    return max(1.0 - table["most_loss"].value, target)


def adapt(
    day: Sequence[Spell], days: Floats, start: float | Floats = 1.0, share: float | None = None
) -> Floats:
    """(n) optimal length over its start after each number of days (n) of the same day; 1 - it is the
    shortening.

    `start` may be one a person, (p, 1), which gives (p, n).

    A hypothesis; see the module. Raises OutOfRangeError unless the day has 24 hours.
    """
    table = constants()
    target = target_length(day, share)
    start = np.asarray(start, float)
    tau = np.where(target < start, table["loss_days"].value, table["gain_days"].value)
    return np.asarray(target + (start - target) * np.exp(-np.asarray(days, float) / tau))


def creep(minutes: Floats) -> Floats:
    """(n) degrees by which the flexed lumbar spine has crept after minutes (n) at full flexion."""
    table = constants()
    return np.asarray(
        table["creep_degrees"].value
        * (1.0 - np.exp(-np.asarray(minutes, float) / table["creep_minutes"].value))
    )


def creep_left(minutes: Floats) -> Floats:
    """(n) share of creep that is left after minutes (n) of rest: half at two minutes, the rest slowly."""
    table = constants()
    slow, tau = table["recovery_slow_share"].value, table["recovery_slow_minutes"].value
    half = table["recovery_half_minutes"].value
    fast = -half / np.log((0.5 - slow * np.exp(-half / tau)) / (1.0 - slow))
    t = np.asarray(minutes, float)
    return np.asarray((1.0 - slow) * np.exp(-t / fast) + slow * np.exp(-t / tau))


def stretch_gain(seconds_per_week: float, weeks: Floats) -> Floats:
    """(n) degrees of hip extension gained after weeks (n) of stretching for so long a week, in people with
    short hip flexors. Part of it is tolerance, not length: it is not fed back into the model's shortening."""
    if seconds_per_week < 0.0:
        raise OutOfRangeError(
            f"stretch {seconds_per_week:g} is outside 0 and more s/week: time cannot be negative"
        )
    table = constants()
    reached = 1.0 - np.exp(-seconds_per_week / table["stretch_dose"].value)
    grown = 1.0 - np.exp(-np.asarray(weeks, float) / table["stretch_weeks"].value)
    return np.asarray(table["stretch_most_degrees"].value * reached * grown)
