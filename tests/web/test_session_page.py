"""The session, by its forms: before, step by step, stopped, after."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.record.models import Person, Session, SetDone
from nextposture.record.people import owner

SESSION = "/session/"


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def text(client: Client, path: str = SESSION) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def begin(client: Client, pain: object = 3, key: uuid.UUID | None = None) -> Session:
    answer = client.post("/session/start/", {"key": str(key or uuid.uuid4()), "pain": pain})
    assert answer.status_code == 302
    return Session.objects.get(finished_at=None)


def send(client: Client, session: Session, **told: object) -> object:
    return client.post("/session/step/", {"key": session.key, **told}, headers={"Accept": "application/json"})


def sets_of(session: Session) -> list[int]:
    return [place for place, step in enumerate(session.steps) if step["kind"] == "set"]


def to_the_end(client: Client, session: Session) -> None:
    for place, step in enumerate(session.steps):
        told = {"step": place, "seconds": step["seconds"], "reps": step["reps"]}
        send(client, session, position=place + 1, **(told if step["kind"] == "set" else {}))


def after(client: Client, session: Session, **told: object) -> str:
    answer = client.post("/session/finish/", {"key": session.key, **told}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_it_says_what_is_in_it_and_asks_for_pain(owner_client: Client, person: Person) -> None:
    page = text(owner_client)
    assert "12 minutes: a warm-up and 3 exercises" in page
    assert "a pad or folded towel and a mat or carpet" in page
    assert "How strong is your pain now?" in page
    assert "Chest pain, or feeling faint." in page


def test_a_stranger_sees_and_changes_nothing(client: Client, owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    stranger = Client()
    assert stranger.get(SESSION).status_code == 403
    assert stranger.post("/session/start/", {"key": uuid.uuid4(), "pain": 1}).status_code == 403
    assert stranger.post("/session/step/", {"key": session.key, "position": 3}).status_code == 403
    assert stranger.post("/session/stop/", {"key": session.key, "rule": "pain_up"}).status_code == 403
    assert stranger.post("/session/finish/", {"key": session.key}).status_code == 403
    assert stranger.get(f"/session/{session.key}/").status_code == 403
    assert Session.objects.get().position == 0


def test_a_step_is_saved_and_a_reload_shows_it(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    first = sets_of(session)[0]
    answer = send(owner_client, session, position=first + 1, step=first, seconds=30, reps=0)
    assert answer.json() == {"open": True, "position": first + 1}  # type: ignore[attr-defined]
    kept = SetDone.objects.get()
    assert (kept.item, kept.side, kept.seconds) == ("EX_KNEEL", "left", 30)
    assert f"Step {first + 2} of {len(session.steps)}" in text(owner_client)
    assert "Change side" in text(owner_client)


def test_without_script_the_buttons_lead_through(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    for place, step in enumerate(session.steps):
        assert f"Step {place + 1} of" in text(owner_client)
        told = {"key": session.key, "position": place + 1}
        if step["kind"] == "set":
            told |= {"step": place, "seconds": step["seconds"], "reps": step["reps"]}
        assert owner_client.post("/session/step/", told).status_code == 302
    assert "That was the last set" in text(owner_client)
    assert SetDone.objects.count() == len(sets_of(session))


def test_a_set_sent_twice_counts_once_and_never_for_more_than_planned(
    owner_client: Client, person: Person
) -> None:
    session = begin(owner_client)
    first = sets_of(session)[0]
    for seconds in (9999, 5):
        send(owner_client, session, position=first + 1, step=first, seconds=seconds, reps=99)
    kept = SetDone.objects.get()
    assert (kept.seconds, kept.reps) == (30, 0)


@pytest.mark.parametrize(
    "told",
    [
        {"position": 999},
        {"position": -1},
        {"position": "x"},
        {},
        {"position": 1, "step": 0, "seconds": 9},  # the warm-up is no set
        {"position": 1, "step": 999, "seconds": 9},
        {"position": 1, "step": 3, "seconds": -1},
    ],
)
def test_impossible_steps_are_refused_and_keep_what_is_saved(
    owner_client: Client, person: Person, told: dict[str, object]
) -> None:
    session = begin(owner_client)
    send(owner_client, session, position=2)
    assert send(owner_client, session, **told).status_code == 400  # type: ignore[attr-defined]
    session.refresh_from_db()
    assert session.position == 2
    assert not SetDone.objects.exists()


def test_a_session_that_is_not_there_is_not_found(owner_client: Client, person: Person) -> None:
    begin(owner_client)
    answer = owner_client.post(
        "/session/step/", {"key": uuid.uuid4(), "position": 1}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 404
    assert owner_client.get(f"/session/{uuid.uuid4()}/").status_code == 404


def test_starting_twice_makes_one_session(owner_client: Client, person: Person) -> None:
    key = uuid.uuid4()
    first = begin(owner_client, key=key)
    owner_client.post("/session/start/", {"key": key, "pain": 5})
    owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 5})
    assert Session.objects.get() == first
    assert Session.objects.get().pain_before == 3


@pytest.mark.parametrize("pain", ["", "11", "-1", "x"])
def test_no_session_without_pain_before(owner_client: Client, person: Person, pain: str) -> None:
    answer = owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": pain})
    assert answer.status_code == 422
    assert "from 0 to 10" in answer.content.decode() or "Choose a number" in answer.content.decode()
    assert not Session.objects.exists()


def test_pain_of_7_before_starts_nothing(owner_client: Client, person: Person) -> None:
    answer = owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 7}, follow=True)
    assert "From 7 upwards the exercises wait" in answer.content.decode()
    assert not Session.objects.exists()


@pytest.mark.parametrize("who", ["emergency", "today", "unfinished"])
def test_no_session_where_no_plan_is_allowed(owner_client: Client, who: str) -> None:
    check_in_as(owner(), who)
    owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 1})
    assert not Session.objects.exists()
    assert "Start the session" not in text(owner_client)


@pytest.mark.parametrize(
    ("rule", "say"),
    [("new_danger_sign", "Nerves at the base of the spine"), ("chest_or_faint", "I have chest pain")],
)
def test_an_urgent_stop_shows_what_to_do_and_shuts_the_plan_until_a_check_in(
    owner_client: Client, person: Person, rule: str, say: str
) -> None:
    session = begin(owner_client)
    answer = owner_client.post("/session/stop/", {"key": session.key, "rule": rule}, follow=True)
    page = answer.content.decode()
    assert "emergency-page" in page
    assert say in page
    assert say in text(owner_client, "/today/")
    assert Session.objects.get().stop_rule == rule
    owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 1})
    assert Session.objects.count() == 1
    check_in_as(person, "sitter")
    assert say not in text(owner_client, "/today/")


def test_sharp_pain_asks_for_a_check_in_first(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    answer = owner_client.post("/session/stop/", {"key": session.key, "rule": "sharp_pain"}, follow=True)
    assert "Check in before you go on" in answer.content.decode()
    assert "Check in before you go on" in text(owner_client, "/today/")


def test_a_session_stop_ends_it_for_today_and_keeps_the_sets(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    first = sets_of(session)[0]
    send(owner_client, session, position=first + 1, step=first, seconds=30, reps=0)
    for _ in range(2):
        answer = owner_client.post("/session/stop/", {"key": session.key, "rule": "pain_up"}, follow=True)
        assert "There is no further session today" in answer.content.decode()
    assert SetDone.objects.count() == 1
    assert "No exercise is due today" in text(owner_client)
    assert "Red, so far" in answer.content.decode()


def test_an_unknown_stop_rule_is_refused(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    answer = owner_client.post("/session/stop/", {"key": session.key, "rule": "bored"})
    assert answer.status_code == 400
    assert Session.objects.get().finished_at is None


def test_enough_for_today_leads_to_the_questions_and_the_rest_stays_due(
    owner_client: Client, person: Person
) -> None:
    session = begin(owner_client)
    first = sets_of(session)[0]
    send(owner_client, session, position=first + 1, step=first, seconds=30, reps=0)
    answer = owner_client.post("/session/stop/", {"key": session.key, "rule": ""}, follow=True)
    assert "You ended here" in answer.content.decode()
    send(owner_client, session, position=2)  # a late request does not lead back
    assert "You ended here" in text(owner_client)
    after(owner_client, session, pain_after=3, pain_peak=3, effort=4)
    assert Session.objects.get().ending == "left"
    page = text(owner_client)
    assert "Half-kneeling" not in page
    assert "Bridge" in page


def test_a_set_that_arrives_after_the_end_still_counts(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    owner_client.post("/session/stop/", {"key": session.key, "rule": "leg_spread"})
    first = sets_of(session)[0]
    answer = send(owner_client, session, position=first + 1, step=first, seconds=30, reps=0)
    assert answer.json()["open"] is False  # type: ignore[attr-defined]
    assert SetDone.objects.count() == 1


@pytest.mark.parametrize(
    ("peak", "words"),
    [(4, "Green, so far"), (5, "Amber, so far"), (6, "Red, so far")],
)
def test_the_traffic_light_in_words(owner_client: Client, person: Person, peak: int, words: str) -> None:
    session = begin(owner_client, pain=3)
    to_the_end(owner_client, session)
    assert words in after(owner_client, session, pain_after=3, pain_peak=peak, effort=6)
    kept = Session.objects.get()
    assert (kept.pain_before, kept.pain_after, kept.pain_peak, kept.effort) == (3, 3, peak, 6)


def test_nothing_has_to_be_answered_afterwards(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    assert "there is no traffic light" in after(owner_client, session)
    assert Session.objects.get().ending == "done"


def test_a_danger_sign_told_afterwards_acts_as_one_told_before(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    page = after(owner_client, session, pain_after=3, flags=["new_danger_sign"])
    assert "Nerves at the base of the spine" in page
    assert "emergency-page" in page


def test_bad_ratings_are_refused_and_the_session_stays_open(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    answer = owner_client.post("/session/finish/", {"key": session.key, "pain_after": 12, "effort": 4})
    assert answer.status_code == 422
    assert "Choose a number from 0 to 10" in answer.content.decode()
    assert Session.objects.get().finished_at is None


def test_finishing_twice_keeps_the_first(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    after(owner_client, session, pain_after=2, pain_peak=4, effort=5)
    after(owner_client, session, pain_after=6, pain_peak=6, effort=9)
    kept = Session.objects.get()
    assert (kept.pain_after, kept.effort) == (2, 5)


def test_the_next_session_takes_the_other_side_first_and_the_other_exercise(
    owner_client: Client, person: Person
) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    after(owner_client, session, pain_after=2)
    SetDone.objects.update(at=timezone.now() - timedelta(days=2))
    Session.objects.update(finished_at=timezone.now() - timedelta(days=2))
    following = begin(owner_client)
    done = [step for step in following.steps if step["kind"] == "set"]
    assert done[0]["side"] == "right"
    assert "EX_PLANK" in {step["item"] for step in done}
    assert "EX_BIRD_DOG" not in {step["item"] for step in done}


def test_after_today_it_says_when_the_next_one_comes(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    to_the_end(owner_client, session)
    after(owner_client, session, pain_after=2)
    assert "The next session comes on" in text(owner_client)


def test_a_new_plan_ends_the_session_of_the_old_one(owner_client: Client, person: Person) -> None:
    old = begin(owner_client)
    check_in_as(person, "two_weeks")
    assert "Your plan holds no exercises now" in text(owner_client)
    assert "Your session is waiting" not in text(owner_client, "/today/")
    check_in_as(person, "sitter")
    new = begin(owner_client)
    assert new != old
    old.refresh_from_db()
    assert old.ending == "left"


def test_ended_before_any_set_says_so_and_stays_due(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    owner_client.post("/session/stop/", {"key": session.key, "rule": ""})
    page = after(owner_client, session, pain_after=3, pain_peak=5)
    assert "No set was done" in page
    assert "still due today" in page
