"""What a change of a plan moves, exercise by exercise, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nextposture.knowledge import Knowledge
from nextposture.planning import Dose
from nextposture.planning.dose_words import dose_words
from nextposture.record.models import PlanChange


@dataclass(frozen=True)
class Line:
    """One exercise before and after; `before` is empty where it is added, `after` where it is left out."""

    name: str
    before: str
    after: str
    new_name: str = ""


def lines(known: Knowledge, change: PlanChange) -> tuple[Line, ...]:
    """What a change moves, exercise by exercise."""
    before = {one["id"]: one for one in change.before}
    after = {one["id"]: one for one in change.after}
    found: dict[str, Line] = {}
    for one in change.changes:
        old, new = one["item"], one["after"] if one["what"] == "exercise" else one["item"]
        if old not in known.items or (old not in before and one["what"] != "added"):
            continue
        becomes = after.get(new)
        found[old] = Line(
            known.items[old].name,
            _dose(known, before[old]) if old in before else "",
            _dose(known, becomes) if becomes is not None else "",
            known.items[new].name if new != old and new in known.items else "",
        )
    return tuple(found.values())


def _dose(known: Knowledge, row: Mapping[str, Any]) -> str:
    return dose_words(known.items[row["id"]], Dose(**row["dose"]))
