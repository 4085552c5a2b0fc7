"""What every page carries: the danger-sign panel, and who has reviewed the content."""

from typing import Any

from django import template
from django.utils import timezone

from nextposture import knowledge
from nextposture.selfcare.emergency_card import card_parts, numbers_for

register = template.Library()


@register.inclusion_tag("components/danger_panel.html", takes_context=True)
def danger_signs(context: dict[str, Any]) -> dict[str, Any]:
    """The danger signs and the number to call, one tap away without leaving the page."""
    return {"card": card_parts(), "numbers": numbers_for(context["request"])}


@register.inclusion_tag("components/always.html")
def always() -> dict[str, Any]:
    """The lines that every page carries, and who has signed the content, or that nobody has."""
    known = knowledge.load()
    return {"lines": known.wording.always, "release": known.release}


@register.inclusion_tag("components/review_due.html")
def review_due() -> dict[str, Any]:
    """A banner from the day after the content should have been reviewed; nothing before."""
    release = knowledge.load().release
    return {"release": release, "due": release.review_overdue(timezone.localdate())}
