"""Where level is in the picture: by a line drawn on to the edge of table or floor, or by gravity.

A camera that leans by five degrees shows every angle against level five degrees wrong, so a measurement
needs this more than anything else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from nextposture.knowledge.coaching import camera_table

SHORTEST_LINE: Final = 0.15
"""Share of the picture's width that a drawn line must have, so that a slip of a finger is no five degrees."""


class LevelError(ValueError):
    """The camera leans too far or the line says nothing; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Level:
    """How far the picture is turned, degrees clockwise as it is looked at, and whether that is known."""

    roll_deg: float
    known: bool


NOT_LEVELLED: Final = Level(0.0, known=False)


def level_from_line(
    start: tuple[float, float], end: tuple[float, float], width_px: float, height_px: float
) -> Level:
    """From a line along something level; ends as fractions of the picture, in either order.

    Raises LevelError for a short line and for a roll beyond the table's `roll_most`.
    """
    dx, dy = (end[0] - start[0]) * width_px, (end[1] - start[1]) * height_px
    if not all(map(math.isfinite, (dx, dy))) or math.hypot(dx, dy) < SHORTEST_LINE * width_px:
        raise LevelError("Draw the line along most of the table's or floor's edge.")
    if dx < 0:
        dx, dy = -dx, -dy
    return _level(math.degrees(math.atan2(dy, dx)))


def level_from_gravity(roll_deg: float) -> Level:
    """From the camera's own sense of gravity: degrees that the picture appears turned clockwise.

    Raises LevelError for a roll beyond the table's `roll_most`.
    """
    if not math.isfinite(roll_deg):
        raise LevelError("The phone did not say how it is held. Draw the line instead.")
    return _level(roll_deg)


def _level(roll_deg: float) -> Level:
    most = camera_table().sight.roll_most
    if abs(roll_deg) > most:
        raise LevelError(
            f"The camera leans by {abs(roll_deg):.0f} degrees. Put it straight, {most:.0f} at most."
        )
    return Level(roll_deg, known=True)
