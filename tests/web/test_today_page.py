"""Today: what is due, the break timer, what was done."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.record.models import Break, CheckIn, HabitDone, Person, Sitting
from nextposture.record.people import owner

TODAY = "/today/"


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def text(client: Client) -> str:
    answer = client.get(TODAY)
    assert answer.status_code == 200
    return answer.content.decode()


def sat_for(person: Person, minutes: float) -> datetime:
    since = timezone.now() - timedelta(minutes=minutes)
    Sitting.objects.update_or_create(person=person, defaults={"since": since, "driving": False})
    return since


def got_up(client: Client, key: uuid.UUID | None = None, answer: str = "done", kind: str = "walk") -> int:
    told = {"key": str(key or uuid.uuid4()), "answer": answer, "kind": kind}
    return client.post("/today/break/", told).status_code


def test_a_plan_leads_with_the_session_and_offers_the_timer(owner_client: Client, person: Person) -> None:
    page = text(owner_client)
    assert "Start the session" in page
    assert "Half-kneeling hip-flexor stretch" in page
    assert "asks you to get up after 30 minutes" in page
    assert "Walking" in page


def test_a_stranger_sees_and_changes_nothing(client: Client, person: Person) -> None:
    assert client.get(TODAY).status_code == 403
    assert got_up(client) == 403
    assert client.get("/today/timer/").status_code == 403
    assert client.post("/today/timer/change/", {"now": "sitting"}).status_code == 403
    assert client.post("/today/interval/", {"minutes": 20}).status_code == 403
    assert client.post("/today/habit/", {"item": "P_WALK", "done": "yes"}).status_code == 403
    assert not Break.objects.exists()
    assert not HabitDone.objects.exists()


def test_without_a_check_in_it_says_what_will_be_here(owner_client: Client) -> None:
    page = text(owner_client)
    assert "Start with the danger signs" in page
    assert "I am sitting" not in page


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("emergency", "Nerves at the base of the spine"),
        ("today", "Speak to a doctor or urgent-care line today"),
        ("unfinished_today", "Speak to a doctor or urgent-care line today"),
        ("unfinished", "Some safety questions have no answer yet"),
    ],
)
def test_where_no_plan_is_allowed_it_shows_only_what_to_do(
    owner_client: Client, who: str, words: str
) -> None:
    check_in_as(owner(), who)
    page = text(owner_client)
    assert words in page
    assert "I am sitting" not in page
    assert "Start the session" not in page


def test_where_only_habits_are_allowed_there_is_no_session(owner_client: Client) -> None:
    check_in_as(owner(), "two_weeks")
    page = text(owner_client)
    assert "I am sitting" in page
    assert "Start the session" not in page


def test_a_danger_sign_in_a_check_in_that_is_still_open_shuts_the_plan(
    owner_client: Client, person: Person
) -> None:
    answers = {"ces_saddle": True, "ces_onset_days": 1, "ces_trend": "worse"}
    CheckIn.objects.create(person=person, answers=answers)
    page = text(owner_client)
    assert "Nerves at the base of the spine" in page
    assert "Start the session" not in page


def test_sitting_is_timed_from_the_server_and_starting_twice_changes_nothing(
    owner_client: Client, person: Person
) -> None:
    owner_client.post("/today/timer/change/", {"now": "sitting"})
    since = Sitting.objects.get().since
    owner_client.post("/today/timer/change/", {"now": "sitting"})
    assert Sitting.objects.get().since == since
    sat_for(person, 12.5)
    page = text(owner_client)
    assert "data-sat>12<" in page
    assert "Next break in 18 minutes" in page
    told = owner_client.get("/today/timer/").json()
    assert 17 * 60 < told["due_in_s"] <= 17.5 * 60


def test_a_due_break_comes_first_and_getting_up_restarts_the_timer(
    owner_client: Client, person: Person
) -> None:
    since = sat_for(person, 31)
    page = text(owner_client)
    assert page.index("Time to get up") < page.index("Start the session")
    assert got_up(owner_client, kind="stretch") == 302
    kept = Break.objects.get()
    assert (kept.answer, kept.kind, kept.offered_at) == ("done", "stretch", since + timedelta(minutes=30))
    assert Sitting.objects.get().since == kept.answered_at
    assert 'You were up <span class="figures">1 of 1</span> times' in text(owner_client)


def test_a_double_tap_counts_once(owner_client: Client, person: Person) -> None:
    sat_for(person, 31)
    key = uuid.uuid4()
    assert [got_up(owner_client, key), got_up(owner_client, key)] == [302, 302]
    assert Break.objects.count() == 1


def test_getting_up_unasked_is_counted_as_that(owner_client: Client, person: Person) -> None:
    sat_for(person, 10)
    got_up(owner_client)
    assert Break.objects.get().offered_at is None
    assert "You were up 1 time, unasked" in text(owner_client)


def test_putting_off_and_not_taking_are_two_things_and_both_count(
    owner_client: Client, person: Person
) -> None:
    sat_for(person, 31)
    got_up(owner_client, answer="later", kind="")
    page = text(owner_client)
    assert "Next break in 5 minutes" in page
    assert "You put it off 1 time" in page
    Break.objects.update(answered_at=timezone.now() - timedelta(minutes=6))
    sat_for(person, 37)
    got_up(owner_client, answer="not_now", kind="")
    page = text(owner_client)
    assert "Next break in 30 minutes" in page
    assert "0 of 1</span> times" in page


def test_it_can_be_put_off_only_twice(owner_client: Client, person: Person) -> None:
    since = sat_for(person, 50)
    assert "In 5 minutes" in text(owner_client)
    for minute in (31, 37):
        Break.objects.create(person=person, answer="later", answered_at=since + timedelta(minutes=minute))
    page = text(owner_client)
    assert "In 5 minutes" not in page
    assert "Not this time" in page


def test_nothing_is_timed_asked_or_counted_while_driving(owner_client: Client, person: Person) -> None:
    sat_for(person, 31)
    owner_client.post("/today/timer/change/", {"now": "driving"})
    page = text(owner_client)
    assert "You are driving" in page
    assert "Time to get up" not in page
    assert got_up(owner_client) == 302
    assert not Break.objects.exists()
    assert owner_client.get("/today/timer/").json()["due_in_s"] is None
    owner_client.post("/today/timer/change/", {"now": "up"})
    assert "You are driving" not in text(owner_client)


def test_hours_without_a_word_are_not_called_sitting(owner_client: Client, person: Person) -> None:
    sat_for(person, 9 * 60)
    page = text(owner_client)
    assert "Have you been sitting all this time?" in page
    assert "Time to get up" not in page
    owner_client.post("/today/timer/change/", {"now": "just_sat_down"})
    assert "Next break in 30 minutes" in text(owner_client)


def test_the_interval_is_the_persons_own_between_20_and_60(owner_client: Client, person: Person) -> None:
    assert owner_client.post("/today/interval/", {"minutes": "45"}).status_code == 302
    for bad in ("15", "65", "31", "", "x"):
        assert owner_client.post("/today/interval/", {"minutes": bad}).status_code == 400
    assert Sitting.objects.get().interval_min == 45
    sat_for(person, 10)
    assert "Next break in 35 minutes" in text(owner_client)


def test_bad_answers_are_refused_and_keep_what_is_saved(owner_client: Client, person: Person) -> None:
    since = sat_for(person, 31)
    assert got_up(owner_client, answer="slept") == 400
    assert got_up(owner_client, kind="flew") == 400
    told = {"key": "1", "answer": "done", "kind": "walk"}
    assert owner_client.post("/today/break/", told).status_code == 400
    assert owner_client.post("/today/timer/change/", {"now": "flying"}).status_code == 400
    assert Sitting.objects.get().since == since
    assert not Break.objects.exists()


def test_a_habit_is_done_once_a_day_and_can_be_undone(owner_client: Client, person: Person) -> None:
    for _ in range(2):
        owner_client.post("/today/habit/", {"item": "P_WALK", "done": "yes"})
    assert HabitDone.objects.count() == 1
    assert "Done today</p>" in text(owner_client)
    owner_client.post("/today/habit/", {"item": "P_WALK", "done": "no"})
    assert not HabitDone.objects.exists()


@pytest.mark.parametrize("item", ["P_SMOKE", "EX_KNEEL", "nothing"])
def test_what_is_no_habit_of_the_plan_is_refused(owner_client: Client, person: Person, item: str) -> None:
    assert owner_client.post("/today/habit/", {"item": item, "done": "yes"}).status_code == 400
    assert not HabitDone.objects.exists()


def test_changes_are_made_by_post_only(owner_client: Client, person: Person) -> None:
    for path in ("break", "timer/change", "interval", "habit"):
        assert owner_client.get(f"/today/{path}/").status_code == 405
