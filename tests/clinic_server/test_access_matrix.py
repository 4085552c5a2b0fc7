"""Every address with every role and other people's ids: nobody reads or changes what is not theirs.

The walk is generated from the site's own addresses, so a new page is in it from its first day. A page with a
new kind of id in its address fails the walk until it is told whose that is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from nextposture.clinic import referrals
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Call,
    Clinic,
    Installation,
    Membership,
    Message,
    Note,
    OwnExercise,
    Seen,
)
from nextposture.record.models import Activity, Person, PlanDecision, Session
from tests.clinic_server.records import check_in

CANARY = "zanzibar-canary"
OPEN_TO_STRANGERS = ("account_", "mfa_", "account")
"""allauth's own pages, which it guards itself; they are walked too, for the canary."""


def addresses(resolver: Any, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        part = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, part)
        else:
            yield part, entry


@pytest.fixture
def hers(person: Person, clinic: Clinic, staff: Callable[..., Membership]) -> dict[str, Any]:
    """Ann's rows, each with a canary where words can be, and the ids that lead to them, by name."""
    bo = staff("bo@harbour.example")
    outcome = check_in(person)
    handed = referrals.refer(person, clinic, ["result", "answers", "plan"], timezone.now(), wish=CANARY)
    referrals.answer(handed, bo, handed.Status.ACCEPTED, CANARY, timezone.now())
    person.user.profile.name = CANARY
    person.user.profile.save()
    Message.objects.create(person=person, clinic=clinic, text=CANARY)
    note = Note.objects.create(person=person, clinic=clinic, author=bo, text=CANARY)
    made = Appointment.objects.create(
        person=person,
        clinic=clinic,
        practitioner=bo,
        starts_at=datetime(2030, 1, 7, 9, tzinfo=UTC),
        ends_at=datetime(2030, 1, 7, 9, 30, tzinfo=UTC),
        seen=Seen.TELEHEALTH,
        status="confirmed",
    )
    call = Call.objects.create(appointment=made)
    own = OwnExercise.objects.create(
        clinic=clinic, made_by=bo, slug=CANARY, exercise={"item": {"name": CANARY}}
    )
    decided = PlanDecision.objects.create(
        person=person, item="EX_BRIDGE", kind="locked", by_name="Bo", why=CANARY, in_force_at=timezone.now()
    )
    activity = Activity.objects.create(person=person, words=CANARY)
    # A session and a decision are found by the same kind of key; one key leads to both.
    session = Session.objects.create(
        key=decided.key, person=person, care_plan=outcome.care_plan, finished_at=timezone.now()
    )
    installation = Installation.objects.create(
        person=person, clinic=clinic, token_hash="x" * 64, name="Ann's"
    )
    return {
        "person": person,
        "bo": bo,
        "ids": {
            "uid": made.uid,
            "key": session.key,
            "own": own.pk,
            "call": call.key,
            "clinic": clinic.pk,
            "pk": person.pk,
            "activity": activity.pk,
            "note": note.pk,
            "installation": installation.key,
            "edition": 1,
        },
    }


def filled(pattern: str, ids: dict[str, Any]) -> str:
    """The address with Ann's ids in it."""
    import re

    def value(match: re.Match[str]) -> str:
        converter, _, name = match[1].rpartition(":")
        if name in ids:
            return str(ids[name])
        assert converter in {"slug", "str", ""}, f"whose is <{match[1]}> in {pattern}?"
        return "P_BREAK"

    return "/" + re.sub(r"<([^>]+)>", value, pattern)


def snapshot(person: Person) -> dict[str, str]:
    """Every row of the record and the clinic that is Ann's, as text; what she reads in her trail left out."""
    rows = {}
    for model in [*apps.get_app_config("record").get_models(), *apps.get_app_config("clinic").get_models()]:
        if "person" in {field.name for field in model._meta.fields} and model is not AuditEvent:
            found = model._default_manager.filter(person=person)
            rows[model.__name__] = serializers.serialize("json", found.order_by("pk"))
    return rows


WALK = [(pattern, entry) for pattern, entry in addresses(get_resolver()) if "(?P" not in pattern]


def test_the_walk_covers_the_site() -> None:
    assert len(WALK) > 60


@pytest.mark.parametrize("role", ["nobody", "another_person", "another_clinic", "administrator_only"])
def test_nobody_else_reads_or_changes_anything_of_hers(
    hers: dict[str, Any],
    role: str,
    account: Callable[[str], User],
    staff: Callable[..., Membership],
    signed_in: Callable[[User | None], Client],
) -> None:
    person: Person = hers["person"]
    if role == "another_person":
        user: User | None = account("eve@example.org")
    elif role == "another_clinic":
        user = staff("cy@else.example", administers=True, at=Clinic.objects.create(name="Elsewhere")).user
    elif role == "administrator_only":
        user = staff("ada@harbour.example", treats=False, administers=True).user
    else:
        user = None
    before = snapshot(person)
    # Whoever works at the clinic may end a connection with an installation, which opens nothing; who
    # administers it ends places of work, and referrals then wait for somebody else.
    allowed = {"clinic:end_installation", "clinic:end_membership"} if role == "administrator_only" else set()
    for pattern, entry in WALK:
        if f"clinic:{entry.name}" in allowed:
            continue
        address = filled(pattern, hers["ids"])
        for method in ("get", "post"):
            client = signed_in(user)
            answer = getattr(client, method)(address, **({"data": {}} if method == "post" else {}))
            where = f"{role} {method.upper()} {pattern} -> {answer.status_code}"
            assert answer.status_code < 500, where
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert CANARY.encode() not in body, where
            if user is None and getattr(entry.callback, "login_required", True):
                assert answer.status_code in {302, 401, 403, 404, 405}, where
    assert snapshot(person) == before


def test_she_and_her_practitioner_do_see_it(
    hers: dict[str, Any], signed_in: Callable[[User | None], Client]
) -> None:
    """The canary is where the walk looks for it: without this the walk above could pass on empty pages."""
    person: Person = hers["person"]
    assert CANARY in signed_in(person.user).get("/clinic/sharing/").content.decode()
    assert CANARY in signed_in(person.user).get("/progress/").content.decode()
    of_hers = ("", "messages/", "plan/")
    for address in (
        "/clinic/",
        "/clinic/own-exercises/",
        *(f"/clinic/people/{person.pk}/{end}" for end in of_hers),
    ):
        assert CANARY in signed_in(hers["bo"].user).get(address).content.decode(), address


def test_audit_trail_is_never_altered(
    hers: dict[str, Any], signed_in: Callable[[User | None], Client]
) -> None:
    person: Person = hers["person"]
    signed_in(hers["bo"].user).get(f"/clinic/people/{person.pk}/")
    first = json.loads(serializers.serialize("json", AuditEvent.objects.filter(person=person)))
    assert first
    for pattern, _ in WALK:
        signed_in(hers["bo"].user).post(filled(pattern, hers["ids"]), {})
    later = {row["pk"]: row for row in json.loads(serializers.serialize("json", AuditEvent.objects.all()))}
    assert all(later[row["pk"]] == row for row in first)
    assert timedelta(0) <= timezone.now() - AuditEvent.objects.latest("at").at
