"""The regions of the body map: what they are called and where they are drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from nextposture.knowledge.reading import read_table, row

View = Literal["back", "front"]


@row
class Drawn:
    """One row of the table."""

    id: str
    view: View
    name: str
    points: tuple[tuple[float, float], ...]
    both: bool = False


@row
class BodyMapTable:
    """The table `body_map.yaml`."""

    width: float
    height: float
    outline: str
    regions: tuple[Drawn, ...]


@dataclass(frozen=True)
class Region:
    """One region: `points` are the corners of its outline in the units of the drawing."""

    id: str
    view: View
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class BodyMap:
    """Every region, in reading order, on a drawing of `width` by `height` for each view.

    `outline` is the left half of the body's as an SVG path.
    """

    width: float
    height: float
    outline: str
    regions: dict[str, Region]

    def seen(self, view: View) -> tuple[Region, ...]:
        """The regions of one view."""
        return tuple(one for one in self.regions.values() if one.view == view)


@cache
def body_map() -> BodyMap:
    """The packaged map. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("body_map")
    parsed = table.parse(BodyMapTable)
    regions: dict[str, Region] = {}
    for index, one in enumerate(parsed.regions):
        for x, y in one.points:
            if not (0 <= x <= parsed.width and 0 <= y <= parsed.height):
                raise table.error(["regions", index, "points"], f"({x:g}, {y:g}) lies outside the drawing")
        if not one.both:
            regions[one.id] = Region(one.id, one.view, one.name, one.points)
            continue
        mirrored = tuple((parsed.width - x, y) for x, y in one.points)
        for side, points in (("left", one.points), ("right", mirrored)):
            name = f"{one.id}_{side}"
            regions[name] = Region(name, one.view, f"{one.name}, {side}", points)
    return BodyMap(parsed.width, parsed.height, parsed.outline, regions)
