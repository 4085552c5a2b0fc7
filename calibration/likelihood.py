"""How well parameters agree with the fitted studies, from what the model gives for the reference man.

Everything here takes `Runs` of n parameter rows, whether the model itself made them or a surface that stands
in for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from calibration.design import Runs
from calibration.literature import literature, riener
from nextposture.body.posterior import SHORTER, along, shortening_for
from nextposture.body.response_surface import Surface, fit
from nextposture.body.uncertain import log_prior, model_names, uncertain

Floats = NDArray[np.float64]


@cache
def _riener() -> tuple[Floats, Floats]:
    """What was measured, (knees, angles), and the inverse covariance a curve."""
    data = literature()["riener1999"]
    angles = np.array(data["extension_deg"])
    curves = np.array([riener(angles, knee) for knee in data["knee_deg"]])
    inverse = []
    for curve in curves:
        sd = data["sd_fixed_Nm"] + data["sd_share"] * np.abs(curve)
        same = data["correlation"] + (1.0 - data["correlation"]) * np.eye(len(sd))
        inverse.append(np.linalg.inv(np.outer(sd, sd) * same))
    return curves, np.array(inverse)


def terms(theta: Floats, runs: Runs) -> dict[str, Floats]:
    """(n) log likelihood of each fitted study, by name."""
    names = [row.name for row in uncertain()]
    stretch, sitting = theta[:, names.index("share_stretch")], theta[:, names.index("share_sitting")]
    curves, inverse = _riener()
    off = runs.moments - curves
    passive = -0.5 * np.einsum("nki,kij,nkj->n", off, inverse, off)

    data = literature()["preece2021"]
    gained, _ = shortening_for(runs.extension, stretch * data["extension_gained_deg"])
    tilt, lordosis = along(runs.tilt, gained), along(runs.lordosis, gained)
    # what the gain's own error makes of the tilt: the model's slope times it
    share = data["extension_se_deg"] / data["extension_gained_deg"]
    preece = np.zeros(len(theta))
    for change, name in ((tilt, "tilt"), (lordosis, "lordosis")):
        spread = data[f"{name}_se_deg"] ** 2 + data[f"discrepancy_{name}_deg"] ** 2 + (share * change) ** 2
        preece -= 0.5 * (data[f"{name}_change_deg"] + change) ** 2 / spread + 0.5 * np.log(spread)

    data = literature()["boukabache2021"]
    shorter, beyond = shortening_for(runs.extension, sitting * data["extension_difference_deg"])
    boukabache = -0.5 * (shorter / data["shortening_prior_sd"]) ** 2
    boukabache -= 0.5 * (beyond / data["difference_se_deg"]) ** 2
    return {"riener1999": passive, "preece2021": preece, "boukabache2021": boukabache}


def log_likelihood(theta: Floats, runs: Runs) -> Floats:
    """(n) log likelihood of all fitted studies."""
    return np.asarray(sum(terms(theta, runs).values()))


@dataclass(frozen=True)
class Emulator:
    """Surfaces that stand in for `reference_runs`."""

    moments: Surface
    rest: Surface

    def __call__(self, theta: Floats) -> Runs:
        x = theta[:, : len(model_names())]
        curves = _riener()[0]
        moments = np.exp(self.moments(x)) - 4.0
        rest, k = self.rest(x), len(SHORTER)
        nothing = np.zeros((len(x), 1))
        extension = rest[:, :k]
        tilt = np.concatenate([nothing, rest[:, k : 2 * k - 1]], axis=1)
        lordosis = np.concatenate([nothing, rest[:, 2 * k - 1 : 3 * k - 2]], axis=1)
        return Runs(moments.reshape(-1, *curves.shape), extension, tilt, lordosis, np.zeros((len(x), k)))


def emulate(theta: Floats, runs: Runs, unseen: int) -> Emulator:
    """Fit the surfaces; the error is taken on the last `unseen` rows."""
    x = theta[:, : len(model_names())]
    moments = np.log(np.maximum(runs.moments.reshape(len(x), -1) + 4.0, 0.5))
    rest = np.concatenate([runs.extension, runs.tilt[:, 1:], runs.lordosis[:, 1:]], axis=1)
    return Emulator(fit(x, moments, unseen), fit(x, rest, unseen))


def log_posterior(theta: Floats, emulator: Emulator) -> Floats:
    """(n) log prior plus log likelihood, minus infinity outside the prior."""
    total = log_prior(theta)
    inside = np.isfinite(total)
    if inside.any():
        total[inside] += log_likelihood(theta[inside], emulator(theta[inside]))
    return total
