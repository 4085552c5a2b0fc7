"""Who may do what: the user's place at a clinic, and what of a person's record a clinic may read.

Deny by default: each function raises PermissionDenied, or answers as if the row did not exist (Http404),
unless the way in is stated here. What `require` lets somebody read is in the person's audit trail.
"""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.utils import timezone

from nextposture.clinic.accounts import places_of
from nextposture.clinic.consents import CARE
from nextposture.clinic.models import AuditEvent, Clinic, Consent, Membership, Referral
from nextposture.record.models import Person

HANDED_OVER = (Referral.Status.NEW, Referral.Status.ACCEPTED)
"""Where a referral stands while the clinic has to do with the person."""


def member_of(request: HttpRequest) -> Membership:
    """The user's place at the clinic of this request: the one chosen, or their only one.

    Raises PermissionDenied if they work nowhere.
    """
    places = places_of(request.user)
    if not places:
        raise PermissionDenied
    chosen = request.session.get("clinic")
    return next((place for place in places if place.clinic_id == chosen), places[0])


def practitioner_of(request: HttpRequest) -> Membership:
    """The same, for those who treat. Raises PermissionDenied for others."""
    member = member_of(request)
    if not member.treats:
        raise PermissionDenied
    return member


def administrator_of(request: HttpRequest) -> Membership:
    """The same, for those who administer the clinic. Raises PermissionDenied for others."""
    member = member_of(request)
    if not member.administers:
        raise PermissionDenied
    return member


def patient_of(member: Membership, pk: int) -> Person:
    """A person who handed something over to the member's clinic. Raises Http404 for any other."""
    person = Person.objects.filter(
        pk=pk, referrals__clinic=member.clinic, referrals__status__in=HANDED_OVER
    ).first()
    if person is None or not member.treats:
        raise Http404
    return person


def key_in(text: str | None) -> int:
    """The key of a row that a form or an address told; 0, which no row has, for what is none."""
    return int(text) if text and text.isdecimal() else 0


def shared_items(person: Person, clinic: Clinic, now: datetime) -> frozenset[str]:
    """The ids of what the person lets the clinic see now for their care.

    What is allowed for a call is for the call alone.
    """
    rows = Consent.objects.in_force(now).filter(person=person, clinic=clinic, purpose=CARE)
    return frozenset(rows.values_list("item", flat=True))


@transaction.atomic
def note_access(
    member: Membership, person: Person, what: str, action: AuditEvent.Action = AuditEvent.Action.READ
) -> None:
    """Write into the person's audit trail what was read or changed, by whom."""
    AuditEvent.objects.create(
        person=person,
        clinic=member.clinic,
        actor=member.user,
        actor_name=member.name,
        action=action,
        what=what,
        at=timezone.now(),
    )


def check(member: Membership, person: Person, item: str) -> None:
    """Raises PermissionDenied unless the person lets the member's clinic see `item` now."""
    if not member.treats or item not in shared_items(person, member.clinic, timezone.now()):
        raise PermissionDenied


def require(member: Membership, person: Person, item: str) -> None:
    """Note that `item` of the person is read.

    Raises PermissionDenied unless the person lets the member's clinic see it now.
    """
    check(member, person, item)
    note_access(member, person, item)
