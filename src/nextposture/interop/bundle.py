"""Everything kept about a person as one FHIR R4 bundle, and the record back out of such a bundle.

What FHIR says well is there as resources of its own. The whole record goes along as a document
(DocumentReference), so that nothing is lost on the way to another computer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from nextposture.interop import archive
from nextposture.interop import fhir_resources as fhir
from nextposture.interop.fhir_resources import About, Resource
from nextposture.interop.fhir_table import fhir_table
from nextposture.interop.kept import kept_tables, rows_of
from nextposture.interop.missing import part
from nextposture.knowledge import Knowledge
from nextposture.record import decided
from nextposture.record.models import (
    Activity,
    Bout,
    Break,
    CarePlan,
    CheckIn,
    Measurement,
    Outcome,
    Person,
    Questionnaire,
    QuestionnaireResponse,
    Rating,
    Session,
    StopSign,
)
from nextposture.record.own import known_to

DOCUMENT_TYPE = "nextposture-record"


class BundleError(ValueError):
    """The record could not be said in valid FHIR; the message says where."""


@transaction.atomic
def bundle_of(person: Person) -> dict[str, Any]:
    """The bundle, checked against FHIR's own definitions.

    Raises MissingPartError if the FHIR library is not installed, and BundleError for what it refuses.
    """
    part("fhir.resources.R4B.bundle", "fhir", "A FHIR bundle")
    known, about = known_to(person), about_person(person)
    entries = [
        {"fullUrl": address, "resource": resource} for address, resource in _resources(known, about, person)
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    check(bundle)
    return bundle


def about_person(person: Person) -> About:
    """Rows are numbered as in an export, so the same record has the same addresses on every computer."""
    numbers: dict[str, dict[int, int]] = {}
    tables = {table.name: table for table in kept_tables()}

    def number(row: Any) -> int:
        name = type(row).__name__
        if name not in numbers:
            keys = rows_of(person, tables[name]).values_list("pk", flat=True)
            numbers[name] = {key: place for place, key in enumerate(keys, start=1)}
        return numbers[name][row.pk]

    return About(person.created_at.isoformat(), number)


def check(resource: Mapping[str, Any]) -> None:
    """Raises BundleError if FHIR R4 does not know the resource, or a part of it, so."""
    kind = str(resource["resourceType"])
    models = part(f"fhir.resources.R4B.{kind.lower()}", "fhir", "FHIR")
    try:
        getattr(models, kind).model_validate(resource)
    except ValueError as error:
        raise BundleError(f"{kind} is not valid FHIR: {error}") from error


def _resources(known: Knowledge, about: About, person: Person) -> Iterator[tuple[str, Resource]]:
    yield about.urn("Patient"), fhir.patient(about)
    yield about.urn("Device"), fhir.device(known)
    yield about.urn("CheckInQuestionnaire"), fhir.check_in_questionnaire(known)
    for check_in in CheckIn.objects.filter(person=person).order_by("pk"):
        yield about.of(check_in), fhir.check_in_response(about, known, check_in)
    outcomes = list(Outcome.objects.filter(check_in__person=person).select_related("check_in").order_by("pk"))
    for outcome in outcomes:
        yield from fhir.outcome_observations(about, known, outcome)
        yield from fhir.outcome_flags(about, outcome, current=outcome is outcomes[-1])
        card = fhir.card_communication(about, known, outcome)
        if card is not None:
            yield about.of(outcome, "card"), card
    plans = list(CarePlan.objects.filter(person=person).select_related("outcome").order_by("pk"))
    for plan in plans:
        newest = plan is plans[-1]
        told = decided.newest_of(person) if newest else {}
        yield about.of(plan), fhir.care_plan(about, known, plan, current=newest, decided=told)
    for session in Session.objects.filter(person=person).prefetch_related("sets_done").order_by("pk"):
        yield about.of(session), fhir.session_observation(about, known, session, session.sets_done.all())
    for sign in StopSign.objects.filter(session__person=person).select_related("lifted_by").order_by("pk"):
        yield about.of(sign), fhir.stop_sign_flag(about, known, sign)
    for activity in Activity.objects.filter(person=person).order_by("pk"):
        yield about.of(activity), fhir.goal(about, activity)
    rated = Rating.objects.filter(person=person).select_related("activity", "check_in").order_by("pk")
    for rating in rated:
        yield about.of(rating), fhir.rating_observation(about, rating)
    for measurement in Measurement.objects.filter(person=person).order_by("pk"):
        yield about.of(measurement), fhir.measurement_observation(about, measurement)
    yield from _days(about, person)
    for brought in Questionnaire.objects.filter(person=person).order_by("pk"):
        yield about.of(brought), fhir.brought_questionnaire(brought)
    responses = QuestionnaireResponse.objects.filter(questionnaire__person=person)
    for response in responses.select_related("questionnaire").order_by("pk"):
        yield about.of(response), fhir.brought_response(about, response)
    yield about.urn("Document"), _document(about, person)


def _days(about: About, person: Person) -> Iterator[tuple[str, Resource]]:
    """Sitting and breaks, by day."""
    sitting: dict[date, list[float]] = defaultdict(list)
    bouts = Bout.objects.filter(person=person, posture=Bout.Posture.SITTING, dropped_at=None)
    for started_at, seconds in bouts.order_by("pk").values_list("started_at", "seconds"):
        sitting[timezone.localdate(started_at)].append(seconds)
    for on, lengths in sorted(sitting.items()):
        for code, value, unit in (
            ("sitting-hours-day", round(sum(lengths) / 3600, 2), "h"),
            ("sitting-longest-bout-min", round(max(lengths) / 60, 1), "min"),
        ):
            yield about.urn(code, on), fhir.day_observation(about, code, on, value, unit)
    up: dict[date, int] = defaultdict(int)
    taken = Break.objects.filter(person=person, answer=Break.Answer.DONE)
    for answered_at in taken.order_by("pk").values_list("answered_at", flat=True):
        up[timezone.localdate(answered_at)] += 1
    for on, count in sorted(up.items()):
        code = "movement-breaks-day"
        yield about.urn(code, on), fhir.day_observation(about, code, on, count, "{breaks}")


def _document(about: About, person: Person) -> Resource:
    data = archive.as_json(archive.exported(person))
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": fhir_table().system, "code": DOCUMENT_TYPE}]},
        "subject": about.subject,
        "content": [
            {
                "attachment": {
                    "contentType": "application/json",
                    "title": "The whole record, as Next Posture exports it",
                    "size": len(data),
                    "hash": base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode(),
                    "data": base64.b64encode(data).decode(),
                }
            }
        ],
    }


def native_in(bundle: Mapping[str, Any]) -> Any:
    """The record that goes along in a bundle. Raises ImportRefusedError if none does, or it was damaged."""
    for entry in bundle.get("entry") or ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") != "DocumentReference":
            continue
        try:
            if resource["type"]["coding"][0]["code"] != DOCUMENT_TYPE:
                continue
            attachment = resource["content"][0]["attachment"]
            data = base64.b64decode(attachment["data"], validate=True)
            digest = base64.b64decode(attachment["hash"], validate=True)
            if hashlib.sha1(data, usedforsecurity=False).digest() != digest:
                raise ValueError("changed")
            return json.loads(data)
        except (LookupError, TypeError, ValueError, binascii.Error):
            raise archive.ImportRefusedError(
                "The record in this bundle is damaged. Export it again."
            ) from None
    raise archive.ImportRefusedError(
        "This FHIR bundle was not made by Next Posture, so there is no record in it to take over."
    )
