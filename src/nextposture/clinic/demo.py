"""A believable small clinic, made up from a seed: nobody in it exists."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from nextposture import knowledge
from nextposture.clinic import booking, referrals
from nextposture.clinic.accounts import settle
from nextposture.clinic.models import Availability, Clinic, Membership, Message, Profile, Referral, Seen
from nextposture.knowledge import Urgency, Value
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import check_ins
from nextposture.record.models import Person, Rating

FIRST = (
    *("Amina", "Ben", "Chloe", "Dev", "Ewa", "Farid", "Grace", "Hana", "Idris", "Jonas", "Kofi", "Lena"),
    *("Mei", "Nadia", "Omar", "Priya", "Rosa", "Sam", "Tariq", "Uma", "Viktor", "Wanda", "Yusuf", "Zoe"),
)
LAST = (
    *("Adeyemi", "Brown", "Costa", "Dhillon", "Evans", "Fischer", "Garcia", "Hughes", "Iqbal", "Jones"),
    *("Khan", "Lewis", "Moreau", "Nowak", "Okafor"),
)
TEAM = (
    ("Ines Marlow", "ines", "physiotherapist", True, True),
    ("Tom Achebe", "tom", "physiotherapist", True, False),
    ("Yara Lindqvist", "yara", "physiotherapist", True, False),
)
WISHES = (
    "I would like to sit through a working day again.",
    "Can I go on running?",
    "My back is stiff every morning. What can I do about it?",
    "I drive a cab and cannot stop often.",
    "",
)
DOMAIN = "harbour.example"


@dataclass(frozen=True)
class Demo:
    """What was made: the clinic, and how to get in as each of its staff and as one of its people."""

    clinic: Clinic
    password: str
    staff: tuple[tuple[str, str, str], ...]
    """(name, email, secret for an authenticator app)"""
    person: str
    people: int


class NotEmptyError(ValueError):
    """There are accounts already: a demonstration belongs on a server of its own."""


@transaction.atomic
def make(people: int, seed: int, now: datetime, password: str) -> Demo:
    """Fill an empty server. The same seed makes the same people. Raises NotEmptyError if it is not empty."""
    if User.objects.exists():
        raise NotEmptyError("This server has accounts already. Make the demonstration on an empty one.")
    chance = random.Random(seed)
    clinic = _clinic()
    staff = tuple(_member(clinic, *row, password, chance) for row in TEAM)
    practitioners = list(Membership.objects.filter(clinic=clinic, treats=True).select_related("clinic"))
    for practitioner in practitioners:
        _usual_week(practitioner, chance)
    emails = [_person(clinic, practitioners, number, now, password, chance) for number in range(people)]
    return Demo(clinic, password, staff, emails[0] if emails else "", people)


def _clinic() -> Clinic:
    day = [["08:30", "12:30"], ["13:30", "17:30"]]
    return Clinic.objects.create(
        name="Harbour Street Physiotherapy",
        email=f"desk@{DOMAIN}",
        phone="020 7946 0990",
        help_line="020 7946 0991",
        address="12 Harbour Street\nLondon",
        opening_hours={str(number): day if number < 5 else [] for number in range(7)},
    )


def _account(email: str, name: str, password: str) -> User:
    user = User.objects.create_user(username=email, email=email, password=password)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    settle(user)
    Profile.objects.filter(user=user).update(name=name)
    return user


def _member(
    clinic: Clinic,
    name: str,
    mailbox: str,
    profession: str,
    treats: bool,
    administers: bool,
    password: str,
    chance: random.Random,
) -> tuple[str, str, str]:
    email = f"{mailbox}@{DOMAIN}"
    Membership.objects.create(
        clinic=clinic, email=email, name=name, profession=profession, treats=treats, administers=administers
    )
    secret = generate_totp_secret()
    TOTP.activate(_account(email, name, password), secret)
    return name, email, secret


def _usual_week(practitioner: Membership, chance: random.Random) -> None:
    free_day = chance.randrange(5)
    for weekday in range(5):
        if weekday != free_day:
            seen = Seen.IN_PERSON if weekday % 2 else ""
            for starts, ends in ((time(8, 30), time(12, 30)), (time(13, 30), time(17, 30))):
                Availability.objects.create(
                    practitioner=practitioner, weekday=weekday, starts=starts, ends=ends, seen=seen
                )


def _person(
    clinic: Clinic,
    practitioners: list[Membership],
    number: int,
    now: datetime,
    password: str,
    chance: random.Random,
) -> str:
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}"
    email = f"person{number + 1}@{DOMAIN}"
    who = _account(email, name, password).person
    known = knowledge.load()
    opened = check_ins.open_check_in(who)
    answers = _answers(chance)
    check_ins.save_answers(known, opened, lambda _: answers)
    outcome = check_ins.finish(known, opened)
    _pain_before(who, float(answers["nrs_avg_7d"] or 0), now, chance)
    if not clinic_table().policy[Urgency[outcome.urgency]].clinic or chance.random() < 0.1:
        return email
    items = [one.id for one in clinic_table().share if chance.random() < 0.8] or ["result"]
    handed = referrals.refer(who, clinic, items, now, wish=chance.choice(WISHES))
    Referral.objects.filter(pk=handed.pk).update(made_at=now - timedelta(hours=chance.randrange(1, 300)))
    if chance.random() < 0.6:
        practitioner = chance.choice(practitioners)
        referrals.answer(handed, practitioner, Referral.Status.ACCEPTED, "", now)
        _appointment(who, practitioner, handed, now, chance)
    if chance.random() < 0.3:
        Message.objects.create(
            person=who, clinic=clinic, text="Shall I go on with the stretches until we meet?"
        )
    return email


def _appointment(
    who: Person, practitioner: Membership, handed: Referral, now: datetime, chance: random.Random
) -> None:
    first = timezone.localdate(now) + timedelta(days=chance.randrange(1, 10))
    free = booking.free_times(practitioner, first, first + timedelta(days=6), 30, now)
    if free:
        one = chance.choice(free)
        seen = Seen(one.seen) if one.seen else chance.choice(list(Seen))
        confirmed = chance.random() < 0.7
        booking.book(who, practitioner, one.starts_at, 30, seen, now, referral=handed, confirmed=confirmed)


def _pain_before(who: Person, average: float, now: datetime, chance: random.Random) -> None:
    for week in range(1, 9):
        value = min(10.0, max(0.0, round(average + week * 0.2 + chance.gauss(0, 1))))
        Rating.objects.create(
            person=who, measure=Rating.Measure.PAIN_AVERAGE, at=now - timedelta(weeks=week), value=value
        )


def _answers(chance: random.Random) -> dict[str, Value]:
    """Ordinary back pain of somebody who sits; now and then with something that makes it more urgent."""
    answers: dict[str, Value] = {}
    for name, one in knowledge.load().inputs.items():
        if one.mandatory and one.type == "bool":
            answers[name] = False
        elif one.mandatory and one.type == "choice" and one.choices and "none" in one.choices:
            answers[name] = "none"
    pain = chance.randrange(2, 8)
    answers |= {
        "age_years": chance.randrange(22, 68),
        "sex": chance.choice(["female", "male"]),
        "nrs_now": pain,
        "nrs_avg_7d": max(1, pain - 1),
        "duration_days": chance.choice([10, 20, 50, 90, 200]),
        "trend": chance.choice(["better", "same"]),
        "wants_assessment": True,
        "job_type": chance.choice(["office", "computer", "reception", "cab", "truck", "home"]),
        "sitting_hours_day": chance.randrange(5, 12),
        "driving_hours_day": chance.choice([0, 0, 1, 2]),
        "longest_sitting_bout_min": chance.choice([45, 60, 90, 120, 180]),
        "mvpa_min_week": chance.choice([0, 30, 60, 150, 240]),
        "stretching_habit": chance.random() < 0.3,
        "lifting_daily": chance.random() < 0.2,
        "workstation_fails": chance.randrange(0, 5),
    }
    if chance.random() < 0.25:
        answers |= {"leg_pain": "one", "leg_onset_days": 14, "leg_trend": "stable"}
    if chance.random() < 0.1:
        answers |= {"cancer": "past"}
    if chance.random() < 0.05:
        answers |= {"fever": True}
    return answers
