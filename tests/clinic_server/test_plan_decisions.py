"""A practitioner decides about a plan, with consent and in the trail; the person sees it and answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from nextposture.clinic import consents, referrals
from nextposture.clinic.models import AuditEvent, Clinic, Membership, OwnExercise
from nextposture.record import check_ins
from nextposture.record.models import Person, PlanDecision, Session
from tests.clinic_server.records import check_in

SignedIn = Callable[[User | None], Client]
SLIDE = """
item:
  name: "Wall slide"
  summary: "A slow slide down a wall."
  steps: ["Stand with your back at a wall.", "Slide down a hand's breadth and up again."]
  stop: ["Pain in a knee."]
  dose:
    sets: {start: 2, allowed: [1, 3]}
    reps: {start: 8, allowed: [5, 12]}
    days_per_week: {start: 3, allowed: [2, 5]}
like: [EX_WALL_SIT]
tempo: {move_s: 2, hold_s: 1, return_s: 2}
"""


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    return staff("bo@harbour.example")


@pytest.fixture
def patient(person: Person, clinic: Clinic, bo: Membership) -> Person:
    """Ann, whose referral is accepted and whose plan may be seen."""
    check_in(person)
    handed = referrals.refer(person, clinic, ["result", "plan"], timezone.now())
    referrals.answer(handed, bo, handed.Status.ACCEPTED, "", timezone.now())
    return person


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, address
    return " ".join(answer.content.decode().split())


def seen_of(html: str, item: str) -> str:
    found = re.search(rf'id="id_{item}_seen"[^>]*|name="seen" value="([^"]*)" id="id_{item}_seen"', html)
    assert found is not None
    value = re.search(r'value="([^"]*)"', found[0])
    return value[1].replace("&#x27;", "'").replace("&quot;", '"') if value else ""


def items(person: Person) -> dict[str, dict[str, Any]]:
    plan = check_ins.newest_plan(person)
    assert plan is not None
    return {one["id"]: one["dose"] for one in plan.items}


def test_plan_is_edited_and_the_person_sees_who_and_why(
    patient: Person, bo: Membership, signed_in: SignedIn
) -> None:
    staff, ann = signed_in(bo.user), signed_in(patient.user)
    address = f"/clinic/people/{patient.pk}/plan/"
    html = page(staff, address)
    assert "EX_BRIDGE" in html and "Evidence:" in html and "0 to 10" not in html
    bridge = items(patient)["EX_BRIDGE"]
    told = {f"dose_{name}": value for name, value in {**bridge, "reps": 12}.items()}
    sent = {"item": "EX_BRIDGE", "kind": "locked", "why": "Build it slowly.", **told}
    answer = staff.post(address + "decide/", {**sent, "seen": seen_of(html, "EX_BRIDGE")})
    assert (answer.status_code, answer["Location"]) == (302, f"{address}#EX_BRIDGE")
    assert items(patient)["EX_BRIDGE"]["reps"] == 12
    read = AuditEvent.objects.filter(person=patient, action="read", what="plan")
    assert read.count() == 2  # the page, and once for the decision
    line = "Locked by Bo, physiotherapist, Harbour Street Physiotherapy"
    for where in ("/plan/", "/today/", "/session/", "/progress/"):
        assert line in page(ann, where), where
    assert "Build it slowly." in page(ann, "/plan/") and "I have seen it" in page(ann, "/today/")
    key = str(PlanDecision.objects.get().key)
    ann.post("/plan/decisions/seen/", {"key": [key]})
    assert "I have seen it" not in page(ann, "/today/")
    trail = [(one.actor_name, one.action, one.what) for one in AuditEvent.objects.filter(person=patient)]
    assert ("Bo", "changed", "plan: Bridge, locked") in trail
    assert "plan: Bridge, locked" in page(ann, "/clinic/sharing/")

    ann.post(f"/plan/decisions/{key}/", {"said": "rather_not", "why": "It hurts my neck."})
    assert "EX_BRIDGE" not in items(patient)
    assert "It hurts my neck." in page(staff, address)


def test_what_cannot_be_is_said_with_what_to_change_and_keeps_what_was_filled_in(
    patient: Person, bo: Membership, signed_in: SignedIn
) -> None:
    staff, address = signed_in(bo.user), f"/clinic/people/{patient.pk}/plan/decide/"
    before = items(patient)
    told = {f"dose_{name}": value for name, value in before["EX_BRIDGE"].items()}
    seen, answers = seen_of(page(staff, address.removesuffix("decide/")), "EX_BRIDGE"), []
    for more, words in (
        ({"kind": "changed", **told, "dose_reps": 99, "why": "kept words"}, "From 8 to 15."),
        ({"kind": "changed", **told, "dose_sets": ""}, "Say a number."),
        ({"kind": "left_out"}, "Say why it is left out."),
        ({"kind": "added", **told}, "is in the plan already"),
        ({"kind": "freed"}, "Nothing was decided about it"),
        ({"kind": "nonsense"}, "Select a valid choice"),
    ):
        answer = staff.post(address, {"item": "EX_BRIDGE", "seen": seen, **more})
        html = " ".join(answer.content.decode().split())
        assert answer.status_code == 422 and words in html, (more, words)
        answers.append(html)
    assert "kept words" in answers[0] and 'value="99"' in answers[0]
    assert items(patient) == before and not PlanDecision.objects.exists()


def test_the_later_of_two_sees_that_it_changed_meanwhile(
    patient: Person, bo: Membership, staff: Callable[..., Membership], signed_in: SignedIn
) -> None:
    cy = staff("cy@harbour.example")
    address = f"/clinic/people/{patient.pk}/plan/"
    seen = seen_of(page(signed_in(bo.user), address), "EX_BRIDGE")
    sent = {"item": "EX_BRIDGE", "seen": seen, "kind": "left_out"}
    assert signed_in(cy.user).post(address + "decide/", {**sent, "why": "Not yet."}).status_code == 302
    late = signed_in(bo.user).post(address + "decide/", {**sent, "kind": "confirmed", "why": "my words"})
    html = late.content.decode()
    assert late.status_code == 409 and "decided anew while you had the page open" in html
    assert "my words" in html and "Left out by Cy" in html
    assert [one.kind for one in PlanDecision.objects.all()] == ["left_out"]
    again = seen_of(html, "EX_BRIDGE")
    assert (
        signed_in(bo.user).post(address + "decide/", {**sent, "seen": again, "kind": "freed"}).status_code
        == 302
    ), "the page that said so can be sent again"
    assert "EX_BRIDGE" in items(patient)


def test_without_consent_nothing_is_seen_or_decided(
    patient: Person, clinic: Clinic, bo: Membership, signed_in: SignedIn
) -> None:
    consents.withdraw(patient, clinic, timezone.now(), item="plan")
    staff, address = signed_in(bo.user), f"/clinic/people/{patient.pk}/plan/"
    assert "Bridge" not in page(staff, address, 403)
    sent = {"item": "EX_BRIDGE", "kind": "left_out", "why": "x", "seen": ""}
    assert staff.post(address + "decide/", sent).status_code == 403
    assert not PlanDecision.objects.exists()


def test_conflict_with_the_screening_is_shown_to_both_and_is_not_offered(
    patient: Person, bo: Membership, signed_in: SignedIn
) -> None:
    staff, address = signed_in(bo.user), f"/clinic/people/{patient.pk}/plan/"
    plan = check_ins.newest_plan(patient)
    assert plan is not None
    plan.outcome.result["blocked"].append(
        {"exercise": "EX_LUNGE", "because": [["X13", "Kneeling is a problem."]]}
    )
    plan.outcome.save()
    adding = page(staff, address + "?add=EX_LUNGE")
    assert "It will not be offered now." in adding and "Kneeling is a problem." in adding
    dose = {"dose_sets": 2, "dose_hold_s": 20, "dose_days_per_week": 5}
    staff.post(
        address + "decide/",
        {"item": "EX_LUNGE", "kind": "added", "why": "", "seen": seen_of(adding, "EX_LUNGE"), **dose},
    )
    assert "EX_LUNGE" not in items(patient)
    for client, where in ((staff, address), (signed_in(patient.user), "/plan/")):
        assert "Added by Bo, physiotherapist, Harbour Street Physiotherapy. The danger signs" in page(
            client, where
        )


@pytest.mark.parametrize(
    ("zone", "kind", "who"),
    [
        ("America/New_York", "physiotherapist", "Bo, physical therapist, Harbour"),
        ("Europe/London", "chiropractor", "Bo, chiropractor, Harbour"),
        ("Europe/London", "other", "Bo, Harbour"),
    ],
)
def test_the_person_reads_the_professions_name_of_where_the_clinic_is(
    patient: Person, bo: Membership, clinic: Clinic, signed_in: SignedIn, zone: str, kind: str, who: str
) -> None:
    Clinic.objects.update(time_zone=zone)
    Membership.objects.update(profession=kind)
    staff, address = signed_in(bo.user), f"/clinic/people/{patient.pk}/plan/"
    dose = {f"dose_{name}": value for name, value in items(patient)["EX_BRIDGE"].items()}
    sent = {"item": "EX_BRIDGE", "kind": "confirmed", "why": "", **dose}
    assert staff.post(address + "decide/", {**sent, "seen": seen_of(page(staff, address), "EX_BRIDGE")})
    assert f"by {who}" in page(signed_in(patient.user), "/plan/")


def test_own_exercise_is_made_added_done_and_shown_as_the_clinics_own(
    patient: Person, bo: Membership, signed_in: SignedIn
) -> None:
    staff, ann = signed_in(bo.user), signed_in(patient.user)
    wrong = staff.post("/clinic/own-exercises/new/", {"text": SLIDE.replace("reps:", "rep:")})
    assert (
        wrong.status_code == 422
        and "Line 8" in wrong.content.decode()
        and "Wall slide" in wrong.content.decode()
    )
    assert staff.post("/clinic/own-exercises/new/", {"text": SLIDE}).status_code == 302
    row = OwnExercise.objects.get()
    nowhere = "{key: a, text: b, pose: {}, rest: {part: trunk, on: bed}}"
    drawn = f"figure: {{alt: a, rest: {{part: trunk, on: floor}}, end: {{}}, errors: [{nowhere}]}}"
    wrong = staff.post("/clinic/own-exercises/new/", {"text": f"{SLIDE}{drawn}\n"})
    assert wrong.status_code == 422 and "cannot be drawn so" in wrong.content.decode()
    saved = staff.get(f"/clinic/own-exercises/{row.pk}/exercise.yaml").content.decode()
    address = f"/clinic/own-exercises/{row.pk}/"
    assert staff.post(f"{address}data/", {"text": saved}).status_code == 302
    row.refresh_from_db()
    assert "Wall slide" in page(staff, address) and "Wall slide" in page(staff, "/clinic/own-exercises/")

    plan = f"/clinic/people/{patient.pk}/plan/"
    own = re.search(r'value="(OWN_[0-9a-f]+)"', page(staff, plan))
    assert own is not None
    dose = {"dose_sets": 2, "dose_reps": 8, "dose_days_per_week": 5}
    seen = seen_of(page(staff, f"{plan}?add={own[1]}"), own[1])
    sent = {"item": own[1], "kind": "added", "why": "For your knees.", "seen": seen, **dose}
    assert staff.post(plan + "decide/", sent).status_code == 302
    shown = page(ann, "/plan/")
    assert "Wall slide" in shown and "clinic&#x27;s own advice, not graded" in shown
    assert "Wall slide" in page(ann, "/session/") and "Wall slide" in page(ann, "/report/")
    started = ann.post("/session/start/", {"key": "5f0c5a1e-6c0e-4a57-9f0a-0d7c3d1f3a2b", "pain": 2})
    assert started.status_code == 302
    steps = Session.objects.get(person=patient).steps
    assert {"kind": "set", "item": own[1], "reps": 8, "move_s": 2}.items() <= next(
        one for one in steps if one["item"] == own[1] and one["kind"] == "set"
    ).items()
    assert "Slide down a hand" in page(ann, "/session/")
    # Changed and dropped at the clinic, the plan keeps it as it was given.
    staff.post(f"{address}data/", {"text": SLIDE.replace("A slow slide", "A fast slide")})
    staff.post(f"{address}drop/")
    assert "A slow slide" in page(ann, "/plan/")


def test_own_exercise_by_the_form_with_the_camera_of_a_drawing(bo: Membership, signed_in: SignedIn) -> None:
    staff = signed_in(bo.user)
    form = {
        "name": "Slow bridge",
        "summary": "A bridge, slower.",
        "steps": "Lie down.\nLift.",
        "stop": "Pain.",
        "needs": "a mat",
        "caveat": "",
        "like": ["EX_BRIDGE"],
        "figure": "EX_BRIDGE",
        "coached": "on",
        **{f"{unit}_start": value for unit, value in {"sets": 2, "reps": 6, "days_per_week": 3}.items()},
        "reps_least": 4,
        "reps_most": 10,
    }
    bad = staff.post("/clinic/own-exercises/new/", {**form, "reps_least": 8})
    assert bad.status_code == 422 and "item.dose.reps: needs 1" in bad.content.decode()
    assert staff.post("/clinic/own-exercises/new/", form).status_code == 302
    row = OwnExercise.objects.get()
    assert row.exercise["coaching"] == "EX_BRIDGE" and row.exercise["item"]["dose"]["reps"]["allowed"] == [
        4,
        10,
    ]
    assert "The camera can coach it." in page(staff, "/clinic/own-exercises/")
    again = page(staff, f"/clinic/own-exercises/{row.pk}/")
    assert 'value="Slow bridge"' in again and "Lie down. Lift." in again
    assert staff.post("/clinic/own-exercises/new/", form).status_code == 422, "the name is taken"
