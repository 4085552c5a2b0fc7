"""Each kind of resource: its rows, how one is read, searched, made and changed.

Rows of the record become resources by the same functions as in an export (`interop.fhir_resources`); only the
addresses differ, which here are the server's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models, transaction

from nextposture import knowledge
from nextposture.clinic import booking, consents, plan_decisions, referrals, tasks
from nextposture.clinic.access import key_in, shared_items
from nextposture.clinic.contact import email_of
from nextposture.clinic.fhir.asking import Asker, FhirError, forbidden, invalid, not_found
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Clinic,
    Consent,
    Membership,
    Message,
    Profile,
    Referral,
    Seen,
)
from nextposture.interop import fhir_resources as fhir
from nextposture.interop.fhir_resources import About, Resource
from nextposture.knowledge import Urgency
from nextposture.knowledge.answers import AnswerError
from nextposture.knowledge.clinic import clinic_table
from nextposture.planning import Dose
from nextposture.planning.decisions import said, sentence
from nextposture.record import check_ins, course, decided, progress
from nextposture.record.models import (
    Activity,
    CarePlan,
    CheckIn,
    Measurement,
    Outcome,
    Person,
    PlanDecision,
    Rating,
    Session,
    StopSign,
)
from nextposture.record.own import known_to
from nextposture.selfcare.standing_alarm import alarm_address

SYSTEM = "urn:nextposture:codes"
PRIORITY = {
    "EMERGENCY_NOW": "stat",
    "SAME_DAY": "asap",
    "WITHIN_2_WEEKS": "urgent",
    "ROUTINE_PHYSIO": "routine",
    "SELF_CARE": "routine",
}

ROW_KINDS: Mapping[str, str] = {
    "Person": "Patient",
    "CheckIn": "QuestionnaireResponse",
    "Outcome": "Observation",
    "CarePlan": "CarePlan",
    "Session": "Observation",
    "StopSign": "Flag",
    "Activity": "Goal",
    "Rating": "Observation",
    "Measurement": "Observation",
}


class Address(About):
    """Addresses on this server, in place of those within a bundle."""

    def __init__(self, person: Person) -> None:
        super().__init__(seed="", number=lambda row: int(row.pk))
        object.__setattr__(self, "person", person)

    def urn(self, *what: object) -> str:
        """`Patient/7`, `Device/software`."""
        person: Person = self.person  # type: ignore[attr-defined]
        return f"Patient/{person.pk}" if what[0] == "Patient" else "Device/software"

    def of(self, row: Any, part: str = "") -> str:
        """The address of what a row becomes."""
        name = type(row).__name__
        return f"{ROW_KINDS[name]}/{row_id(row, part)}"


def row_id(row: Any, part: str = "") -> str:
    """The logical id of what a row becomes: its table and key, so that no two tables share one."""
    name = type(row).__name__.lower()
    if name in {"person", "careplan", "checkin", "activity"}:
        return str(row.pk)
    return f"{name}-{row.pk}{'-' + slug(part) if part else ''}"


def slug(text: str) -> str:
    """Letters, digits and hyphens only, as ids of FHIR are."""
    return "".join(letter if letter.isalnum() else "-" for letter in text)


@dataclass(frozen=True)
class Found:
    """A resource, whose it is (None: nobody's) and when it last changed."""

    resource: Resource
    person: Person | None
    at: datetime | None = None


Rows = Callable[[Asker, Mapping[str, str]], Iterable[Found]]
Make = Callable[[Asker, Resource], Found]
Change = Callable[[Asker, str, Resource], Found]


@dataclass(frozen=True)
class Kind:
    """One kind of resource. `rows` gives all that the asker may see, narrowed by the search if that saves."""

    name: str
    rows: Rows
    search: tuple[str, ...] = ()
    make: Make | None = None
    change: Change | None = None
    notes: bool = True

    @property
    def interactions(self) -> tuple[str, ...]:
        """FHIR's names of what can be done with it."""
        written = (("create",) if self.make else ()) + (("update",) if self.change else ())
        return ("read", "search-type", *written)


def find(kind: Kind, asker: Asker, ident: str) -> Found:
    """The resource with this id. Raises FhirError if there is none that the asker may see."""
    for found in kind.rows(asker, {"_id": ident}):
        if found.resource["id"] == ident:
            return found
    raise not_found()


# ---- What the rows become


def _stamped(resource: Resource, ident: str, at: datetime | None) -> Resource:
    meta = {"lastUpdated": at.astimezone(UTC).isoformat()} if at else {}
    return {**resource, "id": ident, **({"meta": meta} if meta else {})}


def _found(
    resource: Resource | None, ident: str, person: Person | None, at: datetime | None
) -> Iterator[Found]:
    if resource is not None:
        yield Found(_stamped(resource, ident, at), person, at)


def _mine(asker: Asker, asked: Mapping[str, str], item: str) -> models.QuerySet[Person]:
    people = asker.people(item)
    wanted = asked.get("patient") or asked.get("subject")
    if wanted:
        ident = wanted.removeprefix("Patient/")
        return people.filter(pk=key_in(ident))
    return people


def _ids(asked: Mapping[str, str], *prefixes: str) -> dict[str, int] | None:
    """For a search by id: the keys by table, so that one row is read and not all; else None."""
    ident = asked.get("_id")
    if ident is None:
        return None
    found = {}
    for prefix in prefixes:
        rest = ident.removeprefix(prefix)
        if ident.startswith(prefix) and rest.partition("-")[0].isdecimal():
            found[prefix] = int(rest.partition("-")[0])
    return found


def patients(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """People, by a number of this server, with the name and phone that they gave to their clinics."""
    for person in asker.people().select_related("user__profile").order_by("pk"):
        made = fhir.patient(Address(person))
        made["identifier"] = [{"system": "urn:nextposture:person", "value": str(person.pk)}]
        made["active"] = True
        profile = getattr(person.user, "profile", None)
        if profile is not None and profile.name:
            made["name"] = [{"use": "usual", "text": profile.name}]
        email = email_of(person)
        telecom = [{"system": "email", "value": email}] if email else []
        if profile is not None and profile.phone:
            telecom.append({"system": "phone", "value": profile.phone})
        if telecom:
            made["telecom"] = telecom
        yield from _found(made, str(person.pk), person, person.created_at)


def change_patient(asker: Asker, ident: str, resource: Resource) -> Found:
    """The person's own name and phone; nothing else of a Patient is taken."""
    person = asker.person
    if person is None or ident != str(person.pk):
        raise not_found()
    profile, _ = Profile.objects.get_or_create(user=person.user)
    names = resource.get("name") or [{}]
    profile.name = str(names[0].get("text", ""))[:120]
    phones = [one for one in resource.get("telecom") or () if one.get("system") == "phone"]
    profile.phone = str(phones[0].get("value", ""))[:40] if phones else ""
    profile.save()
    return find(KINDS["Patient"], asker, ident)


def questionnaires(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """The check-in's questions."""
    yield from _found(fhir.check_in_questionnaire(knowledge.load()), "check-in", None, None)


def responses(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Check-ins as they were answered."""
    rows = CheckIn.objects.filter(person__in=_mine(asker, asked, "answers")).select_related("person")
    if "_id" in asked:
        rows = rows.filter(pk=key_in(asked["_id"]))
    known = knowledge.load()
    for row in rows.order_by("pk"):
        made = fhir.check_in_response(Address(row.person), known, row)
        yield from _found(made, row_id(row), row.person, row.finished_at or row.started_at)


def make_response(asker: Asker, resource: Resource) -> Found:
    """A check-in by the person themselves: its answers are checked, and screened once it is completed."""
    person, known = asker.person, knowledge.load()
    if person is None:
        raise forbidden("A check-in is answered by the person it is about.")
    if resource.get("questionnaire") != fhir.CHECK_IN_URL:
        raise invalid(
            f"Only responses to {fhir.CHECK_IN_URL} are taken.", "QuestionnaireResponse.questionnaire"
        )
    answers = fhir.answers_from(resource)
    opened = check_ins.open_check_in(person)
    try:
        check_ins.save_answers(known, opened, lambda before: {**before, **answers})
    except AnswerError as problem:
        raise invalid(str(problem), "QuestionnaireResponse.item") from None
    if resource.get("status") == "completed":
        check_ins.finish(known, opened)
    opened.refresh_from_db()
    return find(KINDS["QuestionnaireResponse"], asker, row_id(opened))


def observations(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Triage levels and factors, ratings, measurements and sessions, each where the person allows it."""
    known = knowledge.load()
    keys = _ids(asked, "outcome-", "rating-", "measurement-", "session-")

    def wanted(prefix: str, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if keys is not None:
            rows = rows.filter(pk=keys.get(prefix, 0))
        return rows.order_by("pk")

    outcomes = Outcome.objects.filter(check_in__person__in=_mine(asker, asked, "result"))
    for outcome in wanted("outcome-", outcomes.select_related("check_in__person")):
        person = outcome.check_in.person
        for address, made in fhir.outcome_observations(Address(person), known, outcome):
            yield from _found(made, address.partition("/")[2], person, outcome.made_at)
    rated = Rating.objects.filter(person__in=_mine(asker, asked, "progress"))
    for rating in wanted("rating-", rated.select_related("person", "activity", "check_in")):
        made = fhir.rating_observation(Address(rating.person), rating)
        yield from _found(made, row_id(rating), rating.person, rating.at)
    measured = Measurement.objects.filter(person__in=_mine(asker, asked, "measurements"))
    for measurement in wanted("measurement-", measured.select_related("person")):
        made = fhir.measurement_observation(Address(measurement.person), measurement)
        yield from _found(made, row_id(measurement), measurement.person, measurement.at)
    done = Session.objects.filter(person__in=_mine(asker, asked, "plan")).prefetch_related("sets_done")
    for session in wanted("session-", done.select_related("person")):
        made = fhir.session_observation(Address(session.person), known, session, session.sets_done.all())
        yield from _found(made, row_id(session), session.person, session.finished_at or session.started_at)


def make_observation(asker: Asker, resource: Resource) -> Found:
    """A rating by the person, or a measurement by them or by who treats them."""
    person = asker.person or _subject(asker, resource, "measurements")
    try:
        told = fhir.measurement_from({"identifier": [{"value": f"urn:uuid:{uuid4()}"}], **resource})
    except ValueError:
        told = {}
    except (LookupError, TypeError) as problem:
        raise invalid(f"The measurement lacks a part: {problem}.", "Observation") from None
    if told:
        row = Measurement(person=person, **told)
        if row.value is not None and not -400 <= row.value <= 4000:
            raise invalid("That value cannot be.", "Observation.valueQuantity.value")
        _clean(row, "Observation")
        kept, new = Measurement.objects.get_or_create(
            key=told.pop("key"), defaults={"person": person, **told}
        )
        if kept.person_id != person.pk:
            raise not_found()
        if new:
            asker.note(person, "a measurement", AuditEvent.Action.ADDED)
        return find(KINDS["Observation"], asker, row_id(kept))
    if asker.person is None:
        raise forbidden("A rating is given by the person it is about.")
    try:
        rated = fhir.rating_from(resource)
        value = float(rated["value"])
    except ValueError as problem:
        raise invalid(f"Only ratings and measurements of this server's codes are taken: {problem}.") from None
    except (LookupError, TypeError) as problem:
        raise invalid(f"The rating lacks a part: {problem}.", "Observation") from None
    if not 0 <= value <= 10:
        raise invalid("A rating is a number from 0 to 10.", "Observation.valueQuantity.value")
    if rated["measure"] == Rating.Measure.ACTIVITY:
        raise invalid("Activities are rated on their own page.", "Observation.code")
    given = Rating.objects.create(person=person, **{**rated, "value": value})
    return find(KINDS["Observation"], asker, row_id(given))


def flags(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Danger signs as they were told; a rule makes no Condition."""
    known = knowledge.load()
    people = _mine(asker, asked, "result")
    outcomes = Outcome.objects.filter(check_in__person__in=people).select_related("check_in__person")
    newest = dict(outcomes.order_by("pk").values_list("check_in__person", "pk"))
    for outcome in outcomes.order_by("pk"):
        person = outcome.check_in.person
        current = newest[person.pk] == outcome.pk
        for address, made in fhir.outcome_flags(Address(person), outcome, current=current):
            yield from _found(made, f"outcome-{address.rpartition('/outcome-')[2]}", person, outcome.made_at)
    signs = StopSign.objects.filter(session__person__in=people)
    for sign in signs.select_related("session__person", "lifted_by").order_by("pk"):
        made = fhir.stop_sign_flag(Address(sign.session.person), known, sign)
        yield from _found(made, row_id(sign), sign.session.person, sign.at)


def care_plans(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Plans; the newest is the current one."""
    rows = CarePlan.objects.filter(person__in=_mine(asker, asked, "plan")).select_related("person", "outcome")
    newest = dict(rows.order_by("pk").values_list("person", "pk"))
    for row in rows.order_by("pk"):
        current = newest[row.person_id] == row.pk
        told = decided.newest_of(row.person) if current else {}
        known, about = known_to(row.person), Address(row.person)
        made = fhir.care_plan(about, known, row, current=current, decided=told)
        answered = [one.answered_at for one in told.values() if one.answered_at]
        at = max([row.made_at, *(one.at for one in told.values()), *answered])
        yield from _found(made, row_id(row), row.person, at)


@transaction.atomic
def change_care_plan(asker: Asker, ident: str, resource: Resource) -> Found:
    """A practitioner's decisions: each activity that differs is one, and what is not named stays as it is.

    A dose that differs is changed, or locked with the extension; `stopped` leaves out, with `statusReason`;
    an activity that the plan does not have is added. `meta.lastUpdated`, if sent, must be the newest.
    """
    found = find(KINDS["CarePlan"], asker, ident)
    if asker.place is None or found.person is None or found.at is None:
        raise forbidden("A plan is decided about by a practitioner. The person answers on their pages.")
    newest = check_ins.newest_plan(found.person)
    if newest is None or str(newest.pk) != ident:
        raise FhirError(409, "conflict", "This is not the person's current plan. Read that, then change it.")
    sent = (resource.get("meta") or {}).get("lastUpdated")
    if sent is not None and _moment_of(sent) != found.at:
        raise FhirError(409, "conflict", "The plan changed since you read it. Read it again, then change it.")
    there = {}
    for one in found.resource.get("activity") or ():
        item, *state = fhir.decided_in(one)
        there[item] = state
    for place, one in enumerate(resource.get("activity") or ()):
        where = f"CarePlan.activity[{place}].detail"
        try:
            item, dose, locked, stopped, why = fhir.decided_in(one)
            kind = _kind_of(there.get(item), dose, locked, stopped)
            if kind is not None:
                plan_decisions.decide(asker.place, found.person, item, kind, dose, why, asker.now)
        except plan_decisions.DecisionError as problem:
            part, words = next(iter(problem.problems.items()))
            raise invalid(f"{part}: {words}", where) from None
        except ValueError as problem:
            raise invalid(f"{problem}.", where) from None
    return find(KINDS["CarePlan"], asker, ident)


def _kind_of(
    before: list[Any] | None, dose: Dose | None, locked: bool, stopped: bool
) -> PlanDecision.Kind | None:
    """What an activity asks for, beside the one that is there; None if it asks for nothing."""
    kinds = PlanDecision.Kind
    if before is None:
        return None if stopped else kinds.ADDED
    was_dose, was_locked, was_stopped, _ = before
    if stopped:
        return None if was_stopped else kinds.LEFT_OUT
    if was_stopped:
        return kinds.ADDED
    if locked:
        return None if was_locked and dose == was_dose else kinds.LOCKED
    if was_locked and dose == was_dose:
        return kinds.FREED
    return None if dose is None or dose == was_dose else kinds.CHANGED


def _moment_of(text: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        raise invalid("Give the time as it was read.", "CarePlan.meta.lastUpdated") from None


def goals(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Activities that matter to the person."""
    rows = Activity.objects.filter(person__in=_mine(asker, asked, "progress")).select_related("person")
    for row in rows.order_by("pk"):
        yield from _found(fhir.goal(Address(row.person), row), row_id(row), row.person, row.added_at)


def make_goal(asker: Asker, resource: Resource) -> Found:
    """Follow an activity, in the person's own words."""
    if asker.person is None:
        raise forbidden("A goal is set by the person it is about.")
    words = str((resource.get("description") or {}).get("text", "")).strip()
    if not words or len(words) > 80:
        raise invalid("Say the activity in 1 to 80 letters.", "Goal.description.text")
    try:
        row = progress.follow(asker.person, words)
    except progress.TooManyError:
        raise invalid("Three activities are followed already; drop one first.", "Goal") from None
    return find(KINDS["Goal"], asker, row_id(row))


def change_goal(asker: Asker, ident: str, resource: Resource) -> Found:
    """Follow an activity no longer: lifecycleStatus cancelled or completed. Its words stay as they are."""
    find(KINDS["Goal"], asker, ident)
    if asker.person is None:
        raise forbidden("A goal is set by the person it is about.")
    if resource.get("lifecycleStatus") in {"cancelled", "completed"}:
        progress.drop(asker.person, int(ident), asker.now)
    return find(KINDS["Goal"], asker, ident)


def service_requests(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Referrals: the person's wish to be seen, with how urgent the rules found it."""
    rows = Referral.objects.for_user(asker.user).filter(person__in=_mine(asker, asked, ""))
    if asker.place is not None:
        rows = rows.filter(clinic=asker.place.clinic)
    status = {"new": "active", "accepted": "active", "closed": "completed"}
    for row in rows.select_related("person", "clinic").order_by("pk"):
        made: Resource = {
            "resourceType": "ServiceRequest",
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{row.key}"}],
            "status": status.get(row.status, "revoked"),
            "intent": "proposal",
            "priority": PRIORITY[row.urgency],
            "code": {"text": "Assessment by a physiotherapist"},
            "subject": {"reference": f"Patient/{row.person_id}"},
            "authoredOn": row.made_at.astimezone(UTC).isoformat(),
            "performer": [{"reference": f"Organization/{row.clinic_id}", "display": row.clinic.name}],
            "reasonCode": [{"text": line} for line in row.reasons],
            "note": [{"text": row.wish}] if row.wish else None,
        }
        made = {name: value for name, value in made.items() if value not in (None, [])}
        yield from _found(made, str(row.pk), row.person, row.answered_at or row.made_at)


def make_service_request(asker: Asker, resource: Resource) -> Found:
    """Hand the newest outcome over; `extension`s are not needed: consents say what may be seen."""
    if asker.person is None:
        raise forbidden("A referral is handed over by the person it is about.")
    clinic = _clinic(resource, "ServiceRequest.performer")
    notes = resource.get("note") or [{}]
    items = shared_items(asker.person, clinic, asker.now) or {"result"}
    try:
        row = referrals.refer(
            asker.person, clinic, items, asker.now, wish=str(notes[0].get("text", ""))[:2000]
        )
    except referrals.ReferralError as problem:
        raise invalid(str(problem), "ServiceRequest") from None
    return find(KINDS["ServiceRequest"], asker, str(row.pk))


def change_service_request(asker: Asker, ident: str, resource: Resource) -> Found:
    """The person takes it back (revoked); a practitioner closes it (completed)."""
    find(KINDS["ServiceRequest"], asker, ident)
    row = Referral.objects.get(pk=int(ident))
    wanted = resource.get("status")
    if asker.person is not None and wanted == "revoked":
        referrals.take_back(row, asker.now)
    elif asker.place is not None and wanted == "completed":
        referrals.answer(row, asker.place, Referral.Status.CLOSED, "", asker.now)
        asker.note(row.person, "a referral", AuditEvent.Action.CHANGED)
        return Found({**resource, "id": ident}, None)
    else:
        raise invalid("A person can set revoked, a practitioner completed.", "ServiceRequest.status")
    return find(KINDS["ServiceRequest"], asker, ident)


def organizations(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """The clinics of this server."""
    for row in Clinic.objects.order_by("pk"):
        telecom = [
            {"system": system, "value": value}
            for system, value in (("phone", row.phone), ("email", row.email))
            if value
        ]
        made: Resource = {"resourceType": "Organization", "active": True, "name": row.name}
        if telecom:
            made["telecom"] = telecom
        yield from _found(made, str(row.pk), None, None)


def practitioners(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Those who see people, by the name that people see."""
    for row in Membership.objects.working().filter(treats=True).order_by("pk"):
        made = {"resourceType": "Practitioner", "active": True, "name": [{"text": row.name}]}
        yield from _found(made, str(row.pk), None, row.joined_at)


def schedules(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """One schedule for each practitioner."""
    for row in Membership.objects.working().filter(treats=True).order_by("pk"):
        made = {
            "resourceType": "Schedule",
            "active": True,
            "actor": [{"reference": f"Practitioner/{row.pk}", "display": row.name}],
        }
        yield from _found(made, str(row.pk), None, None)


def slots(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Free times of the next two weeks, or of the fortnight from `start`; of one `schedule` if asked."""
    rules = clinic_table().appointment
    rows = Membership.objects.working().filter(treats=True).select_related("clinic")
    ident = asked.get("_id", "").partition("-")
    wanted = asked.get("schedule", "").removeprefix("Schedule/") or ident[0]
    if wanted:
        rows = rows.filter(pk=key_in(wanted))
    for row in rows.order_by("pk"):
        today = asker.now.astimezone(ZoneInfo(row.clinic.time_zone)).date()
        first = _from_day(asked.get("start", ""), today)
        if ident[2].isdecimal():
            first = datetime.fromtimestamp(int(ident[2]) % 2**33, tz=UTC).date() - timedelta(days=1)
        last = first + timedelta(days=13)
        for free in booking.free_times(row, first, last, rules.default_min, asker.now):
            made: Resource = {
                "resourceType": "Slot",
                "schedule": {"reference": f"Schedule/{row.pk}"},
                "status": "free",
                "start": free.starts_at.isoformat(),
                "end": free.ends_at.isoformat(),
            }
            if free.seen:
                made["serviceCategory"] = [_concept(free.seen, Seen(free.seen).label)]
            yield from _found(made, f"{row.pk}-{free.starts_at.timestamp():.0f}", None, None)


def appointments(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Appointments; `identifier` is their iCalendar UID."""
    rows = Appointment.objects.for_user(asker.user).filter(person__in=_mine(asker, asked, ""))
    if asker.place is not None:
        rows = rows.filter(clinic=asker.place.clinic)
    status = {
        "requested": "proposed",
        "confirmed": "booked",
        "cancelled": "cancelled",
        "done": "fulfilled",
        "missed": "noshow",
    }
    for row in rows.select_related("practitioner", "person").order_by("pk"):
        taking = "accepted" if row.status != "requested" else "needs-action"
        made: Resource = {
            "resourceType": "Appointment",
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{row.uid}"}],
            "status": status[row.status],
            "serviceType": [_concept("assessment", "Assessment")],
            "serviceCategory": [_concept(row.seen, row.get_seen_display())],
            "start": row.starts_at.isoformat(),
            "end": row.ends_at.isoformat(),
            "created": row.made_at.isoformat(),
            "participant": [
                {"actor": {"reference": f"Patient/{row.person_id}"}, "status": "accepted"},
                {
                    "actor": {
                        "reference": f"Practitioner/{row.practitioner_id}",
                        "display": row.practitioner.name,
                    },
                    "status": taking,
                },
            ],
        }
        if row.cancelled_why:
            made["cancelationReason"] = {"text": row.cancelled_why}
        yield from _found(made, str(row.pk), row.person, row.changed_at)


def make_appointment(asker: Asker, resource: Resource) -> Found:
    """Ask for a time (by the person) or book one (by who treats them). 409 if it is taken."""
    actors = [str((one.get("actor") or {}).get("reference", "")) for one in resource.get("participant") or ()]
    who = next((one for one in actors if one.startswith("Practitioner/")), "").partition("/")[2]
    row = Membership.objects.working().filter(treats=True, pk=key_in(who)).select_related("clinic").first()
    if row is None:
        raise invalid("Name a practitioner of this server.", "Appointment.participant.actor")
    if asker.person is not None:
        person = asker.person
        _no_emergency(person)
    else:
        named = next((one for one in actors if one.startswith("Patient/")), "")
        person = _subject(asker, {"subject": {"reference": named}}, "")
        if row.clinic_id != asker.place.clinic_id:  # type: ignore[union-attr]
            raise not_found()
    handed = Referral.objects.filter(person=person, clinic=row.clinic, status__in=referrals.OPEN).first()
    if handed is None or not clinic_table().policy[Urgency[handed.urgency]].clinic:
        raise forbidden("First hand a referral over to the clinic.")
    starts, ends = _time(resource, "start"), _time(resource, "end")
    ways = resource.get("serviceCategory") or [{}]
    way = str(((ways[0].get("coding") or [{}])[0]).get("code", Seen.TELEHEALTH))
    if way not in Seen.values:
        raise invalid(f"The way is one of {', '.join(Seen.values)}.", "Appointment.serviceCategory")
    minutes = int((ends - starts).total_seconds() // 60)
    try:
        made = booking.book(
            person,
            row,
            starts,
            minutes,
            Seen(way),
            asker.now,
            referral=handed,
            confirmed=asker.place is not None,
        )
    except booking.TakenError as taken:
        raise FhirError(409, "conflict", str(taken), "Appointment.start") from None
    except booking.BookingError as problem:
        raise invalid(str(problem), "Appointment.start") from None
    tasks.tell_of_appointment.enqueue(str(made.uid))
    asker.note(person, "an appointment", AuditEvent.Action.ADDED)
    return find(KINDS["Appointment"], asker, str(made.pk))


def _no_emergency(person: Person) -> None:
    """Refuse a time to somebody whose newest answers tell of an emergency."""
    if alarm_address(knowledge.load(), person):
        raise forbidden(clinic_table().policy[Urgency.EMERGENCY_NOW].say)


def change_appointment(asker: Asker, ident: str, resource: Resource) -> Found:
    """Confirm (booked, by who treats), cancel (cancelled, by either), or move (another start, by either)."""
    find(KINDS["Appointment"], asker, ident)
    row = Appointment.objects.select_related("clinic", "practitioner").get(pk=int(ident))
    wanted = resource.get("status")
    try:
        if wanted == "cancelled":
            why = (resource.get("cancelationReason") or {}).get("text", "")
            row = booking.cancel(row, str(why)[:200], asker.now)
            tasks.offer_freed_time.enqueue(str(row.uid))
        elif "start" in resource and _time(resource, "start") != row.starts_at:
            if asker.person is not None:
                _no_emergency(asker.person)
            row = booking.move(row, _time(resource, "start"), asker.now)
        elif wanted == "booked" and asker.place is not None:
            row = booking.confirm(row, asker.now)
        elif wanted in {"fulfilled", "noshow"} and asker.place is not None:
            row = booking.close(row, wanted == "fulfilled", asker.now)
        else:
            raise invalid("Nothing of this can be changed so.", "Appointment.status")
    except booking.TakenError as taken:
        raise FhirError(409, "conflict", str(taken), "Appointment.start") from None
    except booking.BookingError as problem:
        raise invalid(str(problem), "Appointment") from None
    tasks.tell_of_appointment.enqueue(str(row.uid))
    asker.note(row.person, "an appointment", AuditEvent.Action.CHANGED)
    return find(KINDS["Appointment"], asker, ident)


def communications(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Messages between a person and a clinic, and that the card with the danger signs was shown."""
    rows = Message.objects.for_user(asker.user).filter(person__in=_mine(asker, asked, ""))
    if asker.place is not None:
        rows = rows.filter(clinic=asker.place.clinic)
    for row in rows.select_related("person", "author").order_by("pk"):
        clinic, patient = f"Organization/{row.clinic_id}", f"Patient/{row.person_id}"
        made = {
            "resourceType": "Communication",
            "status": "completed",
            "subject": {"reference": patient},
            "sender": {"reference": clinic if row.author else patient},
            "recipient": [{"reference": patient if row.author else clinic}],
            "sent": row.at.isoformat(),
            "payload": [{"contentString": row.text}],
        }
        yield from _found(made, str(row.pk), row.person, row.at)
    outcomes = Outcome.objects.filter(check_in__person__in=_mine(asker, asked, "result"))
    for outcome in outcomes.select_related("check_in__person").order_by("pk"):
        person = outcome.check_in.person
        card = fhir.card_communication(Address(person), knowledge.load(), outcome)
        yield from _found(card, f"card-{outcome.pk}", person, outcome.card_shown_at)


def make_communication(asker: Asker, resource: Resource) -> Found:
    """Send a message."""
    payload = resource.get("payload") or [{}]
    text = str(payload[0].get("contentString", "")).strip()
    if not text or len(text) > 4000:
        raise invalid("A message has 1 to 4000 letters.", "Communication.payload.contentString")
    if asker.person is not None:
        clinic = _clinic({"performer": resource.get("recipient")}, "Communication.recipient")
        if not Referral.objects.filter(person=asker.person, clinic=clinic).exists():
            raise forbidden("First hand a referral over to the clinic.")
        row = Message.objects.create(person=asker.person, clinic=clinic, text=text)
    else:
        person = _subject(asker, resource, "")
        assert asker.place is not None
        row = Message.objects.create(person=person, clinic=asker.place.clinic, author=asker.place, text=text)
    return find(KINDS["Communication"], asker, str(row.pk))


def consent_rows(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """What a person lets a clinic see, item by item; `inactive` once withdrawn or run out."""
    rows = Consent.objects.for_user(asker.user).filter(person__in=_mine(asker, asked, ""))
    if asker.place is not None:
        rows = rows.filter(clinic=asker.place.clinic)
    for row in rows.select_related("person", "clinic").order_by("pk"):
        ended = row.withdrawn_at or (
            row.expires_at if row.expires_at and row.expires_at <= asker.now else None
        )
        period = {"start": row.given_at.isoformat()}
        if ended or row.expires_at:
            period["end"] = (ended or row.expires_at).isoformat()  # type: ignore[union-attr]
        made = {
            "resourceType": "Consent",
            "status": "inactive" if ended else "active",
            "scope": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                        "code": "patient-privacy",
                    }
                ]
            },
            "category": [_concept(row.item, row.item)],
            "patient": {"reference": f"Patient/{row.person_id}"},
            "dateTime": row.given_at.isoformat(),
            "organization": [{"reference": f"Organization/{row.clinic_id}"}],
            "policyRule": {"text": row.words or "Agreed by the person"},
            "provision": {
                "type": "permit",
                "period": period,
                "purpose": [{"system": SYSTEM, "code": row.purpose}],
            },
        }
        yield from _found(made, str(row.pk), row.person, ended or row.given_at)


def make_consent(asker: Asker, resource: Resource) -> Found:
    """Let a clinic see one more item, for care."""
    if asker.person is None:
        raise forbidden("Only the person can agree.")
    clinic = _clinic({"performer": resource.get("organization")}, "Consent.organization")
    item = _first_code(resource.get("category"))
    kept = shared_items(asker.person, clinic, asker.now)
    try:
        consents.give(asker.person, clinic, kept | {item}, asker.now)
    except KeyError:
        known = ", ".join(one.id for one in clinic_table().share)
        raise invalid(f"What may be seen is one of {known}.", "Consent.category") from None
    row = Consent.objects.get(
        person=asker.person, clinic=clinic, item=item, withdrawn_at=None, purpose="care"
    )
    return find(KINDS["Consent"], asker, str(row.pk))


def change_consent(asker: Asker, ident: str, resource: Resource) -> Found:
    """Withdraw: status inactive. It ends at once."""
    find(KINDS["Consent"], asker, ident)
    if asker.person is None:
        raise forbidden("Only the person can withdraw.")
    if resource.get("status") != "inactive":
        raise invalid("A consent can only be withdrawn: status inactive.", "Consent.status")
    row = Consent.objects.get(pk=int(ident))
    consents.withdraw(asker.person, row.clinic, asker.now, item=row.item, what_for=row.purpose)
    return find(KINDS["Consent"], asker, ident)


def audit_events(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Who read or changed what of the person."""
    rows = AuditEvent.objects.for_user(asker.user).filter(person__in=_mine(asker, asked, ""))
    if asker.place is not None:
        rows = rows.filter(clinic=asker.place.clinic)
    for row in rows.select_related("person").order_by("pk"):
        made = {
            "resourceType": "AuditEvent",
            "type": {"system": "http://terminology.hl7.org/CodeSystem/audit-event-type", "code": "rest"},
            "action": "R" if row.action == "read" else "U" if row.action == "changed" else "C",
            "recorded": row.at.isoformat(),
            "outcome": "0",
            "agent": [{"name": row.actor_name, "requestor": True}],
            "source": {"observer": {"reference": f"Organization/{row.clinic_id}"}},
            "entity": [{"what": {"reference": f"Patient/{row.person_id}"}, "description": row.what}],
        }
        yield from _found(made, str(row.pk), row.person, row.at)


def provenances(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Of each outcome and plan: made when, by which edition of the tables."""
    rows = Outcome.objects.filter(check_in__person__in=_mine(asker, asked, "result"))
    for row in rows.select_related("check_in__person", "care_plan").order_by("pk"):
        person = row.check_in.person
        made = {
            "resourceType": "Provenance",
            "target": [{"reference": f"Observation/{row_id(row, 'triage')}"}],
            "recorded": row.made_at.isoformat(),
            "activity": {
                "text": f"Screened with tables {row.knowledge_version}, SHA-256 {row.knowledge_hash}"
            },
            "agent": [{"who": {"reference": "Device/software"}}],
            "entity": [
                {
                    "role": "source",
                    "what": {"reference": f"QuestionnaireResponse/{row.check_in_id}"},
                }
            ],
        }
        yield from _found(made, str(row.pk), person, row.made_at)
    yield from _decisions(asker, asked)


def _decisions(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """Of each decision about a plan: what, by whom and when."""
    rows = PlanDecision.objects.filter(person__in=_mine(asker, asked, "plan")).select_related("person")
    plans = CarePlan.objects.filter(person__in=rows.values("person")).order_by("pk")
    newest = dict(plans.values_list("person", "pk"))
    for row in rows.order_by("pk"):
        if row.person_id not in newest:
            continue
        made = {
            "resourceType": "Provenance",
            "target": [{"reference": f"CarePlan/{newest[row.person_id]}"}],
            "recorded": row.at.isoformat(),
            "activity": {"text": f"{row.item}: {sentence(said(course.as_decision(row)))}"},
            "agent": [{"who": {"display": row.by}}],
        }
        yield from _found(made, f"decision-{row.pk}", row.person, row.at)


def devices(asker: Asker, asked: Mapping[str, str]) -> Iterator[Found]:
    """This software."""
    yield from _found(fhir.device(knowledge.load()), "software", None, None)


# ---- Parts of resources that came in


def _subject(asker: Asker, resource: Resource, item: str) -> Person:
    ident = str((resource.get("subject") or {}).get("reference", "")).removeprefix("Patient/")
    person = asker.people(item).filter(pk=key_in(ident)).first()
    if person is None:
        raise invalid("Name a person who lets your clinic see this: subject Patient/number.", "subject")
    return person


def _clinic(resource: Resource, where: str) -> Clinic:
    for one in resource.get("performer") or ():
        ident = str(one.get("reference", "")).removeprefix("Organization/")
        row = Clinic.objects.filter(pk=key_in(ident)).first()
        if row is not None:
            return row
    raise invalid("Name a clinic of this server: Organization/number.", where)


def _time(resource: Resource, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(resource.get(name, "")))
    except ValueError:
        raise invalid("Give a time such as 2027-03-22T09:00:00Z.", f"Appointment.{name}") from None
    if at.tzinfo is None:
        raise invalid("Give the time with its zone.", f"Appointment.{name}")
    return at


def _from_day(text: str, default: date) -> date:
    try:
        return max(date.fromisoformat(text.removeprefix("ge")[:10]), default)
    except ValueError:
        return default


def _first_code(concepts: Any) -> str:
    for concept in concepts or ():
        for coding in concept.get("coding") or ():
            return str(coding.get("code", ""))
    return ""


def _clean(row: models.Model, where: str) -> None:
    try:
        row.clean_fields(exclude={"person", "detail"})
    except ValidationError as problem:
        name, lines = next(iter(problem.message_dict.items()))
        raise invalid(f"{name}: {lines[0]}", where) from None


def _concept(code: str, text: str) -> Resource:
    return {"coding": [{"system": SYSTEM, "code": code}], "text": text}


# ---- All of them

OF_PERSON = ("patient", "subject", "_id", "_lastUpdated")

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("Patient", patients, ("_id", "identifier", "name"), change=change_patient),
        Kind("Questionnaire", questionnaires, ("_id", "url"), notes=False),
        Kind("QuestionnaireResponse", responses, (*OF_PERSON, "status", "authored"), make=make_response),
        Kind("Observation", observations, (*OF_PERSON, "code", "date", "status"), make=make_observation),
        Kind("Flag", flags, (*OF_PERSON, "status")),
        Kind("CarePlan", care_plans, (*OF_PERSON, "status"), change=change_care_plan),
        Kind("Goal", goals, (*OF_PERSON, "lifecycle-status"), make=make_goal, change=change_goal),
        Kind(
            "ServiceRequest",
            service_requests,
            (*OF_PERSON, "status", "priority", "authored", "identifier"),
            make=make_service_request,
            change=change_service_request,
        ),
        Kind("Organization", organizations, ("_id", "name"), notes=False),
        Kind("Practitioner", practitioners, ("_id", "name"), notes=False),
        Kind("Schedule", schedules, ("_id", "actor"), notes=False),
        Kind("Slot", slots, ("_id", "schedule", "start", "status"), notes=False),
        Kind(
            "Appointment",
            appointments,
            (*OF_PERSON, "status", "date", "actor", "identifier"),
            make=make_appointment,
            change=change_appointment,
        ),
        Kind("Communication", communications, (*OF_PERSON, "sent"), make=make_communication),
        Kind("Consent", consent_rows, (*OF_PERSON, "status"), make=make_consent, change=change_consent),
        Kind("Provenance", provenances, (*OF_PERSON, "recorded")),
        Kind("AuditEvent", audit_events, (*OF_PERSON, "date"), notes=False),
        Kind("Device", devices, ("_id",), notes=False),
    )
}
