"""What a practitioner sees of a person between readings: which way they stand, and three angles."""

from __future__ import annotations

from typing import Any, Final

from nextposture.knowledge.coaching import LimbName, Quantity, camera_table
from nextposture.motion.angles import READ
from nextposture.motion.landmarks import Frame
from nextposture.motion.sight import Sight
from nextposture.motion.smoothing import OneEuro

NEEDS: Final = ("near_shoulder", "near_hip", "near_knee", "near_ankle")
SHOWN: Final[tuple[Quantity, ...]] = ("trunk", "hip", "knee")
LIMB: Final[LimbName] = "near"


class Watch:
    """Angles of the side next to the camera, in degrees, picture by picture, in the form of a test's Show."""

    def __init__(self) -> None:
        self._sight = Sight(NEEDS, None)
        self._filters = {angle: OneEuro(camera_table().smoothing) for angle in SHOWN}

    def step(self, frame: Frame) -> dict[str, Any]:
        """What this picture gives; angles only where they can be read. Times must not go back."""
        seen = self._sight.look(frame)
        angles = {}
        if seen.ok:
            for angle in SHOWN:
                angles[angle] = round(self._filters[angle](seen.at_s, READ[angle](seen.points, LIMB)), 1)
        return {
            "phase": "watch",
            "sight": {"ok": seen.ok, "reason": seen.reason, "text": self._sight.text(seen.reason)},
            "near": seen.near,
            "side": seen.near if seen.ok else None,
            "angles": angles,
        }
