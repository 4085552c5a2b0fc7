"""What the result page shows of an outcome, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nextposture.assessment import FactorFinding, assess, in_order, shown
from nextposture.knowledge import Answers, Knowledge, Value
from nextposture.knowledge.answers import is_left_open
from nextposture.knowledge.conditions import State
from nextposture.knowledge.evidence import Source
from nextposture.knowledge.factors import Factor
from nextposture.knowledge.result_words import result_words
from nextposture.screening import Outcome, Reason, without
from nextposture.selfcare.check_in import (
    all_inputs,
    as_text,
    in_words,
    screen_asking,
    unanswered,
)
from nextposture.selfcare.evidence_lines import ShownClaim
from nextposture.selfcare.evidence_lines import shown as shown_claim

HIP = "F_HIPFLEX"


@dataclass(frozen=True)
class ReasonShown:
    """A reason with its sources; `name` is the answer to look at first, if one asks again."""

    reason: Reason
    sources: tuple[tuple[str, Source], ...]
    answered: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class FactorShown:
    """A factor as three lines; `ask` is the input that would settle an unknown one, if a page asks it."""

    factor: Factor
    state: State
    state_word: str
    domain: str
    saw: str
    sure: str
    not_mean: str
    ask: str
    claim: ShownClaim
    sources: tuple[tuple[str, Source], ...]


def reasons_shown(knowledge: Knowledge, outcome: Outcome, answers: Answers) -> tuple[ReasonShown, ...]:
    """Every reason, the most urgent first."""
    inputs = all_inputs(knowledge)
    return tuple(
        ReasonShown(
            reason,
            sources_of(knowledge, reason.sources),
            tuple(
                (name, inputs[name].ask, in_words(inputs[name], answers.get(name)))
                for name in inputs
                if name in reason.inputs and _to_look_at(reason, answers.get(name))
            ),
        )
        for reason in outcome.reasons
    )


def _to_look_at(reason: Reason, answer: Value) -> bool:
    """Whether the answer is one that a contradiction rests on, or one that a floor found left open."""
    if reason.kind == "contradiction":
        return answer is not None
    return reason.kind == "floor" and is_left_open(answer)


def open_questions(knowledge: Knowledge, answers: Answers) -> tuple[tuple[str, str], ...]:
    """Name and words of what must still be answered."""
    inputs = all_inputs(knowledge)
    return tuple(
        (name, inputs[name].ask)
        for screen in knowledge.questions.screens
        for name in unanswered(knowledge, answers, screen)
    )


def findings_of(
    knowledge: Knowledge, answers: Answers, ignored: frozenset[str], states: Mapping[str, State]
) -> tuple[FactorFinding, ...]:
    """The findings with the states that were recorded."""
    return tuple(
        replace(finding, state=states.get(finding.factor.id, finding.state))
        for finding in assess(knowledge, without(answers, ignored))
    )


def factors_shown(
    knowledge: Knowledge, findings: tuple[FactorFinding, ...], answers: Answers
) -> tuple[tuple[FactorShown, ...], tuple[FactorShown, ...]]:
    """Those the page leads with, from at least three domains, and the rest."""
    first = shown(findings)
    rest = [one for one in in_order(findings) if one not in first]
    return (
        tuple(_factor(knowledge, one, answers) for one in first),
        tuple(_factor(knowledge, one, answers) for one in rest),
    )


def only_hip(findings: tuple[FactorFinding, ...]) -> bool:
    """Whether the hip is the only thing that was seen, which by itself says little."""
    return {one.factor.id for one in findings if one.state in ("present", "possible")} == {HIP}


def sources_of(knowledge: Knowledge, names: tuple[str, ...]) -> tuple[tuple[str, Source], ...]:
    """The bibliography's entries; one that the tables no longer hold is left out."""
    return tuple((name, knowledge.sources[name]) for name in names if name in knowledge.sources)


def _factor(knowledge: Knowledge, finding: FactorFinding, answers: Answers) -> FactorShown:
    factor, state = finding.factor, finding.state
    table = result_words()
    words = table.factors[factor.id]
    if state == "unknown":
        saw, not_mean = factor.settle, table.unknown_not_mean
    elif state == "absent":
        saw, not_mean = words.absent, table.absent_not_mean
    else:
        saw = words.present if state == "present" else words.possible
        not_mean = words.not_mean
    asked = [name for name in all_inputs(knowledge) if name in finding.missing]
    return FactorShown(
        factor=factor,
        state=state,
        state_word=table.states[state],
        domain=knowledge.factors.domains[factor.domain],
        saw=saw.format_map(_Said(answers)),
        sure=words.sure,
        not_mean=not_mean,
        claim=shown_claim(knowledge.claims[factor.claim], knowledge.sources),
        ask=next((name for name in asked if screen_asking(knowledge, name)), ""),
        sources=sources_of(knowledge, factor.sources),
    )


class _Said(dict[str, Any]):
    """Answers as text, by name; what was not answered reads as "some"."""

    def __init__(self, answers: Answers) -> None:
        super().__init__({name: as_text(value) for name, value in answers.items()})
        hip = answers.get("hip_ext_deg_worst")
        if isinstance(hip, (int, float)):
            self["hip_below"] = as_text(abs(hip))

    def __missing__(self, name: str) -> str:
        return "some"
