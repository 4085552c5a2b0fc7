"""An appointment as an iCalendar event (RFC 5545, 5546): one UID for life, a SEQUENCE that grows."""

from __future__ import annotations

from datetime import UTC

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from nextposture.clinic.models import Appointment, Seen

STATUS = {
    Appointment.Status.REQUESTED: "TENTATIVE",
    Appointment.Status.CANCELLED: "CANCELLED",
}


def calendar_file(appointment: Appointment, email: str = "") -> bytes:
    """The event as a file. It holds when, where and with whom; nothing of why.

    With `email` it is an invitation (or its withdrawal) to that address.
    """
    cancelled = appointment.status == Appointment.Status.CANCELLED
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Next Posture//Appointments//EN")
    if email:
        calendar.add("method", "CANCEL" if cancelled else "REQUEST")
    event = Event()
    event.add("uid", f"{appointment.uid}@nextposture")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.changed_at.astimezone(UTC))
    event.add("dtstart", appointment.starts_at.astimezone(UTC))
    event.add("dtend", appointment.ends_at.astimezone(UTC))
    event.add("status", STATUS.get(Appointment.Status(appointment.status), "CONFIRMED"))
    event.add("summary", f"Appointment at {appointment.clinic.name}")
    if appointment.seen == Seen.IN_PERSON:
        event.add("location", appointment.clinic.address or appointment.clinic.name)
    else:
        event.add("location", "By video")
        event.add("url", f"{settings.ORIGIN}/clinic/appointments/{appointment.uid}/")
    if appointment.clinic.email:
        organiser = vCalAddress(f"MAILTO:{appointment.clinic.email}")
        organiser.params["cn"] = vText(appointment.clinic.name)
        event.add("organizer", organiser)
    if email:
        attendee = vCalAddress(f"MAILTO:{email}")
        attendee.params["rsvp"] = vText("FALSE")
        event.add("attendee", attendee)
    calendar.add_component(event)
    return bytes(calendar.to_ical())
