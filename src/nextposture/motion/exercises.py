"""A coached exercise: a row of coaching.yaml with the bounds in degrees that its figure gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from nextposture.knowledge.coaching import Check, CoachedRow, coaching_table
from nextposture.knowledge.figures import Figure, Tempo, figures
from nextposture.motion.angles import READ, points_of


@dataclass(frozen=True)
class Bound:
    """A check with its limits in degrees; None where there is none on that side."""

    check: Check
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Exercise:
    """What the coach needs to know. `start` and `end` are the readings of the driving angle, degrees."""

    id: str
    item: str
    row: CoachedRow
    figure: Figure
    bounds: tuple[Bound, ...]
    tempo: Tempo
    start: float
    end: float


@cache
def coached() -> Mapping[str, Exercise]:
    """Every coached exercise by the id of its figure. Raises KnowledgeError when a table is wrong."""
    return {row.figure: _exercise(row) for row in coaching_table().exercises}


def exercise_for(item: str, rung: str | None = None) -> Exercise | None:
    """The exercise of a plan item, and of a rung of its ladder; None where the camera has none."""
    name = f"{item}_{rung.upper()}" if rung else item
    return coached().get(name)


def _exercise(row: CoachedRow) -> Exercise:
    figure = figures()[row.figure]
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
        item=figure.item,
        row=row,
        figure=figure,
        bounds=tuple(bound(check) for check in row.checks),
        tempo=figure.tempo,
        start=start,
        end=end,
    )
