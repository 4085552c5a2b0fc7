"""Appointments: what is on offer, no double booking, moving and giving back, the waiting list, both zones."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from icalendar import Calendar

from nextposture.clinic import booking, tasks
from nextposture.clinic.calendar_file import calendar_file
from nextposture.clinic.mail import both_times
from nextposture.clinic.models import (
    Appointment,
    Availability,
    AvailabilityException,
    Clinic,
    Membership,
    Referral,
    Seen,
    Slot,
)
from nextposture.record.models import Person

MONDAY = date(2027, 3, 22)  # the clocks go forward in London on the Sunday after
NOW = datetime(2027, 3, 20, 12, tzinfo=UTC)
NINE = datetime(2027, 3, 22, 9, tzinfo=UTC)
RACERS = 8


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    """A practitioner who sees people on Monday mornings."""
    bo = staff("bo@harbour.example")
    Availability.objects.create(practitioner=bo, weekday=0, starts=time(9), ends=time(12))
    return bo


@pytest.fixture
def referral(person: Person, clinic: Clinic) -> Referral:
    return Referral.objects.create(person=person, clinic=clinic, urgency="ROUTINE_PHYSIO")


def starts(bo: Membership, day: date = MONDAY, minutes: int = 30, seen: str = "") -> list[str]:
    zone = ZoneInfo("Europe/London")
    return [
        f"{free.starts_at.astimezone(zone):%H:%M}"
        for free in booking.free_times(bo, day, day, minutes, NOW, seen)
    ]


def book(person: Person, bo: Membership, at: datetime = NINE, minutes: int = 30) -> Appointment:
    return booking.book(person, bo, at, minutes, Seen.TELEHEALTH, NOW)


def test_offers_the_usual_week(bo: Membership) -> None:
    assert starts(bo) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]
    assert starts(bo, minutes=45) == ["09:00", "09:45", "10:30", "11:15"]
    assert starts(bo, MONDAY + timedelta(days=1)) == []


def test_nine_is_nine_on_both_sides_of_a_clock_change(bo: Membership) -> None:
    later = MONDAY + timedelta(days=7)
    assert starts(bo, later)[0] == "09:00"
    free = booking.free_times(bo, later, later, 30, NOW)
    assert free[0].starts_at == datetime(2027, 3, 29, 8, tzinfo=UTC)


def test_exceptions_take_away_and_add(bo: Membership) -> None:
    day = datetime(2027, 3, 22, tzinfo=UTC)
    AvailabilityException.objects.create(
        practitioner=bo, starts_at=day.replace(hour=9, minute=15), ends_at=day.replace(hour=11)
    )
    AvailabilityException.objects.create(
        practitioner=bo, starts_at=day.replace(hour=14), ends_at=day.replace(hour=15), available=True
    )
    assert starts(bo) == ["11:00", "11:30", "14:00", "14:30"]


def test_offers_only_the_way_asked_for(bo: Membership) -> None:
    Availability.objects.update(seen=Seen.IN_PERSON)
    assert starts(bo, seen=Seen.TELEHEALTH) == []
    assert starts(bo, seen=Seen.IN_PERSON)


def test_offers_nothing_at_short_notice_or_far_ahead(bo: Membership) -> None:
    def offered(now: datetime) -> list[datetime]:
        return [free.starts_at for free in booking.free_times(bo, MONDAY, MONDAY, 30, now)]

    assert offered(NINE - timedelta(hours=1))[0] == NINE + timedelta(hours=1)
    assert offered(NINE - timedelta(days=91)) == []


def test_booked_time_is_no_longer_on_offer(bo: Membership, person: Person) -> None:
    book(person, bo, NINE + timedelta(minutes=60), minutes=60)
    assert starts(bo) == ["09:00", "09:30", "11:00", "11:30"]


@pytest.mark.parametrize("shift", [-15, -5, 0, 5, 25])
def test_overlapping_appointments_cannot_be_made(bo: Membership, person: Person, shift: int) -> None:
    book(person, bo, NINE + timedelta(minutes=30))
    with pytest.raises(booking.BookingError):
        book(person, bo, NINE + timedelta(minutes=30 + shift))
    assert Appointment.objects.count() == 1


def test_database_itself_refuses_a_second_holder(bo: Membership, person: Person) -> None:
    first = book(person, bo)
    second = Appointment.objects.create(
        person=person,
        clinic=bo.clinic,
        practitioner=bo,
        starts_at=first.starts_at + timedelta(minutes=25),
        ends_at=first.ends_at + timedelta(minutes=25),
        seen=Seen.TELEHEALTH,
    )
    with pytest.raises(booking.TakenError):
        booking._hold(second)


@pytest.mark.parametrize(
    ("at", "minutes"),
    [
        (NINE + timedelta(minutes=2), 30),
        (NINE, 35),
        (NINE - timedelta(hours=1), 30),
        (NINE + timedelta(days=1), 30),
    ],
)
def test_refuses_what_is_not_on_offer(bo: Membership, person: Person, at: datetime, minutes: int) -> None:
    with pytest.raises(booking.BookingError):
        book(person, bo, at, minutes)
    assert not Slot.objects.exists()


def test_moving_frees_the_old_time_and_keeps_the_uid(bo: Membership, person: Person) -> None:
    made = book(person, bo)
    moved = booking.move(made, NINE + timedelta(hours=1), NOW)
    assert (moved.uid, moved.sequence) == (made.uid, 1)
    assert starts(bo) == ["09:00", "09:30", "10:30", "11:00", "11:30"]


def test_moving_to_a_taken_time_keeps_the_old_one(bo: Membership, person: Person) -> None:
    made = book(person, bo)
    book(person, bo, NINE + timedelta(hours=1))
    with pytest.raises(booking.TakenError):
        booking.move(made, NINE + timedelta(hours=1), NOW)
    assert starts(bo) == ["09:30", "10:30", "11:00", "11:30"]


def test_moving_by_less_than_its_length_works(bo: Membership, person: Person) -> None:
    made = book(person, bo, minutes=60)
    assert booking.move(made, NINE + timedelta(hours=1), NOW).starts_at == NINE + timedelta(hours=1)


def test_cancelling_twice_is_cancelling_once(bo: Membership, person: Person) -> None:
    made = book(person, bo)
    once = booking.cancel(made, "a cold", NOW)
    twice = booking.cancel(made, "again", NOW)
    assert (once.sequence, twice.sequence, twice.cancelled_why) == (1, 1, "a cold")
    assert len(starts(bo)) == 6
    with pytest.raises(booking.BookingError):
        booking.confirm(made, NOW)


def test_calendar_file_names_when_and_where_and_not_why(bo: Membership, person: Person) -> None:
    made = booking.confirm(book(person, bo), NOW)
    event = Calendar.from_ical(calendar_file(made)).walk("VEVENT")[0]
    assert event.decoded("dtstart") == NINE and event.decoded("sequence") == 1
    moved = booking.move(made, NINE + timedelta(hours=1), NOW)
    later = Calendar.from_ical(calendar_file(moved)).walk("VEVENT")[0]
    assert later["uid"] == event["uid"] and later.decoded("sequence") == 2
    cancelled = Calendar.from_ical(calendar_file(booking.cancel(moved, "", NOW), "ann@example.org"))
    assert cancelled["method"] == "CANCEL" and cancelled.walk("VEVENT")[0]["status"] == "CANCELLED"
    assert b"ROUTINE" not in calendar_file(made) and b"back" not in calendar_file(made).lower()


def test_both_zones_are_told_where_they_differ(bo: Membership, person: Person) -> None:
    made = book(person, bo)
    assert both_times(made) == "Monday 22 March 2027, 09:00 (Europe/London)"
    made.person_zone = "America/New_York"
    assert both_times(made) == (
        "Monday 22 March 2027, 05:00 (America/New_York), which is 09:00 (Europe/London) at the clinic"
    )


def test_freed_time_goes_to_the_gravest_then_the_longest_waiting(
    bo: Membership, clinic: Clinic, account: Callable[[str], User]
) -> None:
    people = {
        name: account(f"{name}@example.org").person for name in ("ann", "early", "grave", "late", "too_far")
    }
    for number, (name, urgency) in enumerate(
        [
            ("early", "ROUTINE_PHYSIO"),
            ("grave", "WITHIN_2_WEEKS"),
            ("late", "ROUTINE_PHYSIO"),
            ("too_far", "WITHIN_2_WEEKS"),
        ]
    ):
        handed = Referral.objects.create(person=people[name], clinic=clinic, urgency=urgency)
        before = NINE - timedelta(days=1) if name == "too_far" else None
        booking.wait(people[name], handed, NOW + timedelta(minutes=number), before=before)
    made = booking.cancel(book(people["ann"], bo), "", NOW)
    told = []
    for _ in range(4):
        place = booking.next_waiting(made, NOW)
        if place is None:
            break
        told.append(place.person.user.email.partition("@")[0])
        place.offered_at = NOW
        place.save()
    assert told == ["grave", "early", "late"]


def test_message_of_a_change_goes_out_once(bo: Membership, person: Person) -> None:
    made = book(person, bo)
    for _ in range(2):
        tasks.tell_of_appointment.enqueue(str(made.uid))
    assert [message.to for message in mail.outbox] == [["ann@example.org"]]
    assert "09:00 (Europe/London)" in mail.outbox[0].body
    name, content, kind = mail.outbox[0].attachments[0]
    assert (name, kind) == ("appointment.ics", "text/calendar") and "BEGIN:VEVENT" in content


# ---- The pages


@pytest.fixture
def open_all_week(bo: Membership) -> Membership:
    for weekday in range(7):
        Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(0), ends=time(23, 55))
    return bo


def offered(client: Client, clinic: Clinic) -> dict[str, str]:
    page = client.get(f"/clinic/{clinic.pk}/times/")
    assert page.status_code == 200
    practitioner, free = page.context["days"][1][1][0]
    return {
        "time": f"{practitioner.pk} {free.starts_at.isoformat()}",
        "seen": "telehealth",
        "zone": "Europe/London",
    }


def test_person_asks_practitioner_confirms_person_cancels(
    open_all_week: Membership,
    referral: Referral,
    person: Person,
    clinic: Clinic,
    signed_in: Callable[[User | None], Client],
) -> None:
    ann, bo = signed_in(person.user), signed_in(open_all_week.user)
    asked = ann.post(f"/clinic/{clinic.pk}/times/ask/", offered(ann, clinic))
    assert asked.status_code == 302
    made = Appointment.objects.get()
    assert b"Confirm it" in bo.get(asked["Location"]).content
    assert b"Confirm it" not in ann.get(asked["Location"]).content
    assert bo.post(f"{asked['Location']}confirm/").status_code == 302
    made.refresh_from_db()
    assert made.status == "confirmed"
    assert "confirmed" in mail.outbox[-1].subject
    assert ann.get("/clinic/appointments/").context["coming"]
    assert b"ann@example.org" in bo.get("/clinic/diary/?of=all&from=" + str(made.starts_at.date())).content
    ann.post(f"{asked['Location']}cancel/", {"why": "a cold"})
    assert not Slot.objects.exists()
    assert [event.what for event in person.audit_events.all()] == ["confirmed an appointment"]


def test_slower_one_is_told_and_sees_what_is_left(
    open_all_week: Membership,
    referral: Referral,
    person: Person,
    clinic: Clinic,
    account: Callable[[str], User],
    signed_in: Callable[[User | None], Client],
) -> None:
    eve = account("eve@example.org")
    Referral.objects.create(person=eve.person, clinic=clinic, urgency="ROUTINE_PHYSIO")
    choice = offered(signed_in(person.user), clinic)
    assert signed_in(eve).post(f"/clinic/{clinic.pk}/times/ask/", choice).status_code == 302
    slower = signed_in(person.user).post(f"/clinic/{clinic.pk}/times/ask/", choice)
    assert slower.status_code == 409
    assert b"just been taken" in slower.content and slower.context["days"]


def test_of_eight_at_once_one_has_the_time_and_the_others_are_told(
    transactional_db: None,
    open_all_week: Membership,
    clinic: Clinic,
    account: Callable[[str], User],
    signed_in: Callable[[User | None], Client],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each on a connection of its own. On PostgreSQL all have seen the time free before one takes it; SQLite
    lets one write at a time, so there they only begin together.
    """
    users = [account(f"person{number}@example.org") for number in range(RACERS)]
    for user in users:
        Referral.objects.create(person=user.person, clinic=clinic, urgency="ROUTINE_PHYSIO")
    clients = [signed_in(user) for user in users]
    choice = offered(clients[0], clinic)
    start, seen_free = Barrier(RACERS), Barrier(RACERS)
    hold = booking._hold

    def hold_together(appointment: Appointment) -> None:
        seen_free.wait(60)
        hold(appointment)

    if connection.vendor == "postgresql":
        monkeypatch.setattr(booking, "_hold", hold_together)
    connection.close()  # one more for those who race

    def asks(client: Client) -> HttpResponse:
        start.wait(60)
        try:
            return client.post(f"/clinic/{clinic.pk}/times/ask/", choice)
        finally:
            connection.close()

    with ThreadPoolExecutor(RACERS) as threads:
        answers = list(threads.map(asks, clients))
    assert sorted(one.status_code for one in answers) == [302] + [409] * (RACERS - 1)
    for one in answers:
        if one.status_code == 409:
            assert b"That time has just been taken. Please choose another" in one.content
            assert choice["time"] not in one.content.decode() and b'name="time"' in one.content
    made = Appointment.objects.get()
    assert made.person.user == users[[one.status_code for one in answers].index(302)]
    assert Slot.objects.filter(appointment=made).count() == 6
    assert [message.to for message in mail.outbox] == [[made.person.user.email]]


@pytest.mark.parametrize("urgency", ["EMERGENCY_NOW", "SAME_DAY"])
def test_the_clinic_books_no_emergency(
    referral: Referral,
    clinic: Clinic,
    person: Person,
    signed_in: Callable[[User | None], Client],
    urgency: str,
) -> None:
    Referral.objects.update(urgency=urgency)
    assert signed_in(person.user).get(f"/clinic/{clinic.pk}/times/").status_code == 403


def test_only_who_handed_over_may_book(
    person: Person, clinic: Clinic, signed_in: Callable[[User | None], Client]
) -> None:
    assert signed_in(person.user).get(f"/clinic/{clinic.pk}/times/").status_code == 404


def test_nobody_sees_anothers_appointment(
    open_all_week: Membership,
    referral: Referral,
    person: Person,
    clinic: Clinic,
    account: Callable[[str], User],
    staff: Callable[..., Membership],
    signed_in: Callable[[User | None], Client],
) -> None:
    ann = signed_in(person.user)
    address = ann.post(f"/clinic/{clinic.pk}/times/ask/", offered(ann, clinic))["Location"]
    elsewhere = Clinic.objects.create(name="Elsewhere")
    strangers = [account("eve@example.org"), staff("cy@else.example", at=elsewhere).user]
    for user in strangers:
        client = signed_in(user)
        for part in ("", "appointment.ics"):
            assert client.get(address + part).status_code == 404
        for part in ("cancel/", "confirm/", "close/"):
            assert client.post(address + part).status_code in {403, 404}
    assert Appointment.objects.get().status == "requested"


def test_practitioner_sets_the_week_with_clear_errors(
    bo: Membership, signed_in: Callable[[User | None], Client]
) -> None:
    client = signed_in(bo.user)
    form = {"add": "week", "week-weekday": "2", "week-starts": "14:00", "week-ends": "13:00", "week-seen": ""}
    wrong = client.post("/clinic/availability/", form)
    assert wrong.status_code == 422 and b"must be later than the start" in wrong.content
    assert client.post("/clinic/availability/", {**form, "week-ends": "16:00"}).status_code == 302
    assert b"Wednesday 14:00 to 16:00" in client.get("/clinic/availability/").content
    row = Availability.objects.get(weekday=2)
    client.post("/clinic/availability/", {"drop_week": row.pk})
    assert not Availability.objects.filter(weekday=2).exists()
