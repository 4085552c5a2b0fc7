"""Where installations are answered: JSON over HTTPS, by an installation's token, never by a session.

| address | with | answer |
|---|---|---|
| `look` | a code | who the clinic is |
| `join` | a code, a key and a token, both of its own making | the same; good again for the same three |
| `sync` | token; what was done, parcels of the record, how far was heard | what came of each, what is new |
| `times` | token; from when, how | free times |
| `call` | token; an appointment | a link into its call, good once and for a short time |
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from allauth.core import ratelimit
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from nextposture.clinic import calls, referrals
from nextposture.clinic.access import shared_items
from nextposture.clinic.joined import acts, codes, entry, telling
from nextposture.clinic.models import Appointment, AuditEvent, Installation, Referral, Seen
from nextposture.interop.joined.parcels import ParcelRefusedError, drop_what_is_not, table_of, take
from nextposture.interop.joined.table import joined_table
from nextposture.record.models import PlanDecision

WEEK = timedelta(days=6)
STATUS = {
    "code_wrong": 403,
    "code_expired": 403,
    "code_used": 403,
    "other_clinic": 403,
    "unknown": 401,
    "revoked": 401,
    "left": 401,
    "not_https": 403,
    "too_many": 429,
    "older": 410,
    "newer": 410,
    "unreadable": 400,
}
FETCHED = {"referral": "a referral's state", "message": "messages", "appointment": "appointments"}


@dataclass(frozen=True)
class ApiError(Exception):
    """Answered as `{"error": id}`; ids are those of the table's `trouble`."""

    id: str


Body = Mapping[str, Any]
Answer = Callable[[HttpRequest, Body], dict[str, Any]]


def _answering(view: Answer) -> Callable[..., HttpResponse]:
    """A view for programs: POST with a JSON object, over HTTPS, in an edition that both sides know."""

    @csrf_exempt
    @login_not_required
    @wraps(view)
    def answer(request: HttpRequest, edition: int) -> HttpResponse:
        try:
            return JsonResponse(view(request, _body(request, edition)))
        except (ApiError, codes.CodeError) as error:
            return JsonResponse({"error": error.id}, status=STATUS[error.id])

    return answer


def _body(request: HttpRequest, edition: int) -> Body:
    if settings.HTTPS and not request.is_secure():
        raise ApiError("not_https")
    if edition != joined_table().edition:
        raise ApiError("older" if edition > joined_table().edition else "newer")
    try:
        made = json.loads(request.body) if request.method == "POST" else None
    except (ValueError, RequestDataTooBig, RecursionError):
        made = None
    if not isinstance(made, dict) or len(request.body) > joined_table().limits.request_bytes:
        raise ApiError("unreadable")
    return made


def _limit(request: HttpRequest, action: str, key: str | None = None) -> None:
    if not ratelimit.consume(request, action=action, key=key):
        raise ApiError("too_many")


def _installation(request: HttpRequest) -> Installation:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        raise ApiError("unknown")
    one = codes.installation_of(token)
    _limit(request, "installation", str(one.key))
    return one


# ---- Joining


@_answering
def look(request: HttpRequest, body: Body) -> dict[str, Any]:
    """Who the clinic behind a code is; the code stays good."""
    _limit(request, "joining_code")
    return {"clinic": telling.about_clinic(codes.clinic_of_code(_text(body, "code"), timezone.now()))}


@_answering
def join(request: HttpRequest, body: Body) -> dict[str, Any]:
    """Join with a code."""
    _limit(request, "joining_code")
    token = _text(body, "token")
    if len(token) > 200:
        raise ApiError("unreadable")
    one = codes.join(_text(body, "code"), _uuid(body, "key"), token, timezone.now())
    return {"clinic": telling.about_clinic(one.clinic)}


# ---- Keeping in step


@_answering
def sync(request: HttpRequest, body: Body) -> dict[str, Any]:
    """Take what was done and what of the record differs; tell what came of it and what is new."""
    one, now, limits = _installation(request), timezone.now(), joined_table().limits
    told, parcels, cursor = body.get("acts"), body.get("parcels"), body.get("cursor")
    if not isinstance(told, list) or len(told) > limits.acts or not isinstance(parcels, dict):
        raise ApiError("unreadable")
    if not isinstance(cursor, int) or isinstance(cursor, bool) or not 0 <= cursor < 2**62:
        raise ApiError("unreadable")
    answers = {}
    for each in told:
        key, kind, content, at = _act(each)
        answers[str(key)] = acts.do(one, key, kind, content, at, now)
        if kind == "leave":
            return {
                **_nothing_new(cursor),
                "acts": answers,
                "clinic": telling.about_clinic(one.clinic),
            }
    refused = _take(one, parcels, now)
    items, last, more, again = telling.changed_since(one, cursor)
    _note_fetched(one, items, now)
    Installation.objects.filter(pk=one.pk).update(last_seen_at=now)
    one.refresh_from_db()
    return {
        "acts": answers,
        "items": items,
        "cursor": last,
        "more": more,
        "again": again,
        "parcels": one.parcels,
        "refused": refused,
        "clinic": telling.about_clinic(one.clinic),
    }


def _nothing_new(cursor: int) -> dict[str, Any]:
    return {"items": [], "cursor": cursor, "more": False, "again": False, "parcels": {}, "refused": ""}


def _act(each: Any) -> tuple[UUID, str, Mapping[str, Any], datetime]:
    if not isinstance(each, dict) or not isinstance(each.get("content"), dict):
        raise ApiError("unreadable")
    try:
        at = datetime.fromisoformat(_text(each, "at"))
    except ValueError:
        raise ApiError("unreadable") from None
    if timezone.is_naive(at):
        raise ApiError("unreadable")
    return _uuid(each, "key"), _text(each, "kind")[:20], each["content"], at


@transaction.atomic
def _take(installation: Installation, sent: dict[str, Any], now: datetime) -> str:
    """Keep the parcels that a consent opens, and nothing of what none opens any more; why not, if refused."""
    one = Installation.objects.select_for_update().select_related("person").get(pk=installation.pk)
    allowed = shared_items(one.person, one.clinic, now)
    kept = dict(one.parcels)
    decided = PlanDecision.objects.filter(
        person=one.person, in_force_at__gte=one.last_seen_at or one.joined_at
    )
    if decided.exists():
        # The copy of the plan followed it here by what is known here; the plan itself is the one at home.
        kept = {name: told for name, told in kept.items() if table_of(name) not in acts.OF_A_PLAN}
    opened = {table.name for table in joined_table().carried if table.opened_by & allowed}
    # Of a plan that was changed here no digest is held, and a copy may be there all the same.
    if ({table_of(name) for name in kept} | acts.OF_A_PLAN) - opened:
        drop_what_is_not(one.person, allowed)
        kept = {name: told for name, told in kept.items() if table_of(name) in opened}
    refused = ""
    if sent:
        try:
            taken = take(one.person, sent, allowed)
        except ParcelRefusedError as error:
            refused = str(error)
        else:
            kept = {**kept, **taken}
            kept = {name: told for name, told in kept.items() if sent.get(name, True)}
            if tables := sorted({table_of(name) for name in taken}):
                codes.note(one, f"brought of the record: {', '.join(tables)}", AuditEvent.Action.CHANGED, now)
    one.parcels = kept
    one.save(update_fields=["parcels"])
    return refused


def _note_fetched(one: Installation, items: list[telling.Item], now: datetime) -> None:
    kinds = {item["kind"] for item in items}
    what = [words for kind, words in FETCHED.items() if kind in kinds]
    if what:
        codes.note(one, f"fetched: {', '.join(what)}", AuditEvent.Action.READ, now)


# ---- Times and calls: what needs a connection


@_answering
def times(request: HttpRequest, body: Body) -> dict[str, Any]:
    """Free times of a week."""
    one, now = _installation(request), timezone.now()
    row = (
        Referral.objects.filter(person=one.person, clinic=one.clinic, status__in=referrals.OPEN)
        .select_related("clinic")
        .first()
    )
    today = now.astimezone(ZoneInfo(one.clinic.time_zone)).date()
    try:
        first = max(date.fromisoformat(_text(body, "from")), today) if body.get("from") else today
        last = first + WEEK
    except (ValueError, OverflowError):
        raise ApiError("unreadable") from None
    seen = str(body.get("seen", "")) if body.get("seen") in Seen.values else ""
    found = telling.free_times(row, first, last, seen, now) if row is not None else []
    return {"times": found, "from": first.isoformat(), "zone": one.clinic.time_zone, "open": row is not None}


@_answering
def call(request: HttpRequest, body: Body) -> dict[str, Any]:
    """A link that lets the person's browser into the call of one appointment, once."""
    one, now = _installation(request), timezone.now()
    uid = _uuid(body, "appointment")
    row = Appointment.objects.filter(person=one.person, clinic=one.clinic, uid=uid).first()
    if row is None or not calls.is_open(row, now):
        return {"link": ""}
    codes.note(one, "went to a video call", AuditEvent.Action.READ, now)
    return {"link": entry.link_to(one, row)}


@login_not_required
@require_GET
def here(request: HttpRequest) -> HttpResponse:
    """For who opens the address or the code's picture in a browser: what to do with it."""
    return render(request, "clinic/step.html")


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise ApiError("unreadable")
    return value


def _uuid(body: Mapping[str, Any], name: str) -> UUID:
    try:
        return UUID(_text(body, name))
    except ValueError:
        raise ApiError("unreadable") from None
