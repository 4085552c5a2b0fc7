"""How the angle that matters is drawn: a line through three joints, or an arc between two rays."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nextposture.knowledge.figures import Matters, Point, View
from nextposture.motion.figure import Skeleton, angles, flatten
from nextposture.motion.figure_outline import Outline, disc

SMALLEST_ARC = 0.018
"""Body heights between the ends of an arc under which it is a smudge and is left out."""

_JOINTS = {
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "neck": ("pelvis", "neck", "ear"),
}

Sketch = tuple[tuple[Outline, ...], tuple[Outline, ...], tuple[Outline, ...]]
"""Rays, dots and arcs of an angle."""


def sketch(skeletons: Sequence[Skeleton], matters: Matters, view: View) -> tuple[Sketch, ...]:
    """The angle in each of the poses of one movement; nothing when it is too small to be seen at the end."""
    level = _nearest_level(skeletons[-1], matters, view)
    drawn = tuple(_sketch(skeleton, matters, view, level) for skeleton in skeletons)
    bows = drawn[-1][2]
    return () if bows and math.dist(bows[0][0], bows[0][-1]) < SMALLEST_ARC else drawn


def _leaning(skeleton: Skeleton, matters: Matters, view: View) -> float:
    """The bearing of an inclination's line from the hip, degrees."""
    measured = angles(skeleton, matters.limb, view)[matters.angle]
    return measured - 90.0 if matters.angle == "thigh_inclination" else 90.0 - measured


def _nearest_level(skeleton: Skeleton, matters: Matters, view: View) -> float:
    """The bearing that an inclination is drawn from: plumb or level, whichever is nearer in the end pose."""
    return (
        90.0 * round(_leaning(skeleton, matters, view) / 90.0)
        if matters.angle.endswith(("tilt", "inclination"))
        else 0.0
    )


def _sketch(skeleton: Skeleton, matters: Matters, view: View, level: float) -> Sketch:
    """How an angle is drawn: the line through three joints with dots, or an arc between two rays."""
    limb, angle = matters.limb, matters.angle

    def at(name: str) -> Point:
        whole = name in ("neck", "ear", "pelvis")
        return flatten(skeleton.joint(name if whole else f"{limb}_{name}"), view)

    if angle == "line":
        shoulder, hip, ankle = at("shoulder"), at("hip"), at("ankle")
        return ((shoulder, hip), (hip, ankle)), tuple(disc(end, 0.011) for end in (shoulder, hip, ankle)), ()
    if angle in _JOINTS:
        before, joint, after = _JOINTS[angle]
        centre, radius = at(joint), 0.1 if joint == "hip" else 0.075
        first, last = _bearing(centre, at(before)), _bearing(centre, at(after))
        sweep = (last - first + 180) % 360 - 180
        if angle == "hip":  # always on the belly side or the outer side, also past straight
            measured = angles(skeleton, limb, view)["hip"]
            sweep = measured if view == "front" and limb == "near" else -measured
    else:
        centre, radius, first = at("hip"), 0.13, level
        sweep = (_leaning(skeleton, matters, view) - first + 180) % 360 - 180
    bow = tuple(_towards(centre, first + sweep * step / 12, radius) for step in range(13))
    rays = tuple(
        (_towards(centre, turn, 0.6 * radius), _towards(centre, turn, 1.35 * radius))
        for turn in (first, first + sweep)
    )
    return rays, (), (bow,)


def _towards(origin: Point, bearing: float, distance: float) -> Point:
    turn = math.radians(bearing)
    return origin[0] + distance * math.cos(turn), origin[1] + distance * math.sin(turn)


def _bearing(origin: Point, target: Point) -> float:
    return math.degrees(math.atan2(target[1] - origin[1], target[0] - origin[0]))
