"""Three-valued logic: what a condition is worth when some answers are not known.

A comparison with an answer that is not known (not asked, `dk`, `pna`) is UNKNOWN; `na` is known, and every
comparison with it is FALSE. `all`, `any` and `not` follow Kleene. tests/unit/test_logic.py has the tables.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from nextposture.knowledge.answers import NOT_APPLICABLE, Answers, Value, is_known
from nextposture.knowledge.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    AtLeast,
    BelowReference,
    Comparison,
    Derived,
    FactorState,
    FieldGreater,
    Negation,
    State,
    Surely,
    UnlessSurely,
)
from nextposture.knowledge.factors import Reference


class Truth(Enum):
    """A truth value of Kleene's strong three-valued logic."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


@dataclass(frozen=True)
class Facts:
    """What conditions are evaluated against: answers, and the names that conditions may use."""

    answers: Answers
    derived: Mapping[str, AnyCondition] = field(default_factory=dict)
    references: Mapping[str, Reference] = field(default_factory=dict)
    states: Mapping[str, State] = field(default_factory=dict)


def evaluate(condition: AnyCondition, facts: Facts) -> Truth:
    """The truth of `condition` given `facts`."""
    match condition:
        case Comparison():
            return _compare(condition, facts.answers.get(condition.input))
        case FieldGreater():
            pair = (facts.answers.get(condition.input), facts.answers.get(condition.other))
            return _ordered("gt", *pair)
        case BelowReference():
            return _below(condition, facts)
        case FactorState():
            return _truth(facts.states.get(condition.factor, "unknown") in condition.states)
        case Derived():
            return evaluate(facts.derived[condition.name], facts)
        case AllOf():
            return all_of(evaluate(part, facts) for part in condition.parts)
        case AnyOf():
            return any_of(evaluate(part, facts) for part in condition.parts)
        case AtLeast():
            return at_least(condition.count, (evaluate(part, facts) for part in condition.parts))
        case Negation():
            return negation(evaluate(condition.part, facts))
        case Surely():
            return _truth(evaluate(condition.part, facts) is TRUE)
        case UnlessSurely():
            return _truth(evaluate(condition.part, facts) is not TRUE)


def holds(condition: AnyCondition, facts: Facts) -> bool:
    """Whether the condition is TRUE; UNKNOWN does not hold."""
    return evaluate(condition, facts) is TRUE


def negation(value: Truth) -> Truth:
    """Kleene's not."""
    return {TRUE: FALSE, FALSE: TRUE, UNKNOWN: UNKNOWN}[value]


def all_of(values: Iterable[Truth]) -> Truth:
    """Kleene's and: FALSE if any is FALSE, else UNKNOWN if any is UNKNOWN, else TRUE."""
    found = set(values)
    return FALSE if FALSE in found else UNKNOWN if UNKNOWN in found else TRUE


def any_of(values: Iterable[Truth]) -> Truth:
    """Kleene's or: TRUE if any is TRUE, else UNKNOWN if any is UNKNOWN, else FALSE."""
    found = set(values)
    return TRUE if TRUE in found else UNKNOWN if UNKNOWN in found else FALSE


def at_least(count: int, values: Iterable[Truth]) -> Truth:
    """TRUE if `count` are TRUE; FALSE if even with every UNKNOWN there would be fewer; else UNKNOWN."""
    found = list(values)
    sure = found.count(TRUE)
    if sure >= count:
        return TRUE
    return FALSE if sure + found.count(UNKNOWN) < count else UNKNOWN


_ORDER: Mapping[str, Callable[[float, float], bool]] = {
    "ge": operator.ge,
    "gt": operator.gt,
    "le": operator.le,
    "lt": operator.lt,
}


def _truth(value: bool) -> Truth:
    return TRUE if value else FALSE


def _compare(condition: Comparison, answer: Value) -> Truth:
    if condition.operator in _ORDER:
        assert not isinstance(condition.value, tuple)
        return _ordered(condition.operator, answer, condition.value)
    if not is_known(answer):
        return UNKNOWN
    if answer == NOT_APPLICABLE:
        return FALSE
    if condition.operator == "in":
        assert isinstance(condition.value, tuple)
        return _truth(answer in condition.value)
    return _truth((answer == condition.value) == (condition.operator == "eq"))


def _ordered(name: str, left: Value, right: Value) -> Truth:
    if NOT_APPLICABLE in (left, right):
        return FALSE
    if not is_known(left) or not is_known(right):
        return UNKNOWN
    assert isinstance(left, (int, float)) and isinstance(right, (int, float))
    return _truth(_ORDER[name](left, right))


def _below(condition: BelowReference, facts: Facts) -> Truth:
    """Below the reference in every row that may be this person's: TRUE; in none: FALSE; else UNKNOWN."""
    value, age = facts.answers.get(condition.input), facts.answers.get("age_years")
    sex = facts.answers.get("sex")
    rows = [
        row
        for row in facts.references[condition.reference].rows
        if (not is_known(age) or (isinstance(age, int) and row.age[0] <= age <= row.age[1]))
        and (row.sex is None or sex not in ("male", "female") or row.sex == sex)
    ]
    verdicts = {_ordered("lt", value, row.low) for row in rows}
    return verdicts.pop() if len(verdicts) == 1 else UNKNOWN
