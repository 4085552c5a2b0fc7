"""Our own drawings in a page."""

from django import template
from django.utils.safestring import SafeString

from nextposture.selfcare.pictures import picture as drawn

register = template.Library()


@register.simple_tag
def picture(item: str, rung: str = "") -> SafeString:
    """The drawing of a plan item, a workspace point or a kind of day; nothing where there is none."""
    return drawn(item, rung or "")
