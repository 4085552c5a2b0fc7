"""Accounts: a verified address first, staff by invitation, nothing without a second factor for staff."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from nextposture.clinic.models import Clinic, Membership
from nextposture.record.models import Person

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
