"""Video files: the way up and the times of the container, and one line for what is no video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.filmed_people import write_video

from nextposture.pose.video import LONGEST_SIDE, VideoError, facts, pictures

RED, BLUE = (200, 30, 30), (30, 30, 200)


def marked(width: int = 64, height: int = 48) -> np.ndarray:
    """A blue picture with a red bar along its upper edge."""
    picture = np.full((height, width, 3), BLUE, np.uint8)
    picture[: height // 4] = RED
    return picture


def is_red(pixel: np.ndarray) -> bool:
    return bool(pixel[0] > 120 and pixel[2] < 120)


# A player that turns the picture clockwise brings its upper edge to this edge.
@pytest.mark.parametrize(
    ("rotation", "shape", "edge"),
    [
        (0, (48, 64), (2, 32)),
        (90, (64, 48), (32, 45)),
        (180, (48, 64), (45, 32)),
        (270, (64, 48), (32, 2)),
    ],
)
def test_a_phone_held_any_way_gives_upright_pictures(
    tmp_path: Path, rotation: int, shape: tuple[int, int], edge: tuple[int, int]
) -> None:
    video = write_video(tmp_path / "phone.mp4", [marked()] * 3, rotation=rotation)
    told = facts(video)
    assert (told.height, told.width) == shape
    first = next(iter(pictures(video))).picture
    assert first.shape[:2] == shape
    red = [
        place
        for place in (
            (2, shape[1] // 2),
            (shape[0] // 2, 2),
            (shape[0] - 3, shape[1] // 2),
            (shape[0] // 2, shape[1] - 3),
        )
        if is_red(first[place])
    ]
    assert red == [edge]


def test_times_are_the_containers_own(tmp_path: Path) -> None:
    times = [0.0, 0.033, 0.1, 0.133, 0.3, 0.333]
    video = write_video(tmp_path / "uneven.mp4", [marked()] * len(times), times)
    assert [round(one.t_s, 3) for one in pictures(video)] == times
    assert [round(one.t_s, 3) for one in pictures(video, 0.1, 0.3)] == [0.1, 0.133, 0.3]


def test_large_pictures_are_made_smaller(tmp_path: Path) -> None:
    video = write_video(tmp_path / "large.mp4", [marked(1920, 1080)] * 2)
    assert max(next(iter(pictures(video))).picture.shape) == LONGEST_SIDE


def test_stopping_early_leaves_no_thread_waiting(tmp_path: Path) -> None:
    video = write_video(tmp_path / "long.mp4", [marked()] * 60)
    reading = pictures(video)
    next(reading)
    reading.close()


@pytest.mark.parametrize("content", [b"", b"no video at all", None])
def test_what_is_no_video_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "film.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VideoError, match=r"film\.mp4 is not") as told:
        facts(path)
    assert "\n" not in str(told.value)
