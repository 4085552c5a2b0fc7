"""The shortest path between two points round a cylinder, on a stated side.

In the cylinder's frame (z along its axis) the path is a straight line, an arc and a straight line once
unrolled, so its length is closed form. The side is fixed anatomy (iliopsoas passes in front of the hip,
gluteus maximus behind the ischium), which keeps the length continuous where a search for the shorter side
would jump.
"""

from __future__ import annotations

import numpy as np

from nextposture.body.compiling import kernel


@kernel(fastmath=True)
def wrap_cylinder(ax, ay, az, bx, by, bz, radius, side, moving, out):  # type: ignore[no-untyped-def]
    """Length of the path from A to B (cylinder frame, metres) and its two tangent points.

    `side` is +1 if the path turns from x towards y about the axis, -1 the other way. `out[0:3]` and
    `out[3:6]` become the tangent points nearest A and B. Returns the length, or -1 when the straight line is
    already free. `moving` is +1 if B belongs to the other body, -1 if A does: that one lets go of the
    cylinder when it comes inside, as in OpenSim; the one that never moves is pushed out to the rim.
    """
    da = np.sqrt(ax * ax + ay * ay)
    db = np.sqrt(bx * bx + by * by)
    if (da if moving < 0.0 else db) < radius:
        return -1.0
    da = max(da, radius * (1.0 + 1e-12))
    db = max(db, radius * (1.0 + 1e-12))
    angle_a = np.arctan2(ay, ax) + side * np.arccos(radius / da)
    angle_b = np.arctan2(by, bx) - side * np.arccos(radius / db)
    arc = side * (angle_b - angle_a)
    arc -= 2.0 * np.pi * np.floor(arc / (2.0 * np.pi) + 0.5)
    if arc <= 0.0:
        return -1.0
    ta = np.sqrt(da * da - radius * radius)
    tb = np.sqrt(db * db - radius * radius)
    flat = ta + radius * arc + tb
    dz = bz - az
    out[0] = radius * np.cos(angle_a)
    out[1] = radius * np.sin(angle_a)
    out[2] = az + dz * ta / flat
    out[3] = radius * np.cos(angle_b)
    out[4] = radius * np.sin(angle_b)
    out[5] = bz - dz * tb / flat
    return np.sqrt(flat * flat + dz * dz)
