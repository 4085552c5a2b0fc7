"""What a person did at home, done here: once each, within their consents, or refused with the reason.

| meanwhile here | then comes | what holds |
|---|---|---|
| anything | a message | both, in the order of their times |
| the referral was accepted | it is taken back | taken back; the acceptance stays in its history |
| the referral was closed or declined | it is handed over again | refused; a new one can be handed over |
| the consent ran out or ended | it is withdrawn | withdrawn |
| the time was taken | it is asked for | refused; what was asked for stays shown at home |
| the appointment was moved or confirmed | it is cancelled | cancelled; its history stays |
| a plan's item was decided anew | the older decision is answered | both are kept; the newest decision holds |
| the appointment was held | it is cancelled | refused |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils import timezone

from nextposture import knowledge
from nextposture.clinic import booking, consents, referrals, tasks
from nextposture.clinic.joined import codes
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Installation,
    Message,
    Profile,
    Referral,
    Seen,
    Taken,
)
from nextposture.clinic.zone import known_zone
from nextposture.interop.joined.parcels import table_of
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import decided
from nextposture.record.models import Person, PlanDecision

MOST_REASONS, MOST_WORDS = 40, 400
MOST_DAYS = 366

OF_A_PLAN = frozenset({"CarePlan", "PlanChange"})
"""Parcels of which the copy changes when something is decided here, so that they are to be brought again."""


class RefusedError(ValueError):
    """The act is not done; the message says why, and what to do."""


def do(
    installation: Installation, key: UUID, kind: str, content: Mapping[str, Any], at: datetime, now: datetime
) -> str:
    """Do one act, unless it was done: empty, or why it was refused.

    An act that is told again has its first answer.
    """
    with transaction.atomic():
        one = (
            Installation.objects.select_for_update()
            .select_related("clinic", "person__user")
            .get(pk=installation.pk)
        )
        before = Taken.objects.filter(installation=one, key=key).first()
        if before is not None:
            return before.refused
        refused = ""
        try:
            with transaction.atomic():
                act = ACTS.get(kind)
                if act is None:
                    raise RefusedError("The clinic's server does not know what this is.")
                act(one, content, min(at, now), now)
        except (RefusedError, referrals.ReferralError, booking.BookingError) as error:
            refused = str(error)
        except (
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            ValidationError,
            IntegrityError,
        ):
            refused = "The clinic's server could not read it."
        Taken.objects.create(installation=one, key=key, kind=kind, refused=refused, at=now)
        return refused


def _refer(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    key = UUID(content["referral"])
    old = Referral.objects.filter(key=key).first()
    if old is not None and (old.person_id, old.clinic_id) != (one.person_id, one.clinic_id):
        raise RefusedError("This referral is another's.")
    if old is not None and old.status not in referrals.OPEN:
        raise RefusedError(
            f"This referral is {old.get_status_display()}. Hand a new one over if you would like."
        )
    if "urgency" not in content:
        raise RefusedError("First do a check-in: a clinic needs to know how urgent it is.")
    urgency = str(content["urgency"])
    if urgency not in Urgency.__members__:
        raise ValueError(urgency)
    _contact(one.person, content["contact"])
    items = {str(item) for item in content["items"]}
    if unknown := items - {row.id for row in clinic_table().share}:
        raise RefusedError(f"The clinic's server does not know what {min(unknown)} is.")
    if not items:
        raise RefusedError("Nothing may be seen: choose at least one thing.")
    referrals.hand_over(
        one.person,
        one.clinic,
        urgency=urgency,
        reasons=[_words(line, MOST_WORDS) for line in content["reasons"]][:MOST_REASONS],
        knowledge_version=_words(content["knowledge_version"], 20),
        items=items,
        now=now,
        wish=_words(content.get("wish", ""), 2000),
        prefers=str(content.get("prefers", "")) if content.get("prefers") in Seen.values else "",
        days=min(max(int(content["days"]), 1), MOST_DAYS),
        key=str(key),
    )
    codes.note(
        one, "referral handed over; may be seen: " + ", ".join(sorted(items)), AuditEvent.Action.ADDED, now
    )


def _contact(person: Person, told: Mapping[str, Any]) -> None:
    email = _words(told.get("email", ""), 254).strip()
    if email:
        validate_email(email)
    Profile.objects.update_or_create(
        user=person.user,
        defaults={
            "name": _words(told["name"], 120),
            "phone": _words(told.get("phone", ""), 40),
            "email": email,
        },
    )


def _withdraw(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    item, what_for = _words(content["item"], 30), _words(content.get("purpose", consents.CARE), 30)
    consents.withdraw(one.person, one.clinic, now, item=item, what_for=what_for)
    codes.note(one, f"consent withdrawn: {item}", AuditEvent.Action.CHANGED, now)


def _take_back(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    rows = Referral.objects.filter(person=one.person, clinic=one.clinic)
    # One that was handed over twice before it was heard of is open under its first key.
    row = rows.filter(key=UUID(content["referral"])).first() or rows.filter(status__in=referrals.OPEN).first()
    if row is None:
        raise RefusedError("The clinic has no such referral.")
    referrals.take_back(row, now)
    codes.note(one, "referral taken back", AuditEvent.Action.CHANGED, now)


def _message(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    text = _words(content["text"], 4000)
    if not text.strip():
        raise RefusedError("The message is empty.")
    if not Referral.objects.filter(person=one.person, clinic=one.clinic).exists():
        raise RefusedError("First hand a referral over: nobody reads messages without one.")
    key = UUID(content["message"])
    if not Message.objects.filter(key=key).exists():
        Message.objects.create(person=one.person, clinic=one.clinic, key=key, text=text, at=at)


def _read(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    keys = [UUID(key) for key in content["messages"]][:500]
    rows = Message.objects.filter(person=one.person, clinic=one.clinic, key__in=keys, read_at=None)
    rows.exclude(author=None).update(read_at=at)


def _ask_time(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    referral = Referral.objects.filter(
        person=one.person, clinic=one.clinic, status__in=referrals.OPEN
    ).first()
    if referral is None:
        raise RefusedError("The clinic has no open referral of yours. Hand one over first.")
    if not clinic_table().policy[Urgency[referral.urgency]].clinic:
        raise RefusedError(clinic_table().policy[Urgency[referral.urgency]].say)
    practitioner = booking.team_of(one.clinic).filter(pk=int(content["practitioner"])).first()
    if practitioner is None:
        raise RefusedError("That practitioner sees nobody here now. Choose another time.")
    starts_at = datetime.fromisoformat(content["starts_at"])
    if timezone.is_naive(starts_at):
        raise ValueError("no zone")
    made = booking.book(
        one.person,
        practitioner,
        starts_at,
        clinic_table().appointment.default_min,
        Seen(content["seen"]),
        now,
        referral=referral,
        zone=known_zone(str(content.get("zone", ""))),
        uid=UUID(content["appointment"]),
    )
    tasks.tell_of_appointment.enqueue(str(made.uid))
    codes.note(one, "asked for an appointment", AuditEvent.Action.ADDED, now)


def _cancel_time(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    uid = UUID(content["appointment"])
    row = Appointment.objects.filter(person=one.person, clinic=one.clinic, uid=uid).first()
    if row is None:
        raise RefusedError("The clinic has no such appointment.")
    if row.status in (Appointment.Status.DONE, Appointment.Status.MISSED):
        raise RefusedError(f"This appointment is over: {row.get_status_display()}.")
    if row.status in booking.STANDING:
        booking.cancel(row, _words(content.get("why", ""), 200), now)
        tasks.tell_of_appointment.enqueue(str(uid))
        tasks.offer_freed_time.enqueue(str(uid))
        codes.note(one, "cancelled an appointment", AuditEvent.Action.CHANGED, now)


def _answer(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    row = (
        PlanDecision.objects.select_for_update()
        .filter(person=one.person, key=UUID(content["decision"]))
        .first()
    )
    if row is None:
        raise RefusedError("The clinic decided no such thing.")
    if row.answered_at is not None and row.answered_at >= at:
        return
    row.answer = PlanDecision.Answer(content["answer"])
    row.answer_why, row.answered_at = _words(content.get("why", ""), 1000), at
    row.save(update_fields=["answer", "answer_why", "answered_at"])
    decided.answers_came(knowledge.load(), one.person, [row.key], now)
    one.parcels = {name: told for name, told in one.parcels.items() if table_of(name) not in OF_A_PLAN}
    one.save(update_fields=["parcels"])
    codes.note(one, f"answered a decision: {row.get_answer_display()}", AuditEvent.Action.CHANGED, now)


def _leave(one: Installation, content: Mapping[str, Any], at: datetime, now: datetime) -> None:
    codes.note(one, "left: everything taken back", AuditEvent.Action.CHANGED, now)
    for row in Appointment.objects.filter(
        person=one.person, clinic=one.clinic, status__in=booking.STANDING, starts_at__gt=now
    ):
        booking.cancel(row, "left the clinic's server", now)
        tasks.offer_freed_time.enqueue(str(row.uid))
    codes.end(one, Installation.EndedBy.PERSON, now)


def _words(value: object, most: int) -> str:
    if not isinstance(value, str):
        raise TypeError("words")
    if "\x00" in value:  # no PostgreSQL keeps it
        value = value.replace("\x00", "")
    return value[:most]


ACTS: Mapping[str, Callable[[Installation, Mapping[str, Any], datetime, datetime], None]] = {
    "refer": _refer,
    "withdraw": _withdraw,
    "take_back": _take_back,
    "message": _message,
    "read": _read,
    "ask_time": _ask_time,
    "cancel_time": _cancel_time,
    "answer": _answer,
    "leave": _leave,
}
"""By kind."""
