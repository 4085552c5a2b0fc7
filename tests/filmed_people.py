"""Real people on film, from packages that show them; `make test` fetches these beside the app."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

MEDIA = Path(__file__).parents[1] / ".venv/media"
WALK = MEDIA / "Sports2D/Demo/demo.mp4"
"""A woman walks from right to left, seen from her left side, alone in the picture from 2.0 to 5.3 s."""

WALK_S = (2.0, 5.3)
ONE_LEG = MEDIA / "Pose2Sim/Demo_SinglePerson"
"""A man steps and leans on one leg, seen by four cameras at once, with their calibration."""

SEVERAL = MEDIA / "Pose2Sim/Demo_MultiPerson/videos/cam01.mp4"

Picture = NDArray[np.uint8]


def fake_camera(path: Path) -> Path:
    """The walk as Chromium's fake camera plays it (in a loop), cut so that the woman fills the picture."""
    with av.open(str(WALK)) as film, av.open(str(path), "w", format="mjpeg") as out:
        stream = out.add_stream("mjpeg", rate=30)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        number = 0
        for frame in film.decode(video=0):
            if not WALK_S[0] <= (frame.time or 0) <= WALK_S[1]:
                continue
            whole = frame.to_ndarray(width=1280, height=720, format="rgb24")
            # She moves 207 pixels a second to the left.
            left = int(np.clip(1000 - 207 * ((frame.time or 0) - WALK_S[0]) - 240, 0, 800))
            cut = np.ascontiguousarray(whole[345:705, left : left + 480])
            shown = av.VideoFrame.from_ndarray(cut, format="rgb24").reformat(640, 480, "yuvj420p")
            shown.pts = number
            number += 1
            out.mux(stream.encode(shown))
        out.mux(stream.encode())
    return path


def write_video(
    path: Path, pictures: list[Picture], times_s: list[float] | None = None, rotation: int = 0
) -> Path:
    """A small MP4 of these pictures (height, width, 3), each at its time.

    `rotation`: degrees that a player turns it clockwise, as a phone held upright asks for.
    """
    with av.open(str(path), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=30)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            at = times_s[number] if times_s else number / 30
            frame.pts, frame.time_base = round(at * 1000), Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    if rotation:
        path.write_bytes(_turned(path.read_bytes(), rotation))
    return path


def _turned(mp4: bytes, degrees: int) -> bytes:
    """The file with the display matrix of its track header set (ISO/IEC 14496-12, 8.3.2)."""
    one = 1 << 16
    c, s = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    matrix = b"".join(value.to_bytes(4, "big", signed=True) for value in (c, s, 0, -s, c, 0, 0, 0, 1 << 30))
    at = mp4.index(b"tkhd") + 4 + 40
    return mp4[:at] + matrix + mp4[at + 36 :]
