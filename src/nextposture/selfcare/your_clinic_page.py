"""What the page about a person's clinic shows: what was heard, what was told, and what still waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dates import WEEKDAYS

from nextposture import knowledge
from nextposture.interop.joined import links
from nextposture.interop.joined.table import joined_table
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import check_ins
from nextposture.record.models import ClinicLink, FromClinic, PlanDecision, ToClinic
from nextposture.selfcare.referral_form import WAYS

STATUS = {
    "new": "waiting to be read",
    "accepted": "accepted",
    "declined": "not taken",
    "closed": "closed",
    "withdrawn": "taken back",
}
APPOINTMENT = {
    "requested": "asked for",
    "confirmed": "confirmed",
    "cancelled": "cancelled",
    "done": "held",
    "missed": "not held",
}
STANDING = frozenset({"requested", "confirmed"})
ACTS = {
    "refer": "the referral",
    "withdraw": "a consent withdrawn",
    "take_back": "the referral taken back",
    "message": "a message",
    "ask_time": "an appointment asked for",
    "cancel_time": "an appointment cancelled",
    "leave": "that you leave",
}
"""How what waits is said; what is not here is not worth a word."""
MOST_LOOKS = 100


@dataclass(frozen=True)
class Line:
    """A message, from either side; `waits` while it was not sent, `refused` why it was not taken."""

    key: str
    text: str
    at: datetime
    by: str = ""
    waits: bool = False
    refused: str = ""


@dataclass(frozen=True)
class Visit:
    """An appointment as far as is known here: heard, or asked for and not heard of yet."""

    key: str
    when: str
    starts_at: datetime
    ends_at: datetime
    seen: str
    who: str
    state: str
    stands: bool
    note: str = ""
    waits: bool = False
    refused: str = ""
    there: str = ""
    call_opens_at: datetime | None = None
    call_is_open: bool = False


def about(clinic: dict[str, Any]) -> dict[str, Any]:
    """Who a clinic is, as a page shows it: reach, hours, and policy by urgency in the table's own words."""
    levels, table = knowledge.load().danger_signs.levels, clinic_table()
    ways, told = dict(WAYS), clinic.get("policies", {})
    policies = []
    for urgency in sorted(Urgency, reverse=True):
        policy, own = table.policy[urgency], told.get(urgency.name, {})
        within_h = own.get("within_h") or policy.within_h
        policies.append(
            {
                "level": levels[urgency].text,
                "clinic": policy.clinic,
                "say": policy.say,
                "by": ways.get(own.get("by") or policy.by or "", ""),
                "days": None if within_h is None else -(-int(within_h) // 24),
            }
        )
    hours = [(name, clinic.get("opening_hours", {}).get(str(day), [])) for day, name in WEEKDAYS.items()]
    return {
        "clinic": clinic,
        "policies": policies,
        "hours": hours if any(spans for _, spans in hours) else [],
    }


def state_of(link: ClinicLink) -> dict[str, Any]:
    """What has been sent, what waits, when it was last in step, and what is in the way."""
    waits = [ACTS[row.kind] for row in links.waiting(link) if row.kind in ACTS]
    if links.unheard_answers(link):
        waits.append("what you said to a decision")
    return {
        "link": link,
        "waits": waits,
        "leaving": links.waiting(link).filter(kind="leave").exists(),
        "trouble": joined_table().trouble.get(link.trouble, "") if link.trouble else "",
        "emergency": links.emergency_stands(link.person),
        "every_min": int(joined_table().every.total_seconds() // 60),
    }


def overview(link: ClinicLink, now: datetime) -> dict[str, Any]:
    """Everything that the page shows of a clinic that was joined."""
    visits, referral = visits_of(link, now), _referral(link)
    return {
        **about(link.clinic),
        **state_of(link),
        "referral": referral,
        "refer_waits": links.waiting(link).filter(kind="refer").first(),
        "refer_refused": _refused_last(link, "refer"),
        "newer_result": _newer_result(link, referral),
        "coming": [one for one in visits if (one.stands and one.ends_at >= now) or one.waits],
        "past": [one for one in visits if not one.waits and (not one.stands or one.ends_at < now)],
        "messages": lines(link)[-3:],
        "unread": sum(row["read_at"] is None and bool(row["by"]) for _, row in _heard(link, "message")),
        "consents": _consents(link, now),
        "notes": [
            {**row, "at": datetime.fromisoformat(row["at"])}
            for _, row in reversed(list(_heard(link, "note")))
        ],
        "decisions": PlanDecision.objects.filter(
            person=link.person, key__in=[key for key, _ in _heard(link, "decision")]
        ).count(),
        "looked": [
            {**row.content, "at": datetime.fromisoformat(row.content["at"])}
            for row in FromClinic.objects.filter(link=link, kind="looked").order_by("-pk")[:MOST_LOOKS]
        ],
    }


def lines(link: ClinicLink) -> list[Line]:
    """Messages of both sides in the order of their times: those heard, and own ones not heard back yet."""
    heard = {
        key: Line(key, row["text"], datetime.fromisoformat(row["at"]), row["by"])
        for key, row in _heard(link, "message")
    }
    own = {
        row.content["message"]: Line(
            row.content["message"], row.content["text"], row.at, "", row.sent_at is None, row.refused
        )
        for row in ToClinic.objects.filter(link=link, kind="message")
    }
    return sorted({**own, **heard}.values(), key=lambda one: (one.at, one.key))


def unread(link: ClinicLink) -> list[str]:
    """Keys of the clinic's messages that the clinic does not know as read, and was not told so yet."""
    told = {key for row in ToClinic.objects.filter(link=link, kind="read") for key in row.content["messages"]}
    return [
        key
        for key, row in _heard(link, "message")
        if row["by"] and row["read_at"] is None and key not in told
    ]


def visits_of(link: ClinicLink, now: datetime) -> list[Visit]:
    """Appointments in the order of their times, those that wait to be asked for among them."""
    zone = str(link.clinic.get("time_zone") or "UTC")
    cancelled = {
        row.content["appointment"]: row for row in ToClinic.objects.filter(link=link, kind="cancel_time")
    }
    found = {}
    for row in ToClinic.objects.filter(link=link, kind="ask_time"):
        starts, ends = (datetime.fromisoformat(row.content[name]) for name in ("starts_at", "ends_at"))
        key = row.content["appointment"]
        found[key] = Visit(
            key,
            here(starts),
            starts,
            ends,
            dict(WAYS).get(row.content["seen"], ""),
            row.content.get("with", ""),
            "not made" if row.refused else "waits to be sent" if row.sent_at is None else "asked for",
            stands=not row.refused,
            waits=row.sent_at is None,
            refused=row.refused,
            there=there(starts, zone),
        )
    for key, told in _heard(link, "appointment"):
        starts, ends = (datetime.fromisoformat(told[name]) for name in ("starts_at", "ends_at"))
        opens, closes = (
            datetime.fromisoformat(told[name]) if told[name] else None
            for name in ("call_opens_at", "call_closes_at")
        )
        cancel = cancelled.get(key)
        waits = cancel is not None and cancel.sent_at is None
        found[key] = Visit(
            key,
            here(starts),
            starts,
            ends,
            dict(WAYS).get(told["seen"], ""),
            told["with"],
            "cancelled here; the clinic does not know yet" if waits else APPOINTMENT.get(told["status"], ""),
            stands=told["status"] in STANDING and not waits,
            note=told["cancelled_why"],
            waits=waits,
            refused=cancel.refused if cancel is not None else "",
            there=there(starts, zone),
            call_opens_at=opens,
            call_is_open=bool(opens and closes and opens <= now < closes),
        )
    return sorted(found.values(), key=lambda one: (one.starts_at, one.key))


def here(at: datetime) -> str:
    """A time in the person's own zone."""
    return f"{_words(timezone.localtime(at))} ({timezone.get_current_timezone_name()})"


def there(at: datetime, clinic_zone: str, *, clock: bool = False) -> str:
    """The same in the clinic's zone, or its clock alone; empty where both clocks agree."""
    own, theirs = timezone.localtime(at), at.astimezone(_zone(clinic_zone))
    if own.utcoffset() == theirs.utcoffset():
        return ""
    return f"{theirs:%H:%M}" if clock else f"{_words(theirs)} ({clinic_zone})"


def _words(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B %Y, %H:%M}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _heard(link: ClinicLink, kind: str) -> Iterable[tuple[str, dict[str, Any]]]:
    rows = FromClinic.objects.filter(link=link, kind=kind).order_by("pk")
    return [(row.key, row.content) for row in rows]


def _referral(link: ClinicLink) -> dict[str, Any] | None:
    """The newest referral with every state it was in."""
    rows = sorted(_heard(link, "referral"), key=lambda pair: str(pair[1]["made_at"]))
    if not rows:
        return None
    key, told = rows[-1]
    taking_back = links.waiting(link).filter(kind="take_back", content__referral=key).exists()
    return {
        **told,
        "open": told["status"] in links.OPEN and not taking_back,
        "taking_back": taking_back,
        "state": STATUS.get(told["status"], told["status"]),
        "made_at": datetime.fromisoformat(told["made_at"]),
        "past": [
            {"state": STATUS.get(one["status"], ""), "by": one["by"], "at": datetime.fromisoformat(one["at"])}
            for one in told["states"]
        ],
    }


def _refused_last(link: ClinicLink, kind: str) -> str:
    row = ToClinic.objects.filter(link=link, kind=kind).order_by("-pk").first()
    return row.refused if row is not None else ""


def _newer_result(link: ClinicLink, told: dict[str, Any] | None) -> bool:
    """Whether the newest check-in is more urgent than the referral that the clinic was told."""
    outcome = check_ins.current_outcome(link.person)
    if told is None or not told["open"] or outcome is None or told["urgency"] not in Urgency.__members__:
        return False
    return Urgency[outcome.urgency] > Urgency[told["urgency"]]


def _consents(link: ClinicLink, now: datetime) -> list[dict[str, Any]]:
    """What the clinic may see now, for what and until when."""
    names = {one.id: one.name for one in clinic_table().share}
    purposes = {one.id: one.name for one in clinic_table().purposes}
    going = {row.content["item"] for row in links.waiting(link) if row.kind == "withdraw"}
    everything = links.waiting(link).filter(kind__in=["take_back", "leave"]).exists()
    found = []
    for _, row in _heard(link, "consent"):
        until = datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None
        if row["withdrawn_at"] is not None or (until is not None and until <= now):
            continue
        found.append(
            {
                "item": row["item"],
                "purpose": row["purpose"],
                "name": names.get(row["item"], row["item"]),
                "what_for": purposes.get(row["purpose"], row["purpose"]),
                "until": until,
                "going": everything or row["item"] in going,
            }
        )
    return found
