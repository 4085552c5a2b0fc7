"""Join the tables into one checked whole.

Every id, source and condition is checked when the tables are loaded; the first thing wrong is a
KnowledgeError that names file and line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from nextposture.knowledge.conditions import AnyCondition, Derived, Scope, parse
from nextposture.knowledge.danger_signs import DangerSigns, Urgency
from nextposture.knowledge.evidence import Claim, EmergencyNumbers, Source
from nextposture.knowledge.factors import FactorTable
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.items import Family, Item
from nextposture.knowledge.measures import Measure, MeasureTable
from nextposture.knowledge.plan_rules import PlanTable
from nextposture.knowledge.questions import Questions, Screen
from nextposture.knowledge.reading import Table, read_table, row, table_names, table_text

if TYPE_CHECKING:
    from nextposture.knowledge.own import OwnExercise

R = TypeVar("R")


@row
class Release:
    """Which edition of the tables this is, and who answers for it."""

    version: str
    review_by: date
    reviewed_by: str | None = None
    reviewed_on: date | None = None

    def review_overdue(self, today: date) -> bool:
        """Whether the edition should have been reviewed by `today`."""
        return today > self.review_by


@row
class Wording:
    """How the software may speak: what it is for, and the words it keeps out of its pages."""

    intended_purpose: str
    use: tuple[str, ...]
    avoid: tuple[str, ...]
    exempt: str
    always: tuple[str, ...]


@dataclass(frozen=True)
class Knowledge:
    """All that is known, checked. `hash` is the SHA-256 over the text of every table, as hexadecimal.

    `own` holds exercises of a clinic's own, which are among the `items` too; the tables have none.
    """

    release: Release
    hash: str
    questions: Questions
    danger_signs: DangerSigns
    factors: FactorTable
    families: Mapping[str, Family]
    items: Mapping[str, Item]
    plan: PlanTable
    measures: Mapping[str, Measure]
    claims: Mapping[str, Claim]
    sources: Mapping[str, Source]
    emergency_numbers: Mapping[str, EmergencyNumbers]
    emergency_numbers_elsewhere: EmergencyNumbers
    wording: Wording
    own: Mapping[str, OwnExercise] = field(default_factory=dict)

    @property
    def inputs(self) -> Mapping[str, Input]:
        """Every input by name."""
        return self.questions.inputs

    @property
    def safety_net_card(self) -> tuple[str, ...]:
        """The lines of the danger-sign card."""
        return self.danger_signs.safety_net_card

    def claims_of(self, item: Item) -> tuple[Claim, ...]:
        """The graded claims that an item rests on, its family's first."""
        family = self.families[item.family].claims if item.family else ()
        return tuple(self.claims[name] for name in dict.fromkeys((*family, *item.claims)))

    def grade_of(self, item: Item) -> str:
        """The evidence grade shown with an item, in words."""
        return item.grade or (self.families[item.family].grade if item.family else "none")


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """The packaged tables. Raises KnowledgeError naming file and line when one is wrong."""
    return join({name: read_table(name) for name in TABLES}, content_hash())


def content_hash() -> str:
    """SHA-256 over the names and texts of all packaged tables, as hexadecimal."""
    digest = hashlib.sha256()
    for name in table_names():
        digest.update(f"{name}\0{table_text(name)}\0".encode())
    return digest.hexdigest()


@row
class _SourceTable:
    sources: Mapping[str, Source]


@row
class _ClaimTable:
    claims: tuple[Claim, ...]


@row
class _InputTable:
    inputs: Mapping[str, Input]


@row
class _ScreenTable:
    screens: tuple[Screen, ...]
    follow_ups: Mapping[str, Any]
    not_applicable: Mapping[str, bool]
    computed: tuple[str, ...]


@row
class _ItemTable:
    families: Mapping[str, Family]
    items: tuple[Item, ...]


@row
class _NumberTable:
    unknown_country: EmergencyNumbers
    numbers: Mapping[str, EmergencyNumbers]


TABLES = (
    "release",
    "sources",
    "evidence",
    "inputs",
    "screens",
    "danger_signs",
    "factors",
    "items",
    "plan",
    "measures",
    "emergency_numbers",
    "wording",
)


def join(tables: Mapping[str, Table], content: str) -> Knowledge:
    """Parse and cross-check the tables named in TABLES; `content` is recorded as the hash.

    Raises KnowledgeError naming file and line for an unknown id, source, operator or an impossible value.
    """
    sources = tables["sources"].parse(_SourceTable).sources
    claims = _claims(tables["evidence"], sources)
    inputs = {name: replace(one, id=name) for name, one in tables["inputs"].parse(_InputTable).inputs.items()}
    _check_inputs(tables["inputs"], inputs)
    families, items = _items(tables["items"], sources, claims)
    signs = _danger_signs(tables["danger_signs"], inputs, items, sources)
    factors = _factors(tables["factors"], inputs, sources, claims)
    numbers = tables["emergency_numbers"].parse(_NumberTable)
    return Knowledge(
        release=tables["release"].parse(Release),
        hash=content,
        questions=_questions(tables["screens"], inputs),
        danger_signs=signs,
        factors=factors,
        families=families,
        items=items,
        plan=_plan(tables["plan"], inputs, items, factors, sources, signs),
        measures=_measures(tables["measures"], inputs, sources),
        claims=claims,
        sources=sources,
        emergency_numbers=numbers.numbers,
        emergency_numbers_elsewhere=numbers.unknown_country,
        wording=tables["wording"].parse(Wording),
    )


def _check_inputs(table: Table, inputs: Mapping[str, Input]) -> None:
    for name, one in inputs.items():
        numeric = one.type in ("int", "number", "scale")
        if numeric != (one.range is not None):
            raise table.error(["inputs", name], "a numeric input, and no other, has a range")
        if one.range is not None and one.range[0] > one.range[1]:
            raise table.error(["inputs", name, "range"], "the range runs backwards")
        if (one.type == "choice") != bool(one.choices):
            raise table.error(["inputs", name], "a choice input, and no other, has choices")
        if one.any_other and one.any_other not in one.choices:
            raise table.error(["inputs", name], f"any_other names no choice of it: {one.any_other}")
        if one.group and not one.mandatory:
            raise table.error(["inputs", name], "an input with a floor group must be mandatory")


def _claims(table: Table, sources: Collection[str]) -> dict[str, Claim]:
    rows = table.parse(_ClaimTable).claims
    for index, claim in enumerate(rows):
        for side, statements in (("for", claim.pro), ("against", claim.con)):
            for place, statement in enumerate(statements):
                table.require(["claims", index, side, place], [statement.source], sources, "source")
    return _by_id(table, "claims", rows)


def _items(
    table: Table, sources: Collection[str], claims: Collection[str]
) -> tuple[Mapping[str, Family], dict[str, Item]]:
    parsed = table.parse(_ItemTable)
    for name, family in parsed.families.items():
        table.require(["families", name], family.claims, claims, "claim")
    for index, item in enumerate(parsed.items):
        at: list[str | int] = ["items", index]
        table.require(at, item.sources, sources, "source")
        table.require(at, item.claims, claims, "claim")
        if item.family:
            table.require(at, [item.family], parsed.families, "family")
        for unit, span in item.dose.items():
            low, high = span.allowed
            if not low <= span.start <= high:
                raise table.error(
                    [*at, "dose", unit], f"starts at {span.start:g}, outside {low:g} to {high:g}"
                )
    return parsed.families, _by_id(table, "items", parsed.items)


def _danger_signs(
    table: Table, inputs: Mapping[str, Input], items: Collection[str], sources: Collection[str]
) -> DangerSigns:
    raw = table.parse(DangerSigns)
    for urgency in Urgency:
        if urgency not in raw.levels or raw.levels[urgency].rank != urgency:
            raise table.error(["levels", urgency.name], f"{urgency.name} must have rank {urgency.value}")
    scope = Scope(inputs, derived=raw.derived)
    derived = {name: parse(table, ["derived", name], when, scope) for name, when in raw.derived.items()}
    _check_acyclic(table, derived)
    for section in ("rules", "floors", "contradictions", "exercise_blocks"):
        _by_id(table, section, getattr(raw, section))
    for index, rule in enumerate(raw.rules):
        table.require(["rules", index, "sources"], rule.sources, sources, "source")
        if rule.level is Urgency.EMERGENCY_NOW:
            table.require(
                ["rules", index, "condition"], [rule.condition], raw.actions, "action for condition"
            )
    for index, contradiction in enumerate(raw.contradictions):
        table.require(["contradictions", index, "ignore"], contradiction.ignore, inputs, "input")
    for index, block in enumerate(raw.exercise_blocks):
        table.require(["exercise_blocks", index], (*block.block, *block.allow), items, "item")
    return replace(
        raw,
        derived=derived,
        rules=_parsed(table, "rules", raw.rules, scope),
        contradictions=_parsed(table, "contradictions", raw.contradictions, scope),
        exercise_blocks=_parsed(table, "exercise_blocks", raw.exercise_blocks, scope),
    )


def _check_acyclic(table: Table, derived: Mapping[str, AnyCondition]) -> None:
    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise table.error(["derived", name], "is defined by itself")
        for part in _derived_in(derived[name]):
            visit(part, (*above, name))

    for name in derived:
        visit(name, ())


def _derived_in(condition: AnyCondition) -> Iterable[str]:
    if isinstance(condition, Derived):
        yield condition.name
    for part in getattr(condition, "parts", ()) or filter(None, [getattr(condition, "part", None)]):
        yield from _derived_in(part)


def _questions(table: Table, inputs: Mapping[str, Input]) -> Questions:
    raw = table.parse(_ScreenTable)
    asked: dict[str, str] = {}
    for index, screen in enumerate(raw.screens):
        table.require(["screens", index], screen.inputs, inputs, "input")
        for group in screen.groups:
            table.require(["screens", index], group.one_by_one, group.inputs, "input of the group")
        for name in screen.inputs:
            if name in asked:
                raise table.error(["screens", index], f"{name} is already asked on {asked[name]}")
            asked[name] = screen.id
    for name, one in inputs.items():
        if one.mandatory and name not in asked:
            raise table.error(["screens"], f"{name} is mandatory, and no screen asks it")
    scope = Scope(inputs)
    table.require(["follow_ups"], raw.follow_ups, asked, "asked input")
    table.require(["computed"], raw.computed, inputs, "input")
    table.require(["not_applicable"], raw.not_applicable, raw.follow_ups, "follow-up")
    return Questions(
        inputs=inputs,
        screens=raw.screens,
        follow_ups={
            name: parse(table, ["follow_ups", name], when, scope) for name, when in raw.follow_ups.items()
        },
        not_applicable=raw.not_applicable,
        computed=frozenset(raw.computed),
    )


def _factors(
    table: Table, inputs: Mapping[str, Input], sources: Collection[str], claims: Collection[str]
) -> FactorTable:
    raw = table.parse(FactorTable)
    for name, reference in raw.references.items():
        table.require(["references", name], [reference.source], sources, "source")
    scope = Scope(inputs, references=raw.references)
    parsed = []
    for index, factor in enumerate(raw.factors):
        at: list[str | int] = ["factors", index]
        table.require([*at, "sources"], factor.sources, sources, "source")
        table.require([*at, "claim"], [factor.claim], claims, "claim")
        table.require([*at, "domain"], [factor.domain], raw.domains, "domain")

        def condition(part: str, raw: object, at: list[str | int] = at) -> AnyCondition:
            return parse(table, [*at, part], raw, scope)

        parsed.append(
            replace(
                factor,
                present=condition("present", factor.present),
                possible=None if factor.possible is None else condition("possible", factor.possible),
                needs=None if factor.needs is None else condition("needs", factor.needs),
            )
        )
    _by_id(table, "factors", raw.factors)
    return replace(raw, factors=tuple(parsed))


def _plan(
    table: Table,
    inputs: Mapping[str, Input],
    items: Collection[str],
    factors: FactorTable,
    sources: Collection[str],
    signs: DangerSigns,
) -> PlanTable:
    raw = table.parse(PlanTable)
    scope = Scope(inputs, factors={factor.id for factor in factors.factors})
    for name, gate in vars(raw.gates).items():
        table.require(["gates", name, "allow"], gate.allow, items, "item")
    table.require(["always"], raw.always, items, "item")
    for index, selection in enumerate(raw.selection):
        named = (*selection.add, *selection.else_if_blocked, *selection.leaves_out)
        table.require(["selection", index], named, items, "item")
    for kind, cap in (("habits", raw.caps.habits), ("exercises", raw.caps.exercises)):
        table.require(["caps", kind, "not_counted"], cap.not_counted, items, "item")
    table.require(["minimum_age", "source"], [raw.minimum_age.source], sources, "source")
    table.require(["pain_limits", "source"], [raw.pain_limits.source], sources, "source")
    for part in ("stretch", "strength", "plank_rung"):
        table.require(["dosing", part, "source"], [getattr(raw.dosing, part).source], sources, "source")
    for urgency in Urgency:
        table.require(["urgency_routes"], [urgency], raw.urgency_routes, "urgency")
    table.require(
        ["routes"], [rule.route for rule in signs.rules if rule.route is not None], raw.routes, "route"
    )
    rung = raw.dosing.plank_rung
    gentler = parse(table, ["dosing", "plank_rung", "gentler_when"], rung.gentler_when, scope)
    return replace(
        raw,
        selection=_parsed(table, "selection", raw.selection, scope),
        dosing=replace(raw.dosing, plank_rung=replace(rung, gentler_when=gentler)),
    )


def _measures(table: Table, inputs: Mapping[str, Input], sources: Collection[str]) -> dict[str, Measure]:
    rows = table.parse(MeasureTable).measures
    for index, measure in enumerate(rows):
        at: list[str | int] = ["measures", index]
        cited = [
            one.source for one in (measure.error, measure.real, measure.meaningful, *measure.norms) if one
        ]
        table.require(at, (*measure.sources, *cited), sources, "source")
        table.require(at, [name for name in (measure.input, measure.needs) if name], inputs, "input")
    return _by_id(table, "measures", rows)


def _parsed(table: Table, section: str, rows: tuple[R, ...], scope: Scope) -> tuple[R, ...]:
    return tuple(
        replace(one, when=parse(table, [section, index, "when"], one.when, scope))  # type: ignore
        for index, one in enumerate(rows)
    )


def _by_id(table: Table, section: str, rows: Iterable[R]) -> dict[str, R]:
    named: dict[str, R] = {}
    for index, one in enumerate(rows):
        name: str = one.id  # type: ignore[attr-defined]
        if name in named:
            raise table.error([section, index], f"the id {name} appears twice")
        named[name] = one
    return named
