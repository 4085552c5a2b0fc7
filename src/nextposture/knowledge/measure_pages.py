"""The tests that a camera measures, as a person meets them: the table `measure_pages.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nextposture.knowledge.figures import figures
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row

SIDES = ("left", "right")


@row
class MeasurePage:
    """One test. `measure` is its row of measures.yaml, `figure` its drawing; `sides`: each side by itself."""

    id: str
    measure: str
    sides: bool
    figure: str
    short: str
    minutes: int
    needs: tuple[str, ...]
    camera: tuple[str, ...]
    line: str
    how: tuple[str, ...]
    not_mean: str


@row
class MeasurePageTable:
    tests: tuple[MeasurePage, ...]


@cache
def measure_pages() -> Mapping[str, MeasurePage]:
    """Every test by its id. Raises KnowledgeError naming file and line when the table is wrong."""
    table = read_table("measure_pages")
    parsed = table.parse(MeasurePageTable)
    known = load()
    table.require(["tests"], (one.measure for one in parsed.tests), known.measures, "measure")
    table.require(["tests"], (one.figure for one in parsed.tests), figures(), "figure")
    return {one.id: one for one in parsed.tests}
