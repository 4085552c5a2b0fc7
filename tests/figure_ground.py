"""How far the drawn skin of a body part is from the thing that it should touch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from nextposture.knowledge.figures import Figure, Part, Point, Pose, Prop
from nextposture.motion.figure_outline import Outline, skin
from nextposture.motion.figure_place import place
from nextposture.motion.figure_props import surface

TOUCH = 0.01
"""Tolerance of a contact: 1.75 cm on a person of 1.75 m, less than the padding of a heel or a hip."""
BLEND = 0.01
"""What a contact may give beyond that while one pose is blended into the next."""
SLIDE = 0.02
"""How far a foot, knee or hand that carries weight may slide along the ground."""


def skin_of(figure: Figure, pose: Pose) -> Mapping[str, tuple[Outline, ...]]:
    return skin(place(pose, figure.rest, figure.props, figure.view), figure.view)


def distance(outlines: Sequence[Outline], prop: Prop) -> float:
    """Height of the lowest point above the thing (or from the wall), negative when it sinks in."""
    points: list[Point] = [point for outline in outlines for point in outline]
    if prop.kind == "ball":
        return min(math.dist(point, (prop.x, prop.y)) for point in points) - prop.width
    axis, where = surface(prop)
    if axis == "x":
        nearest = min(x for x, _ in points) if where < 0 else -max(x for x, _ in points)
        return nearest - (where if where < 0 else -where)
    over = [y for x, y in points if not prop.width or prop.x <= x <= prop.x + prop.width]
    return min(over or [math.inf]) - where


def contacts(figure: Figure, pose: Pose) -> dict[tuple[Part, str], float]:
    """Every contact of the figure, with its distance in this pose."""
    shown, props = skin_of(figure, pose), {prop.kind: prop for prop in figure.props}
    return {
        (contact.part, contact.on): distance(shown[contact.part], props[contact.on])
        for contact in figure.contacts
    }


def lowest(figure: Figure, pose: Pose) -> float:
    """Height of the lowest point of the whole body above the floor."""
    return min(y for outlines in skin_of(figure, pose).values() for outline in outlines for _, y in outline)
