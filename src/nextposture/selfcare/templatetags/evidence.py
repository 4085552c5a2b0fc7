"""Evidence beside whatever claims something: the grade, and one tap away what speaks for and against."""

from typing import Any

from django import template

from nextposture import knowledge
from nextposture.selfcare.evidence_lines import GRADES, shown

register = template.Library()


@register.inclusion_tag("components/grade.html")
def grade(name: str) -> dict[str, Any]:
    """A grade (`high`, `moderate`, `low`, `very_low`, `contradicted`) as a word and four circles."""
    return {"grade": GRADES[str(name)]}


@register.inclusion_tag("components/evidence.html")
def evidence(claim_id: str) -> dict[str, Any]:
    """The claim with this id, closed: its grade in view, for and against one tap away."""
    known = knowledge.load()
    return {"claim": shown(known.claims[claim_id], known.sources)}
