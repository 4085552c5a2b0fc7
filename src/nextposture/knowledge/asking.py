"""How the pages ask about sitting, workspace and measurements, and what is one tap away.

These answers choose factors and never change the urgency, so they stand apart from the danger signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from nextposture.knowledge.answers import Answers, Value
from nextposture.knowledge.figures import figures
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row


@row
class Section:
    """Questions under one heading, with the figures `pictures` above them.

    With `fold` they open on demand; `adults`: from 18 years only.
    """

    title: str
    inputs: tuple[str, ...]
    pictures: tuple[str, ...] = ()
    fold: str = ""
    adults: bool = False
    crisis_line: bool = False


@row
class Step:
    """One page after the danger signs."""

    id: str
    title: str
    lead: str
    groups: tuple[Section, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input of the page, in order."""
        return tuple(name for group in self.groups for name in group.inputs)


@row
class Pick:
    """A value one tap away."""

    value: float
    label: str


@row
class Hold:
    """How many hours answers may be used before they are asked again."""

    hours: int
    why: str
    source: str


@row
class Asking:
    """The pages after the danger signs, and how numbers are asked on all pages.

    `inputs` are asked here only; `followed` are asked anew each time, others are summed up by `summed_up`;
    `typical` is what to suggest, by job type;
    `danger_signs_hold` is how long answers to the danger signs may be used.
    """

    danger_signs_hold: Hold
    screens: tuple[Step, ...]
    followed: tuple[str, ...]
    inputs: Mapping[str, Input]
    points: tuple[str, ...]
    picks: Mapping[str, tuple[Pick, ...]]
    typical: Mapping[str, Mapping[str, float]]
    hints: Mapping[str, str]


@cache
def asking() -> Asking:
    """The table. Raises KnowledgeError naming file and line when a name in it is unknown."""
    table = read_table("asking")
    raw = table.parse(Asking)
    own = {name: replace(one, id=name) for name, one in raw.inputs.items()}
    known = {**load().inputs, **own}
    for index, screen in enumerate(raw.screens):
        table.require(["screens", index], screen.inputs, known, "input")
        shown = [name for group in screen.groups for name in group.pictures]
        table.require(["screens", index], shown, figures(), "figure")
    table.require(["danger_signs_hold"], [raw.danger_signs_hold.source], load().sources, "source")
    table.require(["followed"], raw.followed, known, "input")
    table.require(["points"], raw.points, own, "input")
    table.require(["picks"], raw.picks, known, "input")
    table.require(["hints"], raw.hints, known, "input")
    for job, values in raw.typical.items():
        table.require(["typical"], [job], known["job_type"].choices, "kind of day")
        table.require(["typical", job], values, known, "input")
    return replace(raw, inputs=own)


def summed_up(answers: Answers) -> dict[str, Value]:
    """What the six points and height and weight come to: `workstation_fails` and `bmi`, None while unknown.

    A point that is not met counts even while others are unknown; that all are met is said only of all six.
    """
    points = [answers.get(name) for name in asking().points]
    fails = points.count(False)
    height, weight = answers.get("height_cm"), answers.get("weight_kg")
    bmi = None
    if isinstance(height, (int, float)) and isinstance(weight, (int, float)):
        bmi = round(weight / (height / 100) ** 2, 1)
        low, high = load().inputs["bmi"].limits
        bmi = bmi if low <= bmi <= high else None
    met = all(point is True for point in points)
    return {"workstation_fails": fails if fails or met else None, "bmi": bmi}
