"""Whether the person's plan is open now; where it is not, what they should do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nextposture.knowledge import Knowledge, Urgency
from nextposture.knowledge.danger_signs import Action
from nextposture.knowledge.plan_rules import StopRule
from nextposture.planning.session import session_table
from nextposture.record import check_ins
from nextposture.record.models import CarePlan, Person
from nextposture.record.sessions import standing_stop
from nextposture.screening import Outcome

Shut = Literal["no_check_in", "unfinished", "emergency", "see_someone", "check_in_again"]


@dataclass(frozen=True)
class OpenPlan:
    """The plan, or why there is none to follow now.

    `shut` is None while the plan may be followed. `level` says what to do and `why` because of what;
    `actions` are what to do and say for each condition of an emergency.
    """

    plan: CarePlan | None
    shut: Shut | None = None
    level: str = ""
    why: tuple[str, ...] = ()
    actions: tuple[Action, ...] = ()


def open_plan(known: Knowledge, person: Person) -> OpenPlan:
    """The plan that the person may follow now.

    It is shut by a stop sign of the last session until a later check-in, by a danger sign in a check-in that
    is still open, and by an outcome that allows no plan.
    """
    outcome = check_ins.current_outcome(person)
    stopped = standing_stop(known, person, outcome)
    if stopped is not None:
        return _after_stop(known, stopped)
    found = check_ins.find_open(person)
    if found is not None and check_ins.on_hold(person):
        return _shut(known, check_ins.screened(known, found, outcome))
    if outcome is None:
        return OpenPlan(None, "unfinished" if found is not None and found.answers else "no_check_in")
    plan = check_ins.current_plan(person)
    if plan is not None and plan.outcome == outcome and any(one["dose"] for one in plan.items):
        return OpenPlan(plan)
    return _shut(known, check_ins.as_outcome(outcome), plan.label if plan else "")


def _after_stop(known: Knowledge, rule: StopRule) -> OpenPlan:
    why = (f"You stopped your last session because of this: {rule.text[:1].lower()}{rule.text[1:]}.",)
    if rule.urgency is None:
        return OpenPlan(None, "check_in_again", why=why)
    action = known.danger_signs.actions[session_table().points_to[rule.id]]
    return OpenPlan(None, "emergency", known.danger_signs.levels[rule.urgency].text, why, (action,))


def _shut(known: Knowledge, outcome: Outcome, label: str = "") -> OpenPlan:
    level = known.danger_signs.levels[outcome.urgency].text
    grave = [one for one in outcome.reasons if one.level is outcome.urgency]
    why = tuple(one.plain for one in grave) or ((label,) if label else ())
    if outcome.urgency is Urgency.EMERGENCY_NOW:
        conditions = dict.fromkeys(one.condition for one in grave)
        actions = tuple(known.danger_signs.actions[name] for name in conditions if name)
        return OpenPlan(None, "emergency", level, why, actions)
    if outcome.status == "incomplete" and not any(one.kind == "rule" for one in grave):
        return OpenPlan(None, "unfinished", why=why)
    return OpenPlan(None, "see_someone", level, why)
