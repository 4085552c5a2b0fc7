"""The anatomy as the tables state it: every row typed, with its source and its confidence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from nextposture.knowledge.reading import Table, read_text

Confidence = Literal["verified", "second_hand", "memory", "measured", "judgement", "fitted"]
Vector = tuple[float, float, float]

LEVELS = ("L5/S1", "L4/5", "L3/4", "L2/3", "L1/2", "T12/L1")
"""The lumbar joints from below; the first five are reported."""

BODIES = (
    "pelvis",
    "lumbar5",
    "lumbar4",
    "lumbar3",
    "lumbar2",
    "lumbar1",
    "torso",
    "abdomen",
    "femur",
    "tibia",
    "patella",
)


@dataclass(frozen=True)
class Source:
    id: str
    text: str


@dataclass(frozen=True)
class Parameter:
    """One constant, its plausible range, and where it comes from."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    confidence: Confidence
    note: str


@dataclass(frozen=True)
class Limit:
    """What the model accepts of one thing, and why not more."""

    name: str
    low: float
    high: float
    unit: str
    why: str
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class Joint:
    """A joint centre in the frames of both bodies, metres."""

    name: str
    parent: str
    in_parent: Vector
    child: str
    in_child: Vector
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class Segment:
    """Mass and centre of mass (metres, body frame) of the reference body."""

    body: str
    mass_kg: float
    centre: Vector
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class Point:
    body: str
    at: Vector


@dataclass(frozen=True)
class Cylinder:
    """A wrapping cylinder on a body, round which the path runs after point `after`."""

    after: int
    body: str
    radius: float
    at: Vector
    rotation: Vector


@dataclass(frozen=True)
class Muscle:
    """One fascicle of the right side. Forces N, lengths m, pennation rad.

    `slack` is the tendon slack length, or None where `neutral_ratio` (fibre length over optimal in the
    neutral pose) fixes it instead.
    """

    name: str
    group: str
    max_force: float
    fibre_length: float
    slack: float | None
    pennation: float
    neutral_ratio: float | None
    path: tuple[Point, ...]
    cylinder: Cylinder | None
    source: str
    confidence: str


@dataclass(frozen=True)
class Skeleton:
    joints: list[Joint]
    segments: list[Segment]


@dataclass(frozen=True)
class KneeFrame:
    """Where the knee's axes stand in a body, m, and how they are turned (body-fixed x, y, z, rad)."""

    at: Vector
    rotation: Vector
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class KneeMotion:
    """Tibia and patella at one knee flexion: coupled rotations (rad) and translations (m)."""

    flexion_deg: float
    adduction: float
    rotation: float
    tibia_y: float
    tibia_z: float
    patella_rotation: float
    patella_x: float
    patella_y: float
    source: str
    confidence: Confidence


@dataclass(frozen=True)
class Knee:
    """How tibia and patella move on the femur as the knee bends; `knee.knee_pose` reads it."""

    femur: KneeFrame
    tibia: KneeFrame
    patella_on_femur: KneeFrame
    motion: list[KneeMotion]


def read_body_table(name: str) -> Table:
    """One YAML table of this package."""
    resource = files("nextposture.body") / "tables" / f"{name}.yaml"
    return read_text(resource.name, resource.read_text(encoding="utf-8"))


def read_rows(name: str) -> list[dict[str, str]]:
    """One CSV table of this package."""
    resource = files("nextposture.body") / "tables" / f"{name}.csv"
    return list(csv.DictReader(resource.read_text(encoding="utf-8").splitlines()))


@cache
def parameters() -> dict[str, Parameter]:
    return {row.name: row for row in read_body_table("parameters").parse(list[Parameter])}


@cache
def limits() -> dict[str, Limit]:
    return {row.name: row for row in read_body_table("limits").parse(list[Limit])}


@cache
def sources() -> dict[str, Source]:
    return {row.id: row for row in read_body_table("sources").parse(list[Source])}


@cache
def skeleton() -> Skeleton:
    return read_body_table("skeleton").parse(Skeleton)


@cache
def knee() -> Knee:
    return read_body_table("knee").parse(Knee)


@cache
def muscles() -> tuple[Muscle, ...]:
    """The fascicles of the right side, in the order of the table. The left side mirrors them."""
    sacrum = next(joint.in_parent for joint in skeleton().joints if joint.name == "sacrum")
    paths: dict[str, list[Point]] = {}
    for row in read_rows("muscle_paths"):
        at = (float(row["x_m"]), float(row["y_m"]), float(row["z_m"]))
        body = row["body"].lower()
        if body == "sacrum":
            body, at = "pelvis", (at[0] + sacrum[0], at[1] + sacrum[1], at[2] + sacrum[2])
        paths.setdefault(row["muscle"], []).append(Point(body, at))
    cylinders = {
        row["muscle"]: Cylinder(
            int(row["after_order"]),
            row["body"],
            float(row["radius_m"]),
            (float(row["x_m"]), float(row["y_m"]), float(row["z_m"])),
            (float(row["rotation_x_rad"]), float(row["rotation_y_rad"]), float(row["rotation_z_rad"])),
        )
        for row in read_rows("wraps")
    }
    return tuple(
        Muscle(
            name=row["muscle"],
            group=row["group"],
            max_force=float(row["max_force_N"]),
            fibre_length=float(row["fibre_length_m"]),
            slack=float(row["slack_length_m"]) if row["slack_length_m"] else None,
            pennation=float(row["pennation_rad"]),
            neutral_ratio=float(row["neutral_fibre_ratio"]) if row["neutral_fibre_ratio"] else None,
            path=tuple(paths[row["muscle"]]),
            cylinder=cylinders.get(row["muscle"]),
            source=row["source"],
            confidence=row["confidence"],
        )
        for row in read_rows("muscles")
    )
