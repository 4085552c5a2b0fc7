"""Is the answer of the redundancy solver the optimum? Its own conditions, and other solvers on the same
matrices."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nextposture.body.disc_loads import Solved, solve_posture
from nextposture.body.person import Person
from nextposture.body.postures import posture, posture_names
from nextposture.body.redundancy import solve, workspace

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Conditions:
    """Largest violation of each condition: the moment balance (Nm), the stationarity of every activation
    between its bounds (its own units), the sign at the bounds, and the bounds."""

    balance: float
    stationarity: float
    sign: float
    bounds: float


def conditions(solved: Solved, power: int) -> Conditions:
    """KKT residuals of a solved posture."""
    a, w, lo = solved.activation, solved.cost, solved.floor
    rho = solved.model.frame.numeric[0]
    y = solved.multipliers @ solved.matrix
    gradient = power * w * a ** (power - 1) - y
    inside = (a > lo + 1e-12) & (a < 1.0 - 1e-12)
    return Conditions(
        balance=float(np.abs(solved.matrix @ a + solved.multipliers / rho - solved.demand).max()),
        stationarity=float(np.abs(gradient[inside]).max()) if inside.any() else 0.0,
        sign=float(max([0.0, *(-gradient[a <= lo + 1e-12]), *gradient[a >= 1.0 - 1e-12]])),
        bounds=float(max(0.0, (lo - a).max(), (a - 1.0).max())),
    )


def every_posture(power: int) -> Conditions:
    """The worst of each condition over all named postures."""
    found = [
        conditions(solve_posture(Person(), posture(name), 0.0, power), power) for name in posture_names()
    ]
    return Conditions(
        *(max(getattr(c, k) for c in found) for k in ("balance", "stationarity", "sign", "bounds"))
    )


def quadprog_answer(solved: Solved) -> np.ndarray:
    """The p = 2 problem by the active-set method of Goldfarb and Idnani, reserve eliminated through
    scaled rows."""
    import quadprog

    rows, n = solved.matrix.shape
    rho = solved.model.frame.numeric[0]
    # unknowns a and r / scale, with A a + r = b kept as an equality: better conditioned than eliminating r
    hessian = np.diag(np.concatenate([2.0 * solved.cost, np.full(rows, rho)]))
    equality = np.hstack([solved.matrix, np.eye(rows)])
    bounds = np.hstack([np.vstack([np.eye(n), -np.eye(n)]), np.zeros((2 * n, rows))])
    constraints = np.vstack([equality, bounds]).T
    limits = np.concatenate([solved.demand, solved.floor, -np.ones(n)])
    answer = quadprog.solve_qp(hessian, np.zeros(n + rows), constraints, limits, meq=rows)[0]
    return np.asarray(answer[:n])


def clarabel_answer(solved: Solved, power: int) -> np.ndarray:
    """The same by Clarabel's interior point method; p = 3 through power cones t >= a^3."""
    import clarabel
    from scipy import sparse

    rows, n = solved.matrix.shape
    rho = solved.model.frame.numeric[0]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    settings.max_iter = 400
    scale = 1.0 / solved.cost.mean()  # keeps the objective near 1
    extra = n if power == 3 else 0
    size = n + rows + extra
    weight = 2.0 * solved.cost * scale if power == 2 else np.zeros(n)
    quadratic = sparse.diags(np.concatenate([weight, np.full(rows, rho * scale), np.zeros(extra)])).tocsc()
    linear = np.concatenate([np.zeros(n + rows), solved.cost * scale if extra else np.zeros(0)])
    equality = sparse.hstack(
        [sparse.csc_matrix(solved.matrix), sparse.eye(rows), sparse.csc_matrix((rows, extra))]
    )
    eye = sparse.hstack([sparse.eye(n), sparse.csc_matrix((n, rows + extra))])
    blocks, rhs = [equality, eye, -eye], [solved.demand, np.ones(n), -solved.floor]
    cones = [clarabel.ZeroConeT(rows), clarabel.NonnegativeConeT(2 * n)]
    if extra:
        lines, columns, constants = [], [], []
        for i in range(n):  # (t, 1, a) in the power cone of 1/3
            lines += [3 * i, 3 * i + 2]
            columns += [n + rows + i, i]
            constants += [0.0, 1.0, 0.0]
        blocks.append(sparse.csc_matrix((-np.ones(2 * n), (lines, columns)), shape=(3 * n, size)))
        rhs.append(np.array(constants))
        cones += [clarabel.PowerConeT(1.0 / 3.0)] * n
    solver = clarabel.DefaultSolver(
        sparse.csc_matrix(quadratic),
        linear,
        sparse.vstack(blocks).tocsc(),
        np.concatenate(rhs),
        cones,
        settings,
    )
    return np.asarray(solver.solve().x[:n])


POSTURES = ("standing", "standing_flexed", "holding_20kg_close", "lying_side", "half_kneeling_stretch")


def worst_difference(solver: str, power: int) -> tuple[float, float]:
    """Largest difference of an activation from another solver, and of the objective (relative), over
    POSTURES."""
    activation, objective = 0.0, 0.0
    for name in POSTURES:
        solved = solve_posture(Person(), posture(name), 0.0, power)
        other = quadprog_answer(solved) if solver == "quadprog" else clarabel_answer(solved, power)
        ours = solved.activation
        m = len(solved.pull)
        activation = max(activation, float(np.abs(ours[:m] - other[:m]).max()))

        def cost(a: np.ndarray, of: Solved = solved) -> float:
            r = of.demand - of.matrix @ a
            return float(of.cost @ np.clip(a, 0.0, None) ** power + 0.5 * of.model.frame.numeric[0] * r @ r)

        objective = max(objective, abs(cost(other) / cost(ours) - 1.0))
    return activation, objective


def against_opensim() -> tuple[float, float, int]:
    """Largest difference of an activation, relative difference of the objective, and number of muscles,
    against the frozen answer of OpenSim's static optimisation (tolerance 1e-7, neutral pose, coupled trunk),
    each muscle weighing the same and kept at 0.01 or more as OpenSim does."""
    frozen = json.loads((HERE / "opensim_statics.json").read_text(encoding="utf-8"))["muscles"]
    theirs = np.array([row["activation"] for row in frozen])
    matrix = np.ascontiguousarray(np.array([row["moment_Nm"] for row in frozen]).T)
    n, m = matrix.shape
    ours, lam = np.empty(m), np.zeros(n)
    solve(
        matrix,
        matrix @ theirs,
        np.full(m, 1.0 / m),
        2,
        np.full(m, 0.01),
        1e4,
        1e-12,
        200,
        lam,
        ours,
        workspace(n, m),
    )
    return float(np.abs(ours - theirs).max()), float((theirs @ theirs) / (ours @ ours) - 1.0), m
