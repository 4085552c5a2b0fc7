"""The locks pin everything by hash and name no address, so that any mirror serves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
BUILD_FILES = [
    *LOCKS,
    *(ROOT / name for name in ("package-lock.json", "package.json", "pyproject.toml", "Makefile", ".ci/run")),
]


def pins(lock: Path) -> dict[str, list[str]]:
    """`name==version ; marker` -> its hashes."""
    entries: dict[str, list[str]] = {}
    requirement = ""
    for line in lock.read_text().splitlines():
        if line.startswith("    --hash="):
            entries[requirement].append(line.strip(" \\").removeprefix("--hash="))
        else:
            requirement = line.strip(" \\")
            entries[requirement] = []
    return entries


def test_there_is_a_lock_for_each_purpose() -> None:
    assert [lock.stem for lock in LOCKS] == [
        "app",
        "bench",
        "body",
        "bones",
        "build",
        "clinic",
        "media",
        "oracles",
        "studies",
        "test",
        "video",
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_one_version_with_sha256_hashes(lock: Path) -> None:
    assert pins(lock)
    for requirement, hashes in pins(lock).items():
        assert re.match(r"[a-z0-9-]+==[\w.]+($| ;)", requirement), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", hash_) for hash_ in hashes), requirement


def everywhere(lock: Path) -> dict[str, list[str]]:
    """`name==version` -> its hashes, wherever it is installed."""
    return {requirement.partition(" ;")[0]: hashes for requirement, hashes in pins(lock).items()}


@pytest.mark.parametrize("lock", ["app.lock", "body.lock", "build.lock", "studies.lock"])
def test_tests_run_with_the_versions_that_people_get(lock: str) -> None:
    tested = everywhere(ROOT / "requirements/test.lock")
    used = everywhere(ROOT / "requirements" / lock)
    assert {name: tested.get(name) for name in used} == used


def test_npm_lock_has_integrity_and_exact_versions() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if name and not package.get("inBundle"):  # those are within another package, and its hash
            assert package["integrity"].startswith("sha512-"), name
    for version in packages[""]["dependencies"].values():
        assert re.fullmatch(r"[\d.]+", version)


@pytest.mark.parametrize("file", BUILD_FILES, ids=lambda file: file.name)
def test_no_address_is_named(file: Path) -> None:
    text = file.read_text()
    assert "://" not in text
    assert not re.search(r"index-url|find-links|resolved", text.replace("registry-resolved", ""))
