"""How far the landmarks' angles scatter on real footage, with the estimator that ships.

The footage is what the test dependencies hold: a woman walking (one camera) and a man stepping and leaning on
one leg (four cameras at once). Two people: this shows the size of the scatter, not its spread over people.
All angles are in degrees, of the side that is seen better; they do not change when a picture is moved, scaled
or turned, so whatever changes is the estimator.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nextposture.cli import main
from nextposture.knowledge.coaching import Quantity
from nextposture.motion.angles import READ
from nextposture.motion.landmarks import POINTS
from nextposture.pose.blazepose import BlazePose
from nextposture.pose.estimator import Body, Picture
from nextposture.pose.parts import MODELS, Model
from nextposture.pose.video import pictures
from tests.filmed_people import ONE_LEG, WALK, WALK_S
from tests.validation.camera.views import Compared

ANGLES: dict[str, Quantity] = {"hip": "hip", "knee": "knee", "shoulder-hip-ankle": "line"}
"""The product's own readings, by the page's name."""

SHIFT, SCALE, TURN_DEG = 0.03, 0.05, 4.0
"""How far the region that the estimator looks at is moved (share of its side), scaled and turned."""

SQUARE_DEG = 25.0
"""A view counts as square to a joint's plane up to here, as in `test_filmed_views`."""

Floats = NDArray[np.float64]
Angles = dict[str, Floats]


@dataclass(frozen=True)
class Clip:
    """Some seconds of a film, every `every`-th picture."""

    name: str
    path: Path
    start_s: float = 0.0
    end_s: float | None = None
    every: int = 1

    def pictures(self) -> list[Picture]:
        shown = pictures(self.path, self.start_s, self.end_s)
        return [one.picture for one in islice(shown, 0, None, self.every)]


CLIPS = (
    Clip("walk, from the side", WALK, *WALK_S, every=2),
    *(
        Clip(f"on one leg, camera {number}", path, every=4)
        for number, path in enumerate(sorted((ONE_LEG / "videos").glob("*.mp4")), 1)
    ),
)


def _side(bodies: Iterable[Body]) -> str:
    """The side that is seen better over the whole clip."""
    seen = np.mean([body.visibility for body in bodies], axis=0)
    sides = ("left", "right")
    return max(
        sides, key=lambda side: sum(seen[POINTS.index(f"{side}_{j}")] for j in ("hip", "knee", "ankle"))
    )


def _angles(bodies: Sequence[Body], side: str) -> Angles:
    """As `motion.angles` reads them; forwards is where the foot points over the whole clip."""
    toe, heel = POINTS.index(f"{side}_foot_index"), POINTS.index(f"{side}_heel")
    forwards = np.sign(np.mean([body.points[toe, 0] - body.points[heel, 0] for body in bodies]))
    found = []
    for body in bodies:
        points = {
            f"near_{joint}": tuple(body.points[POINTS.index(f"{side}_{joint}")] * (forwards, -1))
            for joint in ("shoulder", "hip", "knee", "ankle")
        }
        found.append([READ[quantity](points, "near") for quantity in ANGLES.values()])
    return dict(zip(ANGLES, np.array(found).T, strict=True))


def _look(shown: Sequence[Picture], model: Model) -> list[Body]:
    estimator = BlazePose(model)
    seen = [estimator.look(picture) for picture in shown]
    assert all(body is not None for body in seen), "someone is in every picture of these clips"
    return [body for body in seen if body is not None]


def moved_region(clip: Clip, model: Model) -> dict[str, float]:
    """SD of each angle over eight looks at one picture, its region moved, scaled and turned; pooled.

    The eight are both ways of each change, the turn's way following from the others (a half fraction).
    """
    estimator = BlazePose(model)
    plain, again = [], []
    for picture in clip.pictures():
        body, region = estimator.look(picture), estimator._square
        assert body is not None and region is not None
        plain.append(body)
        for across, along, wider in product((-1, 1), repeat=3):
            estimator._square = replace(
                region,
                x=region.x + across * SHIFT * region.side,
                y=region.y + along * SHIFT * region.side,
                side=region.side * (1 + wider * SCALE),
                turn=region.turn + np.radians(across * along * wider * TURN_DEG),
            )
            look = estimator.look(picture)
            assert look is not None
            again.append(look)
        estimator._square = region
    read = _angles(again, _side(plain))
    return {
        name: float(np.sqrt(values.reshape(-1, 8).var(axis=1, ddof=1).mean()))
        for name, values in read.items()
    }


@dataclass(frozen=True)
class Difference:
    """Of two readings of the same pictures, degrees: mean, SD, and median and 95th percentile of its size."""

    mean: float
    sd: float
    median: float
    most: float

    @classmethod
    def of(cls, values: Floats) -> Difference:
        size = np.abs(values)
        return cls(
            float(values.mean()),
            float(values.std(ddof=1)),
            float(np.median(size)),
            float(np.percentile(size, 95)),
        )


def between_models(clips: Sequence[Clip] = CLIPS) -> dict[str, Difference]:
    """Lite less full on the same pictures and the same side, by angle."""
    apart: dict[str, list[Floats]] = {name: [] for name in ANGLES}
    for clip in clips:
        shown = clip.pictures()
        seen = {model: _look(shown, model) for model in MODELS}
        side = _side(seen["full"])
        full, lite = _angles(seen["full"], side), _angles(seen["lite"], side)
        for name in ANGLES:
            apart[name].append(lite[name] - full[name])
    return {name: Difference.of(np.concatenate(values)) for name, values in apart.items()}


def _image(change: Callable[[Image.Image], Image.Image]) -> Callable[[Picture], Picture]:
    def changed(picture: Picture) -> Picture:
        return np.asarray(change(Image.fromarray(picture[:, :, :3])).convert("RGBA"))

    return changed


def _jpeg(image: Image.Image) -> Image.Image:
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=30)
    return Image.open(kept)


CHANGES: dict[str, Callable[[Picture], Picture]] = {
    "moved by 7 pixels each way": _image(
        lambda one: one.transform(one.size, Image.Transform.AFFINE, (1, 0, 7, 0, 1, 7))
    ),
    "three quarters of the size": _image(lambda one: one.resize((one.width * 3 // 4, one.height * 3 // 4))),
    "30 % darker": _image(lambda one: one.point(lambda value: value * 0.7)),
    "30 % brighter": _image(lambda one: one.point(lambda value: value * 1.3)),
    "coded anew (JPEG, quality 30)": _image(_jpeg),
}


def changed_pictures() -> dict[str, tuple[int, dict[str, Difference]]]:
    """Changed pictures of the walk less the same as they are, full model, by change: how many in which
    nobody was found any more, and the angles of the others."""
    shown = CLIPS[0].pictures()
    seen = _look(shown, "full")
    side = _side(seen)
    before = _angles(seen, side)
    found = {}
    for name, change in CHANGES.items():
        estimator = BlazePose()
        looks = [estimator.look(change(picture)) for picture in shown]
        kept = [place for place, body in enumerate(looks) if body is not None]
        after = _angles([body for body in looks if body is not None], side)
        found[name] = (
            len(shown) - len(kept),
            {angle: Difference.of(after[angle] - before[angle][kept]) for angle in ANGLES},
        )
    return found


def stride_to_stride() -> tuple[int, dict[str, float]]:
    """Strides of the walk as `nextposture measure` finds them, and the SD of hip and knee between them."""
    out = io.StringIO()
    assert not main(
        ["measure", str(WALK), "--test", "walk", "--json", "--from", str(WALK_S[0]), "--to", str(WALK_S[1])],
        out,
    )
    detail = json.loads(out.getvalue())["detail"]
    count = len(detail["strides"])
    # `spread` divides by the number of strides, an estimate of the SD by one less.
    return count, {
        joint: float(np.sqrt(np.square(detail["spread"][joint]).mean() * count / (count - 1)))
        for joint in ("hip", "knee")
    }


def against_space(compared: Sequence[Compared], least: float, most: float) -> tuple[int, Difference]:
    """How many, and flat less spatial angle (hip, knee), `least` to `most` degrees from square to it."""
    apart = [one.flat - one.spatial for one in compared if least <= one.askew < most]
    return len(apart), Difference.of(np.array(apart))


def between_views(compared: Sequence[Compared]) -> tuple[int, Difference]:
    """How many pairs, and one view less another of the same joint at the same moment, however they stand."""
    joints: dict[tuple[int, str, str], list[float]] = {}
    for one in compared:
        joints.setdefault((*one.moment, one.joint), []).append(one.flat)
    apart = [a - b for flat in joints.values() for a, b in combinations(flat, 2)]
    return len(apart), Difference.of(np.array(apart))
