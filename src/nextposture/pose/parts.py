"""The files that find a person in a picture: the browser's runtime and the networks for both ways.

The build (`hatch_build.py`, `pose_bundle.py`) fills `FOLDER`. They are served as they are, from under a name
that changes with them: 27 MB that no data folder should hold a copy of.
"""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Literal, get_args

FOLDER = Path(__file__).parent / "parts"
Model = Literal["full", "lite"]
"""`full` is the rule; `lite` takes two thirds of the time and is for slow machines. How far their
angles differ is in docs/camera.md ("Two models"), so nothing of one is ever compared with the other."""

MODELS: tuple[Model, ...] = get_args(Model)
BROWSER_RUNTIME = "mediapipe tasks-vision 0.10.35, CPU"
DETECTOR, LANDMARKS = "pose_detector.tflite", "pose_landmarks_detector.tflite"


@cache
def edition() -> str:
    """A name of the parts' content. Raises FileNotFoundError where the build did not fill the folder."""
    return (FOLDER / ".made-from").read_text()[:12]


def address(name: str) -> str:
    """Where a file of `FOLDER` is served, below the static files' own prefix."""
    return f"pose/{edition()}/{name}"


def model_name(model: Model) -> str:
    """What a measurement says saw it."""
    return f"BlazePose {model} 0.5.1675469404"


def networks(model: Model) -> tuple[bytes, bytes]:
    """The network that finds a person and the one that finds landmarks, as TFLite files."""
    with zipfile.ZipFile(FOLDER / f"pose_landmarker_{model}.task") as bundle:
        return bundle.read(DETECTOR), bundle.read(LANDMARKS)
