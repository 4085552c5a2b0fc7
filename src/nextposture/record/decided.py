"""What a practitioner decided about a plan, put in force where the plan is made and where it stands.

Decisions come from a clinic's page or, on a person's own installation, from a clinic's server; both write a
row of `PlanDecision` and call `put_in_force`. What a function here returns is committed, and twice is once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from nextposture import screening
from nextposture.knowledge import Answers, Knowledge
from nextposture.planning import decisions
from nextposture.planning.decisions import Allowed, Hold
from nextposture.planning.selection import gate_for
from nextposture.record import course
from nextposture.record.models import CarePlan, Person, PlanChange, PlanDecision, Session
from nextposture.record.own import known_to

Rows = list[dict[str, Any]]


class AnswerError(ValueError):
    """An answer that cannot be taken; the message says why."""


def allowed(known: Knowledge, answers: Answers, outcome: screening.Outcome) -> Allowed:
    """What the screening leaves of a plan."""
    gate = gate_for(known, answers, outcome)
    return Allowed(
        blocked={one.exercise: [plain for _, plain in one.because] for one in outcome.blocked},
        only=None if gate.plan == "full" else frozenset(gate.allow),
        why=gate.why,
        like={name: own.like for name, own in known.own.items()},
    )


def allowed_in(known: Knowledge, plan: CarePlan) -> Allowed:
    """What the screening leaves of a plan that stands."""
    from nextposture.record.check_ins import as_outcome  # which makes plans by this module

    return allowed(known, plan.outcome.check_in.answers, as_outcome(plan.outcome))


# ---- Where a plan is made


def keep(
    person: Person,
    before: CarePlan | None,
    items: Rows,
    later: Rows,
    left_out: Rows,
    may: Allowed,
    fewer: Collection[str] = (),
) -> tuple[Rows, Rows, Rows]:
    """The items of a new plan, those for later and those left out, with the standing decisions in force.

    `fewer` are those that the person chose to do without.
    """
    holds = course.standing_decisions(person)
    if not holds:
        return items, later, left_out
    kept = decisions.keep(
        course.placed(items),
        course.placed(before.items if before is not None else ()),
        holds,
        may,
        course.gave_way(person, min(one.decision.at for one in holds.values())),
        fewer,
    )
    aside, out = ([course.plain_item(one) for one in rows] for rows in (kept.set_aside, kept.left_out))
    moved = {one["id"] for one in (*aside, *out)} | {one.id for one in kept.items}
    stay = {one["id"]: one for one in items}
    return (
        [{**stay.get(one.id, {}), **course.plain_item(one)} for one in kept.items],
        [*(one for one in later if one["id"] not in moved), *aside],
        [*(one for one in left_out if one["id"] not in moved), *out],
    )


# ---- Where a plan stands


@transaction.atomic
def put_in_force(known: Knowledge, person: Person, now: datetime) -> list[PlanDecision]:
    """Let the person's plan follow every decision that it does not follow yet; returns those, oldest first.

    Without a plan they wait for the first one.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    if not CarePlan.objects.filter(person=person).exists():
        return []
    known = known_to(person, known)
    waiting = list(PlanDecision.objects.filter(person=person, in_force_at=None).order_by("at", "pk"))
    for row in waiting:
        _change_plan(known, person, row, now, f"{row.key}")
        row.in_force_at = now
        row.save(update_fields=["in_force_at"])
    return waiting


def _change_plan(known: Knowledge, person: Person, row: PlanDecision, now: datetime, because: str) -> None:
    """Change the newest plan as the decision asks, if it is the newest about its item."""
    plan = CarePlan.objects.filter(person=person).select_related("outcome__check_in").order_by("-pk").first()
    hold = course.standing_decisions(person).get(row.item)
    if plan is None or hold is None or hold.decision.key != str(row.key):
        return
    aside = [one for one in (*plan.later, *plan.left_out) if one["id"] == row.item and one.get("dose")]
    spare = next(iter(course.placed(aside[-1:])), None)
    may = allowed_in(known, plan)
    made = decisions.apply(course.placed(plan.items), hold, may, spare)
    there = {one["id"]: one for one in plan.items}
    after = [{**there.get(one.id, {}), **course.plain_item(one)} for one in made]
    is_there = any(one["id"] == row.item for one in after)
    lists = {"later": plan.later, "left_out": plan.left_out}
    place, words = _away(hold, may)
    if is_there or place:
        lists = {name: [one for one in rows if one["id"] != row.item] for name, rows in lists.items()}
    if place and not is_there:
        base = there.get(row.item) or next(
            reversed(aside), {"id": row.item, "dose": row.dose, "optional": False}
        )
        lists[place].append({**base, "reasons": [words]})
    before = plan.items
    plan.items, plan.later, plan.left_out = after, lists["later"], lists["left_out"]
    plan.save(update_fields=["items", "later", "left_out"])
    if not is_there:
        _end_sessions_with(row.item, plan, now)
    if after != before:
        _note(plan, hold, before, now, because)


def _end_sessions_with(item: str, plan: CarePlan, now: datetime) -> None:
    """End an open session that would still guide what the plan holds no longer; its script is frozen."""
    for session in Session.objects.select_for_update().filter(care_plan=plan, finished_at=None):
        if any(step["item"] == item for step in session.steps[session.position :]):
            session.ending, session.finished_at = Session.Ending.LEFT, now
            session.save(update_fields=["ending", "finished_at"])


def _away(hold: Hold, may: Allowed) -> tuple[str, str]:
    """Among which an item stands that is not offered, and why; empty for any other."""
    if hold.declined:
        return "later", decisions.set_aside(hold)
    if hold.left_out:
        return "left_out", decisions.sentence(decisions.said(hold.decision))
    against = may.against(hold.decision.item)
    return ("left_out", decisions.conflict(hold, against)) if against and hold.kept else ("", "")


def _note(plan: CarePlan, hold: Hold, before: Rows, now: datetime, because: str) -> None:
    """Keep the change among the versions of the plan; a step up that was proposed lapses and is seen anew."""
    item = hold.decision.item
    was, is_now = (any(one["id"] == item for one in rows) for rows in (before, plan.items))
    what = "dose" if was and is_now else "added" if is_now else "left_out"
    reason = decisions.set_aside(hold) if hold.declined else decisions.told(hold.decision)
    PlanChange.objects.filter(care_plan=plan, decision=PlanChange.Decision.PROPOSED).update(
        decision=PlanChange.Decision.LAPSED, decided_at=now
    )
    PlanChange.objects.update_or_create(
        care_plan=plan,
        rule=course.DECIDED,
        because=because,
        defaults={
            "reason": reason,
            "at": now,
            "changes": [{"item": item, "what": what, "before": None, "after": None}],
            "before": before,
            "after": plan.items,
            "decision": PlanChange.Decision.ACCEPTED,
            "decided_at": now,
        },
    )


# ---- What the person says to it


@transaction.atomic
def answer(
    known: Knowledge, person: Person, key: UUID, said: PlanDecision.Answer, why: str, now: datetime
) -> PlanDecision | None:
    """Keep what the person says to a decision, and let the plan follow it; None if there is none of this key.

    Raises AnswerError for one that another has followed since, and for a word against what was left out: that
    is for the practitioner to give back.
    """
    Person.objects.select_for_update().get(pk=person.pk)
    row = PlanDecision.objects.filter(person=person, key=key).first()
    if row is None:
        return None
    newest = PlanDecision.objects.filter(person=person, item=row.item).order_by("at", "pk").last()
    if newest != row:
        raise AnswerError("This was decided anew since. Read what holds now, then answer that.")
    if said == PlanDecision.Answer.RATHER_NOT and row.kind == PlanDecision.Kind.LEFT_OUT:
        raise AnswerError("This exercise is left out already. Ask who decided it to give it back.")
    if said == PlanDecision.Answer.SEEN and row.answer:
        return row
    if (row.answer, row.answer_why) == (said, why):
        return row
    row.answer, row.answer_why, row.answered_at = said, why, now
    row.save(update_fields=["answer", "answer_why", "answered_at"])
    if said != PlanDecision.Answer.SEEN and row.in_force_at is not None:
        _change_plan(known_to(person, known), person, row, now, f"{row.key} {now:%y%m%d%H%M%S}")
    return row


def answers_came(known: Knowledge, person: Person, keys: Iterable[UUID], now: datetime) -> None:
    """Let the plan follow answers that were given on the person's own installation."""
    Person.objects.select_for_update().get(pk=person.pk)
    known = known_to(person, known)
    for row in PlanDecision.objects.filter(person=person, key__in=list(keys), in_force_at__isnull=False):
        _change_plan(known, person, row, now, f"{row.key} {now:%y%m%d%H%M%S}")


# ---- What stands


def newest_of(person: Person) -> dict[str, PlanDecision]:
    """The newest decision about each item."""
    return {one.item: one for one in PlanDecision.objects.filter(person=person).order_by("at", "pk")}


def unseen(person: Person) -> list[PlanDecision]:
    """The newest decisions, in force, that the person has not said anything to, nor marked as seen."""
    return [one for one in newest_of(person).values() if one.in_force_at is not None and not one.answer]


def conflicts(known: Knowledge, person: Person, plan: CarePlan | None) -> Mapping[str, str]:
    """For each item that was decided to be in the plan and that the screening rules out, what is said.

    `known` is what is known to the person: with their own exercises.
    """
    if plan is None:
        return {}
    return decisions.conflicts(course.standing_decisions(person), allowed_in(known, plan))
