"""A video with what was seen drawn on it: the skeleton, the side that counts, and its angles."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import av.error
import numpy as np

from nextposture.motion.landmarks import POINTS
from nextposture.pose.estimator import Body, Picture
from nextposture.pose.video import VideoError, VideoPicture

_OF_A_SIDE = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("ankle", "foot_index"),
    ("heel", "foot_index"),
)
BONES = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    *((f"{side}_{one}", f"{side}_{other}") for side in ("left", "right") for one, other in _OF_A_SIDE),
)
PLACE = {name: number for number, name in enumerate(POINTS)}

DARK, NEAR, FAR = (21, 17, 13), (168, 230, 222), (150, 146, 140)
WIDTH = 1 / 170
"""Of a line, as a fraction of the picture's height."""

# Digits as 3 by 5 dots, row after row.
DIGITS = {
    "0": "111101101101111",
    "1": "010110010010111",
    "2": "111001111100111",
    "3": "111001111001111",
    "4": "101101111001001",
    "5": "111100111001111",
    "6": "111100111101111",
    "7": "111001010010010",
    "8": "111101111101111",
    "9": "111101111001111",
    "-": "000000111000000",
}


class Overlay:
    """Writes pictures with what was seen on them to `path`, or does nothing without one.

    Raises VideoError if the file cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: av.container.OutputContainer | None = None
        self._stream: Any = None
        self._last = -1

    def __enter__(self) -> Overlay:
        """Ready for `add`; the file is made with the first picture."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file."""
        if self._file is None:
            return
        if error is None:
            self._file.mux(self._stream.encode())
            self._file.close()
        else:
            with suppress(av.error.FFmpegError, OSError):
                self._file.close()

    def add(self, one: VideoPicture, body: Body | None, show: dict[str, Any]) -> None:
        """Draw on one picture and write it at its own time."""
        if self.path is None:
            return
        picture = one.picture[: one.picture.shape[0] // 2 * 2, : one.picture.shape[1] // 2 * 2].copy()
        if body is not None:
            _draw(picture, body, show)
        try:
            if self._file is None:
                self._begin(picture)
            assert self._file is not None
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:, :, :3]), format="rgb24")
            self._last = max(self._last + 1, round(one.t_s * 1000))
            frame.pts, frame.time_base = self._last, Fraction(1, 1000)
            self._file.mux(self._stream.encode(frame))
        except (av.error.FFmpegError, OSError) as problem:
            raise VideoError(
                f"{self.path} cannot be written. Choose another place, ending in .mp4."
            ) from problem

    def _begin(self, picture: Picture) -> None:
        self._file = av.open(str(self.path), "w", format="mp4")
        self._stream = self._file.add_stream(
            "libx264" if "libx264" in av.codecs_available else "mpeg4", rate=30
        )
        self._stream.height, self._stream.width = picture.shape[:2]
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, 1000)
        # Writes the file's head, so that a place that cannot be written to is told now.
        self._file.start_encoding()


def _draw(picture: Picture, body: Body, show: dict[str, Any]) -> None:
    near = show.get("near")
    thick = max(2, round(picture.shape[0] * WIDTH))
    bones = sorted(BONES, key=lambda bone: bone[0].partition("_")[0] == near)
    for grown, colours in ((thick, (DARK, DARK)), (0, (NEAR, FAR))):
        for one, other in bones:
            sides = {one.partition("_")[0], other.partition("_")[0]}
            colour = colours[0] if near is None or sides == {near} else colours[1]
            _line(picture, body.points[PLACE[one]], body.points[PLACE[other]], thick + grown, colour)
    if near is None:
        return
    for name, value in show["angles"].items():
        joint = PLACE.get(f"{near}_{'hip' if name in ('hip', 'thigh', 'line') else name}")
        if joint is not None and value is not None:
            _number(picture, body.points[joint], round(value), thick)


def _line(picture: Picture, start: Any, end: Any, thick: int, colour: tuple[int, int, int]) -> None:
    steps = max(2, int(np.hypot(*(end - start)) / max(1, thick / 2)) + 1)
    reach = max(1, thick // 2)
    for x, y in start + np.linspace(0, 1, steps)[:, None] * (end - start):
        _block(picture, x - reach, y - reach, 2 * reach, 2 * reach, colour)


def _number(picture: Picture, at: Any, value: int, dot: int) -> None:
    x, y = at[0] + 4 * dot, at[1] - 2 * dot
    text = str(value)
    _block(picture, x - dot, y - dot, (4 * len(text) + 1) * dot, 7 * dot, DARK)
    for place, letter in enumerate(text):
        for number, on in enumerate(DIGITS[letter]):
            if on == "1":
                _block(picture, x + (4 * place + number % 3) * dot, y + number // 3 * dot, dot, dot, NEAR)


def _block(
    picture: Picture, x: float, y: float, width: float, height: float, colour: tuple[int, int, int]
) -> None:
    left, top = max(0, round(x)), max(0, round(y))
    picture[top : max(0, round(y + height)), left : max(0, round(x + width)), :3] = colour
