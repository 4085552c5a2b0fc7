"""Named postures: joint angles, arms, loads, and what the body rests on.

Angles and supports stand in `tables/postures.yaml`, each with the source it was taken from or the geometry it
follows. The angles were fixed before any load was computed and are never adjusted to a pressure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from nextposture.body import anatomy
from nextposture.body.assembly import BODY_NUMBER, Floats, values
from nextposture.body.knee import knee_pose
from nextposture.body.person import OutOfRangeError

Stance = Literal["feet", "carried", "two_supports", "two_legs"]
Pair = tuple[float, float]


@dataclass(frozen=True)
class Arms:
    """Shoulder flexion (deg, against the trunk, or None to hang straight down), elbow flexion (deg), and the
    share of the arms' weight that thighs, rests or floor carry."""

    shoulder_deg: float | None = None
    elbow_deg: float = 0.0
    carried: float = 0.0


@dataclass(frozen=True)
class Load:
    """A weight in the hands, in kg: at the hands, or at a place ahead of and above the hip (m)."""

    kg: float
    from_hip: Pair | None = None


@dataclass(frozen=True)
class Contact:
    """A support that pushes, never pulls: on a body at a point (m, body frame), along `push` (unit, body
    frame), with at most `strength` (N for both sides together). Body `seat` is a moment on the hips in Nm, as
    the seat gives by carrying the thighs; push is then (+1 or -1, 0)."""

    body: str
    at: Pair
    push: Pair
    strength: float


@dataclass(frozen=True)
class Leg:
    hip_flexion_deg: float
    knee_flexion_deg: float


@dataclass(frozen=True)
class Posture:
    """One posture. Degrees; pelvis tilt positive forwards, lumbar flexion positive forwards, from neutral
    standing.

    `left` gives the left leg where it differs. `on_side` lies the body on its right side. The two supports,
    where the stance has them, are points of the trunk and of the leg (m, body frames) that share the weight
    as a beam does.
    """

    name: str
    pelvis_deg: float
    lumbar_flexion_deg: float
    leg: Leg
    source: str
    confidence: anatomy.Confidence
    basis: str
    left: Leg | None = None
    arms: Arms = Arms()
    load: Load | None = None
    stance: Stance = "feet"
    supports: tuple[Pair, Pair] | None = None
    contacts: tuple[Contact, ...] = ()
    on_side: bool = False

    @property
    def symmetric(self) -> bool:
        """Whether the half model covers it."""
        return self.left is None and not self.on_side

    @property
    def balanced(self) -> bool:
        """Whether the trunk is held up by its own muscles, with their tone, rather than leant or laid on
        something."""
        return not any(contact.body == "torso" for contact in self.contacts)

    def flexed(self, degrees: float) -> Posture:
        """The same with the trunk bent further by `degrees`, all of it in the lumbar spine up to full
        flexion, the rest at the hips."""
        room = values()["full_lumbar_flexion"] - self.lumbar_flexion_deg
        lumbar = min(degrees, max(room, 0.0))
        return replace(
            self,
            lumbar_flexion_deg=self.lumbar_flexion_deg + lumbar,
            basis=f"{self.basis}; flexed {degrees:g} further",
        ).tilted(degrees - lumbar)

    def tilted(self, degrees: float) -> Posture:
        """The same with the pelvis and all above it tipped forwards by `degrees` at the hips, the thighs
        staying."""
        left = self.left and replace(self.left, hip_flexion_deg=self.left.hip_flexion_deg + degrees)
        leg = replace(self.leg, hip_flexion_deg=self.leg.hip_flexion_deg + degrees)
        return replace(self, pelvis_deg=self.pelvis_deg + degrees, leg=leg, left=left)

    def holding(self, kg: float, forward: float | None = None, up: float | None = None) -> Posture:
        """The same with a weight in the hands, or at a place ahead of and above the hip (m)."""
        where = None if forward is None or up is None else (forward, up)
        return replace(self, load=Load(kg, where))

    def resting(self, *contacts: Contact) -> Posture:
        """The same with further supports."""
        return replace(self, contacts=self.contacts + contacts)


@cache
def _table() -> dict[str, Posture]:
    return {row.name: row for row in anatomy.read_body_table("postures").parse(list[Posture])}


def posture_names() -> tuple[str, ...]:
    """Names of the postures of the table."""
    return tuple(_table())


def posture(name: str) -> Posture:
    """The posture of that name; `flexed_30` is standing with the trunk flexed 30 degrees, any angle from 0 to
    90.

    Raises OutOfRangeError if there is none.
    """
    table = _table()
    if name in table:
        return table[name]
    kind, _, angle = name.rpartition("_")
    if kind == "flexed" and angle.replace(".", "", 1).isdigit():
        degrees = float(angle)
        if degrees > 90.0:
            raise OutOfRangeError(
                f"trunk flexion {degrees:g} is outside 0 to 90 deg: beyond it the trunk rests on the legs"
            )
        return flexion(degrees)
    raise OutOfRangeError(
        f"posture {name!r} is not one of {', '.join(table)} or flexed_<degrees>: it has no stated geometry"
    )


def flexion(degrees: float) -> Posture:
    """Standing with the trunk bent forwards by `degrees`: the parameter `lumbar_share` of it lumbar until the
    lumbar spine is fully flexed, the rest at the hips."""
    standing = _table()["standing"]
    value = values()
    lumbar = min(value["lumbar_share"] * degrees, value["full_lumbar_flexion"])
    bent = standing.flexed(lumbar).tilted(degrees - lumbar)
    return replace(
        bent, name=f"flexed_{degrees:g}", basis="standing, bent by the stated rhythm", confidence="memory"
    )


def _segment(body: str) -> anatomy.Segment:
    return next(segment for segment in anatomy.skeleton().segments if segment.body == body)


def _joint(name: str) -> anatomy.Joint:
    return next(joint for joint in anatomy.skeleton().joints if joint.name == name)


def _turn(angle_deg: float, point: Pair | Floats) -> Floats:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    return np.array([c * point[0] - s * point[1], s * point[0] + c * point[1]])


def leg_mass(knee_flexion_deg: float) -> Floats:
    """(3) mass (kg) and centre (m, femur frame) of a whole leg of the reference body."""
    tibia = knee_pose(knee_flexion_deg)[:12].reshape(3, 4)
    thigh, shank, foot = _segment("femur"), _segment("tibia"), _segment("foot")
    ankle = np.array(_joint("ankle").in_parent)
    at = [
        np.array(thigh.centre[:2]),
        (tibia @ [*shank.centre, 1.0])[:2],
        (tibia @ [*(ankle + foot.centre), 1.0])[:2],
    ]
    masses = np.array([thigh.mass_kg, shank.mass_kg, foot.mass_kg])
    return np.append(masses.sum(), np.array(masses @ np.array(at)) / masses.sum())


def arm_points(arms: Arms, trunk_deg: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Centres of upper arm, forearm and hand, and the grip, in the torso's frame (m). `trunk_deg` is its
    tilt forwards."""
    lift = arms.shoulder_deg if arms.shoulder_deg is not None else trunk_deg
    shoulder = np.array(_joint("shoulder").in_parent[:2])
    elbow = shoulder + _turn(lift, _joint("elbow").in_parent[:2])
    wrist = elbow + _turn(lift + arms.elbow_deg, _joint("wrist").in_parent[:2])
    return (
        shoulder + _turn(lift, _segment("upper_arm").centre[:2]),
        elbow + _turn(lift + arms.elbow_deg, _segment("forearm").centre[:2]),
        wrist + _turn(lift + arms.elbow_deg, _segment("hand").centre[:2]),
        wrist + _turn(lift + arms.elbow_deg, (0.0, -values()["grip_below_wrist"])),
    )


def trunk_mass(arms: Arms, trunk_deg: float) -> Floats:
    """(3) mass (kg) and centre (m, torso frame) of torso, head and the share of the arms that nothing
    else carries."""
    torso, head = _segment("torso"), _segment("head")
    parts = [(torso.mass_kg, np.array(torso.centre[:2])), (head.mass_kg, np.array(head.centre[:2]))]
    for body, at in zip(("upper_arm", "forearm", "hand"), arm_points(arms, trunk_deg)[:3], strict=True):
        parts.append((2.0 * _segment(body).mass_kg * (1.0 - arms.carried), at))
    mass = sum(part[0] for part in parts)
    return np.append(mass, sum(part[0] * part[1] for part in parts) / mass)


def rhythm(way: Literal["flexion", "extension"] = "flexion") -> Floats:
    """(6) share of lumbar flexion at each joint from L5/S1 up: as their full ranges that way, so that none is
    asked for more of its range than its neighbours."""
    full = np.array([value for name, value in values().items() if name.startswith(f"{way}_")])
    return np.asarray(full / full.sum())


def coordinates(posture: Posture) -> Floats:
    """(8) coordinates of the half model, radians."""
    x = np.zeros(8)
    x[0] = -np.radians(posture.pelvis_deg)
    x[1:7] = -np.radians(posture.lumbar_flexion_deg) * rhythm(
        "flexion" if posture.lumbar_flexion_deg > 0.0 else "extension"
    )
    x[7] = np.radians(posture.leg.hip_flexion_deg)
    return x


def hip_in_torso(posture: Posture) -> Floats:
    """(2) the hips' axis in the torso's frame, m."""
    x = coordinates(posture)
    joints = [_joint(name) for name in anatomy.LEVELS]
    point = np.array(_joint("hip").in_parent[:2])
    for joint, angle in zip(joints, x[1:7], strict=True):
        point = np.array(joint.in_child[:2]) + _turn(
            -float(np.degrees(angle)), point - np.array(joint.in_parent[:2])
        )
    return point


def setting(
    posture: Posture, length_scale: float = 1.0, changes: Mapping[str, float] | None = None
) -> Floats:
    """(39) what the half model needs beside the angles; places in the hands are for a body of that length
    scale."""
    from nextposture.body import sagittal_statics as at

    out = np.zeros(at.SETTING)
    trunk_deg = posture.pelvis_deg + posture.lumbar_flexion_deg
    stances = {
        "feet": at.ON_FEET,
        "carried": at.LEGS_CARRIED,
        "two_supports": at.TWO_SUPPORTS,
        "two_legs": at.TWO_LEGS,
    }
    out[at.STANCE] = stances[posture.stance]
    out[at.TORSO_MASS : at.TORSO_Y + 1] = trunk_mass(posture.arms, trunk_deg)
    out[at.LEG_MASS : at.LEG_Y + 1] = leg_mass(posture.leg.knee_flexion_deg)
    if posture.load is not None:
        out[at.LOAD] = posture.load.kg * at.GRAVITY
        if posture.load.from_hip is None:
            place = arm_points(posture.arms, trunk_deg)[3]
        else:
            ahead = np.array(posture.load.from_hip) / length_scale
            place = hip_in_torso(posture) + _turn(trunk_deg, ahead)
        out[at.LOAD_X : at.LOAD_Y + 1] = place
    if posture.supports is not None:
        out[at.SUPPORT_A_X : at.SUPPORT_B_Y + 1] = [*posture.supports[0], *posture.supports[1]]
    out[at.KNEE : at.TONE] = knee_pose(posture.leg.knee_flexion_deg)
    out[at.TONE] = values(changes)["tone"] if posture.balanced else 0.0
    return out


def contact_rows(posture: Posture, changes: Mapping[str, float] | None = None) -> Floats:
    """(12, 6) the supports as numbers: body (-1 for the seat), point, push, strength.

    Two feet on the floor, or two thighs on a seat, close a ring through the pelvis: friction can press the
    legs apart or together and twist them, so hip adduction (-2) and rotation (-3) are free up to what
    friction gives.
    """
    from nextposture.body.sagittal_statics import CONTACTS

    value = values(changes)
    rows = [
        [
            -1 if contact.body == "seat" else BODY_NUMBER[contact.body],
            *contact.at,
            *contact.push,
            contact.strength,
        ]
        for contact in posture.contacts
    ]
    for body, name in ((-2, "friction_adduction"), (-3, "friction_rotation")):
        rows += [[body, 0.0, 0.0, way, 0.0, value[name]] for way in (1.0, -1.0)]
    if len(rows) > CONTACTS:
        raise ValueError(f"{posture.name}: at most {CONTACTS - 4} supports, not {len(posture.contacts)}")
    out = np.zeros((CONTACTS, 6))
    out[: len(rows)] = rows
    return out


def spatial_coordinates(posture: Posture) -> Floats:
    """(25) coordinates of the full model, radians."""
    flat = coordinates(posture)
    left = posture.left or posture.leg
    x = np.zeros(25)
    x[0] = flat[0]
    x[1:19:3] = flat[1:7]
    x[19] = flat[7]
    x[22] = np.radians(left.hip_flexion_deg)
    return x


def spatial_setting(
    posture: Posture, length_scale: float = 1.0, changes: Mapping[str, float] | None = None
) -> Floats:
    """(69) `setting` with the left leg and the direction of gravity."""
    left = posture.left or posture.leg
    down = (0.0, 0.0, 1.0) if posture.on_side else (0.0, -1.0, 0.0)
    knee = left.knee_flexion_deg
    return np.concatenate([setting(posture, length_scale, changes), leg_mass(knee), knee_pose(knee), down])


def spatial_contact_rows(posture: Posture, changes: Mapping[str, float] | None = None) -> Floats:
    """(20, 8) the supports of the full model: body, point, push, strength; bodies -1 to -6 are hip
    moments."""
    from nextposture.body.spatial import CONTACTS

    out = np.zeros((CONTACTS, 8))
    used = 0
    for row in contact_rows(posture, changes):
        if row[5] == 0.0:
            continue
        if row[0] < 0.0:
            new = [[row[0] - 3 * side, 0, 0, 0, row[3], 0, 0, row[5]] for side in (0, 1)]
        elif posture.on_side:
            new = [[row[0], row[1], row[2], values(changes)["side_depth"], 0, 0, -1, row[5]]]
        else:
            new = [[row[0], row[1], row[2], 0, row[3], row[4], 0, row[5]]]
        out[used : used + len(new)] = new
        used += len(new)
    return out
