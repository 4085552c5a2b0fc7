"""Measure: what can be measured at home, one test with the camera, and what a reading says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.knowledge import Knowledge
from nextposture.knowledge.measure_pages import SIDES, MeasurePage, measure_pages
from nextposture.planning.session import stop_rules
from nextposture.record import check_ins, measurements
from nextposture.record.models import Measurement, Person
from nextposture.record.people import person_of
from nextposture.selfcare.camera_pages import camera_parts, may_use_camera
from nextposture.selfcare.measured_words import in_words, reading
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.pictures import picture_of_test
from nextposture.selfcare.views.plan_shut import shut_page


@dataclass(frozen=True)
class LastReading:
    """The newest reading of a test, on one side where it has sides."""

    side: str
    words: str
    kept: Measurement


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Every test, what it is for, and its newest readings."""
    known, person = knowledge.load(), person_of(request)
    standing = open_plan(known, person)
    if standing.plan is None:
        return shut_page(request, standing, "Measure")
    tests = [
        (page, known.measures[page.measure], picture_of_test(page.figure), _last(known, person, page))
        for page in measure_pages().values()
    ]
    return render(request, "selfcare/measure.html", {"tests": tests, "wait": standing.wait})


@may_use_camera
@require_GET
def test(request: HttpRequest, name: str) -> HttpResponse:
    """One test, before and while the camera measures it."""
    known, person = knowledge.load(), person_of(request)
    standing = open_plan(known, person)
    if standing.plan is None:
        return shut_page(request, standing, "Measure")
    if standing.wait is not None:
        return render(request, "selfcare/session_wait.html", {"wait": standing.wait})
    page = measure_pages().get(name)
    if page is None:
        raise Http404
    context = {
        "test": page,
        "measure": known.measures[page.measure],
        "svg": picture_of_test(page.figure, moving=True),
        "sides": [(side, side.capitalize()) for side in SIDES] if page.sides else [],
        "asked": request.GET.get("side", "left"),
        "rules": stop_rules(known),
        "script": {
            "test": page.id,
            "sides": page.sides,
            "key": str(uuid.uuid4()),
            "line": bool(page.line),
            "result": request.path.replace(f"/{name}/", "/kept/"),
            "parts": camera_parts(),
        },
    }
    return render(request, "selfcare/measure_test.html", context)


@require_GET
def result(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """What one measurement says."""
    known, person = knowledge.load(), person_of(request)
    kept = get_object_or_404(Measurement, person=person, key=key, dropped_at=None)
    page = _page_of(kept)
    if page is None:
        raise Http404
    comparable = [one for one in measurements.series(person, kept.measure, kept.side) if kept in one.readings]
    since = (
        measurements.since_last(known, comparable[0]) if comparable and comparable[0].latest == kept else None
    )
    other = {"left": "right", "right": "left"}.get(kept.side, "")
    context = {
        "kept": kept,
        "test": page,
        "measure": known.measures[kept.measure],
        "reading": reading(known, page, kept, since, _told(person)),
        "trials": kept.detail.get("trials", []),
        "other": other,
    }
    return render(request, "selfcare/measure_result.html", context)


@require_POST
def take_out(request: HttpRequest, key: uuid.UUID) -> HttpResponse:
    """Count a measurement no longer."""
    measurements.take_out(person_of(request), key, timezone.now())
    return redirect("selfcare:measure")


def _page_of(kept: Measurement) -> MeasurePage | None:
    return next((page for page in measure_pages().values() if page.measure == kept.measure), None)


def _last(known: Knowledge, person: Person, page: MeasurePage) -> list[LastReading]:
    measure = known.measures[page.measure]
    found = []
    for side in SIDES if page.sides else ("",):
        kept = measurements.latest(person, page.measure, side)
        if kept is not None and kept.value is not None:
            found.append(LastReading(side, in_words(measure, kept.value), kept))
    return found


def _told(person: Person) -> Mapping[str, object]:
    """Age and sex as the newest finished check-in has them."""
    outcome = check_ins.current_outcome(person)
    return outcome.check_in.answers if outcome is not None else {}
