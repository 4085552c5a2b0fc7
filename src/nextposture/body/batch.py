"""Many people and postures at once, on all cores: plain threads over kernels that release the
interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from nextposture.body import sagittal_statics as at
from nextposture.body import spatial
from nextposture.body.assembly import Floats, model, postural_spread, values
from nextposture.body.compiling import announced, kernel
from nextposture.body.hip import find_extensions, thomas_leg
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
from nextposture.body.sagittal_statics import LOAD_X, LOAD_Y, RESULT, TONE, costs, evaluate, memory
from nextposture.body.standing_equilibrium import GRADIENT_LEFT, MOST_ITERATIONS, find

REPORTED = 5


@dataclass(frozen=True)
class BatchLoads:
    """Loads of n people in p postures: arrays (n, p, 5) over L5/S1 to L1/2 in N, N and Nm, reserve (n, p)
    in Nm."""

    compression: Floats
    shear: Floats
    moment: Floats
    reserve: Floats


@dataclass(frozen=True)
class BatchStanding:
    """Standing equilibria of n people: coordinates (n, 8) rad, loads (n, 5) in N, N and Nm, reserve (n) in
    Nm, and whether each converged (n): balance and gaze kept, and no step left that lowers the objective."""

    coordinates: Floats
    compression: Floats
    shear: Floats
    moment: Floats
    reserve: Floats
    converged: np.ndarray


@kernel(nogil=True)
def run_many(model, x, of, shift, contacts, people, power, out):  # type: ignore[no-untyped-def]
    """Every person (n, 4) in every posture: x (p, 8), of (p, 23), contacts (p, k, 6); `out` (n, p, 31).
    `shift` (p, 2) is how a load's place in the torso moves for 1/length - 1, because a load in the room does
    not scale with a body."""
    m = model.paths.on_body.shape[0]
    s = model.paths.body0.shape[0]
    scratch, state, A, b, lam, a, work = memory(m, s, contacts.shape[1])  # noqa: N806
    own = of.copy()
    for p in range(x.shape[0]):
        cost = costs(model.fibres, model.frame, contacts[p], of[p, TONE], 1)
        for n in range(people.shape[0]):
            stretch = 1.0 / people[n, 0] - 1.0
            own[p, LOAD_X] = of[p, LOAD_X] + stretch * shift[p, 0]
            own[p, LOAD_Y] = of[p, LOAD_Y] + stretch * shift[p, 1]
            lam[:] = 0.0
            evaluate(
                model, x[p], own[p], contacts[p], people[n], power, scratch, cost, A, b, lam, a, work,
                out[n, p], state,
            )  # fmt: skip


@kernel(nogil=True)
def run_many_spatial(model, x, of, contacts, people, power, out):  # type: ignore[no-untyped-def]
    """The same in the full model: x (p, 25), of (p, 37), contacts (p, k, 8)."""
    m = model.paths.on_body.shape[0]
    s = model.paths.body0.shape[0]
    scratch, state, A, b, lam, a, work = spatial.memory(m, s, contacts.shape[1])  # noqa: N806
    for p in range(x.shape[0]):
        cost = costs(model.fibres, model.frame, contacts[p], of[p, TONE], 2)
        for n in range(people.shape[0]):
            lam[:] = 0.0
            spatial.evaluate(
                model, x[p], of[p], contacts[p], people[n], power, scratch, cost, A, b, lam, a, work,
                out[n, p], state,
            )  # fmt: skip


@kernel(nogil=True)
def stand_many(model, of, contacts, people, power, spread, ahead, x, left, out):  # type: ignore[no-untyped-def]
    """The standing equilibrium of every person (n, 4): `x` (n, 8), `left` (n, 3) gradient, constraint,
    iterations; `out` (n, 31)."""
    for n in range(people.shape[0]):
        x[n] = 0.0
        iterations, gradient, broken = find(
            model, x[n], of, contacts, people[n], power, spread, ahead, GRADIENT_LEFT, MOST_ITERATIONS, out[n]
        )
        left[n, 0] = gradient
        left[n, 1] = broken
        left[n, 2] = iterations


def scale_rows(
    people: Sequence[Person] | Floats,
    shortening: float | Floats = 0.0,
    changes: Mapping[str, float] | None = None,
) -> Floats:
    """(n, 4) scales of people, or such an array as it is. `shortening` is one value or one a person."""
    if isinstance(people, np.ndarray):
        return np.ascontiguousarray(people, dtype=np.float64)
    each = np.broadcast_to(np.asarray(shortening, dtype=np.float64), (len(people),))
    return np.array(
        [scales(person, float(share), changes) for person, share in zip(people, each, strict=True)]
    )


def _in_parallel(work: Callable[[slice], None], count: int, threads: int | None) -> None:
    threads = threads or os.cpu_count() or 1
    pieces = max(1, min(count, 8 * threads)) if threads > 1 else 1
    edges = np.linspace(0, count, pieces + 1).astype(int)
    parts = [slice(int(lo), int(hi)) for lo, hi in pairwise(edges) if hi > lo]
    if threads == 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, part) for part in parts]:
            done.result()


def _half(
    shapes: list[Posture],
    rows: Floats,
    power: int,
    threads: int | None,
    changes: Mapping[str, float] | None,
    out: Floats,
) -> None:
    x = np.array([coordinates(shape) for shape in shapes])
    of = np.array([setting(shape, 1.0, changes) for shape in shapes])
    half = np.array([setting(shape, 0.5, changes) for shape in shapes])
    shift = half[:, LOAD_X : LOAD_Y + 1] - of[:, LOAD_X : LOAD_Y + 1]
    contacts = np.array([contact_rows(shape, changes) for shape in shapes])
    body = model(1, changes)

    def work(part: slice) -> None:
        run_many(body, x, of, shift, contacts, rows[part], power, out[part])

    with announced():
        work(slice(0, 1))
    _in_parallel(work, len(rows), threads)


def _full(
    shapes: list[Posture],
    rows: Floats,
    power: int,
    threads: int | None,
    changes: Mapping[str, float] | None,
    out: Floats,
) -> None:
    for shape in shapes:
        if shape.load is not None and shape.load.from_hip is not None:
            raise ValueError(
                f"{shape.name}: the batch of the full model cannot hold a load at a place in the room"
            )
    x = np.array([spatial_coordinates(shape) for shape in shapes])
    of = np.array([spatial_setting(shape, 1.0, changes) for shape in shapes])
    contacts = np.array([spatial_contact_rows(shape, changes) for shape in shapes])
    body = model(2, changes)

    def work(part: slice) -> None:
        run_many_spatial(body, x, of, contacts, rows[part], power, out[part])

    with announced():
        work(slice(0, 1))
    _in_parallel(work, len(rows), threads)


def batch_loads(
    people: Sequence[Person] | Floats,
    postures: Sequence[Posture | str] = ("standing",),
    shortening: float | Floats = 0.0,
    power: int = 2,
    threads: int | None = None,
    changes: Mapping[str, float] | None = None,
) -> BatchLoads:
    """Loads of many people in many postures: symmetric ones in the half model, the others in the full one.

    `people` are persons, or an array (n, 4) of scales. `shortening` is one value or one a person. Raises
    OutOfRangeError.
    """
    shapes = [posture(item) if isinstance(item, str) else item for item in postures]
    rows = scale_rows(people, shortening, changes)
    out = np.empty((len(rows), len(shapes), RESULT))
    for solve, symmetric in ((_half, True), (_full, False)):
        mine = [k for k, shape in enumerate(shapes) if shape.symmetric == symmetric]
        if mine:
            part = np.empty((len(rows), len(mine), RESULT))
            solve([shapes[k] for k in mine], rows, power, threads, changes, part)
            out[:, mine] = part
    return BatchLoads(
        out[:, :, at.COMPRESSION : at.COMPRESSION + REPORTED],
        out[:, :, at.SHEAR : at.SHEAR + REPORTED],
        out[:, :, at.MOMENT : at.MOMENT + REPORTED],
        out[:, :, at.RESERVE],
    )


def batch_standing(
    people: Sequence[Person] | Floats,
    shortening: float | Floats = 0.0,
    power: int = 2,
    threads: int | None = None,
    changes: Mapping[str, float] | None = None,
) -> BatchStanding:
    """The standing equilibrium of many people, with one shortening or one a person."""
    value = values(changes)
    rows = scale_rows(people, shortening, changes)
    shape = posture("standing")
    of, contacts = setting(shape, 1.0, changes), contact_rows(shape, changes)
    body = model(1, changes)
    x, left, out = np.empty((len(rows), 8)), np.empty((len(rows), 3)), np.empty((len(rows), RESULT))
    spread, ahead = postural_spread(changes), value["balance_ahead_of_ankle"]
    with announced():
        stand_many(body, of, contacts, rows[:1], power, spread, ahead, x[:1], left[:1], out[:1])
    _in_parallel(
        lambda part: stand_many(
            body, of, contacts, rows[part], power, spread, ahead, x[part], left[part], out[part]
        ),
        len(rows),
        threads,
    )
    return BatchStanding(
        x,
        out[:, at.COMPRESSION : at.COMPRESSION + REPORTED],
        out[:, at.SHEAR : at.SHEAR + REPORTED],
        out[:, at.MOMENT : at.MOMENT + REPORTED],
        out[:, at.RESERVE],
        (left[:, 1] < 1e-6) & (left[:, 2] < MOST_ITERATIONS),
    )


def batch_hip_extension(
    people: Sequence[Person] | Floats,
    shortening: float | Floats = 0.0,
    threads: int | None = None,
    changes: Mapping[str, float] | None = None,
) -> Floats:
    """(n) `hip_extension` of many people, deg, with one shortening or one a person.

    `people` are persons, or an array (n, 4) of scales. Raises OutOfRangeError.
    """
    rows = scale_rows(people, shortening, changes)
    body, (knee, leg), out = model(1, changes), thomas_leg(changes), np.empty(len(rows))
    with announced():
        find_extensions(body, knee, leg, rows[:1], out[:1])
    _in_parallel(lambda part: find_extensions(body, knee, leg, rows[part], out[part]), len(rows), threads)
    return out
