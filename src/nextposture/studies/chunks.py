"""One chunk of a study: a fixed set of people, every scenario, every outcome.

A chunk depends on the study and its own number alone, so it does not matter who works it out, where, when or
how often: the numbers are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nextposture.body.batch import batch_loads, batch_standing
from nextposture.body.person import many_scales
from nextposture.body.posterior import LEVELS, posterior
from nextposture.body.postures import coordinates, posture
from nextposture.body.standing_posture import alignment
from nextposture.body.uncertain import changes, model_names
from nextposture.studies.population import (
    CHANCES,
    People,
    body_changes,
    body_quantiles,
    draw,
    shortening,
)
from nextposture.studies.study_file import Scenario, Study

Floats = NDArray[np.float64]
Kind = Literal["people", "sobol"]
SOBOL_CHUNK = 250


@dataclass(frozen=True)
class Chunk:
    """Which part of a study: `people` of its population, or `sobol` rows of its sensitivity analysis."""

    kind: Kind
    number: int

    @property
    def name(self) -> str:
        """Names the chunk's file."""
        return f"{self.kind}-{self.number:07d}"


def chunks(study: Study) -> list[Chunk]:
    """Every chunk of a study, in order."""
    out = [Chunk("people", number) for number in range(-(-study.people // study.chunk))]
    if study.sensitivity is not None:
        rows = study.sensitivity.samples * (len(sobol_names(study)) + 2)
        out += [Chunk("sobol", number) for number in range(-(-rows // SOBOL_CHUNK))]
    return out


def work_out(study: Study, chunk: Chunk) -> dict[str, NDArray[np.generic]]:
    """The columns of a chunk, a row a person."""
    return _people(study, chunk.number) if chunk.kind == "people" else _sobol(study, chunk.number)


def _people(study: Study, number: int) -> dict[str, NDArray[np.generic]]:
    first = number * study.chunk
    count = min(study.chunk, study.people - first)
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([study.seed, number])))
    chance = random.random((count, len(CHANCES)))
    row = np.full(count, -1)
    if study.population.body == "posterior":
        draws = len(posterior().draws)
        mixed = np.random.default_rng(study.seed).permutation(draws)
        bodies = mixed[(number * study.bodies + np.arange(study.bodies)) % draws]
        row = bodies[np.arange(count) % study.bodies]
    people = draw(study.population, chance, row)
    out: dict[str, NDArray[np.generic]] = {
        "person": np.arange(first, first + count),
        "height_m": people.height,
        "mass_kg": people.mass,
        "female": people.female,
        "age": people.age,
        "sitting_hours": people.sitting_hours,
        "body": people.row,
    }
    for scenario in study.scenarios:
        shorter = shortening(scenario, people)
        out[f"{scenario.name}: shortening"] = shorter
        found = {name: np.empty(count) for name in study.outcomes}
        for body in np.unique(row):
            mine = np.flatnonzero(row == body)
            part = solve(study, scenario, _take(people, mine), shorter[mine], body_changes(int(body)))
            for name in study.outcomes:
                found[name][mine] = part[name]
        out |= {f"{scenario.name}: {name}": values for name, values in found.items()}
    return out


def _take(people: People, mine: NDArray[np.intp]) -> People:
    return People(**{name: values[mine] for name, values in vars(people).items()})


def solve(
    study: Study, scenario: Scenario, people: People, shorter: Floats, parameters: dict[str, float] | None
) -> dict[str, Floats]:
    """Outcomes (n) of people who share one body's parameters, in one scenario."""
    rows = many_scales(people.height, people.mass, people.female, people.age, shorter, parameters)
    shape = posture(scenario.posture)
    if scenario.posture == "standing" and not scenario.stated:
        stood = batch_standing(rows, threads=1, changes=parameters)
        compression, shear, reserve, x = stood.compression, stood.shear, stood.reserve, stood.coordinates
    else:
        loaded = batch_loads(rows, [shape], threads=1, changes=parameters)
        compression, shear, reserve = loaded.compression[:, 0], loaded.shear[:, 0], loaded.reserve[:, 0]
        x = np.tile(coordinates(shape), (len(rows), 1))
    # alignment is affine in the coordinates: the neutral pose plus pelvis and the five joints L5/S1 to L1/2
    neutral = alignment(np.zeros(8), parameters)
    out = {
        "tilt_deg": neutral.tilt_forwards - np.degrees(x[:, 0]),
        "lordosis_deg": neutral.lordosis + np.degrees(x[:, 1:6].sum(axis=1)),
        "reserve_Nm": reserve,
    }
    for k, level in enumerate(LEVELS):
        out[f"compression_{level.replace('/', '_')}_N"] = compression[:, k]
        out[f"shear_{level.replace('/', '_')}_N"] = shear[:, k]
    return {name: out[name] for name in study.outcomes}


def sobol_names(study: Study) -> list[str]:
    """Inputs of the sensitivity analysis: the person, what adaptation leaves open, and with bodies of the
    posterior how they answer sitting and stretching, and the parameters of the model."""
    return [*CHANCES, *(("sitting_effect", *model_names()) if study.population.body == "posterior" else ())]


def sobol_shares(study: Study) -> Floats:
    """(rows, inputs) the sample of Saltelli's scheme, evenly over 0 to 1; the same every time."""
    from SALib.sample import sobol

    assert study.sensitivity is not None
    names = sobol_names(study)
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    rows = sobol.sample(problem, study.sensitivity.samples, calc_second_order=False, seed=study.seed)
    return np.asarray(rows, dtype=np.float64)


def _sobol(study: Study, number: int) -> dict[str, NDArray[np.generic]]:
    assert study.sensitivity is not None
    shares = sobol_shares(study)[number * SOBOL_CHUNK : (number + 1) * SOBOL_CHUNK]
    by_name = {scenario.name: scenario for scenario in study.scenarios}
    given = study.population.body == "posterior"
    rows = np.full(len(shares), -1)
    bodies = np.empty((len(shares), 0))
    if given:
        ranked = np.argsort(posterior().sitting)
        rows = ranked[(shares[:, len(CHANCES)] * len(ranked)).astype(int).clip(0, len(ranked) - 1)]
        bodies = body_quantiles(shares[:, len(CHANCES) + 1 :])
    people = draw(study.population, shares[:, : len(CHANCES)], rows)
    found = {}
    for name in (study.sensitivity.scenario, study.sensitivity.against):
        shorter = shortening(by_name[name], people)
        values = np.empty(len(shares))
        for k in range(len(shares)):
            parameters = (
                changes(dict(zip(model_names(), map(float, bodies[k]), strict=True))) if given else None
            )
            mine = np.array([k])
            part = solve(study, by_name[name], _take(people, mine), shorter[mine], parameters)
            values[k] = part[study.sensitivity.outcome][0]
        found[name] = values
    difference = found[study.sensitivity.scenario] - found[study.sensitivity.against]
    start = number * SOBOL_CHUNK
    return {"row": np.arange(start, start + len(shares)), "difference": difference}
