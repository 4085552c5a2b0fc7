"""Checks of what an imported row holds inside its JSON, so that no page breaks over it later.

Each takes the values of one row by field and returns what is wrong, field first. They ask for what the app
reads and no more: answers to questions that these tables no longer ask are kept as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from nextposture.knowledge import AnswerError, Urgency, check_answers, load
from nextposture.knowledge.asking import asking
from nextposture.planning import Dose
from nextposture.planning.course import Change
from nextposture.planning.progression_table import RuleId
from nextposture.planning.session import step_from
from nextposture.record import check_ins
from nextposture.record.models import Outcome

Row = Mapping[str, Any]


def _check_in(row: Row) -> list[str]:
    answers = row.get("answers", {})
    if not isinstance(answers, dict):
        return ["answers: must be a mapping"]
    known = {**load().inputs, **asking().inputs}
    wrong = []
    for name, value in answers.items():
        if name not in known:
            if isinstance(value, (dict, list)):
                wrong.append(f"answers, {name}: must be one value")
            continue
        try:
            check_answers(known, {name: value})
        except AnswerError as error:
            wrong.append(f"answers, {error}")
    return wrong


def _outcome(row: Row) -> list[str]:
    if row["urgency"] not in Urgency.__members__:
        return [f"urgency: must be one of {', '.join(Urgency.__members__)}"]
    fields = ("urgency", "status", "result", "knowledge_version", "knowledge_hash")
    try:
        check_ins.as_outcome(Outcome(**{name: row[name] for name in fields}))
        states = set(row["result"]["factors"].values())
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["result: has not the form of an outcome"]
    unknown = states - {"present", "possible", "absent", "unknown"}
    return [f"result: there is no factor state {one!r}" for one in sorted(map(str, unknown))]


def _care_plan(row: Row) -> list[str]:
    wrong: list[str] = []
    for name in ("items", "later", "left_out"):
        for place, one in enumerate(_list(row, name, wrong), start=1):
            try:
                good = isinstance(one["id"], str) and all(isinstance(why, str) for why in one["reasons"])
                if name == "items":
                    Dose(**one["dose"])
                    good = good and isinstance(one["optional"], bool)
            except (KeyError, TypeError, ValueError):
                good = False
            if not good:
                wrong.append(f"{name}: number {place} has not the form of a part of a plan")
    return wrong


def _plan_change(row: Row) -> list[str]:
    wrong: list[str] = []
    if row["rule"] not in get_args(RuleId):
        wrong.append("rule: there is no such rule of progression")
    for place, one in enumerate(_list(row, "changes", wrong), start=1):
        try:
            Change(**one)
        except (TypeError, ValueError):
            wrong.append(f"changes: number {place} is no change of a plan")
    for name in ("before", "after"):
        there = _list(row, name, wrong)
        wrong += [f"{name}, {line}" for line in _care_plan({"items": there})]
    return wrong


def _plan_decision(row: Row) -> list[str]:
    wrong: list[str] = []
    try:
        Dose(**row.get("dose", {}))
    except TypeError:
        wrong.append("dose: has not the form of a dose")
    return wrong + _mapping_in("exercise")(row)


def _pain_map(row: Row) -> list[str]:
    wrong: list[str] = []
    if not all(isinstance(one, str) for one in _list(row, "regions", wrong)):
        wrong.append("regions: must be words")
    return wrong


def _session(row: Row) -> list[str]:
    wrong: list[str] = []
    steps = _list(row, "steps", wrong)
    for place, one in enumerate(steps, start=1):
        try:
            step_from(one)
        except (TypeError, ValueError):
            wrong.append(f"steps: number {place} is no step")
    if row.get("position", 0) > len(steps):
        wrong.append("position: lies behind the last step")
    return wrong


def _mapping_in(field: str) -> Callable[[Row], list[str]]:
    def check(row: Row) -> list[str]:
        return [] if isinstance(row.get(field, {}), dict) else [f"{field}: must be a mapping"]

    return check


def _questionnaire(row: Row) -> list[str]:
    from nextposture.interop.questionnaires import QuestionnaireError, questionnaire_from

    try:
        questionnaire_from(row["definition"])
    except QuestionnaireError as error:
        return [f"definition: {error}"]
    return []


def _response(row: Row) -> list[str]:
    wrong = _mapping_in("response")(row)
    for place, one in enumerate(_list(row, "scores", wrong), start=1):
        good = isinstance(one, dict) and {"link_id", "text", "value"} <= set(one)
        if not good or not isinstance(one["value"], (int, float, str, type(None))):
            wrong.append(f"scores: number {place} is no score")
    return wrong


def _list(row: Row, field: str, wrong: list[str]) -> list[Any]:
    value = row.get(field, [])
    if isinstance(value, list):
        return value
    wrong.append(f"{field}: must be a list")
    return []


CHECKS: Mapping[str, Callable[[Row], list[str]]] = {
    "CheckIn": _check_in,
    "PlanDecision": _plan_decision,
    "Outcome": _outcome,
    "CarePlan": _care_plan,
    "PlanChange": _plan_change,
    "PainMap": _pain_map,
    "Session": _session,
    "Break": _mapping_in("deferred"),
    "Measurement": _mapping_in("detail"),
    "Questionnaire": _questionnaire,
    "QuestionnaireResponse": _response,
}
"""By table."""
