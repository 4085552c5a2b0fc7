"""Where it hurts, as marked on the body map, by the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from nextposture.knowledge.body_map import body_map
from nextposture.record.models import PainMap, Person


@dataclass(frozen=True)
class Marked:
    """The regions that were marked on a day, and their names in words."""

    on: date
    regions: frozenset[str]
    words: str


def mark(person: Person, regions: Iterable[str], on: date) -> None:
    """Keep where it hurts on a day, instead of what was marked on it before; unknown regions are dropped."""
    known = body_map().regions
    PainMap.objects.update_or_create(
        person=person, on=on, defaults={"regions": [name for name in known if name in set(regions)]}
    )


def marked(person: Person) -> list[Marked]:
    """Every map, the newest first."""
    known = body_map().regions
    return [
        Marked(
            one.on,
            frozenset(one.regions),
            "; ".join(known[name].name.lower() for name in one.regions if name in known) or "nowhere",
        )
        for one in PainMap.objects.filter(person=person).order_by("-on")
    ]


def latest(person: Person) -> Marked | None:
    """The newest map, or None."""
    return next(iter(marked(person)), None)
