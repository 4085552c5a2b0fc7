"""Joining a clinic, what is to be told to it, and leaving; each kept here before anything is sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.db import transaction
from django.db.models import F

from nextposture.interop.joined.line import Ask, TroubleError, ask
from nextposture.knowledge import Urgency, load
from nextposture.record import check_ins
from nextposture.record.models import ClinicKey, ClinicLink, FromClinic, Person, PlanDecision, ToClinic

CARE = "care"
MAY_HAVE_ARRIVED = frozenset({"no_connection", "server"})
"""Trouble after which the clinic's server may have done what it was asked to."""
OPEN = frozenset({"new", "accepted"})
"""Where a referral stands while the clinic has to do with the person."""


# ---- Joining and leaving


def link_of(person: Person) -> ClinicLink | None:
    """The clinic that the person joined and has not left; None without one."""
    return ClinicLink.objects.filter(person=person, ended_at=None).exclude(joined_at=None).first()


def last_link(person: Person) -> ClinicLink | None:
    """The newest link, also one that ended."""
    return ClinicLink.objects.filter(person=person).exclude(joined_at=None).order_by("-joined_at").first()


def token_of(link: ClinicLink) -> str:
    """The secret, or nothing where the record came from another computer."""
    return ClinicKey.objects.filter(link=link.key).values_list("token", flat=True).first() or ""


def look(address: str, code: str, using: Ask = ask) -> dict[str, Any]:
    """Who the clinic behind a code is. Tells it the code and nothing else. Raises TroubleError."""
    return dict(using(address, "look", {"code": code})["clinic"])


def join(person: Person, address: str, code: str, now: datetime, using: Ask = ask) -> ClinicLink:
    """Join with a code. Raises TroubleError, with everything as it was.

    Key and secret are kept here before they are told, so a lost answer leaves nothing half made: the same
    code is good for the same key and secret once more. A clinic that was left is joined under the same key,
    and what was not sent then goes now.
    """
    joined = link_of(person)
    if joined is not None and (joined.address != address or token_of(joined)):
        raise TroubleError("joined")
    # One server may have several clinics: whose the code is only it can tell. What was begun comes first.
    known = ClinicLink.objects.filter(person=person, address=address)
    known = known.order_by(F("ended_at").asc(nulls_first=True), "-pk")
    for one in [joined] if joined is not None else [*known, None]:
        link, before = _begin(person, address, one, now)
        try:
            told = using(address, "join", {"code": code, "key": str(link.key), "token": token_of(link)})
            break
        except TroubleError as trouble:
            if trouble.id not in MAY_HAVE_ARRIVED:  # the clinic said no; else it may have taken the code
                _undo(link, before)
            if trouble.id != "other_clinic" or one is None or joined is not None:
                raise
    if not isinstance(told.get("clinic"), dict):
        raise TroubleError("newer")
    link.clinic, link.joined_at, link.trouble = told["clinic"], now, ""
    link.cursor, link.parcels = 0, {}
    with transaction.atomic():
        link.save()
        # Consents ended there with the connection; those that stand are told anew before anything goes.
        FromClinic.objects.filter(link=link, kind="consent").delete()
        waiting(link).filter(kind="leave").delete()  # who joins again does not mean to leave at once
    return link


@transaction.atomic
def _begin(
    person: Person, address: str, link: ClinicLink | None, now: datetime
) -> tuple[ClinicLink, ClinicLink | None]:
    # What was begun elsewhere and never came to anything goes; what was once joined ends, and stays to read.
    for other in ClinicLink.objects.filter(person=person, ended_at=None, joined_at=None):
        if other == link:
            continue
        ClinicKey.objects.filter(link=other.key).delete()
        if other.in_step_at is None and not other.heard.exists() and not other.outbox.exists():
            other.delete()
        else:
            end(other, ClinicLink.EndedBy.PERSON, now)
            ClinicLink.objects.filter(pk=other.pk).update(joined_at=other.in_step_at or now)
    before = None if link is None else ClinicLink.objects.get(pk=link.pk)
    if link is None:
        link = ClinicLink.objects.create(person=person, address=address)
    elif link.joined_at is not None:
        # Each joining has a secret of its own; until the clinic has it, the old one is of no use any more.
        ClinicKey.objects.filter(link=link.key).delete()
    link.ended_at, link.ended_by, link.joined_at = None, "", None
    link.save()
    ClinicKey.objects.get_or_create(link=link.key, defaults={"token": secrets.token_urlsafe(32)})
    return link, before


@transaction.atomic
def _undo(link: ClinicLink, before: ClinicLink | None) -> None:
    if before is None or before.joined_at is not None:  # else the clinic may have the secret from before
        ClinicKey.objects.filter(link=link.key).delete()
    if before is None:
        link.delete()
    else:
        before.save()


@transaction.atomic
def leave(link: ClinicLink, now: datetime) -> None:
    """Leave: the clinic is told at the next chance, takes everything back, and forgets the secret."""
    if not waiting(link).filter(kind="leave").exists():
        tell(link, "leave", {}, now)


@transaction.atomic
def end(link: ClinicLink, by: ClinicLink.EndedBy, now: datetime) -> None:
    """The link is over on this side. What was heard and what was not sent is kept."""
    ClinicKey.objects.filter(link=link.key).delete()
    ClinicLink.objects.filter(pk=link.pk).update(
        ended_at=now, ended_by=by, trouble="revoked" if by == ClinicLink.EndedBy.CLINIC else ""
    )


# ---- What is to be told


def tell(
    link: ClinicLink, kind: str, content: dict[str, Any], now: datetime, key: UUID | None = None
) -> ToClinic:
    """Keep something that the clinic is to hear of; it goes at the next chance."""
    return ToClinic.objects.create(link=link, kind=kind, content=content, at=now, key=key or uuid4())


@transaction.atomic
def refer(
    link: ClinicLink, items: Iterable[str], days: int, now: datetime, *, wish: str = "", prefers: str = ""
) -> ToClinic:
    """Hand a referral over, or hand the open one over again with what is newer.

    Urgency and reasons are those of the newest check-in when it goes, not when it was written.
    """
    key = open_referral(link) or str(uuid4())
    contact = {"name": link.name, "phone": link.phone, "email": link.email}
    content = {"referral": key, "items": sorted(items), "days": days, "wish": wish, "prefers": prefers}
    # One that still waits would only be told twice.
    waiting(link).filter(kind="refer").delete()
    return tell(link, "refer", {**content, "contact": contact}, now)


@transaction.atomic
def take_back(link: ClinicLink, now: datetime) -> None:
    """Take the referral back. One that waits goes no more; of one that may have arrived that is told."""
    pending, key, after = waiting(link).filter(kind="refer").first(), open_referral(link), 0
    if pending is not None:
        if not never_went(link, pending):
            key, after = key or str(pending.content["referral"]), pending.pk
        pending.delete()
    if key and not waiting(link).filter(kind="take_back", pk__gt=after).exists():
        tell(link, "take_back", {"referral": key}, now)


@transaction.atomic
def withdraw(link: ClinicLink, item: str, now: datetime, purpose: str = CARE) -> None:
    """Withdraw one consent, also from a referral that still waits."""
    tell(link, "withdraw", {"item": item, "purpose": purpose}, now)
    pending = waiting(link).filter(kind="refer").first()
    if pending is not None and purpose in ("", CARE):
        pending.content["items"] = [one for one in pending.content["items"] if one != item]
        pending.save(update_fields=["content"])


@transaction.atomic
def cancel_time(link: ClinicLink, appointment: str, why: str, now: datetime) -> None:
    """Give an appointment back; the same holds for one that was asked for and never went."""
    asked = waiting(link).filter(kind="ask_time", content__appointment=appointment).first()
    heard = FromClinic.objects.filter(link=link, kind="appointment", key=appointment)
    if asked is not None and never_went(link, asked):
        asked.delete()
    elif asked is not None or heard.exists():
        tell(link, "cancel_time", {"appointment": appointment, "why": why}, now)


def never_went(link: ClinicLink, act: ToClinic) -> bool:
    """Whether no request went since the act was written, not even one whose answer was lost."""
    tried_at = ClinicLink.objects.values_list("tried_at", flat=True).get(pk=link.pk)
    return tried_at is None or tried_at < act.at


def waiting(link: ClinicLink) -> Any:
    """What was not sent yet, the oldest first."""
    return ToClinic.objects.filter(link=link, sent_at=None)


def unheard_answers(link: ClinicLink) -> list[ToClinic]:
    """What the person said to decisions of this clinic and it has not heard; the decisions' rows keep it.

    Each has a key made of the decision and the time, so that it is the same however often it is told.
    """
    rows = {row.key: row.content for row in FromClinic.objects.filter(link=link, kind="decision")}
    found = []
    for one in PlanDecision.objects.filter(person=link.person, key__in=rows).exclude(answered_at=None):
        heard = rows[str(one.key)].get("answered_at")
        if one.answered_at and (heard is None or datetime.fromisoformat(heard) < one.answered_at):
            content = {"decision": str(one.key), "answer": one.answer, "why": one.answer_why}
            key = uuid5(one.key, one.answered_at.isoformat())
            found.append(ToClinic(link=link, key=key, kind="answer", content=content, at=one.answered_at))
    return found


def open_referral(link: ClinicLink) -> str:
    """The key of the referral that the clinic has to do with, as far as heard; empty without one."""
    rows = FromClinic.objects.filter(link=link, kind="referral")
    return next((row.key for row in rows if row.content.get("status") in OPEN), "")


# ---- What may be seen


def allowed(link: ClinicLink, now: datetime) -> frozenset[str]:
    """What the clinic may see for the person's care: what it was given, less what was withdrawn here."""
    given = {
        row.content["item"]
        for row in FromClinic.objects.filter(link=link, kind="consent")
        if row.content["purpose"] == CARE
        and row.content["withdrawn_at"] is None
        and (row.content["expires_at"] is None or datetime.fromisoformat(row.content["expires_at"]) > now)
    }
    for row in waiting(link):
        if row.kind in ("take_back", "leave"):
            return frozenset()
        if row.kind == "withdraw":
            given.discard(row.content["item"])
    return frozenset(given)


def emergency_stands(person: Person) -> bool:
    """Whether the newest answers say to call the emergency services: then nothing is handed to a clinic."""
    known, outcome = load(), check_ins.current_outcome(person)
    if outcome is not None and outcome.urgency == Urgency.EMERGENCY_NOW.name:
        return True
    opened = check_ins.find_open(person)
    if opened is None:
        return False
    return check_ins.screened(known, opened, outcome).urgency == Urgency.EMERGENCY_NOW
