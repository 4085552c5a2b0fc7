"""The session: before it, guided step by step, after it, and what it says."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nextposture.knowledge import Knowledge
from nextposture.planning.dose_words import dose_parts
from nextposture.planning.progression import halved_sets
from nextposture.planning.session import (
    Step,
    minutes,
    own_tempos,
    script,
    session_table,
    stop_rules,
    stops,
    table_for,
)
from nextposture.record import course, day, sessions
from nextposture.record.models import CarePlan, Person, Session
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare import breaks_today
from nextposture.selfcare.camera_pages import camera_parts, may_use_camera
from nextposture.selfcare.coached_sets import watched
from nextposture.selfcare.day_forms import AfterForm, StartForm, StepForm, StopForm
from nextposture.selfcare.decisions_shown import decisions_shown
from nextposture.selfcare.not_due import next_session_day, not_due
from nextposture.selfcare.open_plan import OpenPlan, open_plan
from nextposture.selfcare.pictures import picture
from nextposture.selfcare.plan_changes import change_context
from nextposture.selfcare.session_words import pictures, shown_steps
from nextposture.selfcare.views.plan_shut import shut_page

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The session where it stands: not begun, under way, or done and to be rated."""
    person = person_of(request)
    known = known_to(person)
    standing = open_plan(known, person)
    if standing.plan is None:
        return shut_page(request, standing, "Session")
    running = sessions.open_session(person, standing.plan)
    if running is not None and running.position >= len(running.steps):
        return _after(request, running, AfterForm(initial={"key": running.key}))
    if standing.wait is not None:
        return _wait(request, standing)
    if running is None:
        course.look(known, person, standing.plan, timezone.now())
        standing.plan.refresh_from_db(fields=["items", "later", "phase"])
        return _before(request, known, person, standing.plan, StartForm(initial={"key": uuid.uuid4()}))
    return _guided(request, known, running)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin what is due, after pain before was told; pain at the limit begins nothing."""
    person = person_of(request)
    known = known_to(person)
    standing = open_plan(known, person)
    if standing.plan is None:
        return shut_page(request, standing, "Session")
    if standing.wait is not None or sessions.open_session(person, standing.plan):
        return redirect("selfcare:session")
    form = StartForm(request.POST)
    if not form.is_valid():
        if "key" in form.errors:
            return HttpResponseBadRequest("No such session.")
        return _before(request, known, person, standing.plan, form)
    pain = form.cleaned_data["pain"]
    now = timezone.now()
    if stops(known, None, pain, ()):
        sessions.too_painful(person, pain, now)
        return redirect("selfcare:session")
    course.look(known, person, standing.plan, now)
    standing.plan.refresh_from_db(fields=["items", "later", "phase"])
    _, steps = due_script(known, person, standing.plan, timezone.localdate(now))
    if steps:
        sessions.start(person, standing.plan, form.cleaned_data["key"], steps, pain, now)
    return redirect("selfcare:session")


@require_POST
def step(request: HttpRequest) -> HttpResponse:
    """Save where the session stands and a set that was done; a script gets JSON, a form the page.

    The script hears that the session is over, too, when an answer given elsewhere has shut the plan.
    """
    person = person_of(request)
    known, form = known_to(person), StepForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such step.")
    told = form.cleaned_data
    done = None
    if told["step"] is not None:
        done = sessions.SetResult(told["step"], told["seconds"] or 0, told["reps"] or 0)
    try:
        session = sessions.advance(person, told["key"], told["position"], done, timezone.now())
    except ValueError:
        return HttpResponseBadRequest("No such step.")
    if not request.accepts("text/html"):
        if session is None:
            return JsonResponse({"open": False}, status=404)
        standing = open_plan(known, person)
        goes_on = standing.plan == session.care_plan and standing.wait is None and session.finished_at is None
        return JsonResponse({"open": goes_on, "position": session.position})
    return redirect("selfcare:session")


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    """Ask why, or act on it at once: a stop rule ends the session, anything else leads to the questions."""
    person = person_of(request)
    known = known_to(person)
    if request.method == "GET":
        running = _running(known, person)
        if running is None:
            return redirect("selfcare:session")
        return render(request, "selfcare/session_stop.html", {"session": running, "rules": stop_rules(known)})
    form = StopForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such session.")
    key, rule = form.cleaned_data["key"], form.cleaned_data["rule"]
    if not rule:
        sessions.leave(person, key)
        return redirect("selfcare:session")
    try:
        ended = sessions.stop(known, person, key, rule, timezone.now())
    except ValueError:
        return HttpResponseBadRequest("No such stop rule.")
    return _after_ending(known, person, ended)


@require_POST
def finish(request: HttpRequest) -> HttpResponse:
    """Keep what is said after the session and end it."""
    person = person_of(request)
    known = known_to(person)
    form = AfterForm(request.POST)
    if not form.is_valid():
        running = _running(known, person)
        if running is None or "key" in form.errors:
            return redirect("selfcare:session")
        return _after(request, running, form)
    told = form.cleaned_data
    ended = sessions.finish(
        known,
        person,
        told["key"],
        pain_after=told["pain_after"],
        pain_peak=told["pain_peak"],
        effort=told["effort"],
        flags=told["flags"],
        now=timezone.now(),
    )
    return _after_ending(known, person, ended)


def _after_ending(known: Knowledge, person: Person, ended: Session | None) -> HttpResponse:
    """The session's result, or the shut plan's page if a stop sign shut it; the companion hears of that."""
    if open_plan(known, person).plan is None:
        breaks_today.say("refresh")
        return redirect("selfcare:session")
    if ended is None:
        return redirect("selfcare:session")
    return redirect("selfcare:session_result", ended.key)


@require_GET
def result(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """What a session that is over says, and what comes next."""
    person = person_of(request)
    known = known_to(person)
    session = get_object_or_404(Session, person=person, key=key, finished_at__isnull=False)
    standing = open_plan(known, person)
    look = course.look(known, person, standing.plan, timezone.now()) if standing.plan else None
    standing = open_plan(known, person)
    goes_on = standing.plan == session.care_plan and standing.wait is None
    today = timezone.localdate()
    limits = session_table().light
    sets_done = sessions.sets_done(session)
    colour = sessions.light_of(session, bool(sets_done))
    context = {
        "session": session,
        "colour": colour,
        "words": limits.words[colour] if colour else None,
        **(change_context(known, standing.plan, look) if standing.plan else {}),
        "rule": stop_rules(known).get(session.stop_rule),
        "sets_done": sets_done,
        "sets": sum(one.kind == "set" for one in sessions.steps_of(session)),
        "still_due": goes_on
        and standing.plan is not None
        and bool(due_script(known, person, standing.plan, today)[0]),
        "next_due": next_session_day(known, person, standing.plan, today)
        if goes_on and standing.plan
        else None,
    }
    return render(request, "selfcare/session_result.html", context)


# ---- What the pages show


def due_script(
    known: Knowledge,
    person: Person,
    plan: CarePlan,
    today: date,
    done: Collection[tuple[date, str]] | None = None,
) -> tuple[tuple[day.Planned, ...], tuple[Step, ...]]:
    """The exercises due today and the script of their session; both empty if nothing is due.

    After a stop rule there is no further session on that day; the one after a red session has half the sets.
    `done` is what `day.done_on` gives, where it has been read already.
    """
    if sessions.stopped_on(person, today):
        return (), ()
    exercises = tuple(one for one in day.due_today(known, person, plan, today, done) if one.item.is_exercise)
    one_sided = {one.item.id for one in exercises if one.item.one_sided}
    if course.next_is_halved(person, plan):
        exercises = tuple(replace(one, dose=halved_sets(one.dose)) for one in exercises)
    number = sessions.begun_so_far(person)
    doses = [(one.item.id, one.dose) for one in exercises]
    steps = script(session_table(), doses, one_sided, number, own_tempos(known))
    return exercises, steps


def _running(known: Knowledge, person: Person) -> Session | None:
    plan = open_plan(known, person).plan
    return sessions.open_session(person, plan) if plan else None


def _wait(request: HttpRequest, standing: OpenPlan) -> HttpResponse:
    return render(request, "selfcare/session_wait.html", {"wait": standing.wait})


def _before(
    request: HttpRequest, known: Knowledge, person: Person, plan: CarePlan, form: StartForm
) -> HttpResponse:
    today = timezone.localdate()
    done = day.done_on(person, today)
    exercises, steps = due_script(known, person, plan, today, done)
    table = table_for(known)
    told = decisions_shown(known, person, plan)
    needs = dict.fromkeys(need for one in exercises for need in table.needs.get(one.item.id, ()))
    context = {
        "exercises": [
            (
                one.item,
                dose_parts(one.item, one.dose)[:-1] if one.dose.days_per_week else (),
                picture(one.item.id, one.dose.rung or "", known=known),
                told.get(one.item.id),
            )
            for one in exercises
        ],
        "minutes": minutes(steps),
        "halved": course.next_is_halved(person, plan),
        "needs": list(needs),
        "form": form,
        "rules": stop_rules(known),
        "has_exercises": any(one.item.is_exercise for one in day.planned(known, plan)),
        "label": plan.label,
        "today": today,
        "not_due": None if steps else not_due(known, person, plan, today, done),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "selfcare/session_before.html", context, status=status)


@may_use_camera
def _guided(request: HttpRequest, known: Knowledge, session: Session) -> HttpResponse:
    steps = sessions.steps_of(session)
    decided = decisions_shown(known, session.person, session.care_plan)
    shown = shown_steps(known, table_for(known), session.care_plan, steps, decided)
    at = shown[session.position]
    seen = watched(known, session.care_plan, steps)
    context = {
        "session": session,
        "at": at,
        "is_set": at.kind == "set",
        "script": {
            "key": str(session.key),
            "position": session.position,
            "steps": [one.as_plain() for one in shown],
            "camera": {"watched": seen, "parts": camera_parts()} if any(seen) else None,
        },
        "pictures": pictures(known, session.care_plan, steps),
        "rules": stop_rules(known),
        "total": len(shown),
        "after": session.position + 1,
        "before": max(session.position - 1, 0),
    }
    return render(request, "selfcare/session_guided.html", context)


def _after(request: HttpRequest, session: Session, form: AfterForm) -> HttpResponse:
    context = {
        "session": session,
        "form": form,
        "sets_done": sessions.sets_done(session),
        "sets": sum(one.kind == "set" for one in sessions.steps_of(session)),
    }
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "selfcare/session_after.html", context, status=status)
