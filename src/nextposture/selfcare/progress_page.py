"""What the progress page shows: one sentence, one main chart, then small multiples, ready for the template.

A series with more readings than a page can carry is shown by the week, by its middle value; every day of it
stands on the page of that chart, which also zooms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

from django.utils import timezone

from nextposture.assessment.change import (
    Change,
    activity_change,
    change_table,
    pain_change,
    size_that_counts,
)
from nextposture.knowledge import Knowledge
from nextposture.planning.progression_table import progression_table
from nextposture.record import course, day, measurements, progress
from nextposture.record.measurements import Series
from nextposture.record.models import Activity, Measurement, Person, Rating
from nextposture.selfcare.charts import (
    Bar,
    Chart,
    Marker,
    Matters,
    Reading,
    Tone,
    bar_chart,
    line_chart,
    span_of,
)
from nextposture.selfcare.progress_words import activity_sentence, measured_sentence, pain_sentence

MONTH = 28
MOST_DAYS = 120
"""More readings than these are shown by the week, or by four."""

MOST_ROWS = 60
"""A longer table than this stands on the page of its chart only."""

RECENT = timedelta(weeks=12)
"""How far back the page shows sessions, sitting and breaks; the page of each chart shows all of it."""

UNITS = {"degrees": "°", "seconds": " s"}
"""Units as short as a chart needs them."""

EVER = date(2000, 1, 1)
YEAR = timedelta(days=365)
LONG = 3 * YEAR
BY_WEEKS = {0: "", 1: ", by the week", 4: ", by four weeks"}
"""How many days a chart of the page puts together: none, or a week, or four for a longer record than LONG."""

MOST_LABELS = 3
"""With more changes of the plan than these, they are ticks on the axis."""

Rows = Sequence[tuple[date, float]]

RATED: Mapping[str, tuple[str, float, Tone]] = {
    Rating.Measure.PAIN_AVERAGE: ("Pain on average over 7 days", 10, "ink"),
    Rating.Measure.PAIN_NOW: ("Pain now", 10, "ink"),
    Rating.Measure.PAIN_WORST: ("Worst pain in 7 days", 10, "ink"),
    Rating.Measure.PAIN_DAYS: ("Days with pain, of 7", 7, "ink"),
    Rating.Measure.CONFIDENCE: ("Confidence to manage", 10, "move"),
    Rating.Measure.WORRY: ("Worry that movement harms", 10, "ink"),
    Rating.Measure.DAILY_LIFE: ("Life as you want it", 10, "move"),
    Rating.Measure.CHANGE: ("Overall change, −5 to 5", 5, "move"),
}
"""Title, top of the scale and tone of what is rated."""

PAIN = (
    Rating.Measure.PAIN_AVERAGE,
    Rating.Measure.PAIN_NOW,
    Rating.Measure.PAIN_WORST,
    Rating.Measure.PAIN_DAYS,
)
FUNCTION = (Rating.Measure.DAILY_LIFE, Rating.Measure.CONFIDENCE, Rating.Measure.WORRY, Rating.Measure.CHANGE)

SIDE_WORDS = {"left": ", left", "right": ", right", "": ""}


@dataclass(frozen=True)
class Shown:
    """A chart, the sentence beside it, and the name of the page that shows it closely."""

    chart: Chart
    name: str
    sentence: str = ""


@dataclass(frozen=True)
class ActivityShown:
    """One activity and what is shown of it; nothing while it is not rated."""

    activity: Activity
    shown: Shown | None
    sentence: str


@dataclass(frozen=True)
class ProgressShown:
    """The page, top to bottom. `change` is the one that the sentence on top is about."""

    sentence: str
    change: Change
    main: Shown | None
    pain: tuple[Shown, ...]
    activities: tuple[ActivityShown, ...]
    function: tuple[Shown, ...]
    movement: tuple[Shown, ...]
    measured: tuple[Shown, ...]
    adverse: tuple[tuple[date, tuple[str, ...]], ...]
    ticks: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was recorded."""
        return not (self.main or self.activities or self.function or self.movement or self.measured)


def progress_shown(known: Knowledge, person: Person, today: date) -> ProgressShown:
    """Everything that is followed of a person, as of a day."""
    rated = progress.all_ratings(person)
    markers = plan_markers(person)
    series = {name: rated.get((name, None), []) for name in RATED}
    span = span_of([Reading(on, 0) for rows in rated.values() for on, _ in (rows[:1] + rows[-1:])])
    leading = PAIN[0] if series[PAIN[0]] else PAIN[1]
    charts = {
        name: _short(Shown(rated_chart(known, name, rows, markers, span), name))
        for name, rows in series.items()
        if rows
    }
    return ProgressShown(
        *_about_pain(known, series[leading]),
        main=charts.get(leading),
        pain=tuple(charts[name] for name in PAIN if name in charts and name != leading),
        activities=tuple(
            _activity(one, rated.get((Rating.Measure.ACTIVITY, one.pk), []), markers, span)
            for one in Activity.objects.filter(person=person, dropped_at=None)
        ),
        function=tuple(charts[name] for name in FUNCTION if name in charts),
        movement=tuple(_movement(person, today - RECENT, today)),
        measured=tuple(
            _short(measured_chart(known, one, markers)) for one in measurements.all_series(person)
        ),
        adverse=tuple(one for one in reversed(progress.adverse(person)) if one[1]),
        ticks=any(not one.label for one in _within(markers, span)),
    )


def close_up(
    known: Knowledge, person: Person, name: str, today: date
) -> tuple[Shown, Rows, float | None] | None:
    """One chart by its name, with every reading and half the width of their band; None if there is none."""
    markers = plan_markers(person)
    if name in RATED:
        rows = progress.ratings(person, Rating.Measure(name))
        if not rows:
            return None
        return Shown(rated_chart(known, name, rows, markers, None, by_day=True), name), rows, None
    for activity in Activity.objects.filter(person=person):
        if name == f"activity-{activity.pk}":
            rows = progress.ratings(person, Rating.Measure.ACTIVITY, activity)
            shown = _activity(activity, rows, markers, None, by_day=True).shown
            return (shown, rows, None) if shown else None
    for one in measurements.all_series(person):
        if name == series_name(one):
            read = [(timezone.localdate(row.at), row.value) for row in one.readings if row.value is not None]
            return measured_chart(known, one, markers, by_day=True), read, one.latest.error
    for shown in _movement(person, None, today):
        if name == shown.name:
            return shown, (), None
    return None


def plan_markers(person: Person) -> list[Marker]:
    """The days on which the plan changed, the first plan left out; labelled while they are few."""
    rules = progression_table().rules
    found = [
        Marker(
            timezone.localdate(one.since),
            "new plan" if not one.rule else rules[one.rule].name.lower(),  # type: ignore[index]
            "New plan" if not one.rule else rules[one.rule].name,  # type: ignore[index]
        )
        for one in course.versions(person)
        if not one.rule or (one.change is not None and one.change.changes)
    ][1:]
    if len(found) <= MOST_LABELS:
        return found
    return [Marker(one.on, "", one.words) for one in found]


def rated_chart(
    known: Knowledge,
    name: str,
    rows: Rows,
    markers: Iterable[Marker],
    span: tuple[date, date] | None,
    *,
    by_day: bool = False,
) -> Chart:
    """The chart of one thing that is rated."""
    title, high, tone = RATED[name]
    counts = name in (Rating.Measure.PAIN_AVERAGE, Rating.Measure.PAIN_NOW) and len(rows) > 1
    first = rows[0][1]
    return _line(
        name.replace("_", "-"),
        title,
        rows,
        markers,
        span,
        low=-5 if name == Rating.Measure.CHANGE else 0,
        high=high,
        matters=Matters(size_that_counts(known.measures["pain"], first)) if counts else None,
        tone=tone,
        by_day=by_day,
    )


def measured_chart(
    known: Knowledge, one: Series, markers: Iterable[Marker], *, by_day: bool = False
) -> Shown:
    """The chart of one series of measurements, each reading with its band.

    Of more readings than a page can carry it shows the middle one of each four weeks, unless `by_day`.
    """
    measure = known.measures[one.measure]
    how = one.latest.get_method_display()
    weeks = 4 if len(one.readings) > MOST_DAYS and not by_day else 0
    rows = _middle_ones(one.readings, weeks) if weeks else one.readings
    readings = [Reading(timezone.localdate(row.at), row.value, row.error or 0.0) for row in rows]
    values = [reading.value or 0.0 for reading in readings]
    bands = [reading.give_or_take for reading in readings]
    low = min([0.0, *(value - band for value, band in zip(values, bands, strict=True))])
    high = max([10.0, *(value + band for value, band in zip(values, bands, strict=True))])
    step = 10
    span = span_of(readings)
    chart = line_chart(
        readings,
        name=series_name(one),
        title=f"{measure.name}{SIDE_WORDS[one.side]}{BY_WEEKS[weeks]}",
        low=step * (low // step),
        high=step * -(-high // step),
        unit=UNITS.get(measure.unit, ""),
        markers=_within(markers, span),
        tone="muscle" if one.measure == measurements.HIP else "move",
    )
    sentence = measured_sentence(measurements.since_first(known, one), measure.unit)
    by = f"Taken by {how}{f', {one.model}' if one.model else ''}."
    return Shown(chart, series_name(one), f"{sentence} {by}")


def series_name(one: Series) -> str:
    """The name of a series in addresses and ids: letters, digits and hyphens."""
    words = "-".join(part for part in (one.measure, one.side, one.method, one.model) if part).lower()
    return "m-" + "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in words)


def _about_pain(known: Knowledge, rows: Rows) -> tuple[str, Change]:
    """The sentence on top and what it rests on: the whole record, or its last year if it is longer."""
    longer = bool(rows) and rows[-1][0] - rows[0][0] > YEAR
    recent = [row for row in rows if rows[-1][0] - row[0] <= YEAR] if longer else list(rows)
    change = pain_change(change_table(), known.measures["pain"], recent)
    sentence = pain_sentence(change, recent)
    return (f"In the last year: {sentence[:1].lower()}{sentence[1:]}" if longer else sentence), change


def _activity(
    activity: Activity,
    rows: Rows,
    markers: Iterable[Marker],
    span: tuple[date, date] | None,
    *,
    by_day: bool = False,
) -> ActivityShown:
    table = change_table()
    sentence = activity_sentence(activity_change(table, rows))
    if not rows:
        return ActivityShown(activity, None, sentence)
    chart = _line(
        f"activity-{activity.pk}",
        activity.words,
        rows,
        markers,
        span,
        matters=Matters(table.one_activity.points, "clearly worse", "clearly better")
        if len(rows) > 1
        else None,
        tone="move",
        by_day=by_day,
    )
    shown = Shown(chart, f"activity-{activity.pk}", sentence)
    return ActivityShown(activity, shown if by_day else _short(shown), sentence)


def _line(
    name: str,
    title: str,
    rows: Rows,
    markers: Iterable[Marker],
    span: tuple[date, date] | None,
    *,
    low: float = 0,
    high: float = 10,
    matters: Matters | None,
    tone: Tone,
    by_day: bool,
) -> Chart:
    weeks = 0
    if len(rows) > MOST_DAYS and not by_day:
        weeks = 1 if rows[-1][0] - rows[0][0] <= LONG else 4
    shown = by_weeks(rows, weeks) if weeks else rows
    whole = span or span_of([Reading(on, value) for on, value in (*shown[:1], *shown[-1:])])
    return line_chart(
        [Reading(on, value) for on, value in shown],
        name=name,
        title=f"{title}{BY_WEEKS[weeks]}",
        low=low,
        high=high,
        matters=matters,
        markers=_within(markers, whole),
        span=whole,
        longest_gap_days=MONTH,
        tone=tone,
    )


def by_weeks(rows: Rows, weeks: int) -> list[tuple[date, float]]:
    """The middle value of each so many weeks that have any, by the Monday on which they begin."""
    days = 7 * weeks
    spans: dict[int, list[float]] = {}
    for on, value in rows:
        spans.setdefault((on.toordinal() - 1) // days, []).append(value)  # day 1 of the calendar was a Monday
    return [(date.fromordinal(span * days + 1), median(values)) for span, values in spans.items()]


def _middle_ones(readings: Sequence[Measurement], weeks: int) -> list[Measurement]:
    """The reading with the middle value of each so many weeks, the lower of two: one that was taken."""
    spans: dict[int, list[Measurement]] = {}
    for one in readings:
        spans.setdefault(one.at.toordinal() // (7 * weeks), []).append(one)
    return [
        sorted(those, key=lambda one: one.value or 0.0)[(len(those) - 1) // 2] for those in spans.values()
    ]


def _short(shown: Shown) -> Shown:
    """Without its table where that is long; it stands on the page of the chart."""
    if len(shown.chart.rows) <= MOST_ROWS:
        return shown
    return replace(shown, chart=replace(shown.chart, rows=()))


def _within(markers: Iterable[Marker], span: tuple[date, date] | None) -> list[Marker]:
    return [one for one in markers if span is not None and span[0] <= one.on <= span[1]]


def _movement(person: Person, since: date | None, today: date) -> Iterable[Shown]:
    weeks = progress.sessions_by_week(person, since, today)
    if weeks:
        bars = [Bar(week, one.sessions) for week, one in weeks.items()]
        yield Shown(bar_chart(bars, name="sessions", title="Sessions a week", counted="Sessions"), "sessions")
        efforts = [(week, one.effort) for week, one in weeks.items() if one.effort is not None]
        if efforts:
            chart = _line(
                "effort", "Effort in sessions", efforts, (), None, matters=None, tone="move", by_day=True
            )
            yield Shown(chart, "effort", "The mean of each week; 5 to 7 out of 10 is what is aimed at.")
    breaks = _breaks(person, since, today)
    if breaks:
        chart = bar_chart(breaks, name="breaks", title="Times up a week", counted="Times up")
        yield Shown(
            chart, "breaks", "Filled: times you were up. Outline: times you were asked or got up unasked."
        )
    sat = progress.sitting_by_week(person, since or EVER, today)
    if sat:
        chart = _line(
            "sitting",
            "Hours of sitting a day, seen",
            list(sat.items()),
            (),
            None,
            high=24,
            matters=None,
            tone="ink",
            by_day=True,
        )
        yield Shown(chart, "sitting", "The mean of the days on which the companion saw you, by the week.")
    told = [
        (on, float(hours))
        for on, one in progress.told_in_check_ins(person, ["sitting_hours_day"])
        if isinstance(hours := one["sitting_hours_day"], (int, float))
    ]
    if told:
        chart = _line(
            "sitting-told",
            "Hours of sitting a day, told",
            told,
            (),
            None,
            high=24,
            matters=None,
            tone="ink",
            by_day=True,
        )
        yield Shown(
            chart, "sitting-told", "As you said it in check-ins; most people sit longer than they think."
        )


def _breaks(person: Person, first: date | None, today: date) -> list[Bar]:
    weeks: dict[date, tuple[int, int]] = {}
    for on, tally in day.breaks_between(person, first or EVER, today).items():
        week = on - timedelta(days=on.weekday())
        up, of = weeks.get(week, (0, 0))
        weeks[week] = (up + tally.up, of + tally.offered + tally.unasked)
    if not weeks:
        return []
    count = (today - min(weeks)).days // 7 + 1
    mondays = [min(weeks) + timedelta(weeks=ahead) for ahead in range(count)]
    return [Bar(week, *weeks[week]) if week in weeks else Bar(week, None) for week in mondays]
