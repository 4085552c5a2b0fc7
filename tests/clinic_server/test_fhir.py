"""The FHIR API: what it can do, who may see what, pages, writing, bundles, tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from fhir.resources.R4B import get_fhir_model_class
from oauth2_provider.models import AccessToken, Application

from nextposture.clinic import consents, referrals
from nextposture.clinic.fhir.kinds import KINDS
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Availability,
    Clinic,
    Consent,
    Membership,
    Message,
)
from nextposture.record.models import CheckIn, Measurement, Person, PlanDecision, Rating
from tests.clinic_server.records import check_in
from tests.clinical.cases import answers_of, vignettes

SignedIn = Callable[[User | None], Client]


class Api:
    """A client with a token of these scopes."""

    def __init__(self, user: User, scopes: str) -> None:
        application, _ = Application.objects.get_or_create(
            name="a client", client_type="confidential", authorization_grant_type="authorization-code"
        )
        token = AccessToken.objects.create(
            user=user,
            application=application,
            token=f"token-{AccessToken.objects.count()}",
            expires=timezone.now() + timedelta(hours=1),
            scope=scopes,
        )
        self.client = Client(headers={"Authorization": f"Bearer {token.token}"})

    def get(self, address: str, status: int = 200) -> dict[str, Any]:
        answer = self.client.get(f"/fhir/{address}")
        return self._read(answer, status)

    def send(self, method: str, address: str, resource: Any, status: int) -> dict[str, Any]:
        answer = getattr(self.client, method)(
            f"/fhir/{address}", json.dumps(resource), content_type="application/fhir+json"
        )
        return self._read(answer, status)

    def _read(self, answer: Any, status: int) -> dict[str, Any]:
        assert answer.status_code == status, answer.content
        assert answer["Content-Type"].startswith("application/fhir+json")
        resource = json.loads(answer.content)
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        return dict(resource)


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    bo = staff("bo@harbour.example")
    for weekday in range(7):
        Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(0), ends=time(23, 55))
    return bo


@pytest.fixture
def referred(person: Person, clinic: Clinic) -> Person:
    check_in(person)
    referrals.refer(person, clinic, ["result", "answers", "plan", "progress", "measurements"], timezone.now())
    return person


@pytest.fixture
def ann(referred: Person) -> Api:
    return Api(referred.user, "patient/*.read patient/*.write")


@pytest.fixture
def practice(bo: Membership) -> Api:
    return Api(bo.user, "user/*.read user/*.write")


# ---- What it can do


def test_metadata_is_open_and_names_every_kind(db: None) -> None:
    answer = Client().get("/fhir/metadata")
    assert answer.status_code == 200
    told = json.loads(answer.content)
    get_fhir_model_class("CapabilityStatement").model_validate(told)
    assert {one["type"] for one in told["rest"][0]["resource"]} == set(KINDS)
    assert told["fhirVersion"] == "4.0.1"


def test_strangers_get_an_outcome_and_nothing_else(referred: Person) -> None:
    for kind in KINDS:
        answer = Client().get(f"/fhir/{kind}")
        assert answer.status_code == 401
        assert json.loads(answer.content)["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_valid_fhir_to_both_sides(kind: str, ann: Api, practice: Api, referred: Person) -> None:
    for asker in (ann, practice):
        found = asker.get(f"{kind}?_count=200")
        entries = found.get("entry", [])
        assert found["total"] == len(entries) or found["total"] > 200
        for entry in entries[:3]:
            assert asker.get(f"{kind}/{entry['resource']['id']}") == entry["resource"]


# ---- Who sees what


def test_a_clinic_sees_the_items_it_may_see(practice: Api, referred: Person, clinic: Clinic) -> None:
    assert practice.get("QuestionnaireResponse")["total"] == 1
    consents.withdraw(referred, clinic, timezone.now(), item="answers")
    assert practice.get("QuestionnaireResponse")["total"] == 0
    assert practice.get("CarePlan")["total"] == 1
    consents.withdraw(referred, clinic, timezone.now())
    for kind in ("CarePlan", "Observation", "Flag", "Goal", "Provenance"):
        assert practice.get(kind)["total"] == 0, kind


def test_what_a_clinic_reads_is_in_the_trail(practice: Api, referred: Person) -> None:
    practice.get("Observation")
    assert AuditEvent.objects.get().what == "Observation through the API"


def test_another_person_and_another_clinic_see_nothing(
    referred: Person, account: Callable[[str], User], staff: Callable[..., Membership], ann: Api
) -> None:
    eve = Api(account("eve@example.org"), "patient/*.read patient/*.write")
    cy = Api(staff("cy@else.example", at=Clinic.objects.create(name="Elsewhere")).user, "user/*.read")
    for kind in (
        "QuestionnaireResponse",
        "Observation",
        "CarePlan",
        "ServiceRequest",
        "Consent",
        "AuditEvent",
    ):
        mine = ann.get(kind).get("entry", [])
        for other in (eve, cy):
            assert other.get(kind)["total"] == 0
            for entry in mine[:2]:
                other.get(f"{kind}/{entry['resource']['id']}", 404)
                assert other.get(f"{kind}?patient=Patient/{referred.pk}")["total"] == 0


def test_scopes_are_kept_to(referred: Person) -> None:
    narrow = Api(referred.user, "patient/Observation.read")
    narrow.get("Observation")
    narrow.get("CarePlan", 403)
    narrow.send("post", "Goal", {"resourceType": "Goal"}, 403)


def test_expired_and_foreign_tokens_are_refused(referred: Person, ann: Api) -> None:
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    ann.get("Observation", 401)


# ---- Searching


def test_pages_link_to_the_next(ann: Api, referred: Person) -> None:
    for number in range(7):
        Rating.objects.create(person=referred, measure="pain_now", value=number)
    first = ann.get("Observation?code=72514-3&_count=3")
    seen = [entry["resource"]["id"] for entry in first["entry"]]
    links = {link["relation"]: link["url"] for link in first["link"]}
    while "next" in links:
        page = ann.get(links["next"].partition("/fhir/")[2])
        seen += [entry["resource"]["id"] for entry in page["entry"]]
        links = {link["relation"]: link["url"] for link in page["link"]}
    assert len(seen) == len(set(seen)) == first["total"] >= 7


def test_searches_by_code_date_and_status(ann: Api, referred: Person) -> None:
    Rating.objects.create(person=referred, measure="pain_now", value=3, at=datetime(2020, 5, 5, tzinfo=UTC))
    assert ann.get("Observation?code=http://loinc.org|72514-3&date=2020-05-05")["total"] == 1
    assert ann.get("Observation?code=urn:other|72514-3&date=2020-05-05")["total"] == 0
    assert ann.get("Observation?date=lt2020-05-05")["total"] == 0
    assert ann.get("Observation?date=ge2020-05-05&date=le2020-05-06")["total"] >= 1
    assert ann.get("CarePlan?status=active")["total"] == 1
    assert ann.get("ServiceRequest?priority=routine,urgent")["total"] == 1


@pytest.mark.parametrize(
    "asked", ["Observation?colour=red", "Observation?date=yesterday", "Observation?_count=many", "Nothing"]
)
def test_what_is_not_understood_is_refused_with_words(ann: Api, asked: str) -> None:
    told = ann.get(asked, 400)
    assert told["issue"][0]["diagnostics"]


# ---- Writing


def test_a_check_in_comes_in_and_is_screened(person: Person) -> None:
    ann, answers = Api(person.user, "patient/*.write patient/*.read"), answers_of(vignettes()[20])
    items = []
    for name, value in answers.items():
        kind = {bool: "valueBoolean", int: "valueInteger", float: "valueDecimal"}.get(type(value))
        answer = {kind: value} if kind else {"valueCoding": {"code": value}}
        items.append({"linkId": name, "answer": [answer]})
    response = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": "urn:nextposture:questionnaire:check-in",
        "status": "completed",
        "item": items,
    }
    made = ann.send("post", "QuestionnaireResponse", response, 201)
    assert made["status"] == "completed" and CheckIn.objects.get().outcome.urgency == "ROUTINE_PHYSIO"
    items[0]["answer"] = [{"valueInteger": 4000}]
    refused = ann.send("post", "QuestionnaireResponse", response, 422)
    assert "age_years" in refused["issue"][0]["diagnostics"]
    assert CheckIn.objects.filter(finished_at=None).count() in {0, 1}


def measurement(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "urn:nextposture:codes", "code": "mtt-hip-extension"}]},
        "effectiveDateTime": "2026-11-01T10:00:00+00:00",
        "method": {"coding": [{"code": "goniometer"}]},
        "bodySite": {"coding": [{"code": "left"}]},
        "valueQuantity": {"value": -4, "code": "deg", "system": "http://unitsofmeasure.org"},
        "component": [
            {"code": {"coding": [{"code": "error"}]}, "valueQuantity": {"value": 6}},
            {"code": {"coding": [{"code": "pelvis-held"}]}, "valueBoolean": True},
        ],
        **more,
    }


def test_a_practitioner_adds_a_measurement_and_the_person_sees_who(
    practice: Api, referred: Person, ann: Api
) -> None:
    subject = {"reference": f"Patient/{referred.pk}"}
    practice.send("post", "Observation", measurement(subject=subject), 201)
    row = Measurement.objects.get()
    assert (row.side, row.value, row.error, row.pelvis_held) == ("left", -4, 6, True)
    assert "a measurement" in AuditEvent.objects.get(action="added").what
    assert ann.get("Observation?code=mtt-hip-extension")["total"] == 1
    practice.send("post", "Observation", measurement(subject={"reference": "Patient/99999"}), 422)


def test_a_practitioner_decides_about_a_plan_with_the_same_checks_as_on_the_page(
    practice: Api, ann: Api, referred: Person
) -> None:
    def plan() -> dict[str, Any]:
        return practice.get("CarePlan")["entry"][0]["resource"]  # type: ignore[no-any-return]

    def detail_of(resource: dict[str, Any], item: str) -> dict[str, Any]:
        found = [
            one["detail"]
            for one in resource["activity"]
            if one["detail"]["code"]["coding"][0]["code"] == item
        ]
        return found[0]  # type: ignore[no-any-return]

    def with_reps(value: int) -> dict[str, Any]:
        resource = plan()
        (dose,) = detail_of(resource, "EX_BRIDGE")["extension"]
        next(one for one in dose["extension"] if one["url"] == "reps")["valueInteger"] = value
        return resource

    sent = with_reps(99)
    refused = practice.send("put", f"CarePlan/{sent['id']}", sent, 422)
    assert refused["issue"][0]["diagnostics"] == "reps: From 8 to 15."
    assert "CarePlan.activity[" in refused["issue"][0]["expression"][0]
    sent = with_reps(12)
    detail_of(sent, "EX_BRIDGE")["extension"].append({"url": "urn:nextposture:locked", "valueBoolean": True})
    detail_of(sent, "EX_PLANK").update({"status": "stopped", "statusReason": {"text": "The shoulder first."}})
    ann.send("put", f"CarePlan/{sent['id']}", sent, 403)
    kept = practice.send("put", f"CarePlan/{sent['id']}", sent, 200)
    assert [(one.item, one.kind) for one in PlanDecision.objects.order_by("pk")] == [
        ("EX_BRIDGE", "locked"),
        ("EX_PLANK", "left_out"),
    ]
    assert "12 repetitions" in detail_of(kept, "EX_BRIDGE")["description"]
    practice.send("put", f"CarePlan/{sent['id']}", sent, 409)
    practice.send("put", f"CarePlan/{sent['id']}", plan(), 200)
    assert PlanDecision.objects.count() == 2, "what is sent back unchanged decides nothing"
    agents = [one["resource"]["agent"][0]["who"] for one in ann.get("Provenance")["entry"]]
    assert any(one.get("display", "").startswith("Bo, physiotherapist") for one in agents)


def test_goals_messages_and_consents_are_written_and_ended(
    ann: Api, practice: Api, referred: Person, clinic: Clinic
) -> None:
    goal = {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "walk to work"},
        "subject": {"reference": f"Patient/{referred.pk}"},
    }
    made = ann.send("post", "Goal", goal, 201)
    ended = ann.send("put", f"Goal/{made['id']}", {**goal, "lifecycleStatus": "cancelled"}, 200)
    assert ended["lifecycleStatus"] == "cancelled"
    practice.send("post", "Goal", goal, 403)
    message = {
        "resourceType": "Communication",
        "status": "completed",
        "recipient": [{"reference": f"Organization/{clinic.pk}"}],
        "payload": [{"contentString": "May I swim?"}],
    }
    ann.send("post", "Communication", message, 201)
    assert Message.objects.get().text == "May I swim?"
    agreed = ann.get("Consent?status=active")["entry"][0]["resource"]
    ann.send("put", f"Consent/{agreed['id']}", {**agreed, "status": "inactive"}, 200)
    assert Consent.objects.get(pk=int(agreed["id"])).withdrawn_at


def test_an_appointment_is_asked_for_taken_once_and_cancelled(
    ann: Api, practice: Api, referred: Person, bo: Membership
) -> None:
    slot = ann.get(f"Slot?schedule=Schedule/{bo.pk}&_count=50")["entry"][20]["resource"]
    wanted = {
        "resourceType": "Appointment",
        "status": "proposed",
        "start": slot["start"],
        "end": slot["end"],
        "participant": [
            {"actor": {"reference": f"Practitioner/{bo.pk}"}, "status": "needs-action"},
            {"actor": {"reference": f"Patient/{referred.pk}"}, "status": "accepted"},
        ],
    }
    made = ann.send("post", "Appointment", wanted, 201)
    taken = ann.send("post", "Appointment", wanted, 409)
    assert taken["issue"][0]["code"] == "conflict"
    assert (
        practice.send("put", f"Appointment/{made['id']}", {**made, "status": "booked"}, 200)["status"]
        == "booked"
    )
    assert (
        ann.send("put", f"Appointment/{made['id']}", {**made, "status": "cancelled"}, 200)["status"]
        == "cancelled"
    )
    assert Appointment.objects.count() == 1


def test_invalid_resources_say_where(ann: Api) -> None:
    told = ann.send("post", "Goal", {"resourceType": "Goal", "lifecycleStatus": 7}, 422)
    assert "Goal" in told["issue"][0]["expression"][0]
    ann.send("post", "Goal", {"resourceType": "Patient"}, 422)
    ann.send("post", "Device", {"resourceType": "Device"}, 405)


# ---- Bundles


def entry(kind: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"request": {"method": "POST", "url": kind}, "resource": resource}


def rating(value: float) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "72514-3"}]},
        "effectiveDateTime": "2026-11-01T10:00:00+00:00",
        "valueQuantity": {"value": value},
    }


def test_a_batch_answers_each_entry_by_itself(ann: Api, referred: Person) -> None:
    before = Rating.objects.count()
    entries = [entry("Observation", rating(4)), entry("Observation", rating(44)), entry("Nothing", {})]
    told = ann.send("post", "", {"resourceType": "Bundle", "type": "batch", "entry": entries}, 200)
    assert [one["response"]["status"] for one in told["entry"]] == ["201", "422", "404"]
    assert "0 to 10" in told["entry"][1]["response"]["outcome"]["issue"][0]["diagnostics"]
    assert Rating.objects.count() == before + 1


def test_a_transaction_is_all_or_nothing_and_names_the_entry(ann: Api, referred: Person) -> None:
    before = Rating.objects.count()
    entries = [entry("Observation", rating(4)), entry("Observation", rating(44))]
    told = ann.send("post", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries}, 422)
    assert told["issue"][0]["expression"][0].startswith("Bundle.entry[1]")
    assert Rating.objects.count() == before


# ---- By the site's own session


def test_session_needs_the_second_factor_and_a_csrf_token(
    referred: Person, account: Callable[[str], User], clinic: Clinic, signed_in: SignedIn
) -> None:
    assert signed_in(referred.user).get("/fhir/CarePlan").status_code == 200
    Membership.objects.create(clinic=clinic, email="no@harbour.example", name="No factor")
    assert signed_in(account("no@harbour.example")).get("/fhir/CarePlan").status_code == 401
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(referred.user)
    answer = strict.post("/fhir/Goal", "{}", content_type="application/fhir+json")
    assert answer.status_code == 403
