"""A study as its YAML file states it, checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import field, fields
from pathlib import Path
from typing import Any, Literal

from nextposture import __version__
from nextposture.body.posterior import LEVELS
from nextposture.knowledge.reading import KnowledgeError, Table, read_foreign, row

OUTCOMES = (
    "tilt_deg",
    "lordosis_deg",
    *(f"compression_{level.replace('/', '_')}_N" for level in LEVELS),
    *(f"shear_{level.replace('/', '_')}_N" for level in LEVELS),
    "reserve_Nm",
)
"""What can be asked for. Angles of the posture itself; loads on the disc of that level."""

WORDS = ("title", "question", "answer", "notes")
"""Keys of a study that decide no number of it."""

MOST_PEOPLE = 1_000_000_000


@row
class Distribution:
    """A number drawn for every person: `kind` normal (mean, sd), uniform, lognormal (median, and sd of the
    logarithm), half_normal (sd, from 0 up) or constant (mean); cut at low and high."""

    kind: Literal["normal", "uniform", "lognormal", "half_normal", "constant"]
    mean: float = 0.0
    sd: float = 0.0
    low: float = float("-inf")
    high: float = float("inf")


@row
class Population:
    """Who is drawn. `body` posterior gives people the bodies that the calibration allows, central gives all
    the one of the tables. `own_shortening` is what they differ by for reasons other than sitting."""

    female: float
    age: Distribution
    height_female_m: Distribution
    height_male_m: Distribution
    body_mass_index: Distribution
    sitting_hours: Distribution
    own_shortening: Distribution
    body: Literal["posterior", "central"] = "posterior"
    sources: str = ""


@row
class Scenario:
    """What happens to everybody. `shortening` sets it outright; otherwise it is their own, plus what
    `sitting` does (`association`: as people who sit much differ from people who sit little, if that is
    muscle; `hypothesis`: what `adaptation` says of `weeks` of their hours), less what breaks and stretching
    give back over `weeks`.

    `posture` is predicted if it is standing and not `stated`; every other is stated.
    """

    name: str
    shortening: float | None = None
    sitting: Literal["none", "association", "hypothesis"] = "none"
    weeks: float = 12.0
    break_min: float = 0.0
    break_every_min: float = 30.0
    stretch_seconds_per_week: float = 0.0
    posture: str = "standing"
    stated: bool = False


@row
class Sensitivity:
    """Sobol indices of how much `outcome` differs between two scenarios: `samples` is the base sample, a
    power of two."""

    outcome: str
    scenario: str
    against: str
    samples: int = 256


@row
class Study:
    """The whole file."""

    title: str
    question: str
    seed: int
    people: int
    population: Population
    scenarios: list[Scenario]
    outcomes: list[str]
    sensitivity: Sensitivity | None = None
    chunk: int = 1000
    bodies: int = 20
    answer: str = ""
    notes: list[str] = field(default_factory=list)

    def fingerprint(self) -> str:
        """Names what decides the numbers of this study: the file's values, the tables of the body model, the
        posterior sample among them, and the version of Next Posture."""
        from importlib.resources import files

        numbers = {name: value for name, value in plain(self).items() if name not in WORDS}
        said = json.dumps(numbers, sort_keys=True)
        tables = sorted((files("nextposture.body") / "tables").iterdir(), key=lambda entry: entry.name)
        digest = hashlib.sha256(f"{__version__} {said}".encode())
        for entry in tables:
            if entry.is_file():
                digest.update(entry.read_bytes())
        return digest.hexdigest()[:16]


def plain(value: Any) -> Any:
    """Dataclasses as dicts, all the way down."""
    if hasattr(value, "__dataclass_fields__"):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    return [plain(part) for part in value] if isinstance(value, list | tuple) else value


def read_study(path: Path) -> Study:
    """The study in a file. Raises KnowledgeError, which names file and line, for anything wrong in it, and
    OSError."""
    try:
        table = read_foreign(str(path), path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise KnowledgeError(f"{path}:1: is not text in UTF-8") from None
    study = table.parse(Study)
    _check(table, study)
    return study


def _check(table: Table, study: Study) -> None:
    if not 1 <= study.people <= MOST_PEOPLE:
        raise table.error(["people"], f"{study.people} is outside 1 to {MOST_PEOPLE}")
    for name in ("chunk", "bodies"):
        if getattr(study, name) < 1:
            raise table.error([name], "must be 1 or more")
    if study.seed < 0:
        raise table.error(["seed"], "must be 0 or more")
    if not 0.0 <= study.population.female <= 1.0:
        raise table.error(["population", "female"], "is a share, 0 to 1")
    _check_population(table, study.population)
    if not study.scenarios:
        raise table.error(["scenarios"], "name at least one scenario")
    names = [scenario.name for scenario in study.scenarios]
    for number, scenario in enumerate(study.scenarios):
        at: list[str | int] = ["scenarios", number]
        if names.index(scenario.name) != number:
            raise table.error([*at, "name"], f"the scenario {scenario.name!r} appears twice")
        _check_scenario(table, at, scenario)
    if not study.outcomes:
        raise table.error(["outcomes"], "name at least one outcome")
    for number, outcome in enumerate(study.outcomes):
        table.require(
            ["outcomes", number], [outcome], OUTCOMES, "outcome; there are " + ", ".join(OUTCOMES) + ", not"
        )
    asked = study.sensitivity
    if asked is not None:
        table.require(["sensitivity", "outcome"], [asked.outcome], study.outcomes, "outcome of this study")
        for end in ("scenario", "against"):
            table.require(["sensitivity", end], [getattr(asked, end)], names, "scenario of this study")
        if asked.samples < 2 or asked.samples & (asked.samples - 1):
            raise table.error(["sensitivity", "samples"], "must be a power of two, for Sobol's sequence")


LIMIT = {
    "age": "age",
    "height_female_m": "height",
    "height_male_m": "height",
    "body_mass_index": "body mass index",
    "sitting_hours": None,
    "own_shortening": "shortening",
}


def _check_population(table: Table, population: Population) -> None:
    from nextposture.body.anatomy import limits

    for name, limit in LIMIT.items():
        at, distribution = ["population", name], getattr(population, name)
        low, high = (0.0, 16.0) if limit is None else (limits()[limit].low, limits()[limit].high)
        if distribution.kind != "constant" and not distribution.low < distribution.high:
            raise table.error(at, "low must be less than high")
        if distribution.kind in ("normal", "lognormal", "half_normal") and not distribution.sd > 0.0:
            raise table.error(at, "sd must be more than 0")
        ends = (
            (distribution.mean, distribution.mean)
            if distribution.kind == "constant"
            else (
                max(distribution.low, 0.0) if distribution.kind == "half_normal" else distribution.low,
                distribution.high,
            )
        )
        if ends[0] < low or ends[1] > high:
            raise table.error(
                at, f"reaches outside {low:g} to {high:g}, where the model ends: give low and high"
            )


def _check_scenario(table: Table, at: list[str | int], scenario: Scenario) -> None:
    from nextposture.body.person import OutOfRangeError, check_shortening
    from nextposture.body.postures import posture

    try:
        if scenario.shortening is not None:
            check_shortening(scenario.shortening)
        shape = posture(scenario.posture)
    except OutOfRangeError as refusal:
        raise table.error(at, str(refusal)) from None
    if not shape.symmetric:
        raise table.error(
            [*at, "posture"], f"{shape.name} differs from side to side; studies are of symmetric postures"
        )
    if scenario.shortening is not None and (
        scenario.sitting != "none" or scenario.break_min or scenario.stretch_seconds_per_week
    ):
        raise table.error(at, "a shortening set outright leaves no room for sitting, breaks or stretching")
    if min(scenario.weeks, scenario.break_min, scenario.stretch_seconds_per_week) < 0.0:
        raise table.error(at, "weeks, break_min and stretch_seconds_per_week are 0 or more")
    if scenario.break_every_min <= scenario.break_min:
        raise table.error(at, "break_every_min must be more than break_min")
