"""Questionnaires that people or clinics bring as FHIR R4: read, asked, answered.

A small part of FHIR's Structured Data Capture: group, display, boolean, integer, decimal, string, text and
choice; `required`, `enableWhen`, `minValue`, `maxValue`, `maxLength`; scores as calculated expressions
(`scoring.py`). Whatever else a questionnaire asks for is refused when it is brought, by the link id that asks
for it: one that is shown otherwise than its authors meant measures something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any, Literal, cast, get_args

ItemType = Literal["group", "display", "boolean", "integer", "decimal", "string", "text", "choice"]
Value = bool | int | float | str | dict[str, Any]
"""One answer; of a choice the option's FHIR value."""
Given = Mapping[str, Sequence[Value]]
"""Answers by link id."""

MOST_BYTES = 1_000_000
MOST_ITEMS = 300
MOST_DEPTH = 8
MOST_LETTERS = 4000

SDC = "http://hl7.org/fhir/uv/sdc/StructureDefinition/"
CORE = "http://hl7.org/fhir/StructureDefinition/"
CALCULATED = SDC + "sdc-questionnaire-calculatedExpression"
VARIABLE = CORE + "variable"
HIDDEN = CORE + "questionnaire-hidden"
WEIGHTS = (CORE + "ordinalValue", CORE + "itemWeight")
OPERATORS = ("exists", "=", "!=", ">", "<", ">=", "<=")
# What an extension with this name would change about what is asked, and is not supported here.
CHANGES_WHAT_IS_ASKED = (
    "enableWhenExpression",
    "answerExpression",
    "candidateExpression",
    "answerOptionsToggle",
)


class QuestionnaireError(ValueError):
    """The questionnaire cannot be used; the message says which item and why."""


@dataclass(frozen=True)
class Option:
    """One answer to choose: `value` is FHIR's (`{"valueCoding": ...}`)."""

    text: str
    value: Mapping[str, Any]


@dataclass(frozen=True)
class When:
    """The item is asked only if the answer to `question` compares so with `value`."""

    question: str
    operator: str
    value: Value


@dataclass(frozen=True)
class Item:
    """One item; `calculated` is the expression that its value is worked out by."""

    link_id: str
    type: ItemType
    text: str = ""
    prefix: str = ""
    required: bool = False
    repeats: bool = False
    hidden: bool = False
    read_only: bool = False
    options: tuple[Option, ...] = ()
    when: tuple[When, ...] = ()
    when_any: bool = False
    low: float | None = None
    high: float | None = None
    max_length: int | None = None
    calculated: str = ""
    items: tuple[Item, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether a person answers it."""
        return self.type not in ("group", "display") and not (
            self.calculated or self.hidden or self.read_only
        )


@dataclass(frozen=True)
class Form:
    """A questionnaire ready to be asked."""

    title: str
    url: str
    version: str
    publisher: str
    copyright: str
    description: str
    items: tuple[Item, ...]
    all_items: tuple[Item, ...] = field(default=())

    def find(self, link_id: str) -> Item | None:
        """The item with this link id."""
        return next((one for one in self.all_items if one.link_id == link_id), None)


# ---- Reading


def questionnaire_in(data: bytes) -> dict[str, Any]:
    """The FHIR Questionnaire in a file. Raises QuestionnaireError."""
    if len(data) > MOST_BYTES:
        raise QuestionnaireError("The file is larger than 1 MB; a questionnaire is a few kilobytes.")
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise QuestionnaireError(
            "The file is not JSON. Choose a FHIR Questionnaire in its JSON form."
        ) from None
    if not isinstance(value, dict) or value.get("resourceType") != "Questionnaire":
        raise QuestionnaireError("The file is no FHIR Questionnaire.")
    return value


def questionnaire_from(definition: Any) -> Form:
    """The questionnaire, checked. Raises QuestionnaireError for anything that could not be asked as meant."""
    if not isinstance(definition, dict) or definition.get("resourceType") != "Questionnaire":
        raise QuestionnaireError("is no FHIR Questionnaire")
    if len(json.dumps(definition)) > MOST_BYTES:
        raise QuestionnaireError("is larger than 1 MB")
    _check_extensions("the questionnaire", definition)
    items = _items(definition.get("item"), 1)
    flat = tuple(_flat(items))
    if not any(one.asked for one in flat):
        raise QuestionnaireError("asks nothing")
    if len(flat) > MOST_ITEMS:
        raise QuestionnaireError(f"has {len(flat)} items; {MOST_ITEMS} is the most")
    ids = [one.link_id for one in flat]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise QuestionnaireError(f"link id {twice!r} appears twice")
    for one in flat:
        for when in one.when:
            if when.question not in ids:
                raise QuestionnaireError(
                    f"item {one.link_id!r} depends on {when.question!r}, which is not there"
                )
    title = _text(definition, "title") or _text(definition, "name")
    if not title:
        raise QuestionnaireError("has no title")
    return Form(
        title=title[:200],
        url=_text(definition, "url")[:300],
        version=_text(definition, "version")[:60],
        publisher=_text(definition, "publisher"),
        copyright=_text(definition, "copyright"),
        description=_text(definition, "description"),
        items=items,
        all_items=flat,
    )


def _items(raw: Any, depth: int) -> tuple[Item, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise QuestionnaireError("item must be a list of items")
    if depth > MOST_DEPTH:
        raise QuestionnaireError(f"items are nested more than {MOST_DEPTH} deep")
    return tuple(_item(one, depth) for one in raw)


def _item(raw: dict[str, Any], depth: int) -> Item:
    link_id = _text(raw, "linkId")
    if not link_id:
        raise QuestionnaireError("an item has no linkId")
    where = f"item {link_id!r}"
    kind = raw.get("type")
    if kind not in get_args(ItemType):
        raise QuestionnaireError(f"{where} is of type {kind!r}, which cannot be asked here")
    _check_extensions(where, raw)
    if raw.get("answerValueSet"):
        raise QuestionnaireError(f"{where} takes its answers from a value set; they must stand in the item")
    options = _options(where, raw) if kind == "choice" else ()
    calculated = next((_expression(where, one) for one in _extensions(raw, CALCULATED)), "")
    item = Item(
        link_id=link_id,
        type=cast(ItemType, kind),
        text=_text(raw, "text"),
        prefix=_text(raw, "prefix"),
        required=raw.get("required") is True,
        repeats=raw.get("repeats") is True,
        hidden=any(one.get("valueBoolean") is True for one in _extensions(raw, HIDDEN)),
        read_only=raw.get("readOnly") is True,
        options=options,
        when=_when(where, raw),
        when_any=raw.get("enableBehavior") == "any",
        low=_limit(where, raw, "minValue"),
        high=_limit(where, raw, "maxValue"),
        max_length=raw["maxLength"] if isinstance(raw.get("maxLength"), int) else None,
        calculated=calculated,
        items=_items(raw.get("item"), depth + 1),
    )
    if item.repeats and item.type != "choice" and item.asked:
        raise QuestionnaireError(f"{where} may be answered several times; only choices may here")
    if item.asked and not item.text:
        raise QuestionnaireError(f"{where} has no text")
    if calculated and kind not in ("integer", "decimal", "string", "boolean"):
        raise QuestionnaireError(f"{where} is worked out, so it must be a number, a text or yes and no")
    return item


def _options(where: str, raw: dict[str, Any]) -> tuple[Option, ...]:
    given = raw.get("answerOption")
    if not isinstance(given, list) or not given:
        raise QuestionnaireError(f"{where} offers no answers")
    made = []
    for one in given:
        if not isinstance(one, dict):
            raise QuestionnaireError(f"{where} has an answer that is no mapping")
        value = {name: one[name] for name in ("valueCoding", "valueInteger", "valueString") if name in one}
        if len(value) != 1:
            raise QuestionnaireError(
                f"{where} has an answer that is neither a coding, a whole number nor text"
            )
        ((name, content),) = value.items()
        if name == "valueCoding":
            if not isinstance(content, dict) or not (content.get("display") or content.get("code")):
                raise QuestionnaireError(f"{where} has an answer without words")
            weights = [weight for weight in one.get("extension", ()) if weight.get("url") in WEIGHTS]
            # So that a score finds the weight in the answer itself.
            coding = {**content, "extension": [*content.get("extension", ()), *weights]}
            value = {name: coding if coding["extension"] else dict(content)}
            text = str(content.get("display") or content["code"])
        else:
            text = str(content)
        made.append(Option(text, value))
    return tuple(made)


def _when(where: str, raw: dict[str, Any]) -> tuple[When, ...]:
    made = []
    for one in raw.get("enableWhen") or ():
        value = next((one[name] for name in one if name.startswith("answer")), None)
        if one.get("operator") not in OPERATORS or value is None or not isinstance(one.get("question"), str):
            raise QuestionnaireError(f"{where} has a condition that cannot be read")
        if isinstance(value, dict) and "code" not in value:
            raise QuestionnaireError(f"{where} has a condition on a value that is not supported")
        made.append(When(one["question"], one["operator"], value))
    return tuple(made)


def _limit(where: str, raw: dict[str, Any], name: str) -> float | None:
    for one in _extensions(raw, CORE + name):
        value = one.get("valueInteger", one.get("valueDecimal"))
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise QuestionnaireError(f"{where} has a {name} that is no number")
        return value
    return None


def _expression(where: str, extension: Mapping[str, Any]) -> str:
    value = extension.get("valueExpression")
    if not isinstance(value, dict) or value.get("language") != "text/fhirpath":
        raise QuestionnaireError(f"{where} is worked out in a language other than FHIRPath")
    text = str(value.get("expression") or "")
    if not text or len(text) > MOST_LETTERS:
        raise QuestionnaireError(f"{where} has an expression that is empty or too long")
    return text


def _check_extensions(where: str, raw: Mapping[str, Any]) -> None:
    """Raises QuestionnaireError for what must be understood to ask as meant, and is not."""
    if raw.get("modifierExtension"):
        raise QuestionnaireError(f"{where} has a modifier extension, which cannot be followed here")
    for one in raw.get("extension") or ():
        if not isinstance(one, dict):
            raise QuestionnaireError(f"{where} has an extension that is no mapping")
        name = str(one.get("url", ""))
        if name.endswith(CHANGES_WHAT_IS_ASKED):
            raise QuestionnaireError(
                f"{where} asks for {name.rpartition('-')[2]}, which cannot be followed here"
            )


def _extensions(raw: Mapping[str, Any], url: str) -> list[Mapping[str, Any]]:
    return [one for one in raw.get("extension") or () if one.get("url") == url]


def variables_in(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and expression of each FHIRPath variable that a questionnaire or an item declares."""
    found = []
    for one in _extensions(raw, VARIABLE):
        name = str((one.get("valueExpression") or {}).get("name") or "")
        if name:
            found.append((name, _expression(f"variable {name}", one)))
    return found


def _flat(items: Sequence[Item]) -> Iterator[Item]:
    for one in items:
        yield one
        yield from _flat(one.items)


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_LETTERS:
        raise QuestionnaireError(f"{name} must be text of at most {MOST_LETTERS} letters")
    return value.strip()


def _no_constant(text: str) -> Any:
    raise ValueError(text)


# ---- Asking


def asked_now(form: Form, given: Given) -> tuple[Item, ...]:
    """Every item that is shown with these answers, in order; what depends on an answer not given is not.

    An answer counts only while its own question is shown.
    """
    for _ in range(len(form.all_items)):
        shown = tuple(_shown(form.items, given))
        ids = {one.link_id for one in shown}
        counting = {link_id: values for link_id, values in given.items() if link_id in ids}
        if counting == given:
            break
        given = counting
    return shown


def _shown(items: Sequence[Item], given: Given) -> Iterator[Item]:
    for one in items:
        holds = [_compares(when, given.get(when.question, ())) for when in one.when]
        if one.hidden or (holds and not (any(holds) if one.when_any else all(holds))):
            continue
        yield one
        yield from _shown(one.items, given)


def _compares(when: When, answers: Sequence[Value]) -> bool:
    if when.operator == "exists":
        return bool(answers) is bool(when.value)
    if when.operator == "!=":
        return not any(_same(one, when.value) for one in answers)
    if when.operator == "=":
        return any(_same(one, when.value) for one in answers)
    compare: Callable[[float, float], bool] = {">": gt, "<": lt, ">=": ge, "<=": le}[when.operator]
    return any(
        compare(one, when.value)
        for one in answers
        if isinstance(one, (int, float)) and isinstance(when.value, (int, float))
    )


def _same(answer: Value, value: Value) -> bool:
    if isinstance(answer, dict):
        answer = (
            next(iter(answer.values()))
            if len(answer) == 1 and next(iter(answer)).startswith("value")
            else answer
        )
    if isinstance(answer, dict) and isinstance(value, dict):
        return answer.get("code") == value.get("code") and (
            not value.get("system") or answer.get("system") == value["system"]
        )
    return (type(answer) is type(value) and answer == value) or (
        isinstance(answer, (int, float))
        and isinstance(value, (int, float))
        and not isinstance(answer, bool)
        and not isinstance(value, bool)
        and answer == value
    )


def answer_from(item: Item, texts: Sequence[str]) -> list[Value]:
    """The answers that a form sent: of a choice the option's number. Raises ValueError."""
    texts = [one.strip() for one in texts if one.strip()]
    if not texts:
        return []
    if item.type == "choice":
        chosen = []
        for one in texts if item.repeats else texts[:1]:
            if not one.isdecimal() or int(one) >= len(item.options):
                raise ValueError("Choose one of the answers.")
            chosen.append(dict(item.options[int(one)].value))
        return list(chosen)
    text = texts[0]
    if item.type == "boolean":
        if text not in ("true", "false"):
            raise ValueError("Choose yes or no.")
        return [text == "true"]
    if item.type in ("integer", "decimal"):
        return [_number(item, text)]
    if (item.max_length is not None and len(text) > item.max_length) or len(text) > MOST_LETTERS:
        raise ValueError(f"Use at most {min(item.max_length or MOST_LETTERS, MOST_LETTERS)} letters.")
    return [text]


def _number(item: Item, text: str) -> int | float:
    try:
        value: int | float = int(text) if item.type == "integer" else float(text.replace(",", "."))
        if not abs(value) <= 2**31 - 1:  # nor a NaN
            raise ValueError
    except ValueError:
        raise ValueError("Give a whole number." if item.type == "integer" else "Give a number.") from None
    if (item.low is not None and value < item.low) or (item.high is not None and value > item.high):
        if item.low is not None and item.high is not None:
            raise ValueError(f"Give a number from {item.low:g} to {item.high:g}.")
        raise ValueError(
            f"Give {item.low:g} or more." if item.low is not None else f"Give {item.high:g} or less."
        )
    return value


def missing(form: Form, given: Given) -> tuple[Item, ...]:
    """The questions that must be answered and are not."""
    return tuple(
        one for one in asked_now(form, given) if one.asked and one.required and not given.get(one.link_id)
    )


_VALUE = {"boolean": "valueBoolean", "integer": "valueInteger", "decimal": "valueDecimal"}


def response_of(form: Form, given: Given, at: datetime) -> dict[str, Any]:
    """The FHIR QuestionnaireResponse with the answers to what is asked."""
    shown = {one.link_id for one in asked_now(form, given)}
    made: dict[str, Any] = {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
        "authored": at.isoformat(),
    }
    if form.url:
        made["questionnaire"] = f"{form.url}|{form.version}" if form.version else form.url
    items = _answered(form.items, given, shown)
    return {**made, "item": items} if items else made


def _answered(items: Sequence[Item], given: Given, shown: set[str]) -> list[dict[str, Any]]:
    made = []
    for one in items:
        if one.link_id not in shown:
            continue
        below = _answered(one.items, given, shown)
        row: dict[str, Any] = {"linkId": one.link_id, **({"text": one.text} if one.text else {})}
        if one.type == "group":
            if below:
                made.append({**row, "item": below})
            continue
        values = [
            dict(value) if isinstance(value, dict) else {_VALUE.get(one.type, "valueString"): value}
            for value in given.get(one.link_id, ())
        ]
        if values:
            values[0] |= {"item": below} if below else {}
            made.append({**row, "answer": values})
    return made


def in_words(value: Mapping[str, Any]) -> str:
    """One answer of a QuestionnaireResponse as text."""
    for name, content in value.items():
        if name == "valueCoding":
            return str(content.get("display") or content.get("code") or "")
        if name == "valueBoolean":
            return "yes" if content else "no"
        if name.startswith("value"):
            return f"{content:g}" if isinstance(content, float) else str(content)
    return ""


def answers_in_words(response: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Question and answer of everything answered in a QuestionnaireResponse."""
    told: list[tuple[str, str]] = []

    def walk(items: Any) -> None:
        for one in items if isinstance(items, list) else ():
            if not isinstance(one, dict):
                continue
            answers = [value for value in one.get("answer") or () if isinstance(value, dict)]
            if answers:
                told.append(
                    (
                        str(one.get("text") or one.get("linkId")),
                        ", ".join(in_words(value) for value in answers),
                    )
                )
            walk(one.get("item"))
            for value in answers:
                walk(value.get("item"))

    walk(response.get("item"))
    return told
