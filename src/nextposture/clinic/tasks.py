"""What is done behind the pages. Each task may be run twice with the effect of once."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django_tasks import task

from nextposture.clinic import booking, mail
from nextposture.clinic.models import Appointment, Membership
from nextposture.knowledge.clinic import clinic_table


@task()
def tell_of_appointment(uid: str) -> None:
    """Tell the person by email what their appointment is now, and set its reminders."""
    appointment = _appointment(uid)
    if appointment is None:
        return
    mail.tell_of_appointment(appointment)
    if appointment.status == Appointment.Status.CONFIRMED:
        now = timezone.now()
        for hours in clinic_table().appointment.remind_h:
            due = appointment.starts_at - timedelta(hours=hours)
            if due > now:
                remind.using(run_after=due).enqueue(uid, appointment.sequence, hours)


@task()
def remind(uid: str, sequence: int, hours: int) -> None:
    """Remind of an appointment, unless it has changed since: then its change has set new reminders."""
    appointment = _appointment(uid)
    if appointment is None:
        return
    if appointment.sequence == sequence and appointment.starts_at > timezone.now():
        mail.remind(appointment, hours)


@task()
def offer_freed_time(uid: str) -> None:
    """Tell the next one on the waiting list of the time that a cancelled appointment gave back."""
    freed, now = _appointment(uid), timezone.now()
    if freed is None or freed.status != Appointment.Status.CANCELLED or freed.starts_at <= now:
        return
    place = booking.next_waiting(freed, now)
    if place is not None:
        mail.offer(place, freed.starts_at)
        place.offered_at = now
        place.save(update_fields=["offered_at"])


@task()
def tell_of_invitation(pk: int) -> None:
    """Tell somebody by email that a clinic invited them."""
    row = Membership.objects.filter(pk=pk, left_at=None).select_related("clinic").first()
    if row is not None:
        mail.invite(row)


def _appointment(uid: str) -> Appointment | None:
    """The appointment as it is now; None once its person's account is erased."""
    rows = Appointment.objects.select_related("clinic", "practitioner", "person__user__profile")
    return rows.filter(uid=uid).first()
