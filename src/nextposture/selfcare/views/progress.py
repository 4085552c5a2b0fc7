"""Progress: pain, activities that matter, sessions and breaks over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.assessment.change import activity_change, change_table, pain_change, size_that_counts
from nextposture.record import day, progress
from nextposture.record.models import Activity, Person, Rating
from nextposture.record.people import person_of
from nextposture.selfcare.charts import Bar, Chart, Marker, Matters, Reading, bar_chart, line_chart, span_of
from nextposture.selfcare.day_forms import ActivityForm, ActivityRatingForm, PainForm
from nextposture.selfcare.open_plan import open_plan
from nextposture.selfcare.progress_words import activity_sentence, pain_sentence
from nextposture.selfcare.standing_alarm import alarm_address

UNPROCESSABLE = 422
BREAK_DAYS = 14
MONTH = 28


@dataclass(frozen=True)
class ActivityShown:
    """One activity with its sentence, chart and form."""

    activity: Activity
    sentence: str
    chart: Chart | None
    form: ActivityRatingForm


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


def _page(
    request: HttpRequest,
    person: Person,
    *,
    pain_form: PainForm | None = None,
    activity_form: ActivityForm | None = None,
    rating_form: tuple[int, ActivityRatingForm] | None = None,
) -> HttpResponse:
    known, today = knowledge.load(), timezone.localdate()
    markers = [Marker(on, "new plan") for on in progress.plan_days(person)[1:]]
    average = progress.ratings(person, Rating.Measure.PAIN_AVERAGE)
    now = progress.ratings(person, Rating.Measure.PAIN_NOW)
    span = span_of([Reading(on, value) for on, value in (*average, *now)])
    charts = [
        line_chart(
            [Reading(on, value) for on, value in rows],
            name=name,
            title=title,
            matters=Matters(size_that_counts(known.measures["pain"], rows[0][1])) if len(rows) > 1 else None,
            markers=[one for one in markers if span and span[0] <= one.on <= span[1]],
            span=span,
            longest_gap_days=MONTH,
        )
        for name, title, rows in (
            ("pain-average", "Pain on average over 7 days", average),
            ("pain-now", "Pain now", now),
        )
        if rows
    ]
    followed = Activity.objects.filter(person=person, dropped_at=None)
    told = dict([rating_form] if rating_form else [])
    activities = [
        _activity(person, one, told.get(one.pk) or ActivityRatingForm(prefix=f"activity-{one.pk}"))
        for one in followed
    ]
    leading = average or now
    change = pain_change(change_table(), known.measures["pain"], leading)
    sessions = _sessions_chart(person, today)
    breaks = _breaks_chart(person, today)
    bad = any(form is not None and form.errors for form in (pain_form, activity_form, *told.values()))
    context = {
        "sentence": pain_sentence(change, leading),
        "change": change,
        "cautions": change_table().cautions if leading else (),
        "charts": charts,
        "activities": activities,
        "may_add": len(activities) < progress.MOST_ACTIVITIES,
        "sessions": sessions,
        "breaks": breaks,
        "empty": not (leading or activities or sessions or breaks),
        "pain_form": pain_form or PainForm(),
        "activity_form": activity_form or ActivityForm(),
        "alarm": alarm_address(known, person),
        "plan_shut": open_plan(known, person).shut,
        "today": today,
    }
    return render(request, "selfcare/progress.html", context, status=UNPROCESSABLE if bad else 200)


def _activity(person: Person, activity: Activity, form: ActivityRatingForm) -> ActivityShown:
    rows = progress.ratings(person, Rating.Measure.ACTIVITY, activity)
    table = change_table()
    chart = line_chart(
        [Reading(on, value) for on, value in rows],
        name=f"activity-{activity.pk}",
        title=activity.words,
        matters=Matters(table.one_activity.points, "clearly worse", "clearly better")
        if len(rows) > 1
        else None,
        longest_gap_days=MONTH,
        tone="move",
    )
    return ActivityShown(
        activity, activity_sentence(activity_change(table, rows)), chart if rows else None, form
    )


def _sessions_chart(person: Person, today: date) -> Chart | None:
    weeks = progress.sessions_by_week(person, today)
    if not weeks:
        return None
    bars = [Bar(week, count) for week, count in weeks.items()]
    return bar_chart(bars, name="sessions", title="Sessions a week", counted="Sessions")


def _breaks_chart(person: Person, today: date) -> Chart | None:
    tallies = day.breaks_between(person, today - timedelta(days=BREAK_DAYS - 1), today)
    if not tallies:
        return None
    days = [min(tallies) + timedelta(days=ahead) for ahead in range((today - min(tallies)).days + 1)]
    bars = [
        Bar(on, tally.up, tally.offered + tally.unasked) if (tally := tallies.get(on)) else Bar(on, None)
        for on in days
    ]
    return bar_chart(bars, name="breaks", title="Times you were up", period="Day", counted="Times up")
