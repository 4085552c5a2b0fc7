"""The first page: what this is, what it is not, and the way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from nextposture.record.check_ins import last_finished
from nextposture.record.people import person_of


def home(request: HttpRequest) -> HttpResponse:
    """Today for someone who has checked in before, the welcome page for everyone else."""
    if last_finished(person_of(request)):
        return redirect("selfcare:today")
    return show(request)


def show(request: HttpRequest) -> HttpResponse:
    """Show the welcome page."""
    return render(request, "selfcare/welcome.html")
