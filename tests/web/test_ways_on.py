"""What leads on: from the plan, what is open, what was not told, and a day without a session."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinical.cases import base_clear
from tests.web.test_check_in import answer_all, answers, save

from nextposture.knowledge import load
from nextposture.planning.session import Step
from nextposture.record import check_ins, sessions
from nextposture.record.models import CarePlan
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle
from nextposture.selfcare.views.result import MOST_OPEN

pytestmark = pytest.mark.django_db


def finish(**other: Any) -> CarePlan:
    """The plan of a check-in with these answers over a clear one."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **other}))
    return check_ins.finish(load(), check_in).care_plan


def page(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


# ---- The plan


def test_plan_leads_on_to_today_at_its_top_and_its_end(owner_client: Client) -> None:
    finish(sitting_hours_day=9, job_type="office")
    html = page(owner_client, "/plan/")
    ways = [one.start() for one in re.finditer("Go to Today</a>", html)]
    assert len(ways) == 2 and ways[0] < html.index("data-item") < ways[1]


def test_plan_that_is_shut_leads_nowhere(owner_client: Client) -> None:
    finish(fever=True)
    assert "Go to Today</a>" not in page(owner_client, "/plan/")


@pytest.mark.parametrize("address", ["/plan/", "/result/"])
def test_day_that_was_not_told_is_asked_for(owner_client: Client, address: str) -> None:
    finish()
    assert "Tell us about your day and this grows: breaks and walking." in page(owner_client, address)
    reply = owner_client.post("/check-in/again/", {"name": "sitting_hours_day"})
    assert reply["Location"].startswith("/check-in/sitting/")


@pytest.mark.parametrize("address", ["/plan/", "/result/"])
def test_day_that_was_told_is_not_asked_for_again(owner_client: Client, address: str) -> None:
    finish(sitting_hours_day=2, longest_sitting_bout_min=20)
    assert "data-ask-day" not in page(owner_client, address)


# ---- The result


@pytest.mark.parametrize(
    ("floor", "name", "value"),
    [("U01", "ces_saddle", "dk"), ("U03", "fever", "dk"), ("U08", "nrs_now", "pna")],
)
def test_result_names_each_question_that_was_left_open(
    owner_client: Client, floor: str, name: str, value: str
) -> None:
    finish(**{name: value})
    html = page(owner_client, "/result/")
    reason = html.partition(f'data-reason="{floor}"')[2].partition("data-reason")[0]
    assert load().inputs[name].ask.replace("'", "&#x27;") in reason
    assert f'value="{name}"' in reason and "Answer it now" in reason


def test_result_opens_with_few_factors_and_keeps_the_others_one_line_each(owner_client: Client) -> None:
    finish(sitting_hours_day=9, longest_sitting_bout_min=120, mvpa_min_week=0, stress=8, job_type="office")
    html = page(owner_client, "/result/")
    opened, _, folded = html.partition('class="factors folded"')
    assert opened.count("data-factor=") == MOST_OPEN
    domains = {one.id: one.domain for one in load().factors.factors}
    shown = re.findall(r'data-factor="(\w+)"', opened)
    assert len({domains[one] for one in shown}) == MOST_OPEN
    others = len(load().factors.factors) - MOST_OPEN
    assert folded.count("data-factor=") == folded.count("factor-fold") == others


# ---- Before the result


def test_what_is_open_is_answered_one_after_the_other_and_leads_back(owner_client: Client) -> None:
    answer_all(fever=None, ces_saddle=None)
    html = page(owner_client, "/check-in/left/")
    assert "/check-in/S5/?then=left#q-fever" in html
    screen = page(owner_client, "/check-in/S5/?then=left")
    assert 'name="then" value="left"' in screen and "Save and go back to the list" in screen
    reply = save(owner_client, "S5", {"fever": "false", "then": "left"})
    assert reply["Location"] == "/check-in/left/" and answers()["fever"] is False
    html = page(owner_client, "/check-in/left/")
    assert 'data-open="fever"' not in html and 'data-open="ces_saddle"' in html


def test_without_the_list_saving_leads_on_as_ever(owner_client: Client) -> None:
    answer_all(fever=None)
    assert save(owner_client, "S5", {"fever": "false"})["Location"] == "/check-in/S6/"


# ---- A day without a session


def did(plan: CarePlan, *items: str) -> None:
    """A session of today with a set of each of these, left unfinished."""
    steps = [Step("set", item, 30, hold_s=30) for item in items]
    session = sessions.start(owner(), plan, uuid.uuid4(), steps, 2, timezone.now())
    for place in range(len(steps)):
        done = sessions.SetResult(place, 30, 0)
        sessions.advance(owner(), session.key, place, done, timezone.now())


@pytest.mark.parametrize("address", ["/today/", "/session/"])
def test_second_check_in_of_a_day_says_what_was_done_and_what_comes_next(
    owner_client: Client, address: str
) -> None:
    plan = finish(sitting_hours_day=9, job_type="office")
    exercises = [one["id"] for one in plan.items if load().items[one["id"]].is_exercise]
    did(plan, *exercises)
    finish(sitting_hours_day=9, job_type="office")
    html = page(owner_client, address)
    assert f"Done today: {load().items[exercises[0]].name}" in html
    assert "The next session comes on" in html and "Muscles need a day between" not in html
    if address == "/today/":
        assert "Nothing yet" not in html and f"{len(exercises)} set" in html
