"""Rows of the record as FHIR R4 resources, and resources back as values of rows.

Every function takes one row and gives one resource (or a list) as plain values; `About` says whose it is. The
clinic's API and the bundle of an export use the same ones. Nothing here reads or writes the database but the
row it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from nextposture import __version__
from nextposture.interop.fhir_table import UCUM, Code, fhir_table
from nextposture.knowledge import Knowledge, Urgency
from nextposture.knowledge.answers import DONT_KNOW, NOT_APPLICABLE, RATHER_NOT_SAY, Value
from nextposture.knowledge.asking import asking
from nextposture.knowledge.inputs import Input
from nextposture.planning import Dose
from nextposture.planning.decisions import decision_table, said, sentence
from nextposture.planning.dose_words import dose_words
from nextposture.planning.session import stop_rules
from nextposture.record.course import as_decision
from nextposture.record.models import (
    Activity,
    CarePlan,
    CheckIn,
    Measurement,
    Outcome,
    PlanDecision,
    Questionnaire,
    QuestionnaireResponse,
    Rating,
    Session,
    SetDone,
    StopSign,
)

Resource = dict[str, Any]

NAMESPACE = UUID("5b0c5a1e-6c0e-4a57-9f0a-0d7c3d1f3a2b")
DATA_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
ABSENT = {DONT_KNOW: "asked-unknown", RATHER_NOT_SAY: "asked-declined", NOT_APPLICABLE: "not-applicable"}
CHECK_IN_URL = "urn:nextposture:questionnaire:check-in"
DOSE = "urn:nextposture:dose"
LOCKED = "urn:nextposture:locked"
"""Extensions of an activity's detail: the dose in its parts, and that no rule of the app moves it."""

ON_HOLD_FROM = Urgency.WITHIN_2_WEEKS


@dataclass(frozen=True)
class About:
    """Whom resources are about: a seed that is the same wherever the record is kept, and the rows' numbers.

    `number` gives a row's place among the person's rows of its table, from 1; by default the row's key.
    """

    seed: str
    number: Callable[[Any], int] = lambda row: int(row.pk)

    def urn(self, *what: object) -> str:
        """The address of a resource within a bundle: the same for the same thing."""
        return f"urn:uuid:{uuid5(NAMESPACE, '/'.join(map(str, (self.seed, *what))))}"

    def of(self, row: Any, part: str = "") -> str:
        """The address of what a row becomes."""
        return self.urn(type(row).__name__, self.number(row), *([part] if part else []))

    @property
    def subject(self) -> dict[str, str]:
        """A reference to the patient."""
        return {"reference": self.urn("Patient")}

    @property
    def device(self) -> dict[str, str]:
        """A reference to this software."""
        return {"reference": self.urn("Device")}


# ---- Who and with what


def patient(about: About) -> Resource:
    """The person, under a made-up identifier and nothing else."""
    value = about.urn("Patient")
    return {"resourceType": "Patient", "identifier": [{"system": "urn:ietf:rfc:3986", "value": value}]}


def device(known: Knowledge) -> Resource:
    """This software, with its version and that of its tables."""
    return {
        "resourceType": "Device",
        "deviceName": [{"name": "Next Posture", "type": "user-friendly-name"}],
        "version": [{"value": __version__}, {"type": {"text": "tables"}, "value": known.release.version}],
        "note": [{"text": f"SHA-256 of the tables: {known.hash}"}],
    }


# ---- Check-ins


def check_in_questionnaire(known: Knowledge) -> Resource:
    """Every question that a check-in may ask, in our own words."""
    return {
        "resourceType": "Questionnaire",
        "url": CHECK_IN_URL,
        "version": known.release.version,
        "title": "Check-in of Next Posture",
        "status": "active",
        "item": [_question(one) for one in _inputs(known).values()],
    }


def _question(one: Input) -> Resource:
    kinds = {"bool": "boolean", "int": "integer", "choice": "choice"}
    made: Resource = {"linkId": one.id, "text": one.ask, "type": kinds.get(one.type, "decimal")}
    if one.type == "choice":
        made["answerOption"] = [{"valueCoding": _choice(one, code)} for code in one.choices]
    return made


def check_in_response(about: About, known: Knowledge, check_in: CheckIn) -> Resource:
    """The answers of a check-in. Asked and left open is told apart from not asked, which has no item."""
    inputs = _inputs(known)
    items = []
    for name, value in check_in.answers.items():
        if value is None:
            continue
        item: Resource = {"linkId": name, **({"text": inputs[name].ask} if name in inputs else {})}
        if isinstance(value, str) and value in ABSENT:
            item["extension"] = [{"url": DATA_ABSENT, "valueCode": ABSENT[value]}]
        else:
            item["answer"] = [_answer(inputs.get(name), value)]
        items.append(item)
    return _lean(
        {
            "resourceType": "QuestionnaireResponse",
            "questionnaire": CHECK_IN_URL,
            "status": "completed" if check_in.finished_at else "in-progress",
            "subject": about.subject,
            "authored": _time(check_in.finished_at or check_in.started_at),
            "item": items,
        }
    )


def answers_from(response: Mapping[str, Any]) -> dict[str, Value]:
    """The answers in a response that `check_in_response` wrote; `knowledge.check_answers` checks them."""
    back = {code: answer for answer, code in ABSENT.items()}
    answers: dict[str, Value] = {}
    for item in response.get("item", ()):
        absent = [one["valueCode"] for one in item.get("extension", ()) if one.get("url") == DATA_ABSENT]
        if absent:
            answers[item["linkId"]] = back.get(absent[0])
            continue
        for answer in item.get("answer", ())[:1]:
            name, value = next(iter(answer.items()))
            answers[item["linkId"]] = value["code"] if name == "valueCoding" else value
    return answers


def _answer(question: Input | None, value: Value) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, str):
        return {"valueCoding": _choice(question, value)} if question is not None else {"valueString": value}
    if question is not None and question.type == "int":
        return {"valueInteger": value}
    return {"valueDecimal": value}


def _choice(question: Input | None, code: str) -> dict[str, str]:
    assert question is not None
    coding = {"system": f"urn:nextposture:input:{question.id}", "code": code}
    return {**coding, "display": question.choices[code]} if code in question.choices else coding


def _inputs(known: Knowledge) -> Mapping[str, Input]:
    return {**known.inputs, **asking().inputs}


# ---- What the rules said


def outcome_observations(about: About, known: Knowledge, outcome: Outcome) -> list[tuple[str, Resource]]:
    """The triage level and each factor's state, each with its address. A rule makes no Condition."""
    made = [
        (
            about.of(outcome, "triage"),
            _observation(
                about,
                _own("triage-level"),
                outcome.made_at,
                valueCodeableConcept=_concept(
                    outcome.urgency, known.danger_signs.levels[Urgency[outcome.urgency]].text
                ),
                derivedFrom=[{"reference": about.of(outcome.check_in)}],
                method={"text": f"Tables {outcome.knowledge_version}, SHA-256 {outcome.knowledge_hash}"},
                note=[{"text": "Incomplete: some danger signs were not asked."}]
                if outcome.status == "incomplete"
                else None,
            ),
        )
    ]
    names = {one.id: one.name for one in known.factors.factors}
    for factor, state in outcome.result.get("factors", {}).items():
        code = Code(code=f"factor-{factor}", display=names.get(factor, factor))
        made.append(
            (
                about.of(outcome, factor),
                _observation(
                    about,
                    code,
                    outcome.made_at,
                    valueCodeableConcept=_concept(state, state),
                    derivedFrom=[{"reference": about.of(outcome.check_in)}],
                ),
            )
        )
    return made


def outcome_flags(about: About, outcome: Outcome, *, current: bool) -> list[tuple[str, Resource]]:
    """A flag for each reason to be seen within two weeks or sooner; active only for the newest outcome."""
    grave = [
        one
        for one in outcome.result.get("reasons", ())
        if one["level"] and Urgency[one["level"]] >= ON_HOLD_FROM
    ]
    return [
        (
            about.of(outcome, f"flag {one['id']}"),
            _flag(about, one["id"], one["plain"], outcome.made_at, None, active=current),
        )
        for one in grave
    ]


def stop_sign_flag(about: About, known: Knowledge, sign: StopSign) -> Resource:
    """A stop rule that was told in or after a session; inactive once a check-in lifted it."""
    rule = stop_rules(known).get(sign.rule)
    ended = sign.lifted_by.finished_at if sign.lifted_by is not None else None
    return _flag(
        about,
        sign.rule,
        rule.text if rule is not None else sign.rule,
        sign.at,
        ended,
        active=sign.lifted_by is None,
    )


def card_communication(about: About, known: Knowledge, outcome: Outcome) -> Resource | None:
    """That the card with the danger signs was shown; None if it was not."""
    if outcome.card_shown_at is None:
        return None
    return {
        "resourceType": "Communication",
        "status": "completed",
        "category": [{"text": "instruction"}],
        "subject": about.subject,
        "sent": _time(outcome.card_shown_at),
        "payload": [{"contentString": f"Danger signs to keep in mind, tables {outcome.knowledge_version}"}],
    }


def _flag(
    about: About, code: str, text: str, start: datetime, end: datetime | None, *, active: bool
) -> Resource:
    return {
        "resourceType": "Flag",
        "status": "active" if active else "inactive",
        "category": [_concept("danger-sign", "Danger sign, as told by the person")],
        "code": _concept(code, text),
        "subject": about.subject,
        "period": _lean({"start": _time(start), "end": _time(end)}),
        "author": about.device,
    }


# ---- The plan and what was done


def care_plan(
    about: About,
    known: Knowledge,
    plan: CarePlan,
    *,
    current: bool,
    decided: Mapping[str, PlanDecision] | None = None,
) -> Resource:
    """The plan with the dose of each item; on hold while someone should be seen first.

    `decided` has the newest decision of a practitioner about each item, which is told as its progress.
    """
    waits = Urgency[plan.outcome.urgency] >= ON_HOLD_FROM
    return _lean(
        {
            "resourceType": "CarePlan",
            "status": ("on-hold" if waits else "active") if current else "completed",
            "intent": "plan",
            "category": [_concept("self-management", "Self-management of back pain from sitting")],
            "title": plan.label,
            "subject": about.subject,
            "created": _time(plan.made_at),
            "author": about.device,
            "supportingInfo": [{"reference": about.of(plan.outcome, "triage")}],
            "activity": _activities(about, known, plan, decided or {}),
        }
    )


def _activities(
    about: About, known: Knowledge, plan: CarePlan, decided: Mapping[str, PlanDecision]
) -> list[Resource]:
    there = {one["id"] for one in plan.items}
    rows = [*plan.items, *(one for one in plan.left_out if one["id"] in decided and one["id"] not in there)]
    made = []
    for one in rows:
        activity = _activity(known, {"dose": {}, **one}, "in-progress" if one["id"] in there else "stopped")
        row = decided.get(one["id"])
        if row is not None:
            activity["progress"] = _decision_notes(about, row)
            if row.kind == PlanDecision.Kind.LOCKED and one["id"] in there:
                activity["detail"].setdefault("extension", []).append({"url": LOCKED, "valueBoolean": True})
        made.append(activity)
    return made


def _dose_extension(dose: Dose) -> list[Resource]:
    """The dose in its parts, so that a client can change one."""
    told = {name: value for name, value in asdict(dose).items() if value is not None}
    parts = [
        {"url": name, **({"valueString": value} if name == "rung" else {"valueInteger": value})}
        for name, value in told.items()
    ]
    return [{"url": DOSE, "extension": parts}] if parts else []


def decided_in(activity: Mapping[str, Any]) -> tuple[str, Dose | None, bool, bool, str]:
    """An activity as a client sends it: item, dose (None: none told), locked, stopped, and why.

    Raises ValueError that says what to change.
    """
    detail = activity.get("detail") or {}
    codings = (detail.get("code") or {}).get("coding") or [{}]
    item = str(codings[0].get("code", ""))
    if not item:
        raise ValueError("detail.code needs a coding with the item's code")
    extensions = {one.get("url"): one for one in detail.get("extension") or ()}
    told = {
        str(one.get("url")): one.get("valueString", one.get("valueInteger"))
        for one in extensions.get(DOSE, {}).get("extension") or ()
    }
    names = {one.name for one in fields(Dose)}
    if unknown := sorted(set(told) - names):
        raise ValueError(f"a dose has no part {unknown[0]}; it has {', '.join(sorted(names))}")
    wrong = [name for name, value in told.items() if not isinstance(value, str if name == "rung" else int)]
    if wrong:
        raise ValueError(f"{wrong[0]} must be {'text' if wrong[0] == 'rung' else 'a whole number'}")
    locked = bool(extensions.get(LOCKED, {}).get("valueBoolean"))
    why = str((detail.get("statusReason") or {}).get("text", ""))[:1000]
    stopped = detail.get("status") in ("stopped", "cancelled")
    return item, Dose(**told) if told else None, locked, stopped, why


def _decision_notes(about: About, row: PlanDecision) -> list[Resource]:
    """Who decided what about an item, when and why, and what the person said to it."""
    decision = as_decision(row)
    notes: list[Resource] = [
        {"authorString": row.by, "time": _time(row.at), "text": sentence(said(decision))}
    ]
    if row.answer:
        words = decision_table().answers[decision.answer]  # type: ignore[index]
        text = sentence(f"The person {words}: {row.answer_why}" if row.answer_why else f"The person {words}")
        notes.append(_lean({"authorReference": about.subject, "time": _time(row.answered_at), "text": text}))
    return notes


def _activity(known: Knowledge, row: Mapping[str, Any], status: str) -> Resource:
    item, dose = known.items.get(row["id"]), Dose(**row["dose"])
    words = dose_words(item, dose) if item is not None else ""
    name = item.name if item is not None else row["id"]
    often = (
        {"repeat": {"frequency": dose.days_per_week, "period": 1, "periodUnit": "wk"}}
        if dose.days_per_week
        else None
    )
    return {
        "detail": _lean(
            {
                "extension": _dose_extension(dose),
                "code": _concept(row["id"], name),
                "status": status,
                "scheduledTiming": often,
                "description": f"{name}. {words}".strip(),
            }
        )
    }


def session_observation(
    about: About, known: Knowledge, session: Session, sets: Iterable[SetDone]
) -> Resource:
    """A session: how it ended, pain and effort, and each set as a component."""
    parts = []
    for name, words, value in (
        ("pain-before", "Pain before, 0 to 10", session.pain_before),
        ("pain-peak", "Worst pain in it, 0 to 10", session.pain_peak),
        ("pain-after", "Pain after, 0 to 10", session.pain_after),
        ("effort", "Effort, 0 to 10", session.effort),
    ):
        if value is not None:
            parts.append({"code": _concept(name, words), "valueQuantity": _quantity(value, "{score}")})
    for one in sets:
        item = known.items.get(one.item)
        name = " ".join(filter(None, (item.name if item else one.item, one.side)))
        amount = _quantity(one.reps, "{repetitions}") if one.reps else _quantity(one.seconds, "s")
        parts.append({"code": _concept(one.item, name), "valueQuantity": amount})
    made = _observation(
        about,
        _own("exercise-session"),
        session.started_at,
        valueCodeableConcept=_concept(session.ending or "open", session.get_ending_display() or "not ended"),
        note=[{"text": f"Stop rule: {session.stop_rule}"}] if session.stop_rule else None,
        component=parts,
    )
    del made["effectiveDateTime"]
    return {
        **made,
        "effectivePeriod": _lean({"start": _time(session.started_at), "end": _time(session.finished_at)}),
    }


def day_observation(about: About, code: str, on: date, value: float, ucum: str) -> Resource:
    """One number of one day, such as hours of sitting."""
    made = _observation(about, _own(code), None, valueQuantity=_quantity(value, ucum))
    return {**made, "effectiveDateTime": on.isoformat(), "device": about.device}


# ---- What is followed


def goal(about: About, activity: Activity) -> Resource:
    """Something that matters to the person, in their own words."""
    return {
        "resourceType": "Goal",
        "lifecycleStatus": "active" if activity.dropped_at is None else "cancelled",
        "description": {"text": activity.words},
        "subject": about.subject,
        "startDate": activity.added_at.astimezone(UTC).date().isoformat(),
    }


def rating_observation(about: About, rating: Rating) -> Resource:
    """A number from 0 to 10 that the person gave."""
    code = fhir_table().ratings.get(rating.measure) or Code(code=rating.measure, display=rating.measure)
    made = _observation(about, code, rating.at, valueQuantity=_quantity(rating.value, "{score}"))
    if rating.activity is not None:
        made["focus"] = [{"reference": about.of(rating.activity)}]
        made["note"] = [{"text": rating.activity.words}]
    if rating.check_in is not None:
        made["derivedFrom"] = [{"reference": about.of(rating.check_in)}]
    return made


def rating_from(observation: Mapping[str, Any]) -> dict[str, Any]:
    """`measure`, `at` and `value` of a rating. Raises ValueError if the observation is none."""
    code = _code_in(observation)
    measures = {one.code: name for name, one in fhir_table().ratings.items()}
    if code not in measures:
        raise ValueError(f"{code} is no rating")
    return {
        "measure": measures[code],
        "at": _moment(observation),
        "value": observation["valueQuantity"]["value"],
    }


def measurement_observation(about: About, measurement: Measurement) -> Resource:
    """A measurement with its method, its error and what saw it."""
    code = fhir_table().measures.get(measurement.measure) or Code(
        code=measurement.measure, display=measurement.measure
    )
    unit = code.ucum or "1"
    parts: list[Resource] = []
    if measurement.error is not None:
        parts.append(
            {"code": _concept("error", "Give or take"), "valueQuantity": _quantity(measurement.error, unit)}
        )
    if measurement.pelvis_held is not None:
        parts.append(
            {"code": _concept("pelvis-held", "The pelvis was held"), "valueBoolean": measurement.pelvis_held}
        )
    for name in ("model", "runtime"):
        if getattr(measurement, name):
            parts.append(
                {"code": _concept(name, f"Seen by: {name}"), "valueString": getattr(measurement, name)}
            )
    made = _observation(
        about,
        code,
        measurement.at,
        method=_concept(measurement.method, measurement.get_method_display()),
        bodySite=_concept(measurement.side, f"{measurement.side} side") if measurement.side else None,
        component=parts,
        **(
            {"dataAbsentReason": {"text": "The reading means nothing."}}
            if measurement.value is None
            else {"valueQuantity": _quantity(measurement.value, unit)}
        ),
    )
    made["identifier"] = [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{measurement.key}"}]
    if measurement.dropped_at is not None:
        made["status"] = "entered-in-error"
    return made


def measurement_from(observation: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a measurement's fields but `detail`. Raises ValueError if the observation is none."""
    code = _code_in(observation)
    measures = {one.code: name for name, one in fhir_table().measures.items()}
    if code not in measures:
        raise ValueError(f"{code} is no measurement")
    parts = {one["code"]["coding"][0]["code"]: one for one in observation.get("component", ())}
    site, quantity = observation.get("bodySite"), observation.get("valueQuantity")
    return {
        "key": UUID(observation["identifier"][0]["value"]),
        "measure": measures[code],
        "side": site["coding"][0]["code"] if site else "",
        "method": observation["method"]["coding"][0]["code"],
        "at": _moment(observation),
        "value": quantity["value"] if quantity else None,
        "error": parts["error"]["valueQuantity"]["value"] if "error" in parts else None,
        "pelvis_held": parts["pelvis-held"]["valueBoolean"] if "pelvis-held" in parts else None,
        "model": parts["model"]["valueString"] if "model" in parts else "",
        "runtime": parts["runtime"]["valueString"] if "runtime" in parts else "",
    }


# ---- Questionnaires that were brought


def brought_questionnaire(questionnaire: Questionnaire) -> Resource:
    """The questionnaire as it came."""
    return dict(questionnaire.definition)


def brought_response(about: About, response: QuestionnaireResponse) -> Resource:
    """A filled-in questionnaire, about this person."""
    return {
        "questionnaire": response.questionnaire.url or about.of(response.questionnaire),
        **response.response,
        "subject": about.subject,
    }


# ---- Parts


def _observation(about: About, code: Code, at: datetime | None, **parts: Any) -> Resource:
    return _lean(
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [fhir_table().coding(code)], "text": code.display},
            "subject": about.subject,
            "effectiveDateTime": _time(at),
            **parts,
        }
    )


def _own(code: str) -> Code:
    return Code(code=code, display=fhir_table().own[code])


def _concept(code: str, text: str) -> Resource:
    return {"coding": [{"system": fhir_table().system, "code": code}], "text": text}


def _quantity(value: float, ucum: str) -> Resource:
    return {"value": value, "system": UCUM, "code": ucum}


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None


def _moment(observation: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(observation["effectiveDateTime"])


def _code_in(observation: Mapping[str, Any]) -> str:
    return str(observation["code"]["coding"][0]["code"])


def _lean(resource: Resource) -> Resource:
    """FHIR knows no empty lists and no nulls."""
    return {name: value for name, value in resource.items() if value not in (None, "", [], {})}
