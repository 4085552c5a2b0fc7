"""What a person may answer, and the check that an answer is possible.

Four things that are not an answer stay distinct: not asked yet (None), `dk`, `pna` and `na`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from nextposture.knowledge.inputs import Input

Value = bool | int | float | str | None
Answers = Mapping[str, Value]

DONT_KNOW: Final = "dk"
RATHER_NOT_SAY: Final = "pna"
NOT_APPLICABLE: Final = "na"

LEFT_OPEN: Final = frozenset({DONT_KNOW, RATHER_NOT_SAY})
"""Asked, and deliberately not answered."""


class AnswerError(ValueError):
    """An answer that cannot be: `key` names the input, the message says what to change."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key
        self.message = message


def is_left_open(value: Value) -> bool:
    """Whether the person was asked and said "do not know" or "rather not say"."""
    return isinstance(value, str) and value in LEFT_OPEN


def is_known(value: Value) -> bool:
    """Whether the value says something: an answer, or that the question does not apply."""
    return value is not None and not is_left_open(value)


def check_answers(inputs: Mapping[str, Input], raw: Mapping[str, object]) -> dict[str, Value]:
    """The answers, each checked against its input's type, choices and range.

    Raises AnswerError for the first key that is unknown, or whose value has the wrong type or is impossible.
    """
    checked: dict[str, Value] = {}
    for key, value in raw.items():
        if key not in inputs:
            raise AnswerError(str(key), "there is no input of this name")
        checked[key] = check_answer(inputs[key], value)
    return checked


def counted_as_other(inputs: Mapping[str, Input], raw: Mapping[str, object]) -> list[str]:
    """A line for each word outside an open-ended list: what it counts as, and which choice it resembles."""
    lines = []
    for key, value in raw.items():
        question = inputs[key]
        if not (question.any_other and isinstance(value, str)):
            continue
        if value in question.choices or value == NOT_APPLICABLE or is_left_open(value):
            continue
        near = get_close_matches(value.strip().lower(), question.choices, n=1)
        meant = f" Did you mean {near[0]}?" if near else ""
        lines.append(f"{key}: {_shown(value)} is not in the list and counts as {question.any_other}.{meant}")
    return lines


def check_answer(question: Input, value: object) -> Value:
    """One answer, checked. Raises AnswerError."""
    if value is None or value in (DONT_KNOW, RATHER_NOT_SAY):
        return value
    if value == NOT_APPLICABLE:
        if question.mandatory:
            raise AnswerError(question.id, "this question applies to everyone, so it cannot be 'na'")
        return NOT_APPLICABLE
    if question.type == "bool":
        if isinstance(value, bool):
            return value
        raise AnswerError(question.id, f"must be true or false, not {_shown(value)}")
    if question.type == "choice":
        if isinstance(value, str) and value in question.choices:
            return value
        if isinstance(value, str) and value.strip() and question.any_other:
            return question.any_other
        raise AnswerError(question.id, f"must be one of {', '.join(question.choices)}, not {_shown(value)}")
    return _check_number(question, value)


def _check_number(question: Input, value: object) -> int | float:
    whole = question.type == "int"
    kind = "a whole number" if whole else "a number"
    allowed = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise AnswerError(question.id, f"must be {kind}, not {_shown(value)}")
    low, high = question.limits
    if (isinstance(value, float) and not math.isfinite(value)) or not low <= value <= high:
        unit = f" {question.unit}" if question.unit else ""
        raise AnswerError(question.id, f"must be from {low:g} to {high:g}{unit}, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value[:40]) if isinstance(value, str) else str(value)
    return text if len(text) <= 40 else text[:37] + "..."
