"""The constants of adaptation: table `adaptation.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nextposture.body import anatomy


@dataclass(frozen=True)
class Constant:
    """One constant of adaptation: its range, what kind of evidence it has, and where from."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    kind: str
    source: str
    confidence: anatomy.Confidence
    note: str


@cache
def constants() -> dict[str, Constant]:
    """The constants by name."""
    return {row.name: row for row in anatomy.read_body_table("adaptation").parse(list[Constant])}
