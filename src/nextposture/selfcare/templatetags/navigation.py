"""The way from any page to any other."""

from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

register = template.Library()

PLACES = (
    ("Today", "selfcare:today"),
    ("Plan", "selfcare:plan"),
    ("Session", "selfcare:session"),
    ("Measure", "selfcare:measure"),
    ("Progress", "selfcare:progress"),
    ("Check-in", "selfcare:check_in"),
    ("Evidence", "selfcare:evidence"),
)


@register.inclusion_tag("components/nav.html", takes_context=True)
def main_navigation(context: dict[str, Any]) -> dict[str, Any]:
    """Links to the main pages; the one that this page is, or lies within, is marked."""
    here = context["request"].path
    places = import_string(settings.NAVIGATION)(context["request"]) if settings.NAVIGATION else PLACES
    links = [(label, reverse(name)) for label, name in places]
    within = max((address for _, address in links if here.startswith(address)), key=len, default="")
    return {
        "links": [
            (label, address, "page" if here == address else "true" if address == within else "")
            for label, address in links
        ]
    }


@register.simple_tag
def own_address(name: str) -> str:
    """The address of a page that only a person's own installation has; empty on a clinic's server."""
    return reverse(name) if settings.LOCAL else ""
