"""The page that stands in for another while the plan is shut."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nextposture.record import check_ins
from nextposture.record.people import person_of
from nextposture.selfcare.emergency_card import card_parts, numbers_for
from nextposture.selfcare.open_plan import OpenPlan


def shut_page(request: HttpRequest, standing: OpenPlan, page: str) -> HttpResponse:
    """What to do instead, in place of the page with the heading `page`."""
    person = person_of(request)
    context = {
        "standing": standing,
        "numbers": numbers_for(request),
        "card": card_parts(),
        "page": page,
        "open_check_in": check_ins.find_open(person),
        "has_result": check_ins.current_outcome(person) is not None,
    }
    return render(request, "selfcare/plan_shut.html", context)
