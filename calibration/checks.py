"""What the posterior says of studies: those it was fitted to, and those it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.design import Runs
from calibration.literature import literature
from nextposture.body.estimate import matters
from nextposture.body.posterior import along, shortening_for
from nextposture.body.uncertain import uncertain

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Check:
    """A number that was measured beside what the posterior predicts for such a study: median, the middle 95
    percent, and where the measured one falls."""

    study: str
    what: str
    measured: float
    predicted: Floats
    unit: str

    @property
    def ends(self) -> tuple[float, float, float]:
        """2.5, 50 and 97.5 percent of the prediction."""
        low, middle, high = np.percentile(self.predicted, [2.5, 50.0, 97.5])
        return float(low), float(middle), float(high)

    @property
    def passed(self) -> bool:
        """Whether the measured number lies in the middle 95 percent."""
        return self.ends[0] <= self.measured <= self.ends[2]

    @property
    def percentile(self) -> float:
        """Share of the prediction below the measured number, percent."""
        return float(100.0 * np.mean(self.predicted < self.measured))


def share(draws: Floats, name: str) -> Floats:
    """(n) one parameter of draws (n, d)."""
    return draws[:, [row.name for row in uncertain()].index(name)]


def population_shortening(sitting: Floats, count: int, random: np.random.Generator) -> Floats:
    """(n, count) shortening of so many people under every draw: their own, and that of their hours of
    sitting."""
    own = matters().shortening["own"].value * np.abs(random.standard_normal((len(sitting), count)))
    exposed = np.clip((random.uniform(4.0, 10.0, own.shape) - 3.0) / 6.0, 0.0, 1.0)
    return np.minimum(own + sitting[:, None] * exposed, 0.2)


def fitted(draws: Floats, runs: Runs, random: np.random.Generator) -> list[Check]:
    """Preece 2021 as the posterior would see it again."""
    data = literature()["preece2021"]
    gain = data["extension_gained_deg"] + data["extension_se_deg"] * random.standard_normal(len(draws))
    gained, _ = shortening_for(runs.extension, share(draws, "share_stretch") * np.maximum(gain, 0.0))
    out = []
    for name, curve in (("tilt", runs.tilt), ("lordosis", runs.lordosis)):
        noise = data[f"{name}_se_deg"] * random.standard_normal(len(draws))
        change = -along(curve, gained) + noise
        out.append(Check("Preece 2021", f"change of {name}", data[f"{name}_change_deg"], change, "deg"))
    return out


def heino(sitting: Floats, runs: Runs, random: np.random.Generator) -> list[Check]:
    """The two correlations of Heino 1990, one replicate study of 25 people a draw."""
    data = literature()["heino1990"]
    shorter = population_shortening(sitting, data["n"], random)

    def at(curve: Floats) -> Floats:
        each = np.repeat(curve, data["n"], axis=0)
        return along(each, shorter.ravel()).reshape(shorter.shape)

    extension = at(runs.extension)
    rest = np.sqrt(np.maximum(data["sd_extension_deg"] ** 2 - extension.var(axis=1, keepdims=True), 0.0))
    extension = extension + rest * random.standard_normal(shorter.shape)
    out = []
    for name, curve in (("tilt", runs.tilt), ("lordosis", runs.lordosis)):
        angle = at(curve) + data[f"sd_{name}_deg"] * random.standard_normal(shorter.shape)
        a, b = (v - v.mean(axis=1, keepdims=True) for v in (extension, angle))
        r = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
        out.append(Check("Heino 1990", f"r of extension and {name}", data[f"r_extension_{name}"], r, ""))
    return out


def roach(sitting: Floats, runs: Runs, random: np.random.Generator) -> list[Check]:
    """Level and difference of Roach 2015: the controls' mean extension, and the difference if people with
    pain differ from those without as people who sit much differ from people who sit little."""
    data, contrast = literature()["roach2015"], literature()["boukabache2021"]
    n, count = len(sitting), data["n_each"]
    shorter = matters().shortening["own"].value * np.abs(random.standard_normal((n, count)))
    each = along(np.repeat(runs.extension, count, axis=0), shorter.ravel()).reshape(shorter.shape)
    sampling = data["sd_deg"] / np.sqrt(count)
    level = each.mean(axis=1) + np.hypot(data["protocol_sd_deg"], sampling) * random.standard_normal(n)
    spread = np.hypot(contrast["difference_se_deg"], np.sqrt(2.0) * sampling)
    difference = contrast["extension_difference_deg"] + spread * random.standard_normal(n)
    measured = data["mean_without_deg"] - data["mean_with_pain_deg"]
    return [
        Check("Roach 2015", "mean extension of the controls", data["mean_without_deg"], level, "deg"),
        Check("Roach 2015", "difference of the groups", measured, difference, "deg"),
    ]


def needed_for_roach(runs: Runs) -> Floats:
    """(n) shortening that the whole difference of Roach 2015 would ask for, if all of it were iliopsoas."""
    data = literature()["roach2015"]
    lost = np.full(len(runs.extension), data["mean_without_deg"] - data["mean_with_pain_deg"])
    return shortening_for(runs.extension, lost)[0]
