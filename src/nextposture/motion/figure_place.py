"""Setting a posed person down: on the floor, a chair, a bench, or against a wall."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from nextposture.knowledge.figures import Part, Point, Pose, Prop, Rest, View
from nextposture.motion import figure_props
from nextposture.motion.figure import Skeleton, flatten, solve
from nextposture.motion.figure_outline import skin

_PLACED_BY = {
    "head": "ear",
    "trunk": "pelvis",
    "thigh": "knee",
    "shank": "knee",
    "foot": "ball",
    "upper_arm": "shoulder",
    "forearm": "elbow",
    "hand": "wrist",
}


def place(pose: Pose, rest: Rest, props: Iterable[Prop], view: View = "side") -> Skeleton:
    """The skeleton of `pose` set down so that `rest.part` touches what it rests on.

    Raises KeyError if no prop is of the kind that `rest.on` names.
    """
    skeleton = solve(pose)
    axis, where = figure_props.surface({prop.kind: prop for prop in props}[rest.on])
    points = list(chain.from_iterable(skin(skeleton, view)[rest.part]))
    across, up = joint_of(rest.part, skeleton, view)
    if axis == "y":
        across, up = rest.x - across, where - min(y for _, y in points)
    else:
        against = min if where < 0 else max
        across, up = where - against(x for x, _ in points), -min(y for _, y in points)
    return skeleton.moved(across, up, 0.0) if view == "side" else skeleton.moved(0.0, up, -across)


def joint_of(part: Part, skeleton: Skeleton, view: View) -> Point:
    """Where the joint that a part is placed by is seen: for a shank the knee, for a foot its ball."""
    side, _, segment = part.partition("_") if part.startswith(("near_", "far_")) else ("", "", part)
    joint = _PLACED_BY[segment]
    return flatten(skeleton.joint(f"{side}_{joint}" if side else joint), view)
