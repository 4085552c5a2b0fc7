"""The section on pain and what matters to the person: ratings over time, and what their change is called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils import timezone

from nextposture.assessment.change import (
    Change,
    activities_change,
    activity_change,
    change_table,
    pain_change,
)
from nextposture.interop.report.body_figure import body_figure
from nextposture.interop.report.parts import Block, Figure, Point, Section, Text, drawn
from nextposture.interop.report.record import Record, cite, ratings_of, sessions_done
from nextposture.interop.report.words import day_words, from_to, grid, least_words, most_words, number_words
from nextposture.record import body_map, progress
from nextposture.record.models import Activity, Rating

UNTOLD = {"none": "not rated", "too_few": "too few ratings, or too short a time, to tell"}
NO_ERROR = "error not known"

MOST_LABELS = 3
"""With more changes of the plan than these, the charts mark them without a label."""

RATED = {
    Rating.Measure.PAIN_AVERAGE: "Average pain, 7 days (0 to 10)",
    Rating.Measure.PAIN_NOW: "Pain now (0 to 10)",
    Rating.Measure.PAIN_WORST: "Worst pain, 7 days (0 to 10)",
    Rating.Measure.PAIN_DAYS: "Days with pain, of 7",
    Rating.Measure.CONFIDENCE: "Confidence to manage (10: quite sure)",
    Rating.Measure.WORRY: "Worry that movement harms (10: the most)",
    Rating.Measure.DAILY_LIFE: "Life as one wants it (10: entirely)",
    Rating.Measure.CHANGE: "Overall change (−5 much worse, 5 much better)",
}
"""What is rated besides the activities; confidence, worry and life are one item each in our own words."""


def course_section(record: Record) -> Section:
    blocks: list[Block] = []
    marks = _plan_marks(record)
    charts = [
        (title, ratings_of(record, measure))
        for measure, title in RATED.items()
        if measure in (Rating.Measure.PAIN_AVERAGE, Rating.Measure.PAIN_NOW)
    ]
    charts += [
        (f"“{one.words}” (0 cannot do it, 10 as before)", ratings_of(record, Rating.Measure.ACTIVITY, one))
        for one in Activity.objects.filter(person=record.person, dropped_at=None)
    ]
    for title, rows in charts:
        if not rows:
            continue
        points = [Point(on, value) for on, value in rows]
        changed = [on for on, _ in marks if rows[0][0] <= on <= rows[-1][0]]
        alt = (
            f"A line over time. {title}: from {from_to(rows)}. The lowest rating was {least_words(rows)} "
            f"and the highest was {most_words(rows)}."
            + (f" The plan changed on {', '.join(day_words(on) for on in changed)}." if changed else "")
        )
        blocks.append(Figure(drawn(points, low=0, high=10, marks=marks), alt, title))
    if blocks and marks:
        blocks.append(Text("Dashed upright lines: days on which the plan changed."))
    rows_shown = [
        (
            title,
            str(len(rows)),
            from_to(rows) if rows else "",
            f"{least_words(rows)} to {most_words(rows)}" if rows else "",
            verdict,
        )
        for title, rows, verdict in _followed(record)
    ]
    blocks += grid(
        "What is followed",
        ("What", "Ratings", "First to last", "Range", "Change"),
        rows_shown,
        (5, 2, 5, 2, 5),
        most=len(rows_shown),
    )
    if blocks:
        blocks.append(Text(_what_counts(record)))
        blocks.append(Text(" ".join(one.text for one in change_table().cautions)))
    maps = pain_maps(record)
    if maps:
        blocks.append(body_figure(maps[0], day_words(maps[0].on)))
        where = [(day_words(one.on), one.words) for one in maps]
        blocks += grid("Where it hurt, newest first", ("Date", "Marked by the person"), where, (2, 9))
    first = timezone.localdate(record.since)
    after = [
        (day_words(on), "; ".join(words) or "none of what was asked")
        for on, words in reversed(progress.adverse(record.person))
        if on >= first
    ]
    blocks += grid("What came after exercising, as told in check-ins", ("Date", "What"), after, (2, 9))
    return Section("course", "Pain and what matters to the person", tuple(blocks))


def _what_counts(record: Record) -> str:
    """What real and meaningful mean, with the numbers and their sources."""
    table, pain = change_table(), record.known.measures["pain"]
    several = record.known.measures["activities"].real
    assert pain.real is not None and pain.meaningful is not None and several is not None
    low = pain.low_start
    return (
        f"Real: more than measurement error. Pain: {pain.real.points:g} points "
        f"({cite(record, pain.real.source)}); the mean of the activities: {several.points:g} "
        f"({cite(record, several.source)}); one activity: {table.one_activity.points:g} "
        f"({cite(record, table.one_activity.source)}). Meaningful: real, and as much as people in studies "
        f"noticed. Only pain has such a threshold here: {pain.meaningful.points:g} points and "
        f"{pain.meaningful.share_of_start * 100:.0f} % of the start "
        f"({cite(record, pain.meaningful.source)})"
        + (
            f"; from a start of {low.start_at_most:g} or less, reaching {low.reached:g} or less"
            if low is not None
            else ""
        )
        + ". Compared are the middle values of the first and of the last seven days with ratings. "
        "Where no error is known, nothing is called real."
    )


def _followed(record: Record) -> Iterable[tuple[str, list[tuple[date, float]], str]]:
    """What is rated, its ratings, and what is called of the change."""
    table = change_table()
    for measure, title in RATED.items():
        rows = ratings_of(record, measure)
        if rows:
            counts = measure in (Rating.Measure.PAIN_AVERAGE, Rating.Measure.PAIN_NOW)
            yield title, rows, pain_verdict(record, rows) if counts else NO_ERROR
    several = []
    for activity in Activity.objects.filter(person=record.person):
        rows = ratings_of(record, Rating.Measure.ACTIVITY, activity)
        if activity.dropped_at is None:
            several.append(rows)
        if rows or activity.dropped_at is None:
            yield f"“{activity.words}” (10: as before)", rows, _activity_verdict(activity_change(table, rows))
    mean = activities_change(table, record.known.measures["activities"], several)
    if mean.first is not None:
        yield "Mean of the activities followed", [], _activity_verdict(mean)
    efforts = [
        (timezone.localdate(one.started_at), float(one.effort)) for one in sessions_done(record) if one.effort
    ]
    if efforts:
        yield "Effort in sessions (0 to 10)", efforts, NO_ERROR


def pain_verdict(record: Record, rows: Sequence[tuple[date, float]]) -> str:
    change = pain_change(change_table(), record.known.measures["pain"], rows)
    if change.verdict in UNTOLD:
        return UNTOLD[change.verdict]
    if change.verdict != "no_change":
        words = f"meaningful: {change.verdict}"
    else:
        words = "real, but not meaningful" if change.real else "no real change"
    return f"{_compared(change)}{words}"


def _activity_verdict(change: Change) -> str:
    if change.verdict in UNTOLD:
        return UNTOLD[change.verdict]
    words = {"higher": "real: better", "lower": "real: worse"}.get(change.verdict, "no real change")
    return f"{_compared(change)}{words}"


def _compared(change: Change) -> str:
    """The middle values that a verdict compares."""
    if change.first is None or change.last is None:
        return ""
    return f"{number_words(change.first)} to {number_words(change.last)}, "


def pain_maps(record: Record) -> list[body_map.Marked]:
    """Where it hurt, newest first, within the period."""
    first = timezone.localdate(record.since)
    return [one for one in body_map.marked(record.person) if one.on >= first]


def _plan_marks(record: Record) -> list[tuple[date, str]]:
    """The days on which the plan changed, labelled while they are few; the first plan is none."""
    found = [
        (timezone.localdate(one.since), "step" if one.rule else "new plan")
        for one in record.versions
        if not one.rule or (one.change is not None and one.change.changes)
    ][1:]
    first = timezone.localdate(record.since)
    within = [(on, label) for on, label in found if on >= first]
    return within if len(within) <= MOST_LABELS else [(on, "") for on, _ in within]
