"""The check-in's pages: saving, refusing, keeping, and finishing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.clinical.cases import base_clear

from nextposture.knowledge import Urgency, load
from nextposture.record import check_ins
from nextposture.record.models import Activity, CarePlan, CheckIn, Outcome, Rating
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle
from nextposture.selfcare.open_plan import open_plan

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def save(client: Client, screen: str, answers: dict[str, Any] | None = None, **more: Any) -> Any:
    """Post a screen's form as the page does; `more` are headers."""
    check_in = CheckIn.objects.filter(finished_at=None).first()
    data = {"check_in": check_in.pk if check_in else "new", **(answers or {})}
    return client.post(f"/check-in/{screen}/", data, **more)


def answers() -> dict[str, Any]:
    return CheckIn.objects.get(finished_at=None).answers


def answer_all(**other: Any) -> None:
    """An open check-in in which everything is answered."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, {**base_clear(), **other}))


# ---- Strangers and odd requests


@pytest.mark.parametrize(
    "address",
    [
        *("/check-in/", "/check-in/S1/", "/check-in/sitting/", "/check-in/stop/", "/check-in/left/"),
        *("/result/", "/plan/", "/plan/EX_KNEEL/mistakes/"),
    ],
)
def test_stranger_is_refused(address: str) -> None:
    assert Client().get(address).status_code == 403
    assert Client().post(address).status_code == 403


def test_form_without_its_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner().user)
    assert client.post("/check-in/S1/", {"check_in": "new", "fever": "true"}).status_code == 403
    assert not CheckIn.objects.exists()


def test_unknown_screen_is_not_found(owner_client: Client) -> None:
    assert owner_client.get("/check-in/S9/").status_code == 404
    assert owner_client.get("/plan/EX_NOTHING/mistakes/").status_code == 404


@pytest.mark.parametrize("address", ["/check-in/again/", "/check-in/finish/"])
def test_what_changes_something_is_only_posted(owner_client: Client, address: str) -> None:
    assert owner_client.get(address).status_code == 405


# ---- Starting


def test_first_visit_leads_straight_to_the_danger_signs(owner_client: Client) -> None:
    assert owner_client.get("/check-in/").headers["Location"] == "/check-in/S1/"
    assert owner_client.get("/check-in/S1/").status_code == 200
    assert not CheckIn.objects.exists(), "looking keeps nothing"


def test_open_check_in_is_resumed_where_something_is_open(owner_client: Client) -> None:
    answer_all()
    check_ins.save_answers(
        load(),
        CheckIn.objects.get(),
        lambda now: {name: value for name, value in now.items() if name != "fever"},
    )
    page = owner_client.get("/check-in/").content.decode()
    assert "screen 5 of 7" in page and 'href="/check-in/S5/"' in page


def test_double_click_opens_one_check_in(owner_client: Client) -> None:
    for _ in range(2):
        owner_client.post("/check-in/")
        save(owner_client, "S1", {"check_in": "new", "collapse": "false"})
    assert CheckIn.objects.count() == 1


def test_nothing_is_chosen_beforehand(owner_client: Client) -> None:
    for screen in (
        "S1",
        "S2",
        "S3",
        "S4",
        "S5",
        "S6",
        "S7",
        "since",
        "sitting",
        "rest",
        "workspace",
        "measured",
    ):
        page = owner_client.get(f"/check-in/{screen}/").content.decode().split("<footer")[0]
        assert " checked>" not in page and 'aria-pressed="true"' not in page


# ---- Saving


def test_tap_is_saved_and_its_follow_up_appears(owner_client: Client) -> None:
    save(owner_client, "S1", {"trauma_major": "dk"}, headers=HTMX)
    assert answers()["trauma_major"] == "dk"
    assert "trauma_days" not in answers()
    reply = save(
        owner_client, "S2", {"leg_pain": "one", "drawn": ["leg_onset_days:hidden:asked::"]}, headers=HTMX
    )
    page = reply.content.decode()
    assert 'id="q-leg_onset_days" hx-swap-oob="true"' in page and "How many days ago did the leg" in page
    assert answers()["leg_pain"] == "one"


def test_only_what_changed_is_sent_back(owner_client: Client) -> None:
    first = save(owner_client, "S2", {"leg_pain": "one"}, headers=HTMX).content.decode()
    drawn = re.findall(r'name="drawn" value="([^"]*)"', first)
    again = save(owner_client, "S2", {"leg_pain": "one", "drawn": drawn}, headers=HTMX).content.decode()
    assert 'class="slot"' not in again


def test_without_script_save_and_continue_goes_on(owner_client: Client) -> None:
    reply = save(owner_client, "S1", {"collapse": "false"})
    assert reply.headers["Location"] == "/check-in/S2/"
    assert answers()["collapse"] is False


def test_without_script_none_of_these_stays_on_the_screen(owner_client: Client) -> None:
    reply = save(owner_client, "S1", {"none": "S1-2"})
    assert reply.headers["Location"] == "/check-in/S1/"
    assert {answers()[name] for name in ("collapse", "chest_breath", "very_unwell", "pulsating_mass")} == {
        False
    }
    assert "ces_saddle" not in answers()


def test_pick_fills_a_number_and_stays_when_the_next_answer_is_saved(owner_client: Client) -> None:
    page = owner_client.get("/check-in/S3/").content.decode()
    drawn = re.findall(r'name="drawn" value="([^"]*)"', page)
    tapped = {"pick": "duration_days=14", "duration_days": "", "drawn": drawn}
    reply = save(owner_client, "S3", tapped, headers=HTMX)
    assert answers()["duration_days"] == 14
    assert 'id="q-duration_days"' in reply.content.decode(), "the field must show what is saved"


def test_emptied_number_is_taken_back(owner_client: Client) -> None:
    save(owner_client, "S3", {"duration_days": "14"})
    save(owner_client, "S3", {"duration_days": ""})
    assert "duration_days" not in answers()


def test_bad_input_is_told_and_the_rest_is_kept(owner_client: Client) -> None:
    save(owner_client, "S3", {"duration_days": "14"})
    reply = save(owner_client, "S3", {"duration_days": "forever", "trend": "same"})
    page = reply.content.decode()
    assert reply.status_code == 422
    assert "Write a whole number" in page and 'value="forever"' in page and 'aria-invalid="true"' in page
    assert answers()["trend"] == "same" and "duration_days" not in answers()


@pytest.mark.parametrize(
    ("screen", "name", "text"),
    [
        ("S4", "age_years", "200"),
        ("S4", "age_years", "-1"),
        ("S2", "leg_pain", "three"),
        ("S3", "nrs_now", "11"),
        ("rest", "sleep_hours", "25"),
        ("S1", "collapse", "<script>"),
    ],
)
def test_impossible_answer_is_not_saved(owner_client: Client, screen: str, name: str, text: str) -> None:
    reply = save(owner_client, screen, {name: text}, headers=HTMX)
    assert reply.status_code == 200 and f'id="error-{name}"' in reply.content.decode()
    assert "<script>" not in reply.content.decode()
    assert name not in answers()


def test_answer_of_another_screen_is_not_taken(owner_client: Client) -> None:
    save(owner_client, "S1", {"fever": "true", "collapse": "false"})
    assert "fever" not in answers()


def test_changed_parent_keeps_both_answers_in_view_and_asks(owner_client: Client) -> None:
    save(owner_client, "S1", {"ces_saddle": "true", "told": "E01"})
    save(owner_client, "S1", {"ces_saddle": "true", "ces_onset_days": "3", "told": "E01"})
    changes = dict.fromkeys(("ces_saddle", "ces_bladder", "ces_bowel", "ces_sexual"), "false")
    no = {**changes, "ces_onset_days": "3"}
    save(owner_client, "S1", no)
    page = owner_client.get("/check-in/S1/").content.decode()
    assert answers()["ces_onset_days"] == 3
    assert 'data-contradiction="K04"' in page and 'value="3"' in page and "Is it still right?" in page
    save(owner_client, "S1", {**no, "remove": "ces_onset_days"})
    assert answers()["ces_onset_days"] == "na"
    assert "K04" not in owner_client.get("/check-in/S1/").content.decode()


def test_page_left_open_from_an_earlier_check_in_saves_nothing(owner_client: Client) -> None:
    answer_all()
    check_in = CheckIn.objects.get()
    check_ins.finish(load(), check_in)
    for key in (check_in.pk, "new"):
        reply = owner_client.post("/check-in/S5/", {"check_in": key, "fever": "true"}, headers=HTMX)
        assert reply.headers["HX-Redirect"] == "/check-in/"
    assert CheckIn.objects.count() == 1 and CheckIn.objects.get().answers["fever"] is False


def test_finished_check_in_takes_no_answers() -> None:
    answer_all()
    check_in = CheckIn.objects.get()
    check_ins.finish(load(), check_in)
    with pytest.raises(check_ins.ClosedError):
        check_ins.save_answers(load(), check_in, lambda now: {**now, "fever": True})


# ---- Emergencies


def test_emergency_shows_at_once_and_offers_no_plan(owner_client: Client) -> None:
    reply = save(owner_client, "S1", {"chest_breath": "true"}, headers=HTMX)
    assert reply.headers["HX-Redirect"] == "/check-in/stop/"
    page = owner_client.get("/check-in/stop/").content.decode()
    assert 'data-urgency="EMERGENCY_NOW"' in page and 'data-reason="E08"' in page
    assert "What to say" in page and "newly short of breath" in page and 'href="tel:' in page
    assert "data-item" not in page
    assert 'href="/check-in/S1/#q-chest_breath"' in page
    assert "data-alarm" in owner_client.get("/check-in/S4/").content.decode()


def test_emergency_without_script_shows_too(owner_client: Client) -> None:
    assert save(owner_client, "S1", {"collapse": "true"}).headers["Location"] == "/check-in/stop/"


def test_emergency_that_was_told_lets_the_person_go_on_until_another_arises(owner_client: Client) -> None:
    told = {"chest_breath": "true", "told": "E08 "}
    assert "HX-Redirect" not in save(owner_client, "S1", told, headers=HTMX).headers
    more = save(owner_client, "S1", {**told, "collapse": "true"}, headers=HTMX)
    assert more.headers["HX-Redirect"] == "/check-in/stop/"


def test_corrected_answer_ends_the_emergency(owner_client: Client) -> None:
    save(owner_client, "S1", {"chest_breath": "true"})
    save(owner_client, "S1", {"chest_breath": "false"})
    assert owner_client.get("/check-in/stop/").status_code == 302
    assert "data-alarm" not in owner_client.get("/check-in/S1/").content.decode()


def test_thoughts_of_ending_life_meet_a_crisis_line_whatever_the_answer(owner_client: Client) -> None:
    headers = {"Accept-Language": "en-GB"}
    assert "116 123" in owner_client.get("/check-in/S7/", headers=headers).content.decode()
    save(owner_client, "S7", {"self_harm": "intent"})
    page = owner_client.get("/check-in/stop/", headers=headers).content.decode()
    assert "You do not have to carry this alone" in page and "116 123" in page


def test_danger_sign_in_an_open_check_in_puts_the_plan_on_hold(owner_client: Client) -> None:
    answer_all()
    check_ins.finish(load(), CheckIn.objects.get())
    assert "data-item" in owner_client.get("/plan/").content.decode()
    owner_client.post("/check-in/")
    assert open_plan(load(), owner()).plan is not None
    save(owner_client, "S5", {"fever": "true"})
    assert open_plan(load(), owner()).plan is None
    page = owner_client.get("/plan/").content.decode()
    assert "on hold" in page and "data-item" not in page


# ---- Finishing


def test_finished_check_in_is_kept_with_outcome_plan_and_ratings(owner_client: Client) -> None:
    answer_all(sitting_hours_day=9)
    reply = owner_client.post("/check-in/finish/")
    assert reply.headers["Location"] == "/result/"
    outcome = Outcome.objects.get()
    assert (outcome.urgency, outcome.status) == ("SELF_CARE", "complete")
    assert outcome.knowledge_hash == load().hash and outcome.knowledge_version == load().release.version
    assert outcome.result["factors"]["F_SIT_TOTAL"] == "present"
    assert [item["id"] for item in outcome.care_plan.items][:2] == ["P_EDU", "P_BREAK"]
    assert {row.measure: row.value for row in Rating.objects.all()} == {"pain_now": 4, "pain_avg_7d": 4}


def test_finishing_twice_keeps_one_outcome(owner_client: Client) -> None:
    answer_all()
    check_in = CheckIn.objects.get()
    assert check_ins.finish(load(), check_in) == check_ins.finish(load(), check_in)
    assert owner_client.post("/check-in/finish/").headers["Location"] == "/result/"
    assert (Outcome.objects.count(), CarePlan.objects.count(), Rating.objects.count()) == (1, 1, 2)


def test_open_questions_are_told_before_the_result_and_keep_the_plan_away(owner_client: Client) -> None:
    answer_all()
    check_ins.save_answers(
        load(),
        CheckIn.objects.get(),
        lambda now: {name: value for name, value in now.items() if name != "ces_bowel"},
    )
    assert owner_client.post("/check-in/finish/").headers["Location"] == "/check-in/left/"
    assert 'data-open="ces_bowel"' in owner_client.get("/check-in/left/").content.decode()
    owner_client.post("/check-in/finish/", {"anyway": "yes"})
    page = owner_client.get("/result/").content.decode()
    assert (
        'data-status="incomplete"' in page and 'data-reason="U02"' in page and 'data-open="ces_bowel"' in page
    )
    assert [item["id"] for item in CarePlan.objects.get().items] == ["P_EDU_SAFETY"]


def test_higher_urgency_stays_until_it_is_answered_again(owner_client: Client) -> None:
    answer_all(fever=True)
    check_ins.finish(load(), CheckIn.objects.get())
    second = check_ins.open_check_in(owner())
    left = {name: value for name, value in base_clear().items() if name != "fever"}
    check_ins.save_answers(load(), second, lambda _: settle(load(), {}, left))
    assert check_ins.finish(load(), second).urgency == "SAME_DAY"
    assert "data-item" not in owner_client.get("/plan/").content.decode().replace(
        'data-item="P_EDU_SAFETY"', ""
    )
    third = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), third, lambda _: settle(load(), {}, base_clear()))
    assert check_ins.finish(load(), third).urgency == "SELF_CARE"


def test_outcome_comes_back_from_the_record_as_it_went_in() -> None:
    answer_all(fever=True, ces_bladder="pna", leg_onset_days=3)
    check_in = CheckIn.objects.get()
    made = check_ins.screened(load(), check_in, None)
    assert made.urgency is Urgency.SAME_DAY and made.contradictions
    assert check_ins.as_outcome(check_ins.finish(load(), check_in)) == made


def test_changing_an_answer_afterwards_starts_from_all_of_them(owner_client: Client) -> None:
    answer_all(fever=True)
    check_ins.finish(load(), CheckIn.objects.get())
    reply = owner_client.post("/check-in/again/", {"name": "fever"})
    assert reply.headers["Location"] == "/check-in/S5/#q-fever"
    assert answers()["fever"] is True and answers()["cancer"] == "none"
    save(owner_client, "S5", {"fever": "false"})
    owner_client.post("/check-in/finish/")
    assert Outcome.objects.order_by("-pk")[0].urgency == "SELF_CARE"
    assert Outcome.objects.order_by("pk")[0].urgency == "SAME_DAY", "the first outcome stays on record"


def test_new_check_in_asks_danger_signs_again_and_keeps_the_day(owner_client: Client) -> None:
    answer_all(sitting_hours_day=9)
    check_ins.finish(load(), CheckIn.objects.get())
    assert owner_client.get("/check-in/S1/").headers["Location"] == "/check-in/"
    owner_client.post("/check-in/")
    assert answers()["sitting_hours_day"] == 9 and "ces_saddle" not in answers()


@pytest.mark.parametrize("address", ["/check-in/S1/", "/check-in/rest/", "/result/", "/plan/"])
def test_number_of_queries_does_not_grow_with_the_record(
    owner_client: Client, address: str, django_assert_num_queries: Any
) -> None:
    def another_check_in() -> None:
        answer_all(sitting_hours_day=9)
        for words in ("socks", "stairs", f"more {Activity.objects.count()}"):
            activity = check_ins.add_activity(owner(), words)
            check_ins.rate_activity(CheckIn.objects.get(finished_at=None), activity, 5)
        check_ins.finish(load(), CheckIn.objects.get(finished_at=None))

    another_check_in()
    answer_all()
    owner_client.get(address)
    with CaptureQueriesContext(connection) as first:
        owner_client.get(address)
    check_ins.finish(load(), CheckIn.objects.get(finished_at=None))
    for _ in range(3):
        another_check_in()
    answer_all()
    with django_assert_num_queries(len(first)):
        owner_client.get(address)
    assert 0 < len(first) <= 32


# ---- Activities that matter


def test_activities_are_followed_and_count_towards_the_outcome(owner_client: Client) -> None:
    answer_all()
    save(owner_client, "rest", {"activity": " putting on  socks ", "add": "yes"}, headers=HTMX)
    save(owner_client, "rest", {"activity": "putting on socks", "add": "yes"}, headers=HTMX)
    activity = Activity.objects.get()
    assert activity.words == "putting on socks"
    for _ in range(2):
        save(owner_client, "rest", {f"activity-{activity.pk}": "2"}, headers=HTMX)
    assert Rating.objects.get().value == 2
    owner_client.post("/check-in/finish/")
    assert "R09" in [one["id"] for one in Outcome.objects.get().result["reasons"]]


def test_activity_that_is_too_long_is_told_and_nothing_else_is_lost(owner_client: Client) -> None:
    reply = save(owner_client, "rest", {"activity": "x" * 81, "sleep_hours": "7"})
    assert "80 letters at most" in reply.content.decode()
    assert answers()["sleep_hours"] == 7 and not Activity.objects.exists()


def test_dropped_activity_leaves_the_list_and_the_outcome(owner_client: Client) -> None:
    answer_all()
    save(owner_client, "rest", {"activity": "socks"})
    activity = Activity.objects.get()
    save(owner_client, "rest", {f"activity-{activity.pk}": "0"})
    save(owner_client, "rest", {"drop": str(activity.pk)})
    assert check_ins.activities(owner()) == []
    owner_client.post("/check-in/finish/")
    assert Outcome.objects.get().urgency == "SELF_CARE"


# ---- Your day


def test_preset_suggests_and_never_fills_in(owner_client: Client) -> None:
    reply = save(owner_client, "sitting", {"job_type": "truck"}, headers=HTMX).content.decode()
    assert answers() == {"job_type": "truck"}
    assert "Often 11 hours a day in a day like yours" in reply and 'value="sitting_hours_day=11"' in reply
    save(owner_client, "sitting", {"job_type": "truck", "pick": "sitting_hours_day=11"}, headers=HTMX)
    assert answers()["sitting_hours_day"] == 11


def test_soft_tissue_release_is_offered_to_adults_only(owner_client: Client) -> None:
    assert "release_opt_in" not in owner_client.get("/check-in/measured/").content.decode()
    answer_all(age_years=17)
    assert "release_opt_in" not in owner_client.get("/check-in/measured/").content.decode()
    check_ins.save_answers(load(), CheckIn.objects.get(), lambda now: {**now, "age_years": 18})
    assert "release_opt_in" in owner_client.get("/check-in/measured/").content.decode()


def test_workspace_points_become_a_factor(owner_client: Client) -> None:
    answer_all()
    save(owner_client, "workspace", {"ws1": "false", "ws2": "false", "ws3": "dk"})
    assert answers()["workstation_fails"] == 2
    owner_client.post("/check-in/finish/")
    assert Outcome.objects.get().result["factors"]["F_WORKSTATION"] == "present"
