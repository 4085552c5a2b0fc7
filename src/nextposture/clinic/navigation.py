"""The main navigation of a clinic's server: a person's pages, or those of who works there."""

from __future__ import annotations

from django.http import HttpRequest

from nextposture.clinic.access import member_of
from nextposture.clinic.accounts import works_somewhere
from nextposture.selfcare.templatetags.navigation import PLACES

Places = tuple[tuple[str, str], ...]

STRANGER: Places = (("Sign in", "account_login"), ("Make an account", "account_signup"))
PRACTITIONER: Places = (
    ("People", "clinic:home"),
    ("Diary", "clinic:diary"),
    ("My hours", "clinic:availability"),
)
STAFF: Places = (("Codes", "clinic:installations"),)
ADMINISTRATOR: Places = (("Who works here", "clinic:team"), ("The clinic", "clinic:settings"))
ACCOUNT: Places = (("Account", "account"),)


def places(request: HttpRequest) -> Places:
    """Where this user can go, as (label, name of the address)."""
    if not request.user.is_authenticated:
        return STRANGER
    if not works_somewhere(request.user):
        return (*PLACES, ("Clinic", "clinic:home"), *ACCOUNT)
    place = member_of(request)
    shown = PRACTITIONER if place.treats else PRACTITIONER[:1]
    return (*shown, *STAFF, *(ADMINISTRATOR if place.administers else ()), *ACCOUNT)
