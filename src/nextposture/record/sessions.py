"""Sessions: started, followed step by step, ended. What a function here returns is committed.

Every function may be called twice with the same arguments and counts once, so a double tap, a reload or a
repeated request does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.knowledge.plan_rules import StopRule
from nextposture.planning.progression import light_next_day
from nextposture.planning.progression_table import progression_table
from nextposture.planning.session import (
    LEG_SPREAD,
    Light,
    Step,
    light,
    raised,
    session_table,
    step_from,
    stop_rules,
)
from nextposture.record import progress, stop_signs
from nextposture.record.models import CarePlan, Person, Rating, Session, SetDone, StopSign


@dataclass(frozen=True)
class SetResult:
    """What was done of one set: its place in the script, seconds, and repetitions (0 for a hold)."""

    step: int
    seconds: int
    reps: int


def open_session(person: Person, plan: CarePlan) -> Session | None:
    """The session of this plan that is begun and not ended, or None; an older plan's is not gone on with."""
    return (
        Session.objects.filter(person=person, care_plan=plan, finished_at=None)
        .select_related("care_plan")
        .first()
    )


def steps_of(session: Session) -> tuple[Step, ...]:
    """The script that the session follows."""
    return tuple(step_from(plain) for plain in session.steps)


def begun_so_far(person: Person) -> int:
    """How many sessions the person has begun; the next one has this number, counted from 0."""
    return Session.objects.filter(person=person).count()


@transaction.atomic
def start(
    person: Person, plan: CarePlan, key: UUID, steps: Sequence[Step], pain_before: int | None, now: datetime
) -> Session:
    """Begin a session; if there is one with this key, or one of this plan is open, that one.

    A session of an older plan that is still open ends here: the new plan may leave out what it holds.
    """
    known = Session.objects.filter(person=person, key=key).first() or open_session(person, plan)
    if known is not None:
        return known
    Session.objects.filter(person=person, finished_at=None).update(
        finished_at=now, ending=Session.Ending.LEFT
    )
    return Session.objects.create(
        person=person,
        care_plan=plan,
        key=key,
        started_at=now,
        steps=[step.as_plain() for step in steps],
        pain_before=pain_before,
    )


@transaction.atomic
def advance(
    person: Person, key: UUID, position: int, done: SetResult | None, now: datetime
) -> Session | None:
    """Save where the session stands and, if given, a set that was done; None if there is no such session.

    A set counts once however often it is sent, and never for more than its script asks; one that arrives
    after the end still counts, while the place of a session that has ended stays. Raises ValueError for a
    position or a step that the script does not have.
    """
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is None:
        return None
    steps = steps_of(session)
    if not 0 <= position <= len(steps):
        raise ValueError(f"no step {position}")
    if done is not None:
        if not 0 <= done.step < len(steps) or steps[done.step].kind != "set":
            raise ValueError(f"step {done.step} is no set")
        step = steps[done.step]
        SetDone.objects.get_or_create(
            session=session,
            step=done.step,
            defaults={
                "item": step.item,
                "side": step.side,
                "seconds": min(max(done.seconds, 0), step.seconds),
                "reps": min(max(done.reps, 0), step.reps),
                "at": now,
            },
        )
    if session.ending == "" and session.finished_at is None:
        session.position = position
        session.save(update_fields=["position"])
    return session


@transaction.atomic
def leave(person: Person, key: UUID) -> Session | None:
    """End early, for no grave reason: on to the questions after a session."""
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is not None and session.finished_at is None and session.position < len(session.steps):
        session.ending = Session.Ending.LEFT
        session.position = len(session.steps)
        session.save(update_fields=["ending", "position"])
    return session


@transaction.atomic
def stop(knowledge: Knowledge, person: Person, key: UUID, flag: str, now: datetime) -> Session | None:
    """End the session at once by a stop rule; of one that has ended, keep the rule all the same.

    Raises ValueError if there is no such rule.
    """
    rules = raised(knowledge, None, None, [flag])
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is None:
        return None
    if session.finished_at is None:
        session.ending = Session.Ending.STOPPED
        session.finished_at = now
    _keep(knowledge, session, rules, now)
    return session


@transaction.atomic
def finish(
    knowledge: Knowledge,
    person: Person,
    key: UUID,
    *,
    pain_after: int | None,
    pain_peak: int | None,
    effort: int | None,
    flags: Collection[str],
    now: datetime,
) -> Session | None:
    """End the session with what the person says afterwards; a stop rule that this raises is kept with it.

    Of a session that has ended the first numbers stand, but a stop rule that is told only now is kept too.
    """
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is None:
        return None
    worst = max((pain for pain in (pain_after, pain_peak) if pain is not None), default=None)
    rules = raised(knowledge, session.pain_before, worst, flags)
    if session.finished_at is None:
        session.pain_after, session.pain_peak, session.effort = pain_after, worst, effort
        session.ending = session.ending or Session.Ending.DONE
        session.finished_at = now
    _keep(knowledge, session, rules, now)
    return session


def _keep(knowledge: Knowledge, session: Session, rules: Sequence[StopRule], now: datetime) -> None:
    """Save the session, with the gravest of its stop rules by name and every one that shuts the plan."""
    known = stop_rules(knowledge)
    told = [*rules, *(known[name] for name in [session.stop_rule] if name in known)]
    if told:
        # max keeps the first of equals: the newest of two that are as grave.
        session.stop_rule = max(
            told, key=lambda rule: (rule in knowledge.plan.stop_now, rule.urgency or 0)
        ).id
    session.save()
    stop_signs.tell(knowledge, session, rules, now)


@transaction.atomic
def too_painful(person: Person, pain: int, now: datetime) -> None:
    """Keep pain just before a session that was not begun because of it: the exercises wait from now."""
    progress.rate(person, Rating.Measure.PAIN_NOW, pain, now, None)
    Rating.objects.create(person=person, measure=Rating.Measure.PAIN_TOO_STRONG, value=pain, at=now)


def too_painful_since(person: Person, now: datetime) -> Rating | None:
    """The rating because of which the exercises wait now, or None; a lower one does not end the wait."""
    told = (
        Rating.objects.filter(person=person, measure=Rating.Measure.PAIN_TOO_STRONG).order_by("-pk").first()
    )
    # A clock that was set back makes the rating one of the future; it counts all the same.
    return told if told is not None and abs(now - told.at) < pain_wait() else None


def pain_wait() -> timedelta:
    """How long the exercises wait after pain that was too strong to begin."""
    return timedelta(hours=session_table().too_painful.wait_h)


def stopped_on(person: Person, day: date) -> bool:
    """Whether a session on this day of the person's was ended by, or raised, a stop rule."""
    ended = Session.objects.filter(person=person, finished_at__isnull=False).exclude(stop_rule="")
    times = (*ended.values_list("finished_at", flat=True), *_signs_told(person))
    return any(at is not None and timezone.localdate(at) == day for at in times)


def _signs_told(person: Person) -> Iterable[datetime]:
    return StopSign.objects.filter(session__person=person).values_list("at", flat=True)


def sets_done(session: Session) -> int:
    """How many sets of the script were done."""
    return SetDone.objects.filter(session=session).count()


# ---- The light of a session, and the next morning


def light_of(session: Session, any_set: bool) -> Light | None:
    """The traffic light of a session that is over, next morning included; None if pain was not told.

    `any_set` says whether a set of it was done: without one, only a stop rule makes a light.
    """
    if session.ending == Session.Ending.STOPPED:
        return "red"
    before, peak = session.pain_before, session.pain_peak
    if any_set and before is not None and peak is not None:
        so_far = light(session_table().light, before, peak, session.stop_rule == LEG_SPREAD)
        return light_next_day(progression_table(), so_far, before, session.pain_next, session.settled)
    return "red" if session.stop_rule else None


def to_ask_about(person: Person, now: datetime) -> Session | None:
    """The newest session whose next morning is to be asked about: of an earlier day, with pain told.

    One that was not asked about within the days of the table is left alone.
    """
    days = timedelta(days=progression_table().next_morning.ask_days)
    ended = Session.objects.filter(
        person=person, finished_at__isnull=False, finished_at__gte=now - days, settled=None
    ).exclude(pain_peak=None)
    last = ended.order_by("-finished_at", "-pk").first()
    if last is None or last.finished_at is None or last.pain_before is None:
        return None
    return last if timezone.localdate(last.finished_at) < timezone.localdate(now) else None


@transaction.atomic
def tell_next_morning(
    person: Person, key: UUID, pain: int, back_to_before: bool | None, now: datetime
) -> Session | None:
    """Keep how the back was on the morning after a session; None if there is no such session.

    Not back to before counts as settled or not only once the hours of the table are over; until then it is
    asked again.
    """
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is None or session.finished_at is None or session.pain_before is None:
        return None
    over = now - session.finished_at >= timedelta(hours=progression_table().settles_h)
    if pain <= session.pain_before or back_to_before:
        session.settled = True
    elif over:
        session.settled = False
    session.pain_next = max(pain, session.pain_next or 0)
    session.next_told_at = now
    session.save(update_fields=["settled", "pain_next", "next_told_at"])
    return session
