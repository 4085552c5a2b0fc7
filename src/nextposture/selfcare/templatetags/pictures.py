"""Our own drawings in a page."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nextposture.knowledge.figures import Figure
from nextposture.selfcare.pictures import moves, picture_of, pictures_of_point
from nextposture.selfcare.pictures import picture as drawn

register = template.Library()


@register.simple_tag
def picture(item: str, rung: str = "") -> SafeString:
    """The drawing of a plan item, a workspace point or a kind of day; nothing where there is none."""
    return drawn(item, rung or "")


@register.simple_tag
def point_pictures(point: str) -> SafeString:
    """A workspace point met, with a tick, beside not met, with a cross."""
    return format_html("{}{}", *pictures_of_point(point))


@register.inclusion_tag("selfcare/moving_picture.html")
def moving_picture(figure: Figure | None) -> dict[str, object]:
    """A drawing, moving gently where there is a movement, with a button that pauses it; nothing for none."""
    return {"svg": picture_of(figure, moving=True), "moves": moves(figure)}
