"""Breaks on Today: the companion's answers, putting bouts right by hand, days off, wishes, the calendar."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nextposture import knowledge
from nextposture.record import companion
from nextposture.record.people import person_of
from nextposture.selfcare import breaks_today
from nextposture.selfcare.breaks_calendar import calendar
from nextposture.selfcare.day_forms import (
    BoutForm,
    BreakByHandForm,
    BreakWishesForm,
    CompanionForm,
    DayOffForm,
    DiscomfortForm,
    PromptForm,
)
from nextposture.selfcare.open_plan import open_plan
from nextposture.sitting.table import companion_table

UNPROCESSABLE = 422


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """Pass on to the companion what the person says. If none runs any more, Today shows that."""
    person_of(request)
    form = CompanionForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such thing to say.")
    breaks_today.say(form.cleaned_data["what"])
    return redirect("selfcare:today")


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """What the companion says in a few words, for a page that stays open."""
    person_of(request)
    found = breaks_today.running()
    if found is None:
        return JsonResponse({"phase": "", "prompt": "", "minutes": None})
    prompt = f"{found.prompt['number']}{found.prompt['shown']}" if found.prompt else ""
    return JsonResponse({"phase": found.phase, "prompt": prompt, "minutes": found.minutes})


@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Pass the answer to a prompt on to the companion."""
    person_of(request)
    form = PromptForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such answer.")
    breaks_today.answer(form.cleaned_data["number"], form.cleaned_data["answer"])
    return redirect("selfcare:today")


@require_POST
def correct_bout(request: HttpRequest) -> HttpResponse:
    """Take a bout out, or make it as short as it was."""
    person, form = person_of(request), BoutForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such bout.")
    key, minutes = form.cleaned_data["key"], form.cleaned_data["minutes"]
    if minutes is None:
        companion.drop_bout(person, key, timezone.now())
    else:
        companion.shorten_bout(person, key, minutes)
    return redirect("selfcare:breaks")


@require_POST
def add_break(request: HttpRequest) -> HttpResponse:
    """Write down a break of today that nobody saw."""
    person, form = person_of(request), BreakByHandForm(request.POST)
    if not form.is_valid():
        return _page(request, by_hand=form)
    at = timezone.make_aware(datetime.combine(timezone.localdate(), form.cleaned_data["at"]))
    if at > timezone.now():
        form.add_error("at", "That is still to come.")
        return _page(request, by_hand=form)
    companion.add_break(person, form.cleaned_data["key"], at, form.cleaned_data["minutes"])
    return redirect("selfcare:breaks")


@require_POST
def rate_discomfort(request: HttpRequest) -> HttpResponse:
    """Keep how the back feels now; the interval follows from tomorrow."""
    person, form = person_of(request), DiscomfortForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("A number from 0 to 10.")
    companion.rate_discomfort(person, form.cleaned_data["value"], timezone.now())
    return redirect("selfcare:breaks")


@require_POST
def day_off(request: HttpRequest) -> HttpResponse:
    """Mark a day as off, or no longer; the companion hears of it."""
    person, form = person_of(request), DayOffForm(request.POST)
    if not form.is_valid():
        return _page(request, off=form)
    companion.set_day_off(person, form.cleaned_data["on"], form.cleaned_data["kind"])
    breaks_today.say("refresh")
    return redirect("selfcare:breaks")


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest) -> HttpResponse:
    """The breaks in full: the day, the weeks, what can be put right and set. A POST keeps the wishes."""
    if request.method == "GET":
        return _page(request)
    form = BreakWishesForm(request.POST, instance=companion.wishes(person_of(request)))
    if not form.is_valid():
        return _page(request, wishes=form)
    form.save()
    breaks_today.say("refresh")
    return redirect("selfcare:breaks")


@require_GET
def ics(request: HttpRequest) -> HttpResponse:
    """The breaks as a calendar file."""
    known, person = knowledge.load(), person_of(request)
    standing = open_plan(known, person)
    if standing.plan is None:
        return redirect("selfcare:today")
    today, wait = timezone.localdate(), standing.wait is not None
    plan = companion.plan_for(known, person, standing.plan, today, exercises_wait=wait)
    return HttpResponse(
        calendar(plan, timezone.now()),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="movement-breaks.ics"'},
    )


def _page(
    request: HttpRequest,
    *,
    wishes: BreakWishesForm | None = None,
    by_hand: BreakByHandForm | None = None,
    off: DayOffForm | None = None,
) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    known = knowledge.load()
    plan = open_plan(known, person).plan
    context = breaks_today.context(person, now)
    wrong = any(form is not None for form in (wishes, by_hand, off))
    context |= {
        "wishes": wishes or BreakWishesForm(instance=companion.wishes(person)),
        "by_hand": by_hand or BreakByHandForm(initial={"key": uuid4(), "at": timezone.localtime(now)}),
        "discomfort": DiscomfortForm(),
        "interval_min": companion.move_interval(known, person, plan, timezone.localdate(now)),
        "moved_on": companion.wishes(person).interval_moved_on,
        "comfort": companion_table().comfort,
        "off": off or DayOffForm(initial={"on": timezone.localdate(now)}),
        "plan_open": plan is not None,
    }
    return render(request, "selfcare/breaks.html", context, status=UNPROCESSABLE if wrong else 200)
