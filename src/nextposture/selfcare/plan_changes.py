"""What changes of a plan the pages show: which exercise, from what dose to what, by which rule and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.planning.progression_table import Rule, progression_table
from nextposture.planning.reviews import review_due
from nextposture.record import check_ins, course
from nextposture.record.change_lines import Line, lines
from nextposture.record.models import CarePlan, Person, PlanChange
from nextposture.selfcare.day_forms import BarrierForm


@dataclass(frozen=True)
class ChangeShown:
    """A change of the plan. `can_be_taken_back`: it holds, and nothing is against it since."""

    change: PlanChange
    rule: Rule
    lines: tuple[Line, ...]
    can_be_taken_back: bool


@dataclass(frozen=True)
class VersionShown:
    """From when a plan was followed, what it was called, and why."""

    since: datetime
    name: str
    reason: str
    lines: tuple[Line, ...]


def change_shown(known: Knowledge, change: PlanChange, plan: CarePlan) -> ChangeShown:
    """A change as the pages show it."""
    held = change.decision == PlanChange.Decision.ACCEPTED and bool(change.changes)
    held = held and change.rule != course.DECIDED
    return ChangeShown(
        change,
        progression_table().rules[change.rule],  # type: ignore[index]
        lines(known, change),
        held and plan.items == change.after and not course.against_decisions(plan, change.before),
    )


def change_context(known: Knowledge, plan: CarePlan, look: course.Look | None) -> dict[str, Any]:
    """What a page shows of where the plan stands: what is proposed, and the last step that was taken."""
    if look is None:
        return {"look": None}
    latest = look.latest
    return {
        "look": look,
        "proposed": change_shown(known, look.proposed, plan) if look.proposed is not None else None,
        "latest": change_shown(known, latest, plan) if latest is not None else None,
        "barriers": BarrierForm().fields["barrier"].choices,  # type: ignore[attr-defined]
        "course_weeks": progression_table().course.weeks,
    }


def versions_shown(known: Knowledge, person: Person) -> tuple[VersionShown, ...]:
    """Every plan there was and every change of one that was accepted, the newest first."""
    rules = progression_table().rules
    return tuple(
        VersionShown(
            one.since,
            rules[one.rule].name if one.rule in rules else "A plan from a check-in",  # type: ignore[index]
            one.reason,
            lines(known, one.change) if one.change is not None else (),
        )
        for one in reversed(course.versions(person))
    )


def review_now(known: Knowledge, person: Person, plan: CarePlan, today: date) -> int | None:
    """After how many weeks the review that is due was to be; None if none is due."""
    last = check_ins.last_finished(person)
    if last is None or last.finished_at is None:
        return None
    began = timezone.localdate(course.course_start(plan))
    return review_due(known.plan.review_weeks, began, timezone.localdate(last.finished_at), today)
