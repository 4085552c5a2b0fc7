"""Referrals: handed over by a person, read by urgency and waiting, answered by a practitioner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from nextposture.clinic import consents
from nextposture.clinic.access import HANDED_OVER
from nextposture.clinic.models import Clinic, Consent, Membership, Referral
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import Policy, clinic_table
from nextposture.record import check_ins
from nextposture.record.models import Person


class ReferralError(ValueError):
    """The referral cannot be made or answered so; the message says what to do."""


@dataclass(frozen=True)
class Waiting:
    """A referral in the queue: by when the clinic means to have seen the person, and whether that is past."""

    referral: Referral
    urgency: Urgency
    words: str
    policy: Policy
    by: str
    due_at: datetime | None
    overdue: bool
    waited: timedelta


def policy_for(clinic: Clinic, urgency: Urgency) -> tuple[Policy, str, int | None]:
    """The table's policy, and how and within how many hours this clinic sees the urgency.

    A clinic may be quicker or choose another way; it cannot take what is not for a clinic.
    """
    policy = clinic_table().policy[urgency]
    own = clinic.policy.get(urgency.name, {}) if policy.clinic else {}
    return policy, own.get("by") or policy.by or "", own.get("within_h") or policy.within_h


def refer(
    person: Person,
    clinic: Clinic,
    items: Iterable[str],
    now: datetime,
    *,
    wish: str = "",
    prefers: str = "",
    days: int | None = None,
) -> Referral:
    """Hand the person's newest outcome over to the clinic, with consent for exactly these items.

    A second one to the same clinic renews the first. Raises ReferralError without a finished check-in, where
    the urgency is not for a clinic, or where the clinic takes no referrals.
    """
    outcome = check_ins.current_outcome(person)
    if outcome is None:
        raise ReferralError("First finish a check-in: a clinic needs to know how urgent it is.")
    return hand_over(
        person,
        clinic,
        urgency=outcome.urgency,
        reasons=check_ins.plain_reasons(outcome),
        knowledge_version=outcome.knowledge_version,
        items=items,
        now=now,
        wish=wish,
        prefers=prefers,
        days=days,
    )


def hand_over(
    person: Person,
    clinic: Clinic,
    *,
    urgency: str,
    reasons: list[str],
    knowledge_version: str,
    items: Iterable[str],
    now: datetime,
    wish: str = "",
    prefers: str = "",
    days: int | None = None,
    key: str | None = None,
) -> Referral:
    """The same for an outcome that came from elsewhere, such as the person's own installation."""
    policy, _, _ = policy_for(clinic, Urgency[urgency])
    if not clinic.takes_referrals:
        raise ReferralError(f"{clinic.name} takes no referrals here now. Please call them instead.")
    if not policy.clinic:
        raise ReferralError(policy.say)
    told = {
        "urgency": urgency,
        "reasons": reasons,
        "knowledge_version": knowledge_version,
        "wish": wish,
        "prefers": prefers,
    }
    try:
        with transaction.atomic():
            consents.give(person, clinic, items, now, days=days)
            row = (
                Referral.objects.select_for_update()
                .filter(person=person, clinic=clinic, status__in=OPEN)
                .first()
            )
            if row is None:
                own_key = {"key": key} if key else {}
                return Referral.objects.create(person=person, clinic=clinic, made_at=now, **told, **own_key)
            for name, value in told.items():
                setattr(row, name, value)
            row.save()
            return row
    except IntegrityError:  # a second tap came first
        return Referral.objects.get(person=person, clinic=clinic, status__in=OPEN)


WORDS = {
    Urgency.WITHIN_2_WEEKS: "Within two weeks",
    Urgency.ROUTINE_PHYSIO: "Routine",
    Urgency.SELF_CARE: "Self-care, asked for an appointment",
    Urgency.SAME_DAY: "Same day: sent to a doctor",
    Urgency.EMERGENCY_NOW: "Emergency: sent to the emergency services",
}
"""How a queue names an urgency."""
OPEN = HANDED_OVER


@transaction.atomic
def take_back(referral: Referral, now: datetime) -> None:
    """The person takes the referral back; with it ends what they let the clinic see for their care."""
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.status in OPEN:
        row.status, row.answered_at = Referral.Status.WITHDRAWN, now
        row.save()
    consents.withdraw(row.person, row.clinic, now)


@transaction.atomic
def answer(
    referral: Referral, member: Membership, status: Referral.Status, text: str, now: datetime
) -> Referral:
    """Accept, decline or close a referral, with words for the person.

    Raises ReferralError if it is not open any more, or if it is declined without words.
    """
    row = Referral.objects.select_for_update().get(pk=referral.pk)
    if row.status not in OPEN:
        raise ReferralError(f"This referral is {row.get_status_display()} already.")
    if status == Referral.Status.DECLINED and not text.strip():
        raise ReferralError("Say why, and where the person can turn instead.")
    row.status, row.answer, row.answered_at = status, text, now
    if status == Referral.Status.ACCEPTED:
        row.practitioner = member
    else:
        consents.withdraw(row.person, row.clinic, now)
    row.save()
    return row


def queue(clinic: Clinic, now: datetime) -> list[Waiting]:
    """Open referrals: the most urgent first, then the longest wait."""
    rows = Referral.objects.filter(clinic=clinic, status__in=OPEN)
    waiting = [
        _waiting(row, now) for row in rows.select_related("person__user__profile", "practitioner", "clinic")
    ]
    return sorted(waiting, key=lambda one: (-one.urgency, one.referral.made_at))


def _waiting(row: Referral, now: datetime) -> Waiting:
    urgency = Urgency[row.urgency]
    policy, by, within_h = policy_for(row.clinic, urgency)
    due = None if within_h is None else row.made_at + timedelta(hours=within_h)
    return Waiting(
        row, urgency, WORDS[urgency], policy, by, due, due is not None and due < now, now - row.made_at
    )


def may_see(clinic: Clinic, person: Person, now: datetime) -> list[Consent]:
    """What the person lets the clinic see now."""
    return list(Consent.objects.in_force(now).filter(person=person, clinic=clinic))
