"""Each measurement of a simulated person: the value, its band, what is refused and why."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from tests import synthetic_person as body
from tests.coached_films import true_angles
from tests.synthetic_person import Camera, Film, Script, gait, thomas, walking

from nextposture.knowledge import load
from nextposture.motion.landmarks import Frame
from nextposture.motion.level import NOT_LEVELLED, Level, level_from_gravity, level_from_line
from nextposture.motion.measuring import Measurement, Result, Show, compare, norms_for, start_measurement

SIDES = ("left", "right")
LEVEL = level_from_gravity(0.0)
HIPS = 0.85  # height of the hips of a person who lies on a table, metres


def run(
    one: Measurement, film: Film, flat: bool | None = True, until_s: float | None = None
) -> tuple[Result, list[Show]]:
    """Feed a film, answering as it is asked."""
    shows = []
    for frame in film.frames(until_s):
        shows.append(one.step(frame))
        if shows[-1].ask is not None:
            one.answer(shows[-1].ask, flat)
        if one.done:
            break
    return one.finish(), shows


def events(shows: list[Show]) -> list[str]:
    return [str(event["id"]) for show in shows for event in show.events]


def three_trials(extension: float, knee: float) -> Script:
    hanging, lifted = thomas(extension, knee), thomas(extension - 30, knee)
    script = Script(hanging, settle_s=4)
    for _ in range(2):
        script = script.then(lifted, 1, 0.5).then(hanging, 1.5, 4)
    return script


# ---- modified Thomas test
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("extension", "knee"), [(-15, 60), (0, 80), (12, 85)])
def test_thigh_and_knee_of_each_side_within_two_degrees(side: str, extension: float, knee: float) -> None:
    film = Film(three_trials(extension, knee), Camera(height=0.9), side, side, seed=3, hips_m=HIPS)
    result, shows = run(start_measurement("thomas", side, LEVEL), film)  # type: ignore[arg-type]
    assert result.value == pytest.approx(extension, abs=2.0)
    assert result.detail["knee_mean"] == pytest.approx(knee, abs=2.5)
    assert (result.measure, result.side, result.unit) == ("hip_extension", side, "degrees")
    assert result.error == load().measures["hip_extension"].error.helper  # type: ignore[union-attr]
    assert result.quality == "good"
    assert result.pelvis_held is True
    assert len(result.trials) == 3
    assert events(shows).count("trial_done") == 3


@pytest.mark.parametrize("answer", [False, None])
def test_without_the_pelvis_held_the_result_is_unknown(answer: bool | None) -> None:
    film = Film(three_trials(10, 80), Camera(height=0.9), "left", "left", hips_m=HIPS)
    result, shows = run(start_measurement("thomas", "left", LEVEL), film, flat=answer)
    assert result.value is None and result.error is None
    assert [refusal.id for refusal in result.refusals] == ["pelvis_not_held"]
    assert result.pelvis_held is answer
    assert any(show.say and show.say.id == "tuck" for show in shows)


def test_a_recording_needs_to_be_told_about_the_pelvis() -> None:
    film = Film(three_trials(10, 80), Camera(height=0.9), "left", "left", hips_m=HIPS)
    untold, _ = run(start_measurement("thomas", "left", LEVEL, live=False), film)
    told, _ = run(start_measurement("thomas", "left", LEVEL, live=False, pelvis_flat=True), film)
    assert untold.value is None and untold.pelvis_held is None
    assert told.value == pytest.approx(10, abs=2)


def test_one_trial_gives_a_poor_reading_and_says_so() -> None:
    film = Film(Script(thomas(5, 80), settle_s=4), Camera(height=0.9), "left", "left", hips_m=HIPS)
    result, _ = run(start_measurement("thomas", "left", LEVEL), film)
    assert result.quality == "poor"
    assert "few_trials" in [note.id for note in result.notes]


def test_a_leg_that_swings_is_no_trial() -> None:
    def swing(t: float, stance: body.Stance) -> body.Stance:
        way = 10 * math.sin(2 * math.pi * t / 1.5)
        return replace(stance, work=replace(stance.work, thigh=stance.work.thigh + way))

    film = Film(
        Script(thomas(5, 80), settle_s=8), Camera(height=0.9), "left", "left", hips_m=HIPS, extra=swing
    )
    result, _ = run(start_measurement("thomas", "left", LEVEL), film)
    assert [refusal.id for refusal in result.refusals] == ["not_still"]


def test_the_other_leg_must_be_drawn_up_and_the_person_lie() -> None:
    flat = replace(thomas(5, 80), rest=body.Leg(-5, -85, 0))
    for stance in (flat, body.STANDING, body.SITTING):
        film = Film(Script(stance, settle_s=6), Camera(height=0.9, distance=4), "left", "left")
        result, _ = run(start_measurement("thomas", "left", LEVEL), film)
        assert [refusal.id for refusal in result.refusals] == ["not_still"]


def test_the_far_side_is_refused() -> None:
    film = Film(three_trials(10, 80), Camera(height=0.9), "left", "right", hips_m=HIPS)
    result, shows = run(start_measurement("thomas", "left", LEVEL), film)
    assert [refusal.id for refusal in result.refusals] == ["other_side"]
    assert shows[-1].sight_text == "Turn round, so that your left side is next to the camera."


@pytest.mark.parametrize("roll", [-6.0, 6.0])
def test_roll_goes_into_the_reading_one_to_one_unless_level_is_marked(roll: float) -> None:
    camera = Camera(height=0.9, roll=roll, jitter=0, drift=0)

    def reading(level: Level) -> Result:
        film = Film(three_trials(5, 80), camera, "right", "right", hips_m=HIPS)
        return run(start_measurement("thomas", "right", level), film)[0]

    straight = reading(level_from_gravity(roll)).value
    assert straight == pytest.approx(5, abs=1)
    plain = reading(NOT_LEVELLED)
    assert plain.value == pytest.approx(straight + roll, abs=0.5)
    assert plain.error == pytest.approx(11.2, abs=0.1)
    assert "not_levelled" in [note.id for note in plain.notes]
    # the table's edge, drawn in the same picture, gives the same
    slope = math.tan(math.radians(roll))
    line = level_from_line((0.2, 0.6), (0.8, 0.6 + 0.6 * slope * 1280 / 720), 1280, 720)
    assert reading(line).value == pytest.approx(straight, abs=0.2)


def test_asking_only_when_there_is_something_to_ask() -> None:
    one = start_measurement("thomas", "left", LEVEL)
    with pytest.raises(ValueError, match="not asked"):
        one.answer("pelvis_flat", True)
    with pytest.raises(ValueError, match="does not ask"):
        start_measurement("plank").answer("pelvis_flat", True)


# ---- holds
@pytest.mark.parametrize("near", SIDES)
def test_a_plank_is_timed_until_its_second_break(near: str) -> None:
    script = (
        Script(body.PLANK_DOWN)
        .then(body.PLANK, 0.5, 10)
        .then(body.PLANK_SAG, 0.5, 2)
        .then(body.PLANK, 0.5, 6)
        .then(body.PLANK_SAG, 0.5, 3)
    )
    result, shows = run(start_measurement("plank"), Film(script, Camera(), near=near))
    true = sum(true_angles(script.at(n / 100), "right")["line"] <= 196 for n in range(200, 2450)) / 100
    assert result.value == pytest.approx(true, abs=0.5)
    assert events(shows).count("break") == 2
    assert [show.say.id for show in shows if show.say and show.say.kind == "cue"] == ["back_in_line"]
    assert result.detail["ended_by"] == "breaks"


def test_coming_down_ends_the_plank() -> None:
    script = Script(body.PLANK_DOWN).then(body.PLANK, 0.5, 8).then(body.PLANK_DOWN, 0.5, 8)
    result, _ = run(start_measurement("plank"), Film(script, Camera()))
    assert result.value == pytest.approx(8.3, abs=0.3)
    assert result.detail["ended_by"] == "down"


def test_a_plank_stops_at_180_seconds() -> None:
    script = Script(body.PLANK_DOWN).then(body.PLANK, 0.5, 190)
    result, shows = run(start_measurement("plank"), Film(script, Camera(fps=6)))
    assert result.value == 180.0
    assert shows[-1].seen.at_s == pytest.approx(182.3, abs=0.5)


@pytest.mark.parametrize("side", SIDES)
def test_a_single_leg_bridge_ends_when_the_hips_drop_ten_degrees(side: str) -> None:
    sinking = body.blend(body.ONE_LEG_BRIDGE, body.ONE_LEG_LOW, 0.25)  # about 6 degrees: still counts
    script = (
        Script(body.ONE_LEG_DOWN)
        .then(body.ONE_LEG_BRIDGE, 0.6, 8)
        .then(sinking, 0.5, 4)
        .then(body.ONE_LEG_LOW, 0.5, 4)
    )
    one = start_measurement("single_leg_bridge", side, LEVEL)  # type: ignore[arg-type]
    result, _ = run(one, Film(script, Camera(), side, side))
    assert result.value == pytest.approx(13.1, abs=0.5)
    assert result.side == side


def test_two_feet_down_are_no_single_leg_bridge() -> None:
    script = Script(body.ON_BACK).then(body.BRIDGE, 0.6, 6)
    result, _ = run(start_measurement("single_leg_bridge", "right"), Film(script, Camera()))
    assert [refusal.id for refusal in result.refusals] == ["no_position"]


def test_stopping_keeps_what_was_held() -> None:
    one = start_measurement("plank")
    for frame in Film(Script(body.PLANK_DOWN).then(body.PLANK, 0.5, 7), Camera()).frames():
        one.step(frame)
    one.stop()
    result = one.finish()
    assert result.value == pytest.approx(7.3, abs=0.3)
    assert result.detail["ended_by"] == "stopped"


def test_a_recording_that_ends_in_the_hold_says_at_least() -> None:
    script = Script(body.PLANK_DOWN).then(body.PLANK, 0.5, 7)
    result, _ = run(start_measurement("plank", live=False), Film(script, Camera()))
    assert "cut" in [note.id for note in result.notes]
    assert result.quality == "fair"


# ---- sit to stand
def chair(stands: int, pace: float, settle_s: float = 6.0) -> Script:
    script = Script(body.SITTING, settle_s=settle_s)
    for _ in range(stands):
        script = script.then(body.STANDING, pace / 2 - 0.2, 0.2).then(body.SITTING, pace / 2 - 0.2, 0.2)
    return script.then(body.SITTING, 0.1, 40)


@pytest.mark.parametrize("near", SIDES)
@pytest.mark.parametrize(("stands", "pace"), [(8, 3.2), (13, 2.0)])
def test_stands_are_counted_exactly(near: str, stands: int, pace: float) -> None:
    film = Film(chair(stands, pace), Camera(distance=4, height=1.0), near=near)
    result, shows = run(start_measurement("sit_to_stand"), film)
    assert result.value == stands
    assert result.unit == "times"
    assert events(shows)[0] == "go"
    assert any(show.phase == "count_down" for show in shows)


def test_a_stand_past_half_way_when_time_is_over_counts() -> None:
    # the clock starts 4.5 s after sitting is seen; 12 stands, then one that is half way up at 30 s
    script = chair(12, 2.0, settle_s=5.0)
    script = (
        replace(script, steps=script.steps[:-1]).then(body.SITTING, 0.1, 4.75).then(body.STANDING, 1.2, 3)
    )
    result, _ = run(start_measurement("sit_to_stand"), Film(script, Camera(distance=4, height=1.0)))
    assert result.value == 13


def test_a_recording_starts_with_the_first_rise() -> None:
    film = Film(chair(20, 2.4, settle_s=2.0), Camera(distance=4, height=1.0))
    result, _ = run(start_measurement("sit_to_stand", live=False), film)
    assert result.value == 13  # 30 s at 2.4 s each, from the moment the knees leave the chair


def test_half_stands_do_not_count_and_arms_are_noted() -> None:
    half = body.blend(body.SITTING, body.STANDING, 0.5)
    script = Script(body.SITTING, settle_s=6)
    for _ in range(9):
        script = script.then(half, 1, 0.2).then(body.SITTING, 1, 0.2)
    result, _ = run(
        start_measurement("sit_to_stand"),
        Film(script.then(body.SITTING, 1, 20), Camera(distance=4, height=1)),
    )
    assert result.value == 0
    pushing = replace(body.SITTING, work_arm=body.Arm(-50, -20), rest_arm=body.Arm(-50, -20))
    film = Film(Script(pushing, settle_s=40), Camera(distance=4, height=1))
    result, _ = run(start_measurement("sit_to_stand"), film)
    assert "arms" in [note.id for note in result.notes]


def test_less_than_thirty_seconds_are_refused() -> None:
    film = Film(chair(5, 2.4), Camera(distance=4, height=1.0))
    result, _ = run(start_measurement("sit_to_stand"), film, until_s=20)
    assert [refusal.id for refusal in result.refusals] == ["too_short"]


# ---- walking
@pytest.mark.parametrize("near", SIDES)
def test_gait_curves_follow_the_true_ones(near: str) -> None:
    script = Script(body.STANDING, settle_s=4.8)
    camera = Camera(distance=6, height=1.0, fps=30)
    film = Film(script, camera, near, near, extra=lambda t, _: walking(t, -2.9))
    result, _ = run(start_measurement("walk", live=False), film)
    assert result.value is None and result.refusals == ()
    assert result.measure is None
    assert result.detail["side"] == near
    assert result.detail["stride_s"] == pytest.approx(body.STRIDE_S, abs=0.04)
    assert len(result.detail["strides"]) >= 2
    for place, name in enumerate(("hip", "knee")):
        mean = result.detail["mean"][name]
        # strikes are found where the foot is farthest ahead, so the curves are lined up first
        true = [gait(step / 100)[place] for step in range(100)]
        best = min(
            (sum((mean[step] - true[(step + shift) % 100]) ** 2 for step in range(100)) / 100) ** 0.5
            for shift in range(-10, 11)
        )
        assert best < 4.0, name
    assert len(result.series["at_s"]) == len(result.series["hip"]) == len(result.series["knee"])


def test_too_few_strides_are_refused() -> None:
    film = Film(Script(body.STANDING, settle_s=1.2), Camera(distance=6), extra=lambda t, _: walking(t, -0.7))
    result, _ = run(start_measurement("walk", live=False), film)
    assert [refusal.id for refusal in result.refusals] == ["few_strides"]


# ---- what no picture, or the wrong one, gives
@pytest.mark.parametrize("test", ["thomas", "plank", "single_leg_bridge", "sit_to_stand", "walk"])
def test_nothing_seen_is_refused_with_the_reason(test: str) -> None:
    side = "left" if test in ("thomas", "single_leg_bridge") else None
    one = start_measurement(test, side)
    assert one.finish().refusals[0].id == "nothing"
    for n in range(20):
        one.step(Frame(n / 10, 640, 480))
    result = one.finish()
    assert [refusal.id for refusal in result.refusals] == ["no_person"]
    assert result.value is None and result.quality == "none"


def test_a_slow_or_broken_view_lowers_the_quality() -> None:
    script = Script(body.PLANK_DOWN).then(body.PLANK, 0.5, 12).then(body.PLANK_DOWN, 0.5, 6)
    slow, _ = run(start_measurement("plank"), Film(script, Camera(fps=5)))
    assert slow.quality == "fair" and "slow" in [note.id for note in slow.notes]
    hidden = Camera(hidden=("hip",), hidden_between=(14.0, 18.5))
    broken, _ = run(start_measurement("plank"), Film(script, hidden))
    assert broken.quality in ("fair", "poor") and "seen" in [note.id for note in broken.notes]


@pytest.mark.parametrize(
    ("test", "side"), [("thomas", None), ("single_leg_bridge", None), ("cartwheel", None)]
)
def test_a_measurement_that_cannot_begin(test: str, side: None) -> None:
    with pytest.raises(ValueError):
        start_measurement(test, side)


def test_what_is_shown_is_plain_json() -> None:
    film = Film(three_trials(5, 80), Camera(height=0.9), "left", "left", hips_m=HIPS)
    result, shows = run(start_measurement("thomas", "left", LEVEL), film)
    for show in shows:
        json.dumps(show.as_plain(), allow_nan=False)
    assert json.loads(json.dumps(result.as_plain(), allow_nan=False))["side"] == "left"
    walked, _ = run(
        start_measurement("walk", live=False),
        Film(Script(body.STANDING, settle_s=3), Camera(distance=6), extra=lambda t, _: walking(t, -1.8)),
    )
    json.dumps(walked.as_plain(), allow_nan=False)


# ---- compared with last time and with others
def test_a_difference_counts_only_beyond_the_band() -> None:
    assert compare("hip_extension", 4, 10, -5, 10).verdict == "no_change"
    assert compare("hip_extension", 6, 10, -5, 10).verdict == "higher"
    assert compare("hip_extension", -6, 10, 5, 10).verdict == "lower"
    assert compare("hip_extension", 6, 10, -5, 11.2).verdict == "no_change"
    assert compare("sit_to_stand", 14, 1, 12, 1).verdict == "no_change"
    assert compare("sit_to_stand", 15, 1, 12, 1).verdict == "higher"


def test_where_day_to_day_scatter_is_not_known_nothing_is_claimed() -> None:
    assert compare("plank", 60, 0.5, 30, 0.5).verdict == "unknown"
    assert compare("hip_extension", None, None, -5, 10).verdict == "unknown"
    assert compare("hip_extension", 4, 10, None, None).verdict == "unknown"


def test_norms_only_for_the_age_and_sex_they_were_measured_in() -> None:
    assert [norm.group for norm in norms_for("plank", 21, "female")] == ["Women of 18 to 25"]
    assert norms_for("plank", 40, "female") == ()
    assert norms_for("plank", 21, None) == ()
    assert norms_for("plank", None, "female") == ()
    assert norms_for("hip_extension", 30, "male") == ()  # sampled in no stated ages
    assert len(norms_for("sit_to_stand", 62, "male")) == 1
    assert [norm.source for norm in norms_for("single_leg_bridge", 20, "male")] == ["SLB2025"]
