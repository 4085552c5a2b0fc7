"""What a practitioner decided about the plan, as the person's pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from nextposture.knowledge import Knowledge
from nextposture.planning.decisions import decision_table
from nextposture.record import decided
from nextposture.record.models import CarePlan, Person, PlanDecision


@dataclass(frozen=True)
class DecisionShown:
    """One decision. `line` says what and by whom; `conflict`, what the screening has against it.

    `locked` says that no rule of the app moves the item. The person may say that they would rather not
    (`may_decline`), or that they will after all (`declined`).
    """

    key: UUID
    item: str
    name: str
    line: str
    at: datetime
    why: str
    locked: bool
    conflict: str
    new: bool
    declined: bool
    declined_why: str
    may_decline: bool


def decisions_shown(known: Knowledge, person: Person, plan: CarePlan | None) -> Mapping[str, DecisionShown]:
    """The newest decision about each item that the plan follows."""
    newest = decided.newest_of(person)
    against = decided.conflicts(known, person, plan) if newest else {}
    return {
        name: _shown(known, row, against.get(name, ""))
        for name, row in newest.items()
        if row.in_force_at is not None
    }


def _shown(known: Knowledge, row: PlanDecision, conflict: str) -> DecisionShown:
    kind = decision_table().kinds[row.kind]  # type: ignore[index]
    item, declined = known.items.get(row.item), row.answer == PlanDecision.Answer.RATHER_NOT
    return DecisionShown(
        key=row.key,
        item=row.item,
        name=item.name if item is not None else row.item,
        line=f"{kind.line} by {row.by}",
        at=row.at,
        why=row.why,
        locked=kind.locks,
        conflict=conflict,
        new=row.answer == "",
        declined=declined,
        declined_why=row.answer_why if declined else "",
        may_decline=not declined and not kind.takes_out and row.kind != PlanDecision.Kind.FREED,
    )
