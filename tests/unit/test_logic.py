"""Three-valued logic, pinned down as truth tables. T: true, F: false, U: unknown."""

import pytest

from nextposture.knowledge import Value
from nextposture.knowledge.conditions import (
    AllOf,
    AnyCondition,
    AnyOf,
    AtLeast,
    Comparison,
    Derived,
    FactorState,
    FieldGreater,
    Negation,
    Surely,
    UnlessSurely,
)
from nextposture.screening.logic import Facts, Truth, evaluate

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ANSWER: dict[Truth, Value] = {T: True, F: False, U: None}
BY_LETTER = {"T": T, "F": F, "U": U}

TWO = """
a b | all any
T T |  T   T
T F |  F   T
T U |  U   T
F T |  F   T
F F |  F   F
F U |  F   U
U T |  U   T
U F |  F   U
U U |  U   U
"""
ONE = """
a | not surely unless_surely
T |  F     T         F
F |  T     F         T
U |  U     F         T
"""
TWO_OF_THREE = """
a b c | at_least_2
T T T | T
T T F | T
T T U | T
T F F | F
T F U | U
T U U | U
F F F | F
F F U | F
F U U | U
U U U | U
"""


def rows(table: str) -> list[tuple[list[Truth], dict[str, Truth]]]:
    head, *body = table.strip().splitlines()
    names = head.split("|")[1].split()
    read = []
    for line in body:
        left, right = line.split("|")
        operands = [BY_LETTER[letter] for letter in left.split()]
        results = dict(zip(names, (BY_LETTER[letter] for letter in right.split()), strict=True))
        read.append((operands, results))
    return read


def value(condition: AnyCondition, *operands: Truth) -> Truth:
    names = ("fever", "collapse", "thoracic")
    return evaluate(condition, Facts({name: ANSWER[one] for name, one in zip(names, operands, strict=False)}))


PARTS = tuple(Comparison("eq", name, True) for name in ("fever", "collapse", "thoracic"))


@pytest.mark.parametrize(("operands", "expected"), rows(TWO))
def test_all_and_any(operands: list[Truth], expected: dict[str, Truth]) -> None:
    assert value(AllOf(PARTS[:2]), *operands) is expected["all"]
    assert value(AnyOf(PARTS[:2]), *operands) is expected["any"]


@pytest.mark.parametrize(("operands", "expected"), rows(ONE))
def test_not_surely_and_unless_surely(operands: list[Truth], expected: dict[str, Truth]) -> None:
    assert value(Negation(PARTS[0]), *operands) is expected["not"]
    assert value(Surely(PARTS[0]), *operands) is expected["surely"]
    assert value(UnlessSurely(PARTS[0]), *operands) is expected["unless_surely"]


@pytest.mark.parametrize(("operands", "expected"), rows(TWO_OF_THREE))
def test_at_least(operands: list[Truth], expected: dict[str, Truth]) -> None:
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        assert value(AtLeast(2, PARTS), *(operands[one] for one in order)) is expected["at_least_2"]


COMPARISONS: list[tuple[str, Value, Value | tuple[str, ...], Truth]] = [
    ("eq", True, True, T),
    ("eq", False, True, F),
    ("ne", "one", "none", T),
    ("ne", "none", "none", F),
    ("in", "one", ("one", "both"), T),
    ("in", "none", ("one", "both"), F),
    ("ge", 14, 14, T),
    ("ge", 13, 14, F),
    ("gt", 15, 14, T),
    ("gt", 14, 14, F),
    ("le", 14, 14, T),
    ("le", 15, 14, F),
    ("lt", 13, 14, T),
    ("lt", 14, 14, F),
]
A_VALUE_OF = {"eq": True, "ne": "none", "in": ("one",), "ge": 1, "gt": 1, "le": 1, "lt": 1}


@pytest.mark.parametrize(("operator", "answer", "constant", "expected"), COMPARISONS)
def test_comparison(operator: str, answer: Value, constant: object, expected: Truth) -> None:
    condition = Comparison(operator, "x", constant)  # type: ignore[arg-type]
    assert evaluate(condition, Facts({"x": answer})) is expected


@pytest.mark.parametrize("operator", A_VALUE_OF)
@pytest.mark.parametrize(
    ("answer", "expected"),
    [(None, U), ("dk", U), ("pna", U), ("na", F)],
    ids=["not asked", "do not know", "rather not say", "does not apply"],
)
def test_what_is_not_an_answer(operator: str, answer: Value, expected: Truth) -> None:
    condition = Comparison(operator, "x", A_VALUE_OF[operator])  # type: ignore[arg-type]
    assert evaluate(condition, Facts({"x": answer})) is expected
    if answer is None:
        assert evaluate(condition, Facts({})) is U


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [(9, 8, T), (8, 8, F), (None, 8, U), (9, "dk", U), ("na", None, F), (9, "na", F)],
)
def test_one_answer_above_another(left: Value, right: Value, expected: Truth) -> None:
    assert evaluate(FieldGreater("a", "b"), Facts({"a": left, "b": right})) is expected


def test_named_conditions_and_factor_states() -> None:
    facts = Facts({"fever": True}, derived={"hot": PARTS[0]}, states={"F_DRIVE": "possible"})
    assert evaluate(Derived("hot"), facts) is T
    assert evaluate(FactorState("F_DRIVE", frozenset({"present", "possible"})), facts) is T
    assert evaluate(FactorState("F_DRIVE", frozenset({"absent"})), facts) is F
    assert evaluate(FactorState("F_SLEEP", frozenset({"unknown"})), facts) is T
