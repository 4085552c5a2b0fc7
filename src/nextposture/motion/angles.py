"""Angles of a pose in the picture plane, from named points, whether a camera saw them or a figure drew them.

Points have x forwards (the way the person faces when upright) and y up, in any one unit. `near_` is the
working limb and `far_` the other; nothing here depends on which of them is closer to the camera.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from nextposture.knowledge.coaching import Quantity
from nextposture.knowledge.figures import Figure, Pose
from nextposture.motion.figure import flatten, solve

Point = tuple[float, float]
Points = Mapping[str, Point]

TRUNK_OF_HEIGHT: Final = 0.288
THIGH_OF_HEIGHT: Final = 0.245
SHANK_OF_HEIGHT: Final = 0.246
"""Shoulder to hip, hip to knee and knee to ankle as shares of body height (figure_body.yaml)."""


def _around(before: Point, joint: Point, after: Point) -> float:
    """The angle at `joint` from `after` to `before`, counter-clockwise, 0 to 360."""
    return (
        math.degrees(
            math.atan2(before[1] - joint[1], before[0] - joint[0])
            - math.atan2(after[1] - joint[1], after[0] - joint[0])
        )
        % 360.0
    )


def _inner(before: Point, joint: Point, after: Point) -> float:
    around = _around(before, joint, after)
    return min(around, 360.0 - around)


def _up(foot: Point, head: Point) -> float:
    """Inclination of a line from plumb, positive forwards."""
    return math.degrees(math.atan2(head[0] - foot[0], head[1] - foot[1]))


def _down(top: Point, bottom: Point) -> float:
    """Inclination of a hanging line from plumb, positive forwards."""
    return math.degrees(math.atan2(bottom[0] - top[0], top[1] - bottom[1]))


def _middle(points: Points, joint: str) -> Point:
    a, b = points[f"near_{joint}"], points[f"far_{joint}"]
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


def body_height(points: Points) -> float:
    """Body height in the points' unit, by the working side's trunk, thigh and shank."""
    shoulder, hip = points["near_shoulder"], points["near_hip"]
    knee, ankle = points["near_knee"], points["near_ankle"]
    chain = math.dist(shoulder, hip) + math.dist(hip, knee) + math.dist(knee, ankle)
    return chain / (TRUNK_OF_HEIGHT + THIGH_OF_HEIGHT + SHANK_OF_HEIGHT)


def _lift(points: Points, limb: str) -> float:
    other = "far" if limb == "near" else "near"
    up = points[f"{limb}_ankle"][1] - points[f"{other}_ankle"][1]
    return 100.0 * up / (body_height(points) or math.inf)


def _reach(points: Points, limb: str) -> float:
    shoulder, wrist = points[f"{limb}_shoulder"], points[f"{limb}_wrist"]
    trunk = math.dist(points["near_shoulder"], points["near_hip"]) or math.inf
    return 100.0 * math.dist(shoulder, wrist) / trunk


READ: Final[Mapping[Quantity, Callable[[Points, str], float]]] = {
    # on the belly side: 180 straight, less bent, more past straight
    "hip": lambda p, s: _around(p[f"{s}_shoulder"], p[f"{s}_hip"], p[f"{s}_knee"]),
    "line": lambda p, s: _around(p[f"{s}_shoulder"], p[f"{s}_hip"], p[f"{s}_ankle"]),
    "head": lambda p, s: _around(p[f"{s}_hip"], p[f"{s}_shoulder"], p["ear"]),
    # inner angles, 180 straight
    "knee": lambda p, s: _inner(p[f"{s}_hip"], p[f"{s}_knee"], p[f"{s}_ankle"]),
    "elbow": lambda p, s: _inner(p[f"{s}_shoulder"], p[f"{s}_elbow"], p[f"{s}_wrist"]),
    "shoulder": lambda p, s: _inner(p[f"{s}_hip"], p[f"{s}_shoulder"], p[f"{s}_elbow"]),
    # from plumb, positive forwards
    "trunk": lambda p, s: _up(p[f"{s}_hip"], p[f"{s}_shoulder"]),
    "thigh": lambda p, s: _down(p[f"{s}_hip"], p[f"{s}_knee"]),
    "shank": lambda p, s: _down(p[f"{s}_knee"], p[f"{s}_ankle"]),
    # of the middle of both sides, from the front; more is a hip that drops
    "midline": lambda p, s: _around(_middle(p, "knee"), _middle(p, "hip"), _middle(p, "shoulder")),
    "midtrunk": lambda p, s: _up(_middle(p, "hip"), _middle(p, "shoulder")),
    # lengths: ankle above the other ankle, percent of body height; hand from shoulder, percent of trunk
    "lift": _lift,
    "reach": _reach,
}
"""How each quantity is read for a limb (`near` or `far`)."""

_JOINTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")


def points_of(pose: Pose, figure: Figure) -> dict[str, Point]:
    """The points of a drawn pose as the figure's viewer sees them."""
    skeleton = solve(pose)
    points = {
        f"{limb}_{joint}": flatten(skeleton.joint(f"{limb}_{joint}"), figure.view)
        for limb in ("near", "far")
        for joint in _JOINTS
    }
    return {**points, "ear": flatten(skeleton.joint("ear"), figure.view)}
