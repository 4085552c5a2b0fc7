"""A lumbar spine whose psoas reaches the femur: loads, standing posture, passive hip, adaptation.

Nothing heavy is imported until a name is used, so an application can list this package without paying for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nextposture.body.adaptation import Spell, adapt
    from nextposture.body.batch import batch_loads, batch_standing
    from nextposture.body.disc_loads import loads
    from nextposture.body.hip import hip_extension, shortening_bound
    from nextposture.body.person import OutOfRangeError, Person
    from nextposture.body.postures import posture, posture_names
    from nextposture.body.standing_posture import standing

_HOME = {
    "OutOfRangeError": "person",
    "Person": "person",
    "Spell": "adaptation",
    "adapt": "adaptation",
    "batch_loads": "batch",
    "batch_standing": "batch",
    "hip_extension": "hip",
    "loads": "disc_loads",
    "posture": "postures",
    "posture_names": "postures",
    "shortening_bound": "hip",
    "standing": "standing_posture",
}

__all__ = [
    "OutOfRangeError",
    "Person",
    "Spell",
    "adapt",
    "batch_loads",
    "batch_standing",
    "hip_extension",
    "loads",
    "posture",
    "posture_names",
    "shortening_bound",
    "standing",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
