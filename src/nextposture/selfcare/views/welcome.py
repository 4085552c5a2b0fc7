"""The first page: what this is, what it is not, and the way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from nextposture import knowledge
from nextposture.record.check_ins import last_finished
from nextposture.record.people import person_of
from nextposture.selfcare.standing_alarm import alarm_address


def home(request: HttpRequest) -> HttpResponse:
    """What an emergency asks for; else Today after a check-in, and the welcome page before one."""
    person = person_of(request)
    if alarm := alarm_address(knowledge.load(), person):
        return redirect(alarm)
    if last_finished(person):
        return redirect("selfcare:today")
    return show(request)


def show(request: HttpRequest) -> HttpResponse:
    """Show the welcome page, below an emergency if there is one."""
    alarm = alarm_address(knowledge.load(), person_of(request))
    return render(request, "selfcare/welcome.html", {"alarm": alarm})
