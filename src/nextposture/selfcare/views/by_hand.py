"""Measurements without the camera, typed in, and all readings of a test."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from nextposture import knowledge
from nextposture.knowledge.coaching import camera_table
from nextposture.knowledge.measure_pages import MeasurePage, measure_pages
from nextposture.knowledge.measures import Measure
from nextposture.knowledge.phone import phone_table
from nextposture.planning.session import stop_rules
from nextposture.record import measurements
from nextposture.record.models import Measurement
from nextposture.record.people import person_of
from nextposture.selfcare.angle_tests import ReadingError, keep_goes
from nextposture.selfcare.hand_forms import AmountForm, AngleForm, form_for
from nextposture.selfcare.measured_words import change_in_words, error_in_words, in_words
from nextposture.selfcare.pictures import picture_of_test
from nextposture.selfcare.views.phone import while_open

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Shown:
    """One reading in a list: its words, its band, and how it differs from the one before it."""

    kept: Measurement
    words: str
    band: str
    change: str


@dataclass(frozen=True)
class History:
    """Readings of one side, taken in one way, newest first."""

    title: str
    rows: tuple[Shown, ...]


@require_http_methods(["GET", "POST"])
@while_open
def enter(request: HttpRequest, name: str) -> HttpResponse:
    """Type in a measurement. A POST keeps it."""
    page = _page(name)
    measure = knowledge.load().measures[page.measure]
    if request.method == "GET":
        form = form_for(page, side=request.GET.get("side", ""))
    else:
        form = form_for(page, request.POST)
        if form.is_valid():
            try:
                kept = _keep(request, page, form)
            except (measurements.MeasurementError, ReadingError) as problem:
                form.add_error(None, str(problem))
            else:
                return redirect("selfcare:measure_result", key=kept.key)
    context = {
        "test": page,
        "measure": measure,
        "form": form,
        "how": phone_table().how if page.id == "thomas" else measure.how,
        "angle": isinstance(form, AngleForm),
        "counted": measure.unit == "times",
        "longest_s": _longest_s(page),
        "svg": picture_of_test(page.figure, moving=True),
        "rules": stop_rules(knowledge.load()),
    }
    return render(request, "selfcare/by_hand.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_GET
@while_open
def readings(request: HttpRequest, name: str) -> HttpResponse:
    """Every reading of a test: a history for each side, way and model, never mixed."""
    page = _page(name)
    known, person = knowledge.load(), person_of(request)
    measure = known.measures[page.measure]
    sides = measurements.SIDES if page.sides else ("",)
    found = [one for side in sides for one in measurements.series(person, page.measure, side)]
    histories = [
        History(_title(one.side, one.latest), tuple(_rows(known, measure, one))) for one in reversed(found)
    ]
    open_ones = Measurement.objects.filter(
        person=person, measure=page.measure, value__isnull=True, dropped_at=None
    ).order_by("-at", "-pk")
    context = {
        "test": page,
        "measure": measure,
        "histories": histories,
        "left_open": [(one, _title(one.side, one)) for one in open_ones],
    }
    return render(request, "selfcare/readings.html", context)


def _page(name: str) -> MeasurePage:
    page = measure_pages().get(name)
    if page is None:
        raise Http404
    return page


def _keep(request: HttpRequest, page: MeasurePage, form: object) -> Measurement:
    person = person_of(request)
    if isinstance(form, AngleForm):
        told = form.cleaned_data
        instrument = phone_table().by_id[told["instrument"]]
        wanted = 1 if instrument.method == "goniometer" else phone_table().level.goes
        [kept] = keep_goes(person, instrument, told["key"], {told["side"]: form.found}, form.at, wanted)
        return kept
    assert isinstance(form, AmountForm)
    told = form.cleaned_data
    return measurements.keep(
        knowledge.load(),
        person,
        told["key"],
        measure=page.measure,
        method=Measurement.Method.TIMER,
        at=form.at,
        value=told["amount"],
        side=told.get("side", ""),
    )


def _rows(known: knowledge.Knowledge, measure: Measure, series: measurements.Series) -> list[Shown]:
    shown = []
    for index, kept in enumerate(series.readings):
        assert kept.value is not None
        so_far = measurements.Series(
            series.measure, series.side, series.method, series.model, series.readings[: index + 1]
        )
        change = change_in_words(measure, measurements.since_last(known, so_far))
        shown.append(Shown(kept, in_words(measure, kept.value), error_in_words(measure, kept), change))
    return shown[::-1]


def _title(side: str, kept: Measurement) -> str:
    way = kept.get_method_display()
    if kept.method == Measurement.Method.PHONE and kept.model:
        way = {"phone page": "this program’s page on a phone", "level app": "a phone’s own level app"}.get(
            kept.model, way
        )
    elif kept.model:
        way = f"{way}, {kept.model}"
    where = f"{side.capitalize()} side, " if side else ""
    return f"{where}{way}" if where else f"{way[:1].upper()}{way[1:]}"


def _longest_s(page: MeasurePage) -> int:
    """Seconds after which the stopwatch ends by itself; 0 for never."""
    test = next((one for one in camera_table().tests if one.id == page.id), None)
    return int(test.most_s) if test is not None and test.most_s is not None else 0
