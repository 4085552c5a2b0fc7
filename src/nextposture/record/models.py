"""The record's tables: what is kept about a person. Every time is stored in UTC."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

ZERO_TO_TEN = [MinValueValidator(0), MaxValueValidator(10)]


class Person(models.Model):
    """Someone about whom a record is kept. In local mode there is one: the owner."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="person")
    created_at = models.DateTimeField(auto_now_add=True)


class CheckIn(models.Model):
    """Answers at one time, by input name. Open, and saved with every answer, until it is finished.

    `danger_signs_since` is since when its danger signs were answered: earlier than `started_at` if they were
    taken over from the check-in before, None once a stop sign of a session came after them.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="check_ins")
    started_at = models.DateTimeField(default=timezone.now)
    danger_signs_since = models.DateTimeField(null=True, blank=True, default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    answers = models.JSONField(default=dict)

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=Q(finished_at__isnull=True), name="one_open_check_in"
            ),
        )


class Outcome(models.Model):
    """What the screening and assessment said of a check-in, with the edition of the tables that said it.

    `result` holds the reasons, routes, blocked exercises and factor states as plain values.
    """

    check_in = models.OneToOneField(CheckIn, on_delete=models.CASCADE, related_name="outcome")
    made_at = models.DateTimeField(default=timezone.now)
    urgency = models.CharField(max_length=20)
    status = models.CharField(max_length=12)
    result = models.JSONField()
    knowledge_version = models.CharField(max_length=20)
    knowledge_hash = models.CharField(max_length=64)
    card_shown_at = models.DateTimeField(null=True, blank=True)


class CarePlan(models.Model):
    """A plan made from an outcome. The person's newest plan is the current one.

    `items`, `later` and `left_out` are lists of plain values (item id, dose, reasons, optional). `items` are
    those in force: each change of them is a `PlanChange`. `course_since` is since when the exercises may
    grow, which a new plan takes over from the one before (empty: since it was made).
    """

    class Phase(models.TextChoices):
        BUILDING = "building"
        MAINTENANCE = "maintenance"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="care_plans")
    outcome = models.OneToOneField(Outcome, on_delete=models.CASCADE, related_name="care_plan")
    made_at = models.DateTimeField(default=timezone.now)
    label = models.CharField(max_length=200, blank=True)
    items = models.JSONField(default=list)
    later = models.JSONField(default=list)
    left_out = models.JSONField(default=list)
    course_since = models.DateTimeField(null=True, blank=True)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.BUILDING)

    class Meta:
        ordering = ("-made_at",)
        get_latest_by = "made_at"


class PlanChange(models.Model):
    """A change of a plan by a rule of progression, with its reason; declined and lapsed ones are kept too.

    `because` names what it rests on (a session, a day, a practitioner's decision). `changes` say what differs
    between the exercises `before` and `after`, which are items as plain values. `barrier` is what the person
    says is in the way.
    """

    class Decision(models.TextChoices):
        PROPOSED = "proposed"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        LAPSED = "lapsed", "no longer holds"

    care_plan = models.ForeignKey(CarePlan, on_delete=models.CASCADE, related_name="plan_changes")
    rule = models.CharField(max_length=5)
    because = models.CharField(max_length=60)
    reason = models.TextField()
    at = models.DateTimeField(default=timezone.now)
    changes = models.JSONField(default=list)
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.PROPOSED)
    decided_at = models.DateTimeField(null=True, blank=True)
    barrier = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.UniqueConstraint(fields=["care_plan", "rule", "because"], name="one_change_a_ground"),
            models.UniqueConstraint(
                fields=["care_plan"], condition=Q(decision="proposed"), name="one_change_proposed"
            ),
        )


class PlanDecision(models.Model):
    """What a practitioner decided about one item of a plan; the newest of an item holds.

    Never altered: whoever thinks again writes another. `key` names it on every computer. `dose` is in the
    form of the plan's own doses, empty where it stays as it is. `exercise` is set where the item is one of a
    clinic's own, in the form of `knowledge.own`. `in_force_at` is since when the plan here follows it. Only
    the answer is the person's: the last one counts.
    """

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed", "confirmed"
        CHANGED = "changed", "changed"
        LOCKED = "locked", "locked"
        ADDED = "added", "added"
        LEFT_OUT = "left_out", "left out"
        FREED = "freed", "given back to the app"

    class Answer(models.TextChoices):
        SEEN = "seen", "seen"
        RATHER_NOT = "rather_not", "would rather not"
        WILLING = "willing", "will do it after all"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="plan_decisions")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    item = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind)
    dose = models.JSONField(default=dict, blank=True)
    why = models.TextField(max_length=1000, blank=True)
    exercise = models.JSONField(default=dict, blank=True)
    by_name = models.CharField(max_length=120)
    by_profession = models.CharField(max_length=40, blank=True)
    clinic_name = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField(default=timezone.now)
    in_force_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answer_why = models.TextField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        indexes = (models.Index(fields=["person", "at"], name="decisions_by_time"),)

    @property
    def by(self) -> str:
        """Who decided, with profession and clinic."""
        return ", ".join(filter(None, (self.by_name, self.by_profession, self.clinic_name)))


class Session(models.Model):
    """One go at the exercises. `steps` is the script it follows, `position` where it is in it.

    `pain_next` is pain on the next morning, `settled` whether it was back to before within 24 hours.
    """

    class Ending(models.TextChoices):
        DONE = "done"
        STOPPED = "stopped", "stopped by a stop rule"
        LEFT = "left", "ended early"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    care_plan = models.ForeignKey(CarePlan, on_delete=models.CASCADE, related_name="sessions")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=8, choices=Ending, blank=True)
    stop_rule = models.CharField(max_length=40, blank=True)
    steps = models.JSONField(default=list)
    position = models.PositiveIntegerField(default=0)
    pain_before = models.PositiveSmallIntegerField(null=True, validators=ZERO_TO_TEN)
    pain_peak = models.PositiveSmallIntegerField(null=True, validators=ZERO_TO_TEN)
    pain_after = models.PositiveSmallIntegerField(null=True, validators=ZERO_TO_TEN)
    effort = models.PositiveSmallIntegerField(null=True, validators=ZERO_TO_TEN)
    pain_next = models.PositiveSmallIntegerField(null=True, blank=True, validators=ZERO_TO_TEN)
    settled = models.BooleanField(null=True, blank=True)
    next_told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-started_at",)
        indexes = (models.Index(fields=["person", "started_at"], name="sessions_by_time"),)
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=Q(finished_at__isnull=True), name="one_open_session"
            ),
        )


class StopSign(models.Model):
    """A stop rule that shuts the plan, as told during or after a session, until a check-in lifts it."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="stop_signs")
    rule = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)
    lifted_by = models.ForeignKey(
        CheckIn, on_delete=models.CASCADE, null=True, blank=True, related_name="stop_signs_lifted"
    )

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["session", "rule"], name="one_sign_a_rule"),)


class SetDone(models.Model):
    """One set of a session that was done. `step` is its place in the session's script, so it counts once."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="sets_done")
    step = models.PositiveIntegerField()
    item = models.CharField(max_length=40)
    side = models.CharField(max_length=5, blank=True)
    seconds = models.PositiveIntegerField(default=0)
    reps = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at",)
        indexes = (models.Index(fields=["at"], name="sets_by_time"),)
        constraints = (models.UniqueConstraint(fields=["session", "step"], name="one_set_a_step"),)


class Break(models.Model):
    """A movement break: one offered and how it was answered, or one taken unasked (no `offered_at`)."""

    class Answer(models.TextChoices):
        DONE = "done", "got up"
        LATER = "later", "put off"
        NOT_NOW = "not_now", "not taken"
        UNANSWERED = "unanswered", "nobody answered"
        WITHDRAWN = "withdrawn", "taken back before it was answered"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="breaks")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offered_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=10, choices=Answer)
    kind = models.CharField(max_length=20, blank=True)
    # What the companion knows besides; a page knows none of it.
    started_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    snoozes = models.PositiveSmallIntegerField(default=0)
    deferred = models.JSONField(default=dict)
    why = models.CharField(max_length=20, blank=True)
    cause = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("-answered_at",)
        indexes = (models.Index(fields=["person", "answered_at"], name="breaks_by_time"),)


class Bout(models.Model):
    """Unbroken sitting, or standing at the desk, as the companion saw it or the person put it right.

    `seconds` leaves out pauses shorter than a break, `span_s` holds them. `seen` is False where nobody could
    see whether the person was there; `by_hand` marks what the person wrote or changed. One that they took out
    keeps its key with `dropped_at`, so that it does not come back.
    """

    class Posture(models.TextChoices):
        SITTING = "sitting"
        STANDING = "standing"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="bouts")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    posture = models.CharField(max_length=8, choices=Posture)
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    span_s = models.FloatField()
    pauses = models.PositiveIntegerField(default=0)
    seen = models.BooleanField(default=True)
    by_hand = models.BooleanField(default=False)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("started_at",)
        indexes = (models.Index(fields=["person", "started_at"], name="bouts_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(seconds__gte=0, span_s__gte=models.F("seconds")), name="bout_lasts"
            ),
        )


class DayOff(models.Model):
    """A day on which nothing is asked and that no streak counts: sick, or on holiday."""

    class Kind(models.TextChoices):
        SICK = "sick", "sick"
        HOLIDAY = "holiday", "holiday"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="days_off")
    on = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind)

    class Meta:
        ordering = ("on",)
        constraints = (models.UniqueConstraint(fields=["person", "on"], name="one_day_off_a_day"),)


class BreakWishes(models.Model):
    """What the person set about breaks; empty means what the tables say."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="break_wishes")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    away_after_min = models.PositiveSmallIntegerField(null=True, blank=True)
    defer_cap_min = models.PositiveSmallIntegerField(null=True, blank=True)
    desk_rises = models.BooleanField(default=False)
    interval_moved_on = models.DateField(null=True, blank=True)
    streaks = models.BooleanField(default=True)


class HabitDone(models.Model):
    """A habit of the plan that was done on a day; exercises count through their sets."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="habits_done")
    item = models.CharField(max_length=40)
    on = models.DateField()

    class Meta:
        ordering = ("on",)
        constraints = (models.UniqueConstraint(fields=["person", "item", "on"], name="one_habit_a_day"),)


class Sitting(models.Model):
    """Since when the person has been sitting, as far as the app was told; empty while they are up.

    While `driving` nothing is timed, asked or counted.
    """

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="sitting")
    since = models.DateTimeField(null=True, blank=True)
    interval_min = models.PositiveSmallIntegerField(null=True, blank=True)
    driving = models.BooleanField(default=False)


class Activity(models.Model):
    """Something that matters to the person and that the pain limits, in their own words."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="activities")
    words = models.CharField(max_length=80)
    added_at = models.DateTimeField(default=timezone.now)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("added_at",)


class Rating(models.Model):
    """A number that the person gives: from 0 to 10, but for those below.

    `ACTIVITY` is how one goes (10: as before), `PAIN_DAYS` days with pain of the last 7, `CHANGE` the overall
    change since the plan began, from -5 much worse to 5 much better. `PAIN_TOO_STRONG` is pain just before a
    session that therefore was not begun. Discomfort is rated within a bout; what counts is how far it rises
    there.
    """

    class Measure(models.TextChoices):
        PAIN_NOW = "pain_now"
        PAIN_AVERAGE = "pain_avg_7d"
        PAIN_WORST = "pain_worst_7d"
        PAIN_DAYS = "pain_days_7d"
        PAIN_TOO_STRONG = "pain_before"
        ACTIVITY = "activity"
        DISCOMFORT = "discomfort"
        CONFIDENCE = "confidence"
        WORRY = "worry"
        DAILY_LIFE = "daily_life"
        CHANGE = "overall_change"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="ratings")
    measure = models.CharField(max_length=20, choices=Measure)
    activity = models.ForeignKey(
        Activity, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings"
    )
    check_in = models.ForeignKey(
        CheckIn, on_delete=models.CASCADE, null=True, blank=True, related_name="ratings"
    )
    at = models.DateTimeField(default=timezone.now)
    value = models.FloatField(validators=[MinValueValidator(-5), MaxValueValidator(10)])

    class Meta:
        ordering = ("at",)
        indexes = (models.Index(fields=["person", "measure", "at"], name="ratings_by_time"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=10)
                | Q(measure="overall_change", value__gte=-5, value__lte=5),
                name="rating_0_to_10",
            ),
            models.UniqueConstraint(
                fields=["check_in", "measure"],
                condition=Q(check_in__isnull=False, activity__isnull=True),
                name="one_rating_a_check_in",
            ),
        )


class PainMap(models.Model):
    """Where it hurts: ids of regions of `body_map.yaml`, none if nowhere. The last one of a day counts."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="pain_maps")
    on = models.DateField()
    regions = models.JSONField(default=list)

    class Meta:
        ordering = ("on",)
        constraints = (models.UniqueConstraint(fields=["person", "on"], name="one_pain_map_a_day"),)


class Measurement(models.Model):
    """One result of a measurement: a row of the table `measures`, one side of the body where it has sides.

    `value` is in the measure's unit and empty where the reading means nothing (the pelvis was not held, say);
    `error` is the half-width of its band. `model` and `runtime` name what saw it where a camera did: values
    of different models are never compared. `detail` holds trials, quality and other angles as plain values.
    One that was taken out keeps its key with `dropped_at`, so that it does not come back.
    """

    class Side(models.TextChoices):
        LEFT = "left"
        RIGHT = "right"

    class Method(models.TextChoices):
        CAMERA = "camera", "camera"
        VIDEO = "video", "video file"
        PHONE = "phone", "phone as inclinometer"
        GONIOMETER = "goniometer", "clinician's goniometer"
        TIMER = "timer", "timed or counted by hand"
        CALL = "call", "in a video call"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="measurements")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    measure = models.CharField(max_length=40)
    side = models.CharField(max_length=5, choices=Side, blank=True)
    method = models.CharField(max_length=10, choices=Method)
    at = models.DateTimeField(default=timezone.now)
    value = models.FloatField(null=True, blank=True)
    error = models.FloatField(null=True, blank=True)
    pelvis_held = models.BooleanField(null=True, blank=True)
    model = models.CharField(max_length=60, blank=True)
    runtime = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(error__isnull=True) | Q(error__gte=0), name="error_not_below_0"
            ),
        )


class Questionnaire(models.Model):
    """A questionnaire that the person or their clinic brought, as FHIR R4; none comes with the app.

    `definition` is the FHIR resource as it came. One that was taken out keeps its responses and `dropped_at`.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="questionnaires")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=300, blank=True)
    version = models.CharField(max_length=60, blank=True)
    definition = models.JSONField()
    added_at = models.DateTimeField(default=timezone.now)
    dropped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("added_at", "pk")


class QuestionnaireResponse(models.Model):
    """One filled-in questionnaire. `response` is the FHIR resource, `scores` what its expressions gave.

    `scores` is a list of plain values (link id, text, value); a score that could not be worked out is None.
    """

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="responses")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now)
    response = models.JSONField()
    scores = models.JSONField(default=list)

    class Meta:
        ordering = ("at", "pk")


class BodyBuild(models.Model):
    """How tall and how heavy a person is, as they said. `strength` names the strength table to reckon with,
    where the sex recorded at birth is not one of the two that have a table; empty where it is."""

    class Strength(models.TextChoices):
        FEMALE = "female", "women"
        MALE = "male", "men"

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="body_build")
    height_cm = models.FloatField()
    mass_kg = models.FloatField()
    strength = models.CharField(max_length=6, choices=Strength, blank=True)
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(height_cm__gt=0, mass_kg__gt=0), name="build_above_0"),
        )


# ---- A clinic that this installation keeps in step with; a clinic's own server has none of these rows


class ClinicLink(models.Model):
    """A clinic's server that the person joined from their own installation, with a code from the clinic.

    `clinic` is what it says of itself. `cursor` is how far what it changed was heard, `parcels` the digests
    of what it holds of the record. `joined_at` is empty until it is known to have taken the code. `trouble`
    is an id of the table `joined.yaml`, empty after a time in step. Its secret is a `ClinicKey`.
    """

    class EndedBy(models.TextChoices):
        PERSON = "person", "you left"
        CLINIC = "clinic", "the clinic ended it"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="clinic_links")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    address = models.CharField(max_length=300)
    clinic = models.JSONField(default=dict)
    name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.CharField(max_length=254, blank=True)
    joined_at = models.DateTimeField(null=True, blank=True)
    in_step_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    trouble = models.CharField(max_length=20, blank=True)
    cursor = models.PositiveBigIntegerField(default=0)
    parcels = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=6, choices=EndedBy, blank=True)

    class Meta:
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["person"], condition=Q(ended_at__isnull=True), name="one_clinic_at_a_time"
            ),
        )


class ClinicKey(models.Model):
    """The secret by which a clinic's server knows this installation; it stays on this computer."""

    link = models.UUIDField(primary_key=True)
    token = models.CharField(max_length=64)


class ToClinic(models.Model):
    """Something that the person did and the clinic is to hear of, in the order of the rows.

    Written in the same transaction as what it stands for. `refused` is why the clinic did not take it.
    """

    link = models.ForeignKey(ClinicLink, on_delete=models.CASCADE, related_name="outbox")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    content = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    refused = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)


class FromClinic(models.Model):
    """What the clinic last said of one thing: a referral, a message, an appointment. `key` names it there."""

    link = models.ForeignKey(ClinicLink, on_delete=models.CASCADE, related_name="heard")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=64)
    content = models.JSONField(default=dict)
    heard_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=["link", "kind", "key"], name="heard_once"),)
