"""The contributing factors: what may add to the pain, each with its states, grade and sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from nextposture.knowledge.conditions import Condition
from nextposture.knowledge.evidence import Grade
from nextposture.knowledge.reading import row

Domain = Literal["behaviour", "environment", "load", "body", "health", "mind", "history"]


@row
class ReferenceRow:
    """The value below which a measurement counts as low, for an age band (years, inclusive) and sex."""

    age: tuple[int, int]
    low: float
    sex: Literal["male", "female"] | None = None


@row
class Reference:
    """Reference values of one measurement."""

    source: str
    note: str
    rows: tuple[ReferenceRow, ...]


@row
class Factor:
    """One contributing factor; `modifiable` is 3 (this week), 2 (with training or time) or 1 (hardly)."""

    id: str
    domain: Domain
    name: str
    modifiable: int
    present: Condition
    effect: str
    sources: tuple[str, ...]
    grade: Grade
    claim: str
    settle: str
    possible: Condition | None = None
    needs: Condition | None = None


@row
class FactorTable:
    """All factors, and the references their conditions use."""

    references: Mapping[str, Reference]
    factors: tuple[Factor, ...]
    domains: Mapping[Domain, str]
    only_hip_line: str
