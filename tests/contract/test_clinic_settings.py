"""Every variable that sets up a clinic's server is told of in docs/clinic.md and passed on by compose."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SETTINGS = (ROOT / "src/nextposture/site/clinic_settings.py").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
IN_THE_IMAGE = {"NEXTPOSTURE_DATA"}
"""What the Dockerfile sets."""


def read_by_settings() -> set[str]:
    code = SETTINGS.partition('"""')[2].partition('"""')[2]
    return set(re.findall(r"NEXTPOSTURE_[A-Z_]+", code)) | IN_THE_IMAGE


def test_every_variable_is_documented() -> None:
    docs = (ROOT / "docs/clinic.md").read_text()
    told = SETTINGS.partition('"""')[2].partition('"""')[0]
    for name in read_by_settings():
        assert f"`{name}`" in docs, name
        assert name in told, name
    assert set(re.findall(r"NEXTPOSTURE_[A-Z_]+", docs)) <= read_by_settings()


def test_compose_passes_every_variable_to_web_and_tasks() -> None:
    dockerfile = (ROOT / "docker/Dockerfile").read_text()
    for service in ("web", "tasks"):
        passed = set(COMPOSE["services"][service]["environment"])
        assert passed == read_by_settings() - IN_THE_IMAGE
    assert all(f"{name}=" in dockerfile for name in IN_THE_IMAGE)


def test_compose_names_only_what_it_has() -> None:
    services, text = COMPOSE["services"], (ROOT / "docker/compose.yaml").read_text()
    for one in services.values():
        assert set(one.get("depends_on", ())) <= set(services)
        for awaited, how in one.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in services[awaited]
        named = {volume.partition(":")[0] for volume in one.get("volumes", ())}
        assert named <= set(COMPOSE["volumes"])
    asked = set(re.findall(r"\$\{(\w+)", text))
    assert asked <= read_by_settings() | {"POSTGRES_PASSWORD"}
