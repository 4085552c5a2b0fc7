"""Joining codes and the installations that join with them. Of codes and tokens only hashes are kept."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.crypto import salted_hmac

from nextposture.clinic import consents, referrals
from nextposture.clinic.models import (
    AuditEvent,
    Clinic,
    Installation,
    JoiningCode,
    Membership,
    Profile,
    Referral,
)
from nextposture.interop.joined.parcels import drop_what_is_not
from nextposture.knowledge.clinic import clinic_table
from nextposture.record.models import Person

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nothing that is mistaken for another when it is read out or written down."""
GROUPS, GROUP = 3, 4
LEAST_TOKEN = 40
OWN = "Their own installation"


class CodeError(ValueError):
    """The code does not join; `id` says why, as `joined.yaml` words it."""

    def __init__(self, ident: str) -> None:
        self.id = ident
        super().__init__(ident)


def make_code(member: Membership, whom: str, now: datetime) -> str:
    """A new code of the member's clinic, to be shown once: 12 letters and figures, about 59 bits."""
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))
    until = now + timedelta(days=clinic_table().joining_code.days)
    JoiningCode.objects.create(
        clinic=member.clinic,
        made_by=member,
        code_hash=_hash_of_code(code),
        whom=whom,
        made_at=now,
        expires_at=until,
    )
    return code


def clinic_of_code(code: str, now: datetime) -> Clinic:
    """Whose code it is, while it is good. Raises CodeError."""
    return _good(code, now).clinic


def _good(code: str, now: datetime) -> JoiningCode:
    row = JoiningCode.objects.select_related("clinic").filter(code_hash=_hash_of_code(code)).first()
    if row is None:
        raise CodeError("code_wrong")
    if row.used_at is not None:
        raise CodeError("code_used")
    if row.expires_at <= now:
        raise CodeError("code_expired")
    return row


@transaction.atomic
def join(code: str, key: UUID, token: str, now: datetime) -> Installation:
    """Join an installation with a code. The same code, key and token again: the same installation.

    A key that the clinic knows from before, ended or without its secret, is the same person again.
    Raises CodeError.
    """
    row = JoiningCode.objects.select_for_update().filter(code_hash=_hash_of_code(code)).first()
    if len(token) < LEAST_TOKEN:
        raise CodeError("code_wrong")
    before = row.used_by if row is not None else None
    if before is not None and before.key == key and before.revoked_at is None:
        if hmac.compare_digest(before.token_hash, hash_of(token)):
            return before
        raise CodeError("code_used")
    row = _good(code, now)
    one = Installation.objects.select_for_update().filter(key=key).first()
    if one is not None and one.clinic_id != row.clinic_id:
        raise CodeError("other_clinic")
    if one is None:
        person = _stranger(row.whom)
        one = Installation(person=person, clinic=row.clinic, key=key)
    one.token_hash, one.name, one.joined_at = hash_of(token), row.whom, now
    one.revoked_at, one.ended_by = None, ""
    one.save()
    row.used_at, row.used_by = now, one
    row.save()
    note(one, "joined with a code", AuditEvent.Action.ADDED, now)
    return one


def _stranger(name: str) -> Person:
    """A person whom the server knows only through their installation: no address, no password, no sign-in."""
    user = User(username=f"installation-{secrets.token_hex(8)}")
    user.set_unusable_password()
    user.save()
    Profile.objects.create(user=user, name=name)
    return Person.objects.create(user=user)


def installation_of(token: str) -> Installation:
    """Whose token it is. Raises CodeError: `unknown`, `revoked`, or `left` where the person ended it."""
    row = (
        Installation.objects.filter(token_hash=hash_of(token))
        .select_related("clinic", "person__user")
        .first()
    )
    if row is None:
        raise CodeError("unknown")
    if row.revoked_at is not None:
        raise CodeError("left" if row.ended_by == Installation.EndedBy.PERSON else "revoked")
    return row


@transaction.atomic
def end(installation: Installation, by: Installation.EndedBy, now: datetime) -> None:
    """End it: its token is worth nothing from now on; nothing may be seen any more, and the copy goes.

    Messages, notes and appointments that were made stay. The person's leaving takes an open referral back.
    """
    one = Installation.objects.select_for_update().get(pk=installation.pk)
    if one.revoked_at is None:
        one.revoked_at, one.ended_by, one.parcels = now, by, {}
        one.save()
    if by == Installation.EndedBy.PERSON:
        for row in Referral.objects.filter(person=one.person, clinic=one.clinic, status__in=referrals.OPEN):
            referrals.take_back(row, now)
    consents.withdraw(one.person, one.clinic, now)
    drop_what_is_not(one.person, frozenset())


def note(installation: Installation, what: str, action: AuditEvent.Action, now: datetime) -> None:
    """Write into the person's trail what their installation brought or fetched."""
    AuditEvent.objects.create(
        person=installation.person,
        clinic=installation.clinic,
        actor=None,
        actor_name=OWN,
        installation=installation,
        action=action,
        what=what[:120],
        at=now,
    )


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return salted_hmac("nextposture.installation", token, algorithm="sha256").hexdigest()


def _hash_of_code(code: str) -> str:
    plain = "".join(one for one in code.upper() if one in ALPHABET)
    return salted_hmac("nextposture.joining-code", plain, algorithm="sha256").hexdigest()
