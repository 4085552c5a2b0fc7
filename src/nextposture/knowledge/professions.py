"""What the professions are called, where a clinic is."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache

from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row


@row
class Profession:
    """A profession: its name, and the one that it has in the place `there` instead, if anywhere."""

    id: str
    name: str
    source: str
    there: str = ""
    name_there: str = ""


@row
class ProfessionsTable:
    """The whole table; `places` are patterns of the names of time zones."""

    professions: tuple[Profession, ...]
    places: Mapping[str, tuple[str, ...]]


@cache
def professions_table() -> ProfessionsTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("professions")
    parsed = table.parse(ProfessionsTable)
    for number, one in enumerate(parsed.professions):
        table.require(["professions", number], [one.source], load().sources, "source")
        if bool(one.there) != bool(one.name_there) or one.there not in {"", *parsed.places}:
            raise table.error(["professions", number], "needs a place that is known, and the name there")
    return parsed


def profession_names(time_zone: str) -> dict[str, str]:
    """The name of each profession by id at a clinic in this time zone; empty for one that is not named."""
    table = professions_table()
    here = {
        place for place, zones in table.places.items() if any(fnmatchcase(time_zone, zone) for zone in zones)
    }
    return {one.id: one.name_there if one.there in here else one.name for one in table.professions}
