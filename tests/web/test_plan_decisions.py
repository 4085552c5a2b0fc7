"""What a practitioner decided about the plan of a person, in the record: in force, kept, and answered."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.interop import archive, bundle
from nextposture.knowledge import load
from nextposture.record import check_ins, course, decided
from nextposture.record.models import CarePlan, CheckIn, Person, PlanChange, PlanDecision, Session
from nextposture.record.people import owner
from nextposture.selfcare.plan_changes import change_shown

ANA = {"by_name": "Ana Silva", "by_profession": "physiotherapist", "clinic_name": "Harbour Street"}
LESS = {"sets": 1, "hold_s": 20, "days_per_week": 3}


@pytest.fixture
def person(owner_client: Client) -> Person:
    someone = owner()
    check_in_as(someone, "sitter")
    return someone


def decide(person: Person, item: str, kind: str, at: datetime | None = None, **more: Any) -> PlanDecision:
    now = at or timezone.now()
    row = PlanDecision.objects.create(person=person, item=item, kind=kind, at=now, **ANA, **more)
    decided.put_in_force(load(), person, now)
    row.refresh_from_db()
    return row


def plan_of(person: Person) -> CarePlan:
    return CarePlan.objects.filter(person=person).latest("pk")


def items(person: Person) -> dict[str, dict[str, Any]]:
    return {one["id"]: one["dose"] for one in plan_of(person).items}


def test_plan_follows_a_decision_once_and_its_versions_say_who_and_why(person: Person) -> None:
    before = items(person)
    row = decide(person, "EX_KNEEL", "changed", dose=LESS, why="The knee is sore.")
    assert items(person) == {**before, "EX_KNEEL": LESS} and row.in_force_at is not None
    assert decided.put_in_force(load(), person, timezone.now()) == []
    change = PlanChange.objects.get(rule="PR12")
    said = "Changed by Ana Silva, physiotherapist, Harbour Street: The knee is sore."
    assert (change.reason, change.decision) == (said, "accepted")
    assert [one.rule for one in course.versions(person)] == ["", "PR12"]
    assert course.decline(person, change.pk, timezone.now()) is None
    decide(person, "EX_KNEEL", "confirmed")
    assert PlanChange.objects.count() == 1, "nothing changed, so there is no further version"


def test_decision_outlives_the_check_in_that_makes_a_new_plan(person: Person) -> None:
    decide(person, "EX_KNEEL", "locked", dose=LESS)
    decide(person, "EX_PLANK", "left_out", why="Not yet.")
    decide(person, "EX_LUNGE", "added", dose={"sets": 2, "hold_s": 20, "days_per_week": 3})
    check_in_as(person, "sitter")
    assert items(person)["EX_KNEEL"] == LESS and "EX_LUNGE" in items(person)
    assert "EX_PLANK" not in items(person)
    out = {one["id"]: one["reasons"] for one in plan_of(person).left_out}
    assert out["EX_PLANK"] == ["Left out by Ana Silva, physiotherapist, Harbour Street: Not yet."]
    decide(person, "EX_PLANK", "freed")
    assert items(person)["EX_PLANK"]["sets"], "at the dose it had"


def test_no_check_in_drops_what_is_locked_or_added_and_nothing_stands_twice(person: Person) -> None:
    decide(person, "EX_KNEEL", "locked", dose=LESS)
    check_in_as(person, "sitter", knee_kneel_problem=True)
    plan, now = plan_of(person), timezone.now()
    told = {"rule": "PR6", "reason": "Fewer may fit better.", "decision": "accepted", "decided_at": now}
    fewer = [one for one in plan.items if one["id"] != "EX_STANDING_STRETCH"]
    PlanChange.objects.create(care_plan=plan, because="x", before=plan.items, after=fewer, **told)
    CarePlan.objects.filter(pk=plan.pk).update(items=fewer)
    check_in_as(person, "sitter")
    assert items(person)["EX_KNEEL"] == LESS, "that fewer were chosen takes no locked one away"
    assert "EX_KNEEL" not in {one["id"] for one in plan_of(person).later}

    decide(person, "EX_LUNGE", "added", dose=LESS)
    plan, later = plan_of(person), [{"id": "EX_LUNGE", "reasons": ["Too many at once."]}]
    rows = [one for one in plan.items if one["id"] != "EX_LUNGE"]
    kept, later, out = decided.keep(person, plan, rows, later, later, decided.allowed_in(load(), plan))
    assert "EX_LUNGE" in {one["id"] for one in kept} and later == out == []


def test_added_exercise_takes_the_place_of_none_that_the_rules_choose(person: Person) -> None:
    decide(person, "EX_SL_BRIDGE", "added", dose={"sets": 2, "reps": 6, "days_per_week": 1})
    plan = plan_of(person)
    without = [one for one in plan.items if one["id"] != "EX_BRIDGE"]
    CarePlan.objects.filter(pk=plan.pk).update(items=without)
    check_in_as(person, "sitter")
    assert {"EX_BRIDGE", "EX_SL_BRIDGE"} <= set(items(person))


def test_screening_comes_first_and_the_conflict_is_said(person: Person) -> None:
    decide(person, "EX_KNEEL", "locked", dose=LESS)
    check_in_as(person, "sitter", knee_kneel_problem=True)
    plan = plan_of(person)
    assert "EX_KNEEL" not in items(person)
    (said,) = decided.conflicts(load(), person, plan).values()
    assert "Kneeling is a problem for you" in said and "Locked by Ana Silva" in said
    assert said in next(one for one in plan.left_out if one["id"] == "EX_KNEEL")["reasons"]
    check_in_as(person, "sitter", known_aaa=True)
    decide(person, "EX_PLANK", "added", dose={"sets": 2, "hold_s": 10, "days_per_week": 2})
    assert "EX_PLANK" not in items(person)
    check_in_as(person, "sitter")
    assert items(person)["EX_KNEEL"] == LESS, "it is back as soon as nothing rules it out"


def test_open_session_ends_when_something_ahead_in_it_is_left_out(
    owner_client: Client, person: Person
) -> None:
    def begin(position_of: str) -> Session:
        owner_client.post("/session/start/", {"key": uuid.uuid4(), "pain": 3})
        session = Session.objects.get(finished_at=None)
        at = next(place for place, one in enumerate(session.steps) if one["item"] == position_of)
        Session.objects.update(position=at)
        return session

    session, now = begin("EX_KNEEL"), timezone.now()
    decide(person, "EX_LUNGE", "left_out", at=now, why="It is not in it.")
    assert Session.objects.get().finished_at is None
    row = decide(person, "EX_BRIDGE", "left_out", at=now, why="Not yet.")
    session.refresh_from_db()
    assert (session.finished_at, session.ending) == (row.at, "left")
    sent = {"key": session.key, "position": 1}
    answer = owner_client.post("/session/step/", sent, headers={"accept": "application/json"})
    assert answer.json()["open"] is False


def test_step_up_that_was_proposed_before_lapses(person: Person) -> None:
    plan = plan_of(person)
    PlanChange.objects.create(
        care_plan=plan, rule="PR1", because="x", reason="y", before=plan.items, after=plan.items
    )
    decide(person, "EX_KNEEL", "changed", dose=LESS)
    assert PlanChange.objects.get(rule="PR1").decision == "lapsed"


def test_no_answer_to_another_change_moves_what_was_locked_or_brings_back_what_was_left_out(
    owner_client: Client, person: Person
) -> None:
    plan, now = plan_of(person), timezone.now()

    def more(*names: str) -> list[dict[str, Any]]:
        """The items as the plan began, with more of these."""
        return [{**one, "dose": {**one["dose"], "sets": 3}} if one["id"] in names else one for one in began]

    began, told = plan.items, {"rule": "PR1", "reason": "y"}
    up = PlanChange.objects.create(care_plan=plan, because="up", before=began, after=more("EX_KNEEL"), **told)
    decide(person, "EX_KNEEL", "locked", dose=items(person)["EX_KNEEL"])
    assert course.accept(person, up.pk, now) is None and plan_of(person).items == began
    decide(person, "EX_PLANK", "left_out", why="Not yet.")
    plan = plan_of(person)
    without = [one for one in more("EX_BRIDGE") if one["id"] != "EX_PLANK"]
    locked_moves = [one for one in more("EX_KNEEL") if one["id"] != "EX_PLANK"]
    for before, can_be in ((locked_moves, False), (began, False), (without, True)):
        down = PlanChange.objects.create(
            care_plan=plan,
            because=f"{len(before)}, {can_be}, {before is began}",
            before=before,
            after=plan.items,
            changes=[{"item": "EX_KNEEL", "what": "sets", "before": 3, "after": 2}],
            decision="accepted",
            decided_at=now,
            **told,
        )
        assert change_shown(load(), down, plan).can_be_taken_back is can_be
        assert (course.decline(person, down.pk, now) is not None) is can_be


def test_person_would_rather_not_and_then_will(person: Person) -> None:
    dose = items(person)["EX_BRIDGE"]
    row = decide(person, "EX_BRIDGE", "confirmed", why="It builds.")
    says, now = PlanDecision.Answer, timezone.now()
    decided.answer(load(), person, row.key, says.RATHER_NOT, "It hurts my neck.", now)
    assert "EX_BRIDGE" not in items(person)
    later = {one["id"]: one["reasons"] for one in plan_of(person).later}
    assert "It hurts my neck" in later["EX_BRIDGE"][0]
    check_in_as(person, "sitter")
    assert "EX_BRIDGE" not in items(person)
    decided.answer(load(), person, row.key, says.WILLING, "", now + timedelta(minutes=1))
    assert items(person)["EX_BRIDGE"] == dose
    assert PlanChange.objects.latest("pk").reason.startswith("You said that you will do it after all.")
    newer = decide(person, "EX_BRIDGE", "left_out", at=now + timedelta(hours=1))
    with pytest.raises(decided.AnswerError, match="anew"):
        decided.answer(load(), person, row.key, says.RATHER_NOT, "", now)
    with pytest.raises(decided.AnswerError, match="left out already"):
        decided.answer(load(), person, newer.key, says.RATHER_NOT, "", now)


def test_decision_that_came_before_any_plan_waits_for_it(owner_client: Client) -> None:
    person = owner()
    row = decide(person, "EX_KNEEL", "changed", dose=LESS)
    assert row.in_force_at is None
    check_in_as(person, "sitter")
    row.refresh_from_db()
    assert row.in_force_at is not None and items(person)["EX_KNEEL"] == LESS


def test_decisions_leave_and_come_back_with_the_record(person: Person) -> None:
    row = decide(person, "EX_KNEEL", "locked", dose=LESS, why="The knee.")
    decided.answer(load(), person, row.key, PlanDecision.Answer.SEEN, "", timezone.now())
    document = archive.exported(person)
    made = bundle.bundle_of(person)
    (plan,) = [one["resource"] for one in made["entry"] if one["resource"]["resourceType"] == "CarePlan"]
    notes = [note for one in plan["activity"] for note in one.get("progress", [])]
    assert notes[0]["text"] == "Locked by Ana Silva, physiotherapist, Harbour Street: The knee."
    archive.import_into(person, document, replace=True)
    again = PlanDecision.objects.get(person=person)
    assert (again.key, again.dose, again.answer) == (row.key, LESS, "seen")
    assert CheckIn.objects.count() == 1 and check_ins.newest_plan(person) is not None
