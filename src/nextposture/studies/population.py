"""People drawn for a study: from numbers evenly over 0 to 1, so that Sobol's sequence can stand in for
chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from nextposture.body.adaptation_table import Constant, constants
from nextposture.body.coming_weeks import REFERENCE_HOURS, mean_length
from nextposture.body.posterior import SHORTER, along, posterior, shortening_for
from nextposture.body.uncertain import model_names, uncertain
from nextposture.studies.study_file import Distribution, Population, Scenario

Floats = NDArray[np.float64]

PERSON = ("female", "age", "height", "body_mass_index", "sitting_hours", "own_shortening")
ADAPTING = ("share_taken_up", "settled", "time_constant", "stretch_most", "stretch_dose", "stretch_weeks")
CHANCES = (*PERSON, *ADAPTING)
"""What is drawn for every person, beside the body."""
MOST = 0.2


def quantile(of: Distribution, share: Floats) -> Floats:
    """Values at shares of the probability of a distribution, cut at its ends."""
    if of.kind == "constant":
        return np.full(share.shape, of.mean)
    if of.kind == "uniform":
        return np.asarray(of.low + (of.high - of.low) * share)
    if of.kind == "lognormal":
        ends = [np.log(end / of.mean) / of.sd if end > 0.0 else -np.inf for end in (of.low, of.high)]
        return np.asarray(of.mean * np.exp(of.sd * _between(ends[0], ends[1], share)))
    low = 0.0 if of.kind == "half_normal" else of.low
    mean = 0.0 if of.kind == "half_normal" else of.mean
    return np.asarray(
        mean + of.sd * _between((max(low, of.low) - mean) / of.sd, (of.high - mean) / of.sd, share)
    )


def _between(low: float, high: float, share: Floats) -> Floats:
    """Quantiles of a standard normal cut at low and high."""
    below, above = float(ndtr(low)), float(ndtr(high))
    return np.asarray(ndtri(np.clip(below + (above - below) * share, 1e-12, 1.0 - 1e-12)))


@dataclass(frozen=True)
class People:
    """n people: columns as they are named, and the row of the posterior each one's body is (or -1,
    central)."""

    female: NDArray[np.bool_]
    age: Floats
    height: Floats
    mass: Floats
    sitting_hours: Floats
    own_shortening: Floats
    chance: Floats  # (n, len(ADAPTING)) shares for what adaptation leaves open
    row: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.age)


def draw(population: Population, chance: Floats, row: NDArray[np.int64]) -> People:
    """People from chances (n, len(CHANCES)) evenly over 0 to 1."""
    female = chance[:, 0] < population.female
    tall = np.where(
        female,
        quantile(population.height_female_m, chance[:, 2]),
        quantile(population.height_male_m, chance[:, 2]),
    )
    index = quantile(population.body_mass_index, chance[:, 3])
    return People(
        female=female,
        age=quantile(population.age, chance[:, 1]),
        height=tall,
        mass=np.clip(index * tall**2, 40.0, 130.0),
        sitting_hours=quantile(population.sitting_hours, chance[:, 4]),
        own_shortening=quantile(population.own_shortening, chance[:, 5]),
        chance=chance[:, len(PERSON) :],
        row=row,
    )


def _scaled(row: Constant, share: Floats) -> Floats:
    return np.asarray(row.low + (row.high - row.low) * share)


def shortening(scenario: Scenario, people: People) -> Floats:
    """(n) shortening of everybody in a scenario, a fraction of optimal fibre length, 0 to 0.2."""
    if scenario.shortening is not None:
        return np.full(len(people), scenario.shortening)
    held = posterior()
    out = people.own_shortening
    row = np.maximum(people.row, 0)
    if scenario.sitting == "association":
        exposed = np.clip((people.sitting_hours - 3.0) / 6.0, 0.0, 1.0)
        out = out + held.sitting[row] * exposed
    out = np.clip(out - _gained(scenario, people), 0.0, MOST)
    if scenario.stretch_seconds_per_week > 0.0:
        out = _stretched(scenario, people, out, held.draws[row], held.extension[row])
    return np.asarray(np.clip(out, 0.0, MOST))


def _gained(scenario: Scenario, people: People) -> Floats:
    """(n) optimal length gained over the scenario's weeks by the hypothesis of `adaptation`; lost below 0."""
    if scenario.sitting != "hypothesis" and scenario.break_min == 0.0:
        return np.zeros(len(people))
    table = constants()
    follow_row = table["share_taken_up"]
    follow = follow_row.high * (
        1.0 - (1.0 - people.chance[:, 0]) ** (follow_row.value / (follow_row.high - follow_row.value))
    )
    hours = people.sitting_hours
    reference = mean_length(np.array(REFERENCE_HOURS), np.array(0.0))
    usual = mean_length(hours, np.zeros_like(hours)) / reference - 1.0
    broken = mean_length(hours, hours * scenario.break_min / scenario.break_every_min) / reference - 1.0
    target = follow * (broken - usual)
    if scenario.sitting == "hypothesis":
        target = target + follow * (1.0 - people.chance[:, 1]) * usual
    tau = np.where(
        target < 0.0,
        _scaled(table["loss_days"], people.chance[:, 2]),
        _scaled(table["gain_days"], people.chance[:, 2]),
    )
    return np.asarray(target * (1.0 - np.exp(-7.0 * scenario.weeks / tau)))


def _stretched(scenario: Scenario, people: People, now: Floats, draws: Floats, extension: Floats) -> Floats:
    """(n) shortening after stretching: the share of the extension gained that is length."""
    table = constants()
    dose = table["stretch_dose"]
    reached = 1.0 - np.exp(
        -scenario.stretch_seconds_per_week / (dose.low * (dose.high / dose.low) ** people.chance[:, 4])
    )
    grown = 1.0 - np.exp(-scenario.weeks / _scaled(table["stretch_weeks"], people.chance[:, 5]))
    gain = _scaled(table["stretch_most_degrees"], people.chance[:, 3]) * reached * grown
    share = draws[:, [row.name for row in uncertain()].index("share_stretch")]
    lost = extension[:, 0] - along(extension, np.minimum(now, SHORTER[-1]))
    return np.asarray(np.minimum(now, shortening_for(extension, np.maximum(lost - share * gain, 0.0))[0]))


def body_changes(row: int) -> dict[str, float] | None:
    """Parameters of the body that a row of the posterior is; None for the one of the tables."""
    from nextposture.body.uncertain import changes_of

    return None if row < 0 else changes_of(posterior().draws[row])


def body_quantiles(share: Floats) -> Floats:
    """(n, d) parameters of the model at shares (n, d) of each one's posterior, taken one by one."""
    draws = np.sort(posterior().draws[:, : len(model_names())], axis=0)
    places = (np.arange(len(draws)) + 0.5) / len(draws)
    return np.column_stack([np.interp(share[:, k], places, draws[:, k]) for k in range(draws.shape[1])])
