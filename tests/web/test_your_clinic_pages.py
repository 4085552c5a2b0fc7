"""The pages about a person's clinic: nothing is sent unasked, what is written is kept, trouble is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from tests.day_people import check_in_as

from nextposture.interop.joined import line, links
from nextposture.interop.joined.line import TroubleError
from nextposture.record.models import ClinicKey, ClinicLink, FromClinic, ToClinic
from nextposture.record.people import owner

ADDRESS = "https://clinic.example"
CLINIC = {
    "name": "Harbour Street",
    "phone": "0123",
    "email": "",
    "help_line": "0124",
    "address": "",
    "time_zone": "America/Toronto",
    "opening_hours": {"0": [["09:00", "12:00"]]},
    "takes_referrals": True,
    "policies": {"ROUTINE_PHYSIO": {"by": "in_person", "within_h": 48}},
}
Answers = Callable[[str, dict[str, Any]], dict[str, Any]]


class FakeLine:
    """A clinic's server that answers as told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.trouble = ""
        self.items: list[dict[str, Any]] = []

    def __call__(self, address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        self.asked.append((what, body))
        if self.trouble:
            raise TroubleError(self.trouble)
        if what in ("look", "join"):
            return {"clinic": CLINIC}
        items, self.items = self.items, []
        return {
            "clinic": CLINIC,
            "acts": {one["key"]: "" for one in body["acts"]},
            "items": items,
            "cursor": body["cursor"] + len(items),
            "more": False,
            "again": False,
            "parcels": {},
            "refused": "",
        }


@pytest.fixture
def clinic(monkeypatch: pytest.MonkeyPatch) -> FakeLine:
    made = FakeLine()
    monkeypatch.setattr(line, "ask", made)
    return made


@pytest.fixture
def joined(owner_client: Client) -> ClinicLink:
    link = ClinicLink.objects.create(person=owner(), address=ADDRESS, clinic=CLINIC, joined_at=timezone.now())
    ClinicKey.objects.create(link=link.key, token="t" * 43)
    return link


def hear(link: ClinicLink, kind: str, key: str, content: dict[str, Any]) -> None:
    FromClinic.objects.create(link=link, kind=kind, key=key, content=content)


def a_referral(**more: Any) -> dict[str, Any]:
    at = timezone.now().isoformat()
    return {
        "status": "new",
        "states": [{"status": "new", "at": at, "by": ""}],
        "urgency": "SELF_CARE",
        "wish": "",
        "prefers": "",
        "answer": "",
        "answered_at": None,
        "with": "",
        "made_at": at,
        **more,
    }


def test_before_joining_only_the_code_is_told(owner_client: Client, clinic: FakeLine) -> None:
    check_in_as(owner(), "sitter")
    assert b"asks no other computer" in owner_client.get("/your-clinic/").content
    assert clinic.asked == []
    page = owner_client.post("/your-clinic/look/", {"address": f"{ADDRESS}/step/#ABCD-EFGH-JKMN", "code": ""})
    told = page.content.decode()
    assert clinic.asked == [("look", {"code": "ABCD-EFGH-JKMN"})]
    assert "Harbour Street" in told and "In person, within 2 days" in told and "0124" in told
    assert "not for emergencies" in told and "Call the emergency services now" in told
    answer = owner_client.post("/your-clinic/join/", {"address": ADDRESS, "code": "ABCD-EFGH-JKMN"})
    assert answer["Location"] == "/your-clinic/"
    what, body = clinic.asked[-1]
    assert what == "join" and set(body) == {"code", "key", "token"}
    assert b"Nothing has been handed over yet" in owner_client.get("/your-clinic/").content
    assert len(clinic.asked) == 2  # showing a page asks nobody


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://clinic.example", "begin with https://"),
        ("https://a b", "no clinic of Next Posture"),
        ("https://me:secret@clinic.example", "no clinic of Next Posture"),
    ],
)
def test_an_address_that_will_not_do_says_why(
    owner_client: Client, clinic: FakeLine, address: str, words: str
) -> None:
    page = owner_client.post("/your-clinic/look/", {"address": address, "code": "ABCD"})
    assert page.status_code == 422 and words in page.content.decode() and clinic.asked == []


@pytest.mark.parametrize(
    "trouble", ["no_connection", "not_trusted", "code_wrong", "code_expired", "too_many"]
)
def test_trouble_in_joining_is_said_and_nothing_is_half_made(
    owner_client: Client, clinic: FakeLine, trouble: str
) -> None:
    clinic.trouble = trouble
    for page in ("look", "join"):
        answer = owner_client.post(f"/your-clinic/{page}/", {"address": ADDRESS, "code": "ABCD"})
        assert answer.status_code == 422 and escape(str(TroubleError(trouble))) in answer.content.decode()
    assert links.link_of(owner()) is None


def test_a_referral_is_kept_offline_and_goes_later(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    check_in_as(owner(), "sitter")
    form = {
        "name": "Ann",
        "wish": "Can I run again?",
        "items": ["result", "plan"],
        "days": "90",
        "prefers": "",
    }
    nothing = owner_client.post("/your-clinic/refer/", {**form, "items": []})
    assert nothing.status_code == 422 and b"Can I run again?" in nothing.content
    assert not ToClinic.objects.exists()
    assert owner_client.post("/your-clinic/refer/", form)["Location"] == "/your-clinic/"
    clinic.trouble = "no_connection"
    owner_client.post("/your-clinic/sync/")
    told = owner_client.get("/your-clinic/").content.decode()
    assert "could not be reached" in told and "Waits to be sent: the referral" in told
    clinic.trouble, clinic.asked = "", []
    owner_client.post("/your-clinic/sync/")
    (act,) = clinic.asked[0][1]["acts"]
    assert act["content"]["items"] == ["plan", "result"] and act["content"]["urgency"]
    assert clinic.asked[0][1]["parcels"] == {}  # nothing of the record before the clinic says what it may see
    assert "Everything is sent" in owner_client.get("/your-clinic/").content.decode()


def test_an_emergency_leads_to_the_emergency_services_first(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    hear(joined, "referral", str(uuid4()), a_referral())
    check_in_as(owner(), "emergency")
    for page in ("refer", "messages", "times"):
        answer = owner_client.get(f"/your-clinic/{page}/")
        assert answer.status_code == 302 and "/your-clinic/" not in answer["Location"], page
    assert b"First the emergency" in owner_client.get("/your-clinic/").content
    assert clinic.asked == []


def test_messages_wait_are_marked_and_say_when_they_are_not_taken(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    hear(joined, "referral", str(uuid4()), a_referral())
    said = {"text": "Bring shoes.", "at": timezone.now().isoformat(), "by": "Bo", "read_at": None}
    hear(joined, "message", str(uuid4()), said)
    owner_client.post("/your-clinic/messages/", {"text": "<b>Shall I go on?</b>"})
    told = owner_client.get("/your-clinic/messages/").content.decode()
    assert "waits to be sent" in told and "&lt;b&gt;Shall" in told and "Bring shoes." in told
    assert ToClinic.objects.get(kind="read").content["messages"]
    owner_client.get("/your-clinic/messages/")
    assert ToClinic.objects.filter(kind="read").count() == 1
    ToClinic.objects.filter(kind="message").update(
        sent_at=timezone.now(), refused="First hand a referral over."
    )
    told = owner_client.get("/your-clinic/messages/").content.decode()
    assert "Not taken: First hand a referral over." in told


def test_an_appointment_is_told_in_both_zones_and_cancelled_offline(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink, settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/London"
    hear(joined, "referral", str(uuid4()), a_referral(status="accepted"))
    start = (timezone.now() + timedelta(days=3)).replace(hour=15, minute=0)
    uid = str(uuid4())
    hear(
        joined,
        "appointment",
        uid,
        {
            "sequence": 0,
            "status": "confirmed",
            "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(minutes=30)).isoformat(),
            "seen": "telehealth",
            "with": "Bo",
            "zone": "",
            "cancelled_why": "",
            "call_opens_at": start.isoformat(),
            "call_closes_at": start.isoformat(),
        },
    )
    told = owner_client.get("/your-clinic/").content.decode()
    assert "(Europe/London)" in told and "(America/Toronto)" in told and "Confirmed" in told
    owner_client.post(f"/your-clinic/cancel/{uid}/", {"why": ""})
    told = owner_client.get("/your-clinic/").content.decode()
    assert "cancelled here; the clinic does not know yet" in told.lower()


def test_withdrawing_and_leaving_hold_here_at_once(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    now = timezone.now()
    for item in ("plan", "result"):
        until = (now + timedelta(days=90)).isoformat()
        told = {"item": item, "purpose": "care", "words": "", "given_at": now.isoformat()}
        hear(joined, "consent", item, {**told, "expires_at": until, "withdrawn_at": None})
    assert links.allowed(joined, now) == {"plan", "result"}
    owner_client.post("/your-clinic/withdraw/", {"item": "plan", "purpose": "care"})
    assert links.allowed(joined, now) == {"result"}
    assert b"the clinic does not know yet" in owner_client.get("/your-clinic/").content.lower()
    owner_client.post("/your-clinic/leave/")
    assert links.allowed(joined, now) == frozenset()
    assert b"You are leaving" in owner_client.get("/your-clinic/").content
    owner_client.post("/your-clinic/sync/")
    assert links.link_of(owner()) is None and not ClinicKey.objects.exists()
    assert b"You left Harbour Street" in owner_client.get("/your-clinic/").content


def test_ended_by_the_clinic_says_so_and_keeps_what_was_not_sent(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    hear(joined, "referral", str(uuid4()), a_referral())
    owner_client.post("/your-clinic/messages/", {"text": "Are you there?"})
    clinic.trouble = "revoked"
    owner_client.post("/your-clinic/sync/")
    told = owner_client.get("/your-clinic/").content.decode()
    assert "Harbour Street ended the connection" in told and "Are you there?" in told and "not sent" in told


def test_a_record_from_another_computer_asks_for_a_new_code(
    owner_client: Client, clinic: FakeLine, joined: ClinicLink
) -> None:
    ClinicKey.objects.all().delete()
    owner_client.post("/your-clinic/sync/")
    assert clinic.asked == []
    assert b"Ask the clinic for a new code" in owner_client.get("/your-clinic/").content
