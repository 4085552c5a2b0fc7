"""Which items a plan holds: the gate of the urgency, then the selection rules, the blocks and the caps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nextposture.assessment import FactorFinding
from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.items import Item
from nextposture.knowledge.plan_rules import Gate, Selection
from nextposture.screening import Outcome, without
from nextposture.screening.logic import Facts, holds


@dataclass(frozen=True)
class Choice:
    """An item and why it is (or is not) in the plan."""

    item: Item
    reasons: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True)
class Chosen:
    """What is in the plan, what waits for later because of the caps, and what was left out and why."""

    gate: Gate
    items: tuple[Choice, ...]
    later: tuple[Choice, ...]
    left_out: tuple[Choice, ...]


def choose(
    knowledge: Knowledge, answers: Answers, outcome: Outcome, findings: Iterable[FactorFinding]
) -> Chosen:
    """The items of a plan, each with its reasons."""
    gate = gate_for(knowledge, answers, outcome)
    picker = _Picker(knowledge, gate, {one.exercise: one.because for one in outcome.blocked})
    if gate.plan == "none":
        for name in gate.allow:
            picker.add(name, gate.why)
        return picker.result()
    for name in knowledge.plan.always:
        picker.add(name, "Everyone gets this.")
    facts = Facts(without(answers, outcome.ignored), states={one.factor.id: one.state for one in findings})
    for rule in knowledge.plan.selection:
        if holds(rule.when, facts):
            picker.apply(rule)
    return picker.result()


def gate_for(knowledge: Knowledge, answers: Answers, outcome: Outcome) -> Gate:
    """What a plan may hold. Whoever may be under the minimum age gets no self-guided plan."""
    gates = knowledge.plan.gates
    if outcome.urgency.name == "EMERGENCY_NOW":
        return gates.EMERGENCY_NOW
    if outcome.status == "incomplete":
        return gates.incomplete
    age = answers.get("age_years")
    if not isinstance(age, int) or age < knowledge.plan.minimum_age.years:
        return gates.under_16
    gate: Gate = getattr(gates, outcome.urgency.name)
    return gate


class _Picker:
    def __init__(
        self, knowledge: Knowledge, gate: Gate, blocked: dict[str, tuple[tuple[str, str], ...]]
    ) -> None:
        self._knowledge = knowledge
        self._gate = gate
        self._blocked = blocked
        self._chosen: dict[str, Choice] = {}
        self._left_out: dict[str, Choice] = {}

    def apply(self, rule: Selection) -> None:
        names = list(rule.add)
        if any(name in self._blocked for name in names):
            names += [name for name in rule.else_if_blocked if name not in names]
        for name in names:
            self.add(name, rule.why, rule.optional)
        for name in rule.leaves_out:
            self._leave_out(name, rule.note)

    def add(self, name: str, why: str, optional: bool = False) -> None:
        if name in self._blocked:
            for _, plain in self._blocked[name]:
                self._leave_out(name, plain)
        elif self._gate.plan == "limited" and name not in self._gate.allow:
            self._leave_out(name, self._gate.why)
        else:
            item = self._knowledge.items[name]
            earlier = self._chosen.get(name)
            reasons = (*(earlier.reasons if earlier else ()), why)
            self._chosen[name] = Choice(item, reasons, optional or item.optional)

    def _leave_out(self, name: str, why: str) -> None:
        earlier = self._left_out.get(name)
        reasons = earlier.reasons if earlier else ()
        self._left_out[name] = Choice(self._knowledge.items[name], tuple(dict.fromkeys((*reasons, why))))

    def result(self) -> Chosen:
        caps = self._knowledge.plan.caps
        counts = {"habits": 0, "exercises": 0}
        kept: list[Choice] = []
        later: list[Choice] = []
        for choice in self._chosen.values():
            kind = "exercises" if choice.item.is_exercise else "habits"
            cap = getattr(caps, kind)
            counted = choice.item.id not in cap.not_counted and not (kind == "habits" and choice.optional)
            if counted and counts[kind] >= cap.most:
                later.append(Choice(choice.item, (*choice.reasons, caps.why), choice.optional))
                continue
            counts[kind] += counted
            kept.append(choice)
        left_out = tuple(one for name, one in self._left_out.items() if name not in self._chosen)
        return Chosen(self._gate, tuple(kept), tuple(later), left_out)
