"""Check-ins: opened, saved with every answer, finished into an outcome and a plan.

What a function here returns is committed. Each may be called twice with the same effect as once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from nextposture import screening
from nextposture.assessment import FactorFinding, assess
from nextposture.knowledge import Answers, Knowledge, Urgency, Value, check_answers, load
from nextposture.knowledge.asking import asking
from nextposture.knowledge.conditions import State
from nextposture.planning import CarePlan as MadePlan
from nextposture.planning import Choice, make_plan
from nextposture.planning.decisions import Placed
from nextposture.record import course, decided, measurements, stop_signs
from nextposture.record.models import Activity, CarePlan, CheckIn, Outcome, Person, Rating
from nextposture.record.own import known_to

RATED = {
    "nrs_now": Rating.Measure.PAIN_NOW,
    "nrs_avg_7d": Rating.Measure.PAIN_AVERAGE,
    "nrs_worst_7d": Rating.Measure.PAIN_WORST,
    "pain_days_7d": Rating.Measure.PAIN_DAYS,
    "confidence_manage": Rating.Measure.CONFIDENCE,
    "worry_movement": Rating.Measure.WORRY,
    "daily_life": Rating.Measure.DAILY_LIFE,
    "overall_change": Rating.Measure.CHANGE,
}
"""Answers that are kept as ratings too, so that they can be followed over time."""

NOBODY_WAITS = Urgency.SAME_DAY
"""From this urgency a danger sign of a check-in that is still open puts the current plan on hold."""

EXERCISES_WAIT = Urgency.WITHIN_2_WEEKS
"""From this urgency it puts the exercises on hold; breaks and habits go on."""


class ClosedError(ValueError):
    """The check-in is finished, so it takes no more answers."""


# ---- Opening and saving


def open_check_in(
    person: Person, answers: Answers | None = None, danger_signs_since: datetime | None = None
) -> CheckIn:
    """The person's open check-in; if there is none, a new one that starts with `answers`.

    `danger_signs_since` is since when danger signs among these were answered, if that is not now.
    """
    now = timezone.now()
    known, before = dict(answers or {}), last_finished(person)
    if before is not None:  # what was measured since then counts instead of what was told then
        known |= measurements.as_answers(load(), person, now, before.started_at)
    begun = {"answers": known, "started_at": now, "danger_signs_since": danger_signs_since or now}
    try:
        with transaction.atomic():
            return CheckIn.objects.get_or_create(person=person, finished_at=None, defaults=begun)[0]
    except IntegrityError:  # a second tap came first
        return CheckIn.objects.get(person=person, finished_at=None)


def find_open(person: Person) -> CheckIn | None:
    """The person's open check-in, or None."""
    return CheckIn.objects.filter(person=person, finished_at=None).first()


def last_finished(person: Person) -> CheckIn | None:
    """The check-in that was finished last, or None."""
    return CheckIn.objects.filter(person=person, finished_at__isnull=False).order_by("-pk").first()


def is_outdated(check_in: CheckIn, now: datetime) -> bool:
    """Whether the danger signs of a check-in must be answered again before anything is made of them.

    So it is when they are older than the table allows, or a stop sign of a session came after them.
    """
    since = check_in.danger_signs_since
    # A clock that was set back makes an answer of the future; near, it counts as new, far off, as old.
    return since is None or abs(now - since) >= timedelta(hours=asking().danger_signs_hold.hours)


@transaction.atomic
def renew(
    knowledge: Knowledge, check_in: CheckIn, restart: Callable[[Answers], Mapping[str, Value]], now: datetime
) -> CheckIn:
    """An open check-in that is outdated, with only `restart(its answers)` left; any other as it is.

    What it holds against the plan or an exercise is not lost: such a check-in is finished as it stands,
    as an incomplete one, and a new one begins.
    """
    row = CheckIn.objects.select_for_update().get(pk=check_in.pk)
    if row.finished_at is not None:
        return open_check_in(row.person, restart(row.answers))
    if not is_outdated(row, now):
        return row
    if exercises_on_hold(knowledge, newest_plan(row.person), row):
        _finish(knowledge, row, incomplete=True)
        return open_check_in(row.person, restart(row.answers))
    row.answers = check_answers({**knowledge.inputs, **asking().inputs}, restart(row.answers))
    row.danger_signs_since = now
    row.save(update_fields=["answers", "danger_signs_since"])
    return row


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
    kept = Outcome.objects.get(check_in=row) if row.finished_at is not None else _finish(knowledge, row)
    check_in.finished_at = row.finished_at
    return kept


def _finish(knowledge: Knowledge, row: CheckIn, *, incomplete: bool = False) -> Outcome:
    """Finish an open check-in; `incomplete` says that its answers, however many, are not enough."""
    knowledge = known_to(row.person, knowledge)
    previous, before, now = current_outcome(row.person), newest_plan(row.person), timezone.now()
    answers = assessed_answers(knowledge, row, now)
    no_gain = course.no_gain_weeks(knowledge, row.person, before, now)
    if no_gain is not None:
        answers["weeks_plan_no_gain"] = no_gain
    outcome, findings, plan = examine(knowledge, answers, previous, incomplete=incomplete)
    kept = Outcome.objects.create(
        check_in=row,
        made_at=now,
        urgency=outcome.urgency.name,
        status=outcome.status,
        result=as_plain(outcome, findings),
        knowledge_version=outcome.knowledge_version,
        knowledge_hash=outcome.knowledge_hash,
    )
    items = [
        course.plain_item(Placed(one.item.id, one.dose, one.reasons, one.optional)) for one in plan.items
    ]
    blocked = [one.exercise for one in outcome.blocked]
    items, waiting, since, phase = course.carry_over(knowledge, before, items, blocked, answers, now)
    later = [*(_choice(one) for one in plan.later), *waiting]
    left_out = [_choice(one) for one in plan.left_out]
    may, fewer = decided.allowed(knowledge, answers, outcome), {one["id"] for one in waiting}
    items, later, left_out = decided.keep(row.person, before, items, later, left_out, may, fewer)
    CarePlan.objects.create(
        person=row.person,
        outcome=kept,
        made_at=now,
        label=plan.label,
        items=items,
        later=later,
        left_out=left_out,
        course_since=since,
        phase=phase,
    )
    decided.put_in_force(knowledge, row.person, now)
    for name, measure in RATED.items():
        value = row.answers.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            Rating.objects.create(person=row.person, measure=measure, check_in=row, at=now, value=value)
    row.finished_at = now
    row.save(update_fields=["finished_at"])
    stop_signs.lift(knowledge, row, outcome, answers)
    return kept


def screened_answers(knowledge: Knowledge, check_in: CheckIn) -> dict[str, Value]:
    """The answers that the danger signs read: the check-in's, with the mean of its activities."""
    answers = {name: value for name, value in check_in.answers.items() if name in knowledge.inputs}
    rated = ratings_of(check_in)
    if rated:
        answers["psfs_mean"] = sum(rated.values()) / len(rated)
    return answers


def assessed_answers(knowledge: Knowledge, check_in: CheckIn, now: datetime) -> dict[str, Value]:
    """The answers that the assessment reads: those, with what was measured."""
    told = screened_answers(knowledge, check_in)
    return measurements.with_measured(knowledge, check_in.person_id, told, check_in.started_at, now)


def screened(knowledge: Knowledge, check_in: CheckIn, previous: Outcome | None) -> screening.Outcome:
    """What the rules say of a check-in as it stands, with the reasons of `previous` that still hold."""
    answers = screened_answers(knowledge, check_in)
    return _carried(screening.screen(knowledge, answers), answers, previous)


def examine(
    knowledge: Knowledge, answers: Answers, previous: Outcome | None, *, incomplete: bool = False
) -> tuple[screening.Outcome, tuple[FactorFinding, ...], MadePlan]:
    """Urgency, factors and plan of checked answers, after what `previous` said.

    `incomplete` says that the danger signs have to be asked again, whatever was answered.
    """
    outcome = _carried(screening.screen(knowledge, answers), answers, previous)
    if incomplete:
        outcome = replace(outcome, status="incomplete")
    findings = assess(knowledge, screening.without(answers, outcome.ignored))
    return outcome, findings, make_plan(knowledge, answers, outcome, findings)


def _carried(outcome: screening.Outcome, answers: Answers, previous: Outcome | None) -> screening.Outcome:
    return outcome if previous is None else screening.carry_over(as_outcome(previous), outcome, answers)


# ---- What holds now


def current_outcome(person: Person) -> Outcome | None:
    """The newest outcome, or None."""
    outcomes = Outcome.objects.filter(check_in__person=person).select_related("check_in", "care_plan")
    return outcomes.order_by("-pk").first()


def newest_plan(person: Person) -> CarePlan | None:
    """The plan of the newest outcome, or None. Whether it may be followed now is another question."""
    return CarePlan.objects.filter(person=person).select_related("outcome__check_in").order_by("-pk").first()


def on_hold(knowledge: Knowledge, check_in: CheckIn) -> bool:
    """Whether an answer of a check-in that is still open asks for someone to be seen today or now."""
    outcome = screening.screen(knowledge, screened_answers(knowledge, check_in))
    return bool(_grave(knowledge, outcome, NOBODY_WAITS))


def exercises_on_hold(knowledge: Knowledge, plan: CarePlan | None, check_in: CheckIn) -> tuple[str, ...]:
    """Why exercises wait until an open check-in is finished, in plain words; empty to go on.

    An answer may ask for an appointment before exercise, or rule out an exercise of the plan.
    """
    answers = screened_answers(knowledge, check_in)
    grave = _grave(knowledge, screening.screen(knowledge, answers), EXERCISES_WAIT)
    if plan is None:
        return tuple(one.plain for one in grave)
    # What is not asked yet was answered for the plan, so that only what the new answers rule out counts.
    ruled_out = screening.screen(knowledge, {**plan.outcome.check_in.answers, **answers}).blocked
    own = known_to(check_in.person, knowledge).own
    planned = {one["id"] for one in plan.items}
    planned |= {name for one in planned if one in own for name in own[one].like}
    blocks = [plain for one in ruled_out if one.exercise in planned for _, plain in one.because]
    return tuple(dict.fromkeys([*(one.plain for one in grave), *blocks]))


def states_now(knowledge: Knowledge, outcome: Outcome, measured: Answers) -> dict[str, State]:
    """The state of each factor as recorded, save for those that a measurement since then has settled.

    `measured` are the assessed answers of the outcome's check-in as of now.
    """
    told, ignored = outcome.check_in.answers, frozenset(outcome.result["ignored"])
    recorded: dict[str, State] = dict(outcome.result["factors"])
    pairs = zip(
        assess(knowledge, screening.without(told, ignored)),
        assess(knowledge, screening.without(measured, ignored)),
        strict=True,
    )
    return recorded | {new.factor.id: new.state for old, new in pairs if new.state != old.state}


def told(knowledge: Knowledge, outcome: screening.Outcome) -> tuple[screening.Reason, ...]:
    """The reasons that rest on what the person said, "do not know" included; not on what is not asked yet."""
    not_asked = {floor.id for floor in knowledge.danger_signs.floors if floor.status == "incomplete"}
    return tuple(one for one in outcome.reasons if one.id not in not_asked)


def plain_reasons(row: Outcome) -> list[str]:
    """Why an outcome is that urgent, in plain words, the gravest first."""
    reasons = sorted(as_outcome(row).reasons, key=lambda one: -(one.level or 0))
    return list(dict.fromkeys(one.plain for one in reasons))


def _grave(knowledge: Knowledge, outcome: screening.Outcome, least: Urgency) -> tuple[screening.Reason, ...]:
    return tuple(one for one in told(knowledge, outcome) if one.level is not None and one.level >= least)


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
