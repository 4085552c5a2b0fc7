"""What a pose estimator saw in one picture: the 33 points of BlazePose, and when.

`x` runs to the right and `y` down, as fractions of the picture's width and height, of the picture as the
camera took it: not mirrored, rotation of the container already applied. Left and right are the person's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

POINTS: Final = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
"""Names of the points in the estimator's order."""

NUMBERS: Final = 3 * len(POINTS)
FARTHEST: Final = 10.0
"""Fractions of the picture beyond which a coordinate is nonsense; points a little outside are usual."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """One point: place as fractions of the picture, and how likely it is to be seen (0 to 1)."""

    x: float
    y: float
    visibility: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: seconds on a clock that only goes forwards, its size, and 33 landmarks or none.

    `landmarks` is empty where nobody was found.
    """

    at_s: float
    width_px: float
    height_px: float
    landmarks: tuple[Landmark, ...] = ()


def frame_from_numbers(at_s: float, width_px: float, height_px: float, numbers: Sequence[float]) -> Frame:
    """The frame of x, y, visibility of point after point (99 numbers), or of nobody (none).

    Raises ValueError for any other count, for a number that is not finite or far outside the picture, and
    for a picture without size.
    """
    values = (at_s, width_px, height_px, *numbers)
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        raise ValueError("a frame holds numbers only")
    if not all(map(math.isfinite, values)):
        raise ValueError("a frame holds finite numbers only")
    if width_px <= 0 or height_px <= 0:
        raise ValueError("a picture has a width and a height")
    if len(numbers) not in (0, NUMBERS):
        raise ValueError(f"a frame holds {NUMBERS} numbers, or none; not {len(numbers)}")
    if any(abs(number) > FARTHEST for number in numbers):
        raise ValueError("a landmark is far outside the picture")
    triples = zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True)
    return Frame(at_s, width_px, height_px, tuple(Landmark(x, y, seen) for x, y, seen in triples))
