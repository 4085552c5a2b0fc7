"""Loads on the lumbar discs in a posture, and which muscles they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nextposture.body import anatomy, sagittal_statics, spatial
from nextposture.body.assembly import Floats, Model, fascicle_names, model, values
from nextposture.body.compiling import announced
from nextposture.body.person import Person, scales
from nextposture.body.postures import (
    Posture,
    contact_rows,
    coordinates,
    posture,
    setting,
    spatial_contact_rows,
    spatial_coordinates,
    spatial_setting,
)

REPORTED = anatomy.LEVELS[:5]


@dataclass(frozen=True)
class LevelLoad:
    """Load on one disc, in its own frame.

    Compression in N, positive when pressed. Shear in N, positive when the upper vertebra is pushed forwards.
    Moment in Nm that disc and ligaments carry, positive when they resist flexion. `shares` gives compression
    and shear (N) by muscle group and for weight, supports and ligaments, and sums to the whole; `psoas`
    splits the psoas' share by fascicle, both sides together.
    """

    level: str
    compression_N: float  # noqa: N815
    shear_N: float  # noqa: N815
    moment_Nm: float  # noqa: N815
    shares: dict[str, tuple[float, float]]
    psoas: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Loads:
    """Loads of one posture: levels from L5/S1 up to L1/2, the largest reserve (Nm) the equilibrium needed (a
    posture that the muscles cannot hold shows here), activations by fascicle (`_r` and `_l` in the full
    model), and the passive force of psoas and iliacus of one side (N)."""

    posture: str
    levels: tuple[LevelLoad, ...]
    reserve_Nm: float  # noqa: N815
    effort: float
    iterations: int
    residual_Nm: float  # noqa: N815
    activations: dict[str, float]
    iliopsoas_passive_N: float  # noqa: N815

    def level(self, name: str) -> LevelLoad:
        """The load at `L4/5`, say. Raises KeyError."""
        for level in self.levels:
            if level.level == name:
                return level
        raise KeyError(name)


@dataclass(frozen=True)
class Solved:
    """A solved posture with what the kernels left behind; `power` and `sides` as they were asked for."""

    result: Floats
    activation: Floats
    pull: Floats  # (m) force of every fascicle, N
    lines: Floats  # (s, 3) unit vector of every stretch
    normals: Floats  # (6, 3) up the spine
    fronts: Floats  # (6, 3) forwards
    supports: Floats  # (7, 3) forces of the free supports on the trunk, N
    weight: Floats  # (7, 3) weight of every body of the trunk, and of what the hands hold, N
    shared: bool  # a fixed support carries the trunk too, as in a plank
    model: Model
    sides: int
    matrix: Floats  # (rows, columns) the redundancy problem A a + r = b ...
    demand: Floats  # (rows) ... its right side ...
    multipliers: Floats  # (rows) ... and its dual solution
    cost: Floats
    floor: Floats


def solve_sagittal(
    x: Floats,
    of: Floats,
    contacts: Floats,
    person: Floats,
    power: int = 2,
    changes: Mapping[str, float] | None = None,
) -> Solved:
    """Solve the half model at coordinates x (8), setting (39), contacts (12, 6) and scales (4)."""
    body = model(1, changes)
    at = sagittal_statics
    m, s = len(body.paths.on_body), len(body.paths.body0)
    with announced():
        scratch, state, matrix, demand, lam, a, work = at.memory(m, s, len(contacts))
        cost = at.costs(body.fibres, body.frame, contacts, of[at.TONE], 1)
        result = np.empty(at.RESULT)
        at.evaluate(
            body, x, of, contacts, person, power, scratch, cost, matrix, demand, lam, a, work, result, state
        )
    pose = scratch[0]
    supports = np.zeros((7, 3))
    for row, use in zip(contacts, a[m:], strict=True):
        if 0 <= row[0] < 7:
            c, sine = pose[int(row[0]), :2]
            supports[int(row[0]), :2] += (
                use * row[5] * np.array([c * row[3] - sine * row[4], sine * row[3] + c * row[4]])
            )
    normals = np.column_stack([state[5], np.zeros(6)])
    fronts = np.column_stack([normals[:, 1], -normals[:, 0], np.zeros(6)])
    pull = 2.0 * (state[0] + a[:m] * state[1])
    return Solved(
        result,
        a,
        pull,
        scratch[4][:, :3],
        normals,
        fronts,
        supports,
        _weight(body, of, person, np.array([0.0, -1.0, 0.0])),
        bool(of[at.STANCE] == at.TWO_SUPPORTS),
        body,
        1,
        matrix,
        demand,
        lam,
        cost[0],
        cost[1],
    )


def solve_spatial(
    x: Floats,
    of: Floats,
    contacts: Floats,
    person: Floats,
    power: int = 2,
    changes: Mapping[str, float] | None = None,
) -> Solved:
    """Solve the full model at coordinates x (25), setting (69), contacts (20, 8) and scales (4)."""
    body = model(2, changes)
    at = spatial
    m, s = len(body.paths.on_body), len(body.paths.body0)
    with announced():
        scratch, state, matrix, demand, lam, a, work = at.memory(m, s, len(contacts))
        cost = sagittal_statics.costs(body.fibres, body.frame, contacts, of[sagittal_statics.TONE], 2)
        result = np.empty(sagittal_statics.RESULT)
        at.evaluate(
            body, x, of, contacts, person, power, scratch, cost, matrix, demand, lam, a, work, result, state
        )
    rot = scratch[0]
    supports = np.zeros((7, 3))
    for row, use in zip(contacts, a[m:], strict=True):
        if 0 <= row[0] < 7:
            supports[int(row[0])] += use * row[7] * (rot[int(row[0])] @ row[4:7])
    middle = rot[:6] + rot[1:7]
    tilt = body.frame.disc
    plane = np.column_stack([np.sin(tilt), np.cos(tilt), np.zeros(6)])
    ahead = np.column_stack([np.cos(tilt), -np.sin(tilt), np.zeros(6)])
    normals, fronts = np.einsum("jrc,jc->jr", middle, plane), np.einsum("jrc,jc->jr", middle, ahead)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    fronts /= np.linalg.norm(fronts, axis=1)[:, None]
    pull = state[0] + a[:m] * state[1]
    return Solved(
        result,
        a,
        pull,
        scratch[6],
        normals,
        fronts,
        supports,
        _weight(body, of, person, of[at.DOWN : at.DOWN + 3]),
        bool(of[sagittal_statics.STANCE] == sagittal_statics.TWO_SUPPORTS),
        body,
        2,
        matrix,
        demand,
        lam,
        cost[0],
        cost[1],
    )


def _weight(body: Model, of: Floats, person: Floats, down: Floats) -> Floats:
    """(7, 3) weight of each body of the trunk, N."""
    at = sagittal_statics
    newton = body.frame.mass * at.GRAVITY * person[1]
    newton[6] = of[at.TORSO_MASS] * at.GRAVITY * person[1] + of[at.LOAD]
    return np.asarray(newton[:, None] * down)


def solve_posture(
    person: Person,
    shape: Posture,
    shortening: float = 0.0,
    power: int = 2,
    changes: Mapping[str, float] | None = None,
) -> Solved:
    """Solve a posture in the half model if it is symmetric, else in the full one."""
    scale = scales(person, shortening, changes)
    if shape.symmetric:
        return solve_sagittal(
            coordinates(shape),
            setting(shape, scale[0], changes),
            contact_rows(shape, changes),
            scale,
            power,
            changes,
        )
    return solve_spatial(
        spatial_coordinates(shape),
        spatial_setting(shape, scale[0], changes),
        spatial_contact_rows(shape, changes),
        scale,
        power,
        changes,
    )


def _per_fascicle(solved: Solved) -> tuple[Floats, Floats]:
    """(m, 5) compression and shear that each fascicle puts on each disc, N."""
    paths = solved.model.paths
    m = len(solved.pull)
    compression, shear = np.zeros((m, 5)), np.zeros((m, 5))
    owner = np.repeat(np.arange(m), np.diff(paths.first))
    for j in range(5):
        above0 = (paths.body0 > j) & (paths.body0 < 7)
        above1 = (paths.body1 > j) & (paths.body1 < 7)
        across = solved.pull[owner] * (above1.astype(float) - above0.astype(float))
        np.add.at(compression[:, j], owner, across * (solved.lines @ solved.normals[j]))
        np.add.at(shear[:, j], owner, -across * (solved.lines @ solved.fronts[j]))
    return compression, shear


def summarise(solved: Solved, name: str) -> Loads:
    """Turn a solved posture into its loads with every share."""
    at = sagittal_statics
    compression, shear = _per_fascicle(solved)
    muscles = anatomy.muscles() * solved.sides
    result = solved.result
    levels = []
    for j, level in enumerate(REPORTED):
        shares: dict[str, tuple[float, float]] = {}
        psoas: dict[str, tuple[float, float]] = {}
        for muscle, c, s in zip(muscles, compression[:, j], shear[:, j], strict=True):
            held = shares.get(muscle.group, (0.0, 0.0))
            shares[muscle.group] = (held[0] + float(c), held[1] + float(s))
            if muscle.group == "psoas":
                held = psoas.get(muscle.name, (0.0, 0.0))
                psoas[muscle.name] = (held[0] + float(c), held[1] + float(s))
        push = solved.supports[j + 1 :].sum(axis=0)
        shares["supports"] = (float(-push @ solved.normals[j]), float(push @ solved.fronts[j]))
        above = solved.weight[j + 1 :].sum(axis=0)
        shares["weight"] = (float(-above @ solved.normals[j]), float(above @ solved.fronts[j]))
        ligament = float(solved.result[at.TENSION + j])
        shares["ligaments"] = (ligament, 0.0)
        total, across = float(result[at.COMPRESSION + j]), float(result[at.SHEAR + j])
        if solved.shared:  # what the sum still lacks comes through the fixed support
            pushed = shares["supports"]
            lacking = total - sum(c for c, _ in shares.values()), across - sum(s for _, s in shares.values())
            shares["supports"] = (pushed[0] + lacking[0], pushed[1] + lacking[1])
        levels.append(LevelLoad(level, total, across, float(result[at.MOMENT + j]), shares, psoas))
    names = fascicle_names(solved.sides)
    return Loads(
        posture=name,
        levels=tuple(levels),
        reserve_Nm=float(result[at.RESERVE]),
        effort=float(result[at.EFFORT]),
        iterations=int(result[at.ITERATIONS]),
        residual_Nm=float(result[at.RESIDUAL]),
        activations={n: float(a) for n, a in zip(names, solved.activation, strict=False)},
        iliopsoas_passive_N=float(result[at.ILIOPSOAS]),
    )


def loads(
    person: Person,
    at: Posture | str = "standing",
    shortening: float = 0.0,
    power: int = 2,
    changes: Mapping[str, float] | None = None,
) -> Loads:
    """Loads on the lumbar discs of `person` in a posture with its stated angles.

    `shortening` is the share of optimal fibre length that psoas and iliacus have lost; here it changes their
    passive force only, the posture being given (`standing` lets the posture answer). `power` is 2 or 3.
    `changes` replaces parameters by name. Raises OutOfRangeError.
    """
    shape = posture(at) if isinstance(at, str) else at
    if power not in (2, 3):
        raise ValueError(f"power must be 2 or 3, not {power}")
    return summarise(solve_posture(person, shape, shortening, power, changes), shape.name)


def pressure_to_force(pressure_mpa: float) -> float:
    """Disc compression in N that goes with an intradiscal pressure in MPa: p A k, see parameters disc_area
    and pressure_correction."""
    table = values()
    return pressure_mpa * 1e6 * table["disc_area"] * 1e-4 * table["pressure_correction"]
