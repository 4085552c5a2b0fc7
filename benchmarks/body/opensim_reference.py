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
from benchmarks.body.opensim_poses import GRID, POSES
from nextposture.body import anatomy

COORDINATES = ("L5_S1_Flex_Ext", "hip_flexion_r", "hip_adduction_r", "hip_rotation_r", "knee_angle_r")
BELOW = ("tibia", "patella")


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


def rows() -> list[tuple[str, str, float, float, float, float, float, float]]:
    """(pose, fascicle, length, moment arm about the coupled trunk, hip flexion, adduction, rotation, knee
    flexion)."""
    model, state = load()
    coordinates = model.getCoordinateSet()
    found = []
    for pose, (lumbar, hip, knee) in POSES.items():
        settings = {"L5_S1_Flex_Ext": lumbar, "hip_flexion_r": hip, "knee_angle_r": np.radians(knee)}
        for name in COORDINATES:
            coordinates.get(name).setValue(state, float(settings.get(name, 0.0)), False)
        model.assemble(state)
        model.realizePosition(state)
        for muscle in anatomy.muscles():
            crossing = muscle.path[-1].body in BELOW
            if pose in GRID and not crossing:
                continue
            path = opensim.Muscle.safeDownCast(model.getMuscles().get(f"{muscle.name}_r"))
            arms = [path.computeMomentArm(state, coordinates.get(name)) for name in COORDINATES]
            found.append((pose, muscle.name, path.getLength(state), *arms))
    return found


def main() -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    arms = ("trunk_m", "hip_flexion_m", "hip_adduction_m", "hip_rotation_m", "knee_m")
    out.writerow(["pose", "fascicle", "length_m", *arms])
    for row in rows():
        out.writerow([row[0], row[1], *(f"{np.round(v, 7):.7f}" for v in row[2:])])


if __name__ == "__main__":
    main()
