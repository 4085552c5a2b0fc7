"""The coach and a simulated person: what is right passes, errors are named, holds and counts are exact."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from tests import synthetic_person as body
from tests.coached_films import CASES, HOLDS, REPS, Case, coach, film, reps, truly_held
from tests.synthetic_person import Camera, Film, Script, Stance, swapped

from nextposture.knowledge import coaching as tables
from nextposture.knowledge.coaching import camera_table, coaching_table
from nextposture.knowledge.reading import read_text, table_text
from nextposture.motion import exercises
from nextposture.motion.coaching import Coach, SetDose, coached
from nextposture.motion.landmarks import POINTS
from nextposture.motion.level import NOT_LEVELLED, level_from_gravity

SIDES = ("left", "right")
WRONG = [(case, key) for case in CASES for key in case.wrong]
BY_ID = {case.exercise: case for case in CASES}
KNEEL = BY_ID["EX_KNEEL"]
LONG = SetDose(hold_s=60)


def ids(value: object) -> str | None:
    return value.exercise if isinstance(value, Case) else None


def held_by(session) -> float:  # type: ignore[no-untyped-def]
    """Seconds of the one set that is under way or done."""
    (one,) = session.coach.summary()
    return float(one.held_s)


# ---- right and wrong
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", HOLDS, ids=ids)
def test_a_hold_done_right_gets_no_cue_and_is_timed(case: Case, side: str) -> None:
    script = Script(case.before).then(case.right, 0.5, 12)
    session = coach(case, film(case, script, side), LONG, side)
    assert session.cues == []
    assert held_by(session) == pytest.approx(truly_held(case, script, side, script.seconds), abs=0.3)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("case", REPS, ids=ids)
def test_repetitions_done_right_are_counted_and_get_no_cue(case: Case, side: str) -> None:
    session = coach(case, film(case, reps(case, *[case.right] * 5), side), SetDose(reps=5), side)
    assert session.coach.done
    assert session.cues == []
    assert session.last.reps == 5


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize(("case", "key"), WRONG, ids=lambda value: ids(value) or value)
def test_each_error_gets_its_own_cue_first(case: Case, key: str, side: str) -> None:
    wrong = case.wrong[key]
    if case in HOLDS:
        script, dose = Script(case.before).then(case.right, 1, 4).then(wrong, 1, 5), LONG
    else:
        script, dose = reps(case, case.right, wrong, wrong), SetDose(reps=9)
    session = coach(case, film(case, script, side), dose, side)
    assert session.cues[:1] == [key]


@pytest.mark.parametrize("key", ["leg_short", "leg_high"])
def test_a_repetition_that_turns_back_too_soon_is_not_counted(key: str) -> None:
    case = BY_ID["EX_BIRD_DOG"]
    session = coach(
        case, film(case, reps(case, case.right, case.wrong[key], case.right)), SetDose(reps=9), "right"
    )
    assert session.last.reps == (2 if key == "leg_short" else 3)
    assert ("short_rep" in session.events) == (key == "leg_short")


# ---- holds count only while they are held
@pytest.mark.parametrize("case", [case for case in HOLDS if case.exercise != "EX_PLANK_LEG_LIFT"], ids=ids)
def test_time_stands_while_the_position_is_broken(case: Case) -> None:
    key = next(key for key in case.wrong if key not in ("too_deep", "front_knee_past_toes", "neck"))
    script = (
        Script(case.before)
        .then(case.right, 0.5, 5)
        .then(case.wrong[key], 0.5, 5)
        .then(case.right, 0.5, 5)
        .then(case.before, 0.5, 2)
    )
    session = coach(case, film(case, script), LONG, "right")
    assert held_by(session) == pytest.approx(truly_held(case, script, "right", script.seconds), abs=0.45)
    assert held_by(session) < 11.5
    assert session.events.count("enter") == 2


def test_an_error_beside_the_position_is_named_and_time_goes_on() -> None:
    case = BY_ID["EX_PLANK_FULL"]
    script = Script(case.before).then(case.right, 0.5, 4).then(case.wrong["neck"], 0.5, 6)
    session = coach(case, film(case, script), LONG, "right")
    assert session.cues == ["neck"]
    assert held_by(session) == pytest.approx(10.7, abs=0.4)


def test_a_set_ends_by_itself_when_the_time_is_held() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 0.5, 20)
    session = coach(KNEEL, film(KNEEL, script), SetDose(hold_s=8), "right")
    assert session.coach.done
    assert session.last.seen.at_s == pytest.approx(2.0 + 0.25 + 8.0, abs=0.4)
    assert session.coach.summary()[0].held_s == 8.0


def test_leaving_early_says_what_to_do_and_tells_how_much_is_left() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 0.5, 8).then(KNEEL.before, 0.5, 8)
    session = coach(KNEEL, film(KNEEL, script), SetDose(hold_s=30), "right")
    texts = [show.say.text for show in session.shows if show.say]
    assert "Shift the hips a little forwards." in texts
    (left,) = (
        event.detail["left_s"] for show in session.shows for event in show.events if event.id == "break"
    )
    assert left == pytest.approx(30 - truly_held(KNEEL, script, "right", script.seconds), abs=0.3)


# ---- what is said
def test_cues_are_apart_and_the_most_important_comes_first() -> None:
    both = replace(body.KNEEL, trunk=60, rest=body.Leg(-12, -128, 0))
    script = Script(KNEEL.before).then(KNEEL.right, 1, 4).then(both, 1, 25)
    session = coach(KNEEL, film(KNEEL, script), LONG, "right")
    said = [(show.seen.at_s, show.say.id) for show in session.shows if show.say and show.say.kind == "cue"]
    assert [key for _, key in said][:2] == ["trunk_lean", "front_knee_past_toes"]
    every = camera_table().voice.cue_every_s
    assert all(b - a >= every - 1e-9 for (a, _), (b, _) in pairwise(said))
    again = [at for at, key in said if key == "trunk_lean"]
    assert all(b - a >= camera_table().voice.same_again_s - 1e-9 for a, b in pairwise(again))


def test_nothing_is_said_more_often_than_once_in_a_frame_and_praise_follows_a_correction() -> None:
    script = (
        Script(KNEEL.before)
        .then(KNEEL.right, 1, 4)
        .then(KNEEL.wrong["trunk_lean"], 1, 4)
        .then(KNEEL.right, 1, 8)
    )
    session = coach(KNEEL, film(KNEEL, script), LONG, "right")
    kinds = [(show.say.kind, show.say.id) for show in session.shows if show.say]
    assert kinds.index(("cue", "trunk_lean")) < kinds.index(("praise", "corrected"))


def test_a_steady_hold_is_praised_and_reminded_of_what_nobody_sees() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 1, 40)
    session = coach(KNEEL, film(KNEEL, script), LONG, "right")
    said = [show.say for show in session.shows if show.say]
    assert any(say.kind == "praise" for say in said)
    prompts = {say.text for say in said if say.kind == "prompt"}
    assert prompts == set(coached()["EX_KNEEL"].row.prompts)
    assert not any("tuck" in say.text.lower() for say in said if say.kind != "prompt")


def test_what_landmarks_cannot_show_is_never_among_the_angles() -> None:
    for case in CASES:
        session = coach(
            case, film(case, Script(case.before, settle_s=0.2)), SetDose(reps=3, hold_s=5), "right"
        )
        for name in session.last.angles:
            assert "tilt" not in name and "pelvi" not in name and "lumbar" not in name


def test_bouncing_is_named() -> None:
    def bounce(t: float, stance: Stance) -> Stance:
        swing = 6 * math.sin(2 * math.pi * 1.0 * (t - 7)) if t > 7 else 0.0
        return replace(stance, work=replace(stance.work, thigh=stance.work.thigh - swing))

    script = Script(KNEEL.before).then(KNEEL.right, 1, 12)
    bounced = Film(script, Camera(distance=3), "right", "right", extra=bounce)
    assert coach(KNEEL, bounced, LONG, "right").cues == ["bounce"]


def test_too_fast_is_named_and_still_counts() -> None:
    case = BY_ID["EX_BRIDGE"]
    quick = reps(case, *[case.right] * 4, move=0.5, stay=0.4, back=0.5)
    session = coach(case, film(case, quick), SetDose(reps=4), None)
    assert session.last.reps == 4
    assert session.cues[0] == "fast"


def test_a_hold_cut_short_in_a_repetition_is_named() -> None:
    case = BY_ID["EX_BIRD_DOG"]
    session = coach(
        case, film(case, reps(case, *[case.right] * 3, stay=0.5)), SetDose(reps=3, hold_s=5), "right"
    )
    assert session.cues[0] == "hold_short"
    long = coach(case, film(case, reps(case, *[case.right] * 2, stay=6)), SetDose(reps=2, hold_s=5), "right")
    assert long.cues == []
    assert long.events.count("held") == 2


# ---- sides
def test_both_sides_follow_each_other_without_a_touch() -> None:
    one = Coach(coached()["EX_KNEEL"], SetDose(sets=2, hold_s=4, rest_s=3), ("left", "right"))
    script = Script(KNEEL.before, settle_s=1).then(KNEEL.right, 0.5, 6)
    films = [Film(script, Camera(), side, side) for side in ("left", "right", "left", "right")]
    at_s, events = 0.0, []
    for each in films:
        for frame in each.frames():
            show = one.step(replace(frame, at_s=at_s + frame.at_s))
            events += [event.id for event in show.events]
        at_s += script.seconds + 3.5
    assert one.done
    assert [(done.side, done.number) for done in one.summary()] == [
        ("left", 1),
        ("right", 1),
        ("left", 2),
        ("right", 2),
    ]
    assert events.count("side") == 2
    assert events.count("rest") == 1


def test_the_wrong_side_to_the_camera_is_said() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 1, 6)
    turned = Film(script, Camera(), "right", "left")
    session = coach(KNEEL, turned, LONG, "right")
    assert session.cues == ["other_side"]
    assert "right side" in session.last.sight_text
    assert session.coach.summary() == ()


def test_the_wrong_knee_down_is_said_and_not_counted() -> None:
    script = Script(swapped(KNEEL.before)).then(swapped(KNEEL.right), 1, 10)
    session = coach(KNEEL, Film(script, Camera(), "right", "right"), LONG, "right")
    assert session.cues[0] == "other_side"
    assert next(show.say.text for show in session.shows if show.say and show.say.kind == "cue").startswith(
        "Right knee down"
    )
    assert sum(done.held_s for done in session.coach.summary()) < 1.6


def test_the_other_leg_of_a_bird_dog_is_not_counted() -> None:
    case = BY_ID["EX_BIRD_DOG"]
    script = reps(replace(case, before=swapped(case.before)), *[swapped(case.right)] * 3)
    session = coach(case, Film(script, Camera(), "right", "right"), SetDose(reps=3), "right")
    assert session.last.reps == 0
    assert session.cues[0] == "other_leg"


@pytest.mark.parametrize("exercise", ["EX_DEAD_BUG", "EX_BIRD_DOG", "EX_SL_BRIDGE"])
def test_the_leg_away_from_the_camera_counts_too(exercise: str) -> None:
    case = BY_ID[exercise]
    script = reps(case, *[case.right] * 3)
    session = coach(case, Film(script, Camera(), "left", "right"), SetDose(reps=3), "left")
    assert session.last.reps == 3
    assert session.cues == []


@pytest.mark.parametrize("side", SIDES)
def test_a_side_plank_from_behind_is_the_same_exercise(side: str) -> None:
    case = BY_ID["EX_SIDE_PLANK"]
    script = Script(case.before).then(case.right, 0.5, 4).then(case.wrong["hip_drop"], 0.5, 3)
    session = coach(case, Film(script, Camera(), side, "back"), LONG, side)
    assert session.cues == ["hip_drop"]
    assert held_by(session) == pytest.approx(4.2, abs=0.5)


# ---- sight
def test_legs_that_swap_names_do_not_break_a_split_stance() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 0.5, 10)
    session = coach(KNEEL, film(KNEEL, script, "right", Camera(swap_legs=0.3)), LONG, "right")
    assert session.cues == []
    assert held_by(session) == pytest.approx(10.2, abs=0.4)


def test_legs_that_swap_names_for_a_moment_make_no_repetition() -> None:
    case = BY_ID["EX_BIRD_DOG"]
    swapping = Camera(swap_legs=0.06)
    session = coach(
        case, film(case, reps(case, *[case.right] * 3, stay=2), "right", swapping), SetDose(reps=9), "right"
    )
    assert session.last.reps == 3
    assert session.cues == []
    assert any(show.seen.reason == "unsteady" for show in session.shows)


def test_a_knee_that_jumps_for_a_moment_does_not_break_a_hold() -> None:
    case = BY_ID["EX_PLANK_FULL"]
    knee = POINTS.index("right_knee")
    frames = []
    for n, frame in enumerate(film(case, Script(case.right, settle_s=8), "right").frames()):
        marks = list(frame.landmarks)
        if n % 25 in (20, 21):
            marks[knee] = replace(marks[knee], y=marks[knee].y - 0.2)
        frames.append(replace(frame, landmarks=tuple(marks)))
    session = coach(case, frames, LONG, None)
    assert session.cues == []
    assert held_by(session) == pytest.approx(8.0, abs=0.3)
    assert any(show.seen.reason == "unsteady" for show in session.shows)


def test_a_short_gap_counts_and_a_long_one_does_not() -> None:
    script = Script(KNEEL.before).then(KNEEL.right, 0.5, 12)
    short = Camera(hidden=("hip",), hidden_between=(6.0, 6.5))
    long = Camera(hidden=("hip",), hidden_between=(6.0, 9.0))
    assert held_by(coach(KNEEL, film(KNEEL, script, "right", short), LONG, "right")) == pytest.approx(
        12.2, abs=0.4
    )
    session = coach(KNEEL, film(KNEEL, script, "right", long), LONG, "right")
    assert held_by(session) == pytest.approx(9.2, abs=0.5)
    assert "lost" in session.events and "back" in session.events
    assert "hidden" in session.cues


@pytest.mark.parametrize(
    ("camera", "reason"),
    [
        (Camera(yaw=50), "not_side_on"),
        (Camera(distance=14), "too_small"),
        (Camera(distance=1.0), "cut_off"),
    ],
)
def test_a_view_that_cannot_be_measured_says_what_to_change(camera: Camera, reason: str) -> None:
    script = Script(KNEEL.right, settle_s=4)
    session = coach(KNEEL, Film(script, camera, "right", "right"), LONG, "right")
    assert session.cues == [reason]
    assert session.coach.summary() == ()


def test_nobody_in_the_picture() -> None:
    one = Coach(coached()["EX_BRIDGE"], SetDose(reps=3))
    empty = replace(next(iter(film(KNEEL, Script(KNEEL.before)).frames())), landmarks=())
    shows = [one.step(replace(empty, at_s=n / 10)) for n in range(30)]
    assert shows[-1].seen.reason == "no_person"
    assert [show.say.id for show in shows if show.say] == ["no_person"]


def test_a_frame_from_the_past_is_refused_and_changes_nothing() -> None:
    one = Coach(coached()["EX_KNEEL"], LONG, ("right",))
    frames = list(film(KNEEL, Script(KNEEL.before).then(KNEEL.right, 0.5, 6)).frames())
    for n, frame in enumerate(frames):
        one.step(frame)
        if n % 10 == 9:
            with pytest.raises(ValueError, match="older"):
                one.step(frames[n - 5])
    assert one.summary()[0].held_s == pytest.approx(6.2, abs=0.3)


def test_a_stalled_camera_adds_no_time() -> None:
    one = Coach(coached()["EX_KNEEL"], LONG, ("right",))
    frames = list(film(KNEEL, Script(KNEEL.before).then(KNEEL.right, 0.5, 20)).frames())
    for frame in [frame for frame in frames if not 8 < frame.at_s < 18]:
        one.step(frame)
    assert one.summary()[0].held_s == pytest.approx(20.2 - 10.0, abs=0.5)


def test_roll_is_removed_by_the_level_and_not_without_it() -> None:
    case = BY_ID["EX_KNEEL"]
    script = Script(case.before).then(case.right, 0.5, 4)
    rolled = film(case, script, "right", Camera(roll=8, jitter=0, drift=0))
    level = coach(case, rolled, LONG, "right", level_from_gravity(8))
    plain = coach(case, film(case, script, "right", Camera(jitter=0, drift=0)), LONG, "right")
    not_levelled = coach(case, rolled, LONG, "right", NOT_LEVELLED)
    assert level.last.angles["trunk"] == pytest.approx(plain.last.angles["trunk"], abs=0.3)
    assert abs(not_levelled.last.angles["trunk"] - plain.last.angles["trunk"]) == pytest.approx(8, abs=0.5)


# ---- data and doses
def test_a_new_exercise_needs_a_row_and_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    added = """
  - figure: EX_WALL_SIT
    kind: hold
    needs: [near_shoulder, near_hip, near_knee, near_ankle]
    checks:
      - {key: depth, angle: knee, most: 20, of: end, breaks: true, say: "Slide down a little."}
      - {key: feet_close, angle: shank, least: -22, of: end, say: "Feet further forward."}
    prompts: ["Keep breathing."]
"""
    monkeypatch.setattr(
        tables,
        "read_table",
        lambda name: read_text(f"{name}.yaml", table_text(name) + (added if name == "coaching" else "")),
    )
    monkeypatch.setattr(exercises, "coaching_table", coaching_table.__wrapped__)
    wall_sit = exercises.coached.__wrapped__()["EX_WALL_SIT"]
    one = Coach(wall_sit, SetDose(hold_s=4))
    leg = body.Leg(-8, -80, 0)
    sitting = replace(body.SITTING, trunk=90, work=leg, rest=leg)
    shows = [
        one.step(frame)
        for frame in Film(Script(body.STANDING).then(sitting, 1, 6), Camera(distance=4)).frames()
    ]
    assert one.done
    assert [show.say.id for show in shows if show.say and show.say.kind == "cue"] == []


@pytest.mark.parametrize(
    ("exercise", "dose", "sides"),
    [
        ("EX_KNEEL", SetDose(hold_s=0), ("left",)),
        ("EX_BRIDGE", SetDose(reps=0, hold_s=5), (None,)),
        ("EX_BRIDGE", SetDose(sets=0, reps=5), (None,)),
        ("EX_KNEEL", SetDose(hold_s=10), (None,)),
        ("EX_BRIDGE", SetDose(reps=5), ("left",)),
        ("EX_KNEEL", SetDose(hold_s=10), ()),
        ("EX_KNEEL", SetDose(hold_s=math.inf), ("left",)),
    ],
)
def test_a_dose_that_does_not_fit_is_refused(exercise, dose, sides) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="EX_"):
        Coach(coached()[exercise], dose, sides)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_what_is_shown_is_plain_json(case: Case) -> None:
    dose = SetDose(reps=1, hold_s=1)
    script = Script(case.before, settle_s=0.6).then(case.right, 0.5, 2.5).then(case.before, 1, 1)
    session = coach(case, film(case, script), dose, "right")
    for show in session.shows:
        plain = json.loads(json.dumps(show.as_plain(), allow_nan=False))
        assert plain["exercise"] == case.exercise
    assert json.dumps([done.as_plain() for done in session.coach.summary()])
