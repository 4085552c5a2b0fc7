"""Sessions: started, followed step by step, ended. What a function here returns is committed.

Every function may be called twice with the same arguments and counts once, so a double tap, a reload or a
repeated request does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from nextposture.knowledge import Knowledge
from nextposture.knowledge.plan_rules import StopRule
from nextposture.planning.session import Step, step_from, stops
from nextposture.record.models import CarePlan, Outcome, Person, Session, SetDone


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
    """End the session at once by a stop rule. Raises ValueError if there is no such rule."""
    rule = stops(knowledge, None, None, [flag])
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is not None and session.finished_at is None and rule is not None:
        session.ending = Session.Ending.STOPPED
        session.stop_rule = rule.id
        session.finished_at = now
        session.save(update_fields=["ending", "stop_rule", "finished_at"])
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
    """End the session with what the person says afterwards; a stop rule that this raises is kept with it."""
    session = Session.objects.select_for_update().filter(person=person, key=key).first()
    if session is None or session.finished_at is not None:
        return session
    worst = max((pain for pain in (pain_after, pain_peak) if pain is not None), default=None)
    rule = stops(knowledge, session.pain_before, worst, flags)
    session.pain_after, session.pain_peak, session.effort = pain_after, worst, effort
    session.ending = session.ending or Session.Ending.DONE
    session.stop_rule = rule.id if rule else ""
    session.finished_at = now
    session.save()
    return session


def standing_stop(knowledge: Knowledge, person: Person, outcome: Outcome | None) -> StopRule | None:
    """The stop rule of the last session, if it ends the plan until a check-in after it; else None."""
    last = Session.objects.filter(person=person, finished_at__isnull=False).order_by("-finished_at").first()
    if last is None or last.finished_at is None:
        return None
    if outcome is not None and outcome.made_at > last.finished_at:
        return None
    return next((rule for rule in knowledge.plan.stop_now if rule.id == last.stop_rule), None)


def stopped_on(person: Person, day: date) -> bool:
    """Whether a session on this day of the person's was ended by, or raised, a stop rule."""
    ended = Session.objects.filter(person=person, finished_at__isnull=False).exclude(stop_rule="")
    last = ended.order_by("-finished_at").first()
    return last is not None and last.finished_at is not None and timezone.localdate(last.finished_at) == day


def sets_done(session: Session) -> int:
    """How many sets of the script were done."""
    return SetDone.objects.filter(session=session).count()
