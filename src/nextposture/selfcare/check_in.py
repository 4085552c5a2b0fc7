"""A check-in while it is filled in: what is asked now, what an answer changes, what is still open.

Pure functions over the tables and the answers. A follow-up is asked only while its condition is TRUE. While
it is FALSE, an unanswered follow-up is stored as `na`; one that was answered keeps its answer and stays in
view, so that a contradiction can be seen and settled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nextposture.knowledge import AnswerError, Answers, Knowledge, Value
from nextposture.knowledge.answers import (
    DONT_KNOW,
    LEFT_OPEN,
    NOT_APPLICABLE,
    RATHER_NOT_SAY,
    check_answer,
    is_left_open,
)
from nextposture.knowledge.asking import Section, Step, asking, summed_up
from nextposture.knowledge.conditions import inputs_of
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.questions import Group, Screen
from nextposture.screening.logic import FALSE, TRUE, Facts, Truth, evaluate, holds

AnyScreen = Screen | Step
AnyGroup = Group | Section

ADULT_YEARS = 18
"""From this age the sections for adults are shown (block X20 of danger_signs.yaml)."""

STABLE = ("age_years", "sex")
"""Danger-sign answers that a new check-in starts with; all others are asked anew."""

EXAMPLES = {"age_years": "45"}
"""What to write, for example, where 14 would mislead."""


@dataclass(frozen=True)
class Place:
    """Where a screen stands among its kind: "3 of 7"."""

    step: int
    total: int


def all_inputs(knowledge: Knowledge) -> dict[str, Input]:
    """Every input that a page can ask, by name."""
    return {**knowledge.inputs, **asking().inputs}


def all_screens(knowledge: Knowledge) -> tuple[AnyScreen, ...]:
    """The danger-sign screens, then the pages about sitting."""
    return (*knowledge.questions.screens, *asking().screens)


def screen_of(knowledge: Knowledge, name: str) -> AnyScreen:
    """The screen with this id. Raises KeyError."""
    return {screen.id: screen for screen in all_screens(knowledge)}[name]


def screen_asking(knowledge: Knowledge, name: str) -> AnyScreen | None:
    """The screen that asks an input, or None if none does (it is computed)."""
    sums = {"workstation_fails": "workspace", "bmi": "measured"}
    if name in sums:
        return screen_of(knowledge, sums[name])
    return next((screen for screen in all_screens(knowledge) if name in screen.inputs), None)


def neighbours(knowledge: Knowledge, screen: AnyScreen) -> tuple[AnyScreen | None, AnyScreen | None]:
    """The screens before and after; None at the ends."""
    screens = all_screens(knowledge)
    at = screens.index(screen)
    return screens[at - 1] if at else None, screens[at + 1] if at + 1 < len(screens) else None


def place_of(knowledge: Knowledge, screen: AnyScreen) -> Place:
    """Its number among the danger-sign screens, or among the pages about sitting."""
    kind: Sequence[AnyScreen] = (
        knowledge.questions.screens if isinstance(screen, Screen) else asking().screens
    )
    return Place(list(kind).index(screen) + 1, len(kind))


# ---- What is asked now


def is_follow_up(knowledge: Knowledge, name: str) -> bool:
    """Whether the input is asked only under another answer."""
    return name in knowledge.questions.follow_ups


def is_asked(knowledge: Knowledge, answers: Answers, name: str) -> bool:
    """Whether the input is to be asked, as things stand."""
    if name in knowledge.questions.computed:
        return False
    return not is_follow_up(knowledge, name) or _condition(knowledge, answers, name) is TRUE


def is_kept(knowledge: Knowledge, answers: Answers, name: str) -> bool:
    """Whether a follow-up that is no longer asked still holds an answer that the person gave."""
    return (
        is_follow_up(knowledge, name)
        and not is_asked(knowledge, answers, name)
        and answers.get(name) not in (None, _when_ruled_out(knowledge, name))
    )


def is_in_view(knowledge: Knowledge, answers: Answers, name: str) -> bool:
    """Whether the page shows the input."""
    return is_asked(knowledge, answers, name) or is_kept(knowledge, answers, name)


def groups_in_view(screen: AnyScreen, answers: Answers) -> tuple[AnyGroup, ...]:
    """The screen's groups, without those that are for adults if the person may not be one."""
    age = answers.get("age_years")
    adult = isinstance(age, int) and age >= ADULT_YEARS
    return tuple(group for group in screen.groups if adult or not getattr(group, "adults", False))


# ---- What an answer changes


def settle(knowledge: Knowledge, before: Answers, after: Answers) -> dict[str, Value]:
    """The answers `after` a change, with every follow-up and every sum brought in line.

    A follow-up without an answer is stored as not applicable while its condition is FALSE, and goes back to
    not asked when the condition stops being FALSE. Applying it twice changes nothing.
    """
    settled = dict(after)
    ruled_out = {
        name
        for name in knowledge.questions.follow_ups
        if before and _condition(knowledge, before, name) is FALSE
    }
    # A follow-up can hang on another follow-up, so the pass is repeated until nothing moves; each chain is
    # shorter than the list of follow-ups.
    for _ in knowledge.questions.follow_ups:
        changed = False
        for name in knowledge.questions.follow_ups:
            value, instead = settled.get(name), _when_ruled_out(knowledge, name)
            if _condition(knowledge, settled, name) is FALSE:
                wanted = instead if value is None or is_left_open(value) else value
            elif value == NOT_APPLICABLE or (name in ruled_out and _same(value, instead)):
                wanted = None
                ruled_out.discard(name)
            else:
                wanted = value
            if not _same(wanted, value):
                settled[name] = wanted
                changed = True
        if not changed:
            break
    if any(name in settled or name in before for name in asking().inputs):
        settled |= summed_up(settled)
    return {name: value for name, value in settled.items() if value is not None}


def none_of_these(knowledge: Knowledge, group: AnyGroup, answers: Answers) -> dict[str, Value]:
    """What "none of these" answers: no, or the choice `none`, to all that is open.

    Never to a follow-up, nor to what is answered one by one: a habit or an illness that is easily read past.
    """
    return {
        name: nothing
        for name in group.inputs
        if not is_follow_up(knowledge, name)
        and name not in getattr(group, "one_by_one", ())
        and (nothing := _nothing(all_inputs(knowledge)[name])) is not None
        and answers.get(name) is None
    }


def takes_none(knowledge: Knowledge, group: AnyGroup) -> bool:
    """Whether the group has at least two inputs that "none of these" can answer."""
    return len(none_of_these(knowledge, group, {})) > 1 and not isinstance(group, Section)


def without_follow_up(knowledge: Knowledge, answers: Answers, name: str) -> dict[str, Value]:
    """The answers with a kept follow-up taken back: it was a mistake."""
    return settle(knowledge, {}, {one: value for one, value in answers.items() if one != name})


def start_answers(knowledge: Knowledge, previous: Answers) -> dict[str, Value]:
    """What a new check-in starts with: age, sex and what was said of sitting; danger signs are asked anew.

    Age or sex that did not fit another answer is asked anew too, or it would settle that answer unasked.
    """
    screened = {name for screen in knowledge.questions.screens for name in screen.inputs}
    signs = knowledge.danger_signs
    doubted = {
        name
        for one in signs.contradictions
        if holds(one.when, Facts(previous, signs.derived))
        for name in inputs_of(one.when, signs.derived)
    }
    skipped = (screened | knowledge.questions.computed | set(asking().followed)) - (set(STABLE) - doubted)
    return settle(knowledge, {}, {name: value for name, value in previous.items() if name not in skipped})


# ---- What is still open


def unanswered(knowledge: Knowledge, answers: Answers, screen: AnyScreen) -> tuple[str, ...]:
    """The inputs of a screen that must be asked, are in view, and have no answer yet."""
    inputs = all_inputs(knowledge)
    return tuple(
        name
        for name in screen.inputs
        if inputs[name].mandatory and answers.get(name) is None and is_asked(knowledge, answers, name)
    )


def next_open(knowledge: Knowledge, answers: Answers) -> AnyScreen | None:
    """The first danger-sign screen with something unanswered that must be asked, or None."""
    return next(
        (one for one in knowledge.questions.screens if unanswered(knowledge, answers, one)),
        None,
    )


# ---- From what was typed or tapped to an answer


def read_answer(question: Input, texts: Sequence[str]) -> Value:
    """The answer in the texts that a form sent for one question; None if they are all empty.

    Raises AnswerError, in words for the person, if they are not an answer to it.
    """
    given = [text.strip() for text in texts if text.strip()]
    if not given:
        return None
    if len(set(given)) > 1:
        raise AnswerError(question.id, "There are two answers here. Keep one and clear the other.")
    text = given[0]
    if text in LEFT_OPEN:
        return text
    try:
        return check_answer(question, _value(question, text))
    except AnswerError as failure:
        raise AnswerError(question.id, _in_words(question, failure.message)) from None


def as_text(value: Value) -> str:
    """An answer as a form holds it; empty for none."""
    if value is None or value == NOT_APPLICABLE:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def in_words(question: Input, value: Value) -> str:
    """An answer as a person says it."""
    if value is None:
        return "not answered"
    if value == NOT_APPLICABLE:
        return "does not apply"
    if is_left_open(value):
        return {DONT_KNOW: "do not know", RATHER_NOT_SAY: "rather not say"}[str(value)]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if question.type == "choice":
        return question.choices[str(value)].lower()
    return f"{as_text(value)} {question.unit}".strip()


def _value(question: Input, text: str) -> object:
    if question.type == "bool":
        return {"true": True, "false": False}.get(text, text)
    if question.type == "choice":
        return text
    try:
        number = float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        return text
    return int(number) if number.is_integer() and abs(number) < 1e9 else number


def _in_words(question: Input, message: str) -> str:
    if question.type == "int" and "whole number" in message:
        example = EXAMPLES.get(question.id, "14")
        return f"Write a whole number, such as {example}. Everything else is saved."
    return f"{message[:1].upper()}{message[1:]}. Everything else is saved."


def _nothing(question: Input) -> Value:
    if question.type == "bool":
        return False
    return "none" if "none" in question.choices else None


def _condition(knowledge: Knowledge, answers: Mapping[str, Value], name: str) -> Truth:
    return evaluate(knowledge.questions.follow_ups[name], Facts(answers))


def _when_ruled_out(knowledge: Knowledge, name: str) -> Value:
    return knowledge.questions.not_applicable.get(name, NOT_APPLICABLE)


def _same(one: Value, other: Value) -> bool:
    return one == other and type(one) is type(other)
