"""What any way of finding a person in pictures offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Shape (height, width, 4), red, green, blue and one byte that is ignored; the top row first."""


@dataclass(frozen=True)
class Body:
    """One person in one picture.

    `points` are 33 places (x, y) in pixels, y downwards, in the order of `motion.landmarks.POINTS`;
    `visibility` is 0 to 1 for each.
    """

    points: NDArray[np.float64]
    visibility: NDArray[np.float64]

    def numbers(self, width: int, height: int) -> list[float]:
        """x, y (fractions of the picture) and visibility of point after point."""
        shares = self.points / [width, height]
        return [float(one) for one in np.column_stack([shares, self.visibility]).ravel()]


class PoseEstimator(Protocol):
    """Finds the landmarks of one person in pictures that follow each other."""

    model: str
    runtime: str

    def look(self, picture: Picture) -> Body | None:
        """The person in the next picture, or None if there is none."""

    def people(self, picture: Picture) -> int:
        """How many persons are in the picture; slower than `look`, for a few pictures of many."""
