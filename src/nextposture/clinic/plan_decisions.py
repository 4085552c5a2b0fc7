"""What a practitioner decides about a plan: checked, kept, in force and in the trail, or none of it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.db import transaction

from nextposture.clinic.access import check, note_access
from nextposture.clinic.models import AuditEvent, Membership, OwnExercise
from nextposture.knowledge import Knowledge
from nextposture.knowledge.own import own_from_json, with_own
from nextposture.planning import Dose
from nextposture.planning.decisions import decision_table, dose_problems
from nextposture.record import check_ins, decided
from nextposture.record.course import plain_dose
from nextposture.record.models import CarePlan, Person, PlanDecision
from nextposture.record.own import known_to

PLAN = "plan"
"""The item of the consent that a decision needs."""

Kind = PlanDecision.Kind


class DecisionError(ValueError):
    """A decision that cannot be taken. `problems` say what to change, by the part they are about."""

    def __init__(self, **problems: str) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


class ChangedMeanwhileError(ValueError):
    """Somebody decided about the same item after the page was made."""

    def __init__(self) -> None:
        super().__init__("This was decided anew while you had the page open. Look at it again, then decide.")


def known_at(member: Membership, person: Person) -> Knowledge:
    """What is known about the person's plan at the member's clinic: with its own exercises."""
    rows = OwnExercise.objects.filter(clinic=member.clinic_id, dropped_at=None)
    read = [own_from_json(json.dumps(row.exercise, ensure_ascii=False)) for row in rows]
    return with_own(known_to(person), [one for one in read if one is not None])


def state_of(plan: CarePlan | None, item: str, newest: PlanDecision | None) -> str:
    """What a page shows of an item, as a word: it changes with each decision, answer and dose.

    `newest` is the newest decision about it.
    """
    here = next((one for one in plan.items if one["id"] == item), None) if plan is not None else None
    dose = sorted((here["dose"] if here is not None else {}).items())
    told = f"{newest.key}/{newest.answer}" if newest is not None else ""
    return f"{told}/{'' if here is None else dose}"


@transaction.atomic
def decide(
    member: Membership,
    person: Person,
    item: str,
    kind: PlanDecision.Kind,
    dose: Dose | None,
    why: str,
    now: datetime,
    seen: str | None = None,
) -> PlanDecision:
    """Keep what the member decides about an item, and let the plan follow it.

    `seen` is the `state_of` the item that they decided on; None where that is not known. Raises
    PermissionDenied without consent to the plan, ChangedMeanwhileError, and DecisionError.
    """
    check(member, person, PLAN)
    Person.objects.select_for_update().get(pk=person.pk)
    known, plan = known_at(member, person), check_ins.newest_plan(person)
    if plan is None:
        raise DecisionError(kind="There is no plan yet. The person's next check-in makes one.")
    if item not in known.items:
        raise DecisionError(item="There is no such exercise.")
    newest = decided.newest_of(person).get(item)
    if seen is not None and seen != state_of(plan, item, newest):
        raise ChangedMeanwhileError
    here = next((one for one in plan.items if one["id"] == item), None)
    _check(known, item, kind, dose, why, here, newest)
    if kind in (Kind.CONFIRMED, Kind.FREED, Kind.LEFT_OUT):
        dose = Dose(**here["dose"]) if here is not None and kind == Kind.CONFIRMED else None
    own = known.own.get(item)
    row = PlanDecision.objects.create(
        person=person,
        item=item,
        kind=kind,
        dose=plain_dose(dose) if dose is not None else {},
        why=why,
        exercise=dict(own.plain) if own is not None else {},
        by_name=member.name,
        by_profession=member.profession_name,
        clinic_name=member.clinic.name,
        at=now,
    )
    decided.put_in_force(known, person, now)
    row.refresh_from_db()
    what = f"plan: {known.items[item].name}, {row.get_kind_display()}"
    note_access(member, person, what[:120], AuditEvent.Action.CHANGED)
    return row


def _check(
    known: Knowledge,
    item: str,
    kind: PlanDecision.Kind,
    dose: Dose | None,
    why: str,
    here: dict[str, Any] | None,
    newest: PlanDecision | None,
) -> None:
    one = known.items[item]
    name = decision_table().kinds[kind.value].name.lower()  # type: ignore[index]
    if kind == Kind.ADDED and here is not None:
        raise DecisionError(kind=f"{one.name} is in the plan already. Change it there.")
    if kind == Kind.FREED and (newest is None or newest.kind == Kind.FREED):
        raise DecisionError(kind="Nothing was decided about it, so the app's rules hold already.")
    is_waiting = newest is not None and newest.kind != Kind.LEFT_OUT
    if kind in (Kind.CONFIRMED, Kind.CHANGED) and here is None and not is_waiting:
        raise DecisionError(kind=f"{one.name} is not in the plan. Add it instead.")
    if kind in (Kind.CONFIRMED, Kind.CHANGED) and newest is not None and newest.kind == Kind.LEFT_OUT:
        raise DecisionError(kind=f"{one.name} is left out. To {name}, give it back or add it first.")
    if kind == Kind.LEFT_OUT and not why.strip():
        raise DecisionError(why="Say why it is left out. The person reads it.")
    if kind in (Kind.CHANGED, Kind.LOCKED, Kind.ADDED):
        problems = dose_problems(known, one, dose or Dose())
        if problems:
            raise DecisionError(**problems)
