"""Referrals: what is handed over, what may be seen until when, who looked, the order they are read in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from nextposture.clinic import access, booking, consents, referrals
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Availability,
    Clinic,
    Consent,
    Membership,
    Message,
    Note,
    Referral,
    Seen,
    WaitingPlace,
)
from nextposture.record.models import Person
from tests.clinic_server.records import check_in
from tests.clinic_server.test_team import settings_form

Account = Callable[[str], User]
SignedIn = Callable[[User | None], Client]
FORM = {
    "name": "Ann",
    "phone": "",
    "wish": "Can I run again?",
    "prefers": "",
    "items": ["result", "plan"],
    "days": "90",
}


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    return staff("bo@harbour.example")


def words(client: Client, address: str, **headers: str) -> str:
    """What a page says, without its tags."""
    html = client.get(address, **headers).content.decode()  # type: ignore[arg-type]
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


def test_person_hands_over_what_they_tick_and_nothing_else(
    person: Person, clinic: Clinic, signed_in: SignedIn
) -> None:
    check_in(person)
    ann = signed_in(person.user)
    assert ann.post(f"/clinic/{clinic.pk}/refer/", FORM)["Location"] == "/clinic/sharing/"
    handed = Referral.objects.get()
    assert (handed.urgency, handed.wish) == ("ROUTINE_PHYSIO", "Can I run again?")
    assert handed.reasons and all(isinstance(line, str) for line in handed.reasons)
    assert access.shared_items(person, clinic, timezone.now()) == {"result", "plan"}
    assert b"Urgency, why" in ann.get("/clinic/sharing/").content


def test_nothing_ticked_hands_nothing_over_and_loses_nothing(
    person: Person, clinic: Clinic, signed_in: SignedIn
) -> None:
    check_in(person)
    answer = signed_in(person.user).post(f"/clinic/{clinic.pk}/refer/", {**FORM, "items": []})
    assert answer.status_code == 422
    assert b"Choose at least one" in answer.content and b"Can I run again?" in answer.content
    assert not Referral.objects.exists() and not Consent.objects.exists()


def test_a_clinic_gets_no_blank_form(person: Person, clinic: Clinic, signed_in: SignedIn) -> None:
    page = signed_in(person.user).get(f"/clinic/{clinic.pk}/refer/")
    assert b"First a check-in" in page.content


def test_an_emergency_goes_to_the_emergency_page(person: Person, clinic: Clinic, signed_in: SignedIn) -> None:
    check_in(person, "P03")
    answer = signed_in(person.user).post(f"/clinic/{clinic.pk}/refer/", FORM)
    assert answer.status_code == 302 and "/clinic/" not in answer["Location"]
    assert not Referral.objects.exists()


def test_same_day_is_for_a_doctor_today(person: Person, clinic: Clinic, signed_in: SignedIn) -> None:
    check_in(person, "P11")
    ann = signed_in(person.user)
    page = ann.get(f"/clinic/{clinic.pk}/refer/")
    assert b"today" in page.content and b"Hand it over" not in page.content
    assert ann.post(f"/clinic/{clinic.pk}/refer/", FORM).status_code == 422
    assert not Referral.objects.exists()


def test_handing_over_twice_is_one_referral_with_the_newer_wishes(person: Person, clinic: Clinic) -> None:
    check_in(person)
    first = referrals.refer(person, clinic, ["result", "plan"], timezone.now(), wish="first")
    second = referrals.refer(person, clinic, ["result"], timezone.now(), wish="second")
    assert first.pk == second.pk and Referral.objects.get().wish == "second"
    assert access.shared_items(person, clinic, timezone.now()) == {"result"}


def test_consent_ends_by_itself_and_at_once_when_withdrawn(
    person: Person, clinic: Clinic, bo: Membership
) -> None:
    now = timezone.now()
    consents.give(person, clinic, ["result", "plan"], now, days=30)
    assert access.shared_items(person, clinic, now + timedelta(days=29)) == {"result", "plan"}
    assert access.shared_items(person, clinic, now + timedelta(days=31)) == frozenset()
    access.require(bo, person, "plan")
    consents.withdraw(person, clinic, now, item="plan")
    with pytest.raises(PermissionDenied):
        access.require(bo, person, "plan")
    assert access.shared_items(person, clinic, now) == {"result"}


def test_declining_needs_words_and_ends_what_may_be_seen(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    referrals.refer(person, clinic, ["result"], timezone.now())
    client, address = signed_in(bo.user), f"/clinic/people/{person.pk}/answer/"
    assert client.post(address, {"status": "declined", "text": " "}).status_code == 422
    assert client.post(address, {"status": "declined", "text": "Please see your doctor."}).status_code == 302
    assert Referral.objects.get().status == "declined"
    assert access.shared_items(person, clinic, timezone.now()) == frozenset()
    assert client.get(f"/clinic/people/{person.pk}/").status_code == 404
    assert b"Please see your doctor." in signed_in(person.user).get("/clinic/sharing/").content


def test_queue_is_by_urgency_then_by_waiting(clinic: Clinic, account: Callable[[str], User]) -> None:
    now = timezone.now()
    for hours, (name, urgency) in enumerate(
        [("b", "ROUTINE_PHYSIO"), ("c", "SELF_CARE"), ("a", "WITHIN_2_WEEKS"), ("older", "ROUTINE_PHYSIO")]
    ):
        Referral.objects.create(
            person=account(f"{name}@example.org").person,
            clinic=clinic,
            urgency=urgency,
            made_at=now - timedelta(hours=1000 if name == "older" else hours),
        )
    waiting = referrals.queue(clinic, now).waiting
    assert [one.referral.person.user.email[0] for one in waiting] == ["a", "o", "b", "c"]
    assert [one.overdue for one in waiting] == [False, True, False, False]
    assert waiting[0].by == "in_person" and waiting[1].by == "telehealth"


def test_queue_says_what_each_needs_next(clinic: Clinic, bo: Membership, account: Account) -> None:
    now = timezone.now()

    def one(name: str, stands: str, **appointment: Any) -> None:
        who = account(f"{name}@example.org").person
        Referral.objects.create(
            person=who,
            clinic=clinic,
            urgency="ROUTINE_PHYSIO",
            status=stands,
            made_at=now - timedelta(days=20),
        )
        if appointment:
            begins = now + timedelta(days=appointment.pop("day"))
            times = {"starts_at": begins, "ends_at": begins + timedelta(minutes=30)}
            Appointment.objects.create(
                person=who, clinic=clinic, practitioner=bo, seen="telehealth", **times, **appointment
            )

    one("new", "new")
    one("none", "accepted")
    one("asked", "accepted", day=2, status="requested")
    one("past", "accepted", day=-1, status="confirmed")
    one("cancelled", "accepted", day=3, status="cancelled")
    one("later", "accepted", day=9, status="confirmed")
    one("sooner", "accepted", day=1, status="confirmed")
    one("seen", "accepted", day=-5, status="done")
    seen = referrals.queue(clinic, now)
    told = {row.referral.person.user.email.partition("@")[0]: row for row in (*seen.waiting, *seen.others)}
    assert {name: row.need.value for name, row in told.items()} == {
        "new": "answer",
        "none": "appointment",
        "asked": "confirming",
        "past": "closing",
        "cancelled": "appointment",
        "later": "nothing",
        "sooner": "nothing",
        "seen": "nothing",
    }
    assert [row.referral.person.user.email for row in seen.others] == [
        f"{name}@example.org" for name in ("sooner", "later", "seen")
    ]
    assert told["none"].overdue and told["later"].overdue and not told["seen"].overdue
    assert (seen.needing, seen.settled) == (5, 3)
    assert len(referrals.queue(clinic, now, most=2).waiting) == 2


def test_a_clinic_may_be_quicker_and_never_takes_an_emergency(clinic: Clinic) -> None:
    clinic.policy = {
        "ROUTINE_PHYSIO": {"by": "in_person", "within_h": 24},
        "EMERGENCY_NOW": {"by": "telehealth", "within_h": 1},
    }
    from nextposture.knowledge import Urgency

    assert referrals.policy_for(clinic, Urgency.ROUTINE_PHYSIO)[1:] == ("in_person", 24)
    policy, by, within_h = referrals.policy_for(clinic, Urgency.EMERGENCY_NOW)
    assert (policy.clinic, by, within_h) == (False, "", None)


def test_emergencies_go_to_the_emergency_services_whatever_the_clinic_says(
    person: Person, clinic: Clinic, signed_in: SignedIn, staff: Callable[..., Membership]
) -> None:
    """On its page, on the page where a referral is handed over, and where somebody sets its policy."""
    clinic.help_line = "020 7946 0991"
    clinic.policy = {name: {"by": "telehealth", "within_h": 24} for name in ("EMERGENCY_NOW", "SAME_DAY")}
    clinic.save()
    check_in(person)
    ann = signed_in(person.user)
    for address in (f"/clinic/{clinic.pk}/", f"/clinic/{clinic.pk}/refer/"):
        page = words(ann, address, HTTP_ACCEPT_LANGUAGE="en-GB")
        assert "A clinic is not for emergencies. In an emergency call 999" in page, address
    page = words(ann, f"/clinic/{clinic.pk}/")
    assert "020 7946 0991. Not for emergencies." in page
    assert "Call the emergency services now. The clinic is not for emergencies." in page
    assert "Speak to a doctor or an urgent-care line today." in page and "within 1 day" not in page
    ada = signed_in(staff("ada@harbour.example", treats=False, administers=True).user)
    form = settings_form(clinic, **{"EMERGENCY_NOW-by": "telehealth", "EMERGENCY_NOW-within_h": "1"})
    assert "The clinic is not for emergencies. This cannot be changed." in words(ada, "/clinic/settings/")
    assert ada.post("/clinic/settings/", form).status_code == 302
    clinic.refresh_from_db()
    assert clinic.policy.keys() == {"WITHIN_2_WEEKS", "ROUTINE_PHYSIO", "SELF_CARE"}


def test_nothing_is_booked_while_an_emergency_stands(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    """The referral was handed over before, and was not urgent then."""
    for weekday in range(7):
        Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(0), ends=time(23, 55))
    check_in(person)
    referrals.refer(person, clinic, ["result"], timezone.now())
    ann = signed_in(person.user)
    practitioner, free = ann.get(f"/clinic/{clinic.pk}/times/").context["days"][2][1][0]
    check_in(person, "P03")
    form = {"time": f"{practitioner.pk} {free.starts_at.isoformat()}", "seen": "telehealth"}
    for answer in (
        ann.get(f"/clinic/{clinic.pk}/times/"),
        ann.post(f"/clinic/{clinic.pk}/times/ask/", form),
        ann.post(f"/clinic/{clinic.pk}/times/wait/"),
    ):
        assert answer.status_code == 302
        assert b"emergency-page" in ann.get(answer["Location"]).content
    resource = {
        "resourceType": "Appointment",
        "status": "proposed",
        "start": free.starts_at.isoformat(),
        "end": free.ends_at.isoformat(),
        "participant": [{"actor": {"reference": f"Practitioner/{bo.pk}"}, "status": "needs-action"}],
    }
    refused = ann.post("/fhir/Appointment", json.dumps(resource), content_type="application/fhir+json")
    assert refused.status_code == 403 and b"Call the emergency services now." in refused.content
    assert not Appointment.objects.exists() and not WaitingPlace.objects.exists()

    booked = booking.book(person, bo, free.starts_at, 30, Seen.TELEHEALTH, timezone.now())
    later = resource | {"start": (free.starts_at + timedelta(hours=1)).isoformat()}
    moved = ann.put(f"/fhir/Appointment/{booked.pk}", json.dumps(later), content_type="application/fhir+json")
    assert moved.status_code == 403
    booked.refresh_from_db()
    assert booked.starts_at == free.starts_at
    off = resource | {"status": "cancelled"}
    answer = ann.put(f"/fhir/Appointment/{booked.pk}", json.dumps(off), content_type="application/fhir+json")
    assert answer.status_code == 200  # an appointment can always be given back


def test_person_sees_who_looked_and_what_at(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    referrals.refer(person, clinic, ["result", "plan"], timezone.now())
    assert signed_in(bo.user).get(f"/clinic/people/{person.pk}/").status_code == 200
    event = AuditEvent.objects.get()
    assert (event.actor_name, event.action, event.what) == ("Bo", "read", "record: plan, result")
    assert b"record: plan, result" in signed_in(person.user).get("/clinic/sharing/").content


def test_messages_go_both_ways_and_are_marked_read(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    referrals.refer(person, clinic, ["result"], timezone.now())
    ann, their = signed_in(person.user), signed_in(bo.user)
    ann.post(f"/clinic/{clinic.pk}/messages/", {"text": "<script>alert(1)</script> May I swim?"})
    assert b"Messages not read yet" in their.get("/clinic/").content
    page = their.get(f"/clinic/people/{person.pk}/messages/").content
    assert b"May I swim?" in page and b"<script>alert" not in page
    assert b"Messages not read yet" not in their.get("/clinic/").content
    their.post(f"/clinic/people/{person.pk}/messages/", {"text": "Yes, gently."})
    assert b"Yes, gently." in ann.get(f"/clinic/{clinic.pk}/messages/").content
    assert Message.objects.filter(read_at=None).count() == 0
    assert ann.post(f"/clinic/{clinic.pk}/messages/", {"text": " "}).status_code == 422


def test_notes_are_corrected_and_never_overwritten(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    referrals.refer(person, clinic, ["result"], timezone.now())
    client, address = signed_in(bo.user), f"/clinic/people/{person.pk}/notes/"
    client.post(address, {"text": "Left hip"})
    first = Note.objects.get()
    client.post(address, {"text": "Right hip", "corrects": first.pk})
    assert [(note.text, note.corrects_id) for note in Note.objects.order_by("pk")] == [
        ("Left hip", None),
        ("Right hip", first.pk),
    ]
    assert b"corrects an earlier note" in signed_in(person.user).get("/clinic/sharing/").content


def test_taking_back_ends_everything_at_once(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    handed = referrals.refer(person, clinic, ["result"], timezone.now())
    client = signed_in(bo.user)
    assert client.get(f"/clinic/people/{person.pk}/").status_code == 200
    signed_in(person.user).post("/clinic/sharing/take-back/", {"referral": handed.pk})
    assert client.get(f"/clinic/people/{person.pk}/").status_code == 404
    assert referrals.queue(clinic, timezone.now()).waiting == ()


def test_row_history_says_who_changed_a_referral(
    person: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    check_in(person)
    referrals.refer(person, clinic, ["result"], timezone.now())
    signed_in(bo.user).post(f"/clinic/people/{person.pk}/answer/", {"status": "accepted", "text": ""})
    newest = Referral.objects.get().history.first()
    assert (newest.status, newest.history_user) == ("accepted", bo.user)


@pytest.mark.parametrize(
    ("allowed", "seen", "unseen"),
    [
        (
            ["result"],
            [b"What may add to it"],
            [b"Pain and what matters", b"Plan and adherence", b"How old are you"],
        ),
        (
            ["progress"],
            [b"Pain and what matters"],
            [b"What may add to it", b"Danger signs and their history"],
        ),
        (["answers"], [b"How old are you"], [b"What may add to it", b"Pain and what matters", b"In short"]),
        (
            ["plan", "result"],
            [b"Plan and adherence", b"What may add to it"],
            [b"How old are you", b"In short"],
        ),
    ],
)
def test_practitioner_sees_what_was_ticked_and_no_more(
    person: Person,
    clinic: Clinic,
    bo: Membership,
    signed_in: SignedIn,
    allowed: list[str],
    seen: list[bytes],
    unseen: list[bytes],
) -> None:
    check_in(person)
    referrals.refer(person, clinic, allowed, timezone.now())
    page = signed_in(bo.user).get(f"/clinic/people/{person.pk}/").content
    assert all(words in page for words in seen)
    assert not any(words in page for words in unseen)
    consents.withdraw(person, clinic, timezone.now())
    page = signed_in(bo.user).get(f"/clinic/people/{person.pk}/").content
    assert not any(words in page for words in [*seen, *unseen])
