"""Today: what is due now, the break timer, and what was done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning.dose_words import dose_parts
from nextposture.planning.session import minutes
from nextposture.record import course, day, sessions
from nextposture.record.companion import rules_for
from nextposture.record.models import Break, CarePlan, Person, Session
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare import breaks_today
from nextposture.selfcare.day_forms import (
    AwayForm,
    BreakForm,
    HabitForm,
    IntervalForm,
    NextMorningForm,
    TimerForm,
)
from nextposture.selfcare.decisions_shown import decisions_shown
from nextposture.selfcare.not_due import not_due
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.pictures import picture
from nextposture.selfcare.plan_changes import change_context, review_now
from nextposture.selfcare.views.plan_shut import shut_page
from nextposture.selfcare.views.session import due_script
from nextposture.sitting.breaks import break_rules


@dataclass(frozen=True)
class SessionDue:
    """The session of today: how long, and its exercises with their drawings."""

    minutes: int
    exercises: tuple[tuple[Item, SafeString], ...]


@dataclass(frozen=True)
class HabitShown:
    """A habit of the plan: whether it was done today, and how much of it."""

    item: Item
    parts: tuple[str, ...]
    done: bool


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show the day; where the plan is shut, only what to do instead."""
    person = person_of(request)
    known = known_to(person)
    standing = open_plan(known, person)
    if standing.plan is None:
        return shut_page(request, standing, "Today")
    now = timezone.now()
    today = timezone.localdate(now)
    look = course.look(known, person, standing.plan, now)
    standing.plan.refresh_from_db(fields=["items", "later", "phase"])
    running = sessions.open_session(person, standing.plan)
    lately, idle = day.done_on(person, today), not (running or standing.wait)
    session = _session_due(known, person, standing.plan, today, lately) if idle else None
    asked = sessions.to_ask_about(person, now)
    return render(
        request,
        "selfcare/today.html",
        {
            **breaks_today.context(person, now),
            "today": today,
            "plan": standing.plan,
            "wait": standing.wait,
            "running": running,
            "session": session,
            "not_due": not_due(known, person, standing.plan, today, lately) if idle and not session else None,
            **change_context(known, standing.plan, look),
            "review": review_now(known, person, standing.plan, today),
            "new_decisions": [
                one for one in decisions_shown(known, person, standing.plan).values() if one.new
            ],
            "asked": asked,
            "next_morning": NextMorningForm(initial={"key": asked.key}) if asked else None,
            "session_done": _done_today(person, today),
            "habits": _habits(known, person, standing.plan, today, lately),
            **_timer(known, person, standing.plan, now),
            "tally": day.breaks_between(person, today, today).get(today),
        },
    )


@require_GET
def timer(request: HttpRequest) -> HttpResponse:
    """The break timer in numbers, for a page that was asleep."""
    person = person_of(request)
    known = known_to(person)
    now = timezone.now()
    asked = day.timer(known, person, open_plan(known, person).plan, now)
    return JsonResponse(
        {
            "sat_s": round((now - asked.since).total_seconds()) if asked.since else None,
            "unknown": asked.prompt is not None and asked.prompt.unknown,
            "due_in_s": round((asked.prompt.due_at - now).total_seconds()) if asked.prompt else None,
        }
    )


@require_POST
def change_timer(request: HttpRequest) -> HttpResponse:
    """Keep what the person is doing now: sitting, up for longer, or driving."""
    person, form = person_of(request), TimerForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such thing to do.")
    match form.cleaned_data["now"]:
        case "sitting":
            day.sit_down(person, timezone.now())
        case "just_sat_down":
            day.restart_timer(person, timezone.now())
        case "up":
            day.stop_timer(person)
        case "driving":
            day.stop_timer(person, driving=True)
    return redirect("selfcare:today")


@require_POST
def was_away(request: HttpRequest) -> HttpResponse:
    """The page saw that nobody was there: as long as a break, it is one, taken unasked or as asked."""
    person = person_of(request)
    known, form = known_to(person), AwayForm(request.POST)
    plan = open_plan(known, person).plan
    if not form.is_valid() or plan is None:
        return HttpResponseBadRequest("No such absence.")
    length = timedelta(seconds=form.cleaned_data["seconds"])
    now = timezone.now()
    asked = day.timer(known, person, plan, now)
    if asked.since is not None and length >= timedelta(minutes=day.break_min(known, plan)):
        day.record_break(person, form.cleaned_data["key"], Break.Answer.DONE, "", asked, now, length)
    return JsonResponse({})


@require_POST
def answer_break(request: HttpRequest) -> HttpResponse:
    """Keep how a break was answered; a second tap counts once."""
    person = person_of(request)
    known, form = known_to(person), BreakForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such break.")
    now = timezone.now()
    asked = day.timer(known, person, open_plan(known, person).plan, now)
    if not asked.driving:
        day.record_break(
            person,
            form.cleaned_data["key"],
            Break.Answer(form.cleaned_data["answer"]),
            form.cleaned_data["kind"],
            asked,
            now,
        )
    return redirect("selfcare:today")


@require_POST
def change_interval(request: HttpRequest) -> HttpResponse:
    """Keep the person's own interval between breaks."""
    person = person_of(request)
    known = known_to(person)
    form = IntervalForm(request.POST, allowed=day.allowed_intervals(known, break_rules()))
    if not form.is_valid():
        return HttpResponseBadRequest("An interval is from 20 to 60 minutes.")
    day.set_interval(person, form.cleaned_data["minutes"])
    return redirect("selfcare:today")


@require_POST
def keep_habit(request: HttpRequest) -> HttpResponse:
    """Keep that a habit of the plan was done today, or not after all."""
    person = person_of(request)
    known, form = known_to(person), HabitForm(request.POST)
    plan = open_plan(known, person).plan
    if not form.is_valid() or plan is None:
        return HttpResponseBadRequest("No such habit.")
    habits = {one.item.id for one in day.planned(known, plan) if not one.item.is_exercise}
    if form.cleaned_data["item"] not in habits:
        return HttpResponseBadRequest("No such habit.")
    today = timezone.localdate()
    day.record_habit(person, form.cleaned_data["item"], today, form.cleaned_data["done"] == "yes")
    return redirect("selfcare:today")


def _session_due(
    known: Knowledge, person: Person, plan: CarePlan, today: date, lately: set[tuple[date, str]]
) -> SessionDue | None:
    exercises, steps = due_script(known, person, plan, today, lately)
    if not steps:
        return None
    shown = tuple((one.item, picture(one.item.id, one.dose.rung or "", known=known)) for one in exercises)
    return SessionDue(minutes(steps), shown)


def _habits(
    known: Knowledge, person: Person, plan: CarePlan, today: date, lately: set[tuple[date, str]]
) -> tuple[HabitShown, ...]:
    """The habits due today, and those done today with a way back."""
    done = {item for on, item in lately if on == today}
    due = {one.item.id for one in day.due_today(known, person, plan, today, lately)}
    return tuple(
        HabitShown(one.item, dose_parts(one.item, one.dose), one.item.id in done)
        for one in day.planned(known, plan)
        if not one.item.is_exercise and one.item.id in due | done
    )


def _done_today(person: Person, today: date) -> list[tuple[Session, int]]:
    """Today's sessions with the sets done in each, also of one that a new plan has overtaken."""
    near = timezone.now() - timedelta(days=2)  # the day is the person's own, wherever midnight is
    begun = Session.objects.filter(person=person, started_at__gte=near).order_by("started_at")
    recent = [one for one in begun if timezone.localdate(one.started_at) == today]
    return [(one, done) for one in recent if (done := sessions.sets_done(one))]


def _timer(known: Knowledge, person: Person, plan: CarePlan, now: datetime) -> dict[str, object]:
    rules, away_s = break_rules(), rules_for(person).away_after_s
    asked = day.timer(known, person, plan, now)
    taken = Break.objects.filter(person=person, answer=Break.Answer.DONE).count()
    kind, idea = rules.suggestion(taken)
    item = rules.kinds[kind].item
    drawn = picture(item or "P_BREAK", side="left" if item and "Left" in idea else "right", prefix="idea")
    sat_s = (now - asked.since).total_seconds() if asked.since else 0
    due_in_s = (asked.prompt.due_at - now).total_seconds() if asked.prompt else 0
    interval_s = asked.interval_min * 60
    return {
        "timer": asked,
        "last_up": day.last_up(person),
        "sat_s": round(sat_s),
        "sat_min": int(sat_s // 60),
        "due_in_s": round(due_in_s),
        "due_in_min": max(1, -(-round(due_in_s) // 60)),
        "ring": round(100 * min(1, max(0, 1 - due_in_s / interval_s)), 1),
        "interval_form": IntervalForm(
            allowed=day.allowed_intervals(known, rules), initial={"minutes": asked.interval_min}
        ),
        "kinds": rules.kinds,
        "kind": kind,
        "idea": idea,
        "idea_picture": drawn,
        "later_min": rules.later_min,
        "away_s": round(away_s),
        "away_min": round(away_s / 60),
        "break_s": round(60 * day.break_min(known, plan)),
        "key": uuid.uuid4(),
    }
