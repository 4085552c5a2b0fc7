"""Lengths and moment arms from OpenSim on the geometry of our tables, psoas re-routed as in them.

Needs OpenSim and the model file; prints CSV. `python -m benchmarks.body.opensim_reference > ...` made the
frozen `tests/validation/body/opensim_reference.csv`.
"""

from __future__ import annotations

import csv
import sys

import numpy as np
import opensim

from benchmarks.body.opensim_model import model_file
from nextposture.body import anatomy

POSES = {
    "neutral": {},
    "flexed": {"L5_S1_Flex_Ext": -0.1},
    "extended, hip bent a little": {"L5_S1_Flex_Ext": 0.04, "hip_flexion_r": 0.1},
    "flexed, hip bent": {"L5_S1_Flex_Ext": -0.12, "hip_flexion_r": 0.5},
    "hip extended": {"hip_flexion_r": -0.3},
    "hip bent far": {"hip_flexion_r": 1.5},
    "hip extended, knee bent": {"hip_flexion_r": -0.3, "knee_angle_r": np.radians(80.0)},
    "hip and knee bent": {"hip_flexion_r": 1.5, "knee_angle_r": np.radians(90.0)},
}
COORDINATES = ("L5_S1_Flex_Ext", "hip_flexion_r", "hip_adduction_r", "hip_rotation_r")


def reroute_psoas(model: opensim.Model) -> None:
    """Lead every psoas fascicle over the brim to the femur, round the published psoas cylinder."""
    femur = model.getBodySet().get("femur_r")
    cylinder = model.getBodySet().get("pelvis").getWrapObject("PS_at_brim_r")
    for muscle in anatomy.muscles():
        if muscle.group != "psoas":
            continue
        path = opensim.Muscle.safeDownCast(model.getMuscles().get(f"{muscle.name}_r")).updGeometryPath()
        for number, point in enumerate(muscle.path[2:]):
            path.appendNewPathPoint(f"{muscle.name}-to-femur-{number}", femur, opensim.Vec3(*point.at))
        path.addPathWrap(cylinder)
        wrap = path.updWrapSet().get(0)  # between the second and third point only
        wrap.set_range(0, 2)
        wrap.set_range(1, 3)


def load() -> tuple[opensim.Model, opensim.State]:
    opensim.Logger.setLevelString("error")
    model = opensim.Model(str(model_file()))
    reroute_psoas(model)
    model.finalizeConnections()
    return model, model.initSystem()


def rows() -> list[tuple[str, str, float, float, float, float, float]]:
    """(pose, fascicle, length, moment arm about the coupled trunk, hip flexion, adduction, rotation)."""
    model, state = load()
    coordinates = model.getCoordinateSet()
    found = []
    for pose, settings in POSES.items():
        for name in (*COORDINATES, "knee_angle_r"):
            coordinates.get(name).setValue(state, float(settings.get(name, 0.0)), False)
        model.assemble(state)
        model.realizePosition(state)
        for muscle in anatomy.muscles():
            path = opensim.Muscle.safeDownCast(model.getMuscles().get(f"{muscle.name}_r"))
            arms = [path.computeMomentArm(state, coordinates.get(name)) for name in COORDINATES]
            found.append((pose, muscle.name, path.getLength(state), *arms))
    return found


def main() -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(
        ["pose", "fascicle", "length_m", "trunk_m", "hip_flexion_m", "hip_adduction_m", "hip_rotation_m"]
    )
    for row in rows():
        out.writerow([row[0], row[1], *(f"{np.round(v, 7):.7f}" for v in row[2:])])


if __name__ == "__main__":
    main()
