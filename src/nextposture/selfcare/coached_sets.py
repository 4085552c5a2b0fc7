"""Which sets of a session the camera can watch, and how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from nextposture.knowledge import Knowledge
from nextposture.motion.coaching import SetDose
from nextposture.motion.exercises import Exercise, exercise_for
from nextposture.planning.session import Step
from nextposture.record import sessions
from nextposture.record.models import CarePlan, Person
from nextposture.record.own import known_to
from nextposture.selfcare.open_plan import open_plan


@dataclass(frozen=True)
class CoachedSet:
    """One set as the coach takes it; `side` is None for an exercise without sides."""

    exercise: Exercise
    dose: SetDose
    side: Literal["left", "right"] | None


def coached_set(person: Person, session: UUID, step: int) -> CoachedSet | None:
    """The set at `step` of the person's open session; None if there is none that a camera can watch."""
    known = known_to(person)
    plan = open_plan(known, person).plan
    running = sessions.open_session(person, plan) if plan else None
    if running is None or running.key != session:
        return None
    steps = sessions.steps_of(running)
    if not 0 <= step < len(steps) or steps[step].kind != "set":
        return None
    found = steps[step]
    exercise = exercise_for(found.item, _rungs(running.care_plan).get(found.item), known)
    if exercise is None:
        return None
    dose = SetDose(sets=1, reps=found.reps, hold_s=found.hold_s, rest_s=0)
    return CoachedSet(exercise, dose, found.side or None)


def watched(known: Knowledge, plan: CarePlan, steps: Iterable[Step]) -> list[bool]:
    """For each step, whether it is a set that a camera can watch."""
    rungs, script = _rungs(plan), list(steps)
    names = {one.item for one in script if one.kind == "set"}
    seen = {name for name in names if exercise_for(name, rungs.get(name), known) is not None}
    return [one.kind == "set" and one.item in seen for one in script]


def _rungs(plan: CarePlan) -> Mapping[str, Any]:
    return {one["id"]: one["dose"].get("rung") for one in plan.items}
