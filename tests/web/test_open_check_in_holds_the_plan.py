"""What is answered in a check-in counts at once, not only when it is finished."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.clinical.cases import base_clear
from tests.day_people import SITTER, check_in_as

from nextposture.knowledge import load
from nextposture.record import check_ins
from nextposture.record.models import Outcome, Person
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle
from nextposture.selfcare.open_plan import OpenPlan, open_plan


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def answer(**answers: Any) -> None:
    """Answer in the open check-in, over answers that raise nothing."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(
        load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **SITTER, **answers})
    )


def standing() -> OpenPlan:
    return open_plan(load(), owner())


def main_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    "answers",
    [
        {"ces_saddle": "dk"},
        {"leg_numbness": "pna"},
        {"ces_onset_days": 3},  # K04
        {"trauma_days": 3},  # K08
        {"fever": True},
    ],
)
def test_whatever_asks_for_someone_today_shuts_the_plan(
    owner_client: Client, person: Person, answers: dict[str, Any]
) -> None:
    answer(**answers)
    assert standing().shut == "see_someone"
    for address in ("/today/", "/session/", "/result/", "/plan/"):
        page = main_of(owner_client, address)
        assert "Speak to a doctor or urgent-care line today" in page, address
        assert "Start the session" not in page and "See your plan" not in page and "data-item" not in page


def test_question_not_reached_yet_shuts_nothing(owner_client: Client, person: Person) -> None:
    owner_client.post("/check-in/")
    found = standing()
    assert found.plan is not None and found.wait is None
    assert "See your plan" in main_of(owner_client, "/result/")


@pytest.mark.parametrize(
    "answers", [{"cancer": "past"}, {"weight_loss": True}, {"surgery_12w": True}, {"pregnant": True}]
)
def test_what_rules_exercises_out_holds_them_and_leaves_the_breaks(
    owner_client: Client, person: Person, answers: dict[str, Any]
) -> None:
    assert "Start the session" in main_of(owner_client, "/today/")
    answer(sex="female", **answers)
    today, session = main_of(owner_client, "/today/"), main_of(owner_client, "/session/")
    assert "The exercises wait" in today and "Start the session" not in today
    assert "I am sitting" in today
    assert "The exercises wait" in session and "Start the session" not in session
    assert "The exercises wait" in main_of(owner_client, "/plan/").replace("the exercises", "The exercises")
    owner_client.post("/session/start/", {"key": "2f0b9d1a-0000-4000-8000-000000000000", "pain": 1})
    assert not person.sessions.exists()


def test_what_rules_out_no_exercise_of_the_plan_holds_nothing(owner_client: Client, person: Person) -> None:
    answer(abdo_pelvic_condition=True)  # blocks the release only, which is not in the plan
    assert standing().wait is None


def test_copied_answers_hold_nothing_new(owner_client: Client) -> None:
    check_in_as(owner(), "today")
    before = main_of(owner_client, "/result/")
    owner_client.post("/check-in/again/")
    assert "What may be adding to it" in before
    assert "What may be adding to it" in main_of(owner_client, "/result/")


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("other", [{}, {"chest_breath": True}])
def test_thoughts_of_ending_life_meet_a_crisis_line_on_every_page(
    owner_client: Client, person: Person, finished: bool, other: dict[str, Any]
) -> None:
    answer(self_harm="thoughts", **other)
    if finished:
        check_ins.finish(load(), check_ins.open_check_in(owner()))
    for address in ("/today/", "/session/", "/plan/"):
        page = main_of(owner_client, f"{address}?country=GB")
        assert 'class="crisis"' in page, address


def test_clock_set_back_does_not_bring_an_older_outcome_back(owner_client: Client, person: Person) -> None:
    for one in Outcome.objects.all():
        later = one.made_at + timedelta(hours=2)
        Outcome.objects.filter(pk=one.pk).update(made_at=later)
        type(one.care_plan).objects.update(made_at=later)
        type(one.check_in).objects.update(finished_at=later)
    check_in_as(person, "emergency")
    assert standing().shut == "emergency"
    last = check_ins.last_finished(person)
    assert last is not None and last.answers["ces_saddle"] is True
    assert 'data-item="EX' not in main_of(owner_client, "/plan/")
