"""Questionnaires that are brought: asked as they were meant or refused, scored by their own rule."""

from __future__ import annotations

import copy
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.history import EXAMPLE

from nextposture.interop import scoring
from nextposture.interop.bundle import check
from nextposture.interop.questionnaires import (
    Given,
    QuestionnaireError,
    answer_from,
    answers_in_words,
    asked_now,
    missing,
    questionnaire_from,
    questionnaire_in,
    response_of,
)
from nextposture.interop.scoring import scores_of

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def definition() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(EXAMPLE.read_text())
    return read


def given(definition: dict[str, Any], **texts: str | list[str]) -> Given:
    """Answers as a form sends them, by link id with a leading underscore."""
    form = questionnaire_from(definition)
    told = {}
    for name, text in texts.items():
        item = form.find(name.removeprefix("_"))
        assert item is not None
        told[item.link_id] = answer_from(item, [text] if isinstance(text, str) else text)
    return told


def item(definition: dict[str, Any], link_id: str) -> dict[str, Any]:
    """The raw item, wherever it is."""
    waiting = list(definition["item"])
    while waiting:
        one: dict[str, Any] = waiting.pop()
        if one["linkId"] == link_id:
            return one
        waiting += one.get("item", [])
    raise KeyError(link_id)


# ---- Asking


def test_follow_up_is_asked_only_while_its_answer_holds(definition: dict[str, Any]) -> None:
    form = questionnaire_from(definition)
    for texts, asked in (({}, False), ({"_3": "false"}, False), ({"_3": "true"}, True)):
        shown = [one.link_id for one in asked_now(form, given(definition, **texts))]
        assert ("3a" in shown) is asked
    assert [one.link_id for one in missing(form, {})] == ["1", "2"]
    assert [one.link_id for one in missing(form, given(definition, _1="0", _2="3", _3="true"))] == ["3a"]


def test_answer_to_a_question_no_longer_asked_counts_for_nothing(definition: dict[str, Any]) -> None:
    last = {
        "linkId": "3b",
        "type": "string",
        "text": "Whose?",
        "enableWhen": [{"question": "3a", "operator": "exists", "answerBoolean": True}],
    }
    item(definition, "desk")["item"].append(last)
    form = questionnaire_from(definition)
    told = given(definition, _1="0", _2="3", _3="false", _3a="window", _3b="mine")
    assert {"3a", "3b"} & {one.link_id for one in asked_now(form, told)} == set()
    assert "window" not in json.dumps(response_of(form, told, AT))


@pytest.mark.parametrize(
    ("operator", "value", "texts", "shown"),
    [
        (">", {"answerInteger": 3}, {"_2": "4"}, True),
        (">", {"answerInteger": 3}, {"_2": "3"}, False),
        ("<=", {"answerDecimal": 3}, {"_2": "3"}, True),
        ("!=", {"answerInteger": 3}, {"_2": "3"}, False),
        ("exists", {"answerBoolean": False}, {}, True),
        ("exists", {"answerBoolean": True}, {}, False),
    ],
)
def test_every_comparison(
    definition: dict[str, Any], operator: str, value: dict[str, Any], texts: dict[str, str], shown: bool
) -> None:
    item(definition, "4")["enableWhen"] = [{"question": "2", "operator": operator, **value}]
    form = questionnaire_from(definition)
    assert ("4" in {one.link_id for one in asked_now(form, given(definition, **texts))}) is shown


def test_coded_answer_enables_by_its_code_and_any_or_all(definition: dict[str, Any]) -> None:
    always = {"question": "1", "operator": "=", "answerCoding": {"code": "always"}}
    other = {"question": "2", "operator": "=", "answerInteger": 7}
    item(definition, "4").update(enableWhen=[always, other], enableBehavior="any")
    told = given(definition, _1="2", _2="1")
    assert "4" in {one.link_id for one in asked_now(questionnaire_from(definition), told)}
    item(definition, "4")["enableBehavior"] = "all"
    assert "4" not in {one.link_id for one in asked_now(questionnaire_from(definition), told)}


@pytest.mark.parametrize(
    ("link_id", "text", "words"),
    [
        ("2", "8", "from 0 to 7"),
        ("2", "2.5", "whole number"),
        ("2", "9" * 400, "whole number"),
        ("4", "nan", "Give a number"),
        ("4", "many", "Give a number"),
        ("1", "7", "Choose one"),
        ("1", "-1", "Choose one"),
        ("3", "perhaps", "yes or no"),
        ("3a", "x" * 41, "at most 40"),
    ],
)
def test_impossible_answer_says_what_to_change(
    definition: dict[str, Any], link_id: str, text: str, words: str
) -> None:
    asked = questionnaire_from(definition).find(link_id)
    assert asked is not None
    with pytest.raises(ValueError, match=words):
        answer_from(asked, [text])


def test_response_is_valid_fhir_and_says_what_was_answered(definition: dict[str, Any]) -> None:
    form = questionnaire_from(definition)
    response = response_of(form, given(definition, _1="1", _2="5", _3="true", _3a="kitchen", _4="2,5"), AT)
    check(response)
    check(definition)
    assert answers_in_words(response) == [
        ("How often was sitting comfortable?", "Sometimes"),
        ("On how many days did you get up every hour?", "5"),
        ("Did you work at another desk?", "yes"),
        ("Which desk?", "kitchen"),
        ("How many hours a day?", "2.5"),
    ]


# ---- What is refused


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "attachment"}, "item '4' is of type 'attachment'"),
        ({"linkId": "1"}, "appears twice"),
        ({"text": ""}, "item '4' has no text"),
        ({"repeats": True}, "several times"),
        (
            {"enableWhen": [{"question": "nine", "operator": "exists", "answerBoolean": True}]},
            "'nine', which is not there",
        ),
        ({"enableWhen": [{"question": "1", "operator": "~", "answerString": "x"}]}, "cannot be read"),
        ({"modifierExtension": [{"url": "x"}]}, "modifier extension"),
        ({"type": "choice", "answerValueSet": "http://x"}, "value set"),
        ({"type": "choice"}, "offers no answers"),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression"
                    }
                ]
            },
            "enableWhenExpression",
        ),
    ],
)
def test_what_cannot_be_asked_as_meant_is_refused_by_name(
    definition: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    item(definition, "4").update(change)
    with pytest.raises(QuestionnaireError, match=words):
        questionnaire_from(definition)


def test_deep_many_and_foreign_files_are_refused(definition: dict[str, Any]) -> None:
    deep: dict[str, Any] = {"linkId": "x", "type": "group"}
    for number in range(20):
        deep = {"linkId": f"x{number}", "type": "group", "item": [deep]}
    with pytest.raises(QuestionnaireError, match="deep"):
        questionnaire_from({**definition, "item": [deep]})
    many = [{"linkId": str(number), "type": "boolean", "text": "?"} for number in range(301)]
    with pytest.raises(QuestionnaireError, match="301 items"):
        questionnaire_from({**definition, "item": many})
    for data, words in (
        (b"{", "not JSON"),
        (b'{"resourceType": "Patient"}', "no FHIR Questionnaire"),
        (b" " * 1_000_001, "larger"),
    ):
        with pytest.raises(QuestionnaireError, match=words):
            questionnaire_in(data)


# ---- Scores


def scored(definition: dict[str, Any], expression: str) -> float | str | None:
    changed = copy.deepcopy(definition)
    item(changed, "score")["extension"][0]["valueExpression"]["expression"] = expression
    form = questionnaire_from(changed)
    (score,) = scores_of(form, changed, response_of(form, given(changed, _1="2", _2="5", _4="1.5"), AT))
    return score.value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("%resource.repeat(item).where(linkId='1').answer.value.ordinal() + 5", 8),
        ("%resource.repeat(item).answer.valueCoding.weight()", 3),
        ("%resource.repeat(item).where(linkId='4').answer.value * 2", 3),
        ("%resource.repeat(item).where(linkId='3').answer.value", None),
        ("1 / 0", None),
        ("((", None),
        ("'a' + 1", None),
    ],
)
def test_score_is_what_the_expression_says_or_unknown(
    definition: dict[str, Any], expression: str, value: object
) -> None:
    assert scored(definition, expression) == value


def test_variables_and_scores_that_use_scores(definition: dict[str, Any]) -> None:
    variable = {
        "language": "text/fhirpath",
        "name": "up",
        "expression": "%resource.repeat(item).where(linkId='2').answer.value",
    }
    definition["extension"] = [
        {"url": "http://hl7.org/fhir/StructureDefinition/variable", "valueExpression": variable}
    ]
    item(definition, "score")["extension"][0]["valueExpression"]["expression"] = "%up * 10"
    double = copy.deepcopy(item(definition, "score"))
    double["linkId"] = "double"
    double["extension"][0]["valueExpression"]["expression"] = (
        "%resource.item.where(linkId='score').answer.value * 2"
    )
    definition["item"].insert(0, double)
    form = questionnaire_from(definition)
    scores = scores_of(form, definition, response_of(form, given(definition, _1="0", _2="5"), AT))
    assert {one.link_id: one.value for one in scores} == {"score": 50, "double": 100}


def test_expression_without_end_is_stopped(
    definition: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SECONDS", 2)
    begun = time.monotonic()
    assert scored(definition, "(1).repeat($this + 1).count()") is None
    assert time.monotonic() - begun < 60, "it would go on for ever"
