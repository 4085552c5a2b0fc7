"""A person with twelve weeks behind them, so that there is something of every kind to export and report.

`python -m tests.history FOLDER` gives it to the owner of the record in a data folder.
"""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

EXAMPLE = Path(__file__).with_name("example_questionnaire.json")
WORDS = "drive to my sister"
WEEKS = 12


def live_through(person: object, now: datetime, weeks: int = WEEKS) -> None:
    """Give `person` a history up to `now`; the same at every call but for the times."""
    from nextposture.interop import questionnaires
    from nextposture.record.models import (
        Activity,
        BodyBuild,
        Bout,
        Break,
        BreakWishes,
        CarePlan,
        CheckIn,
        ClinicLink,
        DayOff,
        FromClinic,
        HabitDone,
        Measurement,
        Outcome,
        PainMap,
        Person,
        PlanChange,
        PlanDecision,
        Questionnaire,
        QuestionnaireResponse,
        Rating,
        Session,
        SetDone,
        Sitting,
        StopSign,
        ToClinic,
    )
    from tests.day_people import check_in_as

    assert isinstance(person, Person)
    chance = random.Random(7)

    def key() -> UUID:
        return UUID(int=chance.getrandbits(128), version=4)

    def steps_of(plan: CarePlan, start: datetime) -> None:
        """The plan took a step up, one was declined, and a red session took one back."""
        grown = next(one for one in plan.items if one["id"].startswith("EX_") and "reps" in one["dose"])
        reps = grown["dose"]["reps"]

        def items(more: int) -> list[dict[str, Any]]:
            dose = {**grown["dose"], "reps": reps + more}
            return [{**one, "dose": dose} if one is grown else one for one in plan.items]

        green = (
            "Your last two sessions were green, effort was 5 or less, and you did 80 % of what was planned."
        )
        for day, rule, decision, reason, old, new in (
            (10, "PR1", "accepted", green, 0, 2),
            (17, "PR1", "declined", green, 2, 4),
            (24, "PR4", "accepted", "The last session was red.", 2, 0),
        ):
            at = start + timedelta(days=day)
            PlanChange.objects.create(
                care_plan=plan,
                rule=rule,
                because=f"day-{day}",
                reason=reason,
                at=at,
                changes=[{"item": grown["id"], "what": "reps", "before": reps + old, "after": reps + new}],
                before=items(old),
                after=items(new),
                decision=decision,
                decided_at=at + timedelta(hours=1),
            )

    start = now - timedelta(weeks=weeks)
    activity = Activity.objects.create(person=person, words=WORDS, added_at=start)
    Activity.objects.create(person=person, words="carry the shopping", added_at=start, dropped_at=now)

    def check_in(at: datetime, name: str) -> Outcome:
        outcome = check_in_as(person, name)
        assert isinstance(outcome, Outcome)
        CheckIn.objects.filter(pk=outcome.check_in_id).update(
            started_at=at, danger_signs_since=at, finished_at=at
        )
        Outcome.objects.filter(pk=outcome.pk).update(made_at=at, card_shown_at=at)
        CarePlan.objects.filter(outcome=outcome).update(made_at=at)
        Rating.objects.filter(check_in=outcome.check_in).update(at=at)
        return outcome

    first = check_in(start, "sitter")
    plan = CarePlan.objects.get(outcome=first)
    for day in range(weeks * 7):
        at = (start + timedelta(days=day)).replace(hour=9, minute=15, second=0, microsecond=0)
        fade = 1 - day / (weeks * 7) * 0.6
        if day % 7 == 3:
            value = round(5 * fade + chance.choice([-0.5, 0, 0, 0.5]))
            Rating.objects.create(person=person, measure="pain_avg_7d", value=value, at=at)
            Rating.objects.create(
                person=person, measure="activity", activity=activity, value=min(10, 9 - 5 * fade), at=at
            )
            told = {
                "pain_worst_7d": min(10, value + 2),
                "pain_days_7d": max(1, round(7 * fade)),
                "confidence": round(9 - 4 * fade),
                "worry": round(7 * fade),
                "daily_life": round(9 - 5 * fade),
                **({"overall_change": min(5, day // 20)} if day % 14 == 10 else {}),
            }
            for measure, told_value in told.items():
                Rating.objects.create(person=person, measure=measure, value=told_value, at=at)
        if day % 7 < 5:
            for place in range(4):
                bout_at = at + timedelta(hours=2 * place)
                seconds = chance.uniform(1200, 5400)
                Bout.objects.create(
                    person=person,
                    key=key(),
                    posture="sitting",
                    started_at=bout_at,
                    seconds=seconds,
                    span_s=seconds + 40,
                )
                answer = chance.choice(["done", "done", "later", "not_now"])
                Break.objects.create(
                    person=person,
                    key=key(),
                    offered_at=bout_at,
                    answered_at=bout_at + timedelta(minutes=1),
                    answer=answer,
                    deferred={"call": 2},
                )
            HabitDone.objects.create(person=person, item="P_WALK", on=at.date())
        if day % 7 in (0, 2, 4):
            session = Session.objects.create(
                person=person,
                care_plan=plan,
                key=key(),
                started_at=at + timedelta(hours=9),
                finished_at=at + timedelta(hours=9, minutes=20),
                ending="done",
                steps=[],
                pain_before=round(4 * fade),
                pain_peak=round(5 * fade),
                pain_after=round(4 * fade),
                effort=chance.choice([3, 4, 5]),
                pain_next=round(4 * fade),
                settled=True,
                next_told_at=at + timedelta(hours=24),
            )
            for step, item in enumerate([row["id"] for row in plan.items if row["id"].startswith("EX_")][:3]):
                SetDone.objects.create(
                    session=session,
                    step=step,
                    item=item,
                    side=["left", "right", ""][step],
                    seconds=30,
                    at=session.finished_at,
                )
    stopped = Session.objects.filter(person=person).order_by("pk")[4]
    Session.objects.filter(pk=stopped.pk).update(ending="stopped", stop_rule="leg_spread")
    middle = check_in(start + timedelta(weeks=weeks // 2), "two_weeks")
    after = {**middle.check_in.answers, "ae_flare": True, "ae_leg": False}
    CheckIn.objects.filter(pk=middle.check_in_id).update(answers=after)
    last = check_in(now - timedelta(days=2), "sitter")
    steps_of(plan, start)
    PlanDecision.objects.create(
        person=person,
        key=key(),
        item="EX_BRIDGE",
        kind="confirmed",
        why="Goes on as it is.",
        by_name="Bo Lind",
        by_profession="physiotherapist",
        clinic_name="Harbour Clinic",
        at=start + timedelta(days=30),
        in_force_at=start + timedelta(days=30),
        answer="seen",
        answered_at=start + timedelta(days=31),
    )
    for day, regions in ((1, ["back_lower_left", "back_spine", "back_buttock_left"]), (70, ["back_spine"])):
        PainMap.objects.create(person=person, on=(start + timedelta(days=day)).date(), regions=regions)
    StopSign.objects.create(
        session=stopped, rule="new_danger_sign", at=stopped.started_at, lifted_by=middle.check_in
    )
    for place, (value, days) in enumerate([(-8.0, 80), (-4.5, 50), (-1.0, 20), (1.5, 3)]):
        for side in ("left", "right"):
            Measurement.objects.create(
                person=person,
                key=key(),
                measure="hip_extension",
                side=side,
                method="camera",
                at=now - timedelta(days=days),
                value=value + (1.5 if side == "right" else 0),
                error=10.0,
                pelvis_held=True,
                model="blazepose-full 1",
                runtime="wasm",
                detail={"trials": [value, value + place]},
            )
    Measurement.objects.create(
        person=person, key=key(), measure="plank", method="timer", at=now - timedelta(days=3), value=41.0
    )
    Measurement.objects.create(
        person=person,
        key=key(),
        measure="hip_extension",
        side="left",
        method="phone",
        at=now,
        value=None,
        pelvis_held=False,
        dropped_at=now,
    )
    BodyBuild.objects.create(person=person, height_cm=171.5, mass_kg=68.0, told_at=start)
    DayOff.objects.create(person=person, on=(now - timedelta(days=9)).date(), kind="sick")
    BreakWishes.objects.create(person=person, away_after_min=6, quiet_from="21:30", streaks=False)
    Sitting.objects.create(person=person, since=now, interval_min=35)
    definition = json.loads(EXAMPLE.read_text())
    form = questionnaires.questionnaire_from(definition)
    brought = Questionnaire.objects.create(
        person=person,
        key=key(),
        title=form.title,
        url=form.url,
        version=form.version,
        definition=definition,
        added_at=start,
    )
    for place, days in enumerate((70, 35, 4)):
        at = now - timedelta(days=days)
        option = form.find("1")
        assert option is not None
        given = {"1": [dict(option.options[min(place, 2)].value)], "2": [2 + place], "3": [False]}
        QuestionnaireResponse.objects.create(
            questionnaire=brought,
            key=key(),
            at=at,
            response=questionnaires.response_of(form, given, at),
            scores=[{"link_id": "score", "text": "Comfort, 0 to 10", "value": (0, 1, 3)[place] + 2 + place}],
        )
    left = ClinicLink.objects.create(
        person=person,
        key=key(),
        address="https://clinic.example",
        clinic={"name": "Quay Physiotherapy", "phone": "0123"},
        name="Ann",
        joined_at=start,
        in_step_at=now,
        ended_at=now,
        ended_by="person",
    )
    text = {"message": str(key()), "text": "Shall I go on?"}
    ToClinic.objects.create(link=left, key=key(), kind="message", content=text, at=start, sent_at=start)
    said = {"text": "Yes.", "at": start.isoformat(), "by": "Bo", "read_at": None}
    FromClinic.objects.create(link=left, kind="message", key=str(key()), content=said, heard_at=start)
    assert last.status == "complete"


if __name__ == "__main__":
    os.environ["NEXTPOSTURE_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "nextposture.site.settings"
    import django

    django.setup()
    from django.utils import timezone

    from nextposture.record.people import owner

    live_through(owner(), timezone.now())
