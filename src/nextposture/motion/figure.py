"""Forward kinematics of the drawn person: joint angles in, joint centres out.

The skeleton is three-dimensional with the lengths of `knowledge/tables/figure_body.yaml`, so that one pose
can be seen from the side or from the front and every segment keeps its length. Places are fractions of body
height, x forwards, y up, z to the person's right; signs of angles are in `knowledge.figures`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from nextposture.knowledge.figures import (
    AngleName,
    BodyTable,
    Figure,
    Limb,
    Point,
    Pose,
    Tempo,
    View,
    body_table,
)

Vector = tuple[float, float, float]
Rotation = tuple[Vector, Vector, Vector]
"""The axes of a frame as unit vectors: forwards, up, right."""

UPRIGHT: Rotation = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
LUMBAR = ("L5", "L4", "L3", "L2", "L1")
THORACIC = ("T11", "T9", "T7", "T5", "T3", "T1")
NECK = ("C7", "C5", "C3")


@dataclass(frozen=True)
class Frame:
    """A place and three axes that move with a bone."""

    origin: Vector
    axes: Rotation

    def at(self, x: float, y: float, z: float = 0.0) -> Vector:
        """The place of a point of this bone."""
        forwards, up, right = self.axes
        return (
            self.origin[0] + x * forwards[0] + y * up[0] + z * right[0],
            self.origin[1] + x * forwards[1] + y * up[1] + z * right[1],
            self.origin[2] + x * forwards[2] + y * up[2] + z * right[2],
        )

    def turned(self, degrees: float, axis: str = "z") -> Frame:
        """This frame turned about one of its own axes, counter-clockwise seen from that axis' tip."""
        c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        forwards, up, right = self.axes
        if axis == "z":
            return Frame(self.origin, (_mix(forwards, c, up, s), _mix(up, c, forwards, -s), right))
        return Frame(self.origin, (forwards, _mix(up, c, right, s), _mix(right, c, up, -s)))


def _mix(a: Vector, wa: float, b: Vector, wb: float) -> Vector:
    return (wa * a[0] + wb * b[0], wa * a[1] + wb * b[1], wa * a[2] + wb * b[2])


@dataclass(frozen=True)
class Skeleton:
    """Frames by bone: `pelvis`, the spine's nodes, `head`, `chest`, and for each side (`near_`, `far_`)
    `thigh`, `shank`, `foot`, `toes`, `upper_arm`, `forearm`, `hand`. A limb's frame is at its upper joint."""

    frames: dict[str, Frame]

    def joint(self, name: str) -> Vector:
        """A joint centre: `near_hip`, `near_knee`, `near_ankle`, `near_ball`, `near_shoulder`, `near_elbow`,
        `near_wrist`, the same with `far_`, or `neck`, `ear`."""
        return self.frames[_JOINT_OF.get(name, name)].origin

    def moved(self, dx: float, dy: float, dz: float) -> Skeleton:
        """The same pose elsewhere."""
        return Skeleton(
            {
                name: Frame((frame.origin[0] + dx, frame.origin[1] + dy, frame.origin[2] + dz), frame.axes)
                for name, frame in self.frames.items()
            }
        )


_JOINT_OF = {"ear": "head", "neck": "C7"} | {
    f"{side}_{joint}": f"{side}_{bone}"
    for side in ("near", "far")
    for joint, bone in {
        "hip": "thigh",
        "knee": "shank",
        "ankle": "foot",
        "ball": "toes",
        "shoulder": "upper_arm",
        "elbow": "forearm",
        "wrist": "hand",
    }.items()
}


def flatten(place: Vector, view: View) -> Point:
    """A place as the viewer sees it."""
    return (place[0], place[1]) if view == "side" else (-place[2], place[1])


def solve(pose: Pose, body: BodyTable | None = None) -> Skeleton:
    """The skeleton of `pose`, its pelvis at the origin (midway between the hip joints)."""
    body = body or body_table()
    size, spine = body.segments, body.spine
    pelvis = Frame((0.0, 0.0, 0.0), UPRIGHT).turned(pose.roll, "x").turned(-pose.lean - pose.pelvic_tilt)
    frames = {"pelvis": pelvis}

    at = Frame(pelvis.at(*spine.base), pelvis.axes)
    neutral = 0.0
    for names, region, flexion, side in (
        (LUMBAR, spine.lumbar, pose.lumbar_flexion, pose.side_flexion),
        (THORACIC, spine.thoracic, pose.thoracic_flexion, 0.0),
        (NECK, spine.neck, pose.neck_flexion, 0.0),
    ):
        for name, lean in zip(names, region.lean, strict=True):
            share = len(names)
            at = at.turned(-(lean - neutral) - flexion / share).turned(side / share, "x")
            neutral = lean
            frames[name] = Frame(at.at(0, region.piece / 2), at.axes)
            at = Frame(at.at(0, region.piece), at.axes)
    frames["head"] = at.turned(neutral)
    chest = frames[spine.shoulder.node]
    # The arms hang from the chest as it stands when upright, not from one tilted piece of the spine.
    lean_there = spine.thoracic.lean[THORACIC.index(spine.shoulder.node)]
    frames["chest"] = Frame(chest.origin, chest.turned(lean_there).axes)

    for side_name, limb, right in (("near", pose.near, 1.0), ("far", pose.far, -1.0)):
        frames |= _leg(side_name, limb, right, pelvis, size)
        offset = spine.shoulder.offset
        shoulder = frames["chest"].at(*offset, right * size["shoulder_half_width"])
        frames |= _arm(side_name, limb, right, Frame(shoulder, frames["chest"].axes), size)
    return Skeleton(frames)


def _leg(side: str, limb: Limb, right: float, pelvis: Frame, size: dict[str, float]) -> dict[str, Frame]:
    hip = Frame(pelvis.at(0, 0, right * size["hip_half_width"]), pelvis.axes)
    thigh = hip.turned(-limb.hip_extension).turned(-right * limb.hip_abduction, "x")
    shank = Frame(thigh.at(0, -size["thigh"]), thigh.axes).turned(-limb.knee_flexion)
    foot = Frame(shank.at(0, -size["shank"]), shank.axes).turned(limb.ankle_dorsiflexion)
    ball_forward, ball_down = 0.49 * size["foot"], 0.68 * size["ankle_height"]
    toes = Frame(foot.at(ball_forward, -ball_down), foot.axes).turned(limb.toe_extension)
    return {f"{side}_thigh": thigh, f"{side}_shank": shank, f"{side}_foot": foot, f"{side}_toes": toes}


def _arm(side: str, limb: Limb, right: float, shoulder: Frame, size: dict[str, float]) -> dict[str, Frame]:
    upper = shoulder.turned(limb.shoulder_flexion).turned(-right * limb.shoulder_abduction, "x")
    fore = Frame(upper.at(0, -size["upper_arm"]), upper.axes).turned(limb.elbow_flexion)
    hand = Frame(fore.at(0, -size["forearm"]), fore.axes).turned(limb.wrist_extension)
    return {f"{side}_upper_arm": upper, f"{side}_forearm": fore, f"{side}_hand": hand}


def interpolate(a: Pose, b: Pose, share: float) -> Pose:
    """The pose that is `share` (0 to 1) of the way from `a` to `b`, angle by angle."""

    def blend(x: Pose | Limb, y: Pose | Limb) -> dict[str, float]:
        return {
            name: value + share * (getattr(y, name) - value)
            for name, value in vars(x).items()
            if not isinstance(value, Limb)
        }

    return replace(a, **blend(a, b), near=Limb(**blend(a.near, b.near)), far=Limb(**blend(a.far, b.far)))


def movement(figure: Figure, steps: int) -> tuple[Pose, ...]:
    """`steps` + 1 poses from start to end, evenly spaced through the poses on the way.

    A posture, which has no start, is one pose. `steps` is a multiple of the stages, to meet them all.
    """
    poses = figure.poses
    if len(poses) == 1:
        return poses
    legs = list(pairwise(poses))
    found = []
    for step in range(steps + 1):
        along = step / steps * len(legs)
        index = min(int(along), len(legs) - 1)
        found.append(interpolate(*legs[index], along - index))
    return tuple(found)


def angles(skeleton: Skeleton, limb: str = "near", view: View = "side") -> dict[str, float]:
    """The angles of `Matters` on one side, degrees, between joint centres in the picture, as a camera would.

    Seen from the side, `hip` (shoulder-hip-knee) and `line` (shoulder-hip-ankle) are measured on the belly
    side: 180 is straight, less is bent, more is past straight. From the front they are measured on the outer
    side of the limb, so that a hip that drops outwards reads more. `knee` (hip-knee-ankle), `elbow`,
    `shoulder` (hip-shoulder-elbow) and `neck` (pelvis-neck-ear) are inner angles, 180 straight.
    `trunk_inclination` (hip to shoulder), `head_inclination` (hip to ear) and `thigh_inclination` (hip to
    knee) are from the vertical, positive forwards. `pelvic_tilt` is the pelvis against the vertical, which no
    camera sees.
    """

    def at(name: str) -> Point:
        return flatten(skeleton.joint(name if name in ("neck", "ear", "pelvis") else f"{limb}_{name}"), view)

    def bearing(a: str, b: str) -> float:
        p, q = at(a), at(b)
        return math.degrees(math.atan2(q[1] - p[1], q[0] - p[0]))

    def inner(a: str, b: str, c: str) -> float:
        return abs((bearing(b, c) - bearing(b, a) + 180) % 360 - 180)

    def open_side(a: str, b: str, c: str) -> float:
        around = bearing(b, a) - bearing(b, c)
        return (-around if view == "front" and limb == "near" else around) % 360

    hip, knee, shoulder, ear = at("hip"), at("knee"), at("shoulder"), at("ear")
    up = flatten(skeleton.frames["pelvis"].axes[1], view)
    return {
        "hip": open_side("shoulder", "hip", "knee"),
        "knee": inner("hip", "knee", "ankle"),
        "elbow": inner("shoulder", "elbow", "wrist"),
        "shoulder": inner("hip", "shoulder", "elbow"),
        "line": open_side("shoulder", "hip", "ankle"),
        "neck": inner("pelvis", "neck", "ear"),
        "trunk_inclination": math.degrees(math.atan2(shoulder[0] - hip[0], shoulder[1] - hip[1])),
        "head_inclination": math.degrees(math.atan2(ear[0] - hip[0], ear[1] - hip[1])),
        "thigh_inclination": math.degrees(math.atan2(knee[0] - hip[0], hip[1] - knee[1])),
        "pelvic_tilt": math.degrees(math.atan2(up[0], up[1])),
    }


@dataclass(frozen=True)
class Target:
    """What a coach watches, degrees as in `angles`: from `start` (None for a posture) to `end`.

    `wrong` is the reading in a common error (None for the figure itself). `visible` False means that body
    landmarks cannot show the angle: it becomes a spoken prompt, never a judgement.
    """

    angle: AngleName
    limb: str
    start: float | None
    end: float
    wrong: float | None
    tolerance: float
    visible: bool
    tempo: Tempo | None


def target(figure: Figure, error: int | None = None) -> Target | None:
    """The angle that matters in a figure, or in one of its errors, read from their own poses.

    None where no angle matters. Raises IndexError when there is no such error.
    """
    wrong = None if error is None else figure.errors[error]
    matters = (wrong and wrong.matters) or figure.matters
    if matters is None:
        return None

    def read(pose: Pose) -> float:
        return angles(solve(pose), matters.limb, figure.view)[matters.angle]

    return Target(
        angle=matters.angle,
        limb=matters.limb,
        start=read(figure.start) if figure.start else None,
        end=read(figure.end),
        wrong=read(wrong.pose) if wrong else None,
        tolerance=matters.tolerance,
        visible=matters.visible and (wrong is None or wrong.visible),
        tempo=figure.tempo,
    )
