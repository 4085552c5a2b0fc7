"""The muscle redundancy problem, solved through its dual by a semismooth Newton method.

    minimise    sum_i w_i a_i^p + 1/2 rho sum_j r_j^2
    subject to  A a + r = b,   lo_i <= a_i <= 1,      p = 2 or 3

Here `a` are activations, column i of `A` (rows, elements) is the moment in Nm that element i makes about
every joint row at full activation, `b` (rows) is the moment that must be made, and `r` (rows) is the reserve
in Nm. The problem is separable, so for multipliers `lam` of the equality

    a_i(lam) = clip((y_i / (p w_i))^(1/(p-1)), lo_i, 1),  y = A^T lam,      r = lam / rho

and the dual is a smooth convex problem in as many unknowns as there are joint rows (9 or 24), not muscles
(129 or 258): minimise H(lam) = sum_i phi_i(y_i) + |lam|^2 / (2 rho) - lam.b, with gradient A a(lam) + lam/rho
- b. Newton's method uses any element of the generalised Hessian A D A^T + I/rho (Qi and Sun 1993, A nonsmooth
version of Newton's method, Math Program 58:353). Because of the reserve the dual is always finite: an
impossible demand comes back as a large `r`, never as a failure.

Three guards make it robust where the plain method stalls:
- From a cold start every muscle is off and the Hessian is only I/rho, so the first step uses the Hessian of
the
  unbounded problem.
- For p = 3, da/dy grows without bound as y falls to zero. The curvature is capped there, and elements just
below
  zero keep the cap, so that the step sees them coming.
- The step length is found from the sign of the slope along the step, which does not drown in rounding near
the
  optimum as differences of H do.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel

SLOPE_LEFT = 0.5  # the line search ends once this share of the first slope, at most, is left
LINE_STEPS = 40
TOLERANCE = (1e-9, 1e-7)
"""Residual, over 1 + max|b|, at which p = 2 and p = 3 count as solved. For p = 3 an activation is the square
root of its multiplier, so a muscle that is just off answers rounding of 1e-16 with 1e-8: finer than 1e-7 is
not to be had."""
STIFFEST = 1e-4  # p = 3: activation at which the capped curvature equals the true one


@kernel(fastmath=True, inline="always")
def activation(y, w, p, lo):  # type: ignore[no-untyped-def]
    """Activation a(y) and a generalised derivative da/dy for one element."""
    if p == 2:
        a = y / (2.0 * w)
        if a <= lo:
            return lo, 0.0
        if a >= 1.0:
            return 1.0, 0.0
        return a, 0.5 / w
    knee = 3.0 * w * STIFFEST * STIFFEST
    if y <= -knee:
        return lo, 0.0
    if y <= 0.0:
        return lo, STIFFEST / (2.0 * knee)
    a = np.sqrt(y / (3.0 * w))
    if a >= 1.0:
        return 1.0, 0.0
    curvature = a / (2.0 * max(y, knee))
    if a <= lo:
        return lo, 0.0
    return a, curvature


@kernel(fastmath=True)
def solve(A, b, w, p, lo, rho, tol, max_iterations, lam, a, work):  # type: ignore[no-untyped-def]  # noqa: N803
    """Solve one problem in place; returns (iterations, residual in Nm).

    A (rows, elements) C-contiguous Nm, b (rows) Nm, w (elements) > 0, lo (elements) from 0 to 1, `lam` (rows)
    start and result, `a` (elements) result, `work` from `workspace(rows, elements)`. The residual is the
    largest entry of |A a + lam/rho - b|; the problem is solved when it is at most tol * (1 + max|b|).
    """
    n, m = A.shape
    hess = work[: n * n].reshape(n, n)
    g = work[n * n : n * n + n]
    d = work[n * n + n : n * n + 2 * n]
    y = work[n * n + 2 * n : n * n + 2 * n + m]
    z = work[n * n + 2 * n + m : n * n + 2 * n + 2 * m]
    curv = work[n * n + 2 * n + 2 * m : n * n + 2 * n + 3 * m]
    scale = 1.0
    cold = True
    for j in range(n):
        scale = max(scale, 1.0 + abs(b[j]))
        if lam[j] != 0.0:
            cold = False
    for i in range(m):
        y[i] = 0.0
    for j in range(n):
        lj = lam[j]
        if lj != 0.0:
            for i in range(m):
                y[i] += A[j, i] * lj
    iterations = 0
    residual = 0.0
    while True:
        for i in range(m):
            a[i], curv[i] = activation(y[i], w[i], p, lo[i])
        residual = 0.0
        for j in range(n):
            s = lam[j] / rho - b[j]
            for i in range(m):
                s += A[j, i] * a[i]
            g[j] = s
            residual = max(residual, abs(s))
        if residual <= tol * scale or iterations >= max_iterations:
            break
        iterations += 1
        if cold:
            for i in range(m):
                curv[i] = 0.5 / w[i]
            cold = False
        for j in range(n):
            for i in range(m):
                z[i] = curv[i] * A[j, i]
            for k in range(j + 1):
                s = 0.0
                for i in range(m):
                    s += z[i] * A[k, i]
                hess[j, k] = s
        top = 0.0
        for j in range(n):
            top = max(top, hess[j, j])
        for j in range(n):
            hess[j, j] += 1.0 / rho + 1e-13 * top
        for j in range(n):
            for k in range(j + 1):
                s = hess[j, k]
                for q in range(k):
                    s -= hess[j, q] * hess[k, q]
                if j == k:
                    hess[j, j] = np.sqrt(max(s, 1e-300))
                else:
                    hess[j, k] = s / hess[k, k]
        for j in range(n):
            s = -g[j]
            for q in range(j):
                s -= hess[j, q] * d[q]
            d[j] = s / hess[j, j]
        for j in range(n - 1, -1, -1):
            s = d[j]
            for q in range(j + 1, n):
                s -= hess[q, j] * d[q]
            d[j] = s / hess[j, j]
        slope0 = 0.0
        lin = 0.0  # slope of the linear and quadratic parts: lin + t * quad
        quad = 0.0
        for j in range(n):
            slope0 += g[j] * d[j]
            lin += d[j] * (lam[j] / rho - b[j])
            quad += d[j] * d[j] / rho
        for i in range(m):
            z[i] = 0.0
        for j in range(n):
            dj = d[j]
            for i in range(m):
                z[i] += A[j, i] * dj
        t = 1.0
        t_lo = 0.0
        t_hi = -1.0
        s_lo = slope0
        s_hi = 0.0
        for _ in range(LINE_STEPS):
            slope = lin + t * quad
            for i in range(m):
                if z[i] != 0.0:
                    ai, _c = activation(y[i] + t * z[i], w[i], p, lo[i])
                    slope += z[i] * ai
            if slope <= -SLOPE_LEFT * slope0 and (slope >= SLOPE_LEFT * slope0 or (t >= 1.0 and t_hi < 0.0)):
                break
            if slope > 0.0:
                t_hi = t
                s_hi = slope
            else:
                t_lo = t
                s_lo = slope
            share = s_lo / (s_lo - s_hi)
            t = t_lo + (t_hi - t_lo) * min(max(share, 0.1), 0.9)
        for j in range(n):
            lam[j] += t * d[j]
        for i in range(m):
            y[i] += t * z[i]
    return iterations, residual


def workspace(rows: int, elements: int) -> np.ndarray:
    """Scratch memory for `solve`."""
    return np.zeros(rows * rows + 2 * rows + 3 * elements)
