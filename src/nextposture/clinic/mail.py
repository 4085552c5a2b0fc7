"""Messages by email: what happened to an appointment and when, nothing of anybody's health."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from nextposture.clinic.calendar_file import calendar_file
from nextposture.clinic.contact import has_installation, messages_to, zone_chosen_by
from nextposture.clinic.models import Appointment, Membership, Sent, WaitingPlace
from nextposture.record.models import Person

WHAT = {
    Appointment.Status.REQUESTED: "We have your request for an appointment",
    Appointment.Status.CONFIRMED: "Your appointment is confirmed",
    Appointment.Status.CANCELLED: "Your appointment is cancelled",
}


def both_times(appointment: Appointment, zone: str = "") -> str:
    """When it is, in `zone` or the person's own, and in the clinic's where that differs.

    The person's own is the one that they chose, or where they were as they booked.
    """
    own = zone or zone_chosen_by(appointment.person) or appointment.person_zone
    return _both_times(appointment.starts_at, own, appointment.clinic.time_zone)


def tell_of_appointment(appointment: Appointment) -> None:
    """Tell the person what their appointment is now, with the event as a file. Once a change."""
    subject = WHAT.get(Appointment.Status(appointment.status))
    if subject is None:
        return
    if appointment.sequence > 1 and appointment.status == Appointment.Status.CONFIRMED:
        subject = "Your appointment is now at another time, or was confirmed again"
    _send(f"appointment:{appointment.uid}:{appointment.sequence}", appointment, subject)


def remind(appointment: Appointment, hours: int) -> None:
    """Remind the person of an appointment that stands. Once for each of the hours."""
    if appointment.status == Appointment.Status.CONFIRMED:
        _send(f"reminder:{appointment.uid}:{appointment.sequence}:{hours}", appointment, "Your appointment")


def invite(place: Membership) -> None:
    """Tell somebody that a clinic invited them to work there, and what to do. Once for each invitation."""
    body = (
        f"{place.clinic.name} has invited you to work with Next Posture as {place.name}.\n\n"
        f"Make an account with this address, or sign in: {settings.ORIGIN}/accounts/signup/\n"
        "You then set up a second factor: a passkey or an authenticator app.\n\n"
        "If you do not know the clinic, do nothing.\n"
    )
    subject = f"{place.clinic.name} invited you"
    _once(f"invitation:{place.pk}", EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [place.email]))


def offer(place: WaitingPlace, starts_at: datetime) -> None:
    """Tell someone on the waiting list that a time came free; whoever books first has it."""
    email = messages_to(place.person)
    if not email:
        return
    when = _both_times(starts_at, zone_chosen_by(place.person), place.clinic.time_zone)
    body = (
        f"A time has come free at {place.clinic.name}: {when}.\n\n"
        "Whoever books it first has it. "
        f"{_where(place.person, f'/clinic/{place.clinic_id}/times/')}\n"
    )
    _once(
        f"offer:{place.pk}:{starts_at.timestamp():.0f}",
        EmailMessage("A time has come free", body, settings.DEFAULT_FROM_EMAIL, [email]),
    )


def _send(what: str, appointment: Appointment, subject: str) -> None:
    clinic, email = appointment.clinic, messages_to(appointment.person)
    if not email:  # their own installation shows it
        return
    lines = [
        f"{subject}.",
        "",
        f"When: {both_times(appointment)}",
        f"How: {appointment.get_seen_display()}, with {appointment.practitioner.name}, {clinic.name}",
        _where(appointment.person, f"/clinic/appointments/{appointment.uid}/"),
    ]
    if clinic.phone:
        lines.append(f"By phone: {clinic.phone} (not for emergencies)")
    lines += ["", "In an emergency, call your local emergency number."]
    message = EmailMessage(subject, "\n".join(lines), settings.DEFAULT_FROM_EMAIL, [email])
    message.attach("appointment.ics", calendar_file(appointment, email).decode(), "text/calendar")
    _once(what, message)


def _where(person: Person, path: str) -> str:
    if has_installation(person):
        return "See, change or cancel it: in Next Posture on your own computer, page “Your clinic”"
    return f"See, change or cancel it: {settings.ORIGIN}{path}"


@transaction.atomic
def _once(what: str, message: EmailMessage) -> None:
    """Send unless it was sent. Only a kill after sending, before it is noted, sends it twice; nothing never.

    The row comes first, so that whoever does the same task at the same time waits for what becomes of it.
    """
    _, new = Sent.objects.get_or_create(what=what)
    if new:
        message.send()


def _in_zone(at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({zone})"


def _both_times(at: datetime, own: str, clinics: str) -> str:
    """When it is in the person's own zone (the clinic's if empty), and in the clinic's where that differs."""
    own = own or clinics
    told = _in_zone(at, own)
    if _offset(at, own) != _offset(at, clinics):
        there = at.astimezone(ZoneInfo(clinics))
        same_day = there.date() == at.astimezone(ZoneInfo(own)).date()
        clock = f"{there:%H:%M} ({clinics})" if same_day else _in_zone(at, clinics)
        told += f", which is {clock} at the clinic"
    return told


def _offset(at: datetime, zone: str) -> object:
    return at.astimezone(ZoneInfo(zone)).utcoffset()
