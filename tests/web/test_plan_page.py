"""The plan page: every item with dose, steps, stop, picture and evidence; what was left out, and why."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from tests.clinical.cases import base_clear

from nextposture.knowledge import load
from nextposture.knowledge.day_notes import day_notes
from nextposture.record import check_ins, sessions
from nextposture.record.models import CarePlan, Session
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle
from nextposture.selfcare.pictures import picture

pytestmark = pytest.mark.django_db


def finish(**answers: Any) -> None:
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **answers}))
    check_ins.finish(load(), check_in)


def plan(client: Client) -> str:
    response = client.get("/plan/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def items(page: str) -> list[str]:
    return re.findall(r'data-item="(\w+)"', page)


def test_without_a_check_in_the_page_gives_the_first_step(owner_client: Client) -> None:
    page = plan(owner_client)
    assert "Your plan will be here" in page and "Start with the danger signs" in page


def test_every_item_has_picture_dose_steps_stop_reason_and_evidence(owner_client: Client) -> None:
    finish(sitting_hours_day=9, job_type="office", stress=8)
    page = plan(owner_client)
    kept = [one["id"] for one in CarePlan.objects.get().items]
    assert sorted(items(page)) == sorted(kept)
    kneel = page.partition('data-item="EX_KNEEL"')[2].partition('</li> <li class="item')[0]
    for words in (
        "<svg",
        "2 holds of 30 seconds on each side, 5 days a week.",
        "Tuck the pelvis before you move.",
        "<strong>When to stop:</strong> A pull in the back",
        "You sit a lot, and how far your hip extends is not known.",
        "The lower back arches",
        "No better than the comparison group",
        'href="/evidence/#E06b"',
    ):
        assert words in kneel, words
    assert "If you like" in page.partition('data-item="P_STANDDESK"')[2][: 6000 * 3]


@pytest.mark.parametrize("kind", load().inputs["job_type"].choices)
def test_break_is_fitted_to_the_kind_of_day(owner_client: Client, kind: str) -> None:
    finish(sitting_hours_day=9, driving_hours_day=5, job_type=kind)
    note = day_notes().days[kind]
    page = plan(owner_client)
    assert page.count("data-in-your-day") == 1
    assert escape(note.text) in page.partition(f'data-item="{note.item}"')[2].partition("<li class=")[0]


@pytest.mark.parametrize(("hours", "told"), [(0, False), (5, True)])
def test_stretch_is_fitted_to_cycling_and_running(owner_client: Client, hours: int, told: bool) -> None:
    finish(sitting_hours_day=9, cycling_running_hours_week=hours)
    assert ("have its fit checked" in plan(owner_client)) is told


def test_rules_of_every_session_and_dates_of_review_are_there(owner_client: Client) -> None:
    finish()
    page = plan(owner_client)
    rules = load().plan
    for rule in (*rules.stop_now, *rules.stop_session):
        assert f"{rule.text}." in page
    for line in rules.time_course:
        assert line in page
    assert "Pain rises by 3 or more" in page
    for weeks in rules.review_weeks:
        day = timezone.localdate() + timedelta(weeks=weeks)
        assert date_format(day, "j F Y") in page


def test_label_is_said_with_the_plan(owner_client: Client) -> None:
    finish(duration_days=56)
    assert "This plan is general." in plan(owner_client)


def test_what_is_left_out_and_blocked_is_told_with_the_reason(owner_client: Client) -> None:
    finish(knee_kneel_problem=True, sitting_hours_day=9)
    page = plan(owner_client)
    assert 'data-left-out="EX_KNEEL"' in page and 'data-blocked="EX_LUNGE"' in page
    assert "Kneeling is a problem for you" in page
    assert "EX_STANDING_STRETCH" in items(page) and "EX_KNEEL" not in items(page)


def test_what_is_too_much_at_once_waits_for_later(owner_client: Client) -> None:
    everything = {
        "sitting_hours_day": 9,
        "job_type": "truck",
        "workstation_fails": 3,
        "lifting_daily": True,
        "sleep_hours": 4,
        "worry_movement": 8,
        "stress": 8,
        "smoker_now": True,
        "previous_episodes": 3,
    }
    finish(**everything)
    page = plan(owner_client)
    assert "data-later=" in page and load().plan.caps.why in page


def test_until_one_has_been_seen_there_are_no_exercises(owner_client: Client) -> None:
    finish(cancer="past", sitting_hours_day=9)
    page = plan(owner_client)
    assert set(items(page)) == {"P_EDU", "P_BREAK"}
    assert "Exercises wait until you have been seen." in page


@pytest.mark.parametrize("answers", [{"chest_breath": True}, {"fever": True}, {"age_years": 12}])
def test_there_is_no_plan_where_the_gate_is_shut(owner_client: Client, answers: dict[str, Any]) -> None:
    finish(sitting_hours_day=9, **answers)
    page = plan(owner_client)
    assert not [one for one in items(page) if one.startswith("EX_") or one == "P_BREAK"]
    assert "There is no plan now." in page


def test_edition_and_missing_review_are_said(owner_client: Client) -> None:
    finish()
    page = plan(owner_client)
    assert load().release.version in page and load().hash[:12] in page


def test_item_that_the_tables_no_longer_hold_is_passed_over(owner_client: Client) -> None:
    finish(sitting_hours_day=9)
    kept = CarePlan.objects.get()
    kept.items = [*kept.items, {"id": "EX_GONE", "dose": {}, "reasons": ["It was."], "optional": False}]
    kept.save()
    assert "EX_GONE" not in plan(owner_client)


def test_drawings_that_move_can_be_paused_and_the_others_have_no_button(owner_client: Client) -> None:
    finish(sitting_hours_day=9)
    page = plan(owner_client)
    assert page.count("data-tempo=") == page.count("data-figure-toggle") > 0
    assert page.count("<svg") > page.count("data-figure-toggle")


def test_mistakes_are_drawn_on_demand_and_on_a_page_of_their_own(owner_client: Client) -> None:
    part = owner_client.get("/plan/EX_KNEEL/mistakes/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part and part.count("<figure>") == 3
    page = owner_client.get("/plan/EX_KNEEL/mistakes/").content.decode()
    assert "<html" in page and "what often goes wrong" in page


def test_plank_is_drawn_on_its_rung(owner_client: Client) -> None:
    finish(age_years=70, sex="male")
    page = plan(owner_client)
    assert "against a wall" in page and "/plan/EX_PLANK/mistakes/?rung=wall" in page
    wall, knees = (" ".join(picture("EX_PLANK", rung, moving=True).split()) for rung in ("wall", "knees"))
    assert wall in page and knees not in page


def test_session_that_was_stopped_by_a_danger_sign_shuts_the_plan(owner_client: Client) -> None:
    finish()
    session = Session.objects.create(person=owner(), care_plan=CarePlan.objects.get())
    sessions.stop(load(), owner(), session.key, load().plan.stop_now[0].id, timezone.now())
    page = plan(owner_client)
    assert "emergency-page" in page and "There is no plan and no session until" in page and not items(page)
    assert "to be checked for cauda equina syndrome" in page.partition("<main")[2]
