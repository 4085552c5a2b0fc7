"""The course of a plan: what the rules of progression read of the record, and the changes that they make.

`look` may be called at any time and as often as one likes: a step down that is due is taken, a step up that
is earned is proposed, and one that no longer holds lapses. Nothing else happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, get_args

from django.db import transaction
from django.utils import timezone

from nextposture.assessment.change import activities_change, activity_change, change_table, pain_change
from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.items import OWN
from nextposture.planning import Dose
from nextposture.planning.adherence import adherence
from nextposture.planning.course import Change, Course, Decided, Exercise, Past, Proposal
from nextposture.planning.decisions import Decision, Hold, Placed, holds_of
from nextposture.planning.dosing import STRENGTH_FAMILIES
from nextposture.planning.progression import (
    Standing,
    course_over,
    goal_reached,
    halves_next,
    holds_still,
    needs_look,
    propose,
    standing,
    weeks_of,
)
from nextposture.planning.progression_table import ProgressionTable, RuleId, progression_table
from nextposture.record import progress
from nextposture.record.models import (
    CarePlan,
    CheckIn,
    DayOff,
    Person,
    PlanChange,
    PlanDecision,
    Rating,
    Session,
    SetDone,
)
from nextposture.record.sessions import light_of

GROWING_FAMILIES = ("STRETCH", *STRENGTH_FAMILIES, OWN)
"""Exercises that the rules move; the release stays at what was asked for."""

DECIDED: RuleId = "PR12"
"""The rule by which a practitioner's decision changes a plan."""

MAX_STEPS = 6
"""More changes at once than the rules could make; a guard, not a rule."""


@dataclass(frozen=True)
class Look:
    """Where the plan stands, after what was due. `proposed` waits for an answer; `latest` was made last."""

    standing: Standing
    weeks: int
    proposed: PlanChange | None
    latest: PlanChange | None
    halves_next: bool
    holds_still: bool
    needs_physiotherapist: bool
    course_over: bool


@dataclass(frozen=True)
class Version:
    """The exercises of a plan from a time on, and why; `rule` is empty where a check-in made the plan."""

    since: datetime
    rule: str
    reason: str
    items: list[dict[str, Any]]
    change: PlanChange | None


# ---- Looking


@transaction.atomic
def look(known: Knowledge, person: Person, plan: CarePlan, now: datetime) -> Look:
    """Take the steps down that are due and propose the step up that is earned."""
    Person.objects.select_for_update().get(pk=person.pk)  # a second tap waits, and then finds it done
    table = progression_table()
    seen = course_of(known, person, plan, now)
    for _ in range(MAX_STEPS):
        proposal = propose(table, known, seen) if seen.exercises else None
        if proposal is None or not proposal.at_once:
            break
        _take(known, plan, proposal, now)
        seen = course_of(known, person, plan, now)
    pending = _pending(known, plan, proposal, now)
    made = PlanChange.objects.filter(care_plan=plan, decision=PlanChange.Decision.ACCEPTED)
    return Look(
        standing=standing(table, known, seen),
        weeks=weeks_of(seen),
        proposed=pending,
        latest=made.order_by("-decided_at", "-pk").first(),
        halves_next=halves_next(table, seen),
        holds_still=holds_still(table, seen),
        needs_physiotherapist=needs_look(table, seen),
        course_over=course_over(table, seen),
    )


def _take(known: Knowledge, plan: CarePlan, proposal: Proposal, now: datetime) -> None:
    change = _row(known, plan, proposal, now)
    change.decision, change.decided_at = PlanChange.Decision.ACCEPTED, now
    change.save()
    _put_in_force(plan, change)
    if proposal.rule == "PR5":  # danger signs answered before count no longer
        CheckIn.objects.filter(person=plan.person_id).update(danger_signs_since=None)


def _pending(known: Knowledge, plan: CarePlan, proposal: Proposal | None, now: datetime) -> PlanChange | None:
    open_ones = list(
        PlanChange.objects.filter(
            decision=PlanChange.Decision.PROPOSED, care_plan__person=plan.person_id
        ).order_by("pk")
    )
    if overtaken := [one.pk for one in open_ones if one.care_plan_id != plan.pk]:
        PlanChange.objects.filter(pk__in=overtaken).update(
            decision=PlanChange.Decision.LAPSED, decided_at=now
        )
    waiting = next((one for one in open_ones if one.care_plan_id == plan.pk), None)
    if proposal is None or proposal.at_once:
        wanted = None
    else:
        wanted = _row(known, plan, proposal, now)
        if waiting is not None and (waiting.rule, waiting.after) == (wanted.rule, wanted.after):
            return waiting
    if waiting is not None:
        waiting.decision, waiting.decided_at = PlanChange.Decision.LAPSED, now
        waiting.save(update_fields=["decision", "decided_at"])
    if wanted is not None:
        again = PlanChange.objects.filter(care_plan=plan, rule=wanted.rule, because=wanted.because).first()
        if again is not None:  # it had lapsed and holds again
            wanted.pk = again.pk
        wanted.save()
    return wanted


def _row(known: Knowledge, plan: CarePlan, proposal: Proposal, now: datetime) -> PlanChange:
    return PlanChange(
        care_plan=plan,
        rule=proposal.rule,
        because=proposal.because,
        reason=proposal.reason,
        at=now,
        changes=[asdict(change) for change in proposal.changes],
        before=plan.items,
        after=_items_after(known, plan, proposal),
    )


def _items_after(known: Knowledge, plan: CarePlan, proposal: Proposal) -> list[dict[str, Any]]:
    """The plan's items with the exercises of the proposal in their places; missing ones are left out."""
    growing = [one["id"] for one in plan.items if _is_growing(known, one["id"])]
    fewer = len(proposal.exercises) < len(growing)
    order = [one.item.id for one in proposal.exercises] if fewer else growing
    after = dict(zip(order, proposal.exercises, strict=True))
    items = []
    for one in plan.items:
        if not _is_growing(known, one["id"]):
            items.append(one)
        elif (exercise := after.get(one["id"])) is not None:
            items.append({**one, "id": exercise.item.id, "dose": plain_dose(exercise.dose)})
    return items


def plain_dose(dose: Dose) -> dict[str, Any]:
    """A dose as the record keeps it."""
    return {name: value for name, value in asdict(dose).items() if value is not None}


def _put_in_force(plan: CarePlan, change: PlanChange) -> None:
    plan.items = change.after
    left = [one for one in change.before if one["id"] not in {row["id"] for row in change.after}]
    replaced = {row["item"] for row in change.changes if row["what"] == "exercise"}
    plan.later = [
        *plan.later,
        *({"id": one["id"], "reasons": [change.reason]} for one in left if one["id"] not in replaced),
    ]
    if change.rule == "PR11":
        plan.phase = CarePlan.Phase.MAINTENANCE
    plan.save(update_fields=["items", "later", "phase"])


# ---- Deciding


@transaction.atomic
def accept(person: Person, pk: int, now: datetime, barrier: str = "") -> PlanChange | None:
    """Put a proposed change in force; None if it waits no longer, or a decision stands against it.

    Twice is once.
    """
    change = _locked(person, pk)
    if change is None or change.decision != PlanChange.Decision.PROPOSED:
        return None
    if against_decisions(change.care_plan, change.after):
        return None
    change.decision, change.decided_at, change.barrier = PlanChange.Decision.ACCEPTED, now, barrier
    change.save(update_fields=["decision", "decided_at", "barrier"])
    _put_in_force(change.care_plan, change)
    return change


@transaction.atomic
def decline(person: Person, pk: int, now: datetime, barrier: str = "") -> PlanChange | None:
    """Leave the plan as it is, or put it back as it was before a step down; None if that cannot be any more.

    A step down can be taken back while nothing has changed the plan after it, and no decision stands against
    it. What a practitioner decided is answered instead (`record.decided`).
    """
    change = _locked(person, pk)
    if change is None or change.rule == DECIDED:
        return None
    plan = change.care_plan
    if change.decision == PlanChange.Decision.ACCEPTED and plan.items == change.after:
        if against_decisions(plan, change.before):
            return None
        left = {one["id"] for one in change.before} - {one["id"] for one in change.after}
        plan.items = change.before
        plan.later = [one for one in plan.later if one["id"] not in left]
        if change.rule == "PR11":
            plan.phase = CarePlan.Phase.BUILDING
        plan.save(update_fields=["items", "later", "phase"])
    elif change.decision != PlanChange.Decision.PROPOSED:
        return None
    change.decision, change.decided_at, change.barrier = PlanChange.Decision.DECLINED, now, barrier
    change.save(update_fields=["decision", "decided_at", "barrier"])
    return change


def against_decisions(plan: CarePlan, items: Iterable[Mapping[str, Any]]) -> bool:
    """Whether these items in the plan would move one that is locked, or bring back one not offered."""
    here, there = ({one["id"]: one["dose"] for one in rows} for rows in (plan.items, items))
    moved = {name for name in {*here, *there} if here.get(name) != there.get(name)}
    holds = standing_decisions(plan.person_id) if moved else {}
    return any(
        (hold.locked and name in here) or (not hold.offered and name in there)
        for name, hold in holds.items()
        if name in moved
    )


def _locked(person: Person, pk: int) -> PlanChange | None:
    Person.objects.select_for_update().get(pk=person.pk)
    mine = PlanChange.objects.filter(care_plan__person=person, pk=pk).select_related("care_plan")
    return mine.filter(care_plan=CarePlan.objects.filter(person=person).order_by("-pk").first()).first()


# ---- What a new plan takes over


def carry_over(
    known: Knowledge,
    before: CarePlan | None,
    items: list[dict[str, Any]],
    blocked: Iterable[str],
    answers: Answers,
    now: datetime,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], datetime, str]:
    """The items of a new plan at the doses reached, those left out for now, course start and phase.

    The course goes on while it lasts or is kept up; after it a new one begins, and so it does when pain is
    really above the goal again. Doses stay as they are. An exercise that had given way to the next of its
    family stays that one, unless something now rules it out; one that a practitioner added is beside them.
    """
    old = {one["id"]: one for one in before.items if _is_growing(known, one["id"])} if before else {}
    if before is None or not old:
        return items, [], now, CarePlan.Phase.BUILDING
    table, since, phase = progression_table(), course_start(before), before.phase
    goes_on = now - since < timedelta(weeks=table.course.weeks) or phase == CarePlan.Phase.MAINTENANCE
    if phase == CarePlan.Phase.MAINTENANCE and _back_again(known, table, answers):
        goes_on, phase = False, CarePlan.Phase.BUILDING
    new, ruled_out = {one["id"] for one in items}, set(blocked)
    added = {name for name, hold in standing_decisions(before.person_id).items() if hold.added}
    spare = [one for name, one in old.items() if name not in new | ruled_out | added]
    fewer = _left_out_by_choice(before)
    carried: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    for one in items:
        if not _is_growing(known, one["id"]):
            carried.append(one)
            continue
        family = known.items[one["id"]].family
        successor = next((other for other in spare if known.items[other["id"]].family == family), None)
        if one["id"] in old:
            carried.append({**one, "dose": old[one["id"]]["dose"]})
        elif successor is not None:
            spare.remove(successor)
            carried.append({**one, "id": successor["id"], "dose": successor["dose"]})
        elif fewer:
            left.append({"id": one["id"], "reasons": [*one["reasons"], fewer]})
        else:
            carried.append(one)
    return carried, left, since if goes_on else now, phase


def _back_again(known: Knowledge, table: ProgressionTable, answers: Answers) -> bool:
    """Whether pain on average is above the goal by more than measurement error."""
    pain, real = answers.get("nrs_avg_7d"), known.measures["pain"].real
    return (
        isinstance(pain, (int, float)) and real is not None and pain >= table.goal.pain_at_most + real.points
    )


def _left_out_by_choice(plan: CarePlan) -> str:
    made = PlanChange.objects.filter(
        care_plan__person=plan.person_id, rule="PR6", decision=PlanChange.Decision.ACCEPTED
    )
    last = made.filter(decided_at__gte=course_start(plan)).order_by("-pk").first()
    return last.reason if last is not None else ""


def _is_growing(known: Knowledge, name: str) -> bool:
    return name in known.items and known.items[name].family in GROWING_FAMILIES


# ---- What a practitioner decided


def standing_decisions(person: Person | int) -> dict[str, Hold]:
    """What the decisions about the person's plan come to, item by item."""
    rows = PlanDecision.objects.filter(person=person).order_by("at", "pk")
    return holds_of([as_decision(one) for one in rows])


def as_decision(row: PlanDecision) -> Decision:
    """A row as the domain has it."""
    return Decision(
        key=str(row.key),
        item=row.item,
        kind=row.kind,  # type: ignore[arg-type]
        at=row.at,
        by=row.by,
        dose=Dose(**row.dose) if row.dose else None,
        why=row.why,
        answer=row.answer,  # type: ignore[arg-type]
        answer_why=row.answer_why,
    )


def placed(rows: Iterable[Mapping[str, Any]]) -> tuple[Placed, ...]:
    """Items of a plan as the domain has them."""
    return tuple(
        Placed(one["id"], Dose(**one.get("dose", {})), tuple(one["reasons"]), bool(one.get("optional")))
        for one in rows
    )


def plain_item(one: Placed) -> dict[str, Any]:
    """An item as the record keeps it."""
    return {
        "id": one.id,
        "dose": plain_dose(one.dose),
        "reasons": list(one.reasons),
        "optional": one.optional,
    }


def gave_way(person: Person, since: datetime | None) -> dict[str, str]:
    """For each exercise that a rule replaced since then, the one that took its place."""
    made = PlanChange.objects.filter(care_plan__person=person, decision=PlanChange.Decision.ACCEPTED)
    if since is not None:
        made = made.filter(at__gte=since)
    return {
        one["item"]: one["after"]
        for changes in made.order_by("at", "pk").values_list("changes", flat=True)
        for one in changes
        if one["what"] == "exercise"
    }


# ---- What the rules read


def course_start(plan: CarePlan) -> datetime:
    """Since when the plan may grow."""
    return plan.course_since or plan.made_at


def course_of(known: Knowledge, person: Person, plan: CarePlan, now: datetime) -> Course:
    """What the rules read of the record, as of `now`."""
    table = progression_table()
    since, today = course_start(plan), timezone.localdate(now)
    began = timezone.localdate(since)
    pasts, done = _sessions(person, since, now)
    made = list(
        PlanChange.objects.filter(care_plan__person=person, at__gte=since)
        .exclude(decision__in=(PlanChange.Decision.PROPOSED, PlanChange.Decision.LAPSED))
        .select_related("care_plan")
    )
    history = versions(person, since)
    planned = [(timezone.localdate(one.since), _planned_days(known, one.items)) for one in history]
    off = list(DayOff.objects.filter(person=person, on__gte=began).values_list("on", "kind"))
    days_off = {on for on, _ in off}
    last = timezone.localdate(pasts[-1].at) if pasts else began

    def share(days: int) -> float | None:
        first = max(began, today - timedelta(days=days - 1))
        return adherence(
            planned, done, first, today, days_off=days_off, least_days=table.adherence.least_days
        )

    holds = standing_decisions(person)
    # The goal looks back beyond the course: a new one may begin when it is nearly reached.
    lately = today - timedelta(weeks=2 * table.goal.weeks)
    rated = progress.ratings(person, Rating.Measure.PAIN_AVERAGE, since=min(began, lately))
    pain, recent = ([row for row in rated if row[0] >= day] for day in (began, lately))
    activities = _activities(person, began)
    start = progress.first_rating(person, Rating.Measure.PAIN_AVERAGE)
    goal = [*([start] if start is not None else []), *(row for row in recent if row != start)]
    return Course(
        now=now,
        began=began,
        exercises=exercises_of(known, plan.items),
        sessions=pasts,
        decided=tuple(_decided(known, one) for one in made),
        in_plan_since=_in_plan_since(history),
        blocked=frozenset(one["exercise"] for one in plan.outcome.result["blocked"])
        | {name for name, hold in holds.items() if not hold.offered},
        locked=frozenset(name for name, hold in holds.items() if hold.locked),
        adherence=share(table.adherence.days),
        adherence_no_gain=share(7 * table.no_gain.weeks),
        sick_days=sum(kind == DayOff.Kind.SICK and last < on <= today for on, kind in off),
        gained=gained(known, pain, activities),
        goal_reached=goal_reached(table.goal, goal, activities, today),
        maintenance=plan.phase == CarePlan.Phase.MAINTENANCE,
    )


def adherence_between(known: Knowledge, person: Person, first: date, last: date) -> float | None:
    """The share, 0 to 1, of the exercise days that the plans in force asked for and that were done.

    Both days are included; None if too few were asked for to tell.
    """
    start = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    sets = SetDone.objects.filter(session__person=person, at__gte=start)
    off = DayOff.objects.filter(person=person, on__gte=first)
    return adherence(
        [(timezone.localdate(one.since), _planned_days(known, one.items)) for one in versions(person)],
        {(timezone.localdate(at), item) for item, at in sets.values_list("item", "at")},
        first,
        last,
        days_off=set(off.values_list("on", flat=True)),
        least_days=progression_table().adherence.least_days,
    )


def gained(
    known: Knowledge, pain: Sequence[tuple[date, float]], activities: Sequence[Sequence[tuple[date, float]]]
) -> bool | None:
    """Whether pain is meaningfully lower, or activities go really better, than where they began.

    None if neither can be told: too few ratings, or nothing left to gain, because the goal is where they are.
    """
    table, goal = change_table(), progression_table().goal
    counted = ("lower", "no_change", "higher")
    told: list[bool] = []
    change = pain_change(table, known.measures["pain"], pain)
    if change.last is not None and change.verdict in counted:
        better = change.verdict == "lower"
        told += [better] if better or change.last > goal.pain_at_most else []
    several = activities_change(table, known.measures["activities"], activities)
    for one in (several, *(activity_change(table, rows) for rows in activities)):
        if one.last is not None and one.verdict in counted:
            better = one.verdict == "higher"
            told += [better] if better or one.last < goal.activity_at_least else []
    return any(told) if told else None


def asks_to_check_in(plan: CarePlan) -> str:
    """PR5: why the danger signs are to be asked again before the next session; empty if they are not.

    A check-in makes a new plan, so what stands against this one has not been followed by any.
    """
    asked = PlanChange.objects.filter(care_plan=plan, rule="PR5").order_by("-pk").first()
    return asked.reason if asked is not None else ""


def next_is_halved(person: Person, plan: CarePlan) -> bool:
    """PR4 and PR5: whether the next session takes half its sets, because the last one was red."""
    ended = Session.objects.filter(
        person=person, finished_at__isnull=False, started_at__gte=course_start(plan)
    ).exclude(sets_done=None, stop_rule="")
    last = ended.order_by("-started_at", "-pk").first()
    return last is not None and light_of(last, last.sets_done.exists()) == "red"


def no_gain_weeks(known: Knowledge, person: Person, plan: CarePlan | None, now: datetime) -> int | None:
    """PR10: weeks of the plan done without a gain, if they are enough for someone to look; else None."""
    if plan is None or not exercises_of(known, plan.items):
        return None
    seen = course_of(known, person, plan, now)
    return weeks_of(seen) if needs_look(progression_table(), seen) else None


def exercises_of(known: Knowledge, items: Iterable[Mapping[str, Any]]) -> tuple[Exercise, ...]:
    """The exercises among a plan's items that the rules move."""
    return tuple(
        Exercise(known.items[one["id"]], Dose(**one["dose"]))
        for one in items
        if _is_growing(known, one["id"])
    )


def versions(person: Person, since: datetime | None = None) -> list[Version]:
    """The plans since then, and each change of one that was accepted, oldest first."""
    plans = CarePlan.objects.filter(person=person).order_by("pk").prefetch_related("plan_changes")
    if since is not None:
        plans = plans.filter(made_at__gte=since)
    found: list[Version] = []
    for plan in plans:
        made = sorted(
            (
                one
                for one in plan.plan_changes.all()
                if one.decision == PlanChange.Decision.ACCEPTED and one.decided_at
            ),
            key=lambda one: (one.decided_at, one.pk),
        )
        first = made[0].before if made else plan.items
        found.append(Version(plan.made_at, "", "", first, None))
        found += [Version(one.decided_at or one.at, one.rule, one.reason, one.after, one) for one in made]
    return found


def _planned_days(known: Knowledge, items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    return {
        one["id"]: one["dose"]["days_per_week"]
        for one in items
        if _is_growing(known, one["id"]) and one["dose"].get("days_per_week")
    }


def _in_plan_since(history: Sequence[Version]) -> dict[str, date]:
    since: dict[str, date] = {}
    for one in history:
        here = {row["id"] for row in one.items}
        since = {name: day for name, day in since.items() if name in here}
        for name in here:
            since.setdefault(name, timezone.localdate(one.since))
    return since


def _sessions(
    person: Person, since: datetime, now: datetime
) -> tuple[tuple[Past, ...], set[tuple[date, str]]]:
    """The sessions of the course that are over, oldest first, and on which day which exercise was done."""
    rows = Session.objects.filter(
        person=person, finished_at__isnull=False, started_at__gte=since, started_at__lte=now
    )
    sets: dict[int, set[str]] = {}
    done: set[tuple[date, str]] = set()
    of_course = SetDone.objects.filter(session__person=person, session__started_at__gte=since)
    for session, item, at in of_course.values_list("session_id", "item", "at"):
        sets.setdefault(session, set()).add(item)
        done.add((timezone.localdate(at), item))
    settles = timedelta(hours=progression_table().settles_h)
    pasts = tuple(
        Past(
            key=str(one.key),
            at=one.finished_at or one.started_at,
            items=frozenset(sets.get(one.pk, ())),
            light=light_of(one, bool(sets.get(one.pk))),
            effort=one.effort,
            settled=one.settled is not None or now - (one.finished_at or one.started_at) >= settles,
        )
        for one in rows.order_by("started_at", "pk")
        if one.pk in sets or one.stop_rule
    )
    return pasts, done


def _decided(known: Knowledge, row: PlanChange) -> Decided:
    rule: RuleId = row.rule  # type: ignore[assignment]
    assert rule in get_args(RuleId)
    return Decided(
        rule=rule,
        because=row.because,
        at=row.decided_at or row.at,
        changes=tuple(Change(**one) for one in row.changes),
        before=exercises_of(known, row.before),
        declined=row.decision == PlanChange.Decision.DECLINED,
    )


def _activities(person: Person, began: date) -> list[list[tuple[date, float]]]:
    start = timezone.make_aware(datetime.combine(began, datetime.min.time()))
    rows = Rating.objects.filter(
        person=person, measure=Rating.Measure.ACTIVITY, activity__dropped_at=None, at__gte=start
    ).order_by("at", "pk")
    found: dict[int | None, dict[date, float]] = {}
    for activity, at, value in rows.values_list("activity_id", "at", "value"):
        found.setdefault(activity, {})[timezone.localdate(at)] = value
    return [list(days.items()) for days in found.values()]
