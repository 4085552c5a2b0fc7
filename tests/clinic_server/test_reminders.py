"""Reminders by email, as a person gets them: pages are used, the clock goes on, a worker does what is due."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from nextposture.clinic import booking, work
from nextposture.clinic.models import Availability, Clinic, Membership, Profile, Referral
from nextposture.record.models import Person

NOW = datetime(2027, 3, 19, 10, tzinfo=UTC)
THURSDAY = datetime(2027, 3, 25, 9, tzinfo=UTC)
FRIDAY = datetime(2027, 3, 26, 15, tzinfo=UTC)


class Days:
    """A clock that goes on when it is told to, and a worker that does what has become due."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.got: list[tuple[datetime, mail.EmailMessage]] = []
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)

    def until(self, at: datetime) -> None:
        """Let the time pass, from one task to the next; what is sent meanwhile is in `got`, with when."""
        while True:
            work.requeue_unsent(self.now)
            worker = work.LeasedWorker(0)._worker
            worker.batch = True
            worker.run()
            self.got += [(self.now, one) for one in mail.outbox]
            mail.outbox.clear()
            if self.now >= at:
                return
            tasks = DBTaskResult.objects
            coming = tasks.filter(status="READY", run_after__gt=self.now, run_after__lt=at)
            steps = [at, *coming.values_list("run_after", flat=True)]
            if tasks.failed().exists():
                steps.append(self.now + timedelta(hours=1))
            self.now = min(steps)

    def reminders(self) -> list[datetime]:
        """When reminders were sent."""
        return [at for at, one in self.got if one.subject == "Your appointment"]


@pytest.fixture
def days(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Days:
    # A worker begins with a fresh connection; the test's transaction is on the one that there is.
    monkeypatch.setattr("django_tasks_db.management.commands.db_worker.close_old_connections", lambda: None)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    return Days(monkeypatch)


@pytest.fixture
def bo(staff: Callable[..., Membership]) -> Membership:
    bo = staff("bo@harbour.example")
    for weekday in range(5):
        Availability.objects.create(practitioner=bo, weekday=weekday, starts=time(9), ends=time(17))
    return bo


@pytest.fixture
def ann(days: Days, person: Person, clinic: Clinic, signed_in: Callable[[User | None], Client]) -> Client:
    """She handed herself over to the clinic, and is in New York."""
    Referral.objects.create(person=person, clinic=clinic, urgency="ROUTINE_PHYSIO")
    client = signed_in(person.user)
    client.cookies["zone"] = "America/New_York"
    return client


@pytest.fixture
def booked(days: Days, ann: Client, bo: Membership, signed_in: Callable[[User | None], Client]) -> str:
    """The page of her appointment on Thursday at nine (London), which is confirmed."""
    page = asks(ann, bo, THURSDAY)
    assert signed_in(bo.user).post(f"{page}confirm/").status_code == 302
    return page


def asks(ann: Client, bo: Membership, at: datetime, move: str = "") -> str:
    form = {"time": f"{bo.pk} {at.isoformat()}", "seen": "telehealth", **({"move": move} if move else {})}
    answer = ann.post(f"/clinic/{bo.clinic_id}/times/ask/", form)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_two_reminders_in_the_persons_zone_and_each_once(days: Days, booked: str) -> None:
    days.until(THURSDAY + timedelta(days=1))
    assert days.reminders() == [THURSDAY - timedelta(hours=48), THURSDAY - timedelta(hours=3)]
    assert all(one.to == ["ann@example.org"] for _, one in days.got)
    body = str(days.got[-1][1].body)
    assert "Thursday 25 March 2027, 05:00 (America/New_York)" in body
    assert "which is 09:00 (Europe/London) at the clinic" in body
    assert "In an emergency, call your local emergency number." in body
    assert booked in body


def test_the_zone_that_somebody_chose_comes_before_the_browsers(
    days: Days, booked: str, person: Person
) -> None:
    Profile.objects.filter(user=person.user).update(time_zone="Asia/Tokyo")
    days.until(THURSDAY)
    assert "Thursday 25 March 2027, 18:00 (Asia/Tokyo)" in str(days.got[-1][1].body)


def test_what_is_only_asked_for_is_not_reminded_of(days: Days, ann: Client, bo: Membership) -> None:
    asks(ann, bo, THURSDAY)
    days.until(THURSDAY)
    assert [one.subject for _, one in days.got] == ["We have your request for an appointment"]


def test_a_worker_that_dies_after_sending_sends_nothing_twice(days: Days, booked: str) -> None:
    days.until(THURSDAY - timedelta(hours=40))
    long_ago = days.now - 2 * work.LEASE
    DBTaskResult.objects.filter(status="SUCCESSFUL").update(status="RUNNING", started_at=long_ago)
    assert work.requeue_lost(days.now)
    days.until(THURSDAY)
    assert days.reminders() == [THURSDAY - timedelta(hours=48), THURSDAY - timedelta(hours=3)]
    assert len(days.got) == 3  # with the confirmation


def test_nothing_after_cancelling(days: Days, booked: str, ann: Client) -> None:
    days.until(THURSDAY - timedelta(hours=24))
    ann.post(f"{booked}cancel/", {"why": "a cold"})
    days.until(THURSDAY)
    assert days.reminders() == [THURSDAY - timedelta(hours=48)]
    assert days.got[-1][1].subject == "Your appointment is cancelled"


def test_after_moving_the_new_time_alone(days: Days, booked: str, ann: Client, bo: Membership) -> None:
    uid = booked.split("/")[-2]
    days.until(THURSDAY - timedelta(hours=24))
    assert asks(ann, bo, FRIDAY, move=uid) == booked
    days.until(FRIDAY)
    assert days.reminders() == [
        THURSDAY - timedelta(hours=48),
        FRIDAY - timedelta(hours=48),
        FRIDAY - timedelta(hours=3),
    ]
    assert "Friday 26 March 2027, 11:00 (America/New_York)" in str(days.got[-1][1].body)


def test_moving_to_someone_else_takes_the_first_out_of_the_calendar(
    days: Days, booked: str, ann: Client, staff: Callable[..., Membership]
) -> None:
    cy = staff("cy@harbour.example")
    Availability.objects.create(practitioner=cy, weekday=4, starts=time(9), ends=time(17))
    uid = booked.split("/")[-2]
    days.until(NOW)
    assert asks(ann, cy, FRIDAY, move=uid) != booked
    days.until(FRIDAY)
    told = {one.subject: str(one.attachments[0][1]) for _, one in days.got}
    gone = told["Your appointment is cancelled"]
    assert uid in gone and "METHOD:CANCEL" in gone
    assert days.reminders() == []


def test_nobody_without_a_verified_address(days: Days, booked: str, person: Person) -> None:
    EmailAddress.objects.filter(user=person.user).update(verified=False)
    days.until(THURSDAY)
    assert days.got == []


def test_a_free_time_is_told_in_both_zones(
    days: Days, booked: str, ann: Client, clinic: Clinic, account: Callable[[str], User]
) -> None:
    eve = account("eve@example.org")
    Profile.objects.filter(user=eve).update(time_zone="Asia/Tokyo")
    handed = Referral.objects.create(person=eve.person, clinic=clinic, urgency="ROUTINE_PHYSIO")
    booking.wait(eve.person, handed, NOW)
    ann.post(f"{booked}cancel/", {})
    days.until(days.now)
    offer = next(one for _, one in days.got if one.to == ["eve@example.org"])
    assert "18:00 (Asia/Tokyo), which is 09:00 (Europe/London) at the clinic" in str(offer.body)


class Away(EmailBackend):
    """A mail server that cannot be reached until `back`, or that refuses an address."""

    back = THURSDAY - timedelta(hours=46)
    error: Exception = ConnectionRefusedError()
    tried = 0

    def send_messages(self, messages: Any) -> int:
        if timezone.now() < self.back:
            type(self).tried += 1
            raise self.error
        return super().send_messages(messages)


@pytest.mark.parametrize(
    ("error", "first"),
    [(ConnectionRefusedError(), 46), (smtplib.SMTPServerDisconnected(), 46), (SMTPRecipientsRefused({}), 3)],
)
def test_a_reminder_waits_for_the_mail_server_and_not_for_an_address_that_is_refused(
    days: Days,
    booked: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    first: int,
) -> None:
    days.until(NOW)
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    monkeypatch.setattr(Away, "error", error)
    days.until(THURSDAY)
    assert days.reminders() == [THURSDAY - timedelta(hours=hours) for hours in sorted({first, 3})[::-1]]


def test_trying_to_send_ends_after_a_day(
    days: Days, booked: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Away"
    monkeypatch.setattr(Away, "back", FRIDAY)
    days.until(NOW + timedelta(days=1))
    tried = Away.tried
    assert tried > 2
    days.until(NOW + timedelta(days=2))
    assert Away.tried == tried
