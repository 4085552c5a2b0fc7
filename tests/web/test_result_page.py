"""The result page: urgency and why, the card, factors in three lines, what is unknown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from tests.clinical.cases import base_clear

from nextposture.knowledge import load
from nextposture.record import check_ins
from nextposture.record.models import Outcome
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle

pytestmark = pytest.mark.django_db
HIP_ONLY = {
    "pelvis_controlled": True,
    "hip_ext_deg_worst": -6,
    "sitting_hours_day": 2,
    "longest_sitting_bout_min": 20,
}


def finished(**answers: Any) -> Outcome:
    """The outcome of a check-in with these answers over a clear one."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **answers}))
    return check_ins.finish(load(), check_in)


def result(client: Client) -> str:
    response = client.get("/result/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def states(page: str) -> dict[str, str]:
    return dict(re.findall(r'data-factor="(\w+)" data-state="(\w+)"', page))


def test_without_a_check_in_the_page_says_what_will_be_here(owner_client: Client) -> None:
    page = result(owner_client)
    assert "Start with the danger signs" in page and "data-urgency" not in page


@pytest.mark.parametrize(
    ("answers", "urgency", "heading"),
    [
        ({}, "SELF_CARE", "You can start on your own"),
        ({"duration_days": 56}, "ROUTINE_PHYSIO", "Arrange an assessment"),
        ({"cancer": "past"}, "WITHIN_2_WEEKS", "Book an appointment within two weeks"),
        ({"fever": True}, "SAME_DAY", "Speak to someone today"),
        ({"chest_breath": True}, "EMERGENCY_NOW", "Get emergency help now"),
    ],
)
def test_each_urgency_says_what_to_do_shows_the_card_and_records_it(
    owner_client: Client, answers: dict[str, Any], urgency: str, heading: str
) -> None:
    outcome = finished(**answers)
    assert outcome.card_shown_at is None
    page = result(owner_client)
    assert f'data-urgency="{urgency}"' in page and heading in page
    assert "Your danger-sign card" in page and "say this at the desk" in page and "to print" in page
    outcome.refresh_from_db()
    first = outcome.card_shown_at
    assert first is not None
    result(owner_client)
    outcome.refresh_from_db()
    assert outcome.card_shown_at == first


def test_edition_and_missing_review_are_on_every_outcome(owner_client: Client) -> None:
    for answers in ({}, {"collapse": True}):
        finished(**answers)
        page = result(owner_client)
        assert load().release.version in page and load().hash[:12] in page
        assert page.count("No registered clinician has reviewed this content yet") == 2


def test_reason_is_in_plain_words_with_its_sources_and_the_clinicians_why(owner_client: Client) -> None:
    finished(cancer="past")
    page = result(owner_client)
    rule = next(one for one in load().danger_signs.rules if one.id == "W03")
    assert 'data-reason="W03"' in page and rule.plain in page and "post-test 33%" in page
    assert f'href="/evidence/#{rule.sources[0]}"' in page


def test_route_is_named(owner_client: Client) -> None:
    finished(pregnant=True, weeks_pregnant=20)
    assert "A pelvic health physiotherapist" in result(owner_client)


def test_thoughts_of_ending_life_show_the_crisis_line(owner_client: Client) -> None:
    finished(self_harm="thoughts")
    page = owner_client.get("/result/", headers={"Accept-Language": "en-GB"}).content.decode()
    assert "116 123" in page.split("<h2>")[0]


def test_three_domains_are_shown_even_when_nothing_is_known(owner_client: Client) -> None:
    finished()
    first = result(owner_client).partition("more that we looked at")[0]
    shown = states(first)
    domains = {factor.domain for factor in load().factors.factors if factor.id in shown}
    assert len(domains) >= 3
    assert set(states(result(owner_client))) == {factor.id for factor in load().factors.factors}


def test_factor_is_told_in_three_lines_with_its_evidence(owner_client: Client) -> None:
    finished(sitting_hours_day=9, longest_sitting_bout_min=120)
    page = result(owner_client)
    assert states(page)["F_SIT_TOTAL"] == "present"
    for words in (
        "You sit about 9 hours on a usual day.",
        "It does not mean that sitting has harmed your back.",
        "Low certainty",
        "studies over time are insufficient",
        'href="/evidence/#E11"',
    ):
        assert words in page


def test_unknown_factor_says_what_would_settle_it_and_leads_there(owner_client: Client) -> None:
    finished()
    page = result(owner_client)
    assert "Tell us how many hours you sit on a usual day." in page
    assert '<input type="hidden" name="name" value="sitting_hours_day">' in page
    reply = owner_client.post("/check-in/again/", {"name": "sitting_hours_day"})
    assert reply.headers["Location"] == "/check-in/sitting/#q-sitting_hours_day"


@pytest.mark.parametrize(
    ("name", "screen"), [("workstation_fails", "workspace"), ("bmi", "measured"), ("psfs_mean", "")]
)
def test_computed_inputs_lead_to_the_page_that_asks_for_them(
    owner_client: Client, name: str, screen: str
) -> None:
    finished()
    reply = owner_client.post("/check-in/again/", {"name": name})
    assert reply.headers["Location"].startswith(f"/check-in/{screen}")


def test_hip_alone_is_put_in_its_place_and_never_called_short(owner_client: Client) -> None:
    line = load().factors.only_hip_line
    finished(**HIP_ONLY)
    page = result(owner_client)
    assert line in page and ">6 degrees below straight on this reading, give or take 10." in page
    finished(**HIP_ONLY, stress=9)
    assert line not in result(owner_client)


def test_contradiction_shows_both_answers_and_leads_to_them(owner_client: Client) -> None:
    finished(ces_onset_days=3)
    page = result(owner_client)
    assert 'data-reason="K04"' in page and "<strong>3 days</strong>" in page and "<strong>No</strong>" in page
    reply = owner_client.post("/check-in/again/", {"name": "ces_onset_days"})
    assert reply.headers["Location"] == "/check-in/S1/#q-ces_onset_days"


def test_plan_is_summed_up_or_its_absence_explained(owner_client: Client) -> None:
    finished(sitting_hours_day=9)
    page = result(owner_client)
    assert "Get up every 30 minutes for 2 minutes" in page and 'href="/plan/"' in page.partition("</nav>")[2]
    finished(fever=True)
    page = result(owner_client)
    assert "There is no plan now." in page and "Speak to a doctor today first." in page
    assert "See your plan" not in page


def test_emergency_result_holds_no_plan_and_says_why_to_the_clinician(owner_client: Client) -> None:
    finished(chest_breath=True, known_aaa=True, duration_days=2)
    page = result(owner_client)
    assert {"E07", "E08"} <= set(re.findall(r'data-reason="(\w+)"', page))
    assert 'data-blocked="EX_PLANK"' in page and 'data-why="S16"' in page
    assert "See your plan" not in page and "data-factor" not in page
    assert "Correct this answer" in page


def test_words_of_every_state_of_every_factor_can_be_shown(owner_client: Client) -> None:
    finished(
        sitting_hours_day=5,
        longest_sitting_bout_min=40,
        driving_hours_day=2,
        mvpa_min_week=200,
        cycling_running_hours_week=5,
        stretching_habit=True,
        lifting_daily=False,
        pelvis_controlled=True,
        hip_ext_deg_worst=3,
        slb_s_worst=40,
        plank_s=100,
        sleep_hours=8,
        sleep_restful=8,
        worry_movement=1,
        stress=1,
        smoker_now=False,
        bmi=22,
        previous_episodes=0,
        workstation_fails=1,
    )
    page = result(owner_client)
    found = states(page)
    assert set(found.values()) == {"possible", "absent"}
    assert "3 degrees past straight on this reading, give or take 10." in page
    assert "{" not in page.partition("<main")[2].partition("</main>")[0]
