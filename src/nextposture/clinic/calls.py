"""Video calls: who may be in one and when, who was there, and what is measured in it.

Of a call is kept who was there and when, and whether it went on by phone; nothing of what was said or seen. A
reading is kept only while the person lets the clinic measure, and is then theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from allauth.mfa.utils import is_mfa_enabled
from django.core.exceptions import PermissionDenied
from django.db import transaction

from nextposture import knowledge
from nextposture.clinic import consents, metrics
from nextposture.clinic.access import note_access
from nextposture.clinic.models import Appointment, AuditEvent, Call, Consent, Membership, Profile, Seen
from nextposture.knowledge import Urgency
from nextposture.knowledge.calls import calls_table
from nextposture.knowledge.measure_pages import measure_pages
from nextposture.motion.results import Result
from nextposture.record import check_ins
from nextposture.record.models import Measurement
from nextposture.selfcare.camera_tests import keep_result
from nextposture.selfcare.measured_words import band_number, in_words, reading

Side = Literal["person", "practitioner"]
OTHER: Mapping[Side, Side] = {"person": "practitioner", "practitioner": "person"}
FIRST_TO_A_DOCTOR = frozenset({Urgency.EMERGENCY_NOW.name, Urgency.SAME_DAY.name})


@dataclass(frozen=True)
class Seat:
    """One of the two places in an appointment's call."""

    appointment: Appointment
    side: Side

    @property
    def other(self) -> Side:
        """The other place."""
        return OTHER[self.side]


# ---- Who may be there, and when


def opens_at(appointment: Appointment) -> datetime:
    """When the waiting room opens."""
    return appointment.starts_at - timedelta(minutes=calls_table().open.before_min)


def closes_at(appointment: Appointment) -> datetime:
    """When the call ends at the latest."""
    return appointment.ends_at + timedelta(minutes=calls_table().open.after_min)


def is_by_video(appointment: Appointment) -> bool:
    """Whether the appointment stands and is held by video."""
    return appointment.seen == Seen.TELEHEALTH and appointment.status == Appointment.Status.CONFIRMED


def is_open(appointment: Appointment, now: datetime) -> bool:
    """Whether its call can be joined now."""
    return is_by_video(appointment) and opens_at(appointment) <= now < closes_at(appointment)


def seat_of(user: Any, uid: UUID) -> Seat | None:
    """The user's place in the appointment's call: the person's or the practitioner's; None for anyone else.

    A practitioner has one only while they work there, treat, and have a second factor.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    rows = Appointment.objects.for_user(user).filter(uid=uid)
    appointment = rows.select_related("clinic", "practitioner__user", "person__user").first()
    if appointment is None:
        return None
    if appointment.person.user_id == user.pk:
        return Seat(appointment, "person")
    member = appointment.practitioner
    works = Membership.objects.working().filter(pk=member.pk, user=user, treats=True).exists()
    return Seat(appointment, "practitioner") if works and is_mfa_enabled(user) else None


def name_of(appointment: Appointment, side: Side) -> str:
    """What the one on that side is called."""
    if side == "practitioner":
        return appointment.practitioner.name
    profile = Profile.objects.filter(user=appointment.person.user_id).first()
    return (profile.name if profile else "") or "The person"


def phone_of(appointment: Appointment, side: Side) -> str:
    """The number to ring where video does not work: the clinic's, or the one the person gave; else empty."""
    if side == "practitioner":
        return appointment.clinic.phone
    return (
        Profile.objects.filter(user=appointment.person.user_id).values_list("phone", flat=True).first() or ""
    )


# ---- Who was there


@transaction.atomic
def joined(seat: Seat, now: datetime) -> None:
    """Note that the one in this seat is there; the first time is kept."""
    call = _call(seat.appointment, now)
    field = f"{seat.side}_joined_at"
    if getattr(call, field) is not None:
        _count("reconnected")
    else:
        setattr(call, field, now)
        if getattr(call, f"{seat.other}_joined_at") is not None:
            _count("started")
    call.ended_at = None
    call.save()


@transaction.atomic
def ended(seat: Seat, now: datetime) -> None:
    """Note that the call is over; with it ends what the person allowed for it."""
    _over(_call(seat.appointment, now), now)
    stop_measuring(seat.appointment, now)


@transaction.atomic
def left(seat: Seat, now: datetime) -> None:
    """Note when the last one left without hanging up; who comes back within the time goes on."""
    _over(_call(seat.appointment, now), now)


@transaction.atomic
def fell_back_to_phone(seat: Seat, now: datetime) -> None:
    """Note that the two went on by phone."""
    call = _call(seat.appointment, now)
    if not call.fell_back_to_phone:
        _count("by_phone")
    call.fell_back_to_phone = True
    call.save()


def _over(call: Call, now: datetime) -> None:
    if call.ended_at is None and call.person_joined_at and call.practitioner_joined_at:
        _count("ended")
    call.ended_at = now
    call.save()


def _count(event: metrics.CallEvent) -> None:
    transaction.on_commit(lambda: metrics.count_call(event))


def _call(appointment: Appointment, now: datetime) -> Call:
    made, _ = Call.objects.get_or_create(appointment=appointment, defaults={"opened_at": now})
    return Call.objects.select_for_update().get(pk=made.pk)


# ---- Measuring in it


def allow_measuring(appointment: Appointment, now: datetime) -> None:
    """The person lets the clinic measure, until they stop it or the call's time is over."""
    asked = calls_table().measuring
    until = closes_at(appointment)
    consents.give(
        appointment.person, appointment.clinic, [asked.item], now, what_for=asked.purpose, until=until
    )


def stop_measuring(appointment: Appointment, now: datetime) -> None:
    """The person lets the clinic measure no longer. It ends at once."""
    consents.withdraw(appointment.person, appointment.clinic, now, what_for=calls_table().measuring.purpose)


def may_measure(appointment: Appointment, now: datetime) -> bool:
    """Whether the person lets the clinic measure now."""
    asked = calls_table().measuring
    rows = Consent.objects.in_force(now).filter(person=appointment.person, clinic=appointment.clinic)
    return rows.filter(item=asked.item, purpose=asked.purpose).exists()


def doctor_first(appointment: Appointment) -> bool:
    """Whether the person's newest check-in says to speak to a doctor before anything else."""
    outcome = check_ins.current_outcome(appointment.person)
    return outcome is not None and outcome.urgency in FIRST_TO_A_DOCTOR


@transaction.atomic
def keep_reading(
    appointment: Appointment, test: str, key: UUID, result: Result, model: str, runtime: str, now: datetime
) -> Measurement | None:
    """Keep a reading in the person's record, and that it was taken in their trail; None if there is none.

    Raises PermissionDenied without the person's consent at this moment.
    """
    if not may_measure(appointment, now):
        raise PermissionDenied
    page = measure_pages()[test]
    kept = keep_result(
        appointment.person,
        page,
        key,
        result,
        model,
        runtime,
        now,
        method=Measurement.Method.CALL,
        more={"asked_by": "practitioner"},
    )
    if kept is not None:
        what = knowledge.load().measures[page.measure].name
        side = f", {kept.side}" if kept.side else ""
        note_access(
            appointment.practitioner,
            appointment.person,
            f"measured in a call: {what[0].lower()}{what[1:]}{side}"[:120],
            AuditEvent.Action.ADDED,
        )
    return kept


def words_for_person(test: str, kept: Measurement) -> list[str]:
    """What we saw, how sure we are, what it does not mean."""
    known = knowledge.load()
    told = reading(known, measure_pages()[test], kept, None, {})
    return [told.saw, told.sure, told.not_mean]


def words_for_practitioner(test: str, kept: Measurement) -> list[str]:
    """The same for who took it: value, band, and what lowers the quality."""
    page = measure_pages()[test]
    measure = knowledge.load().measures[page.measure]
    side = kept.side.capitalize() or measure.name
    if kept.value is None:
        return [f"{side}: left open. The lower back was not flat, so the angle says nothing."]
    band = "" if kept.error is None else f", give or take {band_number(kept.error)}"
    notes = " ".join(one["text"] for one in kept.detail.get("notes", ()))
    return [f"{side}: {in_words(measure, kept.value)}{band}.", *([notes] if notes else []), page.not_mean]
