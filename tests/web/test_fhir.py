"""The bundle is FHIR that another system can use, and resources give their values back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from tests.history import live_through

from nextposture.interop import archive
from nextposture.interop import fhir_resources as fhir
from nextposture.interop.bundle import BundleError, about_person, bundle_of, check, native_in
from nextposture.knowledge import load
from nextposture.record.models import CheckIn, Measurement, Person, Rating
from nextposture.record.people import owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    someone = owner()
    live_through(someone, timezone.now())
    return someone


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_bundle_is_whole_and_names_nobody(person: Person) -> None:
    bundle = bundle_of(person)
    addresses = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(addresses) == len(set(addresses))
    assert set(references(bundle)) <= set(addresses)
    kinds = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
    assert {"Patient", "Device", "QuestionnaireResponse", "Observation", "Flag", "CarePlan", "Goal"} <= set(
        kinds
    )
    assert kinds["Patient"] == 1 and "Condition" not in kinds
    (patient,) = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Patient"]
    assert set(patient) == {"resourceType", "identifier"}
    text = json.dumps(bundle)
    assert "snomed" not in text
    assert set(re.findall(r'"system": "(http[^"]*)"', text)) <= {
        "http://loinc.org",
        "http://unitsofmeasure.org",
    }


def test_plan_waits_and_flags_stand_as_the_screening_says(person: Person) -> None:
    bundle = bundle_of(person)
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert [one["status"] for one in resources if one["resourceType"] == "CarePlan"] == [
        "completed",
        "completed",
        "active",
    ]
    assert {one["status"] for one in resources if one["resourceType"] == "Flag"} == {"inactive"}
    from tests.day_people import check_in_as

    check_in_as(person, "two_weeks")
    resources = [entry["resource"] for entry in bundle_of(person)["entry"]]
    assert [one["status"] for one in resources if one["resourceType"] == "CarePlan"][-1] == "on-hold"
    assert [
        one["code"]["text"]
        for one in resources
        if one["resourceType"] == "Flag" and one["status"] == "active"
    ]


def test_answers_ratings_and_measurements_come_back_from_their_resources(person: Person) -> None:
    known, about = load(), about_person(person)
    check_in = CheckIn.objects.filter(person=person).latest("pk")
    check_in.answers = {**check_in.answers, "fever": "dk", "ces_sexual": "pna", "thoracic": None}
    told = {name: value for name, value in check_in.answers.items() if value is not None}
    assert fhir.answers_from(fhir.check_in_response(about, known, check_in)) == told
    for rating in Rating.objects.filter(person=person):
        back = fhir.rating_from(fhir.rating_observation(about, rating))
        assert back == {"measure": rating.measure, "at": rating.at, "value": rating.value}
    for one in Measurement.objects.filter(person=person):
        back = fhir.measurement_from(fhir.measurement_observation(about, one))
        assert back == {name: getattr(one, name) for name in back} and len(back) == 10


def test_pain_is_in_loinc_and_an_own_code_is_ours(person: Person) -> None:
    about = about_person(person)
    codes = {}
    for measure in ("pain_now", "pain_avg_7d"):
        rating = Rating.objects.filter(person=person, measure=measure)[0]
        codes[measure] = fhir.rating_observation(about, rating)["code"]["coding"][0]
    assert codes["pain_now"]["system"] == "http://loinc.org" and codes["pain_now"]["code"] == "72514-3"
    assert codes["pain_avg_7d"]["system"] == "urn:nextposture:codes"


def test_checker_refuses_what_is_not_fhir() -> None:
    with pytest.raises(BundleError):
        check({"resourceType": "Observation", "status": "final"})
    with pytest.raises(BundleError):
        check({"resourceType": "Patient", "nickname": "x"})


def test_changed_document_in_a_bundle_is_refused(person: Person) -> None:
    bundle = bundle_of(person)
    attachment = bundle["entry"][-1]["resource"]["content"][0]["attachment"]
    attachment["data"] = attachment["data"][:-8] + "AAAAAAA="
    with pytest.raises(archive.ImportRefusedError, match="damaged"):
        native_in(bundle)
