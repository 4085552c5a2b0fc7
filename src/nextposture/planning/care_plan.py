"""The care plan: chosen items with their doses, reasons and review dates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nextposture.assessment import FactorFinding
from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning.dosing import Dose, start_doses
from nextposture.planning.selection import Choice, choose
from nextposture.screening import Outcome


@dataclass(frozen=True)
class PlanItem:
    """One thing in a plan, with how much of it and why it is there."""

    item: Item
    dose: Dose
    reasons: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class CarePlan:
    """What to do from today. `label` is said with the plan wherever it is shown, if not empty."""

    items: tuple[PlanItem, ...]
    later: tuple[Choice, ...]
    left_out: tuple[Choice, ...]
    label: str


def make_plan(
    knowledge: Knowledge, answers: Answers, outcome: Outcome, findings: Iterable[FactorFinding]
) -> CarePlan:
    """A new plan at its start doses."""
    chosen = choose(knowledge, answers, outcome, findings)
    doses = start_doses(knowledge, answers, [choice.item for choice in chosen.items])
    return CarePlan(
        items=tuple(
            PlanItem(choice.item, doses[choice.item.id], choice.reasons, choice.optional)
            for choice in chosen.items
        ),
        later=chosen.later,
        left_out=chosen.left_out,
        label=chosen.gate.why,
    )
