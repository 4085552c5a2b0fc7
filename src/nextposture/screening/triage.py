"""From answers to urgency: every rule, floor and contradiction evaluated, the most urgent one counts.

Order never matters, nothing is scored, and no unknown answer is safer than a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nextposture.knowledge import Answers, Knowledge, Urgency, Value
from nextposture.knowledge.answers import is_known, is_left_open
from nextposture.knowledge.conditions import AnyCondition, inputs_of
from nextposture.knowledge.danger_signs import Block, Floor, Status
from nextposture.screening.logic import FALSE, TRUE, Facts, evaluate, holds

SOFT_TISSUE_RELEASE = "EX_RELEASE"
"""The one exercise that a question not yet asked already rules out (exercise_blocks in danger_signs.yaml)."""


@dataclass(frozen=True)
class Reason:
    """Something that fired. `level` is what it asks for (None: it only asks again).

    `why` is for a clinician, `plain` for the person. `inputs` are what it rests on: of a rule or a
    contradiction the answers that were given, of a floor the questions that were left open.
    """

    id: str
    kind: Literal["rule", "floor", "contradiction"]
    level: Urgency | None
    why: str
    plain: str
    sources: tuple[str, ...]
    inputs: frozenset[str]
    condition: str = ""
    route: str | None = None


@dataclass(frozen=True)
class Blocked:
    """An exercise that is ruled out, and the reasons in plain words with the ids of their blocks."""

    exercise: str
    because: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Outcome:
    """What the screening says.

    While `status` is incomplete the urgency is provisional: it may only rise, and there is no plan.
    `ignored` names answers left out because they contradict others.
    """

    urgency: Urgency
    status: Status
    reasons: tuple[Reason, ...]
    blocked: tuple[Blocked, ...]
    ignored: frozenset[str]
    knowledge_version: str
    knowledge_hash: str

    @property
    def routes(self) -> tuple[str, ...]:
        """Special routes of the rules that fired, the most urgent first, each once."""
        return tuple(dict.fromkeys(reason.route for reason in self.reasons if reason.route))

    @property
    def contradictions(self) -> tuple[Reason, ...]:
        """What has to be asked again."""
        return tuple(reason for reason in self.reasons if reason.kind == "contradiction")

    @property
    def blocked_exercises(self) -> tuple[str, ...]:
        """Ids of the exercises that are ruled out."""
        return tuple(block.exercise for block in self.blocked)


def screen(knowledge: Knowledge, answers: Answers) -> Outcome:
    """The urgency of checked answers, with every reason. Answers not in the mapping count as not asked."""
    signs = knowledge.danger_signs
    raw = Facts(answers, signs.derived)
    contradicted = [one for one in signs.contradictions if holds(one.when, raw)]
    ignored = frozenset(name for one in contradicted for name in one.ignore)
    facts = Facts(without(answers, ignored), signs.derived)

    reasons = [
        Reason(
            id=rule.id,
            kind="rule",
            level=rule.level,
            why=rule.why,
            plain=rule.plain,
            sources=rule.sources,
            inputs=_answered(rule.when, facts),
            condition=rule.condition,
            route=rule.route,
        )
        for rule in signs.rules
        if holds(rule.when, facts)
    ]
    status: Status = "complete"
    for floor in signs.floors:
        unknown = _unknown_inputs(knowledge, answers, floor)
        if unknown:
            reasons.append(Reason(floor.id, "floor", floor.floor, floor.why, floor.plain, ("M",), unknown))
            status = "incomplete" if floor.status == "incomplete" else status
    reasons += [
        Reason(
            one.id,
            "contradiction",
            one.floor,
            one.why,
            one.plain,
            ("M",),
            _answered(one.when, raw),
        )
        for one in contradicted
    ]
    return Outcome(
        urgency=max((reason.level for reason in reasons if reason.level), default=Urgency.SELF_CARE),
        status=status,
        reasons=most_urgent_first(reasons),
        blocked=_blocked(knowledge, facts),
        ignored=ignored,
        knowledge_version=knowledge.release.version,
        knowledge_hash=knowledge.hash,
    )


def most_urgent_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """By level; within one level the order stays."""
    return tuple(sorted(reasons, key=lambda reason: -(reason.level or 0)))


def without(answers: Answers, ignored: frozenset[str]) -> dict[str, Value]:
    """The answers less those that a contradiction leaves out."""
    return {name: value for name, value in answers.items() if name not in ignored}


def _answered(condition: AnyCondition, facts: Facts) -> frozenset[str]:
    return frozenset(
        name for name in inputs_of(condition, facts.derived) if is_known(facts.answers.get(name))
    )


def _unknown_inputs(knowledge: Knowledge, answers: Answers, floor: Floor) -> frozenset[str]:
    return frozenset(
        name
        for name, one in knowledge.inputs.items()
        if (one.mandatory and one.group is None if floor.mandatory_without_group else False)
        or (one.group is not None and one.group == floor.when_unknown_in_group)
        if answers.get(name) in floor.values
    )


def _blocked(knowledge: Knowledge, facts: Facts) -> tuple[Blocked, ...]:
    because: dict[str, list[tuple[str, str]]] = {}
    for block in knowledge.danger_signs.exercise_blocks:
        for exercise in _ruled_out(block, facts):
            because.setdefault(exercise, []).append((block.id, block.plain))
    in_table_order = [item for item in knowledge.items if item in because]
    return tuple(Blocked(item, tuple(because[item])) for item in in_table_order)


def _ruled_out(block: Block, facts: Facts) -> tuple[str, ...]:
    truth = evaluate(block.when, facts)
    if truth is FALSE:
        return ()
    if truth is TRUE or _left_open(block.when, facts):
        return block.block
    return tuple(item for item in block.block if item == SOFT_TISSUE_RELEASE)


def _left_open(condition: AnyCondition, facts: Facts) -> bool:
    return any(is_left_open(facts.answers.get(name)) for name in inputs_of(condition, facts.derived))
