"""Each user's days are in their own time zone."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, available_timezones

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from nextposture.clinic.models import Membership, Profile

COOKIE = "zone"
"""The browser's own zone, told by a script."""


def zone_of(request: HttpRequest) -> str:
    """The user's chosen zone, or their clinic's, or their browser's, or UTC."""
    user = request.user
    if user.is_authenticated:
        if chosen := Profile.objects.filter(user=user).values_list("time_zone", flat=True).first():
            return str(chosen)
        works = Membership.objects.working().filter(user=user).values_list("clinic__time_zone", flat=True)
        if of_clinic := works.first():
            return str(of_clinic)
    told = request.COOKIES.get(COOKIE, "")
    return told if told in available_timezones() else "UTC"


def users_zone(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show and read every time of a request in the user's zone."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(ZoneInfo(zone_of(request))):
            return get_response(request)

    return middleware
