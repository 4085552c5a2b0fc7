"""The poses in which lengths and moment arms are compared with OpenSim's."""

from __future__ import annotations

from math import radians

STRAIGHT = {
    "neutral": (0.0, 0.0, 0.0),
    "flexed": (-0.1, 0.0, 0.0),
    "extended, hip bent a little": (0.04, 0.1, 0.0),
    "flexed, hip bent": (-0.12, 0.5, 0.0),
    "hip extended": (0.0, -0.3, 0.0),
    "hip bent far": (0.0, 1.5, 0.0),
}
"""L5/S1 and hip flexion (rad), knee flexion (deg): every fascicle."""

BENT = {
    "hip extended, knee bent": (0.0, -0.3, 80.0),
    "hip and knee bent": (0.0, 1.5, 90.0),
}
"""The same with a bent knee: every fascicle."""

HIPS = (-30.0, 0.0, 60.0, 120.0)
KNEES = (0.0, 5.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0, 105.0, 115.0, 120.0)
GRID = {f"hip {hip:g}, knee {knee:g}": (0.0, radians(hip), knee) for hip in HIPS for knee in KNEES}
"""Every pair of `HIPS` and `KNEES` (deg): the fascicles that cross the knee. Six of the knees lie
between the rows of `knee.yaml`, so that its spline is compared too."""

POSES = STRAIGHT | BENT | GRID
