"""The posterior sample that `calibration/` found, and the surfaces that stand in for the model under it.

Everything comes from `tables/posterior.npz`, made by `make calibrate`; docs/calibration.md says how, from
what, and how well it does on studies it has not seen. NumPy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from nextposture.body import anatomy
from nextposture.body.muscle_curve import passive_curve
from nextposture.body.response_surface import Surface
from nextposture.body.uncertain import model_names

Floats = NDArray[np.float64]

FILE = "posterior.npz"
LEVELS = anatomy.LEVELS[:5]
MOST = 0.15
"""The most shortening the surfaces were fitted to, a fraction of optimal fibre length."""

FOUND = (
    "extension",
    *(f"compression_{level}" for level in LEVELS),
    "extension_change",
    *(f"compression_change_{level}" for level in LEVELS),
    *(f"shear_change_{level}" for level in LEVELS),
    "tilt_change",
    "lordosis_change",
)
"""Outputs of a run, in the order of `Answers`."""


@dataclass(frozen=True)
class Posterior:
    """n draws (n, d) in the order of `uncertain()`; the shortening (n) that each says people who sit much
    have against people who sit little; the reference man's hip extension (n, 5) at SHORTER; working lengths
    of iliopsoas by posture; and the surface."""

    draws: Floats
    sitting: Floats
    extension: Floats
    working_length: dict[str, float]
    surface: Surface
    seed: int


SHORTER = np.array([0.0, 0.05, 0.1, 0.15, 0.2])
"""Shortenings at which the calibration solves the reference man."""


FINE = np.linspace(0.0, SHORTER[-1], 161)
_QUARTIC = np.linalg.inv(np.vander(SHORTER, increasing=True))


def along(at_shorter: Floats, shortening: Floats) -> Floats:
    """(n) the quartic through values (n, 5) at SHORTER, at one shortening a row."""
    return np.asarray(((at_shorter @ _QUARTIC.T) * np.vander(shortening, 5, increasing=True)).sum(axis=1))


def shortening_for(extension: Floats, lost_deg: Floats) -> tuple[Floats, Floats]:
    """(n) shortening that costs a row's hip so much extension, at most the model's limit, and (n) the degrees
    that even the limit does not cost. `extension` (n, 5) at SHORTER."""
    lost = np.maximum.accumulate(
        (extension[:, :1] - extension) @ _QUARTIC.T @ np.vander(FINE, 5, increasing=True).T, axis=1
    )
    over = np.minimum((lost < lost_deg[:, None]).sum(axis=1), len(FINE) - 1)
    under = np.maximum(over - 1, 0)
    row = np.arange(len(lost))
    step = np.maximum(lost[row, over] - lost[row, under], 1e-12)
    part = np.clip((lost_deg - lost[row, under]) / step, 0.0, 1.0)
    return FINE[under] + part * (FINE[over] - FINE[under]), np.maximum(lost_deg - lost[:, -1], 0.0)


@dataclass(frozen=True)
class Answers:
    """What n rows of parameters and shortening give for a person; changes are against an unshortened self.
    N and degrees, tilt positive forwards; levels (n, 5) from L5/S1 up."""

    extension: Floats
    compression: Floats
    extension_change: Floats
    compression_change: Floats
    shear_change: Floats
    tilt_change: Floats
    lordosis_change: Floats


@cache
def posterior() -> Posterior:
    """The shipped sample."""
    with (files("nextposture.body") / "tables" / FILE).open("rb") as stream, np.load(stream) as held:
        names = ("draws", "sitting", "extension", "centre", "scale", "coefficients", "error")
        part = {name: held[name].astype(np.float64) for name in names}
        lengths = dict(zip(map(str, held["posture_names"]), map(float, held["lengths"]), strict=True))
        seed = int(held["seed"])
    surface = Surface(part["centre"], part["scale"], part["coefficients"], part["error"])
    return Posterior(part["draws"], part["sitting"], part["extension"], lengths, surface, seed)


@cache
def _iliopsoas_force() -> tuple[float, float]:
    """Tabled force (N) of psoas and of iliacus, one side."""
    rows = anatomy.muscles()
    psoas, iliacus = (sum(m.max_force for m in rows if m.group == group) for group in ("psoas", "iliacus"))
    return psoas, iliacus


def pull_added(theta: Floats, force: Floats, shortening: Floats) -> Floats:
    """(n) N that a shorter iliopsoas pulls more in the neutral pose, one side: what the changes grow with."""
    column = dict(zip(model_names(), theta.T, strict=False))
    ratio, shape, strain = (
        column[name] for name in ("psoas_neutral_ratio", "passive_shape", "passive_strain")
    )
    moved = anatomy.parameters()
    iliacus = ratio - moved["psoas_neutral_ratio"].value + moved["iliacus_neutral_ratio"].value
    psoas_force, iliacus_force = _iliopsoas_force()
    total = np.zeros(len(theta))
    for length, top in ((ratio, column["psoas_strength"] * psoas_force), (iliacus, iliacus_force)):
        total += top * (
            passive_curve(length / (1.0 - shortening), shape, strain) - passive_curve(length, shape, strain)
        )
    return np.asarray(force * total)


def surface_inputs(theta: Floats, scale: Floats, shortening: Floats) -> Floats:
    """(n, d + 4) what the surface takes: parameters of the model, logarithms of the person's scales (n, 3) of
    length, mass and force, and shortening."""
    return np.column_stack([theta[:, : len(model_names())], np.log(scale), shortening])


def weights(theta: Floats, force: Floats, shortening: Floats) -> Floats:
    """(n) what the surface's changes are divided by: they grow with the pull, their scatter with its root."""
    return np.sqrt(pull_added(theta, force, shortening) + 10.0)


def to_surface(found: Floats, weight: Floats) -> Floats:
    """Outputs (n, 19) as the surface is fitted to them."""
    out = found.copy()
    out[:, 1:6] = np.log(found[:, 1:6])
    out[:, 7:] /= weight[:, None]
    return out


def answers(theta: Floats, scale: Floats, shortening: Floats, noise: Floats | None = None) -> Answers:
    """What the surface gives for rows of parameters (n, d), scales (n, 3) and shortening (n). `noise` (n,
    19), standard normal, adds the surface's own error."""
    surface = posterior().surface
    parts = [
        surface(surface_inputs(theta[rows], scale[rows], shortening[rows])) for rows in _chunks(len(theta))
    ]
    return _answers(np.concatenate(parts), theta, scale, shortening, noise)


def answers_along(
    theta: Floats, scale: Floats, shortenings: Sequence[float], noise: Floats | None = None
) -> list[Answers]:
    """As `answers`, at each of these shortenings, the same for every row."""
    surface, values, none = posterior().surface, np.array(shortenings), np.zeros(len(theta))
    parts = []
    for rows in _chunks(len(theta)):
        x = surface_inputs(theta[rows], scale[rows], none[rows])
        parts.append(surface.along(x, x.shape[1] - 1, values))
    found = np.concatenate(parts, axis=1)
    return [
        _answers(out, theta, scale, none + shortening, noise)
        for out, shortening in zip(found, values, strict=True)
    ]


def _chunks(rows: int) -> list[slice]:
    """So many rows at once that their monomials stay near the processor."""
    return [slice(k, k + 500) for k in range(0, rows, 500)]


def _answers(out: Floats, theta: Floats, scale: Floats, shortening: Floats, noise: Floats | None) -> Answers:
    """What the surface's own outputs (n, 19) say."""
    if noise is not None:
        out = out + posterior().surface.error * noise
    out[:, 1:6] = np.exp(out[:, 1:6])
    out[:, 7:] *= weights(theta, scale[:, 2], shortening)[:, None]
    still = shortening == 0.0
    out[still, 6:] = 0.0
    return Answers(
        out[:, 0],
        out[:, 1:6],
        np.minimum(out[:, 6], 0.0),
        out[:, 7:12],
        out[:, 12:17],
        out[:, 17],
        out[:, 18],
    )
