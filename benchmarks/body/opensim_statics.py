"""OpenSim's own static optimisation and joint reaction on the trunk, everything else locked: time and
activations.

`python -m benchmarks.body.opensim_statics FRAMES TOLERANCE` prints JSON: CPU seconds a frame of both
analyses, and for the last frame the activations and the matrix of the same problem (moment arm times force
about the three coupled lumbar coordinates), so that our solver can answer it too. The posture is neutral and
still.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import opensim

from benchmarks.body.opensim_model import model_file

TRUNK = ("rect_abd", "Ps_", "QL_", "MF_", "IL_", "LTp", "EO", "IO")
FREE = ("L5_S1", "L4_L5", "L3_L4", "L2_L3", "L1_L2", "L1_T12", "Abs")
INDEPENDENT = ("L5_S1_Flex_Ext", "L5_S1_Lat_Bending", "L5_S1_axial_rotation")


def stripped(folder: Path) -> Path:
    """The published model with the muscles of the trunk alone and every other coordinate locked."""
    model = opensim.Model(str(model_file()))
    forces = model.updForceSet()
    i = 0
    while i < forces.getSize():
        if not forces.get(i).getName().startswith(TRUNK):
            forces.remove(i)
        else:
            i += 1
    for k in range(forces.getSize()):
        muscle = opensim.DeGrooteFregly2016Muscle.safeDownCast(forces.get(k))
        muscle.set_ignore_tendon_compliance(True)
        muscle.set_ignore_activation_dynamics(True)
    coordinates = model.updCoordinateSet()
    for k in range(coordinates.getSize()):
        coordinate = coordinates.get(k)
        if not coordinate.getName().startswith(FREE) and "beta" not in coordinate.getName():
            coordinate.setDefaultLocked(True)
    model.finalizeConnections()
    model.initSystem()
    for name in INDEPENDENT:
        actuator = opensim.CoordinateActuator(name)
        actuator.setName(f"{name}_reserve")
        actuator.setOptimalForce(5.0)
        actuator.setMinControl(-1e3)
        actuator.setMaxControl(1e3)
        model.addForce(actuator)
    model.finalizeConnections()
    path = folder / "trunk.osim"
    model.printToXML(str(path))
    return path


def still_motion(path: Path, model: opensim.Model, frames: int) -> np.ndarray:
    coordinates = model.getCoordinateSet()
    names = [coordinates.get(k).getName() for k in range(coordinates.getSize())]
    table, labels = opensim.TimeSeriesTable(), opensim.StdVectorString()
    for name in names:
        labels.append(name)
    table.setColumnLabels(labels)
    times = np.arange(frames) * 0.01
    for t in times:
        row = opensim.RowVector(len(names), 0.0)
        for k, name in enumerate(names):
            row[k] = float(coordinates.get(name).getDefaultValue())
        table.appendRow(float(t), row)
    table.addTableMetaDataString("inDegrees", "no")
    opensim.STOFileAdapter.write(table, str(path))
    return times


def analyse(folder: Path, model_path: Path, times: np.ndarray, tolerance: float, reaction: bool) -> float:
    """Run one analysis; CPU seconds a frame."""
    tool = opensim.AnalyzeTool()
    tool.setName("reaction" if reaction else "statics")
    tool.setModelFilename(str(model_path))
    tool.setResultsDir(str(folder))
    tool.setCoordinatesFileName(str(folder / "still.sto"))
    tool.setLowpassCutoffFrequency(-1)
    tool.setInitialTime(float(times[0]))
    tool.setFinalTime(float(times[-1]))
    tool.setReplaceForceSet(False)
    if reaction:
        analysis = opensim.JointReaction()
        analysis.setForcesFileName(str(folder / "statics_StaticOptimization_force.sto"))
        analysis.setInFrame(opensim.ArrayStr("child", 1))
        analysis.setOnBody(opensim.ArrayStr("child", 1))
    else:
        analysis = opensim.StaticOptimization()
        analysis.setActivationExponent(2.0)
        analysis.setUseMusclePhysiology(True)
        analysis.setConvergenceCriterion(tolerance)
        analysis.setMaxIterations(200)
    analysis.setStartTime(float(times[0]))
    analysis.setEndTime(float(times[-1]))
    tool.getAnalysisSet().cloneAndAppend(analysis)
    path = folder / f"{tool.getName()}.xml"
    tool.printToXML(str(path))
    tool = opensim.AnalyzeTool(str(path))
    start = time.process_time()
    if not tool.run():
        raise RuntimeError("OpenSim's analysis failed")
    return (time.process_time() - start) / len(times)


def last_activations(folder: Path) -> dict[str, float]:
    lines = (folder / "statics_StaticOptimization_activation.sto").read_text(encoding="utf-8").splitlines()
    body = lines[lines.index("endheader") + 1 :]
    rows = list(csv.reader(body, delimiter="\t"))
    return {name: float(value) for name, value in zip(rows[0][1:], rows[-1][1:], strict=True) if name}


def matrix(model_path: Path) -> dict[str, list[float]]:
    """By muscle: moment (Nm) about the three coupled coordinates at full activation, in the neutral pose."""
    model = opensim.Model(str(model_path))
    state = model.initSystem()
    model.assemble(state)
    muscles, coordinates = model.getMuscles(), model.getCoordinateSet()
    model.equilibrateMuscles(state)
    found = {}
    for k in range(muscles.getSize()):
        muscle = muscles.get(k)
        muscle.setActivation(state, 1.0)
        model.realizeVelocity(state)
        force = muscle.calcInextensibleTendonActiveFiberForce(state, 1.0)
        found[muscle.getName()] = [
            muscle.computeMomentArm(state, coordinates.get(name)) * force for name in INDEPENDENT
        ]
    return found


def main() -> None:
    frames, tolerance = int(sys.argv[1]), float(sys.argv[2])
    opensim.Logger.setLevelString("error")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = stripped(folder)
        times = still_motion(folder / "still.sto", opensim.Model(str(path)), frames)
        statics = analyse(folder, path, times, tolerance, reaction=False)
        reaction = analyse(folder, path, times, tolerance, reaction=True)
        answer = {
            "frames": frames, "tolerance": tolerance, "statics_s": statics, "reaction_s": reaction,
            "activations": last_activations(folder), "matrix": matrix(path),
        }  # fmt: skip
    print("RESULT " + json.dumps(answer))


if __name__ == "__main__":
    main()
