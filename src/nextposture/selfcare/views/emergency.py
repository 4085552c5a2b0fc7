"""The emergency card: danger signs, numbers to call and the words to say."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nextposture import knowledge
from nextposture.selfcare import country as countries
from nextposture.selfcare.emergency_card import card_parts, numbers_for

ONE_YEAR_S = 365 * 24 * 60 * 60


def show(request: HttpRequest) -> HttpResponse:
    """Show the card; `?country=GB` chooses whose numbers, and this browser remembers the choice."""
    table = knowledge.load().emergency_numbers
    chosen = countries.chosen(request, table)
    context = {
        "card": card_parts(),
        "numbers": numbers_for(request),
        "countries": sorted(((code, row.country) for code, row in table.items()), key=lambda pair: pair[1]),
        "elsewhere": countries.ELSEWHERE,
    }
    response = render(request, "selfcare/emergency.html", context)
    if chosen and countries.COOKIE in request.GET:
        response.set_cookie(
            countries.COOKIE,
            chosen,
            max_age=ONE_YEAR_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response
