"""A report for a physiotherapist: what was told, measured and done, how sure it is, and what is not known.

It states; it does not interpret beyond what the rules say, and never names a diagnosis. All numbers come from
the record as kept; the thresholds beside them from the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from nextposture import __version__
from nextposture.interop.questionnaires import answers_in_words
from nextposture.interop.report.course import course_section, pain_maps, pain_verdict
from nextposture.interop.report.measurements import latest_measurements, measured_words, measurements_section
from nextposture.interop.report.parts import Points, Report, Section
from nextposture.interop.report.plan import adherence_words, factors_section, plan_section
from nextposture.interop.report.record import (
    Record,
    first_of,
    measured_rows,
    plans_made,
    ratings_of,
    sessions_done,
)
from nextposture.interop.report.signs import danger_signs_section
from nextposture.interop.report.sitting import sitting_section
from nextposture.interop.report.words import (
    URGENCY_WORDS,
    count_words,
    date_words,
    day_words,
    from_to,
    grid,
    number_words,
)
from nextposture.knowledge import Urgency
from nextposture.planning.decisions import sentence
from nextposture.planning.progression_table import progression_table
from nextposture.planning.session import stop_rules
from nextposture.record import stop_signs
from nextposture.record.models import (
    Activity,
    Bout,
    DayOff,
    Measurement,
    Person,
    PlanChange,
    QuestionnaireResponse,
    Rating,
    Session,
    StopSign,
)
from nextposture.record.own import known_to


def report_of(person: Person, now: datetime, weeks: int | None = 12, only: Set[str] | None = None) -> Report:
    """The report about the last `weeks` weeks (None: everything there is); `only`: of these sections."""
    known = known_to(person)
    since = now - timedelta(weeks=weeks) if weeks else person.created_at
    first = first_of(person)
    if weeks is None and first is not None:
        since = min(first, since)
    record = Record(known, person, since, now, weeks is None)
    reviewed = known.release.reviewed_by
    return Report(
        title="Report on back pain and sitting",
        made_on=date_words(now),
        period=f"{date_words(since)} to {date_words(now)}",
        foot=(
            f"Made by Next Posture {__version__} from what the person told and measured; tables "
            f"{known.release.version} ({known.hash[:12]}), "
            + (f"reviewed by {reviewed}." if reviewed else "not yet reviewed by a registered clinician.")
            + " It is information, not a diagnosis."
        ),
        sections=tuple(
            section
            for name, make in SECTIONS.items()
            if only is None or name in only
            if (section := make(record)).blocks
        ),
    )


def _in_short(record: Record) -> Section:
    points = []
    outcomes = record.outcomes
    if outcomes:
        last = outcomes[-1]
        points.append(
            f"Last check-in, {date_words(last.made_at)}: {URGENCY_WORDS[Urgency[last.urgency]]}"
            + (" (danger signs not completely answered)." if last.status == "incomplete" else ".")
        )
    else:
        points.append("No check-in has been finished, so danger signs are not known.")
    for rule in stop_signs.standing(record.known, record.person):
        points.append(
            f"A stop sign of a session stands, not yet answered by a check-in: {sentence(rule.text)}"
        )
    for measure, words in (
        (Rating.Measure.PAIN_AVERAGE, "Average pain"),
        (Rating.Measure.PAIN_NOW, "Pain now"),
    ):
        rows = ratings_of(record, measure)
        if rows:
            points.append(f"{words}: {from_to(rows)} ({pain_verdict(record, rows)}).")
    overall = ratings_of(record, Rating.Measure.CHANGE)
    if overall:
        on, value = overall[-1]
        points.append(
            f"Overall change since the plan began, as the person sees it: {number_words(value)} "
            f"on a scale from −5 much worse to 5 much better ({day_words(on)})."
        )
    hurts = pain_maps(record)
    if hurts:
        points.append(f"Where it hurts, marked on {day_words(hurts[0].on)}: {hurts[0].words}.")
    sessions = sessions_done(record)
    if sessions:
        stopped = sum(one.ending == Session.Ending.STOPPED for one in sessions)
        points.append(
            f"{count_words(len(sessions), 'session')} of exercises"
            + (f", {stopped} ended by a stop rule." if stopped else ", none ended by a stop rule.")
        )
    done = adherence_words(record)
    if done:
        points.append(done)
    latest = latest_measurements(record)
    if latest:
        points.append(f"Last measured: {'; '.join(measured_words(record, one) for one in latest)}.")
    return Section("in-short", "In short", (Points(tuple(points)),))


def _questionnaires(record: Record) -> Section:
    found = QuestionnaireResponse.objects.filter(questionnaire__person=record.person, at__gte=record.since)
    responses = list(found.select_related("questionnaire").order_by("-at"))
    rows = [
        (
            date_words(one.at),
            one.questionnaire.title
            + (f" (version {one.questionnaire.version})" if one.questionnaire.version else ""),
            "; ".join(f"{score['text']}: {_score(score['value'])}" for score in one.scores)
            or "no score declared",
        )
        for one in responses
    ]
    blocks = grid(
        "Scores, by the questionnaire's own rule", ("Date", "Questionnaire", "Score"), rows, (2, 5, 5)
    )
    newest: dict[int, QuestionnaireResponse] = {}
    for one in responses:
        newest.setdefault(one.questionnaire_id, one)
    for one in newest.values():
        blocks += grid(
            f"{one.questionnaire.title}: answers of {date_words(one.at)}",
            ("Question", "Answer"),
            answers_in_words(one.response),
            (4, 2),
            most=100,
        )
    return Section("questionnaires", "Questionnaires that were brought", tuple(blocks))


def _score(value: Any) -> str:
    return (
        "could not be worked out"
        if value is None
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _timeline(record: Record) -> Section:
    person, since = record.person, record.since
    events: list[tuple[datetime, str]] = []
    for outcome in record.outcomes:
        events.append((outcome.made_at, f"Check-in: {URGENCY_WORDS[Urgency[outcome.urgency]].lower()}"))
    for plan in plans_made(record):
        if plan.items:
            events.append((plan.made_at, f"New plan with {count_words(len(plan.items), 'item')}"))
    rules_of_change = progression_table().rules
    for change in PlanChange.objects.filter(care_plan__person=person, at__gte=since):
        name = rules_of_change[change.rule].name if change.rule in rules_of_change else change.rule  # type: ignore[index]
        events.append((change.at, f"Plan: {name.lower()} ({change.rule}), {change.get_decision_display()}"))
    for session in sessions_done(record):
        if session.ending == Session.Ending.STOPPED:
            events.append((session.started_at, "Session ended by a stop rule"))
    rules = stop_rules(record.known)
    for sign in StopSign.objects.filter(session__person=person, at__gte=since):
        events.append((sign.at, f"Stop sign: {rules[sign.rule].text if sign.rule in rules else sign.rule}"))
    days: dict[tuple[date, str], datetime] = {}
    for one in measured_rows(record):
        measure = record.known.measures.get(one.measure)
        days.setdefault((timezone.localdate(one.at), measure.name if measure else one.measure), one.at)
    events += [(at, f"Measured: {name}") for (_, name), at in days.items()]
    for response in QuestionnaireResponse.objects.filter(
        questionnaire__person=person, at__gte=since
    ).select_related("questionnaire"):
        events.append((response.at, f"Questionnaire: {response.questionnaire.title}"))
    for activity in Activity.objects.filter(person=person, added_at__gte=since):
        events.append((activity.added_at, f"Follows: {activity.words}"))
    for off in DayOff.objects.filter(person=person, on__gte=timezone.localdate(since)):
        at = timezone.make_aware(datetime.combine(off.on, datetime.min.time()))
        events.append((at, f"Day off: {off.get_kind_display()}"))
    rows = [(date_words(at), words) for at, words in sorted(events, reverse=True)]
    return Section("timeline", "Timeline", tuple(grid("Newest first", ("Date", "What"), rows, (2, 9))))


def _not_known(record: Record) -> Section:
    known = record.known
    points = []
    outcomes = record.outcomes
    if outcomes:
        last = outcomes[-1]
        names = {one.id: one.name for one in known.factors.factors}
        unknown = [
            names[one]
            for one, state in last.result.get("factors", {}).items()
            if state == "unknown" and one in names
        ]
        if unknown:
            points.append(f"Whether these factors are there: {'; '.join(unknown)}.")
        age = (record.now - last.made_at).days
        if age > 14:
            points.append(f"Anything since the last check-in, {age} days ago.")
    else:
        points.append("Danger signs: no check-in was finished.")
    taken = set(
        Measurement.objects.filter(person=record.person, dropped_at=None).values_list("measure", flat=True)
    )
    never = [one.name for one in known.measures.values() if one.input is not None and one.id not in taken]
    if never:
        points.append(f"Never measured here: {'; '.join(never)}.")
    if not Bout.objects.filter(person=record.person, dropped_at=None).exists():
        points.append("How long the person really sits: nothing saw it.")
    points.append("Pelvic tilt and the curve of the lower back: this software does not measure them.")
    points.append("Medicines, imaging and what other professionals found, beyond the answers above.")
    points.append(
        "Whether the plan brought about a change: back pain varies, and most of it gets better by itself."
    )
    return Section("not-known", "What is not known", (Points(tuple(points)),))


def _how_to_read(record: Record) -> Section:
    return Section(
        "how-to-read",
        "How to read this",
        (
            Points(
                (
                    "Everything was told or measured by the person, without a clinician unless it says so.",
                    "Complete means that every danger-sign question was answered with yes or no.",
                    "Urgency follows fixed rules over the answers; rules and sources come with the software.",
                    "No factor in this report is a diagnosis, and none was found by examination.",
                )
            ),
        ),
    )


SECTIONS: dict[str, Callable[[Record], Section]] = {
    "in-short": _in_short,
    "danger-signs": danger_signs_section,
    "course": course_section,
    "measurements": measurements_section,
    "factors": factors_section,
    "plan": plan_section,
    "sitting": sitting_section,
    "questionnaires": _questionnaires,
    "timeline": _timeline,
    "not-known": _not_known,
    "how-to-read": _how_to_read,
}
"""The sections by their ids, in the order of the report."""
