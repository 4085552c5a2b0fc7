"""The measure pages: what a reading says, what is left open, and which pages may use the camera."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as, give_plan
from tests.live_server import LiveServer

from nextposture.knowledge import load
from nextposture.pose import parts
from nextposture.record import measurements
from nextposture.record.models import Measurement
from nextposture.record.people import owner


@pytest.fixture
def client(owner_client: Client) -> Client:
    """The owner with a plan to follow."""
    check_in_as(owner(), "sitter")
    return owner_client


def keep(value: float | None, days_ago: int = 0, **more: Any) -> Measurement:
    told = {"measure": "hip_extension", "side": "left", "error": 10.0, "pelvis_held": True}
    return measurements.keep(
        load(),
        owner(),
        uuid.uuid4(),
        method="camera",
        at=timezone.now() - timedelta(days=days_ago),
        value=value,
        **{"model": "BlazePose full", "runtime": "here", **told, **more},
    )


def shown(client: Client, kept: Measurement) -> str:
    page = client.get(f"/measure/kept/{kept.key}/")
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def test_the_list_has_every_test_and_the_newest_readings(client: Client) -> None:
    keep(-8.0, days_ago=3)
    newest = keep(4.0)
    page = client.get("/measure/").content.decode()
    for name in ("Modified Thomas test", "Single-leg bridge hold", "Forearm plank hold", "Sit to stand"):
        assert name in page
    assert "4 degrees past straight" in page
    assert "8 degrees short" not in page
    assert str(newest.key) in page


def test_a_reading_has_three_lines_with_its_band(client: Client) -> None:
    page = shown(client, keep(-8.0))
    assert "the thigh came to 8 degrees short of straight. Below straight on this reading." in page
    assert (
        "Give or take 10 degrees: anything from 18 degrees short of straight to 2 degrees past straight"
        in page
    )
    assert "does not say that a muscle is short" in page


def test_a_band_narrower_than_a_second_is_not_told_as_none(client: Client) -> None:
    plank = {"measure": "plank", "side": "", "pelvis_held": None, "error": 0.5}
    page = shown(client, keep(62.0, **plank))
    assert "Give or take 0.5 seconds: anything from 61.5 seconds to 62.5 seconds" in page


def test_a_difference_within_the_band_is_no_change(client: Client) -> None:
    keep(-8.0, days_ago=20)
    assert "tells no change" in shown(client, keep(1.0))


def test_a_difference_beyond_the_band_is_told(client: Client) -> None:
    keep(-8.0, days_ago=20)
    assert "That is 13 degrees more than last time" in shown(client, keep(5.0))


def test_readings_of_another_model_are_not_compared(client: Client) -> None:
    keep(-8.0, days_ago=20, model="BlazePose lite")
    assert "last time" not in shown(client, keep(5.0))


@pytest.mark.parametrize("flat", [False, None])
def test_without_a_flat_back_the_result_stays_open(client: Client, flat: bool | None) -> None:
    page = shown(client, keep(12.0, pelvis_held=flat))
    assert "left open" in page
    assert "12 degrees" not in page


def test_norms_are_those_of_the_persons_age_and_sex_only(client: Client) -> None:
    plank = {"measure": "plank", "side": "", "pelvis_held": None, "error": None}
    assert "People of your age" not in shown(client, keep(90.0, **plank))


def test_a_reading_can_be_taken_out(client: Client) -> None:
    kept = keep(3.0)
    client.post(f"/measure/kept/{kept.key}/take-out/")
    assert client.get(f"/measure/kept/{kept.key}/").status_code == 404
    assert "3 degrees" not in client.get("/measure/").content.decode()


def test_what_is_not_there_is_not_found(client: Client) -> None:
    assert client.get(f"/measure/kept/{uuid.uuid4()}/").status_code == 404
    assert client.get("/measure/handstand/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["emergency", "today", "unfinished"])
@pytest.mark.parametrize("path", ["/measure/", "/measure/thomas/"])
def test_danger_signs_come_before_any_test(owner_client: Client, name: str, path: str) -> None:
    check_in_as(owner(), name)
    page = owner_client.get(path)
    assert "Start the camera" not in page.content.decode()
    assert "Measure it" not in page.content.decode()


def test_only_pages_of_the_camera_may_use_it(app: LiveServer) -> None:
    give_plan(app.data)
    with app.sign_in() as browser:
        for path, may in (
            ("/measure/plank/", True),
            ("/measure/", False),
            ("/today/", False),
            ("/session/", False),
        ):
            headers = browser.get(path).headers
            assert ("camera=(self)" in headers["permissions-policy"]) is may, path
            assert ("wasm-unsafe-eval" in headers["content-security-policy"]) is may, path
            assert "unsafe-inline" not in headers["content-security-policy"]
            assert "'unsafe-eval'" not in headers["content-security-policy"]


def test_the_parts_are_served_as_what_they_are_and_kept_for_ever(app: LiveServer) -> None:
    kinds = {
        "vision_bundle.mjs": "text/javascript",
        "vision_wasm_module_internal.wasm": "application/wasm",
        "pose_landmarker_full.task": "application/octet-stream",
        "LICENSE": "",
        "NOTICE": "",
    }
    for name, kind in kinds.items():
        answer = httpx.get(f"{app.origin}/static/{parts.address(name)}", timeout=60)
        assert answer.status_code == 200, name
        assert answer.headers["content-type"].startswith(kind or "application/octet-stream"), name
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == (parts.FOLDER / name).read_bytes()


def test_the_worker_may_ask_nobody_else(app: LiveServer) -> None:
    give_plan(app.data)
    with app.sign_in() as browser:
        page = browser.get("/measure/plank/").text
        worker = page.partition('"worker": "')[2].partition('"')[0]
        policy = browser.get(worker).headers["content-security-policy"]
    assert policy == "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
