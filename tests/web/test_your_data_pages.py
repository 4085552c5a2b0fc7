"""The pages "Your data", "Share one thing" and questionnaires, without a browser."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.day_people import check_in_as
from tests.history import EXAMPLE

from nextposture.interop import archive
from nextposture.knowledge import load
from nextposture.record.models import Activity, CarePlan, Person, Questionnaire, QuestionnaireResponse
from nextposture.record.people import owner

WORDS = "canary-7718-swim"


@pytest.fixture
def person(owner_client: Client) -> Person:
    someone = owner()
    check_in_as(someone, "sitter")
    Activity.objects.create(person=someone, words=WORDS)
    return someone


def upload(text: str | bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("file.json", text.encode() if isinstance(text, str) else text)


def as_text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


# ---- Out and in


@pytest.mark.parametrize(("kind", "starts"), [("json", b"{"), ("csv", b"PK"), ("fhir", b"{")])
def test_everything_is_saved_as_a_file(
    owner_client: Client, person: Person, kind: str, starts: bytes
) -> None:
    made = owner_client.post("/data/export/", {"format": kind})
    assert made.status_code == 200 and made.content.startswith(starts)
    assert made["Content-Disposition"].startswith('attachment; filename="nextposture-')
    assert owner_client.post("/data/export/", {"format": "exe"}).status_code == 400
    assert owner_client.get("/data/export/").status_code == 405


def test_page_brings_a_file_in_where_nothing_is(owner_client: Client, person: Person) -> None:
    told = archive.as_json(archive.exported(person))
    assert "check-in" in as_text(owner_client.get("/data/"))
    CarePlan.objects.all().delete()
    Person.objects.all().delete()
    client = Client()
    client.force_login(owner().user)
    assert "Nothing is kept about you yet" in as_text(client.get("/data/"))
    done = client.post("/data/import/", {"file": upload(told)}, follow=True)
    assert "What it held is your record now" in as_text(done)
    assert archive.as_json(archive.exported(owner())) == told


def test_bad_file_names_every_entry_and_changes_nothing(owner_client: Client, person: Person) -> None:
    before = archive.exported(person)
    document = json.loads(archive.as_json(before))
    document["tables"]["Rating"][0]["value"] = "high"
    document["tables"]["Activity"][0]["colour"] = "red"
    refused = owner_client.post("/data/import/", {"file": upload(json.dumps(document))})
    assert refused.status_code == 422 and "There is a record here" in as_text(refused)
    page = owner_client.post("/data/import/", {"file": upload("not JSON"), "replace": "on"})
    assert page.status_code == 422 and "not JSON" in as_text(page) and "Nothing was changed" in as_text(page)
    assert owner_client.post("/data/import/", {}).status_code == 422
    with pytest.raises(archive.ImportRefusedError) as bad:
        archive.import_into(person, document, replace=True)
    assert "Rating 1, value: must be a number, not 'high'" in bad.value.problems
    assert "Activity 1, colour: there is no such field here" in bad.value.problems
    assert archive.exported(person) == before


def test_what_only_the_database_refuses_is_named_and_changes_nothing(person: Person) -> None:
    before = archive.exported(person)
    document = json.loads(archive.as_json(before))
    document["tables"]["HabitDone"] = [{"item": "P_WALK", "on": "2026-11-24"}] * 2
    with pytest.raises(archive.ImportRefusedError, match="HabitDone 2: does not go together"):
        archive.import_into(person, document, replace=True)
    assert archive.exported(person) == before


def test_a_file_of_an_older_app_takes_the_defaults_of_later_fields(person: Person) -> None:
    document = json.loads(archive.as_json(archive.exported(person)))
    del document["tables"]["Outcome"][0]["card_shown_at"], document["tables"]["Measurement"]
    archive.import_into(person, document, replace=True)
    assert WORDS in archive.as_json(archive.exported(person)).decode()
    del document["tables"]["Outcome"][0]["urgency"]
    with pytest.raises(archive.ImportRefusedError, match="Outcome 1, urgency: is missing"):
        archive.import_into(person, document, replace=True)


def test_strangers_get_and_change_nothing(db: None, client: Client) -> None:
    for address in ("/data/", "/share/", "/questionnaires/"):
        assert client.get(address).status_code == 403
    for address in ("export", "import", "backup", "restore", "erase"):
        assert client.post(f"/data/{address}/", {"word": "erase"}).status_code == 403
    assert client.post("/share/plan/").status_code == 403


def test_where_several_people_are_kept_nobody_restores_or_erases_for_all(
    owner_client: Client, person: Person
) -> None:
    Person.objects.create(user=User.objects.create_user("another"))
    page = as_text(owner_client.get("/data/"))
    assert "Erase everything" not in page and "Back up now" not in page and "Save as JSON" in page
    for address in ("backup", "restore", "erase"):
        assert owner_client.post(f"/data/{address}/", {"word": "erase"}).status_code == 404
    assert WORDS in archive.as_json(archive.exported(person)).decode()


# ---- Sharing


def test_shared_plan_holds_no_health_data_unless_asked_for(owner_client: Client, person: Person) -> None:
    plan = CarePlan.objects.get(person=person)
    reasons = {reason for row in plan.items for reason in row["reasons"]}
    bare = owner_client.post("/share/plan/").content.decode()
    told = owner_client.post("/share/plan/", {"reasons": "on"}).content.decode()
    assert "Movement breaks" in bare and "Danger signs" in bare and "certainty" in bare
    assert not any(reason in bare for reason in reasons) and WORDS not in bare
    assert all(reason in told for reason in reasons) and WORDS not in told
    assert plan.made_at.strftime("%Y") not in bare.replace(load().release.version, "")
    assert "<script" not in bare and "src=" not in bare


def test_plan_that_is_shut_is_not_shared(owner_client: Client, person: Person) -> None:
    check_in_as(person, "today")
    assert owner_client.post("/share/plan/").status_code == 422
    assert "none to share" in as_text(owner_client.get("/share/"))


def test_shared_topic_has_every_claim_of_it_and_nothing_of_the_person(
    owner_client: Client, person: Person
) -> None:
    told = as_text(owner_client.post("/share/topic/", {"topic": "psoas"}))
    claims = load().claims.values()
    assert all((escape(one.claim) in told) == ("psoas" in one.topics) for one in claims)
    assert "certainty" in told and "Against, or missing" in told and WORDS not in told
    assert owner_client.post("/share/topic/", {"topic": "none"}).status_code == 422


def test_shared_claim_has_both_sides_and_nothing_of_the_person(owner_client: Client, person: Person) -> None:
    claim = next(one for one in load().claims.values() if one.pro and one.con)
    made = owner_client.post("/share/claim/", {"claim": claim.id})
    text = made.content.decode()
    assert "Against, or missing" in text and WORDS not in text
    assert owner_client.post("/share/claim/", {"claim": "none"}).status_code == 422


# ---- Questionnaires


@pytest.fixture
def brought(owner_client: Client, person: Person) -> Questionnaire:
    done = owner_client.post("/questionnaires/add/", {"file": upload(EXAMPLE.read_bytes())})
    assert done.status_code == 302
    return Questionnaire.objects.get()


def test_none_comes_with_the_app_and_a_bad_one_is_refused(owner_client: Client, person: Person) -> None:
    assert "None comes with this app" in as_text(owner_client.get("/questionnaires/"))
    bad = json.loads(EXAMPLE.read_text())
    bad["item"][1]["item"][1]["type"] = "reference"
    page = owner_client.post("/questionnaires/add/", {"file": upload(json.dumps(bad))})
    assert page.status_code == 422 and "item &#x27;2&#x27; is of type &#x27;reference&#x27;" in as_text(page)
    assert not Questionnaire.objects.exists()


def test_answering_brings_the_follow_up_then_saves_and_scores(
    owner_client: Client, brought: Questionnaire
) -> None:
    address = f"/questionnaires/{brought.key}/"
    assert "Which desk?" not in as_text(owner_client.get(address))
    form = {"item-2": "2", "item-3": "6", "item-4": "true"}
    asked = owner_client.post(address, form)
    assert asked.status_code == 422 and "Which desk?" in as_text(asked)
    assert 'value="6"' in as_text(asked), "nothing that was answered is lost"
    assert not QuestionnaireResponse.objects.exists()
    key = "5b0c5a1e-6c0e-4a57-9f0a-0d7c3d1f3a2b"
    for _ in range(2):  # a double tap
        assert owner_client.post(address, {**form, "item-5": "window", "key": key}).status_code == 302
    kept = QuestionnaireResponse.objects.get()
    assert kept.scores == [{"link_id": "score", "text": "Comfort, 0 to 10", "value": 9}]
    page = as_text(owner_client.get(address))
    assert "Comfort, 0 to 10: 9" in page and "window" in page
    owner_client.post(address, {"item-2": "0", "item-3": "1"})
    assert "<svg" in owner_client.get(address).content.decode(), "shown over time"


def test_questionnaire_taken_away_keeps_its_answers_and_comes_back(
    owner_client: Client, brought: Questionnaire
) -> None:
    address = f"/questionnaires/{brought.key}/"
    owner_client.post(address, {"item-2": "0", "item-3": "1"})
    owner_client.post(f"{address}drop/")
    assert owner_client.get(address).status_code == 404
    assert QuestionnaireResponse.objects.count() == 1
    owner_client.post("/questionnaires/add/", {"file": upload(EXAMPLE.read_bytes())})
    assert Questionnaire.objects.count() == 1
    assert owner_client.get(address).status_code == 200


def test_what_nothing_can_score_is_saved_all_the_same(
    owner_client: Client, brought: Questionnaire, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fhirpathpy", None)
    owner_client.post(f"/questionnaires/{brought.key}/", {"item-2": "0", "item-3": "1"})
    assert QuestionnaireResponse.objects.get().scores[0]["value"] is None
    assert "could not be worked out" in as_text(owner_client.get(f"/questionnaires/{brought.key}/"))
