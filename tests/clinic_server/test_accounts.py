"""Accounts: a verified address first, staff by invitation, nothing without a second factor for staff."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from nextposture.clinic.models import Appointment, Clinic, Membership, Message, Note
from nextposture.record.models import Person
from tests.clinic_server.records import check_in

PASSWORD = "a long passphrase for Ann"


def sign_up(client: Client, email: str) -> None:
    form = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 302
    code = re.search(r"^\s*([0-9A-Z]{3,4}-?[0-9A-Z]{3,4})\s*$", mail.outbox[-1].body, re.MULTILINE)
    assert code, mail.outbox[-1].body
    assert client.post("/accounts/confirm-email/", {"code": code[1]}).status_code == 302


def test_person_signs_up_and_starts_with_the_danger_signs(db: None) -> None:
    client = Client()
    sign_up(client, "ann@example.org")
    assert Person.objects.get().user.email == "ann@example.org"
    assert b"danger signs" in client.get("/").content.lower()
    told = mail.outbox[-1]
    assert told.subject == "Next Posture: please confirm your email address"
    assert "Enter this code on the page that asks for it" in told.body
    assert "If it was not you, you need do nothing." in told.body
    assert b"A clinic keeps this server" in Client().get("/accounts/login/").content


def test_nobody_gets_in_before_the_address_is_verified(db: None) -> None:
    client = Client()
    client.post("/accounts/signup/", {"email": "a@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert client.get("/today/").status_code == 302
    assert not Person.objects.exists()


@pytest.mark.parametrize("password", ["short", "password1234", "ann@example.org"])
def test_weak_passwords_are_refused(db: None, password: str) -> None:
    form = {"email": "ann@example.org", "password1": password, "password2": password}
    assert Client().post("/accounts/signup/", form).status_code == 200
    assert not User.objects.exists()


def test_invited_address_joins_the_clinic_and_has_no_record(clinic: Clinic) -> None:
    Membership.objects.create(clinic=clinic, email="bo@harbour.example", name="Bo")
    client = Client()
    sign_up(client, "bo@harbour.example")
    assert Membership.objects.get().user == User.objects.get()
    assert not Person.objects.exists()
    assert client.get("/clinic/", follow=False)["Location"] == "/accounts/2fa/"


def test_invitation_is_nothing_to_an_unverified_address(clinic: Clinic) -> None:
    Membership.objects.create(clinic=clinic, email="bo@harbour.example", name="Bo")
    client = Client()
    client.post(
        "/accounts/signup/", {"email": "bo@harbour.example", "password1": PASSWORD, "password2": PASSWORD}
    )
    assert Membership.objects.get().user is None


def test_staff_get_nowhere_without_a_second_factor(
    clinic: Clinic, account: Callable[[str], User], signed_in: Callable[[User], Client]
) -> None:
    Membership.objects.create(clinic=clinic, email="bo@harbour.example", name="Bo", administers=True)
    client = signed_in(account("bo@harbour.example"))
    for address in ("/clinic/", "/today/", "/evidence/"):
        assert client.get(address)["Location"] == "/accounts/2fa/"
    assert client.get("/accounts/2fa/").status_code == 200


def test_staff_with_a_second_factor_get_in(
    staff: Callable[..., Membership], signed_in: Callable[[User | None], Client]
) -> None:
    assert signed_in(staff("bo@harbour.example").user).get("/clinic/").status_code == 200


def test_signing_in_with_a_passkey_is_offered_with_its_script(db: None) -> None:
    page = Client().get("/accounts/login/").content
    assert b'id="mfa_login"' in page and b"webauthn.js" in page


def enters(client: Client, email: str, code: str) -> bool:
    """Sign in by password and then this code of the second factor; whether that let them in."""
    form = {"login": email, "password": "correct horse battery"}
    assert client.post("/accounts/login/", form)["Location"] == "/accounts/2fa/authenticate/"
    answer = client.post("/accounts/2fa/authenticate/", {"code": code})
    assert answer.status_code in {200, 302}
    return bool(answer.status_code == 302)


def test_each_recovery_code_lets_in_once(staff: Callable[..., Membership]) -> None:
    bo = staff("bo@harbour.example").user
    assert bo is not None
    client, password = Client(), {"password": "correct horse battery"}
    client.force_login(bo)
    client.post("/accounts/reauthenticate/", password)
    assert client.post("/accounts/2fa/recovery-codes/generate/", {}).status_code == 302
    codes = client.get("/accounts/2fa/recovery-codes/download/").content.decode().split()
    codes = [code for code in codes if re.fullmatch(r"[0-9a-f]{8}", code)]
    assert len(codes) == 10
    for code in codes[:2]:
        fresh, again = Client(), Client()
        assert enters(fresh, bo.email, code) and fresh.get("/clinic/").status_code == 200
        cache.clear()  # which counts failed tries
        assert not enters(again, bo.email, code) and again.get("/clinic/").status_code == 302
        cache.clear()
    left = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert codes[0] not in left and codes[1] not in left and codes[2] in left


def test_the_list_of_sessions_shows_the_other_one_and_ends_it(person: Person) -> None:
    here, there = Client(HTTP_USER_AGENT="Firefox at home"), Client(HTTP_USER_AGENT="Safari on a phone")
    for client in (here, there):
        client.force_login(person.user)
        assert client.get("/accounts/").status_code == 200
    listed = here.get("/accounts/sessions/").content.decode()
    assert "Firefox at home" in listed and "Safari on a phone" in listed
    assert here.post("/accounts/sessions/", {}).status_code == 302
    assert there.get("/accounts/").status_code == 302
    listed = here.get("/accounts/sessions/").content.decode()
    assert "Firefox at home" in listed and "Safari on a phone" not in listed


# ---- The zone of somebody's days


@pytest.mark.parametrize(("told", "zone"), [("Asia/Tokyo", "Asia/Tokyo"), ("Mars/Base", "UTC")])
def test_days_are_in_the_browsers_zone(
    person: Person, clinic: Clinic, signed_in: Callable[[User | None], Client], told: str, zone: str
) -> None:
    client = signed_in(person.user)
    assert b"zone.js" in client.get("/accounts/").content
    client.cookies["zone"] = told
    check_in(person)
    handed = {"name": "Ann", "items": ["result"], "days": "90"}
    assert client.post(f"/clinic/{clinic.pk}/refer/", handed).status_code == 302
    assert client.get(f"/clinic/{clinic.pk}/times/").context["zone"] == zone
    client.post("/accounts/about/", {"name": "Ann", "phone": "", "time_zone": "America/Toronto"})
    assert client.get(f"/clinic/{clinic.pk}/times/").context["zone"] == "America/Toronto"


# ---- Erasing


@pytest.fixture
def ann(person: Person) -> Client:
    """Signed in, and asked for her password once more, as the page for erasing does first."""
    client, password = Client(), {"password": "correct horse battery"}
    assert client.post("/accounts/login/", {"login": person.user.email, **password}).status_code == 302
    assert "/accounts/reauthenticate/" in client.get("/accounts/erase/")["Location"]
    assert client.post("/accounts/reauthenticate/", password).status_code == 302
    return client


def test_a_person_erases_the_account_and_its_history(person: Person, clinic: Clinic, ann: Client) -> None:
    check_in(person)
    ann.post(f"/clinic/{clinic.pk}/refer/", {"name": "Ann", "items": ["result"], "days": "90"})
    Message.objects.create(person=person, clinic=clinic, text="A question")
    assert ann.post("/accounts/erase/", {}).status_code == 422
    assert Person.objects.exists()
    answer = ann.post("/accounts/erase/", {"sure": "yes"})
    assert answer.status_code == 200 and b"Your account is erased" in answer.content
    assert not User.objects.exists()
    for model in apps.get_models():
        if model._meta.app_label in {"clinic", "record"}:
            left = model._default_manager.count()
            assert left == (1 if model in {Clinic, Clinic.history.model} else 0), model.__name__
    assert ann.get("/today/").status_code == 302


@pytest.mark.parametrize("seen", ["note", "appointment"])
def test_what_a_clinic_may_have_to_keep_is_asked_of_it(
    person: Person, clinic: Clinic, staff: Callable[..., Membership], ann: Client, seen: str
) -> None:
    bo, now = staff("bo@harbour.example"), timezone.now()
    if seen == "note":
        Note.objects.create(person=person, clinic=clinic, author=bo, text="Seen.")
    else:
        begun = now - timedelta(days=1)
        Appointment.objects.create(
            person=person,
            clinic=clinic,
            practitioner=bo,
            starts_at=begun,
            ends_at=begun + timedelta(minutes=30),
            seen="telehealth",
            status="done",
        )
    assert clinic.email.encode() in ann.get("/accounts/erase/").content
    assert ann.post("/accounts/erase/", {"sure": "yes"}).status_code == 422
    with pytest.raises(CommandError, match=clinic.name):
        call_command("erase_person", person.user.email)
    call_command("erase_person", person.user.email, "--yes")
    assert not Person.objects.exists()


def test_the_only_person_of_a_server_cannot_erase_or_restore_all_of_it(person: Person, ann: Client) -> None:
    for address in ("/data/erase/", "/data/backup/", "/data/restore/"):
        assert ann.post(address, {"sure": "on", "confirm": "erase"}).status_code == 404, address
