"""The coach's tables against the drawn figures: what is drawn right passes, what is drawn wrong is caught."""

import math

import pytest

from nextposture.knowledge import KnowledgeError, load
from nextposture.knowledge import coaching as tables
from nextposture.knowledge.coaching import camera_table, coaching_table
from nextposture.knowledge.figures import Pose, figures, figures_of
from nextposture.knowledge.reading import read_text, table_text
from nextposture.motion.angles import READ, points_of
from nextposture.motion.exercises import Bound, Exercise, coached, exercise_for
from nextposture.motion.figure import angles, solve

EXERCISES = list(coached().values())
COACHED_ITEMS = (
    "EX_STANDING_STRETCH",
    "EX_KNEEL",
    "EX_LUNGE",
    "EX_BRIDGE",
    "EX_SL_BRIDGE",
    "EX_DEAD_BUG",
    "EX_BIRD_DOG",
    "EX_PLANK",
    "EX_SIDE_PLANK",
)
NAMED_OTHERWISE = {("EX_BRIDGE", "low_hips"), ("EX_SL_BRIDGE", "pelvis_drop")}
"""Errors of a whole repetition, which turns back too soon."""


def named(exercise: Exercise) -> str:
    return exercise.id


def reading(exercise: Exercise, bound: Bound, pose: Pose) -> float:
    value = READ[bound.check.angle](points_of(pose, exercise.figure), bound.check.limb)
    if bound.least is not None and bound.most is not None:
        middle = (bound.least + bound.most) / 2
        return middle + math.remainder(value - middle, 360.0)
    return value


def margin(exercise: Exercise, bound: Bound, pose: Pose) -> float:
    """Degrees inside the bounds; negative outside."""
    value = reading(exercise, bound, pose)
    inside = [] if bound.least is None else [value - bound.least]
    inside += [] if bound.most is None else [bound.most - value]
    return min(inside)


def test_every_exercise_of_the_issue_and_every_rung_of_the_plank_is_coached() -> None:
    wanted = {figure.id for item in COACHED_ITEMS for figure in figures_of(item)}
    assert set(coached()) == wanted
    assert exercise_for("EX_PLANK", "knees") is coached()["EX_PLANK_KNEES"]
    assert exercise_for("EX_HIP_THRUST") is None


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
def test_the_drawn_end_passes_every_check_with_room(exercise: Exercise) -> None:
    for bound in exercise.bounds:
        if bound.check.swings is None:
            assert margin(exercise, bound, exercise.figure.end) >= 4.0, bound.check.key


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
def test_every_drawn_error_that_can_be_seen_fails_its_check(exercise: Exercise) -> None:
    checks = {bound.check.key: bound for bound in exercise.bounds}
    for error in exercise.figure.errors:
        if not error.visible:
            # what no camera sees may not be judged under that name
            assert error.key not in checks
        elif error.key in checks:
            assert margin(exercise, checks[error.key], error.pose) < -3.0, error.key
        else:
            assert (exercise.id, error.key) in NAMED_OTHERWISE
            assert exercise.row.short is not None
            assert exercise.row.short.key == error.key


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
def test_no_check_reads_what_landmarks_cannot_show(exercise: Exercise) -> None:
    assert {bound.check.angle for bound in exercise.bounds} <= set(READ)
    assert "pelvic_tilt" not in READ
    assert exercise.row.prompts


@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
def test_a_cue_is_short(exercise: Exercise) -> None:
    for bound in exercise.bounds:
        assert len(bound.check.say.split()) <= 13, bound.check.say
        assert bound.check.say.endswith(".")
    for remark in (exercise.row.short, exercise.row.fast):
        assert remark is None or len(remark.say.split()) <= 13


@pytest.mark.parametrize("figure", [f for f in figures().values() if f.view == "side"], ids=lambda f: f.id)
def test_angles_mean_the_same_as_in_the_drawn_figures(figure) -> None:  # type: ignore[no-untyped-def]
    drawn = angles(solve(figure.end), "near", "side")
    points = points_of(figure.end, figure)
    same = {"hip": "hip", "knee": "knee", "line": "line", "elbow": "elbow", "shoulder": "shoulder"}
    same |= {"trunk": "trunk_inclination", "thigh": "thigh_inclination"}
    for ours, theirs in same.items():
        difference = math.remainder(READ[ours](points, "near") - drawn[theirs], 360)  # type: ignore[index]
        assert abs(difference) < 1e-6, ours


def test_texts_of_every_reason_are_there() -> None:
    texts = camera_table().sight.texts
    assert set(texts) == {
        "no_person",
        "too_small",
        "cut_off",
        "hidden",
        "not_side_on",
        "not_front_on",
        "other_side",
        "unsteady",
    }


def test_measures_of_the_tests_are_known() -> None:
    assert [test.id for test in camera_table().tests] == [
        "thomas",
        "single_leg_bridge",
        "plank",
        "sit_to_stand",
        "walk",
    ]
    for test in camera_table().tests:
        assert test.measure is None or test.measure in load().measures


@pytest.mark.parametrize(
    ("table", "good", "bad", "message"),
    [
        ("coaching", "figure: EX_LUNGE", "figure: EX_KNEEL", "appears twice"),
        ("coaching", "figure: EX_LUNGE", "figure: EX_SPRINT", "unknown figure"),
        ("coaching", "key: lean,", "key: split,", "appears twice"),
        ("coaching", "angle: trunk,", "angle: pelvic_tilt,", "Input should be"),
        ("coaching", "swings: 6, within_s: 2.5", "swings: 6", "within_s"),
        ("coaching", "breaks: true", "breaks: yes", "boolean"),
        ("camera", "source: VIGOTSKY2016", "source: NOBODY", "unknown source"),
        ("camera", "measure: plank", "measure: planck", "unknown measure"),
        ("camera", "visible: 0.5", "visibel: 0.5", "Unexpected|required|Missing|Field"),
    ],
)
def test_a_slip_names_file_and_line(
    monkeypatch: pytest.MonkeyPatch, table: str, good: str, bad: str, message: str
) -> None:
    text = table_text(table)
    assert good in text
    changed = text.replace(good, bad, 1)
    monkeypatch.setattr(
        tables, "read_table", lambda name: read_text(f"{name}.yaml", changed if name == table else "")
    )
    load_it = coaching_table if table == "coaching" else camera_table
    with pytest.raises(KnowledgeError, match=rf"^{table}\.yaml:\d+: .*({message})"):
        load_it.__wrapped__()
