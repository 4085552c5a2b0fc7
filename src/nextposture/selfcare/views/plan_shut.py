"""The page that stands in for another while the plan is shut."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nextposture.selfcare.emergency_card import card_parts, numbers_for
from nextposture.selfcare.open_plan import OpenPlan


def shut_page(request: HttpRequest, standing: OpenPlan, page: str) -> HttpResponse:
    """What to do instead, in place of the page with the heading `page`."""
    context = {"standing": standing, "numbers": numbers_for(request), "card": card_parts(), "page": page}
    return render(request, "selfcare/plan_shut.html", context)
