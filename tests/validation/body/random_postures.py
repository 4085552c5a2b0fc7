"""Random balanced postures for testing the p = 3 solver: their distribution, from a stated seed.

A posture is drawn by angles (below). Its demand is made by drawing an activation for every fascicle,
exponential with mean 0.15 and cut at 1, and asking for exactly the moments those activations make: so every
problem has a solution, with muscles off, between and at full activation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from nextposture.body.assembly import model
from nextposture.body.postures import posture, rhythm, spatial_setting
from nextposture.body.redundancy import TOLERANCE, solve, workspace
from nextposture.body.spatial import memory, muscle_paths, place

SEED = 20261122
MOST = 200


@dataclass(frozen=True)
class Outcome:
    """How a run over random postures went. A case is stalled if its residual stays above the tolerance of
    `redundancy` (p = 3: 1e-7 of 1 + max|b| Nm) after 200 iterations."""

    cases: int
    stalled: int
    mean_iterations: float
    most_iterations: int
    worst_residual: float


@nb.njit  # type: ignore[untyped-decorator]  # kept nowhere: numba would not see that a kernel has changed
def _run(paths, fibres, frame, coordinates, of, drawn, power, rho, scratch, A, work, out):  # type: ignore[no-untyped-def]  # noqa: N803
    rot, at, axis, centre, length, arm, line = scratch
    m = length.shape[0]
    b = np.empty(24)
    a = np.empty(m)
    lam = np.empty(24)
    lo = np.zeros(m)
    for n in range(coordinates.shape[0]):
        place(frame, coordinates[n], of, rot, at, axis, centre)
        muscle_paths(paths, rot, at, axis, centre, length, arm, line)
        top = 1.0
        for j in range(24):
            b[j] = 0.0
            lam[j] = 0.0
            for i in range(m):
                A[j, i] = arm[j, i] * fibres.force[i]
                b[j] += A[j, i] * drawn[n, i]
            top = max(top, 1.0 + abs(b[j]))
        iterations, residual = solve(
            A, b, fibres.weight, power, lo, rho, TOLERANCE[power - 2], MOST, lam, a, work
        )
        out[n, 0] = iterations
        out[n, 1] = residual / top


def draw(count: int, seed: int = SEED) -> tuple[np.ndarray, np.ndarray]:
    """(n, 25) coordinates in rad and (n, 258) activations.

    Lumbar flexion -15 to 50 deg by the rhythm, each level then off by a normal of SD 2; lateral bending
    normal of SD 3 and axial rotation of SD 1 a level; pelvis -90 to 90; hips flexed -20 to 110, normal
    adduction of SD 8, rotation of SD 10.
    """
    random = np.random.default_rng(seed)
    x = np.zeros((count, 25))
    x[:, 0] = random.uniform(-90, 90, count)
    bend = random.uniform(-15, 50, count)
    x[:, 1:19:3] = -bend[:, None] * rhythm() + random.normal(0, 2, (count, 6))
    x[:, 2:19:3] = random.normal(0, 3, (count, 6))
    x[:, 3:19:3] = random.normal(0, 1, (count, 6))
    for hip in (19, 22):
        x[:, hip] = random.uniform(-20, 110, count)
        x[:, hip + 1] = random.normal(0, 8, count)
        x[:, hip + 2] = random.normal(0, 10, count)
    drawn = np.minimum(random.exponential(0.15, (count, 258)), 1.0)
    return np.radians(x), drawn


def run(count: int, power: int = 3, seed: int = SEED) -> Outcome:
    """Solve `count` random balanced postures, in blocks of 10,000 with seeds that follow each other."""
    body = model(2)
    m, s = len(body.paths.on_body), len(body.paths.body0)
    scratch = memory(m, s, 0)[0]
    of = spatial_setting(posture("standing"))
    rho = body.frame.numeric[0]
    found = []
    for block, start in enumerate(range(0, count, 10_000)):
        x, drawn = draw(min(10_000, count - start), seed + block)
        out = np.empty((len(x), 2))
        _run(
            body.paths,
            body.fibres,
            body.frame,
            x,
            of,
            drawn,
            power,
            rho,
            scratch,
            np.empty((24, m)),
            workspace(24, m),
            out,
        )
        found.append(out)
    every = np.concatenate(found)
    return Outcome(
        cases=count,
        stalled=int((every[:, 1] > TOLERANCE[power - 2]).sum()),
        mean_iterations=float(every[:, 0].mean()),
        most_iterations=int(every[:, 0].max()),
        worst_residual=float(every[:, 1].max()),
    )
