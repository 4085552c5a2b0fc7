"""BlazePose on LiteRT: the networks that the browser runs, without its runtime.

A detector finds a person and lays a turned square around the whole body. A second network finds 33 landmarks
in that square, and two helper points that lay the square for the next picture, so the detector runs only when
nobody is followed. Geometry and thresholds are those of MediaPipe's pose landmarker (Bazarevsky 2020,
BlazePose: On-device Real-time Body Pose Tracking; graph files of mediapipe 0.10).
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from nextposture.pose.estimator import Body, Picture
from nextposture.pose.parts import Model, model_name, networks

DETECTOR_SIZE, LANDMARK_SIZE, HEATMAP_SIZE = 224, 256, 64
LANDMARKS, WITH_HELPERS = 33, 39
FOUND_AT, FOLLOWED_AT = 0.5, 0.5
"""Scores from which a detection counts, and from which the person is followed into the next picture."""

COUNTED_AT = 0.35
"""Score from which a detection counts as one more person; empty rooms and single people stay below it."""

SAME_PERSON_IOU = 0.3
SAME_PERSON_NEAR = 0.25
"""Two detections are of one person if their boxes overlap by this share, or if their squares' centres are
nearer than this share of the larger square."""

SQUARE_SCALE = 1.25
HEATMAP_AROUND, HEATMAP_MIN = 3, 0.5
"""A landmark moves to the weighted mean of the heatmap in a window of 7 around it where that reaches 0.5."""

# Grid cells a side and anchors a cell of the detector's layers.
ANCHOR_LAYERS = ((28, 2), (14, 2), (7, 6))

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Square:
    """A square of the picture: centre and side in pixels, and the turn of its upright axis in radians."""

    x: float
    y: float
    side: float
    turn: float


class BlazePose:
    """A `PoseEstimator` over the packaged networks.

    `threads` is how many the networks may use; without it all cores but the one that decodes the video.
    """

    def __init__(self, model: Model = "full", threads: int | None = None) -> None:
        threads = threads or max(1, (os.cpu_count() or 2) - 1)
        detector, landmarks = networks(model)
        self.model = model_name(model)
        self.runtime = f"LiteRT {version('ai-edge-litert')}"
        self._detector = _Network(detector, threads)
        self._landmarks = _Network(landmarks, threads)
        self._anchors = _anchors()
        self._square: _Square | None = None

    def look(self, picture: Picture) -> Body | None:
        """The person in the next picture, or None if there is none."""
        if self._square is not None and (body := self._follow(picture, self._square)) is not None:
            return body
        found = self._detect(picture, FOUND_AT)
        return self._follow(picture, found[0]) if found else None

    def people(self, picture: Picture) -> int:
        """How many persons are in the picture; slower than `look`, for a few pictures of many."""
        return len(self._detect(picture, COUNTED_AT))

    def _detect(self, picture: Picture, least: float) -> list[_Square]:
        """The square around each person, the surest first."""
        height, width = picture.shape[:2]
        size = max(height, width)
        whole = _Square(width / 2, height / 2, size, 0.0)
        seen = self._detector(_crop(picture, whole, DETECTOR_SIZE) / 127.5 - 1.0)
        scores = _sigmoid(seen["Identity_1"][0, :, 0])
        likely = np.flatnonzero(scores >= least)
        boxes, scores = seen["Identity"][0][likely].astype(np.float64) / DETECTOR_SIZE, scores[likely]
        centres = boxes[:, 0:2] + self._anchors[likely]
        low, high = centres - boxes[:, 2:4] / 2, centres + boxes[:, 2:4] / 2
        points = boxes[:, 4:].reshape(-1, 4, 2) + self._anchors[likely][:, None]
        squares: list[_Square] = []
        left = np.ones(len(likely), bool)
        while left.any():
            best = int(np.flatnonzero(left)[scores[left].argmax()])
            inter = np.clip(np.minimum(high, high[best]) - np.maximum(low, low[best]), 0, None).prod(1)
            union = (high - low).prod(1) + (high[best] - low[best]).prod() - inter
            same = left & (inter / np.maximum(union, 1e-9) > SAME_PERSON_IOU)
            same[best] = True
            left &= ~same
            weights = scores[same] / scores[same].sum()
            middle, reach = ((points[same] * weights[:, None, None]).sum(0) - 0.5)[:2] * size
            offset = np.array([width / 2, height / 2])
            square = _square(middle + offset, reach + offset)
            if not any(_near(square, other) for other in squares):
                squares.append(square)
        return squares

    def _follow(self, picture: Picture, square: _Square) -> Body | None:
        seen = self._landmarks(_crop(picture, square, LANDMARK_SIZE) / 255.0)
        if float(seen["Identity_1"].ravel()[0]) < FOLLOWED_AT:
            self._square = None
            return None
        raw = seen["Identity"].reshape(WITH_HELPERS, 5).astype(np.float64)
        places = raw[:, :2] / LANDMARK_SIZE
        _refine(places, seen["Identity_3"][0])
        c, s = math.cos(square.turn), math.sin(square.turn)
        x, y = (places - 0.5).T * square.side
        pixels = np.stack([square.x + c * x - s * y, square.y + s * x + c * y], axis=1)
        self._square = _square(pixels[LANDMARKS], pixels[LANDMARKS + 1])
        return Body(pixels[:LANDMARKS], _sigmoid(raw[:LANDMARKS, 3]))


class _Network:
    """A TFLite network with one input; its outputs by name."""

    def __init__(self, content: bytes, threads: int) -> None:
        with _silence():
            self._interpreter: Any = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = {
            one["name"].split(":")[0].rpartition("/")[2]: one["index"]
            for one in self._interpreter.get_output_details()
        }

    def __call__(self, values: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input, values[None])
        self._interpreter.invoke()
        return {name: self._interpreter.get_tensor(index) for name, index in self._outputs.items()}


@contextmanager
def _silence() -> Iterator[None]:
    """The runtime tells the terminal what it delegates to, below Python and past any setting."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _anchors() -> Floats:
    layers = []
    for cells, count in ANCHOR_LAYERS:
        middle = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middle, middle, indexing="ij")
        layers.append(np.repeat(np.stack([x.ravel(), y.ravel()], 1), count, axis=0))
    return np.concatenate(layers)


def _square(middle: Floats, reach: Floats) -> _Square:
    """The square around a body from the middle of its hips and a point on the circle around it."""
    x, y = reach - middle
    turn = math.pi / 2 - math.atan2(-y, x)
    turn -= 2 * math.pi * math.floor((turn + math.pi) / (2 * math.pi))
    return _Square(float(middle[0]), float(middle[1]), 2 * math.hypot(x, y) * SQUARE_SCALE, turn)


def _near(one: _Square, other: _Square) -> bool:
    apart = math.hypot(one.x - other.x, one.y - other.y)
    return apart < SAME_PERSON_NEAR * max(one.side, other.side)


def _crop(picture: Picture, square: _Square, size: int) -> NDArray[np.float32]:
    """The square as (size, size, 3), 0 to 255, by linear interpolation; black outside the picture."""
    scale = square.side / size
    c, s = scale * math.cos(square.turn), scale * math.sin(square.turn)
    half = size / 2
    whole = Image.frombuffer("RGBX", picture.shape[1::-1], picture, "raw", "RGBX", 0, 1)
    across = (c, -s, square.x - (c - s) * half)
    along = (s, c, square.y - (s + c) * half)
    cut = whole.transform((size, size), Image.Transform.AFFINE, (*across, *along), Image.Resampling.BILINEAR)
    return np.asarray(cut)[:, :, :3].astype(np.float32)


def _refine(places: Floats, heatmaps: NDArray[np.float32]) -> None:
    """Move each place (0 to 1 of the square) to what its heatmap says around it."""
    cells = (places * HEATMAP_SIZE).astype(int)
    around = cells[:, :, None] + np.arange(-HEATMAP_AROUND, HEATMAP_AROUND + 1)
    inside = (around >= 0) & (around < HEATMAP_SIZE)
    columns, lines = around.clip(0, HEATMAP_SIZE - 1).swapaxes(0, 1)
    number = np.arange(len(places))[:, None, None]
    chances = _sigmoid(heatmaps[lines[:, :, None], columns[:, None, :], number])
    chances *= inside[:, 1, :, None] & inside[:, 0, None, :]
    sure = ((cells >= 0) & (cells < HEATMAP_SIZE)).all(1) & (chances.max((1, 2)) >= HEATMAP_MIN)
    total = chances.sum((1, 2))
    across, along = (chances.sum(1) * columns).sum(1), (chances.sum(2) * lines).sum(1)
    places[sure] = np.stack([across, along], 1)[sure] / total[sure, None] / HEATMAP_SIZE


def _sigmoid(values: NDArray[Any]) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values.astype(np.float64), -80, 80))))
