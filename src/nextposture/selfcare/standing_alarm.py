"""Where an emergency that was told and not yet settled says what to do."""

from __future__ import annotations

from django.urls import reverse

from nextposture.knowledge import Knowledge
from nextposture.record import check_ins
from nextposture.record.models import Person
from nextposture.selfcare.alarm import emergencies
from nextposture.selfcare.open_plan import OpenPlan, open_plan


def alarm_address(known: Knowledge, person: Person, standing: OpenPlan | None = None) -> str:
    """The address of the emergency page that stands for this person; empty without an emergency.

    `standing` is what `open_plan` gives, where it has been asked already.
    """
    open_one, outcome = check_ins.find_open(person), check_ins.current_outcome(person)
    if open_one is not None and emergencies(check_ins.screened(known, open_one, outcome)):
        return reverse("selfcare:check_in_stop")
    if (standing or open_plan(known, person)).shut == "emergency":
        return reverse("selfcare:today")
    return ""
