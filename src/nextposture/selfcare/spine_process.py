"""The process that works out what the spine page shows, so that nothing of it can hold up a page.

Reads questions (a line of JSON each, see `Question`) from standard input until that ends, and writes lines of
JSON to standard output: `{"done": 3, "of": 34}` while it works, then `{"answer": …}` or
`{"refused": "what to change"}`. What is asked is in no argument and no file. NumPy, Numba and the model are
imported here and nowhere in the server; once they are, another question takes a fraction of the time.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:
    from nextposture.body.spine_state import Fascicle, SpineState

Sex = Literal["female", "male"]

POSTURES = {"standing": "standing", "sitting": "sitting_unsupported"}
"""What the page calls a posture, and what the model does."""
STEPS = tuple(step / 100 for step in range(16))
"""The shortenings of the slider: every one is the model's own answer, so dragging asks for nothing."""
POINTS = 14
"""Points of a fascicle's path, evenly along it, so that paths of all steps can be laid over each other."""
FARTHEST_HOURS = 16.0
"""The most sitting that the coming weeks are worked out for; the rest of the day is taken as lying."""


@dataclass(frozen=True)
class Question:
    """A person: height (m), mass (kg), age (years), each hip's extension with the half-width of its band
    (deg) or None, hours of sitting a day or None, and stretching (seconds a week)."""

    height: float
    mass: float
    sex: Sex
    age: float
    right: tuple[float, float] | None = None
    left: tuple[float, float] | None = None
    sitting_hours: float | None = None
    stretch_seconds_per_week: float = 0.0


def main() -> None:
    """Answer the questions on standard input, one after the other."""
    told = sys.stdout
    for line in sys.stdin:
        question = Question(**json.loads(line))
        from nextposture.body import OutOfRangeError

        try:
            _say(told, {"answer": answer(question, told)})
        except OutOfRangeError as refused:
            _say(told, {"refused": str(refused)})


def answer(question: Question, told: TextIO) -> dict[str, Any]:
    """Everything the page shows, as plain values; progress goes to `told`."""
    of = len(STEPS) * len(POSTURES) + 2
    _say(told, {"done": 0, "of": of})
    from nextposture.body.coming_weeks import coming_weeks
    from nextposture.body.estimate import HipReading, estimate
    from nextposture.body.person import Person
    from nextposture.body.shortening_response import respond
    from nextposture.body.spine_state import spine_state

    person = Person(question.height, question.mass, question.sex, question.age)
    right, left = (HipReading(*hip) if hip else None for hip in (question.right, question.left))
    hours = question.sitting_hours
    found = estimate(person, right, left, hours)
    responses = respond(person, STEPS)
    _say(told, {"done": 1, "of": of})
    weeks = {} if hours is None else {"sitting_hours": min(hours, FARTHEST_HOURS)}
    courses = coming_weeks(
        person, right, left, stretch_seconds_per_week=question.stretch_seconds_per_week, **weeks
    )
    done = 2
    scenes: dict[str, list[dict[str, Any]]] = {}
    for name, posture in POSTURES.items():
        scenes[name] = []
        for step in STEPS:
            _say(told, {"done": done, "of": of})
            scenes[name].append(scene(spine_state(person, posture, step)))
            done += 1
    return {
        "estimate": asdict(found),
        "steps": STEPS,
        "responses": [asdict(one) for one in responses],
        "courses": [asdict(one) for one in courses],
        "scenes": scenes,
    }


def scene(state: SpineState) -> dict[str, Any]:
    """What is drawn of a state: poses (origin, then the rotation's rows), paths (m) and tensions (N)."""
    return {
        "scale": round(state.length_scale, 5),
        "bodies": {
            body.name: [_round(v) for row in (body.origin, *body.rotation) for v in row]
            for body in state.bodies
        },
        "fascicles": [
            {
                "name": one.name,
                "side": one.side,
                "path": [_round(v) for point in evenly(one) for v in point],
                "tension": round(one.tension_N, 2),
            }
            for one in state.fascicles
        ],
        "discs": [[_round(v) for v in (*one.centre, *one.normal)] for one in state.levels],
        "compression": [round(one.compression_N, 1) for one in state.levels],
    }


def evenly(fascicle: Fascicle) -> list[Sequence[float]]:
    """POINTS points of the fascicle's path at even distances along it."""
    points = fascicle.points
    along = [0.0]
    for before, after in pairwise(points):
        along.append(along[-1] + math.dist(before, after))
    out: list[Sequence[float]] = []
    piece = 0
    for number in range(POINTS):
        target = along[-1] * number / (POINTS - 1)
        while piece < len(points) - 2 and along[piece + 1] < target:
            piece += 1
        length = along[piece + 1] - along[piece]
        part = min(1.0, (target - along[piece]) / length) if length else 0.0
        start, end = points[piece], points[piece + 1]
        out.append([a + part * (b - a) for a, b in zip(start, end, strict=True)])
    return out


def _round(value: float) -> float:
    return round(value, 5)


def _say(told: TextIO, line: dict[str, Any]) -> None:
    print(json.dumps(line), file=told, flush=True)


if __name__ == "__main__":
    main()
