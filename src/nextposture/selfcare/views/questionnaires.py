"""Questionnaires that the person or their clinic brought: added, answered, looked back on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from nextposture.interop import questionnaires as brought
from nextposture.interop.missing import MissingPartError
from nextposture.interop.scoring import scores_of
from nextposture.record import questionnaires as kept
from nextposture.record.models import Person, Questionnaire
from nextposture.record.people import person_of
from nextposture.selfcare.charts import Chart, Reading, line_chart
from nextposture.selfcare.data_forms import QuestionnaireForm, bytes_of

UNPROCESSABLE = 422


@dataclass(frozen=True)
class Asked:
    """One item as the page shows it: `name` is its field, `chosen` the texts that were sent."""

    item: brought.Item
    name: str
    chosen: tuple[str, ...]
    error: str

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What is sent, and what stands there, for each answer to choose."""
        if self.item.type == "boolean":
            return (("true", "Yes"), ("false", "No"))
        return tuple((str(place), one.text) for place, one in enumerate(self.item.options))


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The questionnaires that are there."""
    return _list(request, person_of(request))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Bring a questionnaire; one that cannot be asked as it was meant is refused."""
    person, form = person_of(request), QuestionnaireForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            definition = brought.questionnaire_in(bytes_of(form.cleaned_data["file"]))
            read = brought.questionnaire_from(definition)
        except brought.QuestionnaireError as refused:
            form.add_error("file", f"The questionnaire was not added: {refused}")
        else:
            made = kept.add(person, definition, title=read.title, url=read.url, version=read.version)
            return redirect("selfcare:questionnaire", key=made.key)
    return _list(request, person, form=form, status=UNPROCESSABLE)


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, key: UUID) -> HttpResponse:
    """Answer a questionnaire, and see what was answered before."""
    person = person_of(request)
    row = _find(person, key)
    form = brought.questionnaire_from(row.definition)
    if request.method == "GET":
        return _page(request, row, form, {}, {})
    given, errors = _given(request, form)
    for missing in brought.missing(form, given):
        errors.setdefault(missing.link_id, "Please answer this.")
    asked = {item.link_id for item in brought.asked_now(form, given)}
    errors = {link_id: error for link_id, error in errors.items() if link_id in asked}
    if errors:
        sent = {link_id: tuple(request.POST.getlist(name)) for link_id, name in _names(form).items()}
        return _page(request, row, form, given, sent, errors, status=UNPROCESSABLE)
    now = timezone.now()
    response = brought.response_of(form, given, now)
    try:
        scores = [score.as_plain() for score in scores_of(form, row.definition, response)]
    except MissingPartError:
        # The answers are kept all the same; the score says that it could not be worked out.
        scores = [
            {"link_id": item.link_id, "text": item.text, "value": None}
            for item in form.all_items
            if item.calculated
        ]
    kept.answer(row, _key(request), response, scores, now)
    return redirect("selfcare:questionnaire", key=row.key)


@require_POST
def drop(request: HttpRequest, key: UUID) -> HttpResponse:
    """Take a questionnaire away; its answers are kept."""
    kept.drop(_find(person_of(request), key), timezone.now())
    return redirect("selfcare:questionnaires")


def _find(person: Person, key: UUID) -> Questionnaire:
    row = kept.find(person, key)
    if row is None:
        raise Http404
    return row


def _key(request: HttpRequest) -> UUID:
    """What tells this answering from another, so that a double tap counts once."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _names(form: brought.Form) -> dict[str, str]:
    """The field of each item: link ids may hold anything, so fields are numbered."""
    return {item.link_id: f"item-{place}" for place, item in enumerate(form.all_items)}


def _given(request: HttpRequest, form: brought.Form) -> tuple[dict[str, list[Any]], dict[str, str]]:
    given: dict[str, list[Any]] = {}
    errors: dict[str, str] = {}
    names = _names(form)
    for item in form.all_items:
        if not item.asked:
            continue
        try:
            values = brought.answer_from(item, request.POST.getlist(names[item.link_id]))
        except ValueError as wrong:
            errors[item.link_id] = str(wrong)
            continue
        if values:
            given[item.link_id] = values
    return given, errors


def _page(
    request: HttpRequest,
    row: Questionnaire,
    form: brought.Form,
    given: brought.Given,
    sent: dict[str, tuple[str, ...]],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    names, errors = _names(form), errors or {}
    shown = [
        Asked(item, names[item.link_id], sent.get(item.link_id, ()), errors.get(item.link_id, ""))
        for item in brought.asked_now(form, given)
        if item.asked or item.type in ("group", "display")
    ]
    responses = list(kept.responses(row))
    context = {
        "row": row,
        "form": form,
        "key": request.POST.get("key") or uuid4(),
        "asked": shown,
        "errors": [one for one in shown if one.error],
        "more_may_come": any(item.when for item in form.all_items),
        "charts": _charts(form, responses),
        "responses": [
            (
                one,
                [(score["text"], score["value"]) for score in one.scores],
                brought.answers_in_words(one.response),
            )
            for one in reversed(responses)
        ],
    }
    return render(request, "selfcare/questionnaire.html", context, status=status)


def _charts(form: brought.Form, responses: list[Any]) -> list[Chart]:
    """Each score that is a number, over time, once there are two of it."""
    charts = []
    for place, item in enumerate(one for one in form.all_items if one.calculated):
        readings = [
            Reading(timezone.localdate(one.at), score["value"])
            for one in responses
            for score in one.scores
            if score["link_id"] == item.link_id and isinstance(score["value"], (int, float))
        ]
        if len(readings) < 2:
            continue
        values = [reading.value or 0 for reading in readings]
        low = min(0.0, *values)
        high = max(*values, low + 1)
        title = item.text or form.title
        charts.append(line_chart(readings, name=f"score-{place}", title=title, low=low, high=high))
    return charts


def _list(
    request: HttpRequest, person: Person, *, form: QuestionnaireForm | None = None, status: int = 200
) -> HttpResponse:
    context = {"rows": kept.current(person), "form": form or QuestionnaireForm()}
    return render(request, "selfcare/questionnaires.html", context, status=status)
