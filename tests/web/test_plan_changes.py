"""The plan listens: what a session and its next morning change, what is asked first, and what is kept."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.knowledge import load
from nextposture.record import course, sessions
from nextposture.record.models import (
    CarePlan,
    CheckIn,
    DayOff,
    Person,
    PlanChange,
    Rating,
    Session,
    SetDone,
)
from nextposture.record.people import owner
from nextposture.selfcare.open_plan import open_plan

ALL = ("EX_KNEEL", "EX_BRIDGE", "EX_BIRD_DOG", "EX_PLANK")


@pytest.fixture
def person(owner_client: Client) -> Person:
    """The owner, four weeks into a plan."""
    someone = owner()
    check_in_as(someone, "sitter")
    began = timezone.now() - timedelta(days=27)
    CarePlan.objects.update(made_at=began, course_since=began)
    return someone


def plan_of(person: Person) -> CarePlan:
    return CarePlan.objects.filter(person=person).latest()


def trained(person: Person, days_ago: float, rise: int = 0, items: Any = ALL, **told: Any) -> Session:
    """A session that is over, with a set of each of these exercises."""
    at = timezone.now() - timedelta(days=days_ago)
    numbers = {"pain_before": 3, "pain_peak": 3 + rise, "pain_after": 3, "effort": 4, **told}
    session = Session.objects.create(
        person=person, care_plan=plan_of(person), started_at=at, finished_at=at, ending="done", **numbers
    )
    for step, item in enumerate(items):
        SetDone.objects.create(session=session, step=step, item=item, seconds=30, at=at)
    return session


def followed(person: Person) -> None:
    """Two weeks in which as much as planned was done."""
    for back in range(14, 0, -2):
        trained(person, back)


def doses(person: Person) -> dict[str, dict[str, Any]]:
    return {one["id"]: one["dose"] for one in plan_of(person).items}


def page(client: Client, address: str = "/plan/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def waiting() -> PlanChange:
    return PlanChange.objects.get(decision="proposed")


# ---- A step up


def test_a_step_up_is_proposed_with_its_reason_and_waits(owner_client: Client, person: Person) -> None:
    followed(person)
    text = page(owner_client)
    assert "A small step up?" in text and "Your last two sessions were green" in text
    assert "2 holds of 30 seconds on each side" in text and "3 holds of 30 seconds on each side" in text
    assert doses(person)["EX_KNEEL"]["sets"] == 2
    assert "A small step up?" in page(owner_client, "/today/")
    page(owner_client)
    assert PlanChange.objects.count() == 1


def test_accepted_it_changes_one_thing_and_the_session_follows(owner_client: Client, person: Person) -> None:
    followed(person)
    page(owner_client)
    before, change = doses(person), waiting()
    for _ in range(2):
        assert owner_client.post(f"/plan/changes/{change.pk}/accept/").status_code == 302
    after = doses(person)
    assert {name for name in after if after[name] != before[name]} == {"EX_KNEEL"}
    assert after["EX_KNEEL"] == {**before["EX_KNEEL"], "sets": 3}
    assert "A small step up" in page(owner_client, "/plan/history/")
    assert "3 holds of 30 seconds" in page(owner_client, "/session/")
    key = uuid.uuid4()
    owner_client.post("/session/start/", {"key": key, "pain": 3})
    holds = [
        one
        for one in Session.objects.get(key=key).steps
        if one["item"] == "EX_KNEEL" and one["kind"] == "set"
    ]
    assert len(holds) == 6
    assert [one.rule for one in course.versions(person)] == ["", "PR1"]


def test_declined_the_plan_stays_and_the_same_is_not_asked_again(
    owner_client: Client, person: Person
) -> None:
    followed(person)
    page(owner_client)
    before = doses(person)
    owner_client.post(f"/plan/changes/{waiting().pk}/decline/")
    assert doses(person) == before
    assert "A small step up?" not in page(owner_client)
    assert PlanChange.objects.get().decision == "declined"


def test_a_red_session_after_it_was_proposed_lets_it_lapse(owner_client: Client, person: Person) -> None:
    followed(person)
    page(owner_client)
    first = waiting()
    trained(person, 0, rise=3)
    page(owner_client)
    first.refresh_from_db()
    assert first.decision == "lapsed"
    assert owner_client.post(f"/plan/changes/{first.pk}/accept/").status_code == 302
    assert doses(person)["EX_KNEEL"]["sets"] == 2


def test_a_stranger_decides_nothing(db: None, client: Client, person: Person) -> None:
    followed(person)
    course.look(load(), person, plan_of(person), timezone.now())
    other = Client()
    for answer in ("accept", "decline"):
        assert other.post(f"/plan/changes/{waiting().pk}/{answer}/").status_code == 403
    assert other.get("/plan/history/").status_code == 403
    assert other.post("/session/next-morning/", {}).status_code == 403


# ---- Amber, red, and the morning after


def test_the_next_morning_is_asked_and_turns_green_to_red(owner_client: Client, person: Person) -> None:
    session = trained(person, 1.1)
    assert "The next morning shows" in page(owner_client, "/today/")
    owner_client.post("/session/next-morning/", {"key": session.key, "pain": 5, "back": "no"})
    session.refresh_from_db()
    assert (session.pain_next, session.settled) == (5, False)
    assert sessions.light_of(session, True) == "red"
    assert "The next morning shows" not in page(owner_client, "/today/")
    assert "The last session was red. The next one has half the sets." in page(owner_client)


def test_within_a_day_not_yet_is_asked_again(owner_client: Client, person: Person) -> None:
    session = trained(person, 0.5)
    assert session.finished_at is not None
    sessions.tell_next_morning(person, session.key, 4, False, session.finished_at + timedelta(hours=14))
    session.refresh_from_db()
    assert session.settled is None
    assert sessions.light_of(session, True) == "amber"
    told = sessions.tell_next_morning(person, session.key, 3, None, session.finished_at + timedelta(hours=25))
    assert told is not None
    assert (told.settled, told.pain_next) == (True, 4)


def test_an_amber_session_keeps_the_dose(owner_client: Client, person: Person) -> None:
    followed(person)
    trained(person, 1, rise=2)
    text = page(owner_client)
    assert "the dose stays as it is" in text
    assert not PlanChange.objects.filter(decision="proposed").exists()


def test_a_red_session_takes_the_last_step_back_at_once_and_that_can_be_declined(
    owner_client: Client, person: Person
) -> None:
    followed(person)
    page(owner_client)
    owner_client.post(f"/plan/changes/{waiting().pk}/accept/")
    trained(person, 0, rise=3)
    text = page(owner_client, "/session/")
    assert doses(person)["EX_KNEEL"]["sets"] == 2
    assert "1 hold of 30 seconds" in text or "No exercise is due" in text
    assert "Put it back as it was" in page(owner_client)
    back = PlanChange.objects.get(rule="PR4")
    owner_client.post(f"/plan/changes/{back.pk}/decline/")
    assert doses(person)["EX_KNEEL"]["sets"] == 3
    page(owner_client)
    assert doses(person)["EX_KNEEL"]["sets"] == 3
    # The next session still has half the sets.
    assert course.next_is_halved(person, plan_of(person))


def test_two_reds_in_a_week_drop_a_level_and_ask_the_danger_signs_again(
    owner_client: Client, person: Person
) -> None:
    for days in (4, 1):
        trained(person, days, rise=3)
    page(owner_client)
    assert "EX_STANDING_STRETCH" in doses(person)
    assert CheckIn.objects.get().danger_signs_since is None
    standing = open_plan(load(), person)
    assert standing.wait is not None and standing.wait.check_in
    text = page(owner_client, "/session/")
    assert "physiotherapist" in text and "Check in" in text
    owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 1})
    assert not Session.objects.filter(finished_at=None).exists()
    check_in_as(person, "sitter")
    assert open_plan(load(), person).wait is None


# ---- Gaps, little done, no gain, the goal


def test_after_a_gap_the_dose_starts_at_half(owner_client: Client, person: Person) -> None:
    plan = plan_of(person)
    for one in plan.items:
        if one["id"] == "EX_PLANK":
            one["dose"] |= {"sets": 5, "hold_s": 40}
    plan.save()
    trained(person, 15)
    page(owner_client, "/today/")
    assert PlanChange.objects.get(rule="PR8").decision == "accepted"
    assert doses(person)["EX_PLANK"]["sets"] == 3


def test_little_done_asks_what_is_in_the_way(owner_client: Client, person: Person) -> None:
    trained(person, 3, items=("EX_KNEEL",))
    text = page(owner_client)
    assert "Fewer exercises?" in text and "What is in the way?" in text
    owner_client.post(f"/plan/changes/{waiting().pk}/accept/", {"barrier": "time"})
    assert [name for name in doses(person) if name in ALL] == ["EX_KNEEL", "EX_BRIDGE"]
    assert PlanChange.objects.get().barrier == "time"
    check_in_as(person, "sitter")
    assert [name for name in doses(person) if name in ALL] == ["EX_KNEEL", "EX_BRIDGE"]
    assert owner_client.post("/plan/changes/1/accept/", {"barrier": "x"}).status_code == 400


def test_days_off_count_neither_way(owner_client: Client, person: Person) -> None:
    trained(person, 13)
    for back in range(12):
        on = timezone.localdate() - timedelta(days=back)
        DayOff.objects.create(person=person, on=on, kind="holiday")
    page(owner_client)
    assert not PlanChange.objects.filter(rule="PR6").exists()


def rated(person: Person, *values: int) -> None:
    Rating.objects.all().delete()
    for weeks, value in enumerate(reversed(values)):
        at = timezone.now() - timedelta(weeks=weeks, hours=1)
        Rating.objects.create(person=person, measure="pain_avg_7d", value=value, at=at)


@pytest.mark.parametrize(
    ("values", "asked"), [((6, 6, 5, 6, 6), True), ((6, 5, 4, 3, 3), False), ((2, 1, 1, 1, 1), False)]
)
def test_no_gain_in_four_weeks_asks_for_a_physiotherapist(
    owner_client: Client, person: Person, values: tuple[int, ...], asked: bool
) -> None:
    CarePlan.objects.update(course_since=timezone.now() - timedelta(days=29))
    for back in range(1, 28):
        trained(person, back)
    rated(person, *values)
    assert ("Ask a physiotherapist" in page(owner_client)) is asked
    urgency = check_in_as(person, "sitter").urgency  # type: ignore[attr-defined]
    assert urgency == ("ROUTINE_PHYSIO" if asked else "SELF_CARE")


def test_the_goal_held_for_four_weeks_leads_to_upkeep(owner_client: Client, person: Person) -> None:
    followed(person)
    rated(person, 6, 4, 1, 1, 0, 1, 1)
    assert "Keep it up?" in page(owner_client)
    owner_client.post(f"/plan/changes/{waiting().pk}/accept/")
    assert plan_of(person).phase == "maintenance"
    assert "this is upkeep" in page(owner_client)
    check_in_as(person, "sitter")  # pain on average 5: the goal is lost
    assert plan_of(person).phase == "building"


# ---- A check-in takes over what was reached


def test_a_check_in_keeps_the_doses_and_the_course(owner_client: Client, person: Person) -> None:
    followed(person)
    page(owner_client)
    owner_client.post(f"/plan/changes/{waiting().pk}/accept/")
    since = course.course_start(plan_of(person))
    check_in_as(person, "sitter")
    assert doses(person)["EX_KNEEL"]["sets"] == 3
    assert course.course_start(plan_of(person)) == since
    CarePlan.objects.update(course_since=timezone.now() - timedelta(weeks=13))
    check_in_as(person, "sitter")
    assert timezone.now() - course.course_start(plan_of(person)) < timedelta(minutes=1)
    assert doses(person)["EX_KNEEL"]["sets"] == 3


def test_the_review_is_asked_for_until_it_is_done(owner_client: Client, person: Person) -> None:
    CheckIn.objects.update(finished_at=timezone.now() - timedelta(days=27))
    assert "Time to look at it together" in page(owner_client, "/today/")
    assert "2 weeks: a check-in" in page(owner_client)
    check_in_as(person, "sitter")
    assert "Time to look at it together" not in page(owner_client, "/today/")


# ---- What a check-in follows


def test_a_check_in_keeps_what_is_followed_and_asks_it_anew(owner_client: Client, db: None) -> None:
    from tests.clinical.cases import base_clear

    told = {
        "nrs_worst_7d": 7,
        "pain_days_7d": 5,
        "confidence_manage": 4,
        "daily_life": 6,
        "overall_change": -2,
    }
    person = owner()
    check_in = CheckIn.objects.create(person=person, answers={**base_clear(), **told, "worry_movement": 3})
    from nextposture.record import check_ins

    check_ins.finish(load(), check_in)
    kept = dict(Rating.objects.values_list("measure", "value"))
    assert kept["pain_worst_7d"] == 7 and kept["pain_days_7d"] == 5 and kept["overall_change"] == -2
    assert kept["confidence"] == 4 and kept["daily_life"] == 6 and kept["worry"] == 3
    owner_client.post("/check-in/")
    again = CheckIn.objects.get(finished_at=None).answers
    assert not set(again) & {*told, "worry_movement"}
    text = page(owner_client, "/progress/")
    assert "Worst pain in 7 days" in text and "Overall change" in text


def test_where_it_hurts_is_kept_once_a_day(owner_client: Client, person: Person) -> None:
    text = page(owner_client, "/progress/body-map/")
    names = re.findall(r'type="checkbox" name="region" id="r-([a-z_]+)"', text)
    assert len(names) == len(set(names)) == text.count('class="region-tap"')
    for told in (["back_spine"], ["back_lower_left", "nowhere_known"]):
        owner_client.post("/progress/body-map/", {"region": told})
    assert [one.regions for one in person.pain_maps.all()] == [["back_lower_left"]]
    assert "lower back, left" in page(owner_client, "/progress/")
    assert 'value="back_lower_left" checked' in page(owner_client, "/progress/body-map/")


def test_each_chart_has_a_page_with_every_reading(owner_client: Client, person: Person) -> None:
    rated(person, *(place % 8 for place in range(130)))
    text = page(owner_client, "/progress/")
    assert "by the week" in text or "by four weeks" in text
    assert "Every reading, and a closer look" in text
    closer = page(owner_client, "/progress/look/pain_avg_7d/")
    assert closer.count('<th scope="row">') >= 130
    assert 'id="readings"' in closer
    assert owner_client.get("/progress/look/nothing/").status_code == 404


def test_weeks_replayed_through_the_pages(owner_client: Client, db: None) -> None:
    from tests.replayed_year import replay

    year = replay(owner_client, days=40)
    assert year.refused == []
    assert {"PR1", "PR4"} <= set(PlanChange.objects.values_list("rule", flat=True))
    assert Rating.objects.filter(measure="daily_life").count() >= 3
    assert page(owner_client, "/progress/").count("<figure") >= 10
