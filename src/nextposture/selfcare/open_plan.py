"""Whether the person's plan is open now; where it is not, what they should do instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from django.utils import timezone

from nextposture.knowledge import Knowledge, Urgency
from nextposture.knowledge.danger_signs import Action
from nextposture.knowledge.plan_rules import StopRule
from nextposture.planning.session import session_table
from nextposture.record import check_ins, course, stop_signs
from nextposture.record.models import CarePlan, CheckIn, Person
from nextposture.record.models import Outcome as Kept
from nextposture.record.sessions import pain_wait, too_painful_since
from nextposture.screening import Outcome
from nextposture.selfcare.alarm import CRISIS

Shut = Literal["emergency", "see_someone", "check_in_again", "unfinished", "no_check_in"]
GRAVEST_FIRST: tuple[Shut, ...] = ("emergency", "see_someone", "check_in_again", "unfinished", "no_check_in")


@dataclass(frozen=True)
class ExercisesWait:
    """Why the exercises wait while breaks and habits go on.

    Until a time, or until a check-in: one that is open, or with `check_in` a new one.
    """

    why: tuple[str, ...]
    until: datetime | None = None
    check_in: bool = False


@dataclass(frozen=True)
class OpenPlan:
    """The plan, or why there is none to follow now.

    `shut` is None while the plan may be followed. `level` says what to do and `why` because of what;
    `actions` are what to do and say for each condition of an emergency; `crisis` asks for a crisis line.
    `since_the_outcome`: it is shut by something that came after the last outcome.
    """

    plan: CarePlan | None
    shut: Shut | None = None
    level: str = ""
    why: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()
    crisis: bool = False
    since_the_outcome: bool = False
    wait: ExercisesWait | None = None


def open_plan(known: Knowledge, person: Person) -> OpenPlan:
    """The plan that the person may follow now.

    It is shut by stop signs of sessions until a check-in answered after them, by a danger sign in a check-in
    that is still open, and by an outcome that allows no plan; the gravest of them says what to do.
    """
    outcome = check_ins.current_outcome(person)
    found = check_ins.find_open(person)
    shut = [_after_stop(known, rule) for rule in stop_signs.standing(known, person)]
    if found is not None and check_ins.on_hold(known, found):
        shut.append(_on_hold(known, found, outcome))
    if outcome is None:
        shut.append(OpenPlan(None, "unfinished" if found is not None and found.answers else "no_check_in"))
        return _gravest(shut)
    plan = outcome.care_plan
    if not any(one["dose"] for one in plan.items):
        shut.append(_shut(known, check_ins.as_outcome(outcome), plan.label))
    if shut:
        return _gravest(shut)
    holds = check_ins.exercises_on_hold(known, plan, found) if found is not None else ()
    if (reason := course.asks_to_check_in(plan)) and not holds:
        return OpenPlan(plan, wait=ExercisesWait((reason,), check_in=True))
    return OpenPlan(plan, wait=ExercisesWait(holds) if holds else _too_painful(known, person))


def _gravest(shut: list[OpenPlan]) -> OpenPlan:
    """The gravest, with the reasons and actions of those that are as grave; a crisis line is never lost."""
    by_gravity = sorted(shut, key=lambda one: GRAVEST_FIRST.index(one.shut or "no_check_in"))
    first = by_gravity[0]
    same = [one for one in by_gravity if one.shut == first.shut]
    return replace(
        first,
        why=tuple(dict.fromkeys(line for one in same for line in one.why)),
        actions=tuple({action.name: action for one in same for action in one.actions}.values()),
        crisis=any(one.crisis for one in shut),
        since_the_outcome=any(one.since_the_outcome for one in shut),
    )


def _after_stop(known: Knowledge, rule: StopRule) -> OpenPlan:
    why = (f"You told us this about a session: {rule.text[:1].lower()}{rule.text[1:]}.",)
    if rule.urgency is None:
        return OpenPlan(None, "check_in_again", why=why, since_the_outcome=True)
    action = known.danger_signs.actions[session_table().points_to[rule.id]]
    level = known.danger_signs.levels[rule.urgency].text
    return OpenPlan(None, "emergency", level, why, (action,), since_the_outcome=True)


def _on_hold(known: Knowledge, found: CheckIn, outcome: Kept | None) -> OpenPlan:
    so_far = check_ins.screened(known, found, outcome)
    before = {one["id"] for one in outcome.result["reasons"]} if outcome is not None else set()
    new = any(one.level is not None and one.id not in before for one in check_ins.told(known, so_far))
    return replace(_shut(known, so_far), since_the_outcome=new)


def _shut(known: Knowledge, outcome: Outcome, label: str = "") -> OpenPlan:
    level = known.danger_signs.levels[outcome.urgency].text
    told = check_ins.told(known, outcome)
    grave = [one for one in told if one.level is outcome.urgency]
    why = tuple(one.plain for one in grave) or ((label,) if label else ())
    crisis = CRISIS in outcome.routes
    if outcome.urgency is Urgency.EMERGENCY_NOW:
        conditions = dict.fromkeys(one.condition for one in grave)
        actions = tuple(known.danger_signs.actions[name] for name in conditions if name)
        return OpenPlan(None, "emergency", level, why, actions, crisis)
    if outcome.status == "incomplete" and (not grave or outcome.urgency < Urgency.WITHIN_2_WEEKS):
        open_ones = tuple(one.plain for one in outcome.reasons if one.level is outcome.urgency)
        return OpenPlan(None, "unfinished", why=open_ones, crisis=crisis)
    return OpenPlan(None, "see_someone", level, why, crisis=crisis)


def _too_painful(known: Knowledge, person: Person) -> ExercisesWait | None:
    told = too_painful_since(person, timezone.now())
    if told is None:
        return None
    at = timezone.localtime(told.at)
    limit = known.plan.pain_limits.stop_now_at
    why = f"You rated your pain {told.value:g} at {at:%H:%M}. From {limit:g} upwards the exercises wait."
    return ExercisesWait((why,), told.at + pain_wait())
