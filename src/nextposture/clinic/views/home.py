"""The clinic's first page: for those who work there, and for a person who looks for a clinic."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from nextposture.clinic.accounts import works_somewhere
from nextposture.clinic.models import Clinic


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The dashboard for staff; for a person, the clinics that take referrals."""
    if works_somewhere(request.user):
        return render(request, "clinic/dashboard.html")
    return render(request, "clinic/clinics.html", {"clinics": Clinic.objects.filter(takes_referrals=True)})
