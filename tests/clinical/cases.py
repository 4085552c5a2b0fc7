"""The clinical cases, and what is wrong with an examination of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from nextposture.assessment import assess
from nextposture.knowledge import Answers, Knowledge, Value, check_answers
from nextposture.knowledge.reading import read_text, row
from nextposture.planning import make_plan
from nextposture.screening import screen, without

HERE = Path(__file__).parent


@row
class Expected:
    """What must come out. Lists name what must (or must not) be among what comes out."""

    urgency: str
    status: str = "complete"
    fires: tuple[str, ...] = ()
    not_fires: tuple[str, ...] = ()
    factors: dict[str, str] = field(default_factory=dict)
    plan_has: tuple[str, ...] = ()
    plan_not: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    not_blocked: tuple[str, ...] = ()


@row
class Case:
    """One person: what they answered beyond base_clear, and what must come out."""

    id: str
    answers: dict[str, bool | int | float | str | None]
    expected: Expected
    text: str = ""


@row
class _File:
    cases: tuple[Case, ...]
    base_clear: dict[str, bool | int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Examination:
    """What came out, by the names that cases use."""

    urgency: str
    status: str
    fired: frozenset[str]
    factors: dict[str, str]
    plan: tuple[str, ...]
    blocked: frozenset[str]


@cache
def _read(name: str) -> _File:
    path = HERE / f"{name}.yaml"
    return read_text(path.name, path.read_text(encoding="utf-8")).parse(_File)


def vignettes() -> tuple[Case, ...]:
    """The told cases."""
    return _read("vignettes").cases


def rule_coverage() -> tuple[Case, ...]:
    """The minimal cases."""
    return _read("rule_coverage").cases


def base_clear() -> dict[str, Value]:
    """Two weeks of ordinary back pain and nothing else."""
    return dict(_read("vignettes").base_clear)


def answers_of(case: Case) -> dict[str, Value]:
    """All answers of a case."""
    return {**base_clear(), **case.answers}


def examine(knowledge: Knowledge, raw: Answers) -> Examination:
    """Run the whole domain over answers."""
    answers = check_answers(knowledge.inputs, raw)
    outcome = screen(knowledge, answers)
    findings = assess(knowledge, without(answers, outcome.ignored))
    plan = make_plan(knowledge, answers, outcome, findings)
    return Examination(
        urgency=outcome.urgency.name,
        status=outcome.status,
        fired=frozenset(reason.id for reason in outcome.reasons),
        factors={one.factor.id: one.state for one in findings},
        plan=tuple(one.item.id for one in plan.items),
        blocked=frozenset(outcome.blocked_exercises),
    )


def wrong(expected: Expected, found: Examination) -> list[str]:
    """What differs from what was expected, a line each; empty when the case passes."""
    lines = []
    if found.urgency != expected.urgency:
        lines.append(f"urgency {found.urgency}, expected {expected.urgency}")
    if found.status != expected.status:
        lines.append(f"status {found.status}, expected {expected.status}")
    for wanted, present, what in (
        (expected.fires, found.fired, "does not fire"),
        (expected.plan_has, found.plan, "is not in the plan"),
        (expected.blocked, found.blocked, "is not blocked"),
    ):
        lines += [f"{name} {what}" for name in wanted if name not in present]
    for unwanted, present, what in (
        (expected.not_fires, found.fired, "fires"),
        (expected.plan_not, found.plan, "is in the plan"),
        (expected.not_blocked, found.blocked, "is blocked"),
    ):
        lines += [f"{name} {what}" for name in unwanted if name in present]
    lines += [
        f"{name} is {found.factors[name]}, expected {state}"
        for name, state in expected.factors.items()
        if found.factors[name] != state
    ]
    return lines
