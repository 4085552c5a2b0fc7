"""What a person lets a clinic see: given item by item, withdrawn at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from nextposture.clinic.models import Clinic, Consent
from nextposture.knowledge.clinic import ClinicTable, Purpose, clinic_table
from nextposture.record.models import Person

CARE = "care"
"""The purpose that a referral asks for."""


def purpose(table: ClinicTable, name: str) -> Purpose:
    """The row of the table. Raises KeyError for a purpose that it does not know."""
    return {one.id: one for one in table.purposes}[name]


def words_of(item: str, what_for: str, clinic: Clinic, until: datetime | None) -> str:
    """The sentence that the person agrees to."""
    table = clinic_table()
    names = {one.id: one.name for one in table.share}
    end = f"until {until:%d %B %Y}" if until else "until I withdraw it"
    return f"{clinic.name} may see: {names[item]}; {purpose(table, what_for).name}; {end}."


@transaction.atomic
def give(
    person: Person,
    clinic: Clinic,
    items: Iterable[str],
    now: datetime,
    what_for: str = CARE,
    days: int | None = None,
    until: datetime | None = None,
) -> None:
    """Let the clinic see exactly these items for this purpose; what is not among them is withdrawn.

    `days` is for how long, `until` until when (default: what the table says for the purpose). Raises KeyError
    for an item that the table does not have.
    """
    table = clinic_table()
    known = {one.id for one in table.share}
    wanted = set(items)
    if unknown := wanted - known:
        raise KeyError(min(unknown))
    if until is None:
        until = now + timedelta(days=purpose(table, what_for).keeps_days if days is None else days)
    withdraw(person, clinic, now, what_for=what_for)
    Consent.objects.bulk_create(
        Consent(
            person=person,
            clinic=clinic,
            item=item,
            purpose=what_for,
            words=words_of(item, what_for, clinic, until),
            given_at=now,
            expires_at=until,
        )
        for item in sorted(wanted)
    )


@transaction.atomic
def withdraw(person: Person, clinic: Clinic, now: datetime, item: str = "", what_for: str = "") -> None:
    """Withdraw what the person allowed: everything, or one item, or one purpose. It ends at once."""
    rows = Consent.objects.filter(person=person, clinic=clinic, withdrawn_at=None)
    if item:
        rows = rows.filter(item=item)
    if what_for:
        rows = rows.filter(purpose=what_for)
    rows.update(withdrawn_at=now)
