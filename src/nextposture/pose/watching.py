"""A video file through the networks into a measurement, and why that was not possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from nextposture.motion.landmarks import frame_from_numbers
from nextposture.motion.level import NOT_LEVELLED
from nextposture.motion.measuring import start_measurement
from nextposture.motion.results import Result
from nextposture.pose.blazepose import BlazePose
from nextposture.pose.estimator import PoseEstimator
from nextposture.pose.overlay import Overlay
from nextposture.pose.parts import Model
from nextposture.pose.video import VideoError, facts, pictures

LEAST_SEEN = 0.2
"""Share of the pictures that must show a person."""

COUNT_EVERY_S = 0.5
SEVERAL_FROM = 0.2
"""Share of the pictures counted from which there are several people; a passer-by is let pass."""

WRONG_VIEW_FROM = 0.6
"""Share of the pictures with a person from which the view is wrong."""

PELVIS_NOT_HELD = "pelvis_not_held"
WRONG_VIEWS = ("not_side_on", "not_front_on", "other_side")


class Progress(Protocol):
    """Hears how far along the video is."""

    def __call__(self, done_s: float, all_s: float | None, pictures: int) -> None:
        """`done_s` of `all_s` seconds (None: not known) are looked at."""

    def end(self) -> None:
        """There is no more to come."""


@dataclass(frozen=True)
class Watched:
    """What came of a video. `sight` counts pictures by what stood in the way ('' for nothing).

    `refusal` is one line that says why there is no measurement, or None. `series` has the angles over time:
    `at_s` (seconds of the video) and each angle in degrees, None where it was not seen.
    """

    result: Result
    model: str
    runtime: str
    pictures: int
    with_person: int
    seconds: float
    sight: Counter[str]
    refusal: str | None
    series: Mapping[str, Sequence[float | None]]


def watch(
    path: Path,
    test: str,
    side: Literal["left", "right"] | None,
    *,
    pelvis_flat: bool | None = None,
    model: Model = "full",
    start_s: float = 0.0,
    end_s: float | None = None,
    overlay: Path | None = None,
    progress: Progress | None = None,
    make_estimator: Callable[[Model], PoseEstimator] = BlazePose,
) -> Watched:
    """Measure `test` in a video. Raises VideoError for a file that is no video or cannot be written."""
    told = facts(path)
    ends = min(filter(None, (end_s, told.duration_s)), default=None)
    estimator = make_estimator(model)
    measuring = start_measurement(test, side=side, level=NOT_LEVELLED, live=False, pelvis_flat=pelvis_flat)
    sight: Counter[str] = Counter()
    texts: dict[str, str] = {}
    counted: list[int] = []
    readings: list[tuple[float, dict[str, float]]] = []
    number = with_person = 0
    last_s, count_at = start_s, start_s
    with Overlay(overlay) as drawn:
        for one in pictures(path, start_s, end_s):
            height, width = one.picture.shape[:2]
            if one.t_s >= count_at:
                counted.append(estimator.people(one.picture))
                count_at = one.t_s + COUNT_EVERY_S
            body = estimator.look(one.picture)
            numbers = body.numbers(width, height) if body is not None else []
            show = measuring.step(frame_from_numbers(one.t_s, width, height, numbers)).as_plain()
            number += 1
            with_person += body is not None
            reason = show["sight"]["reason"]
            readings.append((one.t_s, show["angles"] if show["sight"]["ok"] else {}))
            sight[reason] += 1
            texts.setdefault(reason, show["sight"]["text"])
            drawn.add(one, body, show)
            last_s = one.t_s
            if progress is not None:
                progress(one.t_s - start_s, ends and ends - start_s, number)
    if progress is not None:
        progress.end()
    if number == 0:
        raise VideoError(f"{path} has no picture in that time. Choose other seconds.")
    result = measuring.finish()
    refusal = _refusal(path, number, with_person, counted, sight, texts) or _refused(result)
    return Watched(
        result,
        estimator.model,
        estimator.runtime,
        number,
        with_person,
        last_s - start_s,
        sight,
        refusal,
        result.series or _series(readings),
    )


def _series(readings: list[tuple[float, dict[str, float]]]) -> dict[str, list[float | None]]:
    names = dict.fromkeys(name for _, angles in readings for name in angles)
    series: dict[str, list[float | None]] = {"at_s": [round(at_s, 3) for at_s, _ in readings]}
    return series | {name: [angles.get(name) for _, angles in readings] for name in names}


def _refused(result: Result) -> str | None:
    """Why the measurement itself says nothing; a back that was not flat is a result: unknown."""
    refusals = [one.text for one in result.refusals if one.id != PELVIS_NOT_HELD]
    return refusals[0] if refusals else None


def _refusal(
    path: Path,
    number: int,
    with_person: int,
    counted: list[int],
    sight: Counter[str],
    texts: dict[str, str],
) -> str | None:
    if with_person < LEAST_SEEN * number:
        return f"No person is seen in {path}. All of one person must be in the picture, from the side."
    if sum(count > 1 for count in counted) > SEVERAL_FROM * len(counted):
        return f"Several people are in {path}. One can be measured: use --from and --to, or film anew."
    for reason in WRONG_VIEWS:
        if sight[reason] > WRONG_VIEW_FROM * with_person:
            return f"The view is wrong for this test. {texts[reason]}"
    return None
