"""A phone as inclinometer and readings typed in by hand: the table `phone.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row

Positive = Annotated[float, Field(gt=0)]


@row
class LevelTable:
    """How a phone's angle is read: seconds and degrees; see the table for each number."""

    smoothing_s: Positive
    restart_s: Positive
    window_s: Positive
    still: Positive
    count_down_s: Annotated[int, Field(gt=0)]
    wait_s: Positive
    table_most: Positive
    goes: Annotated[int, Field(gt=0)]
    source: str


@row
class PairingTable:
    """Limits of a pairing: seconds, days, bytes, requests."""

    open_s: Annotated[int, Field(gt=0, le=3600)]
    # Apple's phones refuse certificates of more than 825 days; some browsers are to allow 90 at most.
    certificate_days: Annotated[int, Field(gt=0, le=90)]
    body_most: Annotated[int, Field(gt=0)]
    requests_most: Annotated[int, Field(gt=0)]
    source: str


@row
class Instrument:
    """What an angle was read from, and how its readings are kept apart."""

    id: str
    label: str
    method: Literal["phone", "goniometer"]
    model: str


@row
class PhoneTable:
    """The whole table."""

    level: LevelTable
    pairing: PairingTable
    how: tuple[str, ...]
    holding: tuple[str, ...]
    table_first: tuple[str, ...]
    not_mean: str
    not_mean_goniometer: str
    times_most: int
    instruments: tuple[Instrument, ...]

    @property
    def by_id(self) -> Mapping[str, Instrument]:
        """Every instrument by its id."""
        return {one.id: one for one in self.instruments}


@cache
def phone_table() -> PhoneTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("phone")
    parsed = table.parse(PhoneTable)
    sources = load().sources
    table.require(("level", "source"), [parsed.level.source], sources, "source")
    table.require(("pairing", "source"), [parsed.pairing.source], sources, "source")
    return parsed
