"""Our lengths and moment arms on the geometry that the OpenSim reference was made with."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from nextposture.body import anatomy, sagittal
from nextposture.body.assembly import fascicle_names, model
from nextposture.body.hip import find_extensions, thomas_leg
from nextposture.body.person import Person, scales
from nextposture.body.postures import knee_pose

HERE = Path(__file__).parent
POSES = {
    "neutral": (0.0, 0.0, 0.0),
    "flexed": (-0.1, 0.0, 0.0),
    "extended, hip bent a little": (0.04, 0.1, 0.0),
    "flexed, hip bent": (-0.12, 0.5, 0.0),
    "hip extended": (0.0, -0.3, 0.0),
    "hip bent far": (0.0, 1.5, 0.0),
    "hip extended, knee bent": (0.0, -0.3, 80.0),
    "hip and knee bent": (0.0, 1.5, 90.0),
}
"""L5/S1 and hip flexion (rad), knee flexion (deg)."""

KNEE_BENT = ("hip extended, knee bent", "hip and knee bent")
"""Poses in which our knee, which moves in the sagittal plane alone, is not OpenSim's."""

COUPLING = np.array([1.0, 1.8571, 1.6429, 1.1429, 0.9286, 0.5714])
"""How the published model turns the joints above with L5/S1."""

LEFT_OUT = ("addbrev", "addlong", "addmagDist", "addmagIsch", "addmagMid", "semimem", "recfem")
"""Wrapped in the published model, straight in ours: leaving the cylinder out costs less than 2 mm of
length."""


def wrapped_names() -> set[str]:
    """Fascicles that wrap in ours, or whose chest wrap became via points."""
    return {m.name for m in anatomy.muscles() if m.cylinder} | {"LTpT_T1", "LTpT_T2", "LTpT_T3"}


def ours() -> dict[tuple[str, str], np.ndarray]:
    """(length, coupled trunk arm, hip flexion, adduction, rotation arm) by pose and fascicle, metres."""
    body = model(1, {"extensor_depth": 0.0})
    m, s = len(body.paths.on_body), len(body.paths.body0)
    found = {}
    for pose, (lumbar, hip, knee) in POSES.items():
        x = np.zeros(8)
        x[1:7], x[7] = lumbar * COUPLING, hip
        place, centre = np.empty((11, 4)), np.empty((7, 2))
        length, arm, line = np.empty(m), np.empty((9, m)), np.empty((s, 7))
        sagittal.place(body.frame, x, knee_pose(knee), place, centre)
        sagittal.muscle_paths(body.paths, body.frame, x, place, centre, length, arm, line)
        coupled = COUPLING @ arm[:6]
        for i, muscle in enumerate(anatomy.muscles()):
            found[pose, muscle.name] = np.array([length[i], coupled[i], *arm[6:9, i]])
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


def reference(path: Path = HERE / "opensim_reference.csv") -> dict[tuple[str, str], np.ndarray]:
    """The same from OpenSim."""
    with path.open(encoding="utf-8") as lines:
        return {
            (row["pose"], row["fascicle"]): np.array([float(v) for k, v in row.items() if k.endswith("_m")])
            for row in csv.DictReader(lines)
        }
