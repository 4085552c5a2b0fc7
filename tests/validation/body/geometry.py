"""Our lengths and moment arms on the geometry that the OpenSim reference was made with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from benchmarks.body.opensim_poses import POSES

from nextposture.body import anatomy, sagittal
from nextposture.body.assembly import Floats, Model, fascicle_names, model
from nextposture.body.hip import find_extensions, thomas_leg
from nextposture.body.knee import knee_pose
from nextposture.body.person import Person, scales

HERE = Path(__file__).parent
STEP = 1e-3  # deg of knee flexion

COUPLING = np.array([1.0, 1.8571, 1.6429, 1.1429, 0.9286, 0.5714])
"""How the published model turns the joints above with L5/S1."""

LEFT_OUT = ("addbrev", "addlong", "addmagIsch")
"""Wrapped in the published model, straight in ours: leaving the cylinder out costs less than 2 mm of
length between 30 deg of hip extension and 120 of flexion, the knee straight or bent to 120."""


def wrapped_names() -> set[str]:
    """Fascicles that wrap in ours, or whose chest wrap became via points."""
    return {m.name for m in anatomy.muscles() if m.cylinder} | {"LTpT_T1", "LTpT_T2", "LTpT_T3"}


def lengths_and_arms(body: Model, lumbar: float, hip: float, knee: float) -> tuple[Floats, Floats]:
    """Lengths (m) and arms (9, m), metres, at L5/S1 and hip flexion in rad and knee flexion in deg."""
    m, s = len(body.paths.on_body), len(body.paths.body0)
    x = np.zeros(8)
    x[1:7], x[7] = lumbar * COUPLING, hip
    place, centre = np.empty(sagittal.POSE), np.empty((7, 2))
    length, arm, line = np.empty(m), np.empty((9, m)), np.empty((s, 7))
    sagittal.place(body.frame, x, knee_pose(knee), place, centre)
    sagittal.muscle_paths(body.paths, body.frame, x, place, centre, length, arm, line)
    return length, arm


def ours() -> dict[tuple[str, str], Floats]:
    """(length, coupled trunk arm, hip flexion, adduction, rotation, knee arm) by pose and fascicle, metres.

    The knee is no coordinate of the model, so its arm is the slope of the length over it, nan at the ends of
    its range."""
    body = model(1, {"extensor_depth": 0.0})
    found = {}
    for pose, (lumbar, hip, knee) in POSES.items():
        length, arm = lengths_and_arms(body, lumbar, hip, knee)
        coupled, about_knee = COUPLING @ arm[:6], np.full(len(length), np.nan)
        if 0.0 < knee < 120.0:
            before, after = (lengths_and_arms(body, lumbar, hip, knee + d)[0] for d in (-STEP, STEP))
            about_knee = -(after - before) / np.radians(2.0 * STEP)
        for i, muscle in enumerate(anatomy.muscles()):
            found[pose, muscle.name] = np.array([length[i], coupled[i], *arm[6:9, i], about_knee[i]])
    return found


def crossing_the_knee() -> set[str]:
    """Fascicles that end below the knee."""
    return {m.name for m in anatomy.muscles() if m.path[-1].body in ("tibia", "patella")}


def thomas(longer: dict[str, float]) -> tuple[float, float]:
    """Hip extension (deg) of the default person and with a tenth of shortening, fascicles taken to be so much
    (m) too long."""
    body = model(1)
    slack = body.fibres.slack.copy()
    for name, metres in longer.items():
        slack[fascicle_names(1).index(name)] += metres
    body = body._replace(fibres=body.fibres._replace(slack=slack))
    rows, found = np.array([scales(Person(), share) for share in (0.0, 0.1)]), np.empty(2)
    find_extensions(body, *thomas_leg(), rows, found)
    return float(found[0]), float(found[1])


def reference(path: Path = HERE / "opensim_reference.csv") -> dict[tuple[str, str], Floats]:
    """The same from OpenSim."""
    with path.open(encoding="utf-8") as lines:
        return {
            (row["pose"], row["fascicle"]): np.array([float(v) for k, v in row.items() if k.endswith("_m")])
            for row in csv.DictReader(lines)
        }
