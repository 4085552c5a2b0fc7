"""`nextposture measure` on films of a drawn person, each test from the file to the result.

What is true of each film is known from its script; the networks and all after them are the command's own.
"""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from tests import synthetic_person as body
from tests.drawn_films import film_file
from tests.synthetic_person import Arm, Camera, Film, Script, thomas

from nextposture.cli import main

CAMERA = Camera(width=320, height_px=240, fps=6, jitter=0, drift=0)
THIGH_BELOW_LEVEL, KNEE_BEND, HELD_S, STANDS = 6, 78, 3, 12


def measured(folder: Path, film: Film, *arguments: str) -> str:
    """What the command writes of a film that it can measure."""
    out = io.StringIO()
    video = film_file(folder / "me.mp4", film)
    assert main(["measure", str(video), "--model", "lite", "--quiet", *arguments], out) == 0
    return out.getvalue()


def hanging_leg() -> Film:
    """Three goes of the modified Thomas test on the left, the leg lifted in between."""
    hands = {"work_arm": Arm(22, 85), "rest_arm": Arm(22, 85)}
    hanging, lifted = (replace(thomas(angle, KNEE_BEND), **hands) for angle in (THIGH_BELOW_LEVEL, -24))
    script = Script(hanging, settle_s=2.5)
    for _ in range(2):
        script = script.then(lifted, 0.7, 0.3).then(hanging, 0.8, 2.5)
    return Film(script, replace(CAMERA, height=0.9), "left", "left", hips_m=0.85)


def test_thomas_as_json_and_as_a_film_of_what_was_seen(tmp_path: Path) -> None:
    seen = tmp_path / "seen.mp4"
    asked = ["--test", "thomas", "--side", "left", "--back-flat", "yes", "--json", "--overlay", str(seen)]
    told: dict[str, Any] = json.loads(measured(tmp_path, hanging_leg(), *asked))
    assert (told["measure"], told["side"], told["unit"]) == ("hip_extension", "left", "degrees")
    assert len(told["trials"]) == 3
    assert abs(told["value"] - THIGH_BELOW_LEVEL) < 5 < told["error"]
    assert abs(told["detail"]["knee_mean"] - KNEE_BEND) < 8
    assert told["model"].startswith("BlazePose lite")
    assert told["runtime"].startswith("LiteRT")
    assert len(told["series"]["thigh_below_level"]) == told["pictures"] == told["with_person"]
    with av.open(str(seen)) as film:
        assert sum(1 for _ in film.decode(video=0)) == told["pictures"]


def test_thomas_without_a_flat_back_is_measured_and_unknown(tmp_path: Path) -> None:
    told = measured(tmp_path, hanging_leg(), "--test", "thomas", "--side", "left", "--to", "2.6")
    assert told.startswith("thomas, left side: unknown\n")
    assert "Without the lower back flat the angle says nothing" in told


@pytest.mark.parametrize(
    ("test", "script", "side"),
    [
        (
            "plank",
            Script(body.PLANK_DOWN, settle_s=1).then(body.PLANK, 0.5, HELD_S).then(body.PLANK_DOWN, 0.5, 4.5),
            [],
        ),
        (
            "bridge",
            Script(body.ONE_LEG_DOWN, settle_s=1)
            .then(body.ONE_LEG_BRIDGE, 0.5, HELD_S)
            .then(body.ONE_LEG_DOWN, 0.5, 1.5),
            ["--side", "right"],
        ),
    ],
)
def test_a_hold_is_timed(tmp_path: Path, test: str, script: Script, side: list[str]) -> None:
    told = measured(tmp_path, Film(script, CAMERA), "--test", test, *side)
    first, *lines = told.splitlines()
    assert first.startswith(f"{test}, right side: " if side else f"{test}: ")
    assert first.endswith(" seconds give or take 0.5")
    # The ways in and out take half a second each, and some of each is within the position.
    assert HELD_S - 0.5 <= float(first.split()[-6]) <= HELD_S + 1
    assert any(line.startswith("quality: ") for line in lines)
    assert any("BlazePose lite" in line and "LiteRT" in line for line in lines)


def test_sit_to_stand_is_counted_for_thirty_seconds(tmp_path: Path) -> None:
    arms = {"work_arm": Arm(-70, 60), "rest_arm": Arm(-70, 60)}
    sitting, standing = replace(body.SITTING, **arms), replace(body.STANDING, **arms)
    script = Script(sitting, settle_s=1)
    for _ in range(STANDS + 1):
        script = script.then(standing, 0.9, 0.4).then(sitting, 0.9, 0.3)
    film = Film(script, replace(CAMERA, fps=4, distance=3.6))
    assert measured(tmp_path, film, "--test", "sit-to-stand").startswith(
        f"sit-to-stand: {STANDS}.0 times give or take 1\n"
    )
