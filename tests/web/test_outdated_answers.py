"""Answers to the danger signs hold for a day; then they are asked again, and what they held is not lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinical.cases import base_clear
from tests.day_people import SITTER, check_in_as

from nextposture.knowledge import Urgency, check_answers, load
from nextposture.knowledge.asking import asking
from nextposture.record import check_ins
from nextposture.record.models import CheckIn, Outcome, Person
from nextposture.record.people import owner
from nextposture.screening import carry_over, screen
from nextposture.selfcare.check_in import settle, start_answers
from nextposture.selfcare.open_plan import OpenPlan, open_plan

LIMIT = timedelta(hours=asking().danger_signs_hold.hours)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, with a plan for someone who sits."""
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def answer(**answers: Any) -> CheckIn:
    """Answer in the open check-in, over answers that raise nothing."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(
        load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **SITTER, **answers})
    )
    return check_in


def age(by: timedelta) -> None:
    """Let every check-in be older."""
    then = timezone.now() - by
    CheckIn.objects.update(started_at=then, danger_signs_since=then)


def standing() -> OpenPlan:
    return open_plan(load(), owner())


def opened() -> CheckIn:
    return CheckIn.objects.get(finished_at=None)


def test_within_a_day_all_answers_are_taken_over_and_finish(owner_client: Client, person: Person) -> None:
    age(LIMIT - MINUTE)
    owner_client.post("/check-in/again/")
    assert opened().answers["ces_saddle"] is False
    assert owner_client.post("/check-in/finish/").headers["Location"] == "/result/"


def test_after_a_day_looking_again_asks_the_danger_signs_and_keeps_the_day(
    owner_client: Client, person: Person
) -> None:
    age(LIMIT + MINUTE)
    reply = owner_client.post("/check-in/again/", {"name": "sitting_hours_day"}, follow=True)
    assert "again after a day, because they can come later" in reply.content.decode()
    assert "ces_saddle" not in opened().answers and opened().answers["sitting_hours_day"] == 9
    assert owner_client.post("/check-in/finish/").headers["Location"] == "/check-in/left/"


def test_copies_of_copies_grow_no_younger(owner_client: Client, person: Person) -> None:
    age(LIMIT - MINUTE)
    owner_client.post("/check-in/again/")
    owner_client.post("/check-in/finish/")
    CheckIn.objects.update(danger_signs_since=opened_since() - 2 * MINUTE)
    owner_client.post("/check-in/again/")
    assert "ces_saddle" not in opened().answers


def opened_since() -> Any:
    since = CheckIn.objects.order_by("-pk")[0].danger_signs_since
    assert since is not None and timezone.now() - since > LIMIT - 2 * MINUTE
    return since


@pytest.mark.parametrize("address", ["/check-in/", "/check-in/S1/", "/check-in/sitting/"])
def test_open_check_in_older_than_a_day_is_not_gone_on_with(
    owner_client: Client, person: Person, address: str
) -> None:
    answer()
    age(LIMIT + MINUTE)
    page = owner_client.get(address, follow=True).content.decode()
    assert "The danger signs, once more" in page
    assert owner_client.post("/check-in/finish/").headers["Location"] == "/check-in/"
    assert owner_client.post("/check-in/finish/", {"anyway": "yes"}).headers["Location"] == "/check-in/"
    assert Outcome.objects.count() == 1
    owner_client.post("/check-in/")
    assert "ces_saddle" not in opened().answers and opened().answers["sitting_hours_day"] == 9
    assert standing().plan is not None, "nothing was answered that shuts it"
    assert owner_client.get("/check-in/S1/").status_code == 200


@pytest.mark.parametrize(
    ("answers", "shut"),
    [
        ({"ces_saddle": True}, "emergency"),
        ({"fever": True}, "see_someone"),
        ({"cancer": "past"}, "see_someone"),
        ({"surgery_12w": True}, "unfinished"),
    ],
)
def test_sign_in_an_outdated_check_in_stays_until_it_is_answered_again(
    owner_client: Client, person: Person, answers: dict[str, Any], shut: str
) -> None:
    answer(**answers)
    age(LIMIT + MINUTE)
    owner_client.post("/check-in/")
    assert not set(answers) & set(opened().answers)
    assert standing().plan is None
    assert standing().shut == shut
    assert Outcome.objects.order_by("-pk")[0].status == "incomplete", "old answers are no complete screening"
    check_ins.finish(load(), answer())
    assert standing().plan is not None


def test_tap_in_an_outdated_tab_is_kept(owner_client: Client, person: Person) -> None:
    key = answer().pk
    age(LIMIT + MINUTE)
    reply = owner_client.post("/check-in/S1/", {"check_in": key, "ces_saddle": "true"})
    assert reply.headers["Location"] == "/check-in/stop/"
    assert standing().shut == "emergency"
    owner_client.post("/check-in/")
    assert standing().shut == "emergency"


def test_clock_set_back_or_far_ahead(person: Person) -> None:
    check_in, now = answer(), timezone.now()
    for ahead, outdated in ((timedelta(hours=2), False), (timedelta(days=400), True)):
        check_in.danger_signs_since = now + ahead
        assert check_ins.is_outdated(check_in, now) is outdated


@pytest.mark.parametrize(
    ("answers", "asked_again"),
    [
        ({"sex": "male", "pregnant": True, "preg_warning": True}, {"sex"}),  # K02
        ({"sex": "male"}, set()),
        ({"age_years": 30, "age_at_onset": 40, "duration_days": 100}, {"age_years"}),  # K07
    ],
)
def test_age_or_sex_that_fitted_no_other_answer_is_not_taken_over(
    answers: dict[str, Any], asked_again: set[str]
) -> None:
    first = check_answers(load().inputs, {**base_clear(), **answers})
    assert {"age_years", "sex"} - set(start_answers(load(), first)) == asked_again


def test_warning_sign_in_pregnancy_is_not_settled_by_a_sex_that_was_in_doubt() -> None:
    told = {**base_clear(), "sex": "male", "pregnant": True, "preg_warning": True}
    first = check_answers(load().inputs, told)
    second = start_answers(load(), first)
    now = carry_over(screen(load(), first), screen(load(), second), second)
    assert now.urgency is Urgency.EMERGENCY_NOW
