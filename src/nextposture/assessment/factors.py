"""From answers and measurements to contributing factors, each present, possible, absent or unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.conditions import State, inputs_of
from nextposture.knowledge.factors import Factor
from nextposture.screening.logic import FALSE, TRUE, UNKNOWN, Facts, Truth, evaluate

GRADES = ("high", "moderate", "low", "very_low", "contradicted", "none")
SHOWN_FIRST: tuple[State, ...] = ("present", "possible", "unknown", "absent")
FEWEST_DOMAINS = 3
"""At least this many domains are shown, so that no one thing looks like the cause."""


@dataclass(frozen=True)
class FactorFinding:
    """The state of one factor for one person, and which of its inputs are still unknown."""

    factor: Factor
    state: State
    missing: frozenset[str]


def assess(knowledge: Knowledge, answers: Answers) -> tuple[FactorFinding, ...]:
    """Every factor's state, in table order.

    `answers` are checked, and already less those that a contradiction leaves out (`screening.without`).
    """
    facts = Facts(answers, references=knowledge.factors.references)
    return tuple(
        FactorFinding(factor, _state(factor, facts), _missing(factor, answers))
        for factor in knowledge.factors.factors
    )


def in_order(findings: Iterable[FactorFinding]) -> tuple[FactorFinding, ...]:
    """Findings as they are shown: by state, then by what one can change, then by grade of evidence."""
    return tuple(
        sorted(
            findings,
            key=lambda one: (
                SHOWN_FIRST.index(one.state),
                -one.factor.modifiable,
                GRADES.index(one.factor.grade),
            ),
        )
    )


def shown(findings: Iterable[FactorFinding]) -> tuple[FactorFinding, ...]:
    """What a result page leads with: every present and possible factor, filled up to three domains.

    Domains are filled with unknown factors first, then absent ones, so that no single thing stands alone.
    """
    ordered = in_order(findings)
    chosen = [one for one in ordered if one.state in ("present", "possible")]
    domains = {one.factor.domain for one in chosen}
    for one in ordered:
        if len(domains) >= FEWEST_DOMAINS:
            break
        if one.factor.domain not in domains:
            chosen.append(one)
            domains.add(one.factor.domain)
    return tuple(chosen)


def _state(factor: Factor, facts: Facts) -> State:
    if factor.needs is not None and evaluate(factor.needs, facts) is not TRUE:
        return "unknown"
    present = evaluate(factor.present, facts)
    possible: Truth = FALSE if factor.possible is None else evaluate(factor.possible, facts)
    if present is TRUE:
        return "present"
    if possible is TRUE and present is FALSE:
        return "possible"
    return "unknown" if UNKNOWN in (present, possible) else "absent"


def _missing(factor: Factor, answers: Answers) -> frozenset[str]:
    conditions = [one for one in (factor.needs, factor.present, factor.possible) if one is not None]
    named = frozenset[str]().union(*(inputs_of(one, {}) for one in conditions))
    return frozenset(name for name in named if answers.get(name) in (None, "dk", "pna"))
