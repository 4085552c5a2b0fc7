"""Pain at the limit before a session is kept, and the exercises wait, whatever is said a minute later."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from tests.day_people import check_in_as

from nextposture.planning.session import session_table
from nextposture.record.models import Person, Rating, Session
from nextposture.record.people import owner

WAIT = timedelta(hours=session_table().too_painful.wait_h)


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def start(client: Client, pain: int) -> str:
    told = {"key": str(uuid.uuid4()), "pain": pain}
    return client.post("/session/start/", told, follow=True).content.decode()


def age(by: timedelta) -> None:
    for one in Rating.objects.all():
        Rating.objects.filter(pk=one.pk).update(at=one.at - by)


def test_lower_number_a_minute_later_begins_nothing(owner_client: Client, person: Person) -> None:
    page = start(owner_client, 9)
    assert "You rated your pain 9 at" in page and "We ask about your pain again from" in page
    owner_client.post("/progress/pain/", {"now": "2"})
    start(owner_client, 5)
    assert not Session.objects.exists()
    assert "The exercises wait" in owner_client.get("/session/").content.decode()


def test_breaks_go_on_and_no_session_is_offered(owner_client: Client, person: Person) -> None:
    start(owner_client, 7)
    page = owner_client.get("/today/").content.decode()
    assert "I am sitting" in page and "The exercises wait" in page and "Start the session" not in page


def test_it_is_kept_as_a_rating(owner_client: Client, person: Person) -> None:
    start(owner_client, 8)
    assert 8 in Rating.objects.filter(measure="pain_now").values_list("value", flat=True)


def test_some_hours_later_pain_is_asked_again(owner_client: Client, person: Person) -> None:
    start(owner_client, 9)
    age(WAIT + timedelta(minutes=1))
    assert "How strong is your pain now?" in owner_client.get("/session/").content.decode()
    start(owner_client, 8)
    assert not Session.objects.exists(), "still too strong: the wait begins anew"
    start(owner_client, 3)
    assert not Session.objects.exists()
    age(WAIT + timedelta(minutes=1))
    start(owner_client, 3)
    assert Session.objects.get().pain_before == 3
