"""The clinic's tables. Every time is in UTC; wall-clock times of a rule are in the clinic's own zone.

Each table that holds something of a person has one gate, `objects.for_user(user)`: the rows that this user
may see, and no other. A view reads through its gate.
"""

from __future__ import annotations

import uuid
from calendar import day_name
from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from nextposture.knowledge.professions import profession_names
from nextposture.record.models import Person

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Viewer = User | AnonymousUser

USER = settings.AUTH_USER_MODEL
M = TypeVar("M", bound=models.Model, covariant=True)


# ---- The clinic and who works there


class Clinic(models.Model):
    """A clinic: how to reach it, when it is open, and how it sees whom.

    `opening_hours` maps weekday (0 Monday) to lists of ["09:00", "17:30"]; `policy` maps an urgency to
    {"by": "in_person" or "telehealth", "within_h": hours}; where empty the table's own hold (clinic.yaml).
    """

    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    help_line = models.CharField(max_length=40, blank=True)
    address = models.TextField(max_length=400, blank=True)
    time_zone = models.CharField(max_length=60, default="Europe/London")
    opening_hours = models.JSONField(default=dict, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    takes_referrals = models.BooleanField(default=True)
    history = HistoricalRecords()

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def working(self) -> Self:
        """Those who joined and have not left."""
        return self.filter(user__isnull=False, left_at=None)

    def for_user(self, user: Viewer) -> Self:
        """The user's own, and all of the clinics that they administer."""
        if not user.is_authenticated:
            return self.none()
        administered = Membership.objects.working().filter(user=user, administers=True).values("clinic")
        return self.filter(Q(user=user) | Q(clinic__in=administered))


class Membership(models.Model):
    """Someone who works at a clinic. Invited by email; joined once that address is verified."""

    class Profession(models.TextChoices):
        PHYSIOTHERAPIST = "physiotherapist", "physiotherapist"
        PHYSICAL_THERAPIST = "physical_therapist", "physical therapist"
        CHIROPRACTOR = "chiropractor", "chiropractor"
        OSTEOPATH = "osteopath", "osteopath"
        OTHER = "other", "other"

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        USER, on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    email = models.EmailField()
    name = models.CharField(max_length=120)
    profession = models.CharField(max_length=20, choices=Profession, default=Profession.PHYSIOTHERAPIST)
    treats = models.BooleanField(default=True)
    administers = models.BooleanField(default=False)
    invited_at = models.DateTimeField(default=timezone.now)
    joined_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["clinic", "email"], condition=Q(left_at=None), name="one_membership_a_clinic"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def profession_name(self) -> str:
        """What their profession is called where the clinic is; empty where it has no name."""
        return profession_names(self.clinic.time_zone).get(self.profession, "")


class Profile(models.Model):
    """How a user is called and reached, and in which zone their days are: what they gave, no more."""

    user = models.OneToOneField(USER, on_delete=models.CASCADE, related_name="profile")
    name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    # Only where the person has no account here: messages go there, and nobody signs in with it.
    email = models.EmailField(blank=True)


# ---- What a person allows, and who looked


class OfPersonQuerySet(models.QuerySet[M]):
    """Rows with a `person` and a `clinic`: the person's own, and those of clinics where the user treats."""

    def for_user(self, user: Viewer) -> Self:
        """The rows that this user may see."""
        if not user.is_authenticated:
            return self.none()
        treats = Membership.objects.working().filter(user=user, treats=True).values("clinic")
        return self.filter(Q(person__user=user) | Q(clinic__in=treats))


class ConsentQuerySet(OfPersonQuerySet["Consent"]):
    def in_force(self, now: datetime) -> Self:
        """Those given, not withdrawn and not run out at `now`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), given_at__lte=now, withdrawn_at=None)


class Consent(models.Model):
    """One thing that a person lets one clinic see, for one purpose. Withdrawn, it ends at once.

    `item` and `purpose` are ids of the table `clinic.yaml`; `words` is what the person read when they agreed.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="consents")
    item = models.CharField(max_length=30)
    purpose = models.CharField(max_length=30)
    words = models.TextField(blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ("-given_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "clinic", "item", "purpose"],
                condition=Q(withdrawn_at=None),
                name="one_consent_an_item_and_purpose",
            ),
        )


class AuditEvent(models.Model):
    """What of a person's somebody else read or changed. Written, never altered; the person sees it."""

    class Action(models.TextChoices):
        READ = "read", "read"
        CHANGED = "changed", "changed"
        ADDED = "added", "added"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="audit_events")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="audit_events")
    actor = models.ForeignKey(USER, on_delete=models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField(max_length=120)
    # Set where it came from the person's own installation.
    installation = models.ForeignKey(
        "Installation", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=8, choices=Action)
    what = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = OfPersonQuerySet["AuditEvent"].as_manager()

    class Meta:
        ordering = ("-at", "-pk")


# ---- Referrals


class Referral(models.Model):
    """What a person handed over to a clinic: their urgency, why, and what they wish for, in their own words.

    `key` names it on the person's own installation too. `reasons` are lines from the screening.
    """

    class Status(models.TextChoices):
        NEW = "new", "waiting to be read"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "not taken"
        CLOSED = "closed", "closed"
        WITHDRAWN = "withdrawn", "taken back"

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="referrals")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="referrals")
    practitioner = models.ForeignKey(
        Membership, on_delete=models.SET_NULL, null=True, blank=True, related_name="referrals"
    )
    urgency = models.CharField(max_length=20)
    reasons = models.JSONField(default=list)
    wish = models.TextField(max_length=2000, blank=True)
    prefers = models.CharField(max_length=12, blank=True)
    knowledge_version = models.CharField(max_length=20, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    answer = models.TextField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = OfPersonQuerySet["Referral"].as_manager()

    class Meta:
        ordering = ("-made_at", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["person", "clinic"],
                condition=Q(status__in=["new", "accepted"]),
                name="one_open_referral_a_clinic",
            ),
        )


class Installation(models.Model):
    """A person's own installation that keeps in step with the clinic. Of its token only the hash is kept.

    `parcels` are the digests of what was taken of the person's record.
    """

    class EndedBy(models.TextChoices):
        PERSON = "person", "the person left"
        CLINIC = "clinic", "ended by the clinic"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="installations")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="installations")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=80, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=6, choices=EndedBy, blank=True)
    parcels = models.JSONField(default=dict, blank=True)

    objects = OfPersonQuerySet["Installation"].as_manager()

    class Meta:
        ordering = ("pk",)


class Told(models.Model):
    """What an installation was told of one thing, as a digest; `seq` is when, in the order of telling."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="told")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, blank=True)
    seq = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("seq",)
        constraints = (
            models.UniqueConstraint(fields=["installation", "kind", "key"], name="told_once"),
            models.UniqueConstraint(fields=["installation", "seq"], name="told_in_order"),
        )


class Taken(models.Model):
    """Something that an installation told, by its key, so that the same told twice is done once.

    `refused` is why it was not done.
    """

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="taken")
    key = models.UUIDField()
    kind = models.CharField(max_length=20)
    refused = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["installation", "key"], name="taken_once"),)


class JoiningCode(models.Model):
    """A code that the clinic gives one person to join their installation; good once, for a few days.

    `whom` is what the clinic notes, so that an installation can be told from others before it is used.
    """

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="joining_codes")
    made_by = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="joining_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    whom = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        Installation, on_delete=models.SET_NULL, null=True, blank=True, related_name="codes"
    )

    class Meta:
        ordering = ("-made_at", "-pk")


# ---- What the clinic says and decides


class OwnExercise(models.Model):
    """An exercise of the clinic's own; `exercise` is in the form of `knowledge.own`."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="own_exercises")
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="own_exercises")
    slug = models.SlugField(max_length=40)
    exercise = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)
    dropped_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    class Meta:
        ordering = ("slug",)
        constraints = (
            models.UniqueConstraint(fields=["clinic", "slug"], name="one_exercise_a_slug_and_clinic"),
        )


class Message(models.Model):
    """One message between a person and a clinic."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="messages")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = OfPersonQuerySet["Message"].as_manager()

    class Meta:
        ordering = ("at", "pk")


class Note(models.Model):
    """A clinician's note about a person. The person may read it; it is corrected, never overwritten."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notes")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="notes")
    text = models.TextField(max_length=8000)
    at = models.DateTimeField(default=timezone.now)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    history = HistoricalRecords()

    objects = OfPersonQuerySet["Note"].as_manager()

    class Meta:
        ordering = ("-at", "-pk")


# ---- Appointments


class Seen(models.TextChoices):
    """How an appointment is held."""

    IN_PERSON = "in_person", "in person"
    TELEHEALTH = "telehealth", "by video"


class Availability(models.Model):
    """When a practitioner sees people in a usual week, in the clinic's zone."""

    practitioner = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="availability")
    weekday = models.PositiveSmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()
    seen = models.CharField(max_length=12, choices=Seen, blank=True)
    from_day = models.DateField(null=True, blank=True)
    until_day = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("weekday", "starts")
        constraints = (
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekday_0_to_6"),
            models.CheckConstraint(condition=Q(ends__gt=F("starts")), name="availability_lasts"),
        )

    @property
    def day_name(self) -> str:
        """The weekday in words."""
        return day_name[self.weekday]


class AvailabilityException(models.Model):
    """A stretch of time that differs from the usual week: away, or there besides."""

    practitioner = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="exceptions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    available = models.BooleanField(default=False)
    why = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ("starts_at",)
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="exception_lasts"),
        )


class Appointment(models.Model):
    """One appointment. `uid` and `sequence` are its iCalendar event's; `sequence` grows with each change.

    While it stands it holds a row of Slot for each five minutes, so that no two can overlap.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "asked for"
        CONFIRMED = "confirmed", "confirmed"
        CANCELLED = "cancelled", "cancelled"
        DONE = "done", "held"
        MISSED = "missed", "not held"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sequence = models.PositiveIntegerField(default=0)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="appointments")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="appointments")
    practitioner = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="appointments")
    referral = models.ForeignKey(
        Referral, on_delete=models.SET_NULL, null=True, blank=True, related_name="appointments"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    seen = models.CharField(max_length=12, choices=Seen)
    status = models.CharField(max_length=10, choices=Status, default=Status.REQUESTED)
    person_zone = models.CharField(max_length=60, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    cancelled_why = models.CharField(max_length=200, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    history = HistoricalRecords()

    objects = OfPersonQuerySet["Appointment"].as_manager()

    class Meta:
        ordering = ("starts_at", "pk")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_lasts"),
        )


class Slot(models.Model):
    """Five minutes of a practitioner that an appointment holds; `tick` counts five minutes since 1970."""

    practitioner = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="slots")
    tick = models.PositiveIntegerField()
    appointment = models.ForeignKey(Appointment, on_delete=models.CASCADE, related_name="slots")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["practitioner", "tick"], name="no_double_booking"),)


class WaitingPlace(models.Model):
    """A person who would take an earlier appointment if one comes free."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="waiting_places")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="waiting_places")
    referral = models.ForeignKey(Referral, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    seen = models.CharField(max_length=12, choices=Seen, blank=True)
    before = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField(default=timezone.now)
    offered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = OfPersonQuerySet["WaitingPlace"].as_manager()

    class Meta:
        ordering = ("since",)
        constraints = (
            models.UniqueConstraint(
                fields=["person", "clinic"], condition=Q(ended_at=None), name="one_waiting_place_a_clinic"
            ),
        )


class Call(models.Model):
    """A video call of an appointment. Who was there and when; nothing of what was said or seen."""

    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="call")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    opened_at = models.DateTimeField(default=timezone.now)
    person_joined_at = models.DateTimeField(null=True, blank=True)
    practitioner_joined_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    fell_back_to_phone = models.BooleanField(default=False)


# ---- Work behind the pages


class WorkerSeen(models.Model):
    """When a task worker last said that it lives; what a silent one was running is done by another."""

    worker = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField()


class Sent(models.Model):
    """A message that went out, named by what it was for, so that a task done twice sends it once."""

    what = models.CharField(max_length=120, primary_key=True)
    at = models.DateTimeField(default=timezone.now)
