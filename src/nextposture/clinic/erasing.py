"""Erasing a person's account on a clinic's server, with all that is kept about them and its history."""

from __future__ import annotations

from django.apps import apps
from django.db import transaction
from django.db.models import Q

from nextposture.clinic.models import Appointment, Clinic, JoiningCode, Membership
from nextposture.record.models import CheckIn, Person


def treated_at(person: Person) -> list[Clinic]:
    """The clinics that have seen the person or written about them, and may have to keep that by law."""
    seen = Q(appointments__person=person, appointments__status=Appointment.Status.DONE)
    return list(Clinic.objects.filter(seen | Q(notes__person=person)).distinct())


@transaction.atomic
def erase(person: Person) -> None:
    """Erase the record, what clinics keep of it, its history, and the account unless they worked here too."""
    user, pk = person.user, person.pk
    check_ins = list(CheckIn.objects.filter(person=person).values_list("pk", flat=True))
    histories = [model.history.model for model in apps.get_models() if hasattr(model, "history")]
    JoiningCode.objects.filter(used_by__person=person).delete()  # staff wrote their name on it
    person.delete()
    for history in histories:
        names = {field.name for field in history._meta.get_fields()}
        if "person" in names:
            history.objects.filter(person_id=pk).delete()
        elif "check_in" in names:
            history.objects.filter(check_in_id__in=check_ins).delete()
    if not Membership.objects.filter(user=user).exists():
        user.delete()
