"""Where the published OpenSim model file is: named by OPENSIM_MODEL, or inside an installed pose2sim."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

INSIDE = Path("OpenSim_Setup") / "Model_Pose2Sim_muscles_flex.osim"


def model_file() -> Path:
    """The model file. Raises FileNotFoundError that says what to do."""
    named = os.environ.get("OPENSIM_MODEL")
    if named and Path(named).is_file():
        return Path(named)
    spec = find_spec("Pose2Sim")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / INSIDE).is_file():
            return Path(place) / INSIDE
    raise FileNotFoundError("set OPENSIM_MODEL to Model_Pose2Sim_muscles_flex.osim, or install pose2sim")


def available() -> bool:
    """Whether OpenSim and the model file are both here."""
    try:
        model_file()
    except FileNotFoundError:
        return False
    return find_spec("opensim") is not None
