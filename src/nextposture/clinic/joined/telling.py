"""What an installation is told: the clinic, and whatever changed there since it last heard."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Set
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from nextposture.clinic import booking, calls
from nextposture.clinic.models import (
    Appointment,
    AuditEvent,
    Clinic,
    Consent,
    Installation,
    Message,
    Note,
    Referral,
    Told,
)
from nextposture.clinic.referrals import policy_for
from nextposture.interop.joined.table import joined_table
from nextposture.interop.kept import kept_of, plain
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record.models import Measurement, Person, PlanDecision

Item = dict[str, Any]


def about_clinic(clinic: Clinic) -> dict[str, Any]:
    """Who the clinic is, how to reach it, and how it sees whom."""
    policies = {}
    for urgency in sorted(Urgency, reverse=True):
        policy, by, within_h = policy_for(clinic, urgency)
        if policy.clinic:
            policies[urgency.name] = {"by": by, "within_h": within_h}
    return {
        "name": clinic.name,
        "phone": clinic.phone,
        "email": clinic.email,
        "help_line": clinic.help_line,
        "address": clinic.address,
        "time_zone": clinic.time_zone,
        "opening_hours": clinic.opening_hours,
        "takes_referrals": clinic.takes_referrals,
        "policies": policies,
    }


def standing(person: Person, clinic: Clinic) -> Iterator[tuple[str, str, Any]]:
    """Everything there is to tell as it is now, as (kind, key, content); the trail apart."""
    yield from (("referral", str(row.key), _referral(row)) for row in _of(Referral, person, clinic))
    for row in _of(Message, person, clinic).select_related("author"):
        author = row.author.name if row.author else ""
        yield (
            "message",
            str(row.key),
            {"text": row.text, "at": _at(row.at), "by": author, "read_at": _at(row.read_at)},
        )
    for one in _of(Appointment, person, clinic).select_related("practitioner"):
        yield "appointment", str(one.uid), _appointment(one)
    for given in _of(Consent, person, clinic):
        yield (
            "consent",
            str(given.pk),
            {
                "item": given.item,
                "purpose": given.purpose,
                "words": given.words,
                "given_at": _at(given.given_at),
                "expires_at": _at(given.expires_at),
                "withdrawn_at": _at(given.withdrawn_at),
            },
        )
    for note in _of(Note, person, clinic).select_related("author"):
        yield (
            "note",
            str(note.pk),
            {"by": note.author.name, "at": _at(note.at), "text": note.text, "corrects": note.corrects_id},
        )
    for decided in PlanDecision.objects.filter(person=person):
        yield "decision", str(decided.key), _plain(decided, {"in_force_at"})  # which each side has for itself
    for taken in Measurement.objects.filter(person=person, method=Measurement.Method.CALL):
        yield "measurement", str(taken.key), _plain(taken, {"dropped_at"})  # the person's own to say


@transaction.atomic
def changed_since(installation: Installation, cursor: int) -> tuple[list[Item], int, bool, bool]:
    """What changed since `cursor`, the cursor after it, whether there is more, and whether to tell all again.

    What is there is compared with what was told, so no change is missed, whoever made it and however. A
    cursor from the future means that this server was restored from a backup: all is told again both ways.
    """
    one = Installation.objects.select_for_update().get(pk=installation.pk)
    told = {(row.kind, row.key): row for row in Told.objects.filter(installation=one)}
    now = {(kind, key): content for kind, key, content in standing(one.person, one.clinic)}
    now |= _new_in_trail(one, told)
    digests = {key: _digest(content) for key, content in now.items()}
    changed = [(key, digest) for key, digest in digests.items() if _told_as(told, key) != digest]
    # An event of the trail is told once and never changes, so it is not read again.
    changed += [
        (key, "") for key, row in told.items() if key not in now and row.digest and row.kind != "looked"
    ]
    seq = Told.objects.filter(installation=one).aggregate(Max("seq"))["seq__max"] or 0
    again = cursor > seq
    cursor = 0 if again else cursor
    Told.objects.bulk_create(
        (
            Told(installation=one, kind=kind, key=key, digest=digest, seq=number)
            for number, ((kind, key), digest) in enumerate(changed, seq + 1)
        ),
        update_conflicts=True,
        unique_fields=["installation", "kind", "key"],
        update_fields=["digest", "seq"],
    )
    most = joined_table().limits.items
    rows = list(Told.objects.filter(installation=one, seq__gt=cursor)[: most + 1])
    trail = _trail(one, [row.key for row in rows if row.kind == "looked"])
    items = [
        {
            "kind": row.kind,
            "key": row.key,
            "content": trail.get(row.key) if row.kind == "looked" else now.get((row.kind, row.key)),
        }
        for row in rows[:most]
    ]
    last = rows[:most][-1].seq if rows else cursor
    return items, last, len(rows) > most, again


def free_times(referral: Referral, first: date, last: date, seen: str, now: datetime) -> list[Item]:
    """Free times of the usual length from `first` to `last`, days at the clinic; each is offered once."""
    team = {one.pk: one for one in booking.team_of(referral.clinic)}
    minutes = clinic_table().appointment.default_min
    found = [
        (free.starts_at, team[free.practitioner_id].name, free.practitioner_id, free)
        for free in booking.free_times_of(list(team.values()), first, last, minutes, now, seen)
    ]
    found.sort(key=lambda row: row[:3])
    offered: dict[datetime, Item] = {}
    for starts_at, name, pk, free in found:
        offered.setdefault(
            starts_at,
            {
                "practitioner": pk,
                "with": name,
                "starts_at": _at(starts_at),
                "ends_at": _at(free.ends_at),
                "seen": free.seen or seen,
            },
        )
    return list(offered.values())


def _plain(row: Measurement | PlanDecision, without: Set[str]) -> Item:
    fields = kept_of(type(row)).fields
    return {one.name: plain(one, getattr(row, one.name)) for one in fields if one.name not in without}


def _of(model: Any, person: Person, clinic: Clinic) -> Any:
    return model.objects.filter(person=person, clinic=clinic)


def _referral(row: Referral) -> Item:
    """The referral, and every state it was in: one taken back here and accepted there shows both."""
    states: list[Item] = []
    for past in row.history.select_related("practitioner").order_by("history_date", "history_id"):
        if not states or states[-1]["status"] != past.status:
            by = (
                past.practitioner.name
                if past.practitioner and past.status != Referral.Status.WITHDRAWN
                else ""
            )
            states.append({"status": past.status, "at": _at(past.history_date), "by": by})
    return {
        "status": row.status,
        "states": states,
        "urgency": row.urgency,
        "wish": row.wish,
        "prefers": row.prefers,
        "answer": row.answer,
        "answered_at": _at(row.answered_at),
        "with": row.practitioner.name if row.practitioner else "",
        "made_at": _at(row.made_at),
    }


def _appointment(one: Appointment) -> Item:
    by_video = calls.is_by_video(one)
    return {
        "sequence": one.sequence,
        "status": one.status,
        "starts_at": _at(one.starts_at),
        "ends_at": _at(one.ends_at),
        "seen": one.seen,
        "with": one.practitioner.name,
        "zone": one.person_zone,
        "cancelled_why": one.cancelled_why,
        "call_opens_at": _at(calls.opens_at(one)) if by_video else None,
        "call_closes_at": _at(calls.closes_at(one)) if by_video else None,
    }


def _new_in_trail(one: Installation, told: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """Events of others that were not told yet."""
    already = {int(key) for kind, key in told if kind == "looked"}
    rows = _of(AuditEvent, one.person, one.clinic).filter(installation=None)
    new = [pk for pk in rows.order_by("pk").values_list("pk", flat=True) if pk not in already]
    return {("looked", str(pk)): {} for pk in new}


def _trail(one: Installation, keys: list[str]) -> dict[str, Item]:
    rows = _of(AuditEvent, one.person, one.clinic).filter(pk__in=[int(key) for key in keys])
    return {
        str(row.pk): {"by": row.actor_name, "action": row.action, "what": row.what, "at": _at(row.at)}
        for row in rows
    }


def _told_as(told: dict[tuple[str, str], Told], key: tuple[str, str]) -> str | None:
    row = told.get(key)
    return None if row is None else row.digest


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
