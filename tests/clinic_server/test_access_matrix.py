"""Every address with every role and other people's ids: nobody reads or changes what is not theirs.

The walk is generated from the site's own addresses, so a new page is in it from its first day. A page with a
new kind of id in its address fails the walk until it is told whose that is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core import serializers
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from nextposture.clinic import referrals
from nextposture.clinic.joined import codes
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Availability,
    Call,
    Clinic,
    Consent,
    Installation,
    Membership,
    Message,
    Note,
    OwnExercise,
    Seen,
)
from nextposture.record.models import (
    Activity,
    Bout,
    Measurement,
    Person,
    PlanChange,
    PlanDecision,
    Questionnaire,
    Session,
)
from tests.clinic_server.bodies import (
    ANYBODY,
    BODIES,
    FILES,
    NOT_OURS,
    NOTHING_CHANGES,
    OURS_THERE,
    TOKEN,
    Change,
    Rows,
)
from tests.clinic_server.records import check_in

CANARY = "zanzibar-canary"
QUESTIONNAIRE = Path(__file__).parents[1] / "example_questionnaire.json"
HOUSEKEEPING = {"django_session", "usersessions_usersession", "clinic_auditevent", "clinic_sent"}
"""Tables of who looked, where somebody is signed in, and which message went out for another change."""


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
    handed = referrals.refer(
        person, clinic, ["result", "answers", "plan", "measurements"], timezone.now(), wish=CANARY
    )
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
    for weekday in range(7):
        Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(0), ends=time(23, 55))
    now = timezone.now().replace(second=0, microsecond=0)
    half = timedelta(minutes=30)
    common = {"person": person, "clinic": clinic, "practitioner": bo, "seen": Seen.TELEHEALTH}
    begun = Appointment.objects.create(**common, starts_at=now, ends_at=now + half, status="confirmed")
    soon = now + timedelta(days=4)
    asked = Appointment.objects.create(**common, starts_at=soon, ends_at=soon + half, status="requested")
    own = OwnExercise.objects.create(
        clinic=clinic, made_by=bo, slug=CANARY, exercise={"item": {"name": CANARY}}
    )
    decided = PlanDecision.objects.create(
        person=person, item="EX_BRIDGE", kind="locked", by_name="Bo", why=CANARY, in_force_at=timezone.now()
    )
    activity = Activity.objects.create(person=person, words=CANARY)
    # A session and a decision are found by the same kind of key; one key leads to both.
    session = Session.objects.create(
        key=decided.key,
        person=person,
        care_plan=outcome.care_plan,
        finished_at=now,
        ending="done",
        pain_before=2,
    )
    installation = Installation.objects.create(
        person=person, clinic=clinic, token_hash=codes.hash_of(TOKEN), name="Ann's"
    )
    consent = Consent.objects.filter(person=person, item="result").get()
    plan = outcome.care_plan
    rows = Rows(
        person=person,
        clinic=clinic,
        bo=bo,
        referral=handed,
        consent=consent,
        asked=asked,
        begun=begun,
        measured=Measurement.objects.create(
            person=person, measure="hip_extension", side="left", method="goniometer", value=-4, error=6
        ),
        questionnaire=Questionnaire.objects.create(
            person=person, title=CANARY, definition=json.loads(QUESTIONNAIRE.read_text())
        ),
        bout=Bout.objects.create(
            person=person, posture="sitting", started_at=now - half, seconds=600, span_s=600
        ),
        running=Session.objects.create(
            person=person, care_plan=plan, steps=[{"kind": "rest", "seconds": 5, "item": "EX_BRIDGE"}] * 3
        ),
        decided=decided,
        proposed=PlanChange.objects.create(
            care_plan=plan, rule="P1", because="a day", reason=CANARY, before=plan.items, after=plan.items
        ),
        activity=activity,
        installation=installation,
    )
    return {
        "person": person,
        "bo": bo,
        "rows": rows,
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


class Written:
    """Which tables are written in between, beside those of HOUSEKEEPING."""

    def __init__(self) -> None:
        self.tables: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = re.match(r'(?:INSERT (?:OR \w+ )?INTO|UPDATE|DELETE FROM) "(\w+)"', sql)
        if found and found[1] not in HOUSEKEEPING:
            self.tables.add(found[1])
        return execute(sql, params, many, context)


def rows_in(tables: set[str]) -> dict[tuple[str, Any], tuple[Any, ...]]:
    """All rows of these tables, by table and key."""
    models = [one for one in apps.get_models() if one._meta.db_table in tables]
    assert {one._meta.db_table for one in models} == tables, tables
    return {
        (model.__name__, row[0]): row
        for model in models
        for row in model._default_manager.values_list("pk", *(one.attname for one in model._meta.fields))
    }


def owners_of(name: str, row: tuple[Any, ...]) -> set[tuple[str, int]]:
    """The users, persons and clinics that a row leads to, over other rows if need be."""
    model = next(one for one in apps.get_models() if one.__name__ == name)
    found = {(name, row[0])} if model in {User, Person, Clinic} else set()
    for field, value in zip(model._meta.fields, row[1:], strict=True):
        if field.related_model is None or value is None:
            continue
        target: Any = field.related_model
        if target in {User, Person, Clinic}:
            found.add((target.__name__, value))
        else:
            names = [one.attname for one in target._meta.fields]
            above = target._default_manager.filter(pk=value).values_list("pk", *names).first()
            found |= owners_of(target.__name__, above) if above else set()
    return found


def others_rows_changed(
    client: Client, pattern: str, change: Change, hers: dict[str, Any], own: set[tuple[str, int]]
) -> list[str]:
    """Send a change that is somebody else's; what it did to rows that are not the sender's own, and how."""
    rows: Rows = hers["rows"]
    written = Written()
    for dumped in (False, True):
        with undone():
            change.first(rows)
            address, sent = change.at(rows) or filled(pattern, hers["ids"]), change.sent(rows)
            before = rows_in(written.tables) if dumped else {}
            with connection.execute_wrapper(written):
                answer = getattr(client, change.method)(address, **sent)
            body = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert answer.status_code < 500 and CANARY.encode() not in body, (pattern, answer.status_code)
            if not written.tables:
                return []  # as nearly always
            after = rows_in(written.tables) if dumped else {}
            differ = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
            wrong = [
                f"{change.method} {pattern}: {answer.status_code}, {key[0]} {key[1]}"
                for key in differ
                for row in (before.get(key), after.get(key))
                if row is not None and not (set() < owners_of(key[0], row) <= own)
            ]
    return wrong


def actor(role: str, account: Callable[[str], User], staff: Callable[..., Membership]) -> User | None:
    """Who somebody else is, made for the test."""
    match role:
        case "another_person":
            return account("eve@example.org")
        case "another_clinic":
            return staff("cy@else.example", administers=True, at=Clinic.objects.create(name="Elsewhere")).user
        case "administrator_only":
            return staff("ada@harbour.example", treats=False, administers=True).user
    return None


@contextmanager
def undone() -> Iterator[None]:
    """What is done in between is not."""
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(before)


OTHERS = pytest.mark.parametrize("role", ["nobody", "another_person", "another_clinic", "administrator_only"])
WALK = [(pattern, entry) for pattern, entry in addresses(get_resolver()) if "(?P" not in pattern]

CHANGING = sorted(
    pattern
    for pattern in {pattern for pattern, _ in WALK}
    if pattern in OURS_THERE or not (pattern.startswith(NOT_OURS) or pattern in NOTHING_CHANGES | FILES)
)


def test_the_walk_covers_the_site() -> None:
    assert len(WALK) > 60
    assert BODIES.keys() <= set(CHANGING)


def test_each_body_changes_something_for_who_may_send_it(
    hers: dict[str, Any], staff: Callable[..., Membership], signed_in: Callable[[User | None], Client]
) -> None:
    """So that the walk below does not pass on bodies that nobody may send. Every address is in a table."""
    ada = staff("ada@harbour.example", treats=False, administers=True)
    users = {"ann": hers["person"].user, "bo": hers["bo"].user, "ada": ada.user, "": None}
    rows: Rows = hers["rows"]
    wrong = []
    for pattern in CHANGING:
        if pattern not in BODIES:
            asked = {signed_in(one).post(filled(pattern, hers["ids"])).status_code for one in users.values()}
            if not asked <= {302, 405}:
                wrong.append(f"{pattern} takes a POST: put a valid body into tests/clinic_server/bodies.py")
        for change in BODIES.get(pattern, ()):
            with undone():
                change.first(rows)
                address, sent = change.at(rows) or filled(pattern, hers["ids"]), change.sent(rows)
                client, written = signed_in(users[change.who]), Written()
                with connection.execute_wrapper(written):
                    answer = getattr(client, change.method)(address, headers=change.headers, **sent)
                if answer.status_code >= 400 or not written.tables:
                    wrong.append(
                        f"{change.who} {change.method} {address}: {answer.status_code}, kept nothing"
                    )
    assert not wrong, "\n".join(wrong)


@OTHERS
def test_nobody_else_changes_anything_by_a_body_that_is_valid(
    hers: dict[str, Any],
    role: str,
    account: Callable[[str], User],
    staff: Callable[..., Membership],
    signed_in: Callable[[User | None], Client],
) -> None:
    """What they may do is about themselves alone: every row that differs leads to them and to nobody else."""
    user = actor(role, account, staff)
    own: set[tuple[str, int]] = set()
    if user is not None:
        own.add(("User", user.pk))
        own |= {("Person", one.pk) for one in Person.objects.filter(user=user)}
        own |= {("Clinic", one.pk) for one in Clinic.objects.filter(members__user=user, name="Elsewhere")}
    client = signed_in(user)
    wrong = [
        line
        for pattern in CHANGING
        for change in BODIES.get(pattern, ())
        if change.also not in {role, ANYBODY}
        for line in others_rows_changed(client, pattern, change, hers, own)
    ]
    assert not wrong, "\n".join(wrong)


@OTHERS
def test_nobody_else_reads_or_changes_anything_of_hers(
    hers: dict[str, Any],
    role: str,
    account: Callable[[str], User],
    staff: Callable[..., Membership],
    signed_in: Callable[[User | None], Client],
) -> None:
    person: Person = hers["person"]
    user = actor(role, account, staff)
    before = snapshot(person)
    # Whoever works at the clinic may end a connection with an installation, which opens nothing; who
    # administers it ends places of work, and referrals then wait for somebody else.
    allowed = {"clinic:end_installation", "clinic:end_membership"} if role == "administrator_only" else set()
    for pattern, entry in WALK:
        if f"clinic:{entry.name}" in allowed:
            continue
        address = filled(pattern, hers["ids"])
        # What a valid body does is the test above; an empty one must tell nothing either where there is none.
        for method in ("get",) if pattern in BODIES else ("get", "post"):
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
    first = set(AuditEvent.objects.values_list())
    assert first
    rows, client = hers["rows"], signed_in(hers["bo"].user)
    for pattern, changes in BODIES.items():
        for change in changes:
            with undone():
                address, sent = change.at(rows) or filled(pattern, hers["ids"]), change.sent(rows)
                getattr(client, change.method)(address, **sent)
                assert first <= set(AuditEvent.objects.values_list()), pattern
