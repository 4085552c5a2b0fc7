"""A person, and how the reference body is scaled to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from nextposture.body.anatomy import limits
from nextposture.body.assembly import Floats, values

Sex = Literal["female", "male"]


class OutOfRangeError(ValueError):
    """Asked for something the tables say nothing about. The message names the limit and why it stands
    there."""


def _check(name: str, value: float) -> None:
    limit = limits()[name]
    if not limit.low <= value <= limit.high:
        raise OutOfRangeError(
            f"{name} {value:g} is outside {limit.low:g} to {limit.high:g} {limit.unit}: {limit.why}"
        )


@dataclass(frozen=True)
class Person:
    """Height in m, mass in kg, age in years. Raises OutOfRangeError for a body the tables do not cover."""

    height: float = 1.75
    mass: float = 75.0
    sex: Sex = "male"
    age: float = 35.0

    def __post_init__(self) -> None:
        if self.sex not in ("female", "male"):
            raise OutOfRangeError(
                f"sex {self.sex!r} is not female or male: the strength table has these two only"
            )
        _check("height", self.height)
        _check("mass", self.mass)
        _check("age", self.age)
        _check("body mass index", self.mass / self.height**2)


def check_shortening(shortening: float) -> None:
    """Raise OutOfRangeError unless the share of optimal fibre length lost is one the model covers."""
    _check("shortening", shortening)


def scales(person: Person, shortening: float = 0.0, changes: Mapping[str, float] | None = None) -> Floats:
    """(4) scales that turn the reference body into `person`: length, mass, muscle force, iliopsoas
    shortening.

    Lengths go with height. Masses go with mass. Muscle force goes with mass to the power 2/3 (geometric
    similarity), with sex and with age after 45. `changes` replaces parameters by name.
    """
    check_shortening(shortening)
    table = values(changes)
    mass = person.mass / table["reference_mass"]
    force = mass ** (2.0 / 3.0)
    if person.sex == "female":
        force *= table["female_strength"]
    force *= 1.0 - table["strength_loss_per_year"] * max(0.0, person.age - 45.0)
    return np.array([person.height / table["reference_height"], mass, force, shortening])
