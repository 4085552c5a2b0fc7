"""Equilibrium of the half model in one posture, and the loads on its discs.

With the pelvis held, every row of `sagittal` (lumbar joints, hip) must balance:

    sum_i arm_i (F_passive,i + a_i F_active,i) + contacts + reserve = -(gravity + loads in the hands + passive
    joints)

`setting` (39) is what a posture adds to the joint angles, `contacts` (k, 6) its free supports, `person` (4)
the scales of a body: length, mass, muscle force, and the share of optimal length that iliopsoas has lost.
Free supports (backrest, armrest, bench, seat) push only, up to their strength, at next to no cost: they are
extra columns of the problem.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel
from nextposture.body.knee import KNEE_NUMBERS
from nextposture.body.muscle import active_factor, passive_force
from nextposture.body.passive_joints import capsule_moment, segment_moment
from nextposture.body.redundancy import TOLERANCE, solve
from nextposture.body.sagittal import POSE, located, muscle_paths, place

GRAVITY = 9.80665
CONTACTS = 12

# setting
STANCE, TORSO_MASS, TORSO_X, TORSO_Y, LEG_MASS, LEG_X, LEG_Y, LOAD, LOAD_X, LOAD_Y = range(10)
SUPPORT_A_X, SUPPORT_A_Y, SUPPORT_B_X, SUPPORT_B_Y = range(10, 14)
KNEE = 14
TONE = KNEE + KNEE_NUMBERS
SETTING = TONE + 1
ON_FEET, LEGS_CARRIED, TWO_SUPPORTS, TWO_LEGS = 0.0, 1.0, 2.0, 3.0

# result
EFFORT, ITERATIONS, RESIDUAL, RESERVE = range(4)
COMPRESSION, SHEAR, MOMENT = 4, 10, 16
ILIOPSOAS, BALANCE, HIP_PASSIVE, TENSION = 22, 23, 24, 25
RESULT = 31


@kernel(fastmath=True)
def centre_of_mass(frame, setting, pose, com):  # type: ignore[no-untyped-def]
    """Whole-body centre with the load, reference metres and kg: `com` (3) mass, x, y. Returns nothing."""
    mass = 0.0
    cx = 0.0
    cy = 0.0
    for b in range(8):
        n = b
        m = frame.mass[b] if b < 7 else 0.0
        if b < 6:
            px = frame.centre[b, 0]
            py = frame.centre[b, 1]
        elif b == 6:
            m = setting[TORSO_MASS]
            px = setting[TORSO_X]
            py = setting[TORSO_Y]
        else:
            n = 8
            m = 2.0 * setting[LEG_MASS]
            px = setting[LEG_X]
            py = setting[LEG_Y]
        mass += m
        cx += m * (pose[n, 2] + pose[n, 0] * px - pose[n, 1] * py)
        cy += m * (pose[n, 3] + pose[n, 1] * px + pose[n, 0] * py)
    com[0] = mass
    com[1] = cx
    com[2] = cy


@kernel(fastmath=True)
def outside_moments(frame, x, setting, person, pose, centre, torque, force):  # type: ignore[no-untyped-def]
    """Moments `torque` (9) of weight, load and fixed supports about each joint, and the outside `force` (7,
    2) on each body of the trunk. Returns how far the centre of mass lies ahead of the ankle, m."""
    s = person[0]
    gm = GRAVITY * person[1]
    for j in range(9):
        torque[j] = 0.0
    for b in range(7):
        force[b, 0] = 0.0
        force[b, 1] = 0.0
    com = np.empty(3)
    centre_of_mass(frame, setting, pose, com)
    total = com[0] * gm + setting[LOAD]
    load_x = pose[6, 2] + pose[6, 0] * setting[LOAD_X] - pose[6, 1] * setting[LOAD_Y]
    com_x = (com[1] * gm + setting[LOAD] * load_x) / total
    for b in range(1, 7):
        m = frame.mass[b]
        px = frame.centre[b, 0]
        py = frame.centre[b, 1]
        if b == 6:
            m = setting[TORSO_MASS]
            px = setting[TORSO_X]
            py = setting[TORSO_Y]
        w = m * gm
        wx = pose[b, 2] + pose[b, 0] * px - pose[b, 1] * py
        force[b, 1] -= w
        for j in range(b):
            torque[j] -= w * s * (wx - centre[j, 0])
    if setting[LOAD] != 0.0:
        force[6, 1] -= setting[LOAD]
        for j in range(6):
            torque[j] -= setting[LOAD] * s * (load_x - centre[j, 0])
    hip_x = centre[6, 0]
    stance = setting[STANCE]
    if stance != LEGS_CARRIED:
        leg_x = pose[8, 2] + pose[8, 0] * setting[LEG_X] - pose[8, 1] * setting[LEG_Y]
        torque[6] -= setting[LEG_MASS] * gm * s * (leg_x - hip_x)
    if stance == ON_FEET:
        torque[6] += 0.5 * total * s * (com_x - hip_x)
    elif stance == TWO_SUPPORTS:
        xa = pose[6, 2] + pose[6, 0] * setting[SUPPORT_A_X] - pose[6, 1] * setting[SUPPORT_A_Y]
        xb = pose[8, 2] + pose[8, 0] * setting[SUPPORT_B_X] - pose[8, 1] * setting[SUPPORT_B_Y]
        na = total * (com_x - xb) / (xa - xb)
        force[6, 1] += na
        for j in range(6):
            torque[j] += na * s * (xa - centre[j, 0])
        torque[6] += 0.5 * (total - na) * s * (xb - hip_x)
    ankle_x, _y, _z = located(pose, 9, frame.ankle[0], frame.ankle[1], frame.ankle[2], 0.0)
    return s * (com_x - ankle_x)


@kernel(fastmath=True)
def build(model, x, setting, contacts, person, scratch, A, b, passive, active, torque, force, joint):  # type: ignore[no-untyped-def]  # noqa: N803
    """Rows A (9, m + k) and b (9) of the redundancy problem in one posture; returns (balance, capsule
    moment).

    `passive` (m) passive forces N, `active` (m) forces at full activation N, `joint` (6, 4) what the discs
    and ligaments carry: moment Nm, its slope, ligament part, slope of that. `scratch` is (pose, centre,
    length, arm, line).
    """
    paths, fibres, frame = model
    pose, centre, length, arm, line = scratch
    m = length.shape[0]
    s = person[0]
    place(frame, x, setting[KNEE:TONE], pose, centre)
    muscle_paths(paths, frame, x, pose, centre, length, arm, line)
    balance = outside_moments(frame, x, setting, person, pose, centre, torque, force)
    for j in range(6):
        seg = frame.segment[j]
        joint[j, 0], joint[j, 1], joint[j, 2], joint[j, 3] = segment_moment(
            x[1 + j], seg[0], seg[1], seg[2], seg[3], seg[4], seg[5], seg[6], seg[7]
        )
        torque[j] += joint[j, 0]
    capsule, _slope = capsule_moment(x[7], frame.capsule[0], frame.capsule[1], frame.capsule[2])
    torque[6] += capsule
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
    for j in range(9):
        both = 2.0 * s if j < 6 else s
        got = 0.0
        for i in range(m):
            r = both * arm[j, i]
            A[j, i] = r * active[i]
            got += r * passive[i]
        b[j] = -torque[j] - got
    for k in range(contacts.shape[0]):
        body = int(contacts[k, 0])
        strength = contacts[k, 5]
        for j in range(9):
            A[j, m + k] = 0.0
        if strength == 0.0:
            continue
        if body < 0:  # a moment on the hips: -1 flexion, -2 adduction, -3 rotation
            A[5 - body, m + k] = contacts[k, 3] * strength
            continue
        fx = (pose[body, 0] * contacts[k, 3] - pose[body, 1] * contacts[k, 4]) * strength
        fy = (pose[body, 1] * contacts[k, 3] + pose[body, 0] * contacts[k, 4]) * strength
        px = pose[body, 2] + pose[body, 0] * contacts[k, 1] - pose[body, 1] * contacts[k, 2]
        py = pose[body, 3] + pose[body, 1] * contacts[k, 1] + pose[body, 0] * contacts[k, 2]
        if body <= 6:
            for j in range(body):
                A[j, m + k] = s * ((px - centre[j, 0]) * fy - (py - centre[j, 1]) * fx)
        else:
            A[6, m + k] = 0.5 * s * ((px - centre[6, 0]) * fy - (py - centre[6, 1]) * fx)
    return balance, capsule


@kernel(fastmath=True)
def disc_axes(frame, x, normal):  # type: ignore[no-untyped-def]
    """Unit normal of each disc, pointing up the spine, in the world: `normal` (6, 2). Its front is (ny,
    -nx)."""
    turned = x[0]
    for j in range(6):
        tilt = frame.disc[j] - turned - 0.5 * x[1 + j]
        turned += x[1 + j]
        normal[j, 0] = np.sin(tilt)
        normal[j, 1] = np.cos(tilt)


@kernel(fastmath=True)
def evaluate(model, x, setting, contacts, person, power, scratch, cost, A, b, lam, a, work, result, state):  # type: ignore[no-untyped-def]  # noqa: N803
    """Solve one posture and fill `result` (31); `lam` (9) is the start and becomes the multipliers."""
    paths, fibres, frame = model
    pose, _, length, arm, line = scratch
    passive, active, torque, force, joint, normal = state
    m = length.shape[0]
    s = person[0]
    weight, floor = cost
    balance, capsule = build(
        model, x, setting, contacts, person, scratch, A, b, passive, active, torque, force, joint
    )
    rho = frame.numeric[0]
    iterations, residual = solve(A, b, weight, power, floor, rho, TOLERANCE[power - 2], 200, lam, a, work)
    reserve = 0.0
    for j in range(9):
        reserve = max(reserve, abs(lam[j]) / rho)
    effort = 0.0
    iliopsoas = 0.0
    hip_passive = capsule
    for i in range(m):
        effort += weight[i] * a[i] ** power
        if fibres.iliopsoas[i] != 0.0:
            iliopsoas += passive[i]
        hip_passive += passive[i] * arm[6, i] * s
        pull = 2.0 * (passive[i] + a[i] * active[i])
        if pull == 0.0:
            continue
        for k in range(paths.first[i], paths.first[i + 1]):
            b0 = paths.body0[k]
            b1 = paths.body1[k]
            if b0 < 7:
                force[b0, 0] += pull * line[k, 0]
                force[b0, 1] += pull * line[k, 1]
            if b1 < 7:
                force[b1, 0] -= pull * line[k, 0]
                force[b1, 1] -= pull * line[k, 1]
    for k in range(contacts.shape[0]):
        body = int(contacts[k, 0])
        if body >= 0 and body < 7:
            push = a[m + k] * contacts[k, 5]
            force[body, 0] += push * (pose[body, 0] * contacts[k, 3] - pose[body, 1] * contacts[k, 4])
            force[body, 1] += push * (pose[body, 1] * contacts[k, 3] + pose[body, 0] * contacts[k, 4])
    disc_axes(frame, x, normal)
    sx = 0.0
    sy = 0.0
    for j in range(5, -1, -1):
        sx += force[j + 1, 0]
        sy += force[j + 1, 1]
        tension = joint[j, 2] / (frame.ligament[0] * s) + frame.ligament[1]
        result[TENSION + j] = tension
        result[COMPRESSION + j] = tension - sx * normal[j, 0] - sy * normal[j, 1]
        result[SHEAR + j] = sx * normal[j, 1] - sy * normal[j, 0]
        result[MOMENT + j] = joint[j, 0] + lam[j] / rho
    result[EFFORT] = effort
    result[ITERATIONS] = iterations
    result[RESIDUAL] = residual
    result[RESERVE] = reserve
    result[ILIOPSOAS] = iliopsoas
    result[BALANCE] = balance
    result[HIP_PASSIVE] = hip_passive


@kernel
def memory(m, s, k):  # type: ignore[no-untyped-def]
    """Scratch memory of `evaluate` for m fascicles, s stretches and k supports."""
    scratch = (np.empty(POSE), np.empty((7, 2)), np.empty(m), np.empty((9, m)), np.empty((s, 7)))
    state = (np.empty(m), np.empty(m), np.empty(9), np.empty((7, 2)), np.empty((6, 4)), np.empty((6, 2)))
    n = m + k
    return (
        scratch,
        state,
        np.empty((9, n)),
        np.empty(9),
        np.zeros(9),
        np.empty(n),
        np.empty(9 * 9 + 18 + 3 * n),
    )


@kernel
def costs(fibres, frame, contacts, tone, sides):  # type: ignore[no-untyped-def]
    """Cost and least use of every column: fascicles, then supports. `tone` holds for the muscles of the
    trunk.

    A moment on a hip stands for one side in the half model, so it costs twice as much there.
    """
    m = fibres.weight.shape[0]
    k = contacts.shape[0]
    w = np.empty(m + k)
    lo = np.zeros(m + k)
    for i in range(m):
        w[i] = fibres.weight[i]
        lo[i] = tone * fibres.trunk[i]
    for i in range(k):
        w[m + i] = frame.numeric[1]
        if contacts[i, 0] < 0.0:
            w[m + i] *= 2.0 / sides
    return w, lo
