"""What the plan page shows of a care plan, ready for the template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.day_notes import note_on
from nextposture.knowledge.figures import Figure
from nextposture.knowledge.items import Item
from nextposture.planning import Dose
from nextposture.planning.dose_words import dose_words
from nextposture.record.day import BREAK
from nextposture.selfcare.decisions_shown import DecisionShown
from nextposture.selfcare.evidence_lines import GRADES, ShownClaim, shown
from nextposture.selfcare.pictures import figure_of
from nextposture.selfcare.result_page import sources_of


@dataclass(frozen=True)
class ItemShown:
    """One thing of a plan. `grade` is a key of GRADES, or empty where `grade_words` say it.

    `in_your_day` says how it fits the person's kind of day, or nothing; `decided`, what was decided about it.
    """

    item: Item
    dose: str
    rung: str
    reasons: tuple[str, ...]
    optional: bool
    grade: str
    grade_words: str
    claims: tuple[ShownClaim, ...]
    sources: tuple[tuple[str, Any], ...]
    in_your_day: str = ""
    figure: Figure | None = None
    decided: DecisionShown | None = None


SITTING = ("sitting_hours_day", "longest_sitting_bout_min")
"""What breaks from sitting are planned by."""


def day_is_unknown(answers: Answers, items: Iterable[ItemShown]) -> bool:
    """Whether the plan has no breaks only because nothing was said of sitting."""
    return all(answers.get(name) is None for name in SITTING) and all(one.item.id != BREAK for one in items)


def items_shown(
    knowledge: Knowledge,
    rows: Iterable[Mapping[str, Any]],
    answers: Answers | None = None,
    decided: Mapping[str, DecisionShown] | None = None,
) -> tuple[ItemShown, ...]:
    """The items of a plan as kept, with notes for the day of `answers`; unknown items are left out."""
    told = decided or {}
    return tuple(
        _item(knowledge, row, answers or {}, told.get(row["id"]))
        for row in rows
        if row["id"] in knowledge.items
    )


def _item(
    knowledge: Knowledge, row: Mapping[str, Any], answers: Answers, decided: DecisionShown | None
) -> ItemShown:
    item = knowledge.items[row["id"]]
    dose = Dose(**row.get("dose", {}))
    grade = knowledge.grade_of(item)
    return ItemShown(
        item=item,
        dose=dose_words(item, dose),
        rung=dose.rung or "",
        reasons=tuple(dict.fromkeys(row["reasons"])),
        optional=bool(row.get("optional")),
        grade=grade if grade in GRADES else "",
        grade_words=item.grade_for if grade in GRADES else grade[:1].upper() + grade[1:],
        claims=tuple(shown(claim, knowledge.sources) for claim in knowledge.claims_of(item)),
        sources=sources_of(knowledge, item.sources),
        in_your_day=note_on(item.id, answers),
        figure=figure_of(item.id, dose.rung or "", knowledge),
        decided=decided,
    )
