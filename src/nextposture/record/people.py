"""Whose record a request is about."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest

from nextposture.record.models import Person


def person_of(request: HttpRequest) -> Person:
    """The person that the signed-in user is.

    Raises PermissionDenied if nobody is signed in or the user has no record.
    """
    person: Person | None = getattr(request.user, "person", None)
    if person is None:
        raise PermissionDenied
    return person


@transaction.atomic
def owner() -> Person:
    """The one person of local mode, made at the first sign-in."""
    user, new = User.objects.get_or_create(username="owner")
    if new:
        user.set_unusable_password()
        user.save()
    return Person.objects.get_or_create(user=user)[0]
