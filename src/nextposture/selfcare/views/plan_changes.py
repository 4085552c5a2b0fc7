"""What the person says to a change of their plan, and how their back was on the morning after a session."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.planning.progression_table import progression_table
from nextposture.record import course, sessions
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.day_forms import BarrierForm, NextMorningForm
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.plan_changes import versions_shown


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a proposed change in force."""
    person, form = person_of(request), BarrierForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such answer.")
    course.accept(person, pk, timezone.now(), form.cleaned_data["barrier"])
    return redirect("selfcare:plan")


@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the plan as it is, or take a step down back."""
    person, form = person_of(request), BarrierForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such answer.")
    course.decline(person, pk, timezone.now(), form.cleaned_data["barrier"])
    return redirect("selfcare:plan")


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Every version of the plan, with when and why; and the rules that change it."""
    person = person_of(request)
    known = known_to(person)
    context = {
        "versions": versions_shown(known, person),
        "rules": progression_table().rules,
        "table": progression_table(),
    }
    return render(request, "selfcare/plan_history.html", context)


@require_POST
def next_morning(request: HttpRequest) -> HttpResponse:
    """Keep how the back was on the morning after a session."""
    person, form = person_of(request), NextMorningForm(request.POST)
    known = known_to(person)
    if not form.is_valid():
        return HttpResponseBadRequest("Choose a number from 0 to 10.")
    told, now = form.cleaned_data, timezone.now()
    session = sessions.tell_next_morning(person, told["key"], told["pain"], told["back"] == "yes", now)
    plan = open_plan(known, person).plan
    if session is not None and plan is not None:
        course.look(known, person, plan, now)
    return redirect("selfcare:today")
