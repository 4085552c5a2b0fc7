"""The clinic's side alone, on every database: who makes codes, what may be brought, what is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from nextposture.clinic.joined import codes
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Clinic,
    Installation,
    JoiningCode,
    Membership,
    Referral,
)
from nextposture.interop.joined.parcels import parcels, table_of
from nextposture.record.models import CheckIn, Outcome, Person
from tests.clinic_server.records import check_in

SignedIn = Callable[[User | None], Client]
TOKEN = "t" * 43
KEY = UUID(int=7)


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    cache.clear()  # which counts tries of codes
    return staff("bo@harbour.example")


def ask(what: str, bearer: str = "", **body: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    answer = Client().post(f"/step/1/{what}", body, content_type="application/json", headers=headers)
    assert answer.status_code < 500
    return dict(answer.json())


def sync(*acts: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    told = [
        {"key": str(uuid4()), "kind": kind, "content": content, "at": timezone.now().isoformat()}
        for kind, content in acts
    ]
    return ask("sync", TOKEN, **{"cursor": 0, "acts": told, "parcels": {}, **more})


def handed(*items: str) -> tuple[str, dict[str, Any]]:
    return "refer", {
        "referral": str(KEY),
        "items": list(items),
        "days": 90,
        "wish": "Can I run?",
        "prefers": "",
        "contact": {"name": "Ann", "phone": "", "email": ""},
        "urgency": "ROUTINE_PHYSIO",
        "reasons": ["Eight weeks of pain."],
        "knowledge_version": "1",
    }


def test_staff_make_codes_see_installations_and_end_them(
    bo: Membership, person: Person, staff: Callable[..., Membership], signed_in: SignedIn
) -> None:
    for user in (bo.user, staff("ada@harbour.example", treats=False, administers=True).user):
        page = signed_in(user).post("/clinic/installations/code/", {"whom": "Ann Lee"}).content.decode()
        code = re.search(r">(\w{4}-\w{4}-\w{4})<", page)[1]  # type: ignore[index]
        assert f"/step/#{code}" in page and "<svg" in page
        assert ask("look", code=code)["clinic"]["name"] == bo.clinic.name
        listed = signed_in(user).get("/clinic/installations/").content.decode()
        assert "Ann Lee" in listed and code not in listed
    assert signed_in(bo.user).post("/clinic/installations/code/", {"whom": ""}).status_code == 422
    for other in (person.user, staff("cy@else.example", at=Clinic.objects.create(name="Elsewhere")).user):
        page = signed_in(other).get("/clinic/installations/")
        assert b"Ann Lee" not in page.content
    assert ask("join", code=code, key=str(KEY), token=TOKEN)["clinic"]
    assert sync(handed("result"))["cursor"] > 0
    signed_in(bo.user).post(f"/clinic/installations/{KEY}/end/")
    assert sync() == {"error": "revoked"}
    assert AuditEvent.objects.filter(what__contains="connection with their own").exists()


def test_one_code_joins_one_installation_however_often_it_is_told(bo: Membership) -> None:
    code = codes.make_code(bo, "Ann", timezone.now())
    for _ in range(2):
        assert ask("join", code=code, key=str(KEY), token=TOKEN)["clinic"]
    assert ask("join", code=code, key=str(uuid4()), token=TOKEN) == {"error": "code_used"}
    assert ask("join", code=code, key=str(KEY), token="u" * 43) == {"error": "code_used"}
    assert Installation.objects.count() == JoiningCode.objects.count() == 1


def test_a_copy_is_kept_of_what_may_be_seen_and_of_nothing_else(
    bo: Membership, person: Person, signed_in: SignedIn
) -> None:
    check_in(person)
    everything = parcels(person, {"result", "answers", "plan"})
    CheckIn.objects.all().delete()
    Outcome.history.model.objects.all().delete()
    code = codes.make_code(bo, "Ann", timezone.now())
    ask("join", code=code, key=str(KEY), token=TOKEN)
    told = sync(handed("result"), parcels=everything)
    assert told["refused"] == "" and {"CheckIn", "Outcome"} == {table_of(name) for name in told["parcels"]}
    last = Outcome.objects.get()
    assert last.result["factors"] and last.check_in.answers == {}
    sync(
        handed("result", "answers"),
        parcels={name: one for name, one in everything.items() if table_of(name) in ("CheckIn", "Outcome")},
    )
    assert Outcome.objects.get().check_in.answers
    her = Installation.objects.get().person
    page = signed_in(bo.user).get(f"/clinic/people/{her.pk}/").content.decode()
    assert "Ann" in page and "keeps in step from their own installation" in page and "mailto:" not in page
    assert "Answers" in page and "Eight weeks of pain." in page
    assert b"Ann" in signed_in(bo.user).get("/clinic/").content
    assert sync(("take_back", {"referral": str(KEY)}))["parcels"] == {}
    assert not CheckIn.objects.exists() and not Outcome.history.model.objects.exists()


def test_who_joined_is_erased_by_the_name_that_staff_see_and_never_by_no_name(
    bo: Membership, signed_in: SignedIn
) -> None:
    for key in (KEY, uuid4()):
        ask("join", code=codes.make_code(bo, "Ann Lee", timezone.now()), key=str(key), token=f"{key}{key}")
    her, other = Installation.objects.order_by("pk")
    name = her.person.user.username
    assert name in signed_in(bo.user).get("/clinic/installations/").content.decode()
    for nobody in ("", "  ", "installation-"):
        with pytest.raises(CommandError):
            call_command("erase_person", nobody, "--yes")
    call_command("erase_person", name, "--yes")
    assert Installation.objects.get() == other and JoiningCode.objects.get().used_by == other
    assert not User.objects.filter(username=name).exists() and bo.user in User.objects.all()


def test_an_urgency_that_is_for_no_clinic_is_refused(bo: Membership) -> None:
    ask("join", code=codes.make_code(bo, "Ann", timezone.now()), key=str(KEY), token=TOKEN)
    kind, content = handed("result")
    for urgency in ("EMERGENCY_NOW", "SAME_DAY"):
        told = sync((kind, {**content, "urgency": urgency}))
        assert any(told["acts"].values())
    assert not Referral.objects.exists() and not Appointment.objects.exists()


def test_acts_that_cannot_be_read_are_refused_one_by_one(bo: Membership) -> None:
    ask("join", code=codes.make_code(bo, "Ann", timezone.now()), key=str(KEY), token=TOKEN)
    kind, content = handed("result")
    wrong = [
        ("dance", {}),
        (kind, {**content, "items": ["everything"]}),
        (kind, {**content, "items": []}),
        (kind, {**content, "days": "long"}),
        (kind, {**content, "contact": {"name": "Ann", "email": "nowhere"}}),
        ("message", {"text": "x"}),
        ("ask_time", {}),
        ("cancel_time", {"appointment": str(uuid4())}),
        ("answer", {"decision": str(uuid4()), "answer": "seen"}),
    ]
    told = sync(*wrong, (kind, content))
    assert [bool(why) for why in told["acts"].values()] == [True] * len(wrong) + [False]
