"""The full model in three dimensions: both sides, three rotations at every lumbar joint and hip.

Coordinates x (25): pelvis rotation, then for each lumbar joint from below flexion-extension, lateral bending
and axial rotation, then flexion, adduction and rotation of the right and of the left hip (rad, signs as in
OpenSim: extension, bending to the right and turning to the left are positive in the spine). Rows (24): x
without the pelvis. The statics are those of `sagittal_statics`, which this agrees with in every symmetric
posture.

`setting` (69) is the sagittal one with the left leg's mass and knee and the direction of gravity added;
`contacts` (k, 8) are body, point, push, strength, where bodies -1 to -6 are moments on rows 18 to 23.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel
from nextposture.body.knee import KNEE_NUMBERS
from nextposture.body.muscle import active_factor, passive_force
from nextposture.body.passive_joints import capsule_moment, segment_moment
from nextposture.body.redundancy import TOLERANCE, solve
from nextposture.body.sagittal_statics import (
    COMPRESSION,
    EFFORT,
    GRAVITY,
    HIP_PASSIVE,
    ILIOPSOAS,
    ITERATIONS,
    KNEE,
    LEG_MASS,
    LEGS_CARRIED,
    LOAD,
    LOAD_X,
    LOAD_Y,
    MOMENT,
    ON_FEET,
    RESERVE,
    RESIDUAL,
    SETTING,
    SHEAR,
    STANCE,
    SUPPORT_A_X,
    SUPPORT_A_Y,
    SUPPORT_B_X,
    SUPPORT_B_Y,
    TENSION,
    TORSO_MASS,
    TORSO_X,
    TORSO_Y,
    TWO_LEGS,
    TWO_SUPPORTS,
)
from nextposture.body.wrapping import wrap_cylinder

ROWS = 24
COORDINATES = 25
BODIES = 14
CONTACTS = 20
LEFT_LEG = SETTING
LEFT_KNEE = LEFT_LEG + 3
DOWN = LEFT_KNEE + KNEE_NUMBERS


@kernel(fastmath=True)
def turn(source, axis, angle, out):  # type: ignore[no-untyped-def]
    """`out` = source times a rotation by `angle` about its own axis 0, 1 or 2."""
    c = np.cos(angle)
    s = np.sin(angle)
    i = (axis + 1) % 3
    j = (axis + 2) % 3
    for r in range(3):
        a = source[r, i]
        b = source[r, j]
        out[r, axis] = source[r, axis]
        out[r, i] = c * a + s * b
        out[r, j] = c * b - s * a


@kernel(fastmath=True)
def place(frame, x, setting, rot, at, axis, centre):  # type: ignore[no-untyped-def]
    """World pose of every body, `rot` (14, 3, 3) and `at` (14, 3); axes and centres (24, 3) of every row."""
    for r in range(3):
        at[0, r] = 0.0
        for q in range(3):
            rot[0, r, q] = 1.0 if r == q else 0.0
    c = np.cos(x[0])
    s = np.sin(x[0])
    rot[0, 0, 0] = c
    rot[0, 0, 1] = -s
    rot[0, 1, 0] = s
    rot[0, 1, 1] = c
    for j in range(6):
        for r in range(3):
            centre[3 * j, r] = at[j, r]
            for q in range(3):
                centre[3 * j, r] += rot[j, r, q] * frame.joint_parent[j, q]
        for r in range(3):
            centre[3 * j + 1, r] = centre[3 * j, r]
            centre[3 * j + 2, r] = centre[3 * j, r]
            for q in range(3):
                rot[j + 1, r, q] = rot[j, r, q]
        for k in range(3):
            about = 2 if k == 0 else k - 1
            for r in range(3):
                axis[3 * j + k, r] = rot[j + 1, r, about]
            turn(rot[j + 1], about, x[1 + 3 * j + k], rot[j + 1])
        for r in range(3):
            at[j + 1, r] = centre[3 * j, r]
            for q in range(3):
                at[j + 1, r] -= rot[j + 1, r, q] * frame.joint_child[j, q]
    for r in range(3):
        at[7, r] = centre[0, r]
        for q in range(3):
            rot[7, r, q] = rot[6, r, q]
            at[7, r] -= rot[6, r, q] * frame.abdomen[q]
    for side in range(2):
        mirror = 1.0 - 2.0 * side
        b = 8 + 3 * side
        row = 18 + 3 * side
        for r in range(3):
            at[b, r] = (
                rot[0, r, 0] * frame.hip[0]
                + rot[0, r, 1] * frame.hip[1]
                + rot[0, r, 2] * frame.hip[2] * mirror
            )
            for q in range(3):
                rot[b, r, q] = rot[0, r, q]
        for k in range(3):
            about = 2 if k == 0 else k - 1
            sign = 1.0 if k == 0 else mirror
            for r in range(3):
                centre[row + k, r] = at[b, r]
                axis[row + k, r] = sign * rot[b, r, about]
            turn(rot[b], about, sign * x[19 + 3 * side + k], rot[b])
        for e in range(2):
            k = (KNEE if side == 0 else LEFT_KNEE) + 12 * e
            n = b + 1 + e
            for r in range(3):
                rx = rot[b, r, 0]
                ry = rot[b, r, 1]
                rz = mirror * rot[b, r, 2]
                rot[n, r, 0] = rx * setting[k] + ry * setting[k + 4] + rz * setting[k + 8]
                rot[n, r, 1] = rx * setting[k + 1] + ry * setting[k + 5] + rz * setting[k + 9]
                rot[n, r, 2] = mirror * (rx * setting[k + 2] + ry * setting[k + 6] + rz * setting[k + 10])
                at[n, r] = at[b, r] + rx * setting[k + 3] + ry * setting[k + 7] + rz * setting[k + 11]


@kernel(fastmath=True)
def world(rot, at, b, px, py, pz, out):  # type: ignore[no-untyped-def]
    for r in range(3):
        out[r] = at[b, r] + rot[b, r, 0] * px + rot[b, r, 1] * py + rot[b, r, 2] * pz


@kernel(fastmath=True)
def wrapped(paths, w, rot, at, ends, local, tangent, out):  # type: ignore[no-untyped-def]
    """As in `sagittal`: length, and in `out` (6) the unit vector of the free end and a point on its line.
    `ends` (2, 3), `local` and `tangent` (6 each) are scratch."""
    carrier = paths.wrap_body[w]
    b0 = paths.wrap_body0[w]
    b1 = paths.wrap_body1[w]
    world(rot, at, b0, paths.wrap_point0[w, 0], paths.wrap_point0[w, 1], paths.wrap_point0[w, 2], ends[0])
    world(rot, at, b1, paths.wrap_point1[w, 0], paths.wrap_point1[w, 1], paths.wrap_point1[w, 2], ends[1])
    for e in range(2):
        dx = ends[e, 0] - at[carrier, 0]
        dy = ends[e, 1] - at[carrier, 1]
        dz = ends[e, 2] - at[carrier, 2]
        bx = rot[carrier, 0, 0] * dx + rot[carrier, 1, 0] * dy + rot[carrier, 2, 0] * dz - paths.wrap_at[w, 0]
        by = rot[carrier, 0, 1] * dx + rot[carrier, 1, 1] * dy + rot[carrier, 2, 1] * dz - paths.wrap_at[w, 1]
        bz = rot[carrier, 0, 2] * dx + rot[carrier, 1, 2] * dy + rot[carrier, 2, 2] * dz - paths.wrap_at[w, 2]
        for k in range(3):
            local[3 * e + k] = (
                paths.wrap_axes[w, 0, k] * bx + paths.wrap_axes[w, 1, k] * by + paths.wrap_axes[w, 2, k] * bz
            )
    length = wrap_cylinder(
        local[0],
        local[1],
        local[2],
        local[3],
        local[4],
        local[5],
        paths.wrap_radius[w],
        paths.wrap_side[w],
        -1.0 if carrier >= 8 else 1.0,
        tangent,
    )
    if length < 0.0:
        total = 0.0
        for k in range(3):
            out[k] = ends[1, k] - ends[0, k]
            out[3 + k] = ends[1, k]
            total += out[k] * out[k]
        total = np.sqrt(total)
        for k in range(3):
            out[k] /= total
        return total
    e = 0 if carrier >= 8 else 1
    sign = 1.0 if e == 0 else -1.0
    ux = tangent[3 * e] - local[3 * e]
    uy = tangent[3 * e + 1] - local[3 * e + 1]
    uz = tangent[3 * e + 2] - local[3 * e + 2]
    norm = sign / np.sqrt(ux * ux + uy * uy + uz * uz)
    vx = norm * (
        paths.wrap_axes[w, 0, 0] * ux + paths.wrap_axes[w, 0, 1] * uy + paths.wrap_axes[w, 0, 2] * uz
    )
    vy = norm * (
        paths.wrap_axes[w, 1, 0] * ux + paths.wrap_axes[w, 1, 1] * uy + paths.wrap_axes[w, 1, 2] * uz
    )
    vz = norm * (
        paths.wrap_axes[w, 2, 0] * ux + paths.wrap_axes[w, 2, 1] * uy + paths.wrap_axes[w, 2, 2] * uz
    )
    for r in range(3):
        out[r] = rot[carrier, r, 0] * vx + rot[carrier, r, 1] * vy + rot[carrier, r, 2] * vz
        out[3 + r] = ends[e, r]
    return length


@kernel(fastmath=True)
def muscle_paths(paths, rot, at, axis, centre, length, arm, line):  # type: ignore[no-untyped-def]
    """Lengths (m), moment arms `arm` (24, m), and for every stretch its unit vector `line` (s, 3)."""
    m = length.shape[0]
    nw = paths.wrap_body.shape[0]
    bent = np.empty((nw, 6))
    bent_length = np.empty(nw)
    ends = np.empty((2, 3))
    local = np.empty(6)
    tangent = np.empty(6)
    for w in range(nw):
        bent_length[w] = wrapped(paths, w, rot, at, ends, local, tangent, bent[w])
    near = np.empty(3)
    far = np.empty(3)
    for i in range(m):
        for j in range(ROWS):
            arm[j, i] = 0.0
        total = paths.on_body[i]
        for k in range(paths.first[i], paths.first[i + 1]):
            b0 = paths.body0[k]
            b1 = paths.body1[k]
            w = paths.wrap[k]
            if w >= 0:
                total += bent_length[w]
                ux = bent[w, 0]
                uy = bent[w, 1]
                uz = bent[w, 2]
                px = bent[w, 3]
                py = bent[w, 4]
                pz = bent[w, 5]
            else:
                world(rot, at, b0, paths.point0[k, 0], paths.point0[k, 1], paths.point0[k, 2], near)
                world(rot, at, b1, paths.point1[k, 0], paths.point1[k, 1], paths.point1[k, 2], far)
                px = far[0]
                py = far[1]
                pz = far[2]
                ux = px - near[0]
                uy = py - near[1]
                uz = pz - near[2]
                norm = np.sqrt(ux * ux + uy * uy + uz * uz)
                total += norm
                norm = 1.0 / norm
                ux *= norm
                uy *= norm
                uz *= norm
            line[k, 0] = ux
            line[k, 1] = uy
            line[k, 2] = uz
            if b1 >= 8:
                if b0 >= 8:
                    continue
                first = 18 if b1 < 11 else 21
                last = first + 3
            elif b1 == 7:
                # the abdomen turns with every lumbar row, but about L5/S1
                first = 3 * b0
                last = 18
                rx = px - centre[0, 0]
                ry = py - centre[0, 1]
                rz = pz - centre[0, 2]
                mx = ry * uz - rz * uy
                my = rz * ux - rx * uz
                mz = rx * uy - ry * ux
                for j in range(18):
                    arm[j, i] -= axis[j, 0] * mx + axis[j, 1] * my + axis[j, 2] * mz
                if b0 == 0:
                    continue
                for j in range(0, 3 * b0, 3):
                    rx = px - centre[j, 0]
                    ry = py - centre[j, 1]
                    rz = pz - centre[j, 2]
                    mx = ry * uz - rz * uy
                    my = rz * ux - rx * uz
                    mz = rx * uy - ry * ux
                    for q in range(j, j + 3):
                        arm[q, i] += axis[q, 0] * mx + axis[q, 1] * my + axis[q, 2] * mz
                continue
            else:
                first = 3 * b0
                last = 3 * b1
            for j in range(first, last, 3):
                rx = px - centre[j, 0]
                ry = py - centre[j, 1]
                rz = pz - centre[j, 2]
                mx = ry * uz - rz * uy
                my = rz * ux - rx * uz
                mz = rx * uy - ry * ux
                for q in range(j, j + 3):
                    arm[q, i] -= axis[q, 0] * mx + axis[q, 1] * my + axis[q, 2] * mz
        length[i] = total


@kernel(fastmath=True)
def push_on(torque, axis, centre, first, last, px, py, pz, fx, fy, fz):  # type: ignore[no-untyped-def]
    """Add to `torque` the moment of a force at a point about rows first to last."""
    for j in range(first, last):
        rx = px - centre[j, 0]
        ry = py - centre[j, 1]
        rz = pz - centre[j, 2]
        torque[j] += (
            axis[j, 0] * (ry * fz - rz * fy)
            + axis[j, 1] * (rz * fx - rx * fz)
            + axis[j, 2] * (rx * fy - ry * fx)
        )


@kernel(fastmath=True)
def outside_moments(frame, setting, person, rot, at, axis, centre, torque, force):  # type: ignore[no-untyped-def]
    """Moments of weight, load and fixed supports about every row, reference lengths; `force` (7, 3) on
    the trunk."""
    gm = GRAVITY * person[1]
    for j in range(ROWS):
        torque[j] = 0.0
    for b in range(7):
        for r in range(3):
            force[b, r] = 0.0
    point = np.empty(3)
    com = np.zeros(3)
    total = 0.0
    gx = setting[DOWN]
    gy = setting[DOWN + 1]
    gz = setting[DOWN + 2]
    for b in range(9):
        body = b
        if b < 6:
            m = frame.mass[b]
            world(rot, at, b, frame.centre[b, 0], frame.centre[b, 1], frame.centre[b, 2], point)
        elif b == 6:
            m = setting[TORSO_MASS]
            world(rot, at, 6, setting[TORSO_X], setting[TORSO_Y], 0.0, point)
        else:
            body = 8 + 3 * (b - 7)
            leg = LEG_MASS if b == 7 else LEFT_LEG
            m = setting[leg]
            world(rot, at, body, setting[leg + 1], setting[leg + 2], 0.0, point)
        w = m * gm
        total += w
        for r in range(3):
            com[r] += w * point[r]
        if b == 0:
            continue
        if b <= 6:
            force[b, 0] += w * gx
            force[b, 1] += w * gy
            force[b, 2] += w * gz
            push_on(torque, axis, centre, 0, 3 * b, point[0], point[1], point[2], w * gx, w * gy, w * gz)
        elif setting[STANCE] != LEGS_CARRIED:
            first = 18 + 3 * (b - 7)
            push_on(
                torque, axis, centre, first, first + 3, point[0], point[1], point[2], w * gx, w * gy, w * gz
            )
    if setting[LOAD] != 0.0:
        w = setting[LOAD]
        world(rot, at, 6, setting[LOAD_X], setting[LOAD_Y], 0.0, point)
        total += w
        for r in range(3):
            com[r] += w * point[r]
        force[6, 0] += w * gx
        force[6, 1] += w * gy
        force[6, 2] += w * gz
        push_on(torque, axis, centre, 0, 18, point[0], point[1], point[2], w * gx, w * gy, w * gz)
    for r in range(3):
        com[r] /= total
    stance = setting[STANCE]
    if stance == ON_FEET:
        for side in range(2):
            row = 18 + 3 * side
            push_on(torque, axis, centre, row, row + 3, com[0], 0.0, centre[row, 2], 0.0, 0.5 * total, 0.0)
    elif stance == TWO_SUPPORTS:
        world(rot, at, 6, setting[SUPPORT_A_X], setting[SUPPORT_A_Y], 0.0, point)
        xa = point[0]
        ya = point[1]
        world(rot, at, 8, setting[SUPPORT_B_X], setting[SUPPORT_B_Y], 0.0, point)
        share = total * (com[0] - point[0]) / (xa - point[0])
        force[6, 1] += share
        push_on(torque, axis, centre, 0, 18, xa, ya, 0.0, 0.0, share, 0.0)
        for side in range(2):
            row = 18 + 3 * side
            push_on(
                torque,
                axis,
                centre,
                row,
                row + 3,
                point[0],
                0.0,
                centre[row, 2],
                0.0,
                0.5 * (total - share),
                0.0,
            )
    elif stance == TWO_LEGS:
        world(rot, at, 8, setting[SUPPORT_A_X], setting[SUPPORT_A_Y], 0.0, point)
        xr = point[0]
        world(rot, at, 11, setting[SUPPORT_B_X], setting[SUPPORT_B_Y], 0.0, point)
        right = total * (com[0] - point[0]) / (xr - point[0])
        left = total - right
        # the feet stand where the weight is in balance sideways
        wide = 2.0 * frame.hip[2] / total
        push_on(torque, axis, centre, 18, 21, xr, 0.0, wide * left, 0.0, right, 0.0)
        push_on(torque, axis, centre, 21, 24, point[0], 0.0, -wide * right, 0.0, left, 0.0)
    for j in range(ROWS):
        torque[j] *= person[0]


@kernel(fastmath=True)
def evaluate(model, x, setting, contacts, person, power, scratch, cost, A, b, lam, a, work, result, state):  # type: ignore[no-untyped-def]  # noqa: N803
    """Solve one posture and fill `result` (31), laid out as the sagittal one; right side where a side
    counts."""
    paths, fibres, frame = model
    rot, at, axis, centre, length, arm, line = scratch
    passive, active, torque, force, joint, column = state
    weight, floor = cost
    m = length.shape[0]
    s = person[0]
    place(frame, x, setting, rot, at, axis, centre)
    muscle_paths(paths, rot, at, axis, centre, length, arm, line)
    outside_moments(frame, setting, person, rot, at, axis, centre, torque, force)
    for j in range(6):
        seg = frame.segment[j]
        joint[j, 0], joint[j, 1], joint[j, 2], joint[j, 3] = segment_moment(
            x[1 + 3 * j], seg[0], seg[1], seg[2], seg[3], seg[4], seg[5], seg[6], seg[7]
        )
        torque[3 * j] += joint[j, 0]
        torque[3 * j + 1] -= frame.stiffness[0] * x[2 + 3 * j]
        torque[3 * j + 2] -= frame.stiffness[1] * x[3 + 3 * j]
    capsule = 0.0
    for side in range(2):
        moment, _slope = capsule_moment(
            x[19 + 3 * side], frame.capsule[0], frame.capsule[1], frame.capsule[2]
        )
        torque[18 + 3 * side] += moment
        if side == 0:
            capsule = moment
    for i in range(m):
        optimal = fibres.optimal[i]
        if fibres.iliopsoas[i] != 0.0:
            optimal *= 1.0 - person[3]
        ratio = (length[i] - fibres.slack[i]) / optimal
        f, _d = passive_force(ratio, fibres.curve[0], fibres.curve[1])
        top = fibres.force[i] * person[2]
        passive[i] = f * top
        f, _d = active_factor(ratio, fibres.curve[2])
        active[i] = f * top
    for j in range(ROWS):
        got = 0.0
        for i in range(m):
            r = s * arm[j, i]
            A[j, i] = r * active[i]
            got += r * passive[i]
        b[j] = -torque[j] - got
    point = np.empty(3)
    for k in range(contacts.shape[0]):
        body = int(contacts[k, 0])
        strength = contacts[k, 7]
        for j in range(ROWS):
            A[j, m + k] = 0.0
        if strength == 0.0:
            continue
        if body < 0:
            A[17 - body, m + k] = contacts[k, 4] * strength
            continue
        world(rot, at, body, contacts[k, 1], contacts[k, 2], contacts[k, 3], point)
        for j in range(ROWS):
            column[j] = 0.0
        fx = (
            rot[body, 0, 0] * contacts[k, 4]
            + rot[body, 0, 1] * contacts[k, 5]
            + rot[body, 0, 2] * contacts[k, 6]
        )
        fy = (
            rot[body, 1, 0] * contacts[k, 4]
            + rot[body, 1, 1] * contacts[k, 5]
            + rot[body, 1, 2] * contacts[k, 6]
        )
        fz = (
            rot[body, 2, 0] * contacts[k, 4]
            + rot[body, 2, 1] * contacts[k, 5]
            + rot[body, 2, 2] * contacts[k, 6]
        )
        f = strength * s
        push_on(column, axis, centre, 0, 3 * body, point[0], point[1], point[2], fx * f, fy * f, fz * f)
        for j in range(ROWS):
            A[j, m + k] = column[j]
    rho = frame.numeric[0]
    iterations, residual = solve(A, b, weight, power, floor, rho, TOLERANCE[power - 2], 200, lam, a, work)
    reserve = 0.0
    for j in range(ROWS):
        reserve = max(reserve, abs(lam[j]) / rho)
    effort = 0.0
    iliopsoas = 0.0
    hip_passive = capsule
    for i in range(m):
        effort += weight[i] * a[i] ** power
        if fibres.iliopsoas[i] != 0.0:
            iliopsoas += 0.5 * passive[i]
        hip_passive += passive[i] * arm[18, i] * s
        pull = passive[i] + a[i] * active[i]
        if pull == 0.0:
            continue
        for k in range(paths.first[i], paths.first[i + 1]):
            b0 = paths.body0[k]
            b1 = paths.body1[k]
            for r in range(3):
                if b0 < 7:
                    force[b0, r] += pull * line[k, r]
                if b1 < 7:
                    force[b1, r] -= pull * line[k, r]
    for k in range(contacts.shape[0]):
        body = int(contacts[k, 0])
        if body >= 0:
            push = a[m + k] * contacts[k, 7]
            for r in range(3):
                force[body, r] += push * (
                    rot[body, r, 0] * contacts[k, 4]
                    + rot[body, r, 1] * contacts[k, 5]
                    + rot[body, r, 2] * contacts[k, 6]
                )
    sx = 0.0
    sy = 0.0
    sz = 0.0
    for j in range(5, -1, -1):
        sx += force[j + 1, 0]
        sy += force[j + 1, 1]
        sz += force[j + 1, 2]
        # the neutral plate carried by the lower and by the upper vertebra, halfway between the two
        up = np.sin(frame.disc[j])
        upright = np.cos(frame.disc[j])
        n2 = 0.0
        t2 = 0.0
        along = 0.0
        across = 0.0
        for r in range(3):
            half0 = rot[j, r, 0] + rot[j + 1, r, 0]
            half1 = rot[j, r, 1] + rot[j + 1, r, 1]
            n = half0 * up + half1 * upright
            t = half0 * upright - half1 * up
            component = sx if r == 0 else (sy if r == 1 else sz)
            along += component * n
            across += component * t
            n2 += n * n
            t2 += t * t
        tension = joint[j, 2] / (frame.ligament[0] * s) + frame.ligament[1]
        result[TENSION + j] = tension
        result[COMPRESSION + j] = tension - along / np.sqrt(n2)
        result[SHEAR + j] = across / np.sqrt(t2)
        result[MOMENT + j] = joint[j, 0] + lam[3 * j] / rho
    result[EFFORT] = effort
    result[ITERATIONS] = iterations
    result[RESIDUAL] = residual
    result[RESERVE] = reserve
    result[ILIOPSOAS] = iliopsoas
    result[HIP_PASSIVE] = hip_passive


@kernel
def memory(m, s, k):  # type: ignore[no-untyped-def]
    """Scratch memory of `evaluate` for m fascicles, s stretches and k supports."""
    scratch = (
        np.empty((BODIES, 3, 3)),
        np.empty((BODIES, 3)),
        np.empty((ROWS, 3)),
        np.empty((ROWS, 3)),
        np.empty(m),
        np.empty((ROWS, m)),
        np.empty((s, 3)),
    )
    state = (
        np.empty(m),
        np.empty(m),
        np.empty(ROWS),
        np.empty((7, 3)),
        np.empty((6, 4)),
        np.empty(ROWS),
    )
    n = m + k
    work = np.empty(ROWS * ROWS + 2 * ROWS + 3 * n)
    return scratch, state, np.empty((ROWS, n)), np.empty(ROWS), np.zeros(ROWS), np.empty(n), work
