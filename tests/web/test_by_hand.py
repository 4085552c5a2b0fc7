"""Readings typed in and a phone's, from the pages to the record, the histories and the assessment."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from tests.clinical.cases import base_clear
from tests.day_people import check_in_as

from nextposture.knowledge import check_answers, load
from nextposture.knowledge.phone import phone_table
from nextposture.record import check_ins, measurements
from nextposture.record.models import CheckIn, Measurement, Person
from nextposture.record.people import owner
from nextposture.selfcare import phone_pairing


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan."""
    check_in_as(owner(), "sitter")
    return owner()


def angle(**more: Any) -> dict[str, Any]:
    told = {
        "key": str(uuid.uuid4()),
        "side": "left",
        "instrument": "goniometer",
        "angle_1": "8",
        "way_1": "below",
        "flat": "true",
        "on": timezone.localdate().isoformat(),
    }
    return {**told, **more}


def amount(value: Any, **more: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "amount": value, "on": timezone.localdate().isoformat(), **more}


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


# ---- The angle


def test_a_goniometer_reading_is_kept_with_a_clinicians_band(owner_client: Client, person: Person) -> None:
    answer = owner_client.post("/measure/thomas/by-hand/", angle(), follow=True)
    kept = Measurement.objects.get()
    assert (kept.measure, kept.side, kept.method, kept.model) == ("hip_extension", "left", "goniometer", "")
    assert (kept.value, kept.error, kept.pelvis_held) == (8, 6, True)
    assert kept.detail["quality"] == "good"
    told = words(answer)
    assert "the thigh came to 8 degrees past straight" in told
    assert (
        "Give or take 6 degrees: anything from 2 degrees past straight to 14 degrees past straight." in told
    )
    assert "It does not say that a muscle is short" in told


@pytest.mark.parametrize(
    ("instrument", "method", "model"), [("app", "phone", "level app"), ("page", "phone", "phone page")]
)
def test_a_phones_reading_has_the_wider_band_and_the_mean_of_the_goes(
    owner_client: Client, person: Person, instrument: str, method: str, model: str
) -> None:
    goes = {"angle_2": "4", "way_2": "above", "angle_3": "2", "way_3": "below"}
    owner_client.post("/measure/thomas/by-hand/", angle(instrument=instrument, **goes))
    kept = Measurement.objects.get()
    assert (kept.method, kept.model, kept.value, kept.error) == (method, model, 2, 10)
    assert [go["thigh"] for go in kept.detail["trials"]] == [8, -4, 2]
    assert kept.detail["quality"] == "poor"  # the goes lie 12 degrees apart, and the page says so
    assert "The goes lie 12 degrees apart." in words(owner_client.get(f"/measure/kept/{kept.key}/"))


@pytest.mark.parametrize(("flat", "held"), [("false", False), ("unknown", None)])
def test_without_a_flat_back_the_value_stays_unknown(
    owner_client: Client, person: Person, flat: str, held: bool | None
) -> None:
    answer = owner_client.post("/measure/thomas/by-hand/", angle(flat=flat), follow=True)
    kept = Measurement.objects.get()
    assert (kept.value, kept.pelvis_held, kept.detail["not_counted"]) == (None, held, 8)
    assert "left open" in words(answer)
    assert "Left open" in words(owner_client.get("/measure/thomas/readings/"))
    assert measurements.hip_extension(person) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"side": ""}, "Say which side it was."),
        ({"side": "both"}, "Say which side it was."),
        ({"instrument": ""}, "readings of different tools are kept apart"),
        ({"instrument": "ruler"}, "Choose one of the tools."),
        ({"angle_1": ""}, "Give the angle. Level is 0."),
        ({"angle_1": "-8"}, "without a sign"),
        ({"angle_1": "eight"}, "as a number of degrees"),
        ({"angle_1": "nan"}, "as a number of degrees"),
        ({"angle_1": "90"}, "No thigh is further from level than 60 degrees"),
        ({"angle_1": "55"}, "No thigh is more than 40 degrees below level"),
        ({"way_1": ""}, "below or above level"),
        ({"angle_2": "7"}, "below or above level"),
        ({"flat": ""}, "If nobody looked, choose Not known"),
        ({"on": "2999-01-01"}, "still to come"),
        ({"on": "1999-01-01"}, "more than ten years ago"),
        ({"on": "yesterday"}, "like 2026-03-28"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    owner_client: Client, person: Person, change: dict[str, str], said: str
) -> None:
    answer = owner_client.post("/measure/thomas/by-hand/", angle(**change, angle_3="11"))
    assert answer.status_code == 422
    assert said in words(answer)
    assert 'value="11"' in answer.content.decode()
    assert not Measurement.objects.exists()


def test_level_needs_no_direction(owner_client: Client, person: Person) -> None:
    owner_client.post("/measure/thomas/by-hand/", angle(angle_1="0", way_1=""))
    assert Measurement.objects.get().value == 0


def test_sent_twice_it_is_kept_once_and_taken_out_it_stays_out(owner_client: Client, person: Person) -> None:
    told = angle()
    for _ in range(2):
        owner_client.post("/measure/thomas/by-hand/", told)
    kept = Measurement.objects.get()
    owner_client.post(f"/measure/kept/{kept.key}/take-out/")
    owner_client.post("/measure/thomas/by-hand/", told)
    assert measurements.all_series(person) == ()
    assert "Nothing is measured yet" in words(owner_client.get("/measure/thomas/readings/"))


# ---- Holds and counts


@pytest.mark.parametrize(
    ("test", "value", "side", "said"),
    [
        ("plank", "61.5", "", "You: 62 seconds."),
        ("single_leg_bridge", "40", "right", "Your right side: 40 seconds."),
        ("sit_to_stand", "15", "", "You: 15 times."),
        ("plank", "0", "", "You: 0 seconds."),
    ],
)
def test_what_was_timed_or_counted_by_hand_is_kept(
    owner_client: Client, person: Person, test: str, value: str, side: str, said: str
) -> None:
    answer = owner_client.post(
        f"/measure/{test}/by-hand/", amount(value, **({"side": side} if side else {})), follow=True
    )
    kept = Measurement.objects.get()
    assert (kept.measure, kept.method, kept.value, kept.side) == (test, "timer", float(value), side)
    assert said in words(answer)
    assert "timed or counted by hand" in words(answer).lower()


@pytest.mark.parametrize(
    ("test", "change", "said"),
    [
        ("plank", {"amount": ""}, "How many seconds? Give a number"),
        ("plank", {"amount": "-1"}, "below 0"),
        ("plank", {"amount": "4000"}, "More than 3600 seconds is not kept"),
        ("plank", {"amount": "inf"}, "Give a number."),
        ("sit_to_stand", {"amount": "7.5"}, "whole number"),
        ("sit_to_stand", {"amount": "101"}, "More than 100 times is not kept"),
        ("single_leg_bridge", {"amount": "40"}, "Say which side it was."),
    ],
)
def test_an_amount_that_cannot_be_is_said(
    owner_client: Client, person: Person, test: str, change: dict[str, str], said: str
) -> None:
    answer = owner_client.post(f"/measure/{test}/by-hand/", {**amount("1"), **change})
    assert (answer.status_code, Measurement.objects.count()) == (422, 0)
    assert said in words(answer)


def test_another_day_is_kept_as_that_day(owner_client: Client, person: Person) -> None:
    on = timezone.localdate() - timedelta(days=20)
    owner_client.post("/measure/plank/by-hand/", amount("50", on=on.isoformat()))
    owner_client.post("/measure/plank/by-hand/", amount("70"))
    first, second = Measurement.objects.order_by("at")
    assert timezone.localtime(first.at).date() == on
    assert (first.value, second.value) == (50, 70)


def test_unknown_tests_have_no_page(owner_client: Client, person: Person) -> None:
    for path in ("/measure/arm/by-hand/", "/measure/arm/readings/"):
        assert owner_client.get(path).status_code == 404


# ---- Histories and the assessment


def test_histories_never_mix_tools_and_say_what_differs_by_more_than_the_band(
    owner_client: Client, person: Person
) -> None:
    for days, value, instrument in (
        (30, "8", "goniometer"),
        (20, "12", "goniometer"),
        (10, "22", "app"),
        (0, "19", "goniometer"),
    ):
        on = timezone.localdate() - timedelta(days=days)
        owner_client.post(
            "/measure/thomas/by-hand/", angle(angle_1=value, instrument=instrument, on=on.isoformat())
        )
    told = words(owner_client.get("/measure/thomas/readings/"))
    by_goniometer, by_app = told.split("own level app")  # the tool with the newest reading stands first
    assert [re.findall(r"(\d+) degrees past straight", part) for part in (by_goniometer, by_app)] == [
        ["19", "12", "8"],
        ["22"],
    ]
    assert "That is 7 degrees more than last time." in by_goniometer
    assert "differs by 4 degrees. A reading can be off by as much" in by_goniometer
    assert "The first." in by_app
    newest = Measurement.objects.order_by("at").last()
    assert newest is not None
    assert "That is 7 degrees more than last time." in words(owner_client.get(f"/measure/kept/{newest.key}/"))


def test_norms_stand_only_where_they_were_sampled(owner_client: Client, person: Person) -> None:
    def told(**answers: Any) -> str:
        known = load()
        CheckIn.objects.all().delete()
        check_ins.finish(
            known,
            CheckIn.objects.create(
                person=person,
                answers=check_answers(known.inputs, {**base_clear(), "sitting_hours_day": 9, **answers}),
            ),
        )
        return words(owner_client.post("/measure/plank/by-hand/", amount("60"), follow=True))

    assert "Men of 18 to 25" in told(age_years=22, sex="male")
    assert "Men of 18 to 25" not in told(age_years=22, sex="female")
    assert "of 18 to 25" not in told(age_years=40, sex="male")


def test_both_sides_by_hand_reach_the_assessment(owner_client: Client, person: Person) -> None:
    for side, value in (("left", "5"), ("right", "20")):
        owner_client.post("/measure/thomas/by-hand/", angle(side=side, angle_1=value))
    owner_client.post("/measure/plank/by-hand/", amount("33"))
    answers = measurements.as_answers(load(), person, timezone.now(), None)
    assert answers["hip_ext_deg_worst"] == 5
    assert answers["pelvis_controlled"] is True
    assert answers["plank_s"] == 33


# ---- Who may


@pytest.mark.parametrize(
    "path",
    [
        "/measure/phone/",
        "/measure/phone/here/",
        "/measure/thomas/by-hand/",
        "/measure/plank/by-hand/",
        "/measure/plank/readings/",
    ],
)
def test_nothing_is_measured_before_a_check_in_or_while_a_danger_sign_stands(
    owner_client: Client, db: None, path: str
) -> None:
    assert "Write it down" not in words(owner_client.get(path))
    check_in_as(owner(), "emergency")
    shut = owner_client.get(path)
    assert "Start the sensor" not in words(shut)
    assert "Write it down" not in words(shut)
    owner_client.post("/measure/plank/by-hand/", amount("60"))
    assert owner_client.post("/measure/phone/open/", {"address": "127.0.0.1"}).status_code != 302
    assert not Measurement.objects.exists()
    assert phone_pairing.opened_by(owner()) is None


def test_every_page_is_for_the_owner_alone(client: Client, db: None) -> None:
    for path in (
        "phone/",
        "phone/here/",
        "phone/pair/",
        "phone/pair/state/",
        "plank/by-hand/",
        "plank/readings/",
    ):
        assert client.get(f"/measure/{path}").status_code == 403, path
    for path in ("phone/open/", "phone/keep/", "phone/pair/cancel/"):
        assert client.post(f"/measure/{path}").status_code == 403, path


# ---- The phone's page on this device


def goes(*told: tuple[str, float, bool | None]) -> dict[str, Any]:
    listed = [{"side": side, "thigh": thigh, "flat": flat} for side, thigh, flat in told]
    return {"key": str(uuid.uuid4()), "goes": listed}


def keep(client: Client, told: Any) -> Any:
    body = told if isinstance(told, str) else json.dumps(told)
    return client.post("/measure/phone/keep/", body, content_type="application/json")


def test_what_the_page_on_this_device_measured_is_kept_by_side(owner_client: Client, person: Person) -> None:
    told = goes(("left", 8, True), ("right", 3, False), ("left", 6, True), ("left", -20, False))
    assert keep(owner_client, told).status_code == 200
    assert keep(owner_client, told).status_code == 200
    left, right = Measurement.objects.order_by("side")
    assert (left.value, left.pelvis_held, left.error, left.detail["quality"]) == (7, True, 10, "fair")
    assert "2 of 3 goes." in words(owner_client.get(f"/measure/kept/{left.key}/"))
    assert (right.value, right.pelvis_held) == (None, False)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("{", 400),
        ("[]", 422),
        ("[" * 2000, 400),
        ("x" * 3000, 413),
        ({"goes": []}, 422),
        ({**goes(), "goes": [{"side": "left", "thigh": 5, "flat": True}], "key": "x"}, 422),
        (goes(("both", 5, True)), 422),
        (goes(("left", "5", True)), 422),  # type: ignore[arg-type]
        (goes(("left", float("nan"), True)), 422),
        (goes(("left", 60, True)), 422),
        (goes(("left", 5, "yes")), 422),  # type: ignore[arg-type]
        (goes(*[("left", 5, True)] * 4), 422),
        (goes(("left", 5, True), ("right", 70, True)), 422),
    ],
)
def test_what_no_page_of_ours_sends_is_refused_whole(
    owner_client: Client, person: Person, told: Any, status: int
) -> None:
    assert keep(owner_client, told).status_code == status
    assert not Measurement.objects.exists()


def test_a_form_of_another_page_keeps_nothing(person: Person) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner().user)
    assert keep(strict, goes(("left", 5, True))).status_code == 403
    assert not Measurement.objects.exists()


# ---- Pairing, from the pages' side


@pytest.fixture
def at_home(settings: Any, person: Person) -> Iterator[None]:
    settings.PHONE_ADDRESS = "127.0.0.1"
    yield
    phone_pairing.close(person)


def test_no_port_is_open_until_it_is_asked_for_and_after_it_is_cancelled(
    owner_client: Client, person: Person, at_home: None
) -> None:
    owner_client.get("/measure/phone/")
    assert phone_pairing.opened_by(person) is None
    assert owner_client.get("/measure/phone/pair/").status_code == 302
    assert owner_client.post("/measure/phone/open/", {"address": "127.0.0.1"}).status_code == 302
    opened = phone_pairing.opened_by(person)
    assert opened is not None
    page = owner_client.get("/measure/phone/pair/").content.decode()
    assert opened.pairing.link in page
    assert "<svg" in page
    assert owner_client.get("/measure/phone/pair/state/").json() == {"phase": "waiting"}
    owner_client.post("/measure/phone/pair/cancel/")
    assert not opened.pairing.open
    assert owner_client.get("/measure/phone/pair/state/").json() == {"phase": "closed"}


def test_the_phones_page_asks_for_nothing_else_and_its_policy_allows_nothing_else(
    owner_client: Client, person: Person, at_home: None
) -> None:
    opened = phone_pairing.open_for(person, "127.0.0.1")
    with httpx.Client(verify=False, trust_env=False, timeout=60) as phone:
        page = phone.get(opened.pairing.link)
    assert page.status_code == 200
    asked = re.findall(r'(?:src|href)="([^"#][^"]*)"', page.text)
    assert asked == ["data:,"]
    assert "@import" not in page.text
    assert "import " not in page.text.split('<script type="module">')[1].split("</script>")[0].replace(
        "// ", ""
    )
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert len(page.content) < 100_000


def test_opening_again_closes_the_one_before(owner_client: Client, person: Person, at_home: None) -> None:
    first = phone_pairing.open_for(person, "127.0.0.1")
    second = phone_pairing.open_for(person, "127.0.0.1")
    assert not first.pairing.open
    assert second.pairing.open


def test_only_an_own_address_is_opened(owner_client: Client, person: Person, at_home: None) -> None:
    answer = owner_client.post("/measure/phone/open/", {"address": "0.0.0.0"})
    assert answer.status_code == 422
    assert "another address by now" in words(answer)
    assert phone_pairing.opened_by(person) is None


def test_a_server_for_many_opens_no_port(owner_client: Client, settings: Any, at_home: None) -> None:
    settings.LOCAL = False
    assert "Join a phone" not in words(owner_client.get("/measure/phone/"))
    assert owner_client.post("/measure/phone/open/", {"address": "127.0.0.1"}).status_code == 422
    assert phone_pairing.opened_by(owner()) is None


def test_without_a_network_the_other_ways_stand(
    owner_client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone_pairing, "local_addresses", lambda: ())
    told = words(owner_client.get("/measure/phone/"))
    assert "on no local network now" in told
    assert "Type the angle in" in told


def test_the_table_keeps_to_its_limits() -> None:
    pairing = phone_table().pairing
    assert pairing.certificate_days <= 90
    assert pairing.open_s <= 900
