"""Video files of the drawn person, made when a test asks for one: what the command line is tried on.

The same person as in `drawn_camera.py`, painted in Python instead of a browser's canvas.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from nextposture.motion.landmarks import POINTS, Frame
from tests.filmed_people import Picture, write_video
from tests.synthetic_person import Film

WALL, FLOOR, EDGE, TABLE, HAIR = "#cfc7b8", "#8f8069", "#e6e0d3", "#6c5136", "#4a3a2f"
NEAR = {"skin": "#b98263", "shirt": "#7f93a3", "cloth": "#3d4654", "shoe": "#2b2622"}
FAR = {"skin": "#94664c", "shirt": "#63747f", "cloth": "#2c333d", "shoe": "#1f1b18"}

# From, to, half the width at either end as shares of the trunk, and what it is made of.
LEG = (
    ("ankle", "foot_index", 0.075, 0.05, "shoe"),
    ("ankle", "heel", 0.075, 0.06, "shoe"),
    ("knee", "ankle", 0.1, 0.06, "cloth"),
    ("hip", "knee", 0.16, 0.105, "cloth"),
)
ARM = (
    ("elbow", "wrist", 0.065, 0.045, "skin"),
    ("wrist", "index", 0.05, 0.03, "skin"),
    ("shoulder", "elbow", 0.095, 0.07, "shirt"),
)

Place = tuple[float, float]


def film_file(path: Path, film: Film) -> Path:
    """The film as an MP4; each picture at its time."""
    frames = list(film.frames())
    floor = 0.86 if film.hips_m else max(mark.y for mark in frames[0].landmarks) + 0.01
    pictures = [_painted(frame, floor, on_table=film.hips_m is not None) for frame in frames]
    return write_video(path, pictures, [frame.at_s for frame in frames])


def _painted(frame: Frame, floor: float, on_table: bool) -> Picture:
    width, height = int(frame.width_px), int(frame.height_px)
    marks = dict(zip(POINTS, frame.landmarks, strict=True))
    at = {name: (mark.x * width, mark.y * height) for name, mark in marks.items()}
    picture = Image.new("RGB", (width, height), WALL)
    pen = ImageDraw.Draw(picture)
    shoulder, hip = (_between(at[f"left_{part}"], at[f"right_{part}"], 0.5) for part in ("shoulder", "hip"))
    unit = math.dist(shoulder, hip)

    def limb(start: Place, end: Place, wide: float, thin: float, colour: str) -> None:
        turn = math.atan2(end[1] - start[1], end[0] - start[0]) + math.pi / 2
        across = (math.cos(turn), math.sin(turn))
        sides = [
            (x + way * half * unit * across[0], y + way * half * unit * across[1])
            for (x, y), half, way in ((start, wide, 1), (start, wide, -1), (end, thin, -1), (end, thin, 1))
        ]
        pen.polygon(sides, colour)
        for place, half in ((start, wide), (end, thin)):
            pen.circle(place, half * unit, colour)

    def draw(parts: tuple[tuple[str, str, float, float, str], ...], side: str, of: Mapping[str, str]) -> None:
        for start, end, wide, thin, made_of in parts:
            limb(at[f"{side}_{start}"], at[f"{side}_{end}"], wide, thin, of[made_of])

    pen.rectangle((0, floor * height, width, height), FLOOR)
    pen.rectangle((0, floor * height - 3, width, floor * height), EDGE)
    if on_table:
        way = math.copysign(1, hip[0] - shoulder[0])
        ends = sorted((hip[0] + 0.1 * unit * way, shoulder[0] - 0.75 * unit * way))
        pen.rectangle((ends[0], max(hip[1], shoulder[1]) + 0.19 * unit, ends[1], height), TABLE)
    near, far = (
        ("right", "left")
        if marks["right_hip"].visibility >= marks["left_hip"].visibility
        else ("left", "right")
    )
    ear, face = at[f"{near}_ear"], at["nose"]
    draw(ARM, far, FAR)
    draw(LEG, far, FAR)
    limb(_between(shoulder, hip, 0.02), ear, 0.085, 0.1, NEAR["skin"])
    limb(_between(ear, face, 0.25), _between(ear, face, 0.45), 0.2, 0.17, NEAR["skin"])
    limb(_between(ear, face, -0.1), _between(ear, face, 0.05), 0.2, 0.19, HAIR)
    draw(LEG, near, NEAR)
    limb(_between(shoulder, hip, 0.12), _between(shoulder, hip, 0.96), 0.2, 0.185, NEAR["shirt"])
    draw(ARM, near, NEAR)
    return np.asarray(picture)


def _between(one: Place, other: Place, share: float) -> Place:
    return one[0] + share * (other[0] - one[0]), one[1] + share * (other[1] - one[1])
