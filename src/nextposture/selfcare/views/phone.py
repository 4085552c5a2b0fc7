"""The phone as inclinometer: the ways to an angle, pairing by a code to scan, the page on this device."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.knowledge.measure_pages import SIDES, measure_pages
from nextposture.knowledge.phone import phone_table
from nextposture.phone.pairing import CannotPairError
from nextposture.planning.session import stop_rules
from nextposture.record.models import Measurement
from nextposture.record.people import person_of
from nextposture.selfcare import phone_pairing
from nextposture.selfcare.angle_tests import ReadingError, goes_of, keep_goes, key_of
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.pictures import picture
from nextposture.selfcare.views.plan_shut import shut_page

UNPROCESSABLE = 422
THOMAS = "thomas"
P = ParamSpec("P")


def while_open(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A decorator: the page only while exercises are; else what stands before them."""

    @wraps(view)
    def guarded(*args: P.args, **more: P.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        standing = open_plan(knowledge.load(), person_of(request))
        if standing.plan is None:
            return shut_page(request, standing, "Measure")
        if standing.wait is not None:
            return render(request, "selfcare/session_wait.html", {"wait": standing.wait})
        return view(*args, **more)

    return guarded


@require_GET
@while_open
def show(request: HttpRequest) -> HttpResponse:
    """The ways to an angle, the cheapest first."""
    return _ways(request)


@require_POST
@while_open
def pair(request: HttpRequest) -> HttpResponse:
    """Open the port for one phone."""
    try:
        phone_pairing.open_for(person_of(request), request.POST.get("address", ""))
    except CannotPairError as problem:
        return _ways(request, str(problem))
    return redirect("selfcare:phone_pair")


@require_GET
def pairing(request: HttpRequest) -> HttpResponse:
    """The code to scan, and how far the phone is."""
    person = person_of(request)
    opened = phone_pairing.opened_by(person)
    if opened is None:
        return redirect("selfcare:phone")
    phase = opened.pairing.phase
    context = {
        "phase": phase,
        "link": opened.pairing.link,
        # Our own link, drawn by the library: no text of anyone's is in it.
        "code": mark_safe(phone_pairing.code(opened.pairing.link)) if phase == "waiting" else "",
        "closes_at": opened.pairing.closes_at,
        "kept": Measurement.objects.filter(person=person, key__in=opened.kept, dropped_at=None),
        "table": phone_table(),
        "svg": picture("THOMAS_PHONE"),
    }
    return render(request, "selfcare/phone_pair.html", context)


@require_GET
def state(request: HttpRequest) -> JsonResponse:
    """How far the phone is, for the page's script."""
    opened = phone_pairing.opened_by(person_of(request))
    return JsonResponse({"phase": opened.pairing.phase if opened else "closed"})


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Close the port."""
    phone_pairing.close(person_of(request))
    return redirect("selfcare:phone")


@require_GET
@while_open
def here(request: HttpRequest) -> HttpResponse:
    """The phone's page on the very device that shows this, where it is a phone."""
    following = reverse("selfcare:readings", args=[THOMAS])
    script = phone_pairing.script_of(
        send=reverse("selfcare:phone_keep"), csrf=get_token(request), next=following
    )
    context = {"table": phone_table(), "svg": picture("THOMAS_PHONE"), "script": script}
    return render(request, "selfcare/phone_here.html", context)


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what the page on this device measured."""
    table = phone_table()
    if len(request.body) > table.pairing.body_most:
        return HttpResponse("Too long.", status=413, content_type="text/plain")
    try:
        told = json.loads(request.body)
        if not isinstance(told, dict):
            raise ReadingError("This is no reading.")
        keep_goes(
            person_of(request),
            table.by_id["page"],
            key_of(told),
            goes_of(told),
            timezone.now(),
            table.level.goes,
        )
    except ReadingError as problem:
        return HttpResponse(str(problem), status=UNPROCESSABLE, content_type="text/plain")
    except (ValueError, RecursionError):
        return HttpResponse("No reading.", status=400, content_type="text/plain")
    return HttpResponse("Kept.", content_type="text/plain")


def _ways(request: HttpRequest, problem: str = "") -> HttpResponse:
    known = knowledge.load()
    page = measure_pages()[THOMAS]
    side = request.GET.get("side", "")
    context = {
        "test": page,
        "measure": known.measures[page.measure],
        "table": phone_table(),
        "svg": picture("THOMAS_PHONE", moving=True),
        "rules": stop_rules(known),
        "side": side if side in SIDES else "",
        "own_computer": phone_pairing.for_one_person(),
        "can_pair": phone_pairing.can_pair(),
        "addresses": phone_pairing.addresses(),
        "problem": problem,
    }
    return render(request, "selfcare/phone.html", context, status=UNPROCESSABLE if problem else 200)
