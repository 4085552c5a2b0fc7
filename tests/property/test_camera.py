"""Whatever camera and frame rate: the right way passes, errors are named, time and counts are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from nextposture.knowledge.coaching import camera_table
from nextposture.motion.coaching import SetDose
from nextposture.motion.landmarks import Frame
from nextposture.motion.level import level_from_gravity
from nextposture.motion.measuring import start_measurement
from tests.coached_films import HOLDS, REPS, Case, coach, film, reps, truly_held
from tests.synthetic_person import Camera, Film, Script, thomas

SIDES = st.sampled_from(["left", "right"])
SEEDS = st.integers(0, 10_000)
BRIDGE_S = camera_table().sight.bridge_s


@st.composite
def cameras(draw: st.DrawFn, fps_least: float = 5.0) -> Camera:
    """Cameras as people put them up: not square, not level, too high or low, with a cheap lens."""
    return Camera(
        height=draw(st.floats(0.4, 1.2)),
        yaw=draw(st.floats(-12, 12)),
        roll=draw(st.floats(-8, 8)),
        lens=draw(st.floats(-0.08, 0.08)),
        width=draw(st.sampled_from([1280, 960])),
        fps=draw(st.floats(fps_least, 60.0)),
        fps_jitter=draw(st.floats(0, 0.3)),
        dropped=draw(st.floats(0, 0.1)),
        jitter=draw(st.floats(0, 0.005)),
        drift=draw(st.floats(0, 0.007)),
        bias=draw(st.floats(0, 0.006)),
        far_visible=draw(st.floats(0.42, 0.95)),
    )


def few(examples: int) -> settings:
    """Films are long, so there are few of them, always the same, and none is looked for that is smaller."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
    )


def in_gaps(frames: Sequence[Frame]) -> float:
    """Seconds in gaps so long that they may not count."""
    gaps = [b.at_s - a.at_s for a, b in pairwise(frames)]
    return sum(gap for gap in gaps if gap > BRIDGE_S)


@given(st.sampled_from(HOLDS), cameras(), SIDES, SEEDS, st.floats(-0.5, 0.5))
@few(20)
def test_a_hold_is_timed_within_three_tenths_of_a_second(
    case: Case, camera: Camera, side: str, seed: int, off: float
) -> None:
    script = Script(case.before).then(case.right, 0.4, 6).then(case.before, 0.4, 1.0)
    frames = list(film(case, script, side, camera, seed).frames())
    session = coach(case, frames, SetDose(hold_s=60), side, level_from_gravity(camera.roll + off))
    (done,) = session.coach.summary()
    true = truly_held(case, script, side, script.seconds)
    assert true - 0.3 - in_gaps(frames) <= done.held_s <= true + 0.3


@given(st.sampled_from(REPS), cameras(fps_least=8.0), SIDES, SEEDS, st.integers(1, 4))
@few(12)
def test_repetitions_are_exact_and_the_right_way_gets_no_cue(
    case: Case, camera: Camera, side: str, seed: int, count: int
) -> None:
    script = reps(case, *[case.right] * count)
    session = coach(
        case, film(case, script, side, camera, seed), SetDose(reps=9), side, level_from_gravity(camera.roll)
    )
    assert session.last.reps == count
    assert session.cues == []


@pytest.mark.parametrize("case", [*HOLDS, *REPS], ids=lambda case: case.exercise)
@given(st.data())
@few(2)
def test_an_error_gets_its_cue(case: Case, data: st.DataObject) -> None:
    camera, side, seed = data.draw(cameras(fps_least=8.0)), data.draw(SIDES), data.draw(SEEDS)
    key = data.draw(st.sampled_from(sorted(case.wrong)))
    wrong = case.wrong[key]
    script = Script(case.before).then(case.right, 1, 3.5).then(wrong, 1, 4.5)
    dose = SetDose(hold_s=60)
    if case in REPS:
        script, dose = reps(case, wrong, wrong), SetDose(reps=9)
    session = coach(case, film(case, script, side, camera, seed), dose, side, level_from_gravity(camera.roll))
    assert session.cues[:1] == [key]


@given(cameras(), SIDES, SEEDS, st.floats(-20, 20), st.floats(50, 100))
@few(15)
def test_the_hanging_thigh_is_read_within_the_band_that_the_study_states(
    camera: Camera, side: str, seed: int, extension: float, knee: float
) -> None:
    script = Script(thomas(extension, knee), settle_s=3.5)
    one = start_measurement("thomas", side, level_from_gravity(camera.roll))  # type: ignore[arg-type]
    for frame in Film(script, replace(camera, height=0.9), side, side, seed, hips_m=0.85).frames():
        if one.step(frame).ask:
            break
    one.answer("pelvis_flat", True)
    value = one.finish().value
    assert value is not None
    assert abs(value - extension) < 4.0
