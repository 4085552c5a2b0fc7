"""What an account is at a clinic: a person with a record of their own, or someone who works there."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from nextposture.clinic.models import Membership, Profile
from nextposture.record.models import Person

_PLACES = "_places_of_work"


class Users(AuthenticationBackend):  # type: ignore[misc]
    """allauth's way of finding who signs in; with the user of a request come their profile and record."""

    def get_user(self, user_id: int) -> User | None:
        """Who is signed in, in one query with what every page asks for next."""
        user = User.objects.select_related("profile", "person").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's rules, and what follows for us once an address is verified."""

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Verify the address, and let its owner in as what they are."""
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            settle(email_address.user)
            if hasattr(request.user, _PLACES):
                delattr(request.user, _PLACES)
        return confirmed

    def format_email_subject(self, subject: str) -> str:
        """Whom it is from, and allauth's title as a sentence."""
        return f"Next Posture: {subject.strip().lower()}"

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To what the account is for."""
        return "/clinic/" if works_somewhere(request.user) else "/"


@transaction.atomic
def settle(user: User) -> None:
    """Join the user to the clinics that invited their verified addresses; without one, they are a person."""
    addresses = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    invited = Membership.objects.filter(user=None, left_at=None, email__in=list(addresses))
    invited.update(user=user, joined_at=timezone.now())
    Profile.objects.get_or_create(user=user)
    if not Membership.objects.filter(user=user).exists():
        Person.objects.get_or_create(user=user)


def settle_address(email: str) -> None:
    """Join whoever has verified this address already; others join once they verify it."""
    address = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    if address is not None:
        settle(address.user)


def works_somewhere(user: Any) -> bool:
    """Whether the user works at a clinic now."""
    return bool(places_of(user))


def places_of(user: Any) -> list[Membership]:
    """Where the user works now, with the clinics; looked up once for each `user` object, so a request."""
    if not user.is_authenticated:
        return []
    kept: list[Membership] | None = getattr(user, _PLACES, None)
    if kept is None:
        kept = list(Membership.objects.working().filter(user=user).select_related("clinic"))
        setattr(user, _PLACES, kept)
    return kept
