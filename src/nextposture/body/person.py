"""A person, and how the reference body is scaled to one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

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
    female = np.array([person.sex == "female"])
    height, mass, age = (np.array([value]) for value in (person.height, person.mass, person.age))
    return np.asarray(many_scales(height, mass, female, age, np.array([shortening]), changes)[0])


def many_scales(
    height: Floats,
    mass: Floats,
    female: NDArray[np.bool_],
    age: Floats,
    shortening: Floats,
    changes: Mapping[str, float] | None = None,
) -> Floats:
    """(n, 4) the same for n people of so many metres, kilograms and years. Limits are the caller's to
    keep."""
    table = values(changes)
    relative = mass / table["reference_mass"]
    force = relative ** (2.0 / 3.0) * np.where(female, table["female_strength"], 1.0)
    force = force * (1.0 - table["strength_loss_per_year"] * np.maximum(0.0, age - 45.0))
    return np.column_stack([height / table["reference_height"], relative, force, shortening])
