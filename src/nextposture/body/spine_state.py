"""The model's answer for one person, posture and shortening, in three dimensions, for drawing and for
reading.

Where every bone is, how every fascicle of psoas and iliacus runs and what it pulls with, and the load on
every disc. World: x forward, y up, z to the right, metres, origin at the pelvis body's; bodies as in
`skeleton.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nextposture.body import anatomy, spatial
from nextposture.body.assembly import BODY_NUMBER, FEMUR, TORSO, Floats, Model, model
from nextposture.body.compiling import announced
from nextposture.body.disc_loads import REPORTED, Loads, solve_posture, solve_sagittal, summarise
from nextposture.body.hip import hip_extension
from nextposture.body.muscle import active_factor, passive_force
from nextposture.body.person import OutOfRangeError, Person, check_shortening, scales
from nextposture.body.postures import Posture, contact_rows, coordinates, posture, setting, spatial_setting
from nextposture.body.standing_posture import Alignment, alignment, standing
from nextposture.body.wrapping import wrap_cylinder

Point = tuple[float, float, float]
Side = Literal["r", "l"]
DRAWN = ("pelvis", "lumbar5", "lumbar4", "lumbar3", "lumbar2", "lumbar1", "torso")
LEG = ("femur", "tibia", "patella")
SIDES: tuple[Side, ...] = ("r", "l")
ARC_STEP = np.radians(12.0)


@dataclass(frozen=True)
class BodyPose:
    """Where a bone's frame is: origin (m) and rotation, rows of a matrix that turns its own axes into the
    world's. Legs end in `_r` and `_l`; the left ones mirror the right."""

    name: str
    origin: Point
    rotation: tuple[Point, Point, Point]


@dataclass(frozen=True)
class Fascicle:
    """A fascicle of psoas or iliacus: its path from vertebra or ilium to femur (m), the force of its
    stretched fibres and of its activation (N, both along the tendon), and fibre length over optimal."""

    name: str
    group: str
    side: Side
    points: tuple[Point, ...]
    passive_N: float  # noqa: N815
    active_N: float  # noqa: N815
    fibre_ratio: float

    @property
    def tension_N(self) -> float:  # noqa: N802
        """Whole force, N."""
        return self.passive_N + self.active_N


@dataclass(frozen=True)
class DiscLoad:
    """Load on one disc (N, Nm, as in `LevelLoad`), where the disc is (m), which way up the spine it faces
    (unit), and how much of the compression psoas makes (N)."""

    level: str
    compression_N: float  # noqa: N815
    shear_N: float  # noqa: N815
    moment_Nm: float  # noqa: N815
    psoas_compression_N: float  # noqa: N815
    centre: Point
    normal: Point


@dataclass(frozen=True)
class SpineState:
    """Everything a picture needs. Angles in degrees, as in `Alignment`; `length_scale` is the person's height
    over the reference body's, already in every place."""

    posture: str
    shortening: float
    length_scale: float
    bodies: tuple[BodyPose, ...]
    fascicles: tuple[Fascicle, ...]
    levels: tuple[DiscLoad, ...]
    tilt_deg: float
    lordosis_deg: float
    sacral_slope_deg: float
    hip_extension_deg: float
    reserve_Nm: float  # noqa: N815


def spine_state(person: Person, at: Posture | str = "standing", shortening: float = 0.0) -> SpineState:
    """The model's answer for `person` whose psoas and iliacus have lost `shortening` of their optimal length.

    In `standing` the posture itself answers (see `nextposture.body.standing`); in every other posture the
    angles are stated, and only the forces answer. A few milliseconds once compiled. Raises OutOfRangeError
    for a posture that is not the same on both sides, and for input outside the model's limits.
    """
    check_shortening(shortening)
    shape = posture(at) if isinstance(at, str) else at
    if not shape.symmetric:
        raise OutOfRangeError(
            f"posture {shape.name!r} differs from side to side: choose one that does not, such as standing"
        )
    if shape.name == "standing":
        stood = standing(person, shortening)
        loads, aligned, x = stood.loads, stood.alignment, stood.coordinates
    else:
        x = coordinates(shape)
        loads = summarise(solve_posture(person, shape, shortening), shape.name)
        aligned = alignment(x)
    return _state(person, shape, shortening, x, loads, aligned)


def _state(
    person: Person, shape: Posture, shortening: float, x: Floats, loads: Loads, aligned: Alignment
) -> SpineState:
    body, scale = model(2), scales(person, shortening)
    length = float(scale[0])
    rot, at, lengths = _place(body, shape, x)
    solved = solve_sagittal(x, setting(shape, length), contact_rows(shape), scale)
    names = (*(f"{bone}_r" for bone in LEG), *(f"{bone}_l" for bone in LEG))
    numbers = [*range(TORSO + 1), *range(FEMUR, spatial.BODIES)]
    bodies = tuple(
        BodyPose(name, _point(at[k] * length), (_point(rot[k, 0]), _point(rot[k, 1]), _point(rot[k, 2])))
        for name, k in zip((*DRAWN, *names), numbers, strict=True)
    )
    return SpineState(
        posture=shape.name,
        shortening=shortening,
        length_scale=length,
        bodies=bodies,
        fascicles=_fascicles(body, rot, at, lengths, scale, loads),
        levels=_levels(body, rot, at, length, solved.normals, loads),
        tilt_deg=aligned.tilt_forwards,
        lordosis_deg=aligned.lordosis,
        sacral_slope_deg=aligned.sacral_slope,
        hip_extension_deg=hip_extension(person, shortening),
        reserve_Nm=loads.reserve_Nm,
    )


def _point(values: Floats) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z


def _place(body: Model, shape: Posture, x: Floats) -> tuple[Floats, Floats, Floats]:
    """World rotation (14, 3, 3) and origin (14, 3) of every body, and length of every fascicle (258), of the
    reference size."""
    deep = np.zeros(spatial.COORDINATES)
    deep[0], deep[1:19:3], deep[19], deep[22] = x[0], x[1:7], x[7], x[7]
    with announced():
        scratch = spatial.memory(len(body.paths.on_body), len(body.paths.body0), 0)[0]
        rot, at, axis, centre, length, arm, line = scratch
        spatial.place(body.frame, deep, spatial_setting(shape), rot, at, axis, centre)
        spatial.muscle_paths(body.paths, rot, at, axis, centre, length, arm, line)
    return rot, at, length


def _levels(
    body: Model, rot: Floats, at: Floats, length: float, normals: Floats, loads: Loads
) -> tuple[DiscLoad, ...]:
    out = []
    for j, level in enumerate(REPORTED):
        load = loads.level(level)
        centre = at[j] + rot[j] @ body.frame.joint_parent[j]
        out.append(
            DiscLoad(
                level,
                load.compression_N,
                load.shear_N,
                load.moment_Nm,
                load.shares["psoas"][0],
                _point(centre * length),
                _point(normals[j]),
            )
        )
    return tuple(out)


def _fascicles(
    body: Model, rot: Floats, at: Floats, lengths: Floats, scale: Floats, loads: Loads
) -> tuple[Fascicle, ...]:
    muscles, fibres = anatomy.muscles(), body.fibres
    out = []
    for side, letter in enumerate(SIDES):
        for k, muscle in enumerate(muscles):
            if muscle.group not in ("psoas", "iliacus"):
                continue
            i = k + side * len(muscles)
            ratio = (lengths[i] - fibres.slack[i]) / (fibres.optimal[i] * (1.0 - scale[3]))
            top = fibres.force[i] * scale[2]
            passive, _ = passive_force(ratio, fibres.curve[0], fibres.curve[1])
            active, _ = active_factor(ratio, fibres.curve[2])
            points = _path(body, muscle, side, i, rot, at)
            out.append(
                Fascicle(
                    name=muscle.name,
                    group=muscle.group,
                    side=letter,
                    points=tuple(_point(point * scale[0]) for point in points),
                    passive_N=float(passive * top),
                    active_N=float(loads.activations[muscle.name] * active * top),
                    fibre_ratio=float(ratio),
                )
            )
    return tuple(out)


def _path(body: Model, muscle: anatomy.Muscle, side: int, i: int, rot: Floats, at: Floats) -> list[Floats]:
    """Points of fascicle i from its origin to its insertion, the arc round its cylinder among them."""
    mirror = np.array([1.0, 1.0, 1.0 - 2.0 * side])
    out = []
    for order, point in enumerate(muscle.path):
        number = BODY_NUMBER[point.body]
        number += 3 * side if number >= FEMUR else 0
        out.append(at[number] + rot[number] @ (np.array(point.at) * mirror))
        if muscle.cylinder is not None and muscle.cylinder.after == order:
            stretch = body.paths.wrap[body.paths.first[i] : body.paths.first[i + 1]]
            out += _arc(body, int(stretch.max()), rot, at)
    return out


def _arc(body: Model, w: int, rot: Floats, at: Floats) -> list[Floats]:
    """Points along wrap w where the path touches its cylinder; none where the straight line is free."""
    paths = body.paths
    carrier = int(paths.wrap_body[w])
    frame, origin = rot[carrier] @ paths.wrap_axes[w], at[carrier] + rot[carrier] @ paths.wrap_at[w]
    ends = []
    for number, point in (
        (int(paths.wrap_body0[w]), paths.wrap_point0[w]),
        (int(paths.wrap_body1[w]), paths.wrap_point1[w]),
    ):
        ends.append(frame.T @ (at[number] + rot[number] @ point - origin))
    radius, turn, touch = float(paths.wrap_radius[w]), float(paths.wrap_side[w]), np.empty(6)
    moving = -1.0 if carrier >= FEMUR else 1.0
    (ax, ay, az), (bx, by, bz) = ends
    if wrap_cylinder(ax, ay, az, bx, by, bz, radius, turn, moving, touch) < 0.0:
        return []
    start = np.arctan2(touch[1], touch[0])
    arc = float(np.mod(turn * (np.arctan2(touch[4], touch[3]) - start), 2.0 * np.pi))
    steps = np.linspace(0.0, 1.0, 2 + int(arc / ARC_STEP))
    angle = start + turn * arc * steps
    along = touch[2] + steps * (touch[5] - touch[2])
    local = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), along])
    return [origin + frame @ point for point in local]
