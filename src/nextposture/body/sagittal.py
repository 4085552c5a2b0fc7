"""Kinematics, muscle paths and moment arms of the half model: left and right alike, every rotation about z.

Coordinates x (8): pelvis rotation (rad, positive backwards), extension at L5/S1, L4/5, L3/4, L2/3, L1/2,
T12/L1 (rad, positive backwards), hip flexion (rad). Rows (9): the six lumbar joints, hip flexion, adduction,
rotation. A moment arm is -dL/dq in metres: positive when the muscle's pull turns the upper body backwards, or
the thigh forwards, inwards, and in internal rotation.

`knee` (24) is the pose of tibia and patella in the femur's frame (see `knee`), which is no rotation about z
alone.

A `pose` (11, 12) holds for every body cosine, sine, x and y of its origin in the world; for tibia and patella
all that is left of their rotation R and origin too: R00, R10, x, y, R01, R11, R02, R12, R20, R21, R22, z. The
hip's centre is at z = `frame.hip[2]`, from which the bodies of the leg count their z.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.assembly import Floats, Frame, Paths
from nextposture.body.compiling import kernel
from nextposture.body.knee import STRAIGHT_KNEE
from nextposture.body.wrapping import wrap_cylinder

ROWS = 9
BODIES = 11


POSE = (BODIES, 12)
"""Shape of a pose."""


@kernel(fastmath=True)
def located(pose, b, px, py, pz, hip_z):  # type: ignore[no-untyped-def]
    """World x, y and z of a point of body b."""
    if b < 8:
        return (
            pose[b, 2] + pose[b, 0] * px - pose[b, 1] * py,
            pose[b, 3] + pose[b, 1] * px + pose[b, 0] * py,
            pz,
        )
    if b == 8:
        return (
            pose[b, 2] + pose[b, 0] * px - pose[b, 1] * py,
            pose[b, 3] + pose[b, 1] * px + pose[b, 0] * py,
            pz + hip_z,
        )
    return (
        pose[b, 2] + pose[b, 0] * px + pose[b, 4] * py + pose[b, 6] * pz,
        pose[b, 3] + pose[b, 1] * px + pose[b, 5] * py + pose[b, 7] * pz,
        hip_z + pose[b, 11] + pose[b, 8] * px + pose[b, 9] * py + pose[b, 10] * pz,
    )


@kernel(fastmath=True)
def place(frame, x, knee, pose, centre):  # type: ignore[no-untyped-def]
    """World pose of every body, `pose` (11, 12), and `centre` (7, 2) the joints' centres."""
    angle = x[0]
    c = np.cos(angle)
    s = np.sin(angle)
    pose[0, 0] = c
    pose[0, 1] = s
    pose[0, 2] = 0.0
    pose[0, 3] = 0.0
    for j in range(6):
        jx = frame.joint_parent[j, 0]
        jy = frame.joint_parent[j, 1]
        cx = pose[j, 2] + c * jx - s * jy
        cy = pose[j, 3] + s * jx + c * jy
        centre[j, 0] = cx
        centre[j, 1] = cy
        angle += x[1 + j]
        c = np.cos(angle)
        s = np.sin(angle)
        jx = frame.joint_child[j, 0]
        jy = frame.joint_child[j, 1]
        pose[j + 1, 0] = c
        pose[j + 1, 1] = s
        pose[j + 1, 2] = cx - c * jx + s * jy
        pose[j + 1, 3] = cy - s * jx - c * jy
    jx = frame.abdomen[0]
    jy = frame.abdomen[1]
    pose[7, 0] = c
    pose[7, 1] = s
    pose[7, 2] = centre[0, 0] - c * jx + s * jy
    pose[7, 3] = centre[0, 1] - s * jx - c * jy
    c = pose[0, 0]
    s = pose[0, 1]
    centre[6, 0] = c * frame.hip[0] - s * frame.hip[1]
    centre[6, 1] = s * frame.hip[0] + c * frame.hip[1]
    angle = x[0] + x[7]
    c = np.cos(angle)
    s = np.sin(angle)
    pose[8, 0] = c
    pose[8, 1] = s
    pose[8, 2] = centre[6, 0]
    pose[8, 3] = centre[6, 1]
    for b in range(2):
        n = 9 + b
        k = 12 * b
        pose[n, 0] = c * knee[k] - s * knee[k + 4]
        pose[n, 1] = s * knee[k] + c * knee[k + 4]
        pose[n, 4] = c * knee[k + 1] - s * knee[k + 5]
        pose[n, 5] = s * knee[k + 1] + c * knee[k + 5]
        pose[n, 6] = c * knee[k + 2] - s * knee[k + 6]
        pose[n, 7] = s * knee[k + 2] + c * knee[k + 6]
        pose[n, 2] = pose[8, 2] + c * knee[k + 3] - s * knee[k + 7]
        pose[n, 3] = pose[8, 3] + s * knee[k + 3] + c * knee[k + 7]
        for r in range(4):
            pose[n, 8 + r] = knee[k + 8 + r]


@kernel(fastmath=True)
def wrapped(paths, w, pose, hip_z, local, tangent, out):  # type: ignore[no-untyped-def]
    """Length of wrapped stretch w, and its free end: `out` (6) unit vector near to far, and a point on its
    line.

    The free end is the straight part that crosses the joint: the one towards the pelvis when the cylinder is
    on the leg, else the one away from it. `local` and `tangent` (6 each) are scratch.
    """
    carrier = paths.wrap_body[w]
    b0 = paths.wrap_body0[w]
    b1 = paths.wrap_body1[w]
    near = located(pose, b0, paths.wrap_point0[w, 0], paths.wrap_point0[w, 1], paths.wrap_point0[w, 2], hip_z)
    far = located(pose, b1, paths.wrap_point1[w, 0], paths.wrap_point1[w, 1], paths.wrap_point1[w, 2], hip_z)
    r00 = pose[carrier, 0]
    r10 = pose[carrier, 1]
    r01 = -r10
    r11 = r00
    r02 = 0.0
    r12 = 0.0
    r20 = 0.0
    r21 = 0.0
    r22 = 1.0
    oz = hip_z if carrier >= 8 else 0.0
    if carrier > 8:
        r01 = pose[carrier, 4]
        r11 = pose[carrier, 5]
        r02 = pose[carrier, 6]
        r12 = pose[carrier, 7]
        r20 = pose[carrier, 8]
        r21 = pose[carrier, 9]
        r22 = pose[carrier, 10]
        oz += pose[carrier, 11]
    for e in range(2):
        px, py, pz = near if e == 0 else far
        wx = px - pose[carrier, 2]
        wy = py - pose[carrier, 3]
        wz = pz - oz
        bx = r00 * wx + r10 * wy + r20 * wz - paths.wrap_at[w, 0]
        by = r01 * wx + r11 * wy + r21 * wz - paths.wrap_at[w, 1]
        bz = r02 * wx + r12 * wy + r22 * wz - paths.wrap_at[w, 2]
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
        for k in range(3):
            tangent[k] = local[3 + k]
            tangent[3 + k] = local[k]
        dx = local[3] - local[0]
        dy = local[4] - local[1]
        dz = local[5] - local[2]
        length = np.sqrt(dx * dx + dy * dy + dz * dz)
    e = 0 if carrier >= 8 else 3
    ux = tangent[e] - local[e]
    uy = tangent[e + 1] - local[e + 1]
    uz = tangent[e + 2] - local[e + 2]
    sign = 1.0 if e == 0 else -1.0
    norm = sign / np.sqrt(ux * ux + uy * uy + uz * uz)
    ux *= norm
    uy *= norm
    uz *= norm
    vx = paths.wrap_axes[w, 0, 0] * ux + paths.wrap_axes[w, 0, 1] * uy + paths.wrap_axes[w, 0, 2] * uz
    vy = paths.wrap_axes[w, 1, 0] * ux + paths.wrap_axes[w, 1, 1] * uy + paths.wrap_axes[w, 1, 2] * uz
    vz = paths.wrap_axes[w, 2, 0] * ux + paths.wrap_axes[w, 2, 1] * uy + paths.wrap_axes[w, 2, 2] * uz
    out[0] = r00 * vx + r01 * vy + r02 * vz
    out[1] = r10 * vx + r11 * vy + r12 * vz
    out[2] = r20 * vx + r21 * vy + r22 * vz
    out[3], out[4], out[5] = near if e == 0 else far
    return length


@kernel(fastmath=True)
def muscle_paths(paths, frame, x, pose, centre, length, arm, line):  # type: ignore[no-untyped-def]
    """Lengths (m), moment arms `arm` (9, m) and for every stretch its `line` (s, 7): unit vector, a point of
    the line at its far end, and the length of the stretch."""
    m = length.shape[0]
    hip_z = frame.hip[2]
    nw = paths.wrap_body.shape[0]
    bent = np.empty((nw, 6))
    bent_length = np.empty(nw)
    local = np.empty(6)
    tangent = np.empty(6)
    for w in range(nw):
        bent_length[w] = wrapped(paths, w, pose, hip_z, local, tangent, bent[w])
    c = np.cos(x[0] + x[7])
    s = np.sin(x[0] + x[7])
    for i in range(m):
        for j in range(9):
            arm[j, i] = 0.0
        total = paths.on_body[i]
        for k in range(paths.first[i], paths.first[i + 1]):
            b0 = paths.body0[k]
            b1 = paths.body1[k]
            w = paths.wrap[k]
            if w >= 0:
                norm = bent_length[w]
                total += norm
                line[k, 6] = norm
                ux = bent[w, 0]
                uy = bent[w, 1]
                uz = bent[w, 2]
                px = bent[w, 3]
                py = bent[w, 4]
                pz = bent[w, 5]
            else:
                px, py, pz = located(
                    pose, b1, paths.point1[k, 0], paths.point1[k, 1], paths.point1[k, 2], hip_z
                )
                ux, uy, uz = located(
                    pose, b0, paths.point0[k, 0], paths.point0[k, 1], paths.point0[k, 2], hip_z
                )
                ux = px - ux
                uy = py - uy
                uz = pz - uz
                norm = np.sqrt(ux * ux + uy * uy + uz * uz)
                total += norm
                line[k, 6] = norm
                norm = 1.0 / norm
                ux *= norm
                uy *= norm
                uz *= norm
            line[k, 0] = ux
            line[k, 1] = uy
            line[k, 2] = uz
            line[k, 3] = px
            line[k, 4] = py
            line[k, 5] = pz
            if b1 >= 8:
                if b0 < 8:
                    rx = px - centre[6, 0]
                    ry = py - centre[6, 1]
                    rz = pz - hip_z
                    arm[6, i] -= uy * rx - ux * ry
                    # adduction about the femur's x axis, rotation about its y axis
                    arm[7, i] -= ux * s * rz - uy * c * rz + uz * (c * ry - s * rx)
                    arm[8, i] -= ux * c * rz + uy * s * rz - uz * (s * ry + c * rx)
            elif b1 == 7:
                r = uy * (px - centre[0, 0]) - ux * (py - centre[0, 1])
                for j in range(6):
                    arm[j, i] -= r
                if b0 > 0:
                    for j in range(b0):
                        arm[j, i] += uy * (px - centre[j, 0]) - ux * (py - centre[j, 1])
            else:
                for j in range(b0, b1):
                    arm[j, i] -= uy * (px - centre[j, 0]) - ux * (py - centre[j, 1])
        length[i] = total


def neutral_lengths(paths: Paths, frame: Frame) -> Floats:
    """(m) path lengths in the neutral pose with straight knees, metres."""
    x = np.zeros(8)
    pose, centre = np.empty(POSE), np.empty((7, 2))
    m = len(paths.on_body)
    length, arm, line = np.empty(m), np.empty((ROWS, m)), np.empty((len(paths.body0), 7))
    place(frame, x, STRAIGHT_KNEE, pose, centre)
    muscle_paths(paths, frame, x, pose, centre, length, arm, line)
    return length
