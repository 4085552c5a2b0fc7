"""Pictures of a video file, with the time and the way up that the container says."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import av.error
import numpy as np
from av.video.reformatter import Interpolation

from nextposture.pose.estimator import Picture

LONGEST_SIDE = 1280
"""Pixels. Larger pictures are made smaller first; the networks look at 256 of them."""

SEEK_FROM_S = 1.0
AHEAD = 8
"""Pictures that are decoded ahead, while the networks look at one."""


class VideoError(Exception):
    """Why a file cannot be used; the message is one line that says what to change."""


@dataclass(frozen=True)
class VideoFacts:
    """Width and height in pixels, the right way up; seconds it lasts, or None if it does not say."""

    width: int
    height: int
    duration_s: float | None


@dataclass(frozen=True)
class VideoPicture:
    """One picture: seconds since the first one, from the container's own times, and what it shows."""

    t_s: float
    picture: Picture


def facts(path: Path) -> VideoFacts:
    """What the file says of itself. Raises VideoError if it is no video."""
    # One thread: several would decode many pictures before they tell of the first.
    with _open(path, threads="NONE") as container:
        stream = container.streams.video[0]
        first = next(_decoded(path, container), None)
        if first is None:
            raise VideoError(f"{path} holds no picture. Choose a video that plays.")
        height, width = _upright(first).shape[:2]
        length = stream.duration and float(stream.duration * (stream.time_base or 0))
        return VideoFacts(width, height, length or (container.duration or 0) / av.time_base or None)


def pictures(path: Path, start_s: float = 0.0, end_s: float | None = None) -> Iterator[VideoPicture]:
    """The pictures from `start_s` to `end_s`, decoded in a thread of their own.

    Raises VideoError if the file is no video or breaks off.
    """
    waiting: queue.Queue[VideoPicture | Exception | None] = queue.Queue(AHEAD)
    enough = threading.Event()

    def offer(one: VideoPicture | Exception | None) -> None:
        while not enough.is_set():
            try:
                waiting.put(one, timeout=0.2)
                return
            except queue.Full:
                continue

    def decode() -> None:
        try:
            for one in _pictures(path, start_s, end_s):
                if enough.is_set():
                    return
                offer(one)
            offer(None)
        except Exception as problem:
            offer(problem)

    thread = threading.Thread(target=decode, daemon=True)
    thread.start()
    try:
        while (one := waiting.get()) is not None:
            if isinstance(one, Exception):
                raise one
            yield one
    finally:
        enough.set()
        thread.join()


def _pictures(path: Path, start_s: float, end_s: float | None) -> Iterator[VideoPicture]:
    with _open(path) as container:
        stream = container.streams.video[0]
        first: float | None = None
        if stream.start_time is not None and stream.time_base and start_s > SEEK_FROM_S:
            # From the last whole picture before: what comes earlier need not be decoded.
            first = float(stream.start_time * stream.time_base)
            container.seek(stream.start_time + int(start_s / stream.time_base), stream=stream)
        for number, frame in enumerate(_decoded(path, container)):
            # Times are the container's: phones record at a rate that varies.
            at = frame.time if frame.time is not None else number / 30
            first = at if first is None else first
            t = at - first
            if end_s is not None and t > end_s:
                return
            if t >= start_s:
                yield VideoPicture(t, _upright(frame))


def _open(path: Path, threads: Literal["AUTO", "NONE"] = "AUTO") -> av.container.InputContainer:
    if not path.exists():
        raise VideoError(f"{path} is not there. Check its name.")
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as problem:
        raise VideoError(f"{path} is not a video that can be read. Try an MP4 file.") from problem
    if not container.streams.video:
        container.close()
        raise VideoError(f"{path} has no picture in it. Choose a video.")
    container.streams.video[0].thread_type = threads
    return container


def _decoded(path: Path, container: av.container.InputContainer) -> Iterator[av.VideoFrame]:
    try:
        yield from container.decode(video=0)
    except av.error.FFmpegError as problem:
        raise VideoError(f"{path} breaks off or is damaged. Try to record or copy it again.") from problem


def _upright(frame: av.VideoFrame) -> Picture:
    scale = min(1.0, LONGEST_SIDE / max(frame.width, frame.height))
    small = frame.reformat(
        width=max(2, round(frame.width * scale / 2) * 2),
        height=max(2, round(frame.height * scale / 2) * 2),
        format="rgba",
        interpolation=Interpolation.BILINEAR,
    )
    picture: Picture = small.to_ndarray().astype(np.uint8, copy=False)
    # The display matrix turns counter-clockwise, as numpy does.
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, quarters))
