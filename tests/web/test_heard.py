"""Thoughts of ending one's life are met on the card at once; some questions are never tapped away."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.web.test_check_in import HTMX, answers, save

from nextposture.knowledge import load

pytestmark = pytest.mark.django_db


def test_thoughts_are_met_on_the_card_itself(owner_client: Client) -> None:
    reply = save(owner_client, "S7", {"self_harm": "thoughts"}, headers=HTMX)
    page = reply.content.decode()
    assert reply.status_code == 200 and "HX-Redirect" not in reply
    assert "You are not alone with this" in page and 'href="tel:' in page
    assert load().danger_signs.actions["mental_health"].do[1] in page
    assert "data-heard" in owner_client.get("/check-in/S7/").content.decode()


def test_no_such_thoughts_need_no_answer(owner_client: Client) -> None:
    page = save(owner_client, "S7", {"self_harm": "none"}, headers=HTMX).content.decode()
    assert "data-heard" not in page


@pytest.mark.parametrize(
    ("button", "name", "by_it"), [("S5-1", "diabetes", "fever"), ("S5-2", "smoker_ever", "known_aaa")]
)
def test_one_tap_answers_no_question_about_habit_or_illness(
    owner_client: Client, button: str, name: str, by_it: str
) -> None:
    save(owner_client, "S5", {"none": button}, headers=HTMX)
    assert answers()[by_it] is False and name not in answers()


def test_after_a_second_bad_number_the_words_are_about_that_one(owner_client: Client) -> None:
    first = save(owner_client, "S4", {"age_years": "200", "check_in": "new"}, headers=HTMX).content.decode()
    assert "Not saved: look at the marked answer" in first and "not 200" in first
    drawn = first.partition('name="drawn" value="age_years')[2].partition('"')[0]
    second = save(
        owner_client, "S4", {"age_years": "abc", "drawn": f"age_years{drawn}"}, headers=HTMX
    ).content.decode()
    assert "Not saved: look at the marked answer" in second and "Saved." not in second
    assert "such as 45" in second and "not 200" not in second
