"""A danger sign told of a session is never lost: only answers given after it lift it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from tests.clinical.cases import base_clear
from tests.day_people import check_in_as

from nextposture.knowledge import load
from nextposture.record import check_ins
from nextposture.record.models import CheckIn, Outcome, Person, Session, StopSign
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle
from nextposture.selfcare.open_plan import OpenPlan, open_plan


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def begin(client: Client) -> Session:
    client.post("/session/start/", {"key": str(uuid.uuid4()), "pain": 3})
    return Session.objects.get(finished_at=None)


def stop(client: Client, session: Session, rule: str = "new_danger_sign") -> None:
    client.post("/session/stop/", {"key": session.key, "rule": rule})


def answer_open(**other: Any) -> CheckIn:
    """The open check-in, with everything answered."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **other}))
    return check_in


def standing() -> OpenPlan:
    return open_plan(load(), owner())


# ---- What lifts a stop sign, and what does not


def test_old_answers_looked_at_again_do_not_lift_it(owner_client: Client, person: Person) -> None:
    stop(owner_client, begin(owner_client))
    owner_client.post("/check-in/again/")
    assert "ces_saddle" not in CheckIn.objects.get(finished_at=None).answers
    owner_client.post("/check-in/finish/")
    assert standing().shut == "emergency"
    owner_client.post("/check-in/finish/", {"anyway": "yes"})
    assert standing().shut == "emergency"


def test_answers_given_before_it_do_not_lift_it_though_finished_after_it(
    owner_client: Client, person: Person
) -> None:
    answer_open()
    stop(owner_client, begin(owner_client))
    reply = owner_client.post("/check-in/finish/")
    assert reply.headers["Location"] == "/check-in/"
    assert "The danger signs, once more" in owner_client.get("/check-in/").content.decode()
    assert standing().shut == "emergency"
    check_ins.finish(load(), CheckIn.objects.get(finished_at=None))  # even past the page
    assert standing().shut == "emergency"


def test_unfinished_check_in_does_not_lift_it(owner_client: Client, person: Person) -> None:
    stop(owner_client, begin(owner_client))
    owner_client.post("/check-in/")
    owner_client.post("/check-in/finish/", {"anyway": "yes"})
    assert standing().shut == "emergency"
    page = owner_client.get("/today/").content.decode()
    assert "Nerves at the base of the spine" in page


def test_do_not_know_does_not_lift_an_urgent_one(owner_client: Client, person: Person) -> None:
    stop(owner_client, begin(owner_client))
    check_ins.finish(load(), answer_open(ces_saddle="dk"))
    assert standing().shut == "emergency"
    check_ins.finish(load(), answer_open(ces_onset_days=3))  # no to each, and yet dated
    assert standing().shut == "emergency"
    check_ins.finish(load(), answer_open())
    assert standing().plan is not None


def test_question_that_may_be_skipped_is_not_needed_to_lift_it(owner_client: Client, person: Person) -> None:
    stop(owner_client, begin(owner_client))
    check_ins.finish(load(), answer_open(ces_sexual="pna"))
    assert standing().plan is not None


def test_complete_answers_given_after_it_lift_it(owner_client: Client, person: Person) -> None:
    answer_open()
    stop(owner_client, begin(owner_client))
    owner_client.post("/check-in/")
    check_in = CheckIn.objects.get(finished_at=None)
    assert "ces_saddle" not in check_in.answers
    answer_open()
    owner_client.post("/check-in/finish/")
    assert StopSign.objects.get().lifted_by == check_in
    assert standing().plan is not None


def test_answers_of_a_check_in_keep_counting_while_it_is_asked_again(
    owner_client: Client, person: Person
) -> None:
    """An open check-in with a sign is outdated by a stop; its own sign must not go with it."""
    session = begin(owner_client)
    answer_open(fever=True, self_harm="thoughts")
    stop(owner_client, session, "sharp_pain")
    owner_client.post("/check-in/")
    assert "fever" not in CheckIn.objects.get(finished_at=None).answers
    assert Outcome.objects.order_by("-pk")[0].status == "incomplete"
    found = standing()
    assert found.shut == "see_someone" and found.crisis


# ---- Told late, told twice


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("new_danger_sign", {"flags": ["new_danger_sign"]}),
        ("chest_or_faint", {"flags": ["leg_spread", "chest_or_faint"]}),
        ("sharp_pain", {"pain_after": 9}),
    ],
)
def test_told_on_a_second_form_after_the_session_it_counts(
    owner_client: Client, person: Person, rule: str, told: dict[str, Any]
) -> None:
    session = begin(owner_client)
    stop(owner_client, session, "")
    for more in ({}, told):
        owner_client.post("/session/finish/", {"key": session.key, "pain_after": 3, **more})
    assert standing().plan is None
    kept = Session.objects.get()
    assert (kept.ending, kept.stop_rule, kept.pain_after) == ("left", rule, 3)


def test_told_after_a_milder_one_it_counts(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    stop(owner_client, session, "pain_up")
    assert standing().plan is not None
    stop(owner_client, session, "new_danger_sign")
    stop(owner_client, session, "leg_spread")
    assert standing().shut == "emergency"
    assert Session.objects.get().stop_rule == "new_danger_sign"


def test_told_in_the_tab_of_a_session_that_a_newer_plan_closed_it_counts(
    owner_client: Client, person: Person
) -> None:
    old = begin(owner_client)
    check_in_as(person, "sitter")
    begin(owner_client)
    stop(owner_client, old)
    assert standing().shut == "emergency"
    assert owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 1}).status_code == 200


def test_two_of_the_same_gravity_are_both_told(owner_client: Client, person: Person) -> None:
    session = begin(owner_client)
    stop(owner_client, session, "chest_or_faint")
    stop(owner_client, session, "new_danger_sign")
    page = owner_client.get("/today/").content.decode()
    assert "I have chest pain" in page and "Nerves at the base of the spine" in page


def test_form_sent_again_after_it_was_lifted_does_not_bring_it_back(
    owner_client: Client, person: Person
) -> None:
    session = begin(owner_client)
    stop(owner_client, session)
    check_in_as(person, "sitter")
    stop(owner_client, session)
    assert standing().plan is not None
    stop(owner_client, session, "chest_or_faint")
    assert standing().shut == "emergency", "another sign does"


# ---- Several things shut the plan


def test_emergency_in_the_open_check_in_leads_over_a_milder_stop(
    owner_client: Client, person: Person
) -> None:
    stop(owner_client, begin(owner_client), "sharp_pain")
    assert standing().shut == "check_in_again"
    owner_client.post("/check-in/")
    key = CheckIn.objects.get(finished_at=None).pk
    owner_client.post("/check-in/S1/", {"check_in": key, "ces_saddle": "true"})
    assert standing().shut == "emergency"


def test_result_and_plan_are_shut_with_it(owner_client: Client, person: Person) -> None:
    assert "See your plan" in owner_client.get("/result/").content.decode()
    stop(owner_client, begin(owner_client))
    for address in ("/result/", "/plan/"):
        page = owner_client.get(address).content.decode().partition("<main")[2]
        assert "to be checked for cauda equina syndrome" in page
        assert "See your plan" not in page and "Half-kneeling" not in page


# ---- A session under way


@pytest.mark.parametrize(("screen", "told"), [("S1", {"ces_saddle": "true"}), ("S5", {"cancer": "past"})])
def test_running_session_hears_that_an_answer_elsewhere_ended_it(
    owner_client: Client, person: Person, screen: str, told: dict[str, str]
) -> None:
    session = begin(owner_client)
    step = {"key": session.key, "position": 1}
    as_script = {"Accept": "application/json"}
    assert owner_client.post("/session/step/", step, headers=as_script).json()["open"] is True
    owner_client.post("/check-in/")
    key = CheckIn.objects.get(finished_at=None).pk
    owner_client.post(f"/check-in/{screen}/", {"check_in": key, **told})
    assert owner_client.post("/session/step/", step, headers=as_script).json()["open"] is False
    assert "data-player" not in owner_client.get("/session/").content.decode()
