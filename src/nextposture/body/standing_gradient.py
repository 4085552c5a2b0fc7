"""How the least effort of a posture changes with its angles, without solving again.

By the envelope theorem the derivative of the optimal effort V is that of the Lagrangian with activations and
multipliers held: dV/dx = -sum_j lam_j dR_j/dx, where R_j is the moment that muscles at those activations,
weight and passive joints leave on row j. That needs the second derivatives of path lengths along one
direction only. They are closed form for straight stretches. For the few wrapped ones, which cross the hip
alone, the tangent point moves along the cylinder, and its effect is a central difference of the closed-form
moment arm.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel
from nextposture.body.muscle import active_factor, passive_force
from nextposture.body.passive_joints import capsule_moment
from nextposture.body.sagittal import located, place, wrapped
from nextposture.body.sagittal_statics import (
    GRAVITY,
    KNEE,
    LEG_MASS,
    LEG_X,
    LEG_Y,
    TONE,
    TORSO_MASS,
    TORSO_X,
    TORSO_Y,
    centre_of_mass,
)

STEP = 1e-5  # rad


@kernel(fastmath=True)
def hip_moment(lam, ux, uy, uz, rx, ry, rz, c, s):  # type: ignore[no-untyped-def]
    """Sum over the three hip rows of multiplier times moment arm, for a line of force (ux, uy, uz) at r."""
    return -(
        lam[6] * (uy * rx - ux * ry)
        + lam[7] * (ux * s * rz - uy * c * rz + uz * (c * ry - s * rx))
        + lam[8] * (ux * c * rz + uy * s * rz - uz * (s * ry + c * rx))
    )


@kernel(fastmath=True)
def lumbar_curvature(b0, b1, line, centre, lam, out):  # type: ignore[no-untyped-def]
    """For one stretch between trunk bodies, `out` (6): d/dtheta_k of the sum over rows of lam times
    moment arm."""
    ux = line[0]
    uy = line[1]
    px = line[3]
    py = line[4]
    length = line[6]
    qx = px - ux * length
    qy = py - uy * length
    first = b0
    last = b1
    if b1 == 7:
        first = 0
        last = 6
    wx = np.zeros(6)
    wy = np.zeros(6)
    sum_x = 0.0
    sum_y = 0.0
    for j in range(first, last):
        cj = 0 if b1 == 7 else j
        wx[j] = -(py - centre[cj, 1])
        wy[j] = px - centre[cj, 0]
        if b1 == 7 and j < b0:
            wx[j] += qy - centre[j, 1]
            wy[j] -= qx - centre[j, 0]
        sum_x += lam[j] * wx[j]
        sum_y += lam[j] * wy[j]
    along = ux * sum_x + uy * sum_y
    for k in range(6):
        out[k] = 0.0
    for k in range(first, last):
        second = 0.0
        for j in range(first, last):
            outer = max(j, k)
            co = 0 if b1 == 7 else outer
            second += lam[j] * (ux * (px - centre[co, 0]) + uy * (py - centre[co, 1]))
            if b1 == 7 and outer < b0:
                second -= lam[j] * (ux * (qx - centre[outer, 0]) + uy * (qy - centre[outer, 1]))
        turned = (sum_x * wx[k] + sum_y * wy[k] - along * (ux * wx[k] + uy * wy[k])) / length
        out[k] = second - turned


@kernel(fastmath=True)
def effort_gradient(model, x, setting, person, scratch, state, lam, a, trial, gradient, balance_gradient):  # type: ignore[no-untyped-def]
    """dV/dx into `gradient` (8) and d(balance)/dx into `balance_gradient` (8), after `evaluate` at x on two
    feet.

    `trial` is (pose, centre) scratch. Effort per rad, metres per rad.
    """
    paths, fibres, frame = model
    pose, centre, length, arm, line = scratch
    passive, active, _, _, joint, _ = state
    m = length.shape[0]
    size = person[0]
    weighed = np.empty(9)
    for j in range(9):
        weighed[j] = lam[j] * size * (2.0 if j < 6 else 1.0)
    residual = np.zeros(8)  # derivative of sum_j lam_j R_j
    curvature = np.empty(6)
    c = np.cos(x[0] + x[7])
    s = np.sin(x[0] + x[7])
    nw = paths.wrap_body.shape[0]
    bent = np.empty((nw, 2))
    found = np.empty(6)
    local = np.empty(6)
    tangent = np.empty(6)
    for e in range(2):
        shift = STEP if e == 0 else -STEP
        keep = x[7]
        x[7] = keep + shift
        place(frame, x, setting[KNEE:TONE], trial[0], trial[1])
        cc = np.cos(x[0] + x[7])
        ss = np.sin(x[0] + x[7])
        x[7] = keep
        for w in range(nw):
            wrapped(paths, w, trial[0], frame.hip[2], local, tangent, found)
            bent[w, e] = hip_moment(
                weighed, found[0], found[1], found[2],
                found[3] - centre[6, 0], found[4] - centre[6, 1], found[5] - frame.hip[2], cc, ss,
            )  # fmt: skip
    for i in range(m):
        pull = passive[i] + a[i] * active[i]
        optimal = fibres.optimal[i]
        if fibres.iliopsoas[i] != 0.0:
            optimal *= 1.0 - person[3]
        ratio = (length[i] - fibres.slack[i]) / optimal
        _f, dp = passive_force(ratio, fibres.curve[0], fibres.curve[1])
        _f, da = active_factor(ratio, fibres.curve[2])
        stiff = fibres.force[i] * person[2] * (dp + a[i] * da) / optimal
        if pull == 0.0 and stiff == 0.0:
            continue
        along = 0.0
        for j in range(9):
            along += weighed[j] * arm[j, i]
        for j in range(7):
            residual[1 + j] -= stiff * along * arm[j, i]
        for k in range(paths.first[i], paths.first[i + 1]):
            b0 = paths.body0[k]
            b1 = paths.body1[k]
            if b1 >= 8:
                w = paths.wrap[k]
                if w >= 0:
                    residual[7] += pull * (bent[w, 0] - bent[w, 1]) / (2.0 * STEP)
                    continue
                if b0 >= 8:
                    continue
                ux = line[k, 0]
                uy = line[k, 1]
                uz = line[k, 2]
                rx = line[k, 3] - centre[6, 0]
                ry = line[k, 4] - centre[6, 1]
                rz = line[k, 5] - frame.hip[2]
                qx = -weighed[6] * ry + weighed[7] * s * rz + weighed[8] * c * rz
                qy = weighed[6] * rx - weighed[7] * c * rz + weighed[8] * s * rz
                qz = weighed[7] * (c * ry - s * rx) - weighed[8] * (s * ry + c * rx)
                turn = -ry * ux + rx * uy
                residual[7] -= pull * (
                    (-ry * qx + rx * qy - turn * (ux * qx + uy * qy + uz * qz)) / line[k, 6]
                    - ux * qy
                    + uy * qx
                )
            else:
                lumbar_curvature(b0, b1, line[k], centre, weighed, curvature)
                for j in range(6):
                    residual[1 + j] += pull * curvature[j]
    # weight, ground and passive joints
    gm = GRAVITY * person[1]
    com = np.empty(3)
    centre_of_mass(frame, setting, pose, com)
    total = com[0]
    shift_com = np.zeros(8)  # d(com x)/dx times the mass
    leg_y = pose[8, 3] + pose[8, 1] * setting[LEG_X] + pose[8, 0] * setting[LEG_Y]
    hip_y = centre[6, 1]
    shift_com[0] = -com[2]
    shift_com[7] = -2.0 * setting[LEG_MASS] * (leg_y - hip_y)
    for b in range(1, 7):
        mass = frame.mass[b]
        px = frame.centre[b, 0]
        py = frame.centre[b, 1]
        if b == 6:
            mass = setting[TORSO_MASS]
            px = setting[TORSO_X]
            py = setting[TORSO_Y]
        y = pose[b, 3] + pose[b, 1] * px + pose[b, 0] * py
        for j in range(b):
            shift_com[1 + j] -= mass * (y - centre[j, 1])
            residual[0] += lam[j] * mass * gm * size * (y - centre[j, 1])
            for k in range(b):
                residual[1 + k] += lam[j] * mass * gm * size * (y - centre[max(j, k), 1])
    lever = setting[LEG_MASS] * gm * size * (leg_y - hip_y)
    residual[0] += lam[6] * lever
    residual[7] += lam[6] * lever
    for k in range(8):
        residual[k] += lam[6] * 0.5 * gm * size * shift_com[k]
    residual[0] += lam[6] * 0.5 * total * gm * size * hip_y
    for j in range(6):
        residual[1 + j] += lam[j] * joint[j, 1]
    _m, slope = capsule_moment(x[7], frame.capsule[0], frame.capsule[1], frame.capsule[2])
    residual[7] += lam[6] * slope
    _x, ankle_y, _z = located(pose, 9, frame.ankle[0], frame.ankle[1], frame.ankle[2], 0.0)
    for k in range(8):
        gradient[k] = -residual[k]
        balance_gradient[k] = size * shift_com[k] / total
    balance_gradient[0] += size * ankle_y
    balance_gradient[7] += size * (ankle_y - hip_y)
