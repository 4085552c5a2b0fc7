"""Referrals: handed over by a person, read by urgency and waiting, answered by a practitioner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import IntegrityError, transaction

from nextposture.clinic import consents
from nextposture.clinic.access import HANDED_OVER
from nextposture.clinic.booking import STANDING
from nextposture.clinic.models import Appointment, Clinic, Consent, Membership, Referral, Seen
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import Policy, clinic_table
from nextposture.record import check_ins
from nextposture.record.models import Person


class ReferralError(ValueError):
    """The referral cannot be made or answered so; the message says what to do."""


class Need(StrEnum):
    """What somebody in a clinic's care needs next."""

    ANSWER = "answer"
    APPOINTMENT = "appointment"
    CONFIRMING = "confirming"
    CLOSING = "closing"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Waiting:
    """A person in a clinic's care: what they need next, and by when the clinic means to have seen them.

    `appointment` is their first that stands, `seen` whether one has been held since the referral. `overdue`:
    the time by which to see them is past, or their appointment comes after it.
    """

    referral: Referral
    urgency: Urgency
    words: str
    need: Need
    by: str
    due_at: datetime | None
    overdue: bool
    appointment: Appointment | None
    seen: bool


@dataclass(frozen=True)
class Queue:
    """Those who need something, the most urgent first, then the longest wait; and those who need nothing now.

    Both may be cut short; `needing` and `settled` are how many there are.
    """

    waiting: tuple[Waiting, ...]
    others: tuple[Waiting, ...]
    needs: dict[Need, int]

    @property
    def needing(self) -> int:
        """How many need something."""
        return sum(many for need, many in self.needs.items() if need != Need.NOTHING)

    @property
    def settled(self) -> int:
        """How many need nothing now."""
        return self.needs.get(Need.NOTHING, 0)


def policy_for(clinic: Clinic, urgency: Urgency) -> tuple[Policy, str, int | None]:
    """The table's policy, and how and within how many hours this clinic sees the urgency.

    A clinic may be quicker or choose another way; it cannot take what is not for a clinic.
    """
    policy = clinic_table().policy[urgency]
    own = clinic.policy.get(urgency.name, {}) if policy.clinic else {}
    return policy, own.get("by") or policy.by or "", own.get("within_h") or policy.within_h


def seen_in_words(clinic: Clinic, urgency: Urgency) -> str:
    """How and how soon this clinic sees the urgency, or what to do where it is not for a clinic."""
    policy, by, within_h = policy_for(clinic, urgency)
    if not policy.clinic or within_h is None:
        return policy.say
    days = -(-within_h // 24)
    how = "by video" if by == Seen.TELEHEALTH else "in person"
    return f"Seen {how}, within {days} day{'' if days == 1 else 's'}."


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


def queue(clinic: Clinic, now: datetime, most: int | None = None) -> Queue:
    """Who needs what by when, at most `most` of them: the most urgent first, then the longest wait.

    Those who need nothing now come by their next appointment, those without one last.
    """
    open_ones = Referral.objects.filter(clinic=clinic, status__in=OPEN)
    coming, held = _appointments(clinic)
    facts = [
        (
            pk,
            person,
            Urgency[urgency],
            made_at,
            _need(status, coming.get(person), held.get(person), made_at, now),
        )
        for pk, person, urgency, made_at, status in open_ones.values_list(
            "pk", "person", "urgency", "made_at", "status"
        )
    ]
    far = now + timedelta(days=10_000)
    needing = sorted(
        (one for one in facts if one[4] != Need.NOTHING), key=lambda one: (-one[2], one[3], one[0])
    )
    settled = sorted(
        (one for one in facts if one[4] == Need.NOTHING),
        key=lambda one: (coming[one[1]].starts_at if one[1] in coming else far, one[0]),
    )
    shown = (*needing[:most], *settled[:most])
    rows = open_ones.select_related("person__user__profile", "practitioner").in_bulk(
        [one[0] for one in shown]
    )
    policies = {urgency: policy_for(clinic, urgency) for urgency in {one[2] for one in shown}}

    def waiting(fact: tuple[int, int, Urgency, datetime, Need]) -> Waiting:
        pk, person, urgency, made_at, need = fact
        _, by, within_h = policies[urgency]
        due = None if within_h is None else made_at + timedelta(hours=within_h)
        seen = person in held and held[person] >= made_at
        appointment = coming.get(person)
        late = due is not None and not seen and due < (appointment.starts_at if appointment else now)
        return Waiting(rows[pk], urgency, WORDS[urgency], need, by, due, late, appointment, seen)

    return Queue(
        tuple(waiting(one) for one in needing[:most]),
        tuple(waiting(one) for one in settled[:most]),
        Counter(one[4] for one in facts),
    )


def _appointments(clinic: Clinic) -> tuple[dict[int, Appointment], dict[int, datetime]]:
    """The first standing appointment of each person in the clinic's care, and when the last held one began.

    One that is past stands until somebody says whether it was held.
    """
    rows = Appointment.objects.filter(
        clinic=clinic, person__referrals__clinic=clinic, person__referrals__status__in=OPEN
    )
    standing = rows.filter(status__in=STANDING).order_by("-starts_at").distinct()
    held = rows.filter(status=Appointment.Status.DONE).order_by("starts_at").distinct()
    return {one.person_id: one for one in standing}, dict(held.values_list("person", "starts_at"))


def _need(
    status: str, coming: Appointment | None, held: datetime | None, made_at: datetime, now: datetime
) -> Need:
    if status == Referral.Status.NEW:
        return Need.ANSWER
    if coming is not None and coming.ends_at < now:
        return Need.CLOSING
    if coming is not None:
        return Need.CONFIRMING if coming.status == Appointment.Status.REQUESTED else Need.NOTHING
    return Need.NOTHING if held is not None and held >= made_at else Need.APPOINTMENT


def may_see(clinic: Clinic, person: Person, now: datetime) -> list[Consent]:
    """What the person lets the clinic see now."""
    return list(Consent.objects.in_force(now).filter(person=person, clinic=clinic))
