"""Measurements: kept once, never mixed, and settling the factors that wait for them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinical.cases import base_clear
from tests.day_people import check_in_as

from nextposture.knowledge import load
from nextposture.record import check_ins, measurements
from nextposture.record.models import CheckIn, Measurement, Person
from nextposture.record.people import owner

NOW = timezone.now()


@pytest.fixture
def person(db: None) -> Person:
    return owner()


def keep(person: Person, value: float | None, days_ago: float = 0, **other: Any) -> Measurement:
    told = {
        "measure": "hip_extension",
        "side": "left",
        "method": "camera",
        "model": "blaze",
        "pelvis_held": True,
    }
    at: datetime = NOW - timedelta(days=days_ago)
    return measurements.keep(load(), person, uuid.uuid4(), value=value, at=at, **{**told, **other})


def factors(person: Person, **answers: Any) -> dict[str, str]:
    told = {**base_clear(), "sitting_hours_day": 9, "sex": "female", **answers}
    check_in = CheckIn.objects.create(person=person, answers=told)
    states: dict[str, str] = check_ins.finish(load(), check_in).result["factors"]
    return states


# ---- Keeping


def test_a_key_counts_once_and_does_not_come_back(person: Person) -> None:
    key = uuid.uuid4()
    told: dict[str, Any] = {"measure": "plank", "method": "timer", "at": NOW}
    first = measurements.keep(load(), person, key, value=40, **told)
    assert measurements.keep(load(), person, key, value=90, **told) == first
    measurements.take_out(person, key, NOW)
    measurements.keep(load(), person, key, value=90, **told)
    assert measurements.latest(person, "plank") is None
    assert Measurement.objects.get().value == 40


def test_the_error_is_the_tables_for_who_takes_it(person: Person) -> None:
    assert keep(person, 3).error == 10
    assert keep(person, 3, method="goniometer", model="").error == 6
    assert keep(person, 3, error=8.5).error == 8.5
    assert keep(person, 40, measure="plank", side="", method="timer", pelvis_held=None).error is None


@pytest.mark.parametrize("held", [False, None])
def test_without_the_pelvis_held_there_is_no_value(person: Person, held: bool | None) -> None:
    kept = keep(person, -12, pelvis_held=held)
    assert kept.value is None
    assert kept.detail == {"not_counted": -12}
    assert measurements.hip_extension(person) == {}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"measure": "arm"}, "no measure 'arm'"),
        ({"side": "both"}, "left or right"),
        ({"method": "guess"}, "method must be one of"),
        ({"value": 95}, "not from -60 to 40 degrees"),
    ],
)
def test_what_cannot_be_is_refused_in_words(person: Person, other: dict[str, Any], words: str) -> None:
    with pytest.raises(measurements.MeasurementError, match=words):
        keep(person, **{"value": 3, **other})
    assert not Measurement.objects.exists()


# ---- Series


def test_models_methods_and_sides_are_never_in_one_series(person: Person) -> None:
    keep(person, -5, 30)
    keep(person, 4, 20, model="other")
    keep(person, 6, 10, method="goniometer", model="")
    keep(person, 1, 5)
    keep(person, 9, 5, side="right")
    found = measurements.series(person, "hip_extension", "left")
    assert [(one.method, one.model, [row.value for row in one.readings]) for one in found] == [
        ("camera", "other", [4]),
        ("goniometer", "", [6]),
        ("camera", "blaze", [-5, 1]),
    ]
    assert {side: one.value for side, one in measurements.hip_extension(person).items()} == {
        "left": 1,
        "right": 9,
    }
    assert len(measurements.all_series(person)) == 4


@pytest.mark.parametrize(("after", "real"), [(5, False), (5.1, True), (-15, False), (-15.5, True)])
def test_a_change_counts_only_beyond_the_band(person: Person, after: float, real: bool) -> None:
    keep(person, -5, 20)
    one = measurements.series(person, "hip_extension", "left")[-1]
    assert measurements.since_last(load(), one) is None
    keep(person, after)
    change = measurements.since_last(load(), measurements.series(person, "hip_extension", "left")[-1])
    assert change is not None
    assert (change.by, change.beyond, change.real, change.meaningful) == (
        pytest.approx(after + 5),
        10,
        real,
        False,
    )


def test_without_a_known_error_nobody_says_whether_a_change_is_real(person: Person) -> None:
    for days, value in ((20, 30), (0, 90)):
        keep(person, value, days, measure="plank", side="", method="timer", model="", pelvis_held=None)
    change = measurements.since_first(load(), measurements.series(person, "plank")[0])
    assert change is not None
    assert change.real is None
    assert not change.meaningful


def test_three_times_more_in_sit_to_stand_is_real(person: Person) -> None:
    for days, value in ((20, 11), (10, 13), (0, 14)):
        keep(person, value, days, measure="sit_to_stand", side="", method="timer", model="", pelvis_held=None)
    one = measurements.series(person, "sit_to_stand")[0]
    last, first = measurements.since_last(load(), one), measurements.since_first(load(), one)
    assert last is not None
    assert first is not None
    assert (last.real, first.real) == (False, True)


# ---- Factors


def test_measured_on_both_sides_settles_the_hip(person: Person) -> None:
    assert factors(person)["F_HIPFLEX"] == "unknown"
    keep(person, 8)
    keep(person, 6, side="right")
    assert factors(person)["F_HIPFLEX"] == "absent"


def test_one_side_settles_only_what_the_other_cannot_change(person: Person) -> None:
    keep(person, 8)
    assert factors(person)["F_HIPFLEX"] == "unknown"
    keep(person, -4)
    assert factors(person)["F_HIPFLEX"] == "present"


def test_without_the_pelvis_held_the_hip_stays_unknown(person: Person) -> None:
    for side in ("left", "right"):
        keep(person, -12, pelvis_held=False, side=side)
    assert factors(person)["F_HIPFLEX"] == "unknown"


def test_two_ways_of_measuring_are_not_put_together(person: Person) -> None:
    keep(person, 8, 2, side="right")
    keep(person, 7, method="goniometer", model="")
    assert factors(person)["F_HIPFLEX"] == "unknown"


def test_plank_and_bridge_settle_theirs(person: Person) -> None:
    timed: dict[str, Any] = {"method": "timer", "model": "", "pelvis_held": None}
    keep(person, 120, measure="plank", side="", **timed)
    for side, value in (("left", 60), ("right", 33)):
        keep(person, value, measure="single_leg_bridge", side=side, **timed)
    found = factors(person, age_years=30)
    assert (found["F_TRUNK"], found["F_HIPEXT"]) == ("absent", "possible")


def test_an_old_reading_answers_nothing(person: Person) -> None:
    keep(person, -8, 200)
    assert factors(person)["F_HIPFLEX"] == "unknown"


def test_what_is_newer_counts_told_or_measured(person: Person) -> None:
    keep(person, 120, 3, measure="plank", side="", method="timer", model="", pelvis_held=None)
    assert factors(person, age_years=30, plank_s=20)["F_TRUNK"] == "present"
    check_in = check_ins.open_check_in(person, {"plank_s": 20})
    assert check_in.answers["plank_s"] == 20
    # One that was taken after the last check-in began stands in place of what was told then.
    CheckIn.objects.filter(finished_at__isnull=False).update(started_at=NOW - timedelta(days=9))
    check_in.delete()
    assert check_ins.open_check_in(person, {"plank_s": 20}).answers["plank_s"] == 120


def test_measuring_after_a_check_in_settles_the_result_at_once(owner_client: Client, person: Person) -> None:
    check_in_as(person, "sitter")
    later = timezone.now() + timedelta(minutes=1)
    for side in ("left", "right"):
        measurements.keep(
            load(),
            person,
            uuid.uuid4(),
            measure="hip_extension",
            side=side,
            method="camera",
            model="blaze",
            at=later,
            value=9,
            pelvis_held=True,
        )
    page = owner_client.get("/result/").content.decode()
    assert 'data-factor="F_HIPFLEX" data-state="absent"' in page
