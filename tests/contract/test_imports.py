"""The import contract holds, and covers every domain package there is."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOMAIN = {"assessment", "body", "knowledge", "motion", "planning", "screening", "sitting", "studies"}


def test_import_contract_holds() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout


def test_contract_covers_every_domain_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    forbidden = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "forbidden")
    there = {path.name for path in (ROOT / "src/nextposture").iterdir() if (path / "__init__.py").is_file()}
    assert set(forbidden["source_modules"]) == {f"nextposture.{name}" for name in DOMAIN & there}
