"""The skin, bones and muscles around a skeleton, as flat outlines seen from the side or from the front.

Outlines are closed lists of points in fractions of body height. Seen from the side x points forwards and the
person's right is near; seen from the front x points to the person's left, as on a page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from nextposture.knowledge.figures import BodyTable, Muscle, Point, Prop, View, body_table
from nextposture.motion.figure import LUMBAR, NECK, THORACIC, Frame, Skeleton, flatten

Outline = tuple[Point, ...]
SEGMENTS = ("thigh", "shank", "upper_arm", "forearm")
ROUND = {"shank": 0.0315, "forearm": 0.0195, "hand": 0.025, "foot": 0.02}
"""Radius of the round end that keeps a bent joint whole, or of a part seen end on (judgement)."""
END_ON = 0.35
"""A part that shows less than this share of its length is drawn as its round end."""


def skin(
    skeleton: Skeleton, view: View = "side", body: BodyTable | None = None
) -> dict[str, tuple[Outline, ...]]:
    """Outlines by part: `trunk`, `head`, and each limb segment with its side."""
    body = body or body_table()
    frames = skeleton.frames
    parts: dict[str, tuple[Outline, ...]] = {"trunk": (_trunk(frames, view, body),)}
    head = body.shapes["head" if view == "side" else "head_front"]
    parts["head"] = (_shape(frames["head"], head, view),)
    for side in ("far", "near"):
        for segment in SEGMENTS:
            frame = frames[f"{side}_{segment}"]
            ends = [disc(flatten(frame.origin, view), ROUND[segment])] if segment in ROUND else []
            limb = ends[0] if ends and _end_on(frame, view) else _limb(frame, segment, view, body)
            parts[f"{side}_{segment}"] = (limb, *ends)
        foot, hand = frames[f"{side}_foot"], frames[f"{side}_hand"]
        if view == "side":
            parts[f"{side}_hand"] = (_shape(hand, body.shapes["hand"], view),)
            parts[f"{side}_foot"] = (
                _shape(foot, body.shapes["foot"], view),
                _shape(frames[f"{side}_toes"], body.shapes["toes"], view),
            )
        else:
            for part, frame in (("hand", hand), ("foot", foot)):
                shape = _shape(frame, body.shapes[f"{part}_front"], view)
                ends = [disc(flatten(frame.origin, view), ROUND[part])]
                parts[f"{side}_{part}"] = (ends[0] if _end_on(frame, view) else shape,)
    return parts


def face(skeleton: Skeleton, view: View = "side") -> tuple[Outline, ...]:
    """Open lines that show which way the head looks: the near ear, or eyes, nose and mouth."""
    names = ("ear",) if view == "side" else ("eye_right", "eye_left", "nose", "mouth")
    return tuple(_shape(skeleton.frames["head"], body_table().shapes[name], view) for name in names)


def muscle(
    skeleton: Skeleton, shape: Muscle, view: View = "side", side: str = "near"
) -> tuple[Outline, Outline]:
    """The closed outline of a muscle, and the line along its middle."""
    middle = [
        flatten(_muscle_frame(skeleton, frame, side).at(*((x, y) if view == "side" else (0.0, y, x))), view)
        for frame, x, y, _half in shape.path
    ]
    left, right = [], []
    for index, (_frame, _x, _y, half) in enumerate(shape.path):
        before, after = middle[max(0, index - 1)], middle[min(len(middle) - 1, index + 1)]
        along = math.hypot(after[0] - before[0], after[1] - before[1]) or 1.0
        across = (-(after[1] - before[1]) / along * half, (after[0] - before[0]) / along * half)
        x, y = middle[index]
        left.append((x + across[0], y + across[1]))
        right.append((x - across[0], y - across[1]))
    return (*left, *reversed(right)), tuple(middle)


def hip_bone(skeleton: Skeleton, body: BodyTable | None = None) -> Outline:
    """The near hip bone, so that the tilt of the pelvis can be seen."""
    return _shape(skeleton.frames["pelvis"], (body or body_table()).shapes["hip_bone"], "side")


def spine_line(skeleton: Skeleton, view: View = "side") -> Outline:
    """The curve through the vertebrae, from the sacrum to the skull."""
    frames = skeleton.frames
    base = body_table().spine.base
    nodes = [frames[name].origin for name in (*LUMBAR, *THORACIC, *NECK)]
    return tuple(flatten(place, view) for place in (frames["pelvis"].at(*base), *nodes))


def _muscle_frame(skeleton: Skeleton, name: str, side: str) -> Frame:
    return skeleton.frames.get(name) or skeleton.frames[f"{side}_{name}"]


def _end_on(frame: Frame, view: View) -> bool:
    return math.hypot(*flatten(frame.axes[1], view)) < END_ON


def _shape(frame: Frame, points: Sequence[Point], view: View) -> Outline:
    if view == "side":
        return tuple(flatten(frame.at(x, y), view) for x, y in points)
    return tuple(flatten(frame.at(0, y, x), view) for x, y in points)


def _limb(frame: Frame, segment: str, view: View, body: BodyTable) -> Outline:
    length, outline = body.segments[segment], body.limbs[segment]
    if view == "side":
        front = [frame.at(forward, -share * length) for share, forward, _ in outline.side]
        back = [frame.at(-backward, -share * length) for share, _, backward in outline.side]
    else:
        front = [frame.at(0, -share * length, half) for share, half in outline.front]
        back = [frame.at(0, -share * length, -half) for share, half in outline.front]
    return tuple(flatten(place, view) for place in (*front, *reversed(back)))


def _trunk(frames: dict[str, Frame], view: View, body: BodyTable) -> Outline:
    trunk, pelvis = body.trunk, frames["pelvis"]
    if view == "side":
        front = [pelvis.at(x, y) for x, y in trunk.pelvis_front]
        front += [frames[name].at(forward, 0) for name, (forward, _) in trunk.nodes.items()]
        back = [frames[name].at(-backward, 0) for name, (_, backward) in reversed(trunk.nodes.items())]
        back += [pelvis.at(x, y) for x, y in trunk.pelvis_back]
    else:
        front = [pelvis.at(0, y, x) for x, y in trunk.pelvis_side]
        front += [frames[name].at(0, 0, half) for name, half in trunk.sides.items()]
        back = [frames[name].at(0, 0, -half) for name, half in reversed(trunk.sides.items())]
        back += [pelvis.at(0, y, -x) for x, y in reversed(trunk.pelvis_side)]
    return tuple(flatten(place, view) for place in (*front, *back))


def phone(skeleton: Skeleton, prop: Prop, view: View = "side") -> Outline:
    """A phone on the front of the near thigh; corners are pairs of near points, so that they stay so."""
    frame, body = skeleton.frames["near_thigh"], body_table()
    middle, half = -prop.x * body.segments["thigh"], prop.width / 2
    skin_at = [(-share * body.segments["thigh"], forward) for share, forward, _ in body.limbs["thigh"].side]
    (y0, x0), (y1, x1) = (
        min(skin_at, key=lambda at: abs(at[0] - end)) for end in (middle + half, middle - half)
    )
    slope, bit = (x1 - x0) / (y1 - y0), prop.height / 4

    def at(depth: float, along: float) -> Point:
        return flatten(frame.at(x0 + slope * (middle + along - y0) + depth - bit, middle + along), view)

    ends = (-half, -half + bit), (half, half - bit)
    (low, low_in), (high, high_in) = ends
    return (
        at(bit, low),
        at(prop.height - bit, low),
        at(prop.height, low_in),
        at(prop.height, high_in),
        at(prop.height - bit, high),
        at(bit, high),
        at(0, high_in),
        at(0, low_in),
    )


def disc(centre: Point, radius: float, corners: int = 10) -> Outline:
    """A round outline."""
    turns = [2 * math.pi * corner / corners for corner in range(corners)]
    return tuple((centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns)
