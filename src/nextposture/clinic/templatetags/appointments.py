"""Times as the clinic's clock shows them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template

from nextposture.clinic.models import Clinic

register = template.Library()


@register.filter
def at_clinic(at: datetime, clinic: Clinic) -> str:
    """The clock time of `at` in the clinic's zone."""
    return f"{at.astimezone(ZoneInfo(clinic.time_zone)):%H:%M}"
