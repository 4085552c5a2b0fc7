"""The language of the rules: conditions over answers, parsed from nested lists and checked.

`[all, [eq, fever, true], ces_core]` becomes AllOf((Comparison("eq", "fever", True), Derived("ces_core"))).
How a condition is evaluated is `nextposture.screening.logic`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import SkipValidation

from nextposture.knowledge.answers import NOT_APPLICABLE, AnswerError, check_answer, is_known
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.reading import Location, Table

Scalar = bool | int | float | str
Operator = Literal["eq", "ne", "in", "ge", "gt", "le", "lt"]
State = Literal["present", "possible", "absent", "unknown"]
ORDERINGS = frozenset({"ge", "gt", "le", "lt"})


@dataclass(frozen=True)
class Comparison:
    """An answer against a constant; for `in` the value is a tuple."""

    operator: Operator
    input: str
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class FieldGreater:
    """One numeric answer above another."""

    input: str
    other: str


@dataclass(frozen=True)
class BelowReference:
    """A numeric answer below the reference value for the person's age and sex."""

    input: str
    reference: str


@dataclass(frozen=True)
class FactorState:
    """A contributing factor in one of these states."""

    factor: str
    states: frozenset[State]


@dataclass(frozen=True)
class Derived:
    """A named condition of the danger-sign table."""

    name: str


@dataclass(frozen=True)
class AllOf:
    parts: tuple[AnyCondition, ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple[AnyCondition, ...]


@dataclass(frozen=True)
class AtLeast:
    count: int
    parts: tuple[AnyCondition, ...]


@dataclass(frozen=True)
class Negation:
    part: AnyCondition


@dataclass(frozen=True)
class Surely:
    """TRUE only if the part is TRUE, otherwise FALSE."""

    part: AnyCondition


@dataclass(frozen=True)
class UnlessSurely:
    """FALSE only if the part is TRUE, otherwise TRUE: the fail-safe reading."""

    part: AnyCondition


AnyCondition = (
    Comparison
    | FieldGreater
    | BelowReference
    | FactorState
    | Derived
    | AllOf
    | AnyOf
    | AtLeast
    | Negation
    | Surely
    | UnlessSurely
)

Condition = Annotated[AnyCondition, SkipValidation]
"""In a table row: nested lists as read, replaced by the parsed condition when the tables are joined."""


@dataclass(frozen=True)
class Scope:
    """The names a condition may use."""

    inputs: Mapping[str, Input]
    derived: Collection[str] = ()
    factors: Collection[str] = ()
    references: Collection[str] = ()


def parse(table: Table, at: Location, raw: object, scope: Scope) -> AnyCondition:
    """The condition written at `at` in `table`.

    Raises KnowledgeError naming file and line for an unknown operator, input or name, or a value that the
    input cannot have.
    """
    return _Parser(table, scope).condition(list(at), raw)


def inputs_of(condition: AnyCondition, derived: Mapping[str, AnyCondition]) -> frozenset[str]:
    """Every input that the condition reads, through named conditions too."""
    return frozenset(_inputs(condition, derived))


def _inputs(condition: AnyCondition, derived: Mapping[str, AnyCondition]) -> Iterator[str]:
    match condition:
        case Comparison():
            yield condition.input
        case BelowReference():
            yield from (condition.input, "age_years", "sex")
        case FieldGreater():
            yield from (condition.input, condition.other)
        case Derived():
            yield from _inputs(derived[condition.name], derived)
        case AllOf() | AnyOf() | AtLeast():
            for part in condition.parts:
                yield from _inputs(part, derived)
        case Negation() | Surely() | UnlessSurely():
            yield from _inputs(condition.part, derived)
        case FactorState():
            return


_UNARY: dict[str, type[Negation] | type[Surely] | type[UnlessSurely]] = {
    "not": Negation,
    "surely": Surely,
    "unless_surely": UnlessSurely,
}


class _Parser:
    def __init__(self, table: Table, scope: Scope) -> None:
        self._table = table
        self._scope = scope

    def condition(self, at: list[str | int], raw: object) -> AnyCondition:
        if isinstance(raw, str):
            self._known(at, raw, self._scope.derived, "named condition")
            return Derived(raw)
        if not isinstance(raw, list) or not raw or not isinstance(raw[0], str):
            raise self._table.error(at, "a condition is a name or a list that starts with an operator")
        operator, *rest = raw
        match operator:
            case "all":
                return AllOf(self._parts(at, rest, 1))
            case "any":
                return AnyOf(self._parts(at, rest, 1))
            case "at_least":
                count = rest[0] if rest else None
                if not isinstance(count, int) or not 1 <= count < len(rest):
                    raise self._table.error(at, "at_least needs a count from 1 to the number of its parts")
                return AtLeast(count, self._parts(at, rest[1:], 2))
            case "not" | "surely" | "unless_surely":
                self._length(at, operator, rest, 1)
                return _UNARY[operator](self.condition([*at, 1], rest[0]))
            case "gt_field":
                self._length(at, operator, rest, 2)
                return FieldGreater(self._number(at, rest[0]), self._number(at, rest[1]))
            case "below_reference":
                self._length(at, operator, rest, 2)
                self._known(at, rest[1], self._scope.references, "reference")
                return BelowReference(self._number(at, rest[0]), rest[1])
            case "state":
                self._length(at, operator, rest, 2)
                return self._factor_state(at, rest[0], rest[1])
            case "eq" | "ne" | "in" | "ge" | "gt" | "le" | "lt":
                self._length(at, operator, rest, 2)
                return self._comparison(at, operator, rest[0], rest[1])
        raise self._table.error(at, f"unknown operator {operator!r}")

    def _parts(self, at: list[str | int], raw: list[object], offset: int) -> tuple[AnyCondition, ...]:
        if not raw:
            raise self._table.error(at, "needs at least one part")
        return tuple(self.condition([*at, offset + index], part) for index, part in enumerate(raw))

    def _length(self, at: list[str | int], operator: str, rest: list[object], length: int) -> None:
        if len(rest) != length:
            raise self._table.error(at, f"{operator} takes {length} operand(s), not {len(rest)}")

    def _known(self, at: list[str | int], name: object, names: Collection[str], what: str) -> None:
        if not isinstance(name, str) or name not in names:
            raise self._table.error(at, f"unknown {what} {name!r}")

    def _number(self, at: list[str | int], name: object) -> str:
        self._known(at, name, self._scope.inputs, "input")
        assert isinstance(name, str)
        if self._scope.inputs[name].range is None:
            raise self._table.error(at, f"{name} is not a number")
        return name

    def _factor_state(self, at: list[str | int], factor: object, states: object) -> FactorState:
        self._known(at, factor, self._scope.factors, "factor")
        if not isinstance(states, list) or not states or not set(states) <= set(get_args(State)):
            raise self._table.error(at, f"states must be among {', '.join(get_args(State))}")
        return FactorState(str(factor), frozenset(states))

    def _comparison(self, at: list[str | int], operator: Operator, name: object, value: object) -> Comparison:
        self._known(at, name, self._scope.inputs, "input")
        question = self._scope.inputs[str(name)]
        if operator in ORDERINGS and question.range is None:
            raise self._table.error(at, f"{operator} needs a numeric input, and {name} is not one")
        if operator == "in":
            if not isinstance(value, list) or not value:
                raise self._table.error(at, "in needs a list of values")
            return Comparison(operator, str(name), tuple(self._value(at, question, one) for one in value))
        return Comparison(operator, str(name), self._value(at, question, value))

    def _value(self, at: list[str | int], question: Input, value: object) -> Scalar:
        try:
            checked = check_answer(question, value)
        except AnswerError as failure:
            raise self._table.error(at, str(failure)) from None
        if checked is None or not is_known(checked) or checked == NOT_APPLICABLE:
            raise self._table.error(at, f"{question.id} cannot be compared with {value!r}")
        return checked
