"""Appointments: when somebody is free, and taking, moving and giving back their time.

No two appointments of a practitioner overlap, whoever books and on whatever database: an appointment that
stands holds one row of Slot for each five minutes, and the database takes each row once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from nextposture.clinic.models import (
    Appointment,
    Availability,
    AvailabilityException,
    Clinic,
    Membership,
    Referral,
    Seen,
    Slot,
    WaitingPlace,
)
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record.models import Person

STANDING = (Appointment.Status.REQUESTED, Appointment.Status.CONFIRMED)
"""The states in which an appointment holds its time."""


class BookingError(ValueError):
    """The appointment cannot be made or changed so; the message says what to do."""


class TakenError(BookingError):
    """Somebody else was quicker."""

    def __init__(self) -> None:
        super().__init__("That time has just been taken. Please choose another; nothing else has changed.")


@dataclass(frozen=True, order=True)
class FreeTime:
    """A time that can be booked, in UTC, with how it would be held (empty: either way)."""

    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    seen: str = ""


# ---- Who is free when


def free_times(
    practitioner: Membership, first: date, last: date, minutes: int, now: datetime, seen: str = ""
) -> list[FreeTime]:
    """Times of `minutes` that can be booked from `first` to `last`, days in the clinic's zone, oldest first.

    `seen` asks for one way only. Nothing is offered sooner than the notice or further ahead than the rules.
    """
    return free_times_of([practitioner], first, last, minutes, now, seen)


def team_of(clinic: Clinic) -> QuerySet[Membership]:
    """Who treats people at a clinic now."""
    return Membership.objects.working().filter(clinic=clinic, treats=True).select_related("clinic")


def free_times_of(
    practitioners: Sequence[Membership],
    first: date,
    last: date,
    minutes: int,
    now: datetime,
    seen: str = "",
) -> list[FreeTime]:
    """The same for several practitioners of one clinic at once."""
    if not practitioners:
        return []
    rules, zone = clinic_table().appointment, ZoneInfo(practitioners[0].clinic.time_zone)
    size = rules.tick_min * 60
    start, end = _at(first, time.min, zone), _at(last + timedelta(days=1), time.min, zone)
    soonest = max((now + timedelta(hours=rules.notice_h)).timestamp(), start.timestamp()) / size
    latest = (now + timedelta(days=rules.ahead_days)).timestamp() / size
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    away, there = _exceptions(practitioners, start, end)
    taken = _taken(practitioners, start, end)
    length = minutes // rules.tick_min
    found: set[FreeTime] = set()
    for who, opens, closes, way in (*_usual(practitioners, days, zone), *there):
        if seen and way and way != seen:
            continue
        begins = -(-int(max(opens, start).timestamp()) // size)
        until = int(min(closes, end).timestamp()) // size
        for tick in range(begins, until - length + 1, length):
            if not soonest <= tick <= latest or not taken[who].isdisjoint(range(tick, tick + length)):
                continue
            if any(left < (tick + length) * size and tick * size < back for left, back in away[who]):
                continue
            at = datetime.fromtimestamp(tick * size, UTC)
            found.add(FreeTime(at, at + timedelta(minutes=minutes), who, way))
    return sorted(found)


def ticks(starts_at: datetime, ends_at: datetime) -> range:
    """The numbers of the five minutes from `starts_at` to `ends_at`. Raises BookingError off the grid."""
    size = clinic_table().appointment.tick_min * 60
    first, last = starts_at.timestamp(), ends_at.timestamp()
    if first % size or last % size or last <= first:
        raise BookingError(f"An appointment begins and ends on a multiple of {size // 60} minutes.")
    return range(int(first // size), int(last // size))


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)


def _usual(
    practitioners: Sequence[Membership], days: Sequence[date], zone: ZoneInfo
) -> Iterator[tuple[int, datetime, datetime, str]]:
    for rule in Availability.objects.filter(practitioner__in=practitioners):
        for day in days:
            begun = rule.from_day is None or rule.from_day <= day
            over = rule.until_day is not None and rule.until_day < day
            if rule.weekday == day.weekday() and begun and not over:
                yield rule.practitioner_id, _at(day, rule.starts, zone), _at(day, rule.ends, zone), rule.seen


def _exceptions(
    practitioners: Sequence[Membership], start: datetime, end: datetime
) -> tuple[dict[int, list[tuple[float, float]]], list[tuple[int, datetime, datetime, str]]]:
    """When each is away, in seconds since 1970, and when they are there besides."""
    rows = AvailabilityException.objects.filter(
        practitioner__in=practitioners, starts_at__lt=end, ends_at__gt=start
    )
    away: dict[int, list[tuple[float, float]]] = {one.pk: [] for one in practitioners}
    there = []
    for row in rows:
        if row.available:
            there.append((row.practitioner_id, row.starts_at, row.ends_at, ""))
        else:
            away[row.practitioner_id].append((row.starts_at.timestamp(), row.ends_at.timestamp()))
    return away, there


def _taken(practitioners: Sequence[Membership], start: datetime, end: datetime) -> dict[int, set[int]]:
    size = clinic_table().appointment.tick_min * 60
    within = (int(start.timestamp() // size), int(end.timestamp() // size) + 1)
    found: dict[int, set[int]] = {one.pk: set() for one in practitioners}
    rows = Slot.objects.filter(practitioner__in=practitioners, tick__range=within)
    for who, tick in rows.values_list("practitioner", "tick"):
        found[who].add(tick)
    return found


# ---- Booking, moving, giving back


@transaction.atomic
def book(
    person: Person,
    practitioner: Membership,
    starts_at: datetime,
    minutes: int,
    seen: Seen,
    now: datetime,
    *,
    referral: Referral | None = None,
    zone: str = "",
    confirmed: bool = False,
    uid: UUID | None = None,
) -> Appointment:
    """A new appointment: asked for, or at once `confirmed` where the clinic makes it.

    `uid` is its name where it was made elsewhere.

    Raises TakenError if the time is gone, and BookingError if it is no time that is on offer.
    """
    _check_offer(practitioner, starts_at, minutes, seen, now)
    made = Appointment.objects.create(
        uid=uid or uuid4(),
        person=person,
        clinic=practitioner.clinic,
        practitioner=practitioner,
        referral=referral,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        seen=seen,
        status=Appointment.Status.CONFIRMED if confirmed else Appointment.Status.REQUESTED,
        person_zone=zone,
        made_at=now,
        changed_at=now,
    )
    _hold(made)
    WaitingPlace.objects.filter(person=person, clinic=practitioner.clinic, ended_at=None).update(ended_at=now)
    return made


@transaction.atomic
def confirm(appointment: Appointment, now: datetime) -> Appointment:
    """Confirm an appointment that was asked for; confirming twice changes nothing."""
    row = _standing(appointment)
    if row.status == Appointment.Status.REQUESTED:
        row.status = Appointment.Status.CONFIRMED
        _changed(row, now)
    return row


@transaction.atomic
def move(appointment: Appointment, starts_at: datetime, now: datetime) -> Appointment:
    """Move an appointment to another time of the same practitioner; its old time is free at once.

    Raises TakenError if the new time is gone (the old one is kept then), BookingError if it is not on offer.
    """
    row = _standing(appointment)
    minutes = int((row.ends_at - row.starts_at).total_seconds() // 60)
    Slot.objects.filter(appointment=row).delete()
    _check_offer(row.practitioner, starts_at, minutes, Seen(row.seen), now)
    row.starts_at, row.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
    row.reminded_at = None
    _hold(row)
    _changed(row, now)
    return row


@transaction.atomic
def cancel(appointment: Appointment, why: str, now: datetime) -> Appointment:
    """Cancel an appointment and give its time back; cancelling twice changes nothing."""
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if row.status in STANDING:
        Slot.objects.filter(appointment=row).delete()
        row.status, row.cancelled_why = Appointment.Status.CANCELLED, why
        _changed(row, now)
    return row


@transaction.atomic
def close(appointment: Appointment, held: bool, now: datetime) -> Appointment:
    """Say that an appointment whose time has come was held, or was not. Raises BookingError before it."""
    row = _standing(appointment)
    if now < row.starts_at:
        raise BookingError("This appointment has not begun yet.")
    row.status = Appointment.Status.DONE if held else Appointment.Status.MISSED
    _changed(row, now)
    return row


def _standing(appointment: Appointment) -> Appointment:
    row = Appointment.objects.select_for_update().get(pk=appointment.pk)
    if row.status not in STANDING:
        raise BookingError(f"This appointment was {row.get_status_display()}. Please make a new one.")
    return row


def _check_offer(
    practitioner: Membership, starts_at: datetime, minutes: int, seen: Seen, now: datetime
) -> None:
    rules = clinic_table().appointment
    if minutes not in rules.minutes:
        raise BookingError(f"An appointment takes {', '.join(map(str, rules.minutes))} minutes.")
    day = starts_at.astimezone(ZoneInfo(practitioner.clinic.time_zone)).date()
    wanted = ticks(starts_at, starts_at + timedelta(minutes=minutes))
    if Slot.objects.filter(practitioner=practitioner, tick__in=wanted).exists():
        raise TakenError
    offered = free_times(practitioner, day, day, minutes, now, seen)
    if not any(one.starts_at == starts_at for one in offered):
        if Slot.objects.filter(practitioner=practitioner, tick__in=wanted).exists():
            raise TakenError  # between the two looks
        raise BookingError("That time is not on offer. Please choose one of those shown.")


def _hold(appointment: Appointment) -> None:
    rows = [
        Slot(practitioner=appointment.practitioner, tick=tick, appointment=appointment)
        for tick in ticks(appointment.starts_at, appointment.ends_at)
    ]
    try:
        with transaction.atomic():
            Slot.objects.bulk_create(rows)
    except IntegrityError:
        raise TakenError from None


def _changed(appointment: Appointment, now: datetime) -> None:
    appointment.sequence += 1
    appointment.changed_at = now
    appointment.save()


# ---- The waiting list


@transaction.atomic
def wait(
    person: Person, referral: Referral, now: datetime, seen: str = "", before: datetime | None = None
) -> WaitingPlace:
    """Put the person on the clinic's waiting list; asking twice keeps the place, with the newer wishes."""
    place, _ = WaitingPlace.objects.get_or_create(
        person=person, clinic=referral.clinic, ended_at=None, defaults={"since": now, "referral": referral}
    )
    place.seen, place.before = seen, before
    place.save(update_fields=["seen", "before"])
    return place


def next_waiting(freed: Appointment, now: datetime) -> WaitingPlace | None:
    """Who is told first that a time came free: the gravest urgency, then the longest wait, not told today."""
    places = WaitingPlace.objects.filter(clinic=freed.clinic, ended_at=None, seen__in=["", freed.seen])
    waiting = [
        place
        for place in places.exclude(person=freed.person).select_related("referral")
        if (place.before is None or freed.starts_at < place.before)
        and (place.offered_at is None or now - place.offered_at > timedelta(days=1))
    ]
    gravity = {urgency.name: number for number, urgency in enumerate(sorted(Urgency))}

    def order(place: WaitingPlace) -> tuple[int, datetime]:
        return (-gravity.get(place.referral.urgency if place.referral else "", 0), place.since)

    return min(waiting, key=order, default=None)
