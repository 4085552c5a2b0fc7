"""Each user's days are in their own time zone."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from nextposture.clinic.accounts import places_of
from nextposture.clinic.models import Profile

COOKIE = "zone"
"""The browser's own zone, told by `zone.js`."""


def zone_of(request: HttpRequest) -> str:
    """The user's chosen zone, or their clinic's, or their browser's, or UTC."""
    user = request.user
    if user.is_authenticated:
        profile: Profile | None = getattr(user, "profile", None)
        if profile is not None and profile.time_zone:
            return profile.time_zone
        for place in places_of(user):
            return place.clinic.time_zone
    return known_zone(request.COOKIES.get(COOKIE, "")) or "UTC"


@cache
def zone_names() -> frozenset[str]:
    """The names of all zones; they are files, so they are looked for once."""
    return frozenset(available_timezones())


def known_zone(name: str) -> str:
    """The name if there is such a zone, else nothing."""
    return name if name in zone_names() else ""


def tell_zone(request: HttpRequest) -> dict[str, bool]:
    """For every page: let its script tell the browser's zone."""
    return {"tell_zone": True}


def users_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show and read every time of a request in the user's zone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(zone_of(request))):
            return get_response(request)

    return middleware
