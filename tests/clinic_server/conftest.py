"""What a test of the clinic's server may ask for: a clinic, who works there, a person with a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from nextposture.clinic.accounts import settle
from nextposture.clinic.models import Clinic, Membership
from nextposture.record.models import Person
from tests.clinic_server import live_clinic

collect_ignore = [] if connection.vendor == "postgresql" else ["test_migration_rule.py"]


@pytest.fixture(scope="session", autouse=True)
def migrated(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Servers begin with the tables that this run has made anyway: making them takes seconds each time.

    Where no test of the run asks for the database there are none, and each server makes its own.
    """
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite" and connection.introspection.table_names(cursor):
            live_clinic.migrated = tmp_path_factory.mktemp("migrated") / "nextposture.sqlite3"
            cursor.execute("VACUUM INTO %s", [str(live_clinic.migrated)])


@pytest.fixture
def clinic(db: None) -> Clinic:
    """A clinic in London."""
    return Clinic.objects.create(
        name="Harbour Street Physiotherapy", email="desk@harbour.example", phone="0123"
    )


@pytest.fixture
def account(db: None) -> Callable[[str], User]:
    """Makes an account whose address is verified."""

    def make(email: str) -> User:
        user = User.objects.create_user(username=email, email=email, password="correct horse battery")
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        settle(user)
        return user

    return make


@pytest.fixture
def staff(clinic: Clinic, account: Callable[[str], User]) -> Callable[..., Membership]:
    """Makes someone who works at the clinic, with a second factor."""

    def make(
        email: str, *, treats: bool = True, administers: bool = False, at: Clinic = clinic
    ) -> Membership:
        Membership.objects.create(
            clinic=at,
            email=email,
            name=email.partition("@")[0].title(),
            treats=treats,
            administers=administers,
        )
        TOTP.activate(account(email), generate_totp_secret())
        return Membership.objects.get(email=email, clinic=at)

    return make


@pytest.fixture
def person(account: Callable[[str], User]) -> Person:
    """A person with a record on this server."""
    return account("ann@example.org").person


@pytest.fixture
def signed_in() -> Callable[[User | None], Client]:
    """Django's client, signed in as the user."""

    def make(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return make
