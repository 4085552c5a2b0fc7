"""A video call's page: a check of the device, the waiting room, the call, and what came after."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.clinic import calls
from nextposture.clinic.call_page import may_call
from nextposture.clinic.mail import both_times
from nextposture.clinic.relay import ice_servers
from nextposture.knowledge.calls import calls_table
from nextposture.knowledge.measure_pages import SIDES, measure_pages
from nextposture.selfcare.camera_pages import camera_parts

TOO_EARLY = 409


@may_call
@require_GET
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The call of an appointment, for its two and around its time; before it, when it opens."""
    seat, now = _seat(request, uid), timezone.now()
    appointment, asked = seat.appointment, calls_table().measuring
    facts = {
        "appointment": appointment,
        "own": seat.side == "person",
        "when": both_times(appointment),
        "opens_at": calls.opens_at(appointment),
        "over": now >= calls.closes_at(appointment),
        "other": calls.name_of(appointment, seat.other),
        "phone": calls.phone_of(appointment, seat.other),
        "own_phone": calls.phone_of(appointment, seat.side),
    }
    if not calls.is_open(appointment, now):
        return render(request, "clinic/call_closed.html", facts, status=TOO_EARLY)
    test = measure_pages()[asked.tests[0]]
    who = appointment.practitioner.name
    context = {
        **facts,
        "ask": asked.ask.format(who=who),
        "what": asked.what.format(who=who),
        "test": test,
        "measure": knowledge.load().measures[test.measure],
        "sides": [(side, side.capitalize()) for side in SIDES],
        "script": {
            "side": seat.side,
            "link": f"/clinic/calls/{appointment.uid}/",
            "other": facts["other"],
            "test": test.id,
            "ice": ice_servers(now),
            "relayOnly": settings.TURN_ONLY,
            "parts": camera_parts(),
            "back": request.path.removesuffix("call/"),
        },
    }
    return render(request, "clinic/call.html", context)


@require_POST
@transaction.atomic
def by_phone(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Note that the two go on by phone, also where no script runs."""
    seat, now = _seat(request, uid), timezone.now()
    if calls.is_open(seat.appointment, now):
        calls.fell_back_to_phone(seat, now)
    return redirect("clinic:call", uid=uid)


def _seat(request: HttpRequest, uid: UUID) -> calls.Seat:
    seat = calls.seat_of(request.user, uid)
    if seat is None or not calls.is_by_video(seat.appointment):
        raise Http404
    return seat
