"""What may come in as a frame, and where level is."""

import math

import pytest

from nextposture.motion.landmarks import NUMBERS, POINTS, frame_from_numbers
from nextposture.motion.level import LevelError, level_from_gravity, level_from_line


def test_a_frame_takes_33_points_in_the_estimators_order() -> None:
    frame = frame_from_numbers(1.5, 1280, 720, [n / 100 for n in range(NUMBERS)])
    assert len(frame.landmarks) == len(POINTS) == 33
    hip = frame.landmarks[POINTS.index("left_hip")]
    assert (hip.x, hip.y, hip.visibility) == (0.69, 0.70, 0.71)
    assert frame_from_numbers(1.5, 1280, 720, []).landmarks == ()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([0.5] * 98, "99 numbers"),
        ([math.nan] + [0.5] * 98, "finite"),
        ([math.inf] + [0.5] * 98, "finite"),
        ([1e9] + [0.5] * 98, "outside"),
        (["0.5"] * 99, "numbers only"),
        ([True] * 99, "numbers only"),
        ([None] * 99, "numbers only"),
    ],
)
def test_anything_else_is_refused(numbers: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        frame_from_numbers(0, 640, 480, numbers)


def test_a_picture_has_a_size_and_a_time() -> None:
    with pytest.raises(ValueError, match="width"):
        frame_from_numbers(0, 0, 480, [])
    with pytest.raises(ValueError, match="finite"):
        frame_from_numbers(math.nan, 640, 480, [])


def test_level_is_the_slope_of_the_line_in_pixels_whichever_end_comes_first() -> None:
    # 100 px down over 1000 px across, in a picture that is not square
    down = level_from_line((0.1, 0.4), (0.1 + 1000 / 1280, 0.4 + 100 / 720), 1280, 720)
    assert down.known
    assert down.roll_deg == pytest.approx(math.degrees(math.atan(0.1)))
    back = level_from_line((0.1 + 1000 / 1280, 0.4 + 100 / 720), (0.1, 0.4), 1280, 720)
    assert back.roll_deg == pytest.approx(down.roll_deg)


def test_a_camera_that_leans_too_far_is_put_straight_not_corrected() -> None:
    with pytest.raises(LevelError, match="leans by 12 degrees"):
        level_from_gravity(-12)
    with pytest.raises(LevelError, match="edge"):
        level_from_line((0.4, 0.5), (0.5, 0.5), 1280, 720)
    with pytest.raises(LevelError):
        level_from_gravity(math.nan)
