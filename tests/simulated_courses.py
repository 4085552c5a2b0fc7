"""People on a plan, simulated day by day over the pure rules: what they feel, do, tell and decide."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from nextposture.knowledge import Knowledge
from nextposture.planning.adherence import adherence
from nextposture.planning.course import Course, Decided, Exercise, Past, Proposal
from nextposture.planning.dosing import start_doses
from nextposture.planning.progression import Standing, goal_reached, propose, standing
from nextposture.planning.progression_table import ProgressionTable
from nextposture.planning.session import Light

Kind = Literal["responder", "non_responder", "flares", "drop_out", "liar"]
KINDS: tuple[Kind, ...] = ("responder", "non_responder", "flares", "drop_out", "liar")
START = datetime(2026, 1, 5, 18, tzinfo=UTC)
ITEMS = ("EX_KNEEL", "EX_BRIDGE", "EX_BIRD_DOG", "EX_PLANK")


@dataclass(repr=False)
class Life:
    """One person's course so far. `log` has every change with the exercises before it."""

    kind: Kind
    accepts: float
    chance: random.Random
    course: Course
    pain: float
    versions: list[tuple[date, dict[str, int]]]
    ratings: list[tuple[date, float]] = field(default_factory=list)
    done: set[tuple[date, str]] = field(default_factory=set)
    log: list[tuple[tuple[Exercise, ...], Proposal, bool]] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)


def begin(knowledge: Knowledge, kind: Kind, seed: int, accepts: float = 0.8) -> Life:
    """A person at the start of their plan."""
    items = [knowledge.items[name] for name in ITEMS]
    doses = start_doses(knowledge, {"age_years": 40, "osteoporosis": False}, items)
    exercises = tuple(Exercise(item, doses[item.id]) for item in items)
    chance = random.Random(seed)
    course = Course(now=START, began=START.date(), exercises=exercises)
    return Life(kind, accepts, chance, course, chance.uniform(4, 8), [(START.date(), _days(exercises))])


def live(table: ProgressionTable, knowledge: Knowledge, life: Life, days: int) -> Life:
    """Live for so many days; after each, every change that the rules ask for is decided."""
    for ahead in range(days):
        now = START + timedelta(days=ahead)
        life.pain = _felt(life, ahead)
        if ahead % 7 == 0:
            told = life.chance.uniform(0, 10) if life.kind == "liar" else life.pain
            life.ratings.append((now.date(), float(round(told))))
        sessions = life.course.sessions
        if _trains(life, ahead):
            sessions = (*sessions, _session(life, now))
            life.done |= {(now.date(), one.item.id) for one in life.course.exercises}
        life.course = _seen(
            table, life, replace(life.course, now=now + timedelta(hours=20), sessions=sessions)
        )
        life.standings.append(standing(table, knowledge, life.course))
        for _ in range(5):
            proposal = propose(table, knowledge, life.course)
            if proposal is None:
                break
            _decide(life, proposal)
    return life


def _felt(life: Life, ahead: int) -> float:
    drift = {"responder": -0.08, "non_responder": 0.0, "flares": -0.03, "drop_out": -0.01, "liar": 0.0}
    flare = life.kind == "flares" and ahead % 40 in (20, 21, 22)
    pain = life.pain + drift[life.kind] + life.chance.gauss(0, 0.15)
    return min(
        10.0, max(0.0, pain + (3 if flare else 0) - (3 if ahead % 40 == 23 and life.kind == "flares" else 0))
    )


def _trains(life: Life, ahead: int) -> bool:
    if life.kind == "drop_out" and ahead > 20:
        return ahead % 45 == 0
    return life.chance.random() < 0.75


def _session(life: Life, now: datetime) -> Past:
    lights: dict[Kind, tuple[float, float]] = {  # chance of amber, of red
        "responder": (0.05, 0.01),
        "non_responder": (0.1, 0.02),
        "flares": (0.15, 0.06),
        "drop_out": (0.1, 0.02),
        "liar": (0.33, 0.33),
    }
    amber, red = lights[life.kind]
    draw = life.chance.random()
    light: Light | None = "red" if draw < red else "amber" if draw < red + amber else "green"
    if life.chance.random() < 0.05:
        light = None
    efforts = range(11) if life.kind == "liar" else (3, 4, 5, 5, 6, 9)
    items = frozenset(one.item.id for one in life.course.exercises)
    return Past(f"{now}", now, items, light, life.chance.choice((*efforts, None)))


def _seen(table: ProgressionTable, life: Life, course: Course) -> Course:
    today = course.now.date()

    def share(days: int) -> float | None:
        first = max(course.began, today - timedelta(days=days - 1))
        return adherence(life.versions, life.done, first, today, least_days=table.adherence.least_days)

    first, last = life.ratings[0][1], life.ratings[-1][1]
    enough = len(life.ratings) >= 4
    return replace(
        course,
        adherence=share(table.adherence.days),
        adherence_no_gain=share(7 * table.no_gain.weeks),
        gained=(first - last >= max(2, 0.3 * first)) if enough else None,
        goal_reached=goal_reached(table.goal, life.ratings, (), today),
        sick_days=0,
    )


def _decide(life: Life, proposal: Proposal) -> None:
    course = life.course
    accepted = proposal.at_once or life.chance.random() < life.accepts
    life.log.append((course.exercises, proposal, accepted))
    decided = Decided(
        proposal.rule, proposal.because, course.now, proposal.changes, course.exercises, declined=not accepted
    )
    course = replace(course, decided=(*course.decided, decided))
    if accepted:
        course = replace(
            course,
            exercises=proposal.exercises,
            maintenance=course.maintenance or proposal.rule == "PR11",
        )
        life.versions.append((course.now.date(), _days(course.exercises)))
    life.course = course


def _days(exercises: tuple[Exercise, ...]) -> dict[str, int]:
    return {one.item.id: one.dose.days_per_week or 0 for one in exercises}
