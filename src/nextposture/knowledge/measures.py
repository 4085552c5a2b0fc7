"""What can be measured: how, how far a reading can be off, and what change counts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nextposture.knowledge.reading import row


@row
class Error:
    """Half-width of the band around one reading, in the measure's unit, by who takes it."""

    by_self: Annotated[float, Field(alias="self")]
    helper: float
    clinician: float
    source: str
    note: str = ""


@row
class Change:
    """A change that counts: at least `points`, and at least this share of where it started."""

    points: float
    source: str
    share_of_start: float = 0.0
    note: str = ""


@row
class LowStart:
    """What counts instead when someone starts at `start_at_most` or less: reaching `reached` or less."""

    start_at_most: float
    reached: float
    source: str


@row
class Norm:
    """What a sample of people reached; only for `ages` (years, inclusive) and `sex` where they are given."""

    group: str
    value: str
    source: str
    ages: tuple[int, int] | None = None
    sex: Literal["male", "female"] | None = None
    note: str = ""


@row
class Measure:
    """One measurement or self-report.

    `input` is the question that its value answers, `needs` the one without which it means nothing.
    """

    id: str
    name: str
    unit: str
    how: tuple[str, ...]
    who: Literal["self", "helper", "clinician", "nobody"]
    sources: tuple[str, ...]
    input: str | None = None
    needs: str | None = None
    purpose: str = ""
    not_for: str = ""
    error: Error | None = None
    real: Change | None = None
    meaningful: Change | None = None
    low_start: LowStart | None = None
    norms: tuple[Norm, ...] = ()


@row
class MeasureTable:
    """All measures."""

    measures: tuple[Measure, ...]
