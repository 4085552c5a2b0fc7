"""Where tibia and patella stand on the femur at a knee flexion, by the coupled motion of `tables/knee.yaml`.

The knee is part of a posture, not one of the coordinates that the equilibrium balances: it sets how long the
muscles are that cross both joints, and its moments are not looked at. To the hip, thigh and shank are then
one rigid body, so that moment arms about the hip need no more than this pose.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from nextposture.body import anatomy
from nextposture.body.assembly import Floats, rotation
from nextposture.body.person import OutOfRangeError

KNEE_NUMBERS = 24
"""Numbers of a knee's pose."""


def spline_bends(x: Floats, y: Floats) -> Floats:
    """(n, k) second derivatives, at the knots x (n), of the cubic splines through y (n, k).

    The third derivative of the first and last piece is that of the cubic through the four knots there
    (Forsythe, Malcolm and Moler 1977, Computer methods for mathematical computations), as in OpenSim's
    SimmSpline.
    """
    n, h = len(x), np.diff(x)
    left, right = np.zeros((n, n)), np.zeros_like(y)
    rise = np.diff(y, axis=0) / h[:, None]
    for k in range(1, n - 1):
        left[k, k - 1 : k + 2] = h[k - 1], 2.0 * (h[k - 1] + h[k]), h[k]
        right[k] = 6.0 * (rise[k] - rise[k - 1])
    for row, start in ((0, 0), (n - 1, n - 4)):
        second = (
            np.diff(rise[start : start + 3], axis=0)
            / (x[start + 2 : start + 4] - x[start : start + 2])[:, None]
        )
        third = 6.0 * (second[1] - second[0]) / (x[start + 3] - x[start])
        piece = min(row, n - 2)
        left[row, piece : piece + 2] = -1.0, 1.0
        right[row] = h[piece] * third
    return np.asarray(np.linalg.solve(left, right))


@cache
def _splines() -> tuple[Floats, Floats, Floats]:
    """Knots (n, deg), values and second derivatives (n, 7) of the coupled motion."""
    rows = anatomy.knee().motion
    knots = np.array([row.flexion_deg for row in rows])
    names = ("adduction", "rotation", "tibia_y", "tibia_z", "patella_rotation", "patella_x", "patella_y")
    value = np.array([[getattr(row, name) for name in names] for row in rows])
    return knots, value, spline_bends(knots, value)


def _motion(flexion_deg: float) -> Floats:
    knots, value, bend = _splines()
    k = min(int(np.searchsorted(knots, flexion_deg, side="right")), len(knots) - 1) - 1
    h = knots[k + 1] - knots[k]
    b = (flexion_deg - knots[k]) / h
    a = 1.0 - b
    return np.asarray(
        a * value[k] + b * value[k + 1] + ((a**3 - a) * bend[k] + (b**3 - b) * bend[k + 1]) * h * h / 6.0
    )


def knee_pose(flexion_deg: float) -> Floats:
    """(24) tibia and patella of the right leg in the femur's frame: for each its rotation (3, 3) and, as a
    fourth column, its origin (m), row by row. The left leg mirrors it. Raises OutOfRangeError."""
    table = anatomy.knee()
    low, high = table.motion[0].flexion_deg, table.motion[-1].flexion_deg
    if not low <= flexion_deg <= high:
        raise OutOfRangeError(
            f"knee flexion {flexion_deg:g} is outside {low:g} to {high:g} deg: the knee table ends there"
        )
    adduction, turn, y, z, patella, patella_x, patella_y = (float(v) for v in _motion(flexion_deg))
    femur, tibia = rotation(table.femur.rotation), rotation(table.tibia.rotation)
    bent = (
        rotation((np.radians(flexion_deg), 0.0, 0.0))
        @ rotation((0.0, 0.0, adduction))
        @ rotation((0.0, turn, 0.0))
    )
    rot = femur @ bent @ tibia.T
    at = np.array(table.femur.at) + femur @ np.array([0.0, y, z]) - rot @ np.array(table.tibia.at)
    groove = rotation(table.patella_on_femur.rotation)
    cap = groove @ rotation((0.0, 0.0, patella))
    cap_at = np.array(table.patella_on_femur.at) + groove @ np.array([patella_x, patella_y, 0.0])
    return np.concatenate([np.column_stack([rot, at]).ravel(), np.column_stack([cap, cap_at]).ravel()])


STRAIGHT_KNEE = knee_pose(0.0)
"""(24) pose of a straight knee."""
