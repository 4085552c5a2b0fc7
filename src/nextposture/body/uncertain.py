"""What the calibration treats as uncertain, and the prior of each: table `uncertain.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nextposture.body import anatomy
from nextposture.body.anatomy import parameters

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Uncertain:
    """A parameter with its prior: normal or lognormal (median and SD, of the logarithm in the second case),
    uniform or beta (1, `spread`), cut at `low` and `high`. `symbol` is a parameter of the model, or a share
    that only the comparison with people needs."""

    name: str
    kind: Literal["normal", "lognormal", "uniform", "beta"]
    middle: float
    spread: float
    low: float
    high: float
    in_model: bool
    why: str


@cache
def uncertain() -> tuple[Uncertain, ...]:
    """The rows of the table, model parameters first."""
    return tuple(anatomy.read_body_table("uncertain").parse(list[Uncertain]))


@cache
def model_names() -> tuple[str, ...]:
    """Names of the uncertain parameters of the model."""
    return tuple(row.name for row in uncertain() if row.in_model)


def log_prior(theta: Floats) -> Floats:
    """(n) log density, without its constant, of rows theta (n, d); minus infinity outside."""
    total = np.zeros(len(theta))
    for row, value in zip(uncertain(), theta.T, strict=True):
        inside = (value >= row.low) & (value <= row.high)
        safe = np.where(inside, value, row.middle)
        if row.kind == "normal":
            total -= 0.5 * ((safe - row.middle) / row.spread) ** 2
        elif row.kind == "lognormal":
            total -= 0.5 * (np.log(safe / row.middle) / row.spread) ** 2 + np.log(safe)
        elif row.kind == "beta":
            total += (row.spread - 1.0) * np.log1p(-np.minimum(safe, 1.0 - 1e-12))
        total[~inside] = -np.inf
    return total


def draw_prior(count: int, random: np.random.Generator) -> Floats:
    """(count, d) draws from the prior."""
    out = np.empty((count, len(uncertain())))
    for column, row in enumerate(uncertain()):
        have = np.empty(0)
        while len(have) < count:
            if row.kind == "normal":
                more = random.normal(row.middle, row.spread, count)
            elif row.kind == "lognormal":
                more = row.middle * np.exp(random.normal(0.0, row.spread, count))
            elif row.kind == "beta":
                more = random.beta(1.0, row.spread, count)
            else:
                more = random.uniform(row.low, row.high, count)
            have = np.concatenate([have, more[(more >= row.low) & (more <= row.high)]])
        out[:, column] = have[:count]
    return out


def changes(theta: Mapping[str, float]) -> dict[str, float]:
    """Parameters as the model's `changes` takes them: iliacus stands as far from its tabled length as
    psoas does."""
    out = dict(theta)
    table = parameters()
    moved = out["psoas_neutral_ratio"] - table["psoas_neutral_ratio"].value
    out["iliacus_neutral_ratio"] = table["iliacus_neutral_ratio"].value + moved
    return out


def changes_of(row: Floats) -> dict[str, float]:
    """The same from one row (d) of draws."""
    names = model_names()
    return changes(dict(zip(names, map(float, row[: len(names)]), strict=True)))
