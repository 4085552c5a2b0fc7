"""What must hold at any angle, whatever it is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nextposture.body import sagittal, sagittal_statics, spatial
from nextposture.body.assembly import model
from nextposture.body.knee import knee_pose
from nextposture.body.postures import posture, spatial_setting

HALF, FULL = model(1), model(2)
OF = spatial_setting(posture("standing"))
STEP = 1e-6
small = st.floats(-0.3, 0.3)
knees = st.floats(0.0, 120.0)


def half(x: np.ndarray, knee: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    m, s = len(HALF.paths.on_body), len(HALF.paths.body0)
    pose, centre = np.empty(sagittal.POSE), np.empty((7, 2))
    length, arm, line = np.empty(m), np.empty((9, m)), np.empty((s, 7))
    sagittal.place(HALF.frame, x, knee_pose(knee), pose, centre)
    sagittal.muscle_paths(HALF.paths, HALF.frame, x, pose, centre, length, arm, line)
    return length, arm


def full(x: np.ndarray, right: float = 0.0, left: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    bent = OF.copy()
    bent[sagittal_statics.KNEE : sagittal_statics.TONE] = knee_pose(right)
    bent[spatial.LEFT_KNEE : spatial.DOWN] = knee_pose(left)
    scratch = spatial.memory(len(FULL.paths.on_body), len(FULL.paths.body0), 0)[0]
    spatial.place(FULL.frame, x, bent, *scratch[:4])
    spatial.muscle_paths(FULL.paths, *scratch[:4], *scratch[4:])
    return scratch[4], scratch[5]


@settings(max_examples=40, deadline=None)
@given(st.lists(small, min_size=8, max_size=8), st.floats(-0.4, 1.9), knees)
def test_a_moment_arm_is_the_slope_of_length_in_the_plane(
    angles: list[float], hip: float, knee: float
) -> None:
    x = np.array(angles)
    x[7] = hip
    _, arm = half(x, knee)
    for row in range(7):
        step = np.zeros(8)
        step[1 + row] = STEP
        slope = -(half(x + step, knee)[0] - half(x - step, knee)[0]) / (2 * STEP)
        assert np.abs(slope - arm[row]).max() < 2e-6


@settings(max_examples=25, deadline=None)
@given(
    st.lists(small, min_size=25, max_size=25), st.tuples(*[st.floats(-0.3, 1.7)] * 2), st.tuples(knees, knees)
)
def test_a_moment_arm_is_the_slope_of_length_in_space(
    angles: list[float], hips: tuple[float, float], bent: tuple[float, float]
) -> None:
    x = np.array(angles)
    x[19], x[22] = hips
    _, arm = full(x, *bent)
    for row in range(24):
        step = np.zeros(25)
        step[1 + row] = STEP
        slope = -(full(x + step, *bent)[0] - full(x - step, *bent)[0]) / (2 * STEP)
        assert np.abs(slope - arm[row]).max() < 2e-6


@settings(max_examples=25, deadline=None)
@given(st.lists(small, min_size=6, max_size=6), st.floats(-0.4, 1.9), knees)
def test_lengths_of_the_plane_and_of_space_agree_and_mirror(
    lumbar: list[float], hip: float, knee: float
) -> None:
    flat, deep = np.zeros(8), np.zeros(25)
    flat[1:7], flat[7] = lumbar, hip
    deep[1:19:3], deep[19], deep[22] = lumbar, hip, hip
    length, arm = half(flat, knee)
    both, arms = full(deep, knee, knee)
    assert np.abs(both[:129] - length).max() < 1e-12
    assert np.abs(both[129:] - length).max() < 1e-12
    assert np.abs(arms[0:18:3, :129] - arm[:6]).max() < 1e-12
    assert np.abs(arms[18:21, :129] - arm[6:9]).max() < 1e-12


@settings(max_examples=20, deadline=None)
@given(st.floats(-3.0, 3.0))
def test_turning_the_whole_body_changes_no_length(turn: float) -> None:
    x = np.zeros(8)
    still = half(x)[0].copy()
    x[0] = turn
    assert np.abs(half(x)[0] - still).max() < 1e-12


@given(knees)
def test_the_knee_moves_its_bones_without_stretching_them_and_without_a_kink(knee: float) -> None:
    here, step = knee_pose(knee), 0.01
    for bone in here.reshape(2, 3, 4):
        assert np.abs(bone[:, :3] @ bone[:, :3].T - np.eye(3)).max() < 1e-12
        assert np.linalg.det(bone[:, :3]) > 0.0
    if step < knee < 120.0 - step:
        before, after = (here - knee_pose(knee - step)) / step, (knee_pose(knee + step) - here) / step
        assert np.abs(after - before).max() < 5e-5
