"""The passive hip: moment against angle, and hip extension against the length of iliopsoas.

With pelvis and lumbar spine held in neutral, the moment is that of every passive fibre that crosses the hip
and of the capsule. Nothing here is fitted to a curve of the whole hip; Riener and Edrich 1999 stays for
comparison.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nextposture.body import sagittal_statics as at
from nextposture.body.assembly import Floats, Model, model, values
from nextposture.body.compiling import announced, kernel
from nextposture.body.knee import knee_pose
from nextposture.body.muscle import passive_force
from nextposture.body.passive_joints import capsule_moment
from nextposture.body.person import Person, scales
from nextposture.body.postures import leg_mass
from nextposture.body.sagittal import POSE, muscle_paths, place

FURTHEST = 60.0
"""Hip extension is looked for between minus this and this, deg."""


@kernel
def scratch_memory(model):  # type: ignore[no-untyped-def]
    """Scratch memory of `passive_moment`."""
    paths, _, _ = model
    m = paths.on_body.shape[0]
    return (
        np.zeros(8),
        np.empty(POSE),
        np.empty((7, 2)),
        np.empty(m),
        np.empty((9, m)),
        np.empty((paths.body0.shape[0], 7)),
    )


@kernel
def passive_moment(model, knee, person, flexion, scratch):  # type: ignore[no-untyped-def]
    """Passive moment towards flexion (Nm, one side) at a hip flexion (rad)."""
    paths, fibres, frame = model
    x, pose, centre, length, arm, line = scratch
    x[7] = flexion
    place(frame, x, knee, pose, centre)
    muscle_paths(paths, frame, x, pose, centre, length, arm, line)
    total, _slope = capsule_moment(flexion, frame.capsule[0], frame.capsule[1], frame.capsule[2])
    for i in range(length.shape[0]):
        optimal = fibres.optimal[i]
        if fibres.iliopsoas[i] != 0.0:
            optimal *= 1.0 - person[3]
        f, _d = passive_force((length[i] - fibres.slack[i]) / optimal, fibres.curve[0], fibres.curve[1])
        total += f * fibres.force[i] * person[2] * arm[6, i] * person[0]
    return total


@kernel
def hip_moments(model, knee, person, flexion, out):  # type: ignore[no-untyped-def]
    """Passive moment towards flexion (Nm, one side) at every hip flexion (n, rad), into `out` (n)."""
    scratch = scratch_memory(model)
    for k in range(flexion.shape[0]):
        out[k] = passive_moment(model, knee, person, flexion[k], scratch)


@kernel
def surplus(model, knee, leg, person, extension, scratch):  # type: ignore[no-untyped-def]
    """Passive moment less that with which the hanging leg extends the hip of somebody lying on the back, Nm,
    at an extension (rad). `leg` (3) is its mass (kg) and centre (m, femur frame)."""
    angle = 0.5 * np.pi - extension
    lever = person[0] * (np.cos(angle) * leg[1] - np.sin(angle) * leg[2])
    held = passive_moment(model, knee, person, -extension, scratch)
    return held - leg[0] * person[1] * at.GRAVITY * lever


@kernel(nogil=True)
def find_extensions(model, knee, leg, people, out):  # type: ignore[no-untyped-def]
    """The extension (deg) where `surplus` is nought, of every person (n, 4), into `out` (n): halving to a
    degree, then false position (Illinois)."""
    scratch = scratch_memory(model)
    for n in range(people.shape[0]):
        low = -np.radians(FURTHEST)
        high = -low
        below = surplus(model, knee, leg, people[n], low, scratch)
        above = surplus(model, knee, leg, people[n], high, scratch)
        found = low if below > 0.0 else high
        side = 0
        for _ in range(60):
            if below > 0.0 or above < 0.0:
                break
            wide = high - low > np.radians(1.0)
            found = 0.5 * (low + high) if wide else (low * above - high * below) / (above - below)
            value = surplus(model, knee, leg, people[n], found, scratch)
            if not wide and abs(value) < 1e-9:
                break
            if value > 0.0:
                high = found
                above = value
                if side == 1 and not wide:
                    below *= 0.5
                side = 1
            else:
                low = found
                below = value
                if side == -1 and not wide:
                    above *= 0.5
                side = -1
        out[n] = np.degrees(found)


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


def thomas_leg(changes: Mapping[str, float] | None = None) -> tuple[Floats, Floats]:
    """The knee's pose (24), and mass and centre (3) of the hanging leg, in the modified Thomas position."""
    flexion = values(changes)["thomas_knee"]
    return knee_pose(flexion), leg_mass(flexion)


def hip_extension(
    person: Person, shortening: float = 0.0, changes: Mapping[str, float] | None = None
) -> float:
    """Passive hip extension in the modified Thomas position, deg, positive past neutral: where the passive
    moment meets the weight of the hanging leg, the pelvis held in neutral. Between -60 and 60.

    `changes` replaces parameters by name. Many people at once: `batch.batch_hip_extension`. Raises
    OutOfRangeError."""
    out = np.empty(1)
    with announced():
        find_extensions(
            model(1, changes), *thomas_leg(changes), scales(person, shortening, changes)[None], out
        )
    return float(out[0])


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
