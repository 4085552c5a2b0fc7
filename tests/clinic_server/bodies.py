"""For each address of the site that changes something: a body that is valid from somebody who may send it.

The access matrix sends them as people who may not. First it sends each as somebody who may, and asks that
something changes, so that a body that no longer fits is noticed; an address that takes a POST and stands in
none of the tables here fails that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from nextposture import knowledge
from nextposture.clinic.joined import codes
from nextposture.clinic.models import Appointment, Clinic, Consent, Installation, Membership, Referral
from nextposture.record import check_ins, day
from nextposture.record.models import (
    Activity,
    Bout,
    Measurement,
    Person,
    PlanChange,
    PlanDecision,
    Questionnaire,
    Session,
    Sitting,
)
from tests.clinic_server.test_plan_decisions import SLIDE
from tests.clinic_server.test_team import settings_form

TOKEN = "t" * 43
NEW = UUID(int=4711)
ADA, ANYBODY = "administrator_only", "anybody"

NOT_OURS = ("accounts/", "oauth/")
"""Pages of allauth and django-oauth-toolkit, about whoever is signed in; and `accounts/erase/`, which asks
for the password first and has tests of its own."""
OURS_THERE = frozenset({"accounts/about/"})
NOTHING_CHANGES = frozenset(
    {
        *("fhir/openapi.json", "emergency/", "evidence/", "welcome/"),
        *("step/<int:edition>/look", "step/<int:edition>/times", "step/<int:edition>/call"),  # by a token
        *("clinic/choose/", "clinic/people/<int:pk>/"),  # the session's own; in the trail
        *("today/companion/", "today/companion/answer/"),  # a desktop's program, which a server has not
        *("measure/phone/open/", "measure/phone/pair/cancel/"),  # a port of a person's own computer
        *("data/backup/", "data/restore/", "data/erase/"),  # of all that is kept: not on a server
    }
)
"""What keeps nothing, whoever asks."""
FILES = frozenset({"data/export/", "report/file/", "share/plan/", "share/claim/", "share/topic/"})
"""What is made for the asker and not kept; the canary of the walk looks into them."""


@dataclass(frozen=True)
class Rows:
    """What the bodies name: Ann's rows, the clinic and who works there."""

    person: Person
    clinic: Clinic
    bo: Membership
    referral: Referral
    consent: Consent
    asked: Appointment
    begun: Appointment
    measured: Measurement
    questionnaire: Questionnaire
    bout: Bout
    running: Session
    decided: PlanDecision
    proposed: PlanChange
    activity: Activity
    installation: Installation


Body = Callable[[Rows], Any]


@dataclass(frozen=True)
class Change:
    """One change: by whom it may be made, with what body, and at which address if not the walk's own.

    `first` is what must be so before, `also` a role of the walk that may make it too,
    or ANYBODY, where knowing a code or a token is what lets in.
    """

    who: str
    body: Body = field(default=lambda _: {})
    address: Callable[[Rows], str] | None = None
    first: Callable[[Rows], object] = field(default=lambda _: None)
    method: str = "post"
    kind: str = ""
    also: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def at(self, rows: Rows) -> str:
        """The address, if it is not the walk's own."""
        return self.address(rows) if self.address else ""

    def sent(self, rows: Rows) -> dict[str, Any]:
        """What Django's client sends."""
        if self.kind:
            return {"data": json.dumps(self.body(rows)), "content_type": self.kind}
        return {"data": self.body(rows)}


def _free(rows: Rows) -> str:
    """A time of Bo's that is free."""
    at = (timezone.now() + timedelta(days=3)).replace(hour=10, minute=0, second=0, microsecond=0)
    return at.isoformat()


def _sit_down(rows: Rows) -> None:
    since = timezone.now() - timedelta(hours=2)
    Sitting.objects.update_or_create(person=rows.person, defaults={"since": since})


def _end_running(rows: Rows) -> None:
    Session.objects.filter(pk=rows.running.pk).update(finished_at=timezone.now(), ending="left")


def _seen(rows: Rows) -> str:
    from nextposture.clinic.plan_decisions import state_of
    from nextposture.record import decided

    plan = check_ins.newest_plan(rows.person)
    assert plan is not None
    return state_of(plan, "EX_BRIDGE", decided.newest_of(rows.person).get("EX_BRIDGE"))


def _decision(rows: Rows) -> dict[str, Any]:
    plan = check_ins.newest_plan(rows.person)
    assert plan is not None
    dose = next(one["dose"] for one in plan.items if one["id"] == "EX_BRIDGE")
    told = {f"dose_{name}": value for name, value in dose.items()}
    return {"item": "EX_BRIDGE", "kind": "confirmed", "why": "Go on.", "seen": _seen(rows), **told}


def _habit(rows: Rows) -> str:
    plan = check_ins.newest_plan(rows.person)
    known = knowledge.load()
    assert plan is not None
    return next(one.item.id for one in day.planned(known, plan) if not one.item.is_exercise)


def _upload(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("file.json", (Path(__file__).parents[1] / name).read_bytes())


def _goal(rows: Rows) -> dict[str, Any]:
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "walk to work"},
        "subject": {"reference": f"Patient/{rows.person.pk}"},
    }


def _code(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _rating(rows: Rows) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": _code("http://loinc.org", "72514-3"),
        "effectiveDateTime": "2026-11-01T10:00:00+00:00",
        "valueQuantity": {"value": 4},
    }


def _measurement(rows: Rows) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": f"Patient/{rows.person.pk}"},
        "code": _code("urn:nextposture:codes", "mtt-hip-extension"),
        "effectiveDateTime": "2026-11-01T10:00:00+00:00",
        "method": {"coding": [{"code": "goniometer"}]},
        "bodySite": {"coding": [{"code": "left"}]},
        "valueQuantity": {"value": -4, "code": "deg", "system": "http://unitsofmeasure.org"},
    }


def _appointment(rows: Rows, **more: Any) -> dict[str, Any]:
    start = timezone.datetime.fromisoformat(_free(rows))  # type: ignore[attr-defined]
    actors = (f"Practitioner/{rows.bo.pk}", f"Patient/{rows.person.pk}")
    return {
        "resourceType": "Appointment",
        "status": "proposed",
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=30)).isoformat(),
        "participant": [{"actor": {"reference": one}, "status": "accepted"} for one in actors],
        **more,
    }


def _message(rows: Rows) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "status": "completed",
        "subject": {"reference": f"Patient/{rows.person.pk}"},
        "recipient": [{"reference": f"Patient/{rows.person.pk}"}],
        "payload": [{"contentString": "How are you?"}],
    }


def _fhir(who: str, body: Body, **more: Any) -> Change:
    return Change(who, body, kind="application/fhir+json", **more)


def _made(who: str, body: Body) -> Change:
    return _fhir(who, body, address=lambda rows: f"/fhir/{body(rows)['resourceType']}")


def _put(who: str, kind: str, row: str, **changes: Any) -> Change:
    """The row as a resource, as the person it is about reads it, with changes."""

    def address(rows: Rows) -> str:
        return f"/fhir/{kind}/{getattr(rows, row).pk}"

    def body(rows: Rows) -> dict[str, Any]:
        ann = Client()
        ann.force_login(rows.person.user)
        return {**ann.get(address(rows)).json(), **changes}

    return _fhir(who, body, method="put", address=address)


def _step(body: Body, **more: Any) -> Change:
    return Change("", body, kind="application/json", headers={"Authorization": f"Bearer {TOKEN}"}, **more)


def _join(rows: Rows) -> dict[str, Any]:
    return {"code": codes.make_code(rows.bo, "Ann", timezone.now()), "key": str(NEW), "token": "u" * 43}


def _acts(rows: Rows) -> dict[str, Any]:
    acts = {
        "message": {"message": str(NEW), "text": "Hello."},
        "cancel_time": {"appointment": str(rows.asked.uid), "why": ""},
    }
    at = timezone.now().isoformat()
    told = [
        {"key": str(UUID(int=number)), "kind": kind, "content": content, "at": at}
        for number, (kind, content) in enumerate(acts.items(), 1)
    ]
    return {"cursor": 0, "acts": told, "parcels": {}}


BODIES: dict[str, list[Change]] = {
    "fhir/<kind>": [
        _made("ann", _goal),
        _made("ann", _rating),
        _made("bo", _measurement),
        _made("bo", _appointment),
        _made("bo", _message),
    ],
    "fhir/<kind>/<ident>": [
        _put("ann", "Goal", "activity", lifecycleStatus="cancelled"),
        _put("bo", "ServiceRequest", "referral", status="completed"),
        _put("ann", "ServiceRequest", "referral", status="revoked"),
        _put("bo", "Appointment", "asked", status="booked"),
        _put("ann", "Appointment", "asked", status="cancelled"),
        _put("ann", "Consent", "consent", status="inactive"),
        _put("ann", "Patient", "person", name=[{"text": "Ann Lee"}]),
    ],
    "fhir/": [
        _fhir(
            "ann",
            lambda rows: {
                "resourceType": "Bundle",
                "type": "transaction",
                "entry": [{"request": {"method": "POST", "url": "Goal"}, "resource": _goal(rows)}],
            },
        )
    ],
    "accounts/about/": [Change("ann", lambda _: {"name": "Ann Lee", "phone": "", "time_zone": "Asia/Tokyo"})],
    "clinic/<int:pk>/refer/": [
        Change(
            "ann",
            lambda _: {"name": "Ann", "phone": "", "items": ["result"], "days": "90"},
            lambda rows: f"/clinic/{rows.clinic.pk}/refer/",
        )
    ],
    "clinic/<int:pk>/messages/": [
        Change("ann", lambda _: {"text": "May I swim?"}, lambda rows: f"/clinic/{rows.clinic.pk}/messages/")
    ],
    "clinic/sharing/withdraw/": [Change("ann", lambda rows: {"consent": rows.consent.pk})],
    "clinic/sharing/take-back/": [Change("ann", lambda rows: {"referral": rows.referral.pk})],
    "clinic/people/<int:pk>/answer/": [Change("bo", lambda _: {"status": "closed", "text": "All is well."})],
    "clinic/people/<int:pk>/messages/": [Change("bo", lambda _: {"text": "How are you?"})],
    "clinic/people/<int:pk>/notes/": [Change("bo", lambda _: {"text": "Seen."})],
    "clinic/people/<int:pk>/plan/decide/": [Change("bo", _decision)],
    "clinic/own-exercises/new/": [Change("bo", lambda _: {"text": SLIDE})],
    "clinic/own-exercises/<int:own>/": [Change("bo", lambda _: {"text": SLIDE})],
    "clinic/own-exercises/<int:own>/data/": [Change("bo", lambda _: {"text": SLIDE})],
    "clinic/own-exercises/<int:own>/drop/": [Change("bo")],
    "clinic/installations/code/": [Change("bo", lambda _: {"whom": "Ann Lee"}, also=ADA)],
    "clinic/installations/<uuid:installation>/end/": [Change("bo", also=ADA)],
    "clinic/settings/": [
        Change("ada", lambda rows: settings_form(rows.clinic, name="Quay Street"), also=ADA)
    ],
    "clinic/team/": [
        Change(
            "ada",
            lambda _: {
                **{"name": "Di", "email": "di@harbour.example", "profession": "physiotherapist"},
                "treats": "on",
            },
            also=ADA,
        )
    ],
    "clinic/team/<int:pk>/end/": [
        Change("ada", address=lambda rows: f"/clinic/team/{rows.bo.pk}/end/", also=ADA)
    ],
    "clinic/<int:clinic>/times/ask/": [
        Change("ann", lambda rows: {"time": f"{rows.bo.pk} {_free(rows)}", "seen": "telehealth"}),
        Change(
            "ann",
            lambda rows: {
                **{"time": f"{rows.bo.pk} {_free(rows)}", "seen": "telehealth"},
                "move": str(rows.asked.uid),
            },
        ),
    ],
    "clinic/<int:clinic>/times/wait/": [Change("ann")],
    **{
        f"clinic/appointments/<uuid:uid>/{end}/": [
            Change(
                who,
                lambda _, body=body: body,  # type: ignore[misc]
                lambda rows, row=row, end=end: f"/clinic/appointments/{getattr(rows, row).uid}/{end}/",  # type: ignore[misc]
            )
            for who in whos
        ]
        for end, whos, row, body in (
            ("cancel", ("ann", "bo"), "asked", {"why": "a cold"}),
            ("confirm", ("bo",), "asked", {}),
            ("close", ("bo",), "begun", {"held": "yes"}),
            ("call/phone", ("ann", "bo"), "begun", {}),
        )
    },
    "clinic/availability/": [
        Change(
            "bo",
            lambda _: {
                **{"add": "week", "week-weekday": "2", "week-starts": "14:00", "week-ends": "16:00"},
                "week-seen": "",
            },
        )
    ],
    "step/<int:edition>/join": [
        Change("", _join, kind="application/json", also=ANYBODY),
    ],
    "step/<int:edition>/sync": [_step(_acts)],
    "check-in/": [Change("ann")],
    "check-in/again/": [Change("ann", lambda _: {"name": ""})],
    "check-in/finish/": [
        Change("ann", lambda _: {"anyway": "1"}, first=lambda rows: check_ins.open_check_in(rows.person))
    ],
    "check-in/<slug:name>/": [
        Change(
            "ann",
            lambda rows: {"check_in": check_ins.open_check_in(rows.person).pk, "sitting_hours_day": "6"},
            lambda _: "/check-in/sitting/",
        )
    ],
    **{
        f"plan/changes/<int:pk>/{end}/": [
            Change("ann", lambda _: {}, lambda rows, end=end: f"/plan/changes/{rows.proposed.pk}/{end}/")  # type: ignore[misc]
        ]
        for end in ("accept", "decline")
    },
    "plan/decisions/seen/": [Change("ann", lambda rows: {"key": [str(rows.decided.key)]})],
    "plan/decisions/<uuid:key>/": [Change("ann", lambda _: {"said": "rather_not", "why": "It hurts."})],
    "session/next-morning/": [
        Change("ann", lambda rows: {"key": str(rows.decided.key), "pain": "2", "back": "yes"})
    ],
    "see-why/build/": [Change("ann", lambda _: {"height": "168", "mass": "62", "strength": "female"})],
    "today/timer/change/": [Change("ann", lambda _: {"now": "sitting"})],
    "today/away/": [Change("ann", lambda _: {"key": str(NEW), "seconds": "1800"}, first=_sit_down)],
    "today/break/": [Change("ann", lambda _: {"key": str(NEW), "answer": "done", "kind": ""})],
    "today/interval/": [Change("ann", lambda _: {"minutes": "45"})],
    "today/habit/": [Change("ann", lambda rows: {"item": _habit(rows), "done": "yes"})],
    "breaks/": [
        Change(
            "ann",
            lambda _: {
                **{"quiet_from": "22:00", "quiet_until": "07:00", "away_after_min": "5"},
                **{"defer_cap_min": "30", "streaks": "on"},
            },
        )
    ],
    "breaks/bout/": [Change("ann", lambda rows: {"key": str(rows.bout.key)})],
    "breaks/add/": [Change("ann", lambda _: {"key": str(NEW), "at": "00:00", "minutes": "2"})],
    "breaks/discomfort/": [Change("ann", lambda _: {"value": "3"})],
    "breaks/day-off/": [Change("ann", lambda _: {"on": f"{timezone.localdate()}", "kind": "sick"})],
    "session/start/": [Change("ann", lambda _: {"key": str(NEW), "pain": "2"}, first=_end_running)],
    "session/step/": [Change("ann", lambda rows: {"key": str(rows.running.key), "position": "1"})],
    "session/stop/": [Change("ann", lambda rows: {"key": str(rows.running.key), "rule": "new_danger_sign"})],
    "session/finish/": [Change("ann", lambda rows: {"key": str(rows.running.key), "pain_after": "2"})],
    "measure/kept/<uuid:key>/take-out/": [
        Change("ann", address=lambda rows: f"/measure/kept/{rows.measured.key}/take-out/")
    ],
    "measure/phone/keep/": [
        Change(
            "ann",
            lambda _: {"key": str(NEW), "goes": [{"side": "left", "thigh": 3.0, "flat": True}]},
            kind="application/json",
        )
    ],
    "measure/<slug:name>/by-hand/": [
        Change(
            "ann",
            lambda _: {
                **{"key": str(NEW), "side": "left", "instrument": "page", "angle_1": "3"},
                **{"way_1": "above", "flat": "true", "on": f"{timezone.localdate()}"},
            },
            lambda _: "/measure/thomas/by-hand/",
        )
    ],
    "progress/body-map/": [Change("ann", lambda _: {"region": ["low_back"]})],
    "progress/pain/": [Change("ann", lambda _: {"now": "3", "average": "4"})],
    "progress/activities/": [Change("ann", lambda _: {"words": "walk to work"})],
    "progress/activities/<int:pk>/rate/": [
        Change(
            "ann",
            lambda rows: {f"activity-{rows.activity.pk}-value": "5"},
            lambda rows: f"/progress/activities/{rows.activity.pk}/rate/",
        )
    ],
    "progress/activities/<int:pk>/drop/": [
        Change("ann", address=lambda rows: f"/progress/activities/{rows.activity.pk}/drop/")
    ],
    "data/import/": [Change("ann", lambda _: {"file": _upload("empty_export.json"), "replace": "on"})],
    "questionnaires/add/": [Change("ann", lambda _: {"file": _upload("example_questionnaire.json")})],
    "questionnaires/<uuid:key>/": [
        Change(
            "ann",
            lambda _: {"key": str(NEW), "item-2": "0", "item-3": "4"},
            lambda rows: f"/questionnaires/{rows.questionnaire.key}/",
        )
    ],
    "questionnaires/<uuid:key>/drop/": [
        Change("ann", address=lambda rows: f"/questionnaires/{rows.questionnaire.key}/drop/")
    ],
}
