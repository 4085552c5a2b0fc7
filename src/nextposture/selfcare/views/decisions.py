"""What the person says to what a practitioner decided about their plan."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from nextposture.record import decided
from nextposture.record.models import PlanDecision
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.day_forms import DecisionAnswerForm, DecisionsSeenForm

CONFLICT = 409


@require_POST
def answer(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Keep that the person would rather not, or will after all; the plan follows at once."""
    person, form = person_of(request), DecisionAnswerForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such answer.")
    said, why = PlanDecision.Answer(form.cleaned_data["said"]), form.cleaned_data["why"]
    try:
        row = decided.answer(known_to(person), person, key, said, why, timezone.now())
    except decided.AnswerError as problem:
        return render(request, "selfcare/decision_changed.html", {"problem": problem}, status=CONFLICT)
    return redirect(f"/plan/#{row.item}" if row is not None else "selfcare:plan")


@require_POST
def seen(request: HttpRequest) -> HttpResponse:
    """Keep that the person has seen the decisions that the page showed."""
    person, form = person_of(request), DecisionsSeenForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No such decision.")
    known, now = known_to(person), timezone.now()
    for row in decided.unseen(person):
        if row.key in form.cleaned_data["key"]:
            decided.answer(known, person, row.key, PlanDecision.Answer.SEEN, "", now)
    return redirect("selfcare:today")
