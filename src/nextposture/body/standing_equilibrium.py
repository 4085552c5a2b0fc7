"""Where a person stands: the posture of least effort that keeps balance and gaze.

    minimise    V(x) + V0 sum_k (x_k / spread_k)^2
    subject to  trunk upright (gaze),  centre of mass at its place ahead of the ankle (balance)

over pelvis tilt, six lumbar angles and the hip. V is the least effort of the redundancy problem, V0 that of
the neutral pose before any shortening, and the second term the postural set-point: tilt and lumbar angles
away from one's own, each in units of how much it differs between people. Solved by sequential quadratic
programming with a damped BFGS matrix; V's gradient is that of `standing_gradient`.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel
from nextposture.body.sagittal import POSE
from nextposture.body.sagittal_statics import BALANCE, RESULT, TONE, costs, evaluate, memory
from nextposture.body.standing_gradient import effort_gradient

UNKNOWNS = 8
GRADIENT_LEFT = 1e-3  # of the gradient, units of V0 per rad, at which it counts as none
MOST_ITERATIONS = 200
FIRST_CURVATURE = 2000.0  # units of V0 per rad squared; found to need the fewest steps
MAX_STEP = 0.05  # rad
SMALLEST_STEP = 1e-5  # rad; the optimum is known to this when V's kinks leave no smooth step
FRESH_AFTER = 50  # steps; a curvature learnt across the kinks of V is forgotten then, or when no step helps
WORTH = 1e-6  # share of the objective that a fresh start must lower it by, to be worth another


@kernel
def solve_linear(K, r):  # type: ignore[no-untyped-def]  # noqa: N803
    """Solve K d = r in place by elimination with row pivots; the answer replaces r."""
    n = r.shape[0]
    for c in range(n):
        best = c
        for i in range(c + 1, n):
            if abs(K[i, c]) > abs(K[best, c]):
                best = i
        if best != c:
            for k in range(n):
                K[c, k], K[best, k] = K[best, k], K[c, k]
            r[c], r[best] = r[best], r[c]
        for i in range(c + 1, n):
            f = K[i, c] / K[c, c]
            if f != 0.0:
                for k in range(c, n):
                    K[i, k] -= f * K[c, k]
                r[i] -= f * r[c]
    for c in range(n - 1, -1, -1):
        for k in range(c + 1, n):
            r[c] -= K[c, k] * r[k]
        r[c] /= K[c, c]


@kernel
def objective(model, x, setting, contacts, person, power, unit, spread, ahead, store, result, c):  # type: ignore[no-untyped-def]
    """Objective in units of V0; constraints into `c` (2). The multipliers start where the last posture
    left them."""
    scratch, state, A, b, lam, a, work, cost = store  # noqa: N806
    evaluate(model, x, setting, contacts, person, power, scratch, cost, A, b, lam, a, work, result, state)
    weight = cost[0]
    rho = model.frame.numeric[0]
    value = 0.0
    for i in range(a.shape[0]):
        value += weight[i] * a[i] ** power
    for j in range(9):
        value += 0.5 * lam[j] * lam[j] / rho
    lean = 0.0
    for k in range(7):
        lean += x[k]
    c[0] = lean
    c[1] = (result[BALANCE] - ahead) / person[0]
    away = 0.0
    for k in range(7):
        away += (x[k] / spread[k]) ** 2
    return value / unit + away


@kernel
def find(model, x, setting, contacts, person, power, spread, ahead, tolerance, most, result):  # type: ignore[no-untyped-def]
    """Move `x` (8) to the standing equilibrium and fill `result` (31).

    Returns (iterations, gradient left, constraint left): rad^-1 in units of V0, and rad or m. It ends when
    both are small, or when no step longer than SMALLEST_STEP lowers the objective even with the curvature
    learnt afresh, which happens on a kink of V: at the neutral angle of a segment, where ligaments and facets
    begin, the gradient jumps, so what is left of it need not be small there.
    """
    m = model.paths.on_body.shape[0]
    s = model.paths.body0.shape[0]
    k = contacts.shape[0]
    scratch, state, A, b, lam, a, work = memory(m, s, k)  # noqa: N806
    cost = costs(model.fibres, model.frame, contacts, setting[TONE], 1)
    store = (scratch, state, A, b, lam, a, work, cost)
    trial = (np.empty(POSE), np.empty((7, 2)))
    c = np.empty(2)
    neutral = np.zeros(8)
    own = person.copy()
    own[3] = 0.0
    unit = 1.0
    unit = objective(model, neutral, setting, contacts, own, power, 1.0, spread, ahead, store, result, c)
    n = UNKNOWNS
    g = np.empty(n)
    gb = np.empty(n)
    jac = np.ones((2, n))
    jac[0, 7] = 0.0
    hess = np.zeros((n, n))
    for i in range(n):
        hess[i, i] = FIRST_CURVATURE
    penalty = 10.0
    lam[:] = 0.0
    f = objective(model, x, setting, contacts, person, power, unit, spread, ahead, store, result, c)
    effort_gradient(model, x, setting, person, scratch, state, lam, a, trial, g, gb)
    for i in range(n):
        g[i] /= unit
        jac[1, i] = gb[i] / person[0]
    for i in range(7):
        g[i] += 2.0 * x[i] / spread[i] ** 2
    K = np.empty((n + 2, n + 2))  # noqa: N806
    step = np.empty(n + 2)
    old_g = np.empty(n)
    old_x = np.empty(n)
    old_jac = np.empty(n)
    ct = np.empty(2)
    left = 1e9
    broken = 1e9
    iterations = 0
    since = 0
    f_fresh = np.inf
    while iterations < most:
        for i in range(n):
            for j in range(n):
                K[i, j] = hess[i, j]
            step[i] = -g[i]
            for j in range(2):
                K[i, n + j] = jac[j, i]
                K[n + j, i] = jac[j, i]
        for j in range(2):
            step[n + j] = -c[j]
            for i in range(2):
                K[n + i, n + j] = 0.0
        solve_linear(K, step)
        left = 0.0
        for i in range(n):
            left = max(left, abs(g[i] + jac[0, i] * step[n] + jac[1, i] * step[n + 1]))
        broken = max(abs(c[0]), abs(c[1]))
        if left < tolerance and broken < 1e-7:
            break
        iterations += 1
        since += 1
        longest = 0.0
        slope = 0.0
        for i in range(n):
            longest = max(longest, abs(step[i]))
            slope += g[i] * step[i]
        penalty = max(penalty, 2.0 * max(abs(step[n]), abs(step[n + 1])))
        slope -= penalty * (abs(c[0]) + abs(c[1]))
        merit = f + penalty * (abs(c[0]) + abs(c[1]))
        t = min(1.0, MAX_STEP / longest) if longest > 0.0 else 1.0
        for i in range(n):
            old_x[i] = x[i]
            old_g[i] = g[i]
            old_jac[i] = jac[1, i]
        for _ in range(12):
            for i in range(n):
                x[i] = old_x[i] + t * step[i]
            ft = objective(model, x, setting, contacts, person, power, unit, spread, ahead, store, result, ct)
            if ft + penalty * (abs(ct[0]) + abs(ct[1])) <= merit + 1e-4 * t * slope + 1e-12 * abs(merit):
                break
            t *= 0.4
        f = ft
        c[0] = ct[0]
        c[1] = ct[1]
        effort_gradient(model, x, setting, person, scratch, state, lam, a, trial, g, gb)
        for i in range(n):
            g[i] /= unit
            jac[1, i] = gb[i] / person[0]
        for i in range(7):
            g[i] += 2.0 * x[i] / spread[i] ** 2
        # damped BFGS on the Lagrangian (Powell 1978)
        sy = 0.0
        shs = 0.0
        for i in range(n):
            di = x[i] - old_x[i]
            yi = g[i] - old_g[i] + step[n + 1] * (jac[1, i] - old_jac[i])
            hi = 0.0
            for j in range(n):
                hi += hess[i, j] * (x[j] - old_x[j])
            K[0, i] = yi
            K[1, i] = hi
            sy += di * yi
            shs += di * hi
        if t * longest < SMALLEST_STEP or since >= FRESH_AFTER:
            if t * longest < SMALLEST_STEP and f_fresh - f <= WORTH * abs(f):
                break
            f_fresh = f
            since = 0
            penalty = 10.0
            for i in range(n):
                for j in range(n):
                    hess[i, j] = FIRST_CURVATURE if i == j else 0.0
            continue
        damp = 1.0 if sy >= 0.2 * shs else 0.8 * shs / (shs - sy)
        sr = 0.0
        for i in range(n):
            K[0, i] = damp * K[0, i] + (1.0 - damp) * K[1, i]
            sr += (x[i] - old_x[i]) * K[0, i]
        for i in range(n):
            for j in range(n):
                hess[i, j] += K[0, i] * K[0, j] / sr - K[1, i] * K[1, j] / shs
    return iterations, left, broken


def result_vector() -> np.ndarray:
    """Empty result of `find`."""
    return np.empty(RESULT)
