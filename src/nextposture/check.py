"""`nextposture check`: answers in, urgency, factors and plan out, with no page and no server."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from nextposture.assessment import FactorFinding, assess, in_order
from nextposture.knowledge import AnswerError, Answers, Knowledge, KnowledgeError, check_answers, load
from nextposture.knowledge.answers import counted_as_other
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.reading import read_foreign
from nextposture.planning import CarePlan, Choice, Dose, PlanItem, make_plan
from nextposture.planning.dose_words import dose_words
from nextposture.screening import Outcome, Urgency, screen, without

MOST_SAID = 300
"""Letters of an error message."""


def add_parser(subparsers: Any) -> None:
    """Register the sub-command."""
    parser = subparsers.add_parser(
        "check",
        help="screen answers from a file and print the outcome",
        description="Screen one case, or a list of cases, and print urgency, factors and plan. "
        "Keys are the names of the inputs (`nextposture check --inputs` lists them); a missing key counts as "
        "not asked yet.",
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", help="JSON or YAML file with the answers, or - for standard input"
    )
    parser.add_argument(
        "--text", action="store_true", help="print it for a person to read instead of as JSON"
    )
    parser.add_argument("--inputs", action="store_true", help="list the inputs and what each may be")


def run(args: argparse.Namespace, out: TextIO) -> int:
    """Print the outcome of each case; returns the exit status (2 for input that cannot be used)."""
    if args.inputs:
        out.write("".join(f"{_described(one)}\n" for one in load().inputs.values()))
        return 0
    if args.file is None:
        return _refuse("name a FILE with the answers, or - for standard input")
    try:
        cases = read_cases(_name(args.file), _text(args.file))
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "is not UTF-8 text"
        return _refuse(f"{_name(args.file)}: {reason}")
    except (KnowledgeError, InputError) as failure:
        return _refuse(str(failure))
    knowledge = load()
    several = isinstance(cases, list)
    results, notes = [], []
    for number, case in enumerate(cases if isinstance(cases, list) else [cases], start=1):
        try:
            answers = check_answers(knowledge.inputs, case)
        except AnswerError as failure:
            return _refuse(f"case {number}: {failure}" if several else str(failure))
        results.append(examine(knowledge, answers))
        notes.append(counted_as_other(knowledge.inputs, case))
        for note in notes[-1]:
            print(f"case {number}: {note}" if several else note, file=sys.stderr)
    if args.text:
        out.write("\n\n".join(as_text(*result) for result in results) + "\n")
    else:
        shown = [{**as_json(*result), "notes": noted} for result, noted in zip(results, notes, strict=True)]
        json.dump(shown if several else shown[0], out, indent=2, ensure_ascii=False)
        out.write("\n")
    return 0


class InputError(ValueError):
    """The file does not hold a case or a list of cases."""


def read_cases(name: str, text: str) -> dict[str, object] | list[dict[str, object]]:
    """One case or a list of them, from JSON or YAML. Raises InputError or KnowledgeError."""
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError:
        value = read_foreign(name, text).value
    except RecursionError:
        raise InputError(f"{name}: is nested too deeply") from None
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{name}: holds a number that cannot be used") from None
    for case in value if isinstance(value, list) else [value]:
        if not isinstance(case, dict):
            raise InputError(f"{name}: a case is a mapping from input names to answers")
    return value  # type: ignore[no-any-return]


def examine(
    knowledge: Knowledge, answers: Answers
) -> tuple[Knowledge, Outcome, list[FactorFinding], CarePlan]:
    """Everything the domain says about checked answers."""
    outcome = screen(knowledge, answers)
    findings = assess(knowledge, without(answers, outcome.ignored))
    plan = make_plan(knowledge, answers, outcome, findings)
    return knowledge, outcome, list(findings), plan


def as_json(
    knowledge: Knowledge, outcome: Outcome, findings: list[FactorFinding], plan: CarePlan
) -> Mapping[str, object]:
    """The outcome as plain values."""
    return {
        "urgency": outcome.urgency.name,
        "status": outcome.status,
        "reasons": [
            {
                "id": reason.id,
                "kind": reason.kind,
                "level": reason.level.name if reason.level else None,
                "why": reason.why,
                "plain": reason.plain,
                "sources": list(reason.sources),
            }
            for reason in outcome.reasons
        ],
        "routes": list(outcome.routes),
        "factors": {one.factor.id: one.state for one in findings},
        "plan": [
            {
                "id": one.item.id,
                "name": one.item.name,
                "dose": _dose(one.dose),
                "reasons": list(one.reasons),
                "optional": one.optional,
                "grade": knowledge.grade_of(one.item),
            }
            for one in plan.items
        ],
        "later": [_choice(one) for one in plan.later],
        "left_out": [_choice(one) for one in plan.left_out],
        "blocked": list(outcome.blocked_exercises),
        "knowledge": {
            "version": outcome.knowledge_version,
            "hash": outcome.knowledge_hash,
            "reviewed_by": knowledge.release.reviewed_by,
        },
    }


def as_text(knowledge: Knowledge, outcome: Outcome, findings: list[FactorFinding], plan: CarePlan) -> str:
    """The outcome for a person to read."""
    level = knowledge.danger_signs.levels[outcome.urgency]
    lines = [f"{outcome.urgency.name.replace('_', ' ')}: {level.text}"]
    if outcome.status == "incomplete":
        lines.append("Not complete: some safety questions have not been asked yet, so this may still rise.")
    lines += [f"  - {reason.plain} [{reason.id}; {', '.join(reason.sources)}]" for reason in outcome.reasons]
    lines += [f"Route: {knowledge.plan.routes[route]}" for route in outcome.routes]
    if outcome.urgency is Urgency.EMERGENCY_NOW:
        lines += ["", *_what_to_do(knowledge, outcome)]
    else:
        lines += ["", *_factors_and_plan(findings, plan), *_ruled_out(knowledge, outcome, plan)]
    signed = knowledge.release.reviewed_by
    lines += [
        "",
        "Danger signs to keep in mind:",
        *(f"  {line}" for line in knowledge.safety_net_card),
        "",
        f"Tables {outcome.knowledge_version} ({outcome.knowledge_hash[:12]}), "
        + (f"reviewed by {signed}." if signed else "not yet reviewed by a registered clinician."),
        knowledge.wording.always[0],
    ]
    return "\n".join(lines)


def _what_to_do(knowledge: Knowledge, outcome: Outcome) -> list[str]:
    """For an emergency: what to do and say for each condition that fired, and nothing else."""
    conditions = dict.fromkeys(
        reason.condition for reason in outcome.reasons if reason.level is Urgency.EMERGENCY_NOW
    )
    lines = []
    for condition in filter(None, conditions):
        action = knowledge.danger_signs.actions[condition]
        lines += [f"{action.name}:", *(f"  - {step}" for step in action.do), f"  Say: {action.say}"]
    elsewhere = knowledge.emergency_numbers_elsewhere.emergency
    return [
        *lines,
        f"Call your local emergency number; {elsewhere} works from mobile phones in most countries.",
    ]


def _factors_and_plan(findings: list[FactorFinding], plan: CarePlan) -> list[str]:
    lines = ["What may add to it (never one thing alone):"]
    lines += [
        f"  {one.state:<9} {one.factor.name} (evidence: {one.factor.grade.replace('_', ' ')})"
        + (f". {one.factor.settle}" if one.state == "unknown" else "")
        for one in in_order(findings)
    ]
    lines += ["", f"Plan: {plan.label}".rstrip(": ") if plan.items else f"No plan. {plan.label}".rstrip()]
    lines += [f"  {one.item.name}: {_how_much(one)}{' '.join(one.reasons)}" for one in plan.items]
    for title, choices in (("For later", plan.later), ("Left out", plan.left_out)):
        if choices:
            lines += ["", f"{title}:", *(f"  {one.item.name}: {' '.join(one.reasons)}" for one in choices)]
    return lines


def _ruled_out(knowledge: Knowledge, outcome: Outcome, plan: CarePlan) -> list[str]:
    told = {one.item.id for one in plan.left_out}
    lines = [
        f"  {knowledge.items[one.exercise].name}: {' '.join(plain for _, plain in one.because)}"
        for one in outcome.blocked
        if one.exercise not in told
    ]
    return ["", "Leave alone for now:", *lines] if lines else []


def _how_much(one: PlanItem) -> str:
    words = dose_words(one.item, one.dose)
    return f"{words}. " if words else ""


def _described(one: Input) -> str:
    other = f"; any other word counts as {one.any_other}" if one.any_other else ""
    kinds = {"bool": "true or false", "choice": " | ".join(one.choices) + other}
    allowed = kinds.get(one.type) or "{:g} to {:g}".format(*one.limits)
    unit = f" {one.unit}" if one.unit else ""
    needed = " (must be asked before a plan)" if one.mandatory else ""
    return f"{one.id}: {allowed}{unit}{needed}\n    {one.ask}"


def _dose(dose: Dose) -> dict[str, object]:
    return {name: value for name, value in asdict(dose).items() if value is not None}


def _choice(choice: Choice) -> dict[str, object]:
    return {"id": choice.item.id, "reasons": list(choice.reasons)}


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        twice = next(key for key in unique if sum(name == key for name, _ in pairs) > 1)
        raise InputError(f"{twice}: the key appears twice")
    return unique


def _name(file: str) -> str:
    return "standard input" if file == "-" else Path(file).name


def _text(file: str) -> str:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return data.decode("utf-8-sig")


def _refuse(message: str) -> int:
    # One line whatever the input held: no control characters, and no more than a line's worth.
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(message.split()))
    print(f"nextposture check: {line[:MOST_SAID]}", file=sys.stderr)
    return 2
