"""How a person is called and reached, whether they have an account here or their own installation."""

from __future__ import annotations

from nextposture.clinic.models import Installation, Profile
from nextposture.record.models import Person


def called(person: Person) -> str:
    """The name they gave, or their address, or what tells them from others."""
    profile = _profile(person)
    return (profile.name if profile else "") or person.user.email or f"Person {person.pk}"


def email_of(person: Person) -> str:
    """Where messages go; empty where they gave no address."""
    profile = _profile(person)
    return person.user.email or (profile.email if profile else "")


def has_installation(person: Person) -> bool:
    """Whether they keep in step from their own installation, and so do not sign in here."""
    return Installation.objects.filter(person=person).exists()


def _profile(person: Person) -> Profile | None:
    return getattr(person.user, "profile", None)
