"""The passive hip: moment against angle, and hip extension against the length of iliopsoas.

With pelvis and lumbar spine held in neutral, the moment is that of every passive fibre that crosses the hip
and of the capsule. Nothing here is fitted to a curve of the whole hip; Riener and Edrich 1999 stays for
comparison.
"""

from __future__ import annotations

from collections.abc import Mapping

import numba as nb
import numpy as np

from nextposture.body import sagittal_statics as at
from nextposture.body.assembly import Floats, Model, model
from nextposture.body.compiling import announced
from nextposture.body.muscle import passive_force
from nextposture.body.passive_joints import capsule_moment
from nextposture.body.person import Person, check_shortening, scales
from nextposture.body.postures import knee_pose, leg_mass
from nextposture.body.sagittal import muscle_paths, place

THOMAS_KNEE = 80.0
"""Knee flexion in the modified Thomas position, deg: the shank hangs (judgement)."""


@nb.njit(cache=True, error_model="numpy")
def hip_moments(model, knee, person, flexion, out):  # type: ignore[no-untyped-def]
    """Passive moment towards flexion (Nm, one side) at every hip flexion (n, rad), into `out` (n)."""
    paths, fibres, frame = model
    m = paths.on_body.shape[0]
    pose = np.empty((11, 4))
    centre = np.empty((7, 2))
    length = np.empty(m)
    arm = np.empty((9, m))
    line = np.empty((paths.body0.shape[0], 7))
    x = np.zeros(8)
    for k in range(flexion.shape[0]):
        x[7] = flexion[k]
        place(frame, x, knee, pose, centre)
        muscle_paths(paths, frame, x, pose, centre, length, arm, line)
        total, _slope = capsule_moment(x[7], frame.capsule[0], frame.capsule[1], frame.capsule[2])
        for i in range(m):
            optimal = fibres.optimal[i]
            if fibres.iliopsoas[i] != 0.0:
                optimal *= 1.0 - person[3]
            f, _d = passive_force((length[i] - fibres.slack[i]) / optimal, fibres.curve[0], fibres.curve[1])
            total += f * fibres.force[i] * person[2] * arm[6, i] * person[0]
        out[k] = total


def passive_hip_moment(
    person: Person,
    extension_deg: Floats,
    knee_flexion_deg: float = 0.0,
    shortening: float = 0.0,
    changes: Mapping[str, float] | None = None,
) -> Floats:
    """(n) passive moment of one hip towards flexion, Nm, at each hip extension (n, deg, positive past
    neutral)."""
    return _moments(
        model(1, changes),
        scales(person, shortening, changes),
        np.asarray(extension_deg, float),
        knee_flexion_deg,
    )


def _moments(body: Model, scale: Floats, extension_deg: Floats, knee_flexion_deg: float) -> Floats:
    out = np.empty(len(extension_deg))
    with announced():
        hip_moments(body, knee_pose(knee_flexion_deg), scale, -np.radians(extension_deg), out)
    return out


def _pull_of_gravity(scale: Floats, extension_deg: float, knee_flexion_deg: float) -> float:
    """Moment (Nm) with which the hanging leg extends the hip of somebody lying on the back."""
    mass, x, y = leg_mass(knee_flexion_deg)
    angle = np.radians(90.0 - extension_deg)
    return float(mass * scale[1] * at.GRAVITY * scale[0] * (np.cos(angle) * x - np.sin(angle) * y))


def hip_extension(
    person: Person, shortening: float = 0.0, changes: Mapping[str, float] | None = None
) -> float:
    """Passive hip extension in the modified Thomas position, deg, positive past neutral: where the passive
    moment meets the weight of the hanging leg, the pelvis held in neutral. Between -60 and 60."""
    check_shortening(shortening)
    body, scale = model(1, changes), scales(person, shortening, changes)

    def surplus(extension: float) -> float:
        passive = float(_moments(body, scale, np.array([extension]), THOMAS_KNEE)[0])
        return passive - _pull_of_gravity(scale, extension, THOMAS_KNEE)

    low, high = -60.0, 60.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if surplus(middle) > 0.0:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def shortening_bound(
    person: Person, hip_extension_deg: float, changes: Mapping[str, float] | None = None
) -> tuple[float, bool]:
    """The most iliopsoas shortening that a measured hip extension (deg) allows, and whether it is inside the
    model.

    An upper bound: a stiff capsule, rectus femoris or a low tolerance of stretch limit the same angle.
    Returns (shortening, True) when the model reaches the angle, (0, False) when the hip extends further than
    the model's does unshortened, (0.2, False) when less than at the model's limit.
    """
    low, high = 0.0, 0.2
    if hip_extension_deg >= hip_extension(person, low, changes):
        return 0.0, False
    if hip_extension_deg <= hip_extension(person, high, changes):
        return high, False
    for _ in range(30):
        middle = 0.5 * (low + high)
        if hip_extension(person, middle, changes) > hip_extension_deg:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high), True
