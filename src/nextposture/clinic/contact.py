"""How a person is called and reached, whether they have an account here or their own installation."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from nextposture.clinic.models import Installation, Profile
from nextposture.record.models import Person


def called(person: Person) -> str:
    """The name they gave, or their address, or what tells them from others."""
    profile = _profile(person)
    return (profile.name if profile else "") or person.user.email or f"Person {person.pk}"


def email_of(person: Person) -> str:
    """Their address; empty where they gave none."""
    profile = _profile(person)
    return person.user.email or (profile.email if profile else "")


def messages_to(person: Person) -> str:
    """Where messages go: an account's address once it is verified, or the one that an installation gave."""
    account = person.user.email
    if account and not EmailAddress.objects.filter(user=person.user, email=account, verified=True).exists():
        return ""
    return email_of(person)


def zone_chosen_by(person: Person) -> str:
    """The zone that they chose for their days; empty where it is the browser's."""
    profile = _profile(person)
    return profile.time_zone if profile else ""


def has_installation(person: Person) -> bool:
    """Whether they keep in step from their own installation, and so do not sign in here."""
    return Installation.objects.filter(person=person).exists()


def _profile(person: Person) -> Profile | None:
    return getattr(person.user, "profile", None)
