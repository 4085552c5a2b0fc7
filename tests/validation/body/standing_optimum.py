"""Is the predicted standing posture the optimum? SciPy's SLSQP on the same problem, from other starts and
with differences instead of our gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nextposture.body import Person, standing
from nextposture.body.assembly import model, postural_spread, values
from nextposture.body.person import scales
from nextposture.body.postures import contact_rows, posture, setting
from nextposture.body.sagittal_statics import BALANCE, RESULT, TONE, costs, evaluate, memory
from nextposture.body.standing_posture import alignment
from tests.validation.body import sensitivity

FURTHEST = 1.0
"""rad; beyond it SLSQP has left the body's reach (it may turn the legs round), and its answer is not used."""


@dataclass(frozen=True)
class Agreement:
    """Over the cases: by how much SLSQP's objective was below ours at most (units of the effort of standing),
    and the differences of the tilt (deg)."""

    worst_objective: float
    tilt: np.ndarray


class Problem:
    """Objective and constraints of `standing_equilibrium`, written again over the solved posture."""

    def __init__(self, person: Person, shortening: float, changes: Mapping[str, float]) -> None:
        self.body, self.scale = model(1, changes), scales(person, shortening, changes)
        shape = posture("standing")
        self.of, self.contacts = setting(shape, self.scale[0], changes), contact_rows(shape, changes)
        paths = self.body.paths
        self.store = memory(len(paths.on_body), len(paths.body0), len(self.contacts))
        self.cost = costs(self.body.fibres, self.body.frame, self.contacts, self.of[TONE], 1)
        self.spread, self.ahead = postural_spread(changes), values(changes)["balance_ahead_of_ankle"]
        own = self.scale.copy()
        own[3] = 0.0
        self.unit = self.solve(np.zeros(8), own)[0]

    def solve(self, x: np.ndarray, scale: np.ndarray) -> tuple[float, float]:
        """Effort, and how far the centre of mass lies ahead of the ankle (m)."""
        scratch, state, matrix, b, lam, a, work = self.store
        lam[:] = 0.0
        result = np.empty(RESULT)
        evaluate(
            self.body, x, self.of, self.contacts, scale, 2, scratch, self.cost, matrix, b, lam, a, work,
            result, state,
        )  # fmt: skip
        reserve = 0.5 * float(lam @ lam) / self.body.frame.numeric[0]
        return float(self.cost[0] @ a**2) + reserve, float(result[BALANCE])

    def objective(self, x: np.ndarray) -> float:
        return self.solve(x, self.scale)[0] / self.unit + float(((x[:7] / self.spread) ** 2).sum())

    def constraints(self, x: np.ndarray) -> np.ndarray:
        return np.array([x[:7].sum(), 10.0 * (self.solve(x, self.scale)[1] - self.ahead)])


def against_slsqp(cases: int, shortening: float = 0.1) -> Agreement:
    """Compare over draws of the parameters (`sensitivity.draws`), SLSQP from the neutral pose and from
    ours."""
    from scipy.optimize import minimize

    below, tilt = 0.0, []
    for changes in sensitivity.draws(sensitivity.varied(), cases):
        problem = Problem(Person(), shortening, changes)
        ours = standing(Person(), shortening, changes=changes).coordinates
        kept = {"type": "eq", "fun": problem.constraints}
        options = {"maxiter": 400, "ftol": 1e-11}
        best, least = ours, problem.objective(ours)
        for start in (np.zeros(8), ours):
            with np.errstate(all="ignore"):  # where SLSQP strays far off
                found = minimize(problem.objective, start, constraints=kept, method="SLSQP", options=options)
            inside = np.abs(found.x).max() < FURTHEST and np.abs(problem.constraints(found.x)).max() < 1e-5
            if inside and found.fun < least:
                best, least = found.x, found.fun
        below = max(below, problem.objective(ours) - least)
        both = [alignment(x, changes).tilt_forwards for x in (ours, best)]
        tilt.append(both[0] - both[1])
    return Agreement(below, np.array(tilt))
