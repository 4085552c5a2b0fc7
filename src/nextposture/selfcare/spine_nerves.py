"""The lumbar plexus as a schematic over the spine page's figure: where it runs, drawn by hand, not modelled.

It says nothing about any person's nerves, and the page shows it only once the danger signs are settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ROOTS = {"L2": 3, "L3": 2, "L4": 1}
"""Root -> the disc below its vertebra, by its number in a scene; the root leaves beside it."""
BESIDE = (-0.016, 0.006, 0.02)
"""From the middle of a disc to where the root leaves, right side (m)."""
ALONG = "Ps_L4_TP"
"""The fascicle that the femoral nerve runs beside."""
JOIN, BRIM = 6, 10
"""Points of that fascicle's path: where the roots meet, and where the nerve passes the pelvic brim."""
LATERAL = (-0.004, 0.0, 0.012)
THIGH = (0.015, -0.1, 0.0)
"""From the last of those points to the end of the drawing, on the front of the thigh: in the femur's frame
(m)."""


def plexus(scene: Mapping[str, Any]) -> list[list[float]]:
    """Paths (m, x y z in a row, as many points each) of roots L2 to L4 and of the femoral nerve, both
    sides."""
    paths = []
    for side, sign in (("r", 1.0), ("l", -1.0)):
        (guide,) = (one for one in scene["fascicles"] if one["name"] == ALONG and one["side"] == side)
        points = [guide["path"][k : k + 3] for k in range(0, len(guide["path"]), 3)]
        nerve = [_moved(point, LATERAL, sign) for point in points[JOIN : BRIM + 1]]
        for disc in ROOTS.values():
            leaves = _moved(scene["discs"][disc][:3], BESIDE, sign)
            shares = [k / len(nerve) for k in range(len(nerve) + 1)]
            ends = list(zip(leaves, nerve[0], strict=True))
            paths.append([round(a + share * (b - a), 5) for share in shares for a, b in ends])
        rows = scene["bodies"][f"femur_{side}"][3:]
        down = [sum(a * b for a, b in zip(rows[k : k + 3], THIGH, strict=True)) for k in (0, 3, 6)]
        nerve.append(_moved(nerve[-1], down, 1.0))
        paths.append([value for point in nerve for value in point])
    return paths


def _moved(point: Sequence[float], by: Sequence[float], sign: float) -> list[float]:
    x, y, z = (a + b for a, b in zip(point, (by[0], by[1], by[2] * sign), strict=True))
    return [round(x, 5), round(y, 5), round(z, 5)]
