"""The tables packed into flat arrays that the compiled kernels read.

Bodies are numbered 0 pelvis, 1 to 5 L5 to L1, 6 torso, 7 abdomen, then for each side femur, tibia, patella
(8, 9, 10 right; 11, 12, 13 left). Lengths are those of the reference body; a person scales them (see
`person`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nextposture.body import anatomy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TORSO, ABDOMEN, FEMUR = 6, 7, 8
BODY_NUMBER = {name: number for number, name in enumerate(anatomy.BODIES)}
KINK = ("L5S1", "L4L5", "L3L4", "L2L3", "L1L2", "T12L1")


class Paths(NamedTuple):
    """Muscle paths: fascicles (m), their stretches between bodies (s), and the wrapped stretches (w)."""

    first: Ints  # (m + 1) first stretch of each fascicle
    on_body: Floats  # (m) length that never changes, m
    body0: Ints  # (s) body of the near end: pelvis side
    body1: Ints  # (s) body of the far end
    point0: Floats  # (s, 3) m
    point1: Floats  # (s, 3) m
    wrap: Ints  # (s) number of the wrap, -1 for none
    wrap_body: Ints  # (w) body that carries the cylinder
    wrap_body0: Ints  # (w)
    wrap_body1: Ints  # (w)
    wrap_point0: Floats  # (w, 3)
    wrap_point1: Floats  # (w, 3)
    wrap_axes: Floats  # (w, 3, 3) columns are the cylinder's axes in its body
    wrap_at: Floats  # (w, 3)
    wrap_radius: Floats  # (w)
    wrap_side: Floats  # (w) +1 or -1


class Fibres(NamedTuple):
    """What turns a path length into a force, per fascicle (m)."""

    force: Floats  # maximum isometric force along the tendon, N
    optimal: Floats  # optimal fibre length times cosine of pennation, m
    slack: Floats  # tendon slack length, m
    weight: Floats  # share of the whole muscle volume
    iliopsoas: Floats  # 1 for psoas and iliacus
    trunk: Floats  # 1 for the muscles of the trunk, psoas not among them
    curve: Floats  # (3) passive shape, passive strain, active width


class Frame(NamedTuple):
    """Skeleton, masses and passive joints."""

    joint_parent: Floats  # (6, 3) joint centre in the lower body
    joint_child: Floats  # (6, 3) joint centre in the upper body
    hip: Floats  # (3) right hip in the pelvis
    abdomen: Floats  # (3) pivot in the abdomen
    mass: Floats  # (7) pelvis, L5 to L1, torso with the head but without the arms, kg
    centre: Floats  # (7, 3)
    segment: (
        Floats  # (6, 8) stiffness, ligament, shape, full flexion, facet, shape, full extension, disc at rest
    )
    stiffness: Floats  # (2) lateral bending and axial rotation, Nm/rad
    capsule: Floats  # (3) moment Nm, angle rad, growth rad
    ligament: Floats  # (2) arm m, intrinsic preload N
    disc: Floats  # (6) tilt of each disc plane in the neutral pose, rad, front edge down positive
    ankle: Floats  # (3) ankle in the tibia
    numeric: Floats  # (2) reserve weight, contact weight


class Model(NamedTuple):
    """Everything the kernels need about the reference body, one side (half) or both (full)."""

    paths: Paths
    fibres: Fibres
    frame: Frame


def values(changes: Mapping[str, float] | None = None) -> dict[str, float]:
    """Parameter values by name, with `changes` laid over the table. Raises KeyError for a name not in it."""
    table = {name: row.value for name, row in anatomy.parameters().items()}
    for name, value in (changes or {}).items():
        if name not in table:
            raise KeyError(f"no parameter is called {name!r}")
        table[name] = value
    return table


def endplates(changes: Mapping[str, float] | None = None) -> Floats:
    """Tilt in degrees, front edge down, of the plates S1, L5 lower, L5 upper, L4 lower, ... L1 upper, in
    neutral.

    A vertebra's axis runs from its lower to its upper joint centre; its plates lean half its wedge either way
    from the plane across that axis. The sacral plate is a parameter.
    """
    value = values(changes)
    joints = {joint.name: joint for joint in anatomy.skeleton().joints}
    tilts = [value["sacral_slope"]]
    for lower, upper, name in zip(
        anatomy.LEVELS[:5], anatomy.LEVELS[1:], ("L5", "L4", "L3", "L2", "L1"), strict=True
    ):
        start, end = joints[lower].in_child, joints[upper].in_parent
        axis = np.degrees(np.arctan2(end[0] - start[0], end[1] - start[1]))
        tilts += [axis + value[f"wedge_{name}"] / 2, axis - value[f"wedge_{name}"] / 2]
    return np.array(tilts)


def disc_tilts(changes: Mapping[str, float] | None = None) -> Floats:
    """(6) tilt of each disc's middle plane in the neutral pose, degrees, front edge down; T12/L1 takes
    L1's plate."""
    plates = endplates(changes)
    return np.append((plates[0:10:2] + plates[1:10:2]) / 2, plates[10])


def rotation(angles: anatomy.Vector) -> Floats:
    """Body-fixed x, y, z rotations."""
    (ca, cb, cc), (sa, sb, sc) = np.cos(angles), np.sin(angles)
    about_x = np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    about_y = np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
    about_z = np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
    return np.asarray(about_x @ about_y @ about_z, dtype=np.float64)


WRAP_SIDE = {
    "psoas": -1.0,
    "iliacus": -1.0,
    "gluteals": 1.0,
    "hamstrings": 1.0,
    "addmagProx": -1.0,
    "addmagMid": -1.0,
    "addmagDist": -1.0,
    "rectus_femoris": -1.0,
    "grac": 1.0,
}
"""Which way round each cylinder the path turns, as the published model runs it."""


EXTENSORS = ("multifidus", "iliocostalis", "longissimus")
"""Back muscles whose force runs through a belly that lies behind their attachments, by `extensor_depth`."""


def _rank(number: int) -> int:
    return {0: 0, 7: 20}.get(number, number if number < 7 else 30)


def _pack_paths(
    muscles: tuple[anatomy.Muscle, ...], sides: int, brim: tuple[float, float], depth: float
) -> Paths:
    first, on_body = [0], []
    body0, body1, point0, point1, wrap = [], [], [], [], []
    wraps: dict[tuple[object, ...], int] = {}
    wrap_rows: list[tuple[int, int, int, Floats, Floats, Floats, Floats, float, float]] = []
    for side in range(sides):
        mirror = np.array([1.0, 1.0, 1.0 - 2.0 * side])
        for muscle in muscles:
            numbers = [
                BODY_NUMBER[p.body] + (3 * side if BODY_NUMBER[p.body] >= FEMUR else 0) for p in muscle.path
            ]
            at = [np.array(p.at) * mirror for p in muscle.path]
            if muscle.group == "psoas":
                at[1] = at[1] + np.array([brim[0], brim[1], 0.0])
            elif muscle.group in EXTENSORS:
                at = [point - np.array([depth, 0.0, 0.0]) for point in at]
            fixed = 0.0
            for k in range(len(at) - 1):
                wrapped = muscle.cylinder is not None and muscle.cylinder.after == k
                if numbers[k] == numbers[k + 1] and not wrapped:
                    fixed += float(np.linalg.norm(at[k + 1] - at[k]))
                    continue
                near, far = (k, k + 1) if _rank(numbers[k]) <= _rank(numbers[k + 1]) else (k + 1, k)
                number = -1
                if wrapped:
                    cylinder = muscle.cylinder
                    assert cylinder is not None
                    carrier = BODY_NUMBER[cylinder.body] + (
                        3 * side if BODY_NUMBER[cylinder.body] >= FEMUR else 0
                    )
                    key = (carrier, cylinder, tuple(at[near]), tuple(at[far]))
                    number = wraps.setdefault(key, len(wraps))
                    if number == len(wrap_rows):
                        flip = np.diag(mirror)
                        wrap_rows.append(
                            (
                                carrier, numbers[near], numbers[far], at[near], at[far],
                                flip @ rotation(cylinder.rotation) @ flip, np.array(cylinder.at) * mirror,
                                cylinder.radius, WRAP_SIDE.get(muscle.name) or WRAP_SIDE[muscle.group],
                            )
                        )  # fmt: skip
                body0.append(numbers[near])
                body1.append(numbers[far])
                point0.append(at[near])
                point1.append(at[far])
                wrap.append(number)
            on_body.append(fixed)
            first.append(len(body0))
    columns = list(zip(*wrap_rows, strict=True))
    return Paths(
        np.array(first), np.array(on_body), np.array(body0), np.array(body1), np.array(point0),
        np.array(point1), np.array(wrap), *(np.array(column) for column in columns),
    )  # fmt: skip


STRENGTH = {"psoas": "psoas_strength"} | dict.fromkeys(
    ("iliacus", "gluteals", "hamstrings", "adductors", "rectus_femoris", "sartorius_tfl", "rotators"),
    "hip_strength",
)
"""Which parameter scales a group's tabled force; the trunk's groups go by `trunk_strength`."""

SPANNING = (
    "multifidus",
    "iliocostalis",
    "longissimus",
    "quadratus_lumborum",
    "rectus_abdominis",
    "external_oblique",
    "internal_oblique",
)
"""Trunk muscles whose fibres are taken to span the whole path: their tabled fibre lengths give 0.6 in
neutral."""


def _pack_fibres(
    muscles: tuple[anatomy.Muscle, ...], sides: int, value: Mapping[str, float], neutral: Floats
) -> Fibres:
    force, optimal, slack, volume, iliopsoas, trunk = [], [], [], [], [], []
    for muscle, length in zip(muscles, neutral, strict=True):
        cosine = float(np.cos(muscle.pennation))
        strength = muscle.max_force * value[STRENGTH.get(muscle.group, "trunk_strength")]
        ratio = value.get(f"{muscle.group}_neutral_ratio", muscle.neutral_ratio)
        force.append(strength * cosine)
        volume.append(strength * muscle.fibre_length)
        iliopsoas.append(float(muscle.group in ("psoas", "iliacus")))
        trunk.append(float(muscle.group in SPANNING))
        if muscle.group in SPANNING:
            assert ratio is not None
            optimal.append(length / ratio)
            slack.append(0.0)
        elif ratio is not None:
            optimal.append(muscle.fibre_length * cosine)
            slack.append(length - ratio * muscle.fibre_length * cosine)
        else:
            assert muscle.slack is not None
            optimal.append(muscle.fibre_length * cosine)
            longer = value["rectus_femoris_slack"] if muscle.group == "rectus_femoris" else 0.0
            slack.append(muscle.slack + longer)
    weight = np.array(volume) / np.sum(volume) / sides
    curve = np.array([value["passive_shape"], value["passive_strain"], value["active_width"]])
    return Fibres(
        np.tile(force, sides), np.tile(optimal, sides), np.tile(slack, sides), np.tile(weight, sides),
        np.tile(iliopsoas, sides), np.tile(trunk, sides), curve,
    )  # fmt: skip


def _pack_frame(value: Mapping[str, float], changes: Mapping[str, float] | None) -> Frame:
    joints = {joint.name: joint for joint in anatomy.skeleton().joints}
    mass = {segment.body: segment for segment in anatomy.skeleton().segments}
    chain = [joints[name] for name in anatomy.LEVELS]
    torso, head = mass["torso"], mass["head"]
    whole = torso.mass_kg + head.mass_kg
    upper = (np.array(torso.centre) * torso.mass_kg + np.array(head.centre) * head.mass_kg) / whole
    bodies = anatomy.BODIES[:6]
    degree = np.pi / 180
    every_flexion = sum(value[f"flexion_{name}"] for name in KINK)
    segment = [
        [
            value["disc_stiffness"] / degree, value["ligament_moment"], value["ligament_shape"],
            value[f"flexion_{name}"] * degree, value["facet_moment"], value["facet_shape"],
            value[f"extension_{name}"] * degree,
            -value["disc_rest"] * value[f"flexion_{name}"] / every_flexion * degree,
        ]
        for name in KINK
    ]  # fmt: skip
    return Frame(
        joint_parent=np.array([joint.in_parent for joint in chain]),
        joint_child=np.array([joint.in_child for joint in chain]),
        hip=np.array(joints["hip"].in_parent),
        abdomen=np.array(joints["abdomen"].in_child),
        mass=np.array([mass[b].mass_kg for b in bodies] + [whole]),
        centre=np.array([mass[b].centre for b in bodies] + [tuple(upper)]),
        segment=np.array(segment),
        stiffness=np.array([value["disc_stiffness_lateral"], value["disc_stiffness_axial"]]) / degree,
        capsule=np.array(
            [value["capsule_moment"], value["capsule_angle"] * degree, value["capsule_growth"] * degree]
        ),
        ligament=np.array([value["ligament_arm"], value["intrinsic_preload"]]),
        disc=np.radians(disc_tilts(changes)),
        ankle=np.array(joints["ankle"].in_parent),
        numeric=np.array([value["reserve_weight"], value["contact_weight"]]),
    )


@lru_cache(maxsize=64)
def _model(sides: int, frozen: tuple[tuple[str, float], ...]) -> Model:
    from nextposture.body import sagittal

    changes = dict(frozen)
    value = values(changes)
    muscles = anatomy.muscles()
    brim = (value["brim_forward"], value["brim_up"])
    frame = _pack_frame(value, changes)
    depth = value["extensor_depth"]
    half = _pack_paths(muscles, 1, brim, depth)
    neutral = sagittal.neutral_lengths(half, frame)
    paths = half if sides == 1 else _pack_paths(muscles, sides, brim, depth)
    return Model(paths, _pack_fibres(muscles, sides, value, neutral), frame)


def postural_spread(changes: Mapping[str, float] | None = None) -> Floats:
    """(7) how far tilt and the six lumbar angles stand apart between people, rad; a change of
    `posture_spread` takes the segments along."""
    value = values(changes)
    wider = value["posture_spread"] / anatomy.parameters()["posture_spread"].value
    segments = [value[f"segment_spread_{name}"] * wider for name in KINK]
    return np.radians([value["posture_spread"], *segments])


def model(sides: int = 1, changes: Mapping[str, float] | None = None) -> Model:
    """The reference body as arrays: one side for the sagittal half model, both for the spatial one.

    `changes` replaces parameters by name, for sensitivity. Raises KeyError for an unknown name.
    """
    values(changes)
    return _model(sides, tuple(sorted((changes or {}).items())))


def fascicle_names(sides: int = 1) -> tuple[str, ...]:
    """Names in array order: as tabled for the half model, with _r and _l for the full one."""
    names = tuple(muscle.name for muscle in anatomy.muscles())
    return names if sides == 1 else tuple(f"{n}_{s}" for s in ("r", "l") for n in names)
