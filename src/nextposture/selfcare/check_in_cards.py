"""The cards of a check-in page, and which of them a saved answer changes.

Every piece of the page that an answer can change carries what it was drawn with in a hidden field, so the
server can tell from the form alone which pieces to send again. Nothing about the page is kept on the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nextposture.knowledge import Answers, Knowledge, Value
from nextposture.knowledge.answers import DONT_KNOW, RATHER_NOT_SAY
from nextposture.knowledge.asking import asking
from nextposture.knowledge.inputs import Input
from nextposture.screening import Reason
from nextposture.selfcare.check_in import (
    AnyGroup,
    AnyScreen,
    all_inputs,
    as_text,
    groups_in_view,
    in_words,
    is_asked,
    is_follow_up,
    is_in_view,
    is_kept,
    takes_none,
)

OPEN_WORDS = {DONT_KNOW: "Don’t know", RATHER_NOT_SAY: "Rather not say"}
HEARD = {"self_harm": frozenset({"thoughts", "intent"})}
"""Answers that the card itself meets at once, before anything else is asked."""

DRIVEN = "driving_hours_day"
DRIVERS = frozenset({"truck", "cab", "other_driver"})
"""Kinds of day in which the question about driving is open from the start."""


@dataclass(frozen=True)
class Option:
    """One thing to tap. `quiet` ones say that the question stays open."""

    value: str
    label: str
    chosen: bool
    quiet: bool = False
    picture: str = ""


@dataclass(frozen=True)
class Card:
    """One question as it stands on the page; `saved` is its answer in the record, as a form holds it."""

    name: str
    ask: str
    hint: str
    kind: str
    options: tuple[Option, ...]
    text: str
    unit: str
    whole: bool
    ends: tuple[str, str] | None
    picks: tuple[Option, ...]
    suggestion: Option | None
    suggested_for: str
    shown: bool
    asked: bool
    follow_up: bool
    error: str
    picture: str
    alone: bool
    optional: bool
    saved: str

    @property
    def heard(self) -> bool:
        """Whether the answer is met on the card itself."""
        return self.current in HEARD.get(self.name, ())

    @property
    def drawn(self) -> str:
        """What the card was drawn with, besides its answer."""
        parts = ("shown" if self.shown else "hidden", "asked" if self.asked else "kept", self.suggested_for)
        return ":".join((self.name, *parts, "heard" if self.heard else "", self.error))

    @property
    def current(self) -> str:
        """The answer as the card's own fields send it."""
        chosen = [option.value for option in self.options if option.chosen]
        return chosen[0] if chosen else self.text

    @property
    def described_by(self) -> str:
        """Ids of the lines that explain it."""
        hints = [f"hint-{self.name}"] if self.hint else []
        errors = [f"error-{self.name}"] if self.error else []
        return " ".join(hints + errors)


@dataclass(frozen=True)
class Notice:
    """Answers of a group that cannot both be right, in words, with what was answered.

    `held` is whether the more urgent of them counts until they are settled.
    """

    id: str
    plain: str
    held: bool
    answered: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class CardGroup:
    """A heading, its cards, and what stands below them."""

    id: str
    title: str
    fold: str
    open: bool
    opened_by: str
    none_of_these: bool
    crisis_line: bool
    pictures: tuple[str, ...]
    cards: tuple[Card, ...]
    notices: tuple[Notice, ...]

    @property
    def filled(self) -> bool:
        """Whether every question that is not a follow-up has an answer."""
        first = [card for card in self.cards if not card.follow_up]
        return bool(first) and all(card.current for card in first)

    @property
    def drawn_notices(self) -> str:
        """What the notices were drawn with."""
        return ":".join(("notices", self.id, *(notice.id for notice in self.notices)))


@dataclass(frozen=True)
class Typed:
    """What a form sent for the questions of one screen: the texts by name, and what is wrong with them."""

    texts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)


def card_groups(
    knowledge: Knowledge,
    screen: AnyScreen,
    answers: Answers,
    contradictions: Sequence[Reason],
    typed: Typed | None = None,
) -> tuple[CardGroup, ...]:
    """The groups of a screen with everything they show."""
    typed = typed or Typed()
    inputs = all_inputs(knowledge)
    return tuple(
        CardGroup(
            id=f"{screen.id}-{number}",
            title=group.title,
            fold=getattr(group, "fold", ""),
            open=_is_open(group, answers, typed),
            opened_by=" ".join(sorted(DRIVERS)) if DRIVEN in group.inputs else "",
            none_of_these=takes_none(knowledge, group),
            crisis_line=group.crisis_line,
            pictures=getattr(group, "pictures", ()),
            cards=tuple(
                _card(knowledge, inputs[name], answers, typed)
                for name in group.inputs
                if name not in knowledge.questions.computed
            ),
            notices=_notices(knowledge, screen, group, answers, contradictions),
        )
        for number, group in enumerate(groups_in_view(screen, answers), start=1)
    )


def _card(knowledge: Knowledge, question: Input, answers: Answers, typed: Typed) -> Card:
    name, value = question.id, answers.get(question.id)
    error = typed.errors.get(name, "")
    text = next(iter(typed.texts.get(name, ())), "") if error else as_text(value)
    job = str(answers.get("job_type") or "")
    suggestion = asking().typical.get(job, {}).get(name)
    numeric = question.type in ("int", "number")
    return Card(
        name=name,
        ask=question.ask,
        hint=question.hint or asking().hints.get(name, ""),
        kind="number" if numeric else question.type,
        options=_options(question, text),
        text="" if text in OPEN_WORDS else text,
        unit=question.unit,
        whole=question.type == "int",
        ends=question.ends,
        picks=tuple(
            Option(as_text(pick.value), pick.label, as_text(value) == as_text(pick.value))
            for pick in asking().picks.get(name, ())
        ),
        suggestion=None
        if suggestion is None or as_text(suggestion) == as_text(value)
        else Option(as_text(suggestion), in_words(question, suggestion), False),
        suggested_for=job if suggestion is not None else "",
        shown=is_in_view(knowledge, answers, name),
        asked=is_asked(knowledge, answers, name) or not is_kept(knowledge, answers, name),
        follow_up=is_follow_up(knowledge, name),
        error=error,
        picture=name.upper() if name in asking().points else "",
        saved=as_text(value),
        optional=name not in {one for screen in knowledge.questions.screens for one in screen.inputs},
        alone=any(
            name in group.one_by_one for screen in knowledge.questions.screens for group in screen.groups
        ),
    )


def _options(question: Input, text: str) -> tuple[Option, ...]:
    choices: dict[str, str]
    if question.type == "bool":
        choices = {"true": "Yes", "false": "No"}
    elif question.type == "scale":
        low, high = question.limits
        choices = {str(value): str(value) for value in range(round(low), round(high) + 1)}
    else:
        choices = dict(question.choices)
    if question.id in asking().points:
        words = {"true": "Yes", "false": "No", DONT_KNOW: "Not sure"}
        return tuple(Option(value, label, value == text) for value, label in words.items())
    drawn = question.id == "job_type"
    return tuple(
        Option(value, label, value == text, picture=value if drawn else "")
        for value, label in choices.items()
    ) + tuple(Option(value, label, value == text, quiet=True) for value, label in OPEN_WORDS.items())


def _is_open(group: AnyGroup, answers: Answers, typed: Typed) -> bool:
    if DRIVEN in group.inputs and answers.get("job_type") in DRIVERS:
        return True
    return any(answers.get(name) is not None or name in typed.errors for name in group.inputs)


def _notices(
    knowledge: Knowledge,
    screen: AnyScreen,
    group: AnyGroup,
    answers: Answers,
    contradictions: Sequence[Reason],
) -> tuple[Notice, ...]:
    """Each contradiction is shown where the last of its answers is asked."""
    inputs = all_inputs(knowledge)
    found = []
    for reason in contradictions:
        here = [name for name in screen.inputs if name in reason.inputs]
        if here and here[-1] in group.inputs:
            answered = [
                (name, inputs[name].ask, in_words(inputs[name], answers.get(name)))
                for name in all_inputs(knowledge)
                if name in reason.inputs and answers.get(name) is not None
            ]
            found.append(Notice(reason.id, reason.plain, reason.level is not None, tuple(answered)))
    return tuple(found)


def changed_cards(
    groups: Sequence[CardGroup], drawn: Sequence[str], texts: Mapping[str, Sequence[str]]
) -> tuple[Card, ...]:
    """The cards that look different from what the form was drawn with and what the person has done since."""
    before = set(drawn)
    return tuple(
        card
        for group in groups
        for card in group.cards
        if card.drawn not in before
        or (card.shown and sent(texts.get(card.name, ())) != card.current and not card.error)
    )


def changed_notices(groups: Sequence[CardGroup], drawn: Sequence[str]) -> tuple[CardGroup, ...]:
    """The groups whose notices have changed."""
    return tuple(group for group in groups if group.drawn_notices not in set(drawn))


def given(answers: Answers, names: Sequence[str], knowledge: Knowledge) -> tuple[tuple[str, str, str], ...]:
    """Name, question and answer of those that were answered yes or otherwise, for showing them again."""
    inputs = all_inputs(knowledge)
    return tuple(
        (name, inputs[name].ask, in_words(inputs[name], value))
        for name in names
        if (value := answers.get(name)) is not None and _tells(value)
    )


def _tells(value: Value) -> bool:
    return value is not False and value not in ("none", "na")


def sent(texts: Sequence[str]) -> str:
    """What a form sent for one question, as a single text."""
    return "|".join(text.strip() for text in texts if text.strip())
