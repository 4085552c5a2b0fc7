"""The section on sitting and breaks, as told and as seen at the computer."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date

from django.utils import timezone

from nextposture.interop.report.parts import Points, Section, Text
from nextposture.interop.report.record import Record
from nextposture.interop.report.words import answer_words, count_words, day_words, grid, monday_of
from nextposture.record.models import Bout, Break


def sitting_section(record: Record) -> Section:
    sitting: dict[date, list[float]] = defaultdict(list)
    seen_days: dict[date, set[date]] = defaultdict(set)
    bouts = Bout.objects.filter(
        person=record.person, posture="sitting", dropped_at=None, started_at__gte=record.since
    )
    for started_at, seconds in bouts.values_list("started_at", "seconds"):
        on = timezone.localdate(started_at)
        sitting[monday_of(on)].append(seconds)
        seen_days[monday_of(on)].add(on)
    taken: Counter[date] = Counter()
    offered: Counter[date] = Counter()
    breaks = Break.objects.filter(person=record.person, answered_at__gte=record.since)
    for answered_at, answer, offered_at in breaks.values_list("answered_at", "answer", "offered_at"):
        week = monday_of(timezone.localdate(answered_at))
        taken[week] += answer == Break.Answer.DONE
        offered[week] += offered_at is not None
    rows = []
    for week in sorted({*sitting, *taken, *offered}, reverse=True):
        days = len(seen_days[week])
        hours = f"{sum(sitting[week]) / 3600 / days:.1f} ({count_words(days, 'day')})" if days else "not seen"
        longest = f"{max(sitting[week]) / 60:.0f} min" if sitting[week] else "not seen"
        rows.append((day_words(week), hours, longest, str(taken[week]), str(offered[week])))
    blocks = grid(
        "By week",
        ("Week from", "Hours sitting a day (days seen)", "Longest bout", "Times up", "Breaks asked for"),
        rows,
        (3, 4, 3, 2, 3),
    )
    outcomes = record.outcomes
    if outcomes:
        answers, inputs = outcomes[-1].check_in.answers, record.names()
        told = [
            f"{inputs[name].ask} {answer_words(inputs[name], answers[name])}"
            for name in ("job_type", "sitting_hours_day", "longest_sitting_bout_min", "mvpa_min_week")
            if name in inputs and answers.get(name) is not None
        ]
        if told:
            blocks = [Text("As told in the last check-in:"), Points(tuple(told)), *blocks]
    if rows:
        blocks.append(Text("Seen at the computer only: sitting elsewhere is not in these numbers."))
    return Section("sitting", "Sitting and breaks", tuple(blocks))
