"""Progress: pain, activities that matter, sessions and breaks over time."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.assessment.change import change_table
from nextposture.record import body_map, progress
from nextposture.record.models import Activity, Person, Rating
from nextposture.record.own import known_to
from nextposture.record.people import person_of
from nextposture.selfcare.day_forms import ActivityForm, ActivityRatingForm, PainForm
from nextposture.selfcare.decisions_shown import decisions_shown
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.plan_changes import review_now
from nextposture.selfcare.progress_page import close_up, progress_shown
from nextposture.selfcare.standing_alarm import alarm_address

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show what changed."""
    return _page(request, person_of(request))


@require_POST
def rate_pain(request: HttpRequest) -> HttpResponse:
    """Keep today's pain ratings; a second time on a day replaces the first."""
    person, form = person_of(request), PainForm(request.POST)
    if not form.is_valid():
        return _page(request, person, pain_form=form)
    now = timezone.now()
    measures = {"now": Rating.Measure.PAIN_NOW, "average": Rating.Measure.PAIN_AVERAGE}
    for name, measure in measures.items():
        if form.cleaned_data[name] is not None:
            progress.rate(person, measure, form.cleaned_data[name], now, None)
    return redirect("selfcare:progress")


@require_POST
def add_activity(request: HttpRequest) -> HttpResponse:
    """Follow an activity in the person's own words."""
    person, form = person_of(request), ActivityForm(request.POST)
    if form.is_valid():
        try:
            progress.follow(person, form.cleaned_data["words"])
        except progress.TooManyError:
            form.add_error("words", "You follow three already. Take one away first; its ratings are kept.")
        else:
            return redirect("selfcare:progress")
    return _page(request, person, activity_form=form)


@require_POST
def rate_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep how an activity goes today."""
    person = person_of(request)
    activity = get_object_or_404(Activity, person=person, pk=pk, dropped_at=None)
    form = ActivityRatingForm(request.POST, prefix=f"activity-{pk}")
    if not form.is_valid():
        return _page(request, person, rating_form=(pk, form))
    progress.rate(person, Rating.Measure.ACTIVITY, form.cleaned_data["value"], timezone.now(), activity)
    return redirect("selfcare:progress")


@require_POST
def drop_activity(request: HttpRequest, pk: int) -> HttpResponse:
    """Follow an activity no longer."""
    person = person_of(request)
    if not Activity.objects.filter(person=person, pk=pk).exists():
        return HttpResponseBadRequest("No such activity.")
    progress.drop(person, pk, timezone.now())
    return redirect("selfcare:progress")


@require_GET
def closer(request: HttpRequest, name: str) -> HttpResponse:
    """One chart closely: every reading as a table, and a drawing that zooms where there is script."""
    person, today = person_of(request), timezone.localdate()
    known = known_to(person)
    found = close_up(known, person, name, today)
    if found is None:
        raise Http404
    shown, rows, band = found
    context = {
        "shown": shown,
        "today": today,
        "readings": {
            "days": [int(datetime.combine(on, time(12), UTC).timestamp()) for on, _ in rows],
            "values": [value for _, value in rows],
            "band": band,
            "title": shown.chart.title,
        }
        if len(rows) > 1
        else None,
    }
    return render(request, "selfcare/progress_closer.html", context)


def _page(
    request: HttpRequest,
    person: Person,
    *,
    pain_form: PainForm | None = None,
    activity_form: ActivityForm | None = None,
    rating_form: tuple[int, ActivityRatingForm] | None = None,
) -> HttpResponse:
    known, now = known_to(person), timezone.now()
    today = timezone.localdate(now)
    shown = progress_shown(known, person, today)
    told = dict([rating_form] if rating_form else [])
    activities = [
        (one, told.get(one.activity.pk) or ActivityRatingForm(prefix=f"activity-{one.activity.pk}"))
        for one in shown.activities
    ]
    standing = open_plan(known, person)
    bad = any(form is not None and form.errors for form in (pain_form, activity_form, *told.values()))
    context = {
        "shown": shown,
        "change": shown.change,
        "cautions": change_table().cautions if shown.main else (),
        "activities": activities,
        "may_add": len(activities) < progress.MOST_ACTIVITIES,
        "empty": shown.is_empty,
        "map": body_map.latest(person),
        "pain_form": pain_form or PainForm(),
        "activity_form": activity_form or ActivityForm(),
        "alarm": alarm_address(known, person, standing),
        "plan_shut": standing.shut,
        "review": review_now(known, person, standing.plan, today) if standing.plan else None,
        "decisions": list(decisions_shown(known, person, standing.plan).values())[::-1],
        "today": today,
    }
    return render(request, "selfcare/progress.html", context, status=UNPROCESSABLE if bad else 200)
