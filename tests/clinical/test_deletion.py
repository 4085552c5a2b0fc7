"""Nothing in the tables is untested: change or delete any one part of them, and some case fails.

Each mutant leaves out one row, one part of a condition or one exercise of a block, or moves one threshold.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cache

import pytest

from nextposture.knowledge import Knowledge, load
from nextposture.knowledge.conditions import AllOf, AnyCondition, AnyOf, AtLeast, Comparison
from tests.clinical.cases import Case, answers_of, examine, rule_coverage, vignettes, wrong

KNOWLEDGE = load()
SIGNS = KNOWLEDGE.danger_signs
SECTIONS = ("rules", "floors", "contradictions", "exercise_blocks")


@dataclass(frozen=True)
class Mutant:
    """The tables with one thing changed; `about` names the row, so that its own cases are tried first."""

    name: str
    about: str
    knowledge: Knowledge


@cache
def cases_about(row: str) -> list[Case]:
    every = (*rule_coverage(), *vignettes())
    return sorted(every, key=lambda case: row not in str(case.expected) and row not in case.id)


def survives(mutant: Mutant) -> bool:
    return not any(
        wrong(case.expected, examine(mutant.knowledge, answers_of(case)))
        for case in cases_about(mutant.about)
    )


def with_row(section: str, index: int, changed: object | None) -> Knowledge:
    rows = list(getattr(SIGNS, section))
    rows[index : index + 1] = [] if changed is None else [changed]
    return replace(KNOWLEDGE, danger_signs=replace(SIGNS, **{section: tuple(rows)}))  # type: ignore[arg-type]


def mutations(condition: AnyCondition) -> Iterator[tuple[str, AnyCondition]]:
    """The condition with one part left out, one value of a list left out, or one threshold moved."""
    match condition:
        case AllOf() | AnyOf() | AtLeast():
            for place, part in enumerate(condition.parts):
                rest = (*condition.parts[:place], *condition.parts[place + 1 :])
                if rest:
                    yield f"without part {place + 1}", replace(condition, parts=rest)
                for name, changed in mutations(part):
                    parts = (*condition.parts[:place], changed, *condition.parts[place + 1 :])
                    yield f"{place + 1}: {name}", replace(condition, parts=parts)
            if isinstance(condition, AtLeast):
                yield "one more", replace(condition, count=condition.count + 1)
                if condition.count > 1:
                    yield "one fewer", replace(condition, count=condition.count - 1)
        case Comparison(operator="in"):
            assert isinstance(condition.value, tuple)
            for value in condition.value:
                if len(condition.value) > 1:
                    rest_values = tuple(one for one in condition.value if one != value)
                    yield f"without {value}", replace(condition, value=rest_values)
        case Comparison(operator="ge" | "gt" | "le" | "lt"):
            # The other side of the threshold itself: >= to >, < to <=.
            other = {"ge": "gt", "gt": "ge", "le": "lt", "lt": "le"}[condition.operator]
            yield f"{condition.input} {other}", replace(condition, operator=other)  # type: ignore[arg-type]
        case _ if any(field.name == "part" for field in fields(condition)):
            for name, changed in mutations(condition.part):  # type: ignore[union-attr]
                yield name, replace(condition, part=changed)  # type: ignore[call-arg]


def mutants() -> Iterator[Mutant]:
    for section in SECTIONS:
        for index, row in enumerate(getattr(SIGNS, section)):
            yield Mutant(f"{row.id} deleted", row.id, with_row(section, index, None))
            if section != "floors":
                for name, when in mutations(row.when):
                    yield Mutant(
                        f"{row.id} {name}", row.id, with_row(section, index, replace(row, when=when))
                    )
            if section == "exercise_blocks":
                for item in row.block:
                    rest = tuple(name for name in row.block if name != item)
                    changed = with_row(section, index, replace(row, block=rest))
                    yield Mutant(f"{row.id} without {item}", row.id, changed)
    for name, condition in SIGNS.derived.items():
        for what, changed in mutations(condition):
            derived = {**SIGNS.derived, name: changed}
            signs = replace(SIGNS, derived=derived)
            yield Mutant(f"{name} {what}", DERIVED_USED_BY[name], replace(KNOWLEDGE, danger_signs=signs))
    plan = KNOWLEDGE.plan
    for index, selection in enumerate(plan.selection):
        if selection.add:
            rest_of_plan = (*plan.selection[:index], *plan.selection[index + 1 :])
            changed_plan = replace(plan, selection=rest_of_plan)
            yield Mutant(f"{selection.id} deleted", selection.add[0], replace(KNOWLEDGE, plan=changed_plan))
            for name, when in mutations(selection.when):
                changed_row = replace(selection, when=when)
                rows = (*plan.selection[:index], changed_row, *plan.selection[index + 1 :])
                changed_plan = replace(plan, selection=rows)
                yield Mutant(
                    f"{selection.id} {name}", selection.add[0], replace(KNOWLEDGE, plan=changed_plan)
                )
    for index, factor in enumerate(KNOWLEDGE.factors.factors):
        for part in ("present", "possible"):
            condition = getattr(factor, part)
            if condition is not None:
                for name, changed in mutations(condition):
                    rows = list(KNOWLEDGE.factors.factors)
                    rows[index] = replace(factor, **{part: changed})  # type: ignore[arg-type]
                    table = replace(KNOWLEDGE.factors, factors=tuple(rows))
                    yield Mutant(f"{factor.id} {part} {name}", factor.id, replace(KNOWLEDGE, factors=table))


DERIVED_USED_BY = {
    "ces_core": "E01",
    "ces_old_stable": "S01",
    "leg_both": "E02",
    "leg_old_stable": "W06",
    "cancer_any": "W03",
    "frac_2": "W07",
    "frac_3": "S07",
    "frac_key": "W07",
    "inf_risk": "W10",
    "ax_gate": "R06",
    "ax_4": "R05",
    "ax_3": "R06",
}
MUTANTS = list(mutants())


def test_the_unchanged_tables_pass_every_case() -> None:
    assert survives(Mutant("unchanged", "", KNOWLEDGE))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_some_case_fails(mutant: Mutant) -> None:
    assert not survives(mutant)
