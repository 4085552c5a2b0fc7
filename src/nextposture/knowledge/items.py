"""What a plan can hold: habits, information and exercises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from nextposture.knowledge.reading import row


@row
class Span:
    """A dose value: what a new plan starts with, and the range it may be moved in, ends included."""

    start: float
    allowed: tuple[float, float]


OWN: Literal["OWN"] = "OWN"
"""The family of the exercises of a clinic's own."""


@row
class Sides:
    """What the two sides of a one-sided exercise are called."""

    left: str
    right: str


@row
class Ways:
    """What the way into the position and the way back are called."""

    out: str
    back: str


@row
class Family:
    """Exercises that train the same thing; `claims` and `grade` hold for each of them."""

    name: str
    claims: tuple[str, ...]
    grade: str


@row
class Item:
    """One thing a plan can hold. `dose` names its spans by unit (hold_s, reps, sets, days_per_week...)."""

    id: str
    name: str
    summary: str
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    stop: tuple[str, ...]
    dose: Mapping[str, Span] = field(default_factory=dict)
    family: Literal["STRETCH", "BRIDGE", "CORE", "LEG", "RELEASE", "OWN"] | None = None
    level: int = 0
    claims: tuple[str, ...] = ()
    grade: str = ""
    grade_for: str = ""
    caveat: str = ""
    optional: bool = False
    opt_in: bool = False
    one_sided: bool = False
    unlock: str = ""
    ladder: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_exercise(self) -> bool:
        """Whether it is done in a session; everything else is a habit or information."""
        return self.family is not None
