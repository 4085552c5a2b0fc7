"""One thing as a file to give away: the plan, one claim with its evidence, or all claims about one topic.

No health data is in it unless asked for. What a plan holds says something of the person all the same, and the
page that offers it says so. The third thing to share, the report, is health data as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nextposture.interop.report import files as report_files
from nextposture.knowledge import Knowledge
from nextposture.knowledge.evidence import Claim, Statement
from nextposture.knowledge.items import Item
from nextposture.planning import Dose
from nextposture.planning.dose_words import dose_words
from nextposture.record.models import CarePlan

GRADE_WORDS = {
    "high": "high certainty",
    "moderate": "moderate certainty",
    "low": "low certainty",
    "very_low": "very low certainty",
    "contradicted": "contradicted",
    "none": "not graded",
}


@dataclass(frozen=True)
class Part:
    """One heading of a shared file."""

    title: str
    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()


def plan_file(known: Knowledge, plan: CarePlan, *, reasons: bool, exercises: bool = True) -> bytes:
    """The plan as HTML: what, how much, how, when to stop.

    `reasons` adds why each thing is in it, which is health data. Without `exercises` they are left out, as
    they are while they wait.
    """
    rows = [(known.items[row["id"]], row) for row in plan.items if row["id"] in known.items]
    parts = [_item(known, item, row, reasons) for item, row in rows if exercises or not item.is_exercise]
    card = Part("Danger signs: stop, and get help", lists=(("Look out for", known.safety_net_card),))
    return _file(known, "A plan for a back that sits a lot", "", [*parts, card])


def claim_file(known: Knowledge, claim: Claim) -> bytes:
    """One claim as HTML, with its grade, what speaks for it and what against, and the sources."""
    part = _claim(known, claim, "How sure this is")
    return _file(known, claim.claim, "A claim, and what is known about it.", [part])


def topic_file(known: Knowledge, topic: str) -> bytes:
    """What the evidence says about one topic as HTML: every claim of it, as `claim_file` has one."""
    claims = [one for one in known.claims.values() if topic in one.topics]
    lead = "What is claimed, how sure it is, and what speaks for and against it."
    return _file(
        known, f"What the evidence says: {topic}", lead, [_claim(known, one, one.claim) for one in claims]
    )


def topics(known: Knowledge) -> tuple[str, ...]:
    """The topics of all claims, by the alphabet."""
    return tuple(sorted({topic for claim in known.claims.values() for topic in claim.topics}))


def _item(known: Knowledge, item: Item, row: Mapping[str, Any], reasons: bool) -> Part:
    dose = dose_words(item, Dose(**row["dose"]))
    grade = known.grade_of(item)
    claims = known.claims_of(item)
    lines = [
        *([f"{dose}."] if dose else []),
        item.summary,
        *([f"When to stop: {' '.join(item.stop)}"] if item.stop else []),
        *([f"Why it is in the plan: {' '.join(dict.fromkeys(row['reasons']))}"] if reasons else []),
        f"Evidence: {GRADE_WORDS.get(grade, grade)}.",
    ]
    told = tuple(f"{one.claim} ({GRADE_WORDS[one.grade]})" for one in claims)
    return Part(item.name, tuple(lines), item.steps, (("What is claimed", told),) if told else ())


def _claim(known: Knowledge, claim: Claim, title: str) -> Part:
    return Part(
        title,
        (GRADE_WORDS[claim.grade].capitalize() + ".", *([claim.note] if claim.note else [])),
        lists=(
            ("For", tuple(_line(known, one) for one in claim.pro)),
            ("Against, or missing", tuple(_line(known, one) for one in claim.con)),
        ),
    )


def _line(known: Knowledge, statement: Statement) -> str:
    source = known.sources.get(statement.source)
    if source is None or statement.source == "M":
        return f"{statement.says} (judgement)"
    return f"{statement.says} ({source.cite.rstrip('.')})"


def _file(known: Knowledge, title: str, lead: str, parts: list[Part]) -> bytes:
    reviewed = known.release.reviewed_by
    foot = (
        *known.wording.always,
        f"From Next Posture, tables {known.release.version}, "
        + (f"reviewed by {reviewed}." if reviewed else "not yet reviewed by a registered clinician."),
    )
    content = report_files.filled("share.html", {"title": title, "lead": lead, "parts": parts, "foot": foot})
    return report_files.page(title, content)
