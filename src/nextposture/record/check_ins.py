"""Check-ins: opened, saved with every answer, finished into an outcome and a plan.

What a function here returns is committed. Each may be called twice with the same effect as once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from nextposture import screening
from nextposture.assessment import FactorFinding, assess
from nextposture.knowledge import Answers, Knowledge, Urgency, Value, check_answers, load
from nextposture.knowledge.asking import asking
from nextposture.planning import CarePlan as MadePlan
from nextposture.planning import Choice, make_plan
from nextposture.record.models import Activity, CarePlan, CheckIn, Outcome, Person, Rating

RATED = {"nrs_now": Rating.Measure.PAIN_NOW, "nrs_avg_7d": Rating.Measure.PAIN_AVERAGE}
"""Answers that are kept as ratings too, so that they can be followed over time."""

NOBODY_WAITS = Urgency.SAME_DAY
"""From this urgency a danger sign of a check-in that is still open puts the current plan on hold."""


class ClosedError(ValueError):
    """The check-in is finished, so it takes no more answers."""


# ---- Opening and saving


def open_check_in(person: Person, answers: Answers | None = None) -> CheckIn:
    """The person's open check-in; if there is none, a new one that starts with `answers`."""
    try:
        with transaction.atomic():
            return CheckIn.objects.get_or_create(
                person=person, finished_at=None, defaults={"answers": dict(answers or {})}
            )[0]
    except IntegrityError:  # a second tap came first
        return CheckIn.objects.get(person=person, finished_at=None)


def find_open(person: Person) -> CheckIn | None:
    """The person's open check-in, or None."""
    return CheckIn.objects.filter(person=person, finished_at=None).first()


def last_finished(person: Person) -> CheckIn | None:
    """The check-in that was finished last, or None."""
    return CheckIn.objects.filter(person=person, finished_at__isnull=False).order_by("-finished_at").first()


@transaction.atomic
def save_answers(
    knowledge: Knowledge, check_in: CheckIn, change: Callable[[Answers], Mapping[str, Value]]
) -> dict[str, Value]:
    """Put `change(answers so far)` in place of the answers, and return them.

    Raises AnswerError for an impossible answer and ClosedError if the check-in is finished; nothing is
    saved then.
    """
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if row.finished_at is not None:
        raise ClosedError("this check-in is finished")
    answers = check_answers({**knowledge.inputs, **asking().inputs}, change(row.answers))
    if answers != row.answers:
        row.answers = answers
        row.save(update_fields=["answers"])
    check_in.answers = answers
    return answers


# ---- Activities that matter to the person


def activities(person: Person) -> list[Activity]:
    """The activities that the person follows now."""
    return list(Activity.objects.filter(person=person, dropped_at=None))


@transaction.atomic
def add_activity(person: Person, words: str) -> Activity:
    """Follow an activity, named in the person's own words; the same words twice are one activity."""
    Person.objects.select_for_update().get(pk=person.pk)  # a second tap waits, and then finds the first
    return Activity.objects.get_or_create(person=person, words=words, dropped_at=None)[0]


@transaction.atomic
def rate_activity(check_in: CheckIn, activity: Activity, value: float) -> None:
    """Keep how an activity goes as of this check-in: 0 cannot do it, 10 as before."""
    Rating.objects.update_or_create(
        check_in=check_in,
        activity=activity,
        defaults={"person_id": check_in.person_id, "measure": Rating.Measure.ACTIVITY, "value": value},
    )


@transaction.atomic
def drop_activity(person: Person, pk: int) -> None:
    """Follow this activity no longer; its ratings stay."""
    Activity.objects.filter(person=person, pk=pk, dropped_at=None).update(dropped_at=timezone.now())
    Rating.objects.filter(activity_id=pk, person=person, check_in__finished_at=None).delete()


def ratings_of(check_in: CheckIn) -> dict[int, float]:
    """How each activity goes, as rated in this check-in, by the activity's key."""
    rated = Rating.objects.filter(check_in=check_in, activity__isnull=False, activity__dropped_at=None)
    return {row.activity_id: row.value for row in rated if row.activity_id is not None}


# ---- Finishing


@transaction.atomic
def finish(knowledge: Knowledge, check_in: CheckIn) -> Outcome:
    """Close the check-in: its outcome, plan and ratings are kept. Done twice, the first stands."""
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if row.finished_at is not None:
        return Outcome.objects.get(check_in=row)
    previous = current_outcome(row.person)
    answers = screened_answers(knowledge, row)
    outcome, findings, plan = examine(knowledge, answers, previous)
    now = timezone.now()
    kept = Outcome.objects.create(
        check_in=row,
        made_at=now,
        urgency=outcome.urgency.name,
        status=outcome.status,
        result=as_plain(outcome, findings),
        knowledge_version=outcome.knowledge_version,
        knowledge_hash=outcome.knowledge_hash,
    )
    CarePlan.objects.create(
        person=row.person,
        outcome=kept,
        made_at=now,
        label=plan.label,
        items=[
            {
                "id": one.item.id,
                "dose": {name: value for name, value in asdict(one.dose).items() if value is not None},
                "reasons": list(one.reasons),
                "optional": one.optional,
            }
            for one in plan.items
        ],
        later=[_choice(one) for one in plan.later],
        left_out=[_choice(one) for one in plan.left_out],
    )
    for name, measure in RATED.items():
        value = answers.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            Rating.objects.create(person=row.person, measure=measure, check_in=row, at=now, value=value)
    row.finished_at = now
    row.save(update_fields=["finished_at"])
    check_in.finished_at = now
    return kept


def screened_answers(knowledge: Knowledge, check_in: CheckIn) -> dict[str, Value]:
    """The answers that the rules read: the check-in's, with the mean of its activities."""
    answers = {name: value for name, value in check_in.answers.items() if name in knowledge.inputs}
    rated = ratings_of(check_in)
    if rated:
        answers["psfs_mean"] = sum(rated.values()) / len(rated)
    return answers


def screened(knowledge: Knowledge, check_in: CheckIn, previous: Outcome | None) -> screening.Outcome:
    """What the rules say of a check-in as it stands, with the reasons of `previous` that still hold."""
    answers = screened_answers(knowledge, check_in)
    return _carried(screening.screen(knowledge, answers), answers, previous)


def examine(
    knowledge: Knowledge, answers: Answers, previous: Outcome | None
) -> tuple[screening.Outcome, tuple[FactorFinding, ...], MadePlan]:
    """Urgency, factors and plan of checked answers, after what `previous` said."""
    outcome = _carried(screening.screen(knowledge, answers), answers, previous)
    findings = assess(knowledge, screening.without(answers, outcome.ignored))
    return outcome, findings, make_plan(knowledge, answers, outcome, findings)


def _carried(outcome: screening.Outcome, answers: Answers, previous: Outcome | None) -> screening.Outcome:
    return outcome if previous is None else screening.carry_over(as_outcome(previous), outcome, answers)


# ---- What holds now


def current_outcome(person: Person) -> Outcome | None:
    """The newest outcome, or None."""
    return Outcome.objects.filter(check_in__person=person).order_by("-made_at", "-pk").first()


def current_plan(person: Person) -> CarePlan | None:
    """The newest plan; None if there is none, or while a danger sign in an open check-in puts it on hold."""
    plan = (
        CarePlan.objects.filter(person=person).select_related("outcome").order_by("-made_at", "-pk").first()
    )
    return None if plan is None or on_hold(person) else plan


def on_hold(person: Person) -> bool:
    """Whether a check-in that is still open holds a danger sign that should be seen today or now."""
    check_in = find_open(person)
    if check_in is None or not check_in.answers:
        return False
    knowledge = load()
    reasons = screening.screen(knowledge, screened_answers(knowledge, check_in)).reasons
    return any(one.kind == "rule" and one.level and one.level >= NOBODY_WAITS for one in reasons)


@transaction.atomic
def card_shown(outcome: Outcome) -> None:
    """Record that the safety-net card of this outcome was shown; the first time counts."""
    Outcome.objects.filter(pk=outcome.pk, card_shown_at=None).update(card_shown_at=timezone.now())


# ---- As plain values, and back


def as_plain(outcome: screening.Outcome, findings: tuple[FactorFinding, ...]) -> dict[str, Any]:
    """The outcome as the record keeps it."""
    return {
        "reasons": [
            {
                "id": one.id,
                "kind": one.kind,
                "level": one.level.name if one.level else None,
                "why": one.why,
                "plain": one.plain,
                "sources": list(one.sources),
                "inputs": sorted(one.inputs),
                "condition": one.condition,
                "route": one.route,
            }
            for one in outcome.reasons
        ],
        "routes": list(outcome.routes),
        "blocked": [
            {"exercise": one.exercise, "because": [list(pair) for pair in one.because]}
            for one in outcome.blocked
        ],
        "ignored": sorted(outcome.ignored),
        "factors": {one.factor.id: one.state for one in findings},
    }


def as_outcome(row: Outcome) -> screening.Outcome:
    """What `as_plain` kept, as the domain has it."""
    return screening.Outcome(
        urgency=Urgency[row.urgency],
        status="incomplete" if row.status == "incomplete" else "complete",
        reasons=tuple(
            screening.Reason(
                id=one["id"],
                kind=one["kind"],
                level=Urgency[one["level"]] if one["level"] else None,
                why=one["why"],
                plain=one["plain"],
                sources=tuple(one["sources"]),
                inputs=frozenset(one["inputs"]),
                condition=one["condition"],
                route=one["route"],
            )
            for one in row.result["reasons"]
        ),
        blocked=tuple(
            screening.Blocked(one["exercise"], tuple((block, plain) for block, plain in one["because"]))
            for one in row.result["blocked"]
        ),
        ignored=frozenset(row.result["ignored"]),
        knowledge_version=row.knowledge_version,
        knowledge_hash=row.knowledge_hash,
    )


def _choice(choice: Choice) -> dict[str, Any]:
    return {"id": choice.item.id, "reasons": list(choice.reasons)}
