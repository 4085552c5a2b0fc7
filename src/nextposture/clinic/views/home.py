"""The clinic's first page: for those who work there, and for a person who looks for a clinic."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from nextposture.clinic.access import key_in, member_of
from nextposture.clinic.accounts import places_of, works_somewhere
from nextposture.clinic.models import Clinic, Referral
from nextposture.clinic.views.people import queue
from nextposture.selfcare.views import welcome


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """The first page: the clinic's for who works there, a person's own for others."""
    return redirect("clinic:home") if works_somewhere(request.user) else welcome.home(request)


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The dashboard for staff; for a person, their clinics and those that take referrals."""
    if works_somewhere(request.user):
        return queue(request, member_of(request))
    context = {
        "clinics": Clinic.objects.filter(takes_referrals=True).order_by("name"),
        "referrals": Referral.objects.for_user(request.user).select_related("clinic"),
    }
    return render(request, "clinic/clinics.html", context)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Which of their clinics somebody works at now."""
    member_of(request)  # refuses who works nowhere
    wanted = key_in(request.POST.get("clinic"))
    if any(place.clinic_id == wanted for place in places_of(request.user)):
        request.session["clinic"] = wanted
    return redirect("clinic:home")
