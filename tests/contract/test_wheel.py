"""The wheel installs with pip alone, needs no npm, and runs."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import httpx
import pytest
from tests.live_server import LiveServer

from nextposture import __version__

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (made,) = folder.iterdir()
    return made


def test_wheel_holds_pages_tables_fonts_and_their_licences(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for ending in (
        "site/static/vendor/source-sans-3/source-sans-3-latin-wght-normal.woff2",
        "site/static/vendor/source-sans-3/LICENSE",
        "site/static/vendor/source-serif-4/source-serif-4-latin-wght-normal.woff2",
        "site/static/vendor/source-serif-4/LICENSE",
        "pose/parts/vision_bundle.mjs",
        "pose/parts/vision_wasm_module_internal.wasm",
        "pose/parts/pose_landmarker_full.task",
        "pose/parts/pose_landmarker_lite.task",
        "pose/parts/LICENSE",
        "pose/parts/NOTICE",
        "pose/parts/.made-from",
        "site/static/vendor/three/three.module.js",
        "site/static/vendor/three/LICENSE",
        "site/static/vendor/myo-sim/bones.bin",
        "site/static/vendor/myo-sim/LICENSE",
        "site/templates/base.html",
        "record/migrations/0001_initial.py",
        "py.typed",
    ):
        assert f"nextposture/{ending}" in names
    assert [name for name in names if name.endswith(".yaml")]


def test_wheel_runs_where_nothing_else_is_installed(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/app.lock")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    program = str(scripts / "nextposture")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert told.stdout == f"Next Posture {__version__}\n"
    server = LiveServer(tmp_path, program=(program,)).start(first=True)
    try:
        with server.sign_in() as browser:
            page = browser.get("/")
            assert page.status_code == 200
            stylesheet = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert httpx.get(server.origin + stylesheet, timeout=60).status_code == 200
    finally:
        server.kill()
