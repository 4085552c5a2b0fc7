"""Joint angles in, joint centres out: lengths, signs and the angles a camera would read."""

import math

import pytest

from nextposture.knowledge.figures import Limb, Pose, body_table, figures
from nextposture.motion.figure import Skeleton, angles, interpolate, solve, target

SEGMENTS = body_table().segments


def seen_from_the_side(pose: Pose, joint: str) -> tuple[float, float]:
    x, y, _ = solve(pose).joint(joint)
    return x, y


def test_standing_at_ease_has_the_proportions_of_the_table() -> None:
    standing = solve(Pose())
    hip = standing.joint("near_hip")[1]
    sole = standing.joint("near_ankle")[1] - SEGMENTS["ankle_height"]
    crown = standing.frames["head"].at(0, 0.084)[1]
    assert hip - sole == pytest.approx(0.53, abs=0.001)  # hip height after Drillis and Contini
    assert crown - sole == pytest.approx(1.0, abs=0.01)
    assert standing.joint("near_shoulder")[1] - hip == pytest.approx(0.288, abs=0.005)


def test_hand_and_foot_are_drawn_as_long_as_the_table_says() -> None:
    shapes = body_table().shapes
    foot = [x for x, _ in shapes["foot"]]
    ball = solve(Pose()).joint("near_ball")[0] - solve(Pose()).joint("near_ankle")[0]
    toes = [ball + x for x, _ in shapes["toes"]]
    assert max(toes) - min(foot) == pytest.approx(SEGMENTS["foot"], abs=0.002)
    assert -min(y for _, y in shapes["hand"]) == pytest.approx(SEGMENTS["hand"], abs=0.002)
    assert -min(y for _, y in shapes["foot"]) == pytest.approx(SEGMENTS["ankle_height"], abs=0.001)


def test_standing_at_ease_is_balanced_and_curved() -> None:
    standing = solve(Pose())
    assert abs(standing.joint("ear")[0] - standing.joint("near_hip")[0]) < 0.02
    spine = [standing.frames[name].origin[0] for name in ("L5", "L3", "T7", "C7")]
    assert spine[1] > spine[0] > spine[2] < spine[3]  # forward in the low back, backward in the chest


@pytest.mark.parametrize(
    ("pose", "joint", "moves"),
    [
        (Pose(lean=20), "ear", (1, -1)),
        (Pose(lumbar_flexion=20), "ear", (1, -1)),
        (Pose(thoracic_flexion=20), "ear", (1, -1)),
        (Pose(neck_flexion=20), "ear", (1, -1)),
        (Pose(near=Limb(hip_extension=20)), "near_knee", (-1, 1)),
        (Pose(near=Limb(hip_extension=-20)), "near_knee", (1, 1)),
        (Pose(near=Limb(knee_flexion=20)), "near_ankle", (-1, 1)),
        (Pose(near=Limb(ankle_dorsiflexion=20)), "near_ball", (1, 1)),
        (Pose(far=Limb(shoulder_flexion=20)), "far_elbow", (1, 1)),
        (Pose(far=Limb(elbow_flexion=20)), "far_wrist", (1, 1)),
    ],
)
def test_the_name_of_an_angle_says_its_positive_way(pose: Pose, joint: str, moves: tuple[int, int]) -> None:
    before, after = seen_from_the_side(Pose(), joint), seen_from_the_side(pose, joint)
    assert tuple(round(math.copysign(1, b - a)) for a, b in zip(before, after, strict=True)) == moves


def test_the_tuck_turns_the_front_of_the_pelvis_up() -> None:
    level, tucked = solve(Pose()).frames["pelvis"], solve(Pose(pelvic_tilt=-15)).frames["pelvis"]
    assert tucked.at(0.06, 0.06)[1] > level.at(0.06, 0.06)[1]


def test_abduction_takes_both_limbs_away_from_the_middle() -> None:
    spread = solve(Pose(near=Limb(hip_abduction=20), far=Limb(hip_abduction=20)))
    assert spread.joint("near_knee")[2] > solve(Pose()).joint("near_knee")[2]
    assert spread.joint("far_knee")[2] < solve(Pose()).joint("far_knee")[2]


def test_rolling_puts_the_head_to_the_right() -> None:
    assert solve(Pose(roll=90)).joint("ear")[2] > 0.3


def measured(pose: Pose, limb: str = "near") -> dict[str, float]:
    return angles(solve(pose), limb)


def test_a_camera_reads_the_same_bend_that_the_pose_holds() -> None:
    pose = Pose(near=Limb(knee_flexion=70, elbow_flexion=40), far=Limb(knee_flexion=10))
    assert measured(pose)["knee"] == pytest.approx(110)
    assert measured(pose)["elbow"] == pytest.approx(140)
    assert measured(pose, "far")["knee"] == pytest.approx(170)


@pytest.mark.parametrize("lean", [-90, -30, 0, 45, 90])
def test_hip_and_line_are_measured_on_the_belly_side_whichever_way_the_body_lies(lean: float) -> None:
    neutral = measured(Pose(lean=lean))["hip"]
    assert measured(Pose(lean=lean, near=Limb(hip_extension=15)))["hip"] == pytest.approx(neutral + 15)
    assert measured(Pose(lean=lean, near=Limb(hip_extension=-60)))["hip"] == pytest.approx(neutral - 60)
    assert measured(Pose(lean=lean, near=Limb(hip_extension=-20)))["line"] == pytest.approx(neutral - 20)


def test_inclinations_are_from_the_vertical_and_forwards() -> None:
    upright = measured(Pose())
    assert measured(Pose(lean=30))["trunk_inclination"] == pytest.approx(upright["trunk_inclination"] + 30)
    assert measured(Pose(near=Limb(hip_extension=-90)))["thigh_inclination"] == pytest.approx(90)
    assert measured(Pose(lean=10, pelvic_tilt=5))["pelvic_tilt"] == pytest.approx(15)


def test_interpolation_meets_both_poses_and_the_middle() -> None:
    a, b = Pose(lean=10, near=Limb(knee_flexion=20)), Pose(lean=30, far=Limb(elbow_flexion=50))
    assert interpolate(a, b, 0.0) == a
    assert interpolate(a, b, 1.0) == b
    middle = interpolate(a, b, 0.5)
    assert (middle.lean, middle.near.knee_flexion, middle.far.elbow_flexion) == (20, 10, 25)


def test_moving_a_skeleton_moves_every_joint_alike() -> None:
    here = solve(Pose())
    there: Skeleton = here.moved(1.0, 2.0, 3.0)
    for joint in ("ear", "near_ankle", "far_wrist"):
        assert there.joint(joint) == pytest.approx(
            [a + b for a, b in zip(here.joint(joint), (1, 2, 3), strict=True)]
        )


VISIBLE_ERRORS = [
    pytest.param(figure.id, index, id=f"{figure.id}-{error.key}")
    for figure in figures().values()
    for index, error in enumerate(figure.errors)
    if (found := target(figure, index)) and found.visible
]


@pytest.mark.parametrize(("name", "error"), VISIBLE_ERRORS)
def test_an_error_that_a_camera_can_see_reads_outside_the_tolerance(name: str, error: int) -> None:
    seen = target(figures()[name], error)
    assert seen
    assert seen.wrong is not None
    assert abs(seen.wrong - seen.end) > seen.tolerance


def test_the_coach_reads_its_target_from_the_same_poses() -> None:
    kneel = target(figures()["EX_KNEEL"])
    assert kneel
    assert (kneel.angle, kneel.limb, kneel.visible) == ("hip", "near", True)
    assert kneel.start is not None
    assert kneel.start == pytest.approx(180, abs=5)  # thigh under a straight trunk
    assert kneel.end > kneel.start + kneel.tolerance  # the hip opens past straight
    assert kneel.tempo
    assert kneel.tempo.hold_s == 30
    arch = target(figures()["EX_KNEEL"], 0)
    assert arch
    assert not arch.visible  # the curve of the low back is said, never judged
    assert target(figures()["office"]) is None
    with pytest.raises(IndexError):
        target(figures()["EX_KNEEL"], 9)
