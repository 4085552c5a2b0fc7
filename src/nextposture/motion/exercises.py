"""A coached exercise: a row of coaching.yaml with the bounds in degrees that its figure gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from nextposture.knowledge import Knowledge
from nextposture.knowledge.coaching import Check, CoachedRow, coaching_table
from nextposture.knowledge.figures import Figure, Tempo, figures
from nextposture.knowledge.items import Sides, Ways
from nextposture.motion.angles import READ, points_of
from nextposture.planning.session import session_table, ways_of


@dataclass(frozen=True)
class Bound:
    """A check with its limits in degrees; None where there is none on that side."""

    check: Check
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Exercise:
    """What the coach needs to know. `start` and `end` are the readings of the driving angle, degrees.

    `ways` and `sides` are what the ways of a repetition and the sides are called.
    """

    id: str
    item: str
    row: CoachedRow
    figure: Figure
    bounds: tuple[Bound, ...]
    tempo: Tempo
    start: float
    end: float
    ways: Ways
    sides: Sides | None = None

    def side_words(self, side: Literal["left", "right"] | None) -> str:
        """What a side is called; empty for none."""
        return "" if side is None or self.sides is None else getattr(self.sides, side)


@cache
def coached() -> Mapping[str, Exercise]:
    """Every coached exercise by the id of its figure. Raises KnowledgeError when a table is wrong."""
    table, made = session_table(), {}
    for row in coaching_table().exercises:
        figure = figures()[row.figure]
        sides = table.sides.get(figure.item)
        made[row.figure] = _exercise(row, figure, figure.item, ways_of(table, figure.item), sides)
    return made


def exercise_for(item: str, rung: str | None = None, known: Knowledge | None = None) -> Exercise | None:
    """The exercise of a plan item, and of a rung of its ladder; None where the camera has none.

    `known` is asked for an exercise of a clinic's own.
    """
    if known is not None and item in known.own:
        own = known.own[item]
        if own.coaching is None or own.figure is None:
            return None
        return _exercise(own.coaching, own.figure, item, own.ways or session_table().ways.default, own.sides)
    name = f"{item}_{rung.upper()}" if rung else item
    return coached().get(name)


def _exercise(row: CoachedRow, figure: Figure, item: str, ways: Ways, sides: Sides | None) -> Exercise:
    if figure.start is None or figure.tempo is None:
        raise ValueError(f"{figure.id} has no start pose or no tempo")  # the loader has refused it before
    poses = {"start": points_of(figure.start, figure), "end": points_of(figure.end, figure)}

    def bound(check: Check) -> Bound:
        base = READ[check.angle](poses[check.of], check.limb) if check.of else 0.0
        return Bound(
            check,
            None if check.least is None else base + check.least,
            None if check.most is None else base + check.most,
        )

    start = end = 0.0
    if row.drive is not None:
        start, end = (READ[row.drive.angle](poses[pose], row.drive.limb) for pose in ("start", "end"))
    return Exercise(
        id=figure.id,
        item=item,
        row=row,
        figure=figure,
        bounds=tuple(bound(check) for check in row.checks),
        tempo=figure.tempo,
        start=start,
        end=end,
        ways=ways,
        sides=sides,
    )
