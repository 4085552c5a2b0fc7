"""The model's answer in three dimensions: bones, fascicles and loads that agree with numbers elsewhere."""

from itertools import pairwise

import numpy as np
import pytest

from nextposture.body import OutOfRangeError, Person, hip_extension, loads, standing
from nextposture.body.spine_state import SpineState, spine_state

ANN = Person(1.68, 62.0, "female", 34.0)


@pytest.fixture(scope="module")
def stood() -> SpineState:
    return spine_state(ANN, "standing", 0.1)


def test_it_stands_and_loads_as_the_model_says(stood: SpineState) -> None:
    found = standing(ANN, 0.1)
    assert stood.tilt_deg == pytest.approx(found.alignment.tilt_forwards)
    assert stood.hip_extension_deg == pytest.approx(hip_extension(ANN, 0.1))
    for level in stood.levels:
        assert level.compression_N == pytest.approx(found.loads.level(level.level).compression_N)


def test_the_pull_of_the_fascicles_sums_to_that_of_the_model(stood: SpineState) -> None:
    for side in ("r", "l"):
        pull = sum(f.passive_N for f in stood.fascicles if f.side == side)
        assert pull == pytest.approx(standing(ANN, 0.1).loads.iliopsoas_passive_N, rel=1e-6)
    assert all(f.tension_N == f.passive_N + f.active_N for f in stood.fascicles)


def test_every_fascicle_runs_from_its_vertebra_or_ilium_over_the_pelvis_to_the_femur(
    stood: SpineState,
) -> None:
    at = {body.name: np.array(body.origin) for body in stood.bodies}
    assert len(stood.fascicles) == 24
    for fascicle in stood.fascicles:
        femur = at[f"femur_{fascicle.side}"]
        assert np.linalg.norm(np.array(fascicle.points[-1]) - femur) < 0.08
        assert fascicle.points[0][1] > fascicle.points[-1][1]
        steps = [np.linalg.norm(np.subtract(b, a)) for a, b in pairwise(fascicle.points)]
        assert max(steps) < 0.4
        assert min(steps) > 0.0


def test_the_left_side_mirrors_the_right(stood: SpineState) -> None:
    right = [f for f in stood.fascicles if f.side == "r"]
    left = [f for f in stood.fascicles if f.side == "l"]
    for a, b in zip(right, left, strict=True):
        assert np.array(a.points) == pytest.approx(np.array(b.points) * [1.0, 1.0, -1.0])
        assert a.passive_N == pytest.approx(b.passive_N)


def test_a_path_round_the_cylinder_is_as_long_as_the_model_says() -> None:
    """Fibre lengths come from the kernel; the drawn points must run the same way."""
    short, full = spine_state(ANN, "standing", 0.1), spine_state(ANN, "standing", 0.0)
    for a, b in zip(short.fascicles, full.fascicles, strict=True):
        assert a.fibre_ratio > b.fibre_ratio
        drawn = [sum(np.linalg.norm(np.subtract(q, p)) for p, q in pairwise(f.points)) for f in (a, b)]
        assert abs(drawn[0] - drawn[1]) < 0.004


def test_sitting_is_stated_and_slack() -> None:
    sat = spine_state(ANN, "sitting_unsupported", 0.1)
    assert sum(f.passive_N for f in sat.fascicles) == pytest.approx(0.0, abs=1e-9)
    found = loads(ANN, "sitting_unsupported", 0.1)
    assert [level.compression_N for level in sat.levels] == pytest.approx(
        [level.compression_N for level in found.levels]
    )


def test_frames_are_rotations_and_scale_with_height() -> None:
    short, tall = (spine_state(Person(height, 70.0, "male", 40.0)) for height in (1.6, 1.9))
    for state in (short, tall):
        for body in state.bodies:
            turn = np.array(body.rotation)
            assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-9)
    assert tall.length_scale > short.length_scale
    assert tall.levels[4].centre[1] > short.levels[4].centre[1]


def test_a_posture_that_differs_from_side_to_side_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match="differs from side to side"):
        spine_state(ANN, "half_kneeling_stretch")
