"""How tall and how heavy a person is, and what else of the record the body model asks for."""

from __future__ import annotations

from datetime import datetime

from nextposture.record.models import BodyBuild, Person


def build_of(person: Person) -> BodyBuild | None:
    """What the person said, or None."""
    return BodyBuild.objects.filter(person=person).first()


def keep_build(person: Person, height_cm: float, mass_kg: float, strength: str, now: datetime) -> BodyBuild:
    """Keep it in place of what was said before. `strength` names a strength table, or is empty."""
    values = {"height_cm": height_cm, "mass_kg": mass_kg, "strength": strength, "told_at": now}
    return BodyBuild.objects.update_or_create(person=person, defaults=values)[0]
