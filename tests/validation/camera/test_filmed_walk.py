"""`nextposture measure` on a real walk: hip and knee as gait laboratories report them; JSON; a video.

Perry and Burnfield (Gait Analysis, 2nd ed.): at a comfortable speed the knee bends to about 60 degrees in
swing and straightens to within about 10 in stance; the hip's range is about 40; a stride takes about 1.1 s.
The limits below allow for one woman, two strides, and the 8 to 10 degrees that a reading can be off.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from nextposture.cli import main
from nextposture.motion.landmarks import POINTS
from nextposture.pose.blazepose import BlazePose
from nextposture.pose.video import pictures
from tests.filmed_people import WALK, WALK_S
from tests.synthetic_person import gait


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the command says of the walk; `overlay` is where it drew it."""
    out, overlay = io.StringIO(), tmp_path_factory.mktemp("walk") / "seen.mp4"
    times = ["--from", str(WALK_S[0]), "--to", str(WALK_S[1])]
    code = main(["measure", str(WALK), "--test", "walk", "--json", *times, "--overlay", str(overlay)], out)
    assert code == 0
    return {**json.loads(out.getvalue()), "overlay": overlay}


def test_her_left_side_is_seen_in_every_picture(told: dict[str, Any]) -> None:
    assert told["with_person"] == told["pictures"] >= 98
    assert told["detail"]["side"] == "left"
    assert told["quality"] == "good"
    assert told["model"].startswith("BlazePose full")
    assert told["runtime"].startswith("LiteRT")


def test_knee_hip_and_stride_are_those_of_a_comfortable_walk(told: dict[str, Any]) -> None:
    detail = told["detail"]
    assert 50 < detail["knee_most"] < 72
    assert 0 < detail["knee_least"] < 18
    assert 32 < detail["hip_most"] - detail["hip_least"] < 52
    assert 0.9 < detail["stride_s"] < 1.4


def test_a_stride_begins_as_the_heel_comes_to_rest(told: dict[str, Any]) -> None:
    heel, look = POINTS.index("left_heel"), BlazePose()
    seen = [(one.t_s, look.look(one.picture)) for one in pictures(WALK, 2.4, 4.2)]
    places = np.array([(at_s, body.points[heel, 0]) for at_s, body in seen if body is not None])
    at_s = places[1:-1, 0]
    # She walks to the left. Smoothed over three pictures, as a landmark jumps a little.
    speed = np.convolve(-np.gradient(places[:, 1], places[:, 0]), np.ones(3) / 3, "valid")
    for start, _ in told["detail"]["strides"]:
        around = (at_s > start - 0.25) & (at_s < start + 0.25)
        swing = int((speed * around).argmax())
        rests = at_s[swing + int((speed[swing:] < 0.2 * speed[swing]).argmax())]
        assert 0.0 <= rests - start <= 0.08


@pytest.mark.parametrize("joint", ["hip", "knee"])
def test_the_curve_over_the_stride_has_the_shape_of_a_healthy_one(told: dict[str, Any], joint: str) -> None:
    seen = np.array(told["detail"]["mean"][joint])[:-1]
    shares = np.linspace(0, 1, len(seen), endpoint=False)
    healthy = np.array([gait(share)[("hip", "knee").index(joint)] for share in shares])
    # She stands on a leg for longer than the drawn curve does, and leaves the ground later: lined up first.
    earlier = range(round(0.2 * len(seen)))
    assert max(np.corrcoef(np.roll(seen, -shift), healthy)[0, 1] for shift in earlier) > 0.9


def test_the_video_of_what_was_seen_shows_the_skeleton(told: dict[str, Any]) -> None:
    overlay: Path = told["overlay"]
    with av.open(str(overlay)) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == told["pictures"]
    shown = frames[50].to_ndarray(format="rgb24").astype(int)
    assert (abs(shown - [168, 230, 222]).max(axis=2) < 40).sum() > 300
