"""A report for a physiotherapist: what was told, measured and done, how sure it is, and what is not known.

It states; it does not interpret beyond what the rules say, and never names a diagnosis. All numbers come from
the record as kept; the thresholds beside them from the tables.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from django.utils import timezone

from nextposture import __version__
from nextposture.assessment.change import (
    Change,
    activities_change,
    activity_change,
    change_table,
    pain_change,
)
from nextposture.interop.body_figure import body_figure
from nextposture.interop.questionnaires import answers_in_words
from nextposture.interop.report_parts import Block, Figure, Grid, Point, Points, Report, Section, Text, drawn
from nextposture.knowledge import Answers, Knowledge, Urgency, Value, load
from nextposture.knowledge.answers import NOT_APPLICABLE, is_left_open
from nextposture.knowledge.asking import asking
from nextposture.knowledge.inputs import Input
from nextposture.planning import Dose
from nextposture.planning.decisions import decision_table, said, sentence
from nextposture.planning.dose_words import dose_words
from nextposture.planning.progression import progression_table
from nextposture.planning.session import stop_rules
from nextposture.record import body_map, check_ins, course, decided, measurements, progress, stop_signs
from nextposture.record.change_lines import Line, lines
from nextposture.record.day import BREAK
from nextposture.record.models import (
    Activity,
    Bout,
    Break,
    CarePlan,
    CheckIn,
    DayOff,
    HabitDone,
    Measurement,
    Outcome,
    Person,
    PlanChange,
    QuestionnaireResponse,
    Rating,
    Session,
    SetDone,
    StopSign,
)
from nextposture.record.sessions import light_of

MOST_ROWS = 40
"""Rows of one table; the newest stay, and a line says how many there are besides."""

URGENCY_WORDS = {
    Urgency.EMERGENCY_NOW: "Emergency: to be seen now",
    Urgency.SAME_DAY: "To be seen the same day",
    Urgency.WITHIN_2_WEEKS: "To be seen within two weeks",
    Urgency.ROUTINE_PHYSIO: "Routine appointment advised",
    Urgency.SELF_CARE: "Self-care",
}
NO = frozenset({"no", "none", "never"})
"""Choices that say no."""

LIGHTS = ("green", "amber", "red")

GRADE_WORDS = {"very_low": "very low", "none": "not graded"}
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


@dataclass(frozen=True)
class _Record:
    """What every section needs: whose record, as known by which tables, since when, until when."""

    known: Knowledge
    person: Person
    since: datetime
    now: datetime
    everything: bool

    @property
    def outcomes(self) -> list[Outcome]:
        """Every outcome of the period, the oldest first, and the newest of all in any case."""
        found = list(
            Outcome.objects.filter(check_in__person=self.person).select_related("check_in").order_by("pk")
        )
        return [one for one in found if one.made_at >= self.since or one is found[-1]]

    def names(self) -> Mapping[str, Input]:
        """Every question there is."""
        return {**self.known.inputs, **asking().inputs}


def report_of(person: Person, now: datetime, weeks: int | None = 12) -> Report:
    """The report about the last `weeks` weeks; None: about everything there is."""
    known = load()
    since = now - timedelta(weeks=weeks) if weeks else person.created_at
    first = _first_of(person)
    if weeks is None and first is not None:
        since = min(first, since)
    record = _Record(known, person, since, now, weeks is None)
    reviewed = known.release.reviewed_by
    return Report(
        title="Report on back pain and sitting",
        made_on=_date(now),
        period=f"{_date(since)} to {_date(now)}",
        foot=(
            f"Made by Next Posture {__version__} from what the person told and measured; tables "
            f"{known.release.version} ({known.hash[:12]}), "
            + (f"reviewed by {reviewed}." if reviewed else "not yet reviewed by a registered clinician.")
            + " It is information, not a diagnosis."
        ),
        sections=tuple(
            section
            for section in (
                _in_short(record),
                _danger_signs(record),
                _course(record),
                _measurements(record),
                _factors(record),
                _plan(record),
                _sitting(record),
                _questionnaires(record),
                _timeline(record),
                _not_known(record),
                _how_to_read(record),
            )
            if section.blocks
        ),
    )


# ---- Sections


def _in_short(record: _Record) -> Section:
    points = []
    outcomes = record.outcomes
    if outcomes:
        last = outcomes[-1]
        points.append(
            f"Last check-in, {_date(last.made_at)}: {URGENCY_WORDS[Urgency[last.urgency]]}"
            + (" (danger signs not completely answered)." if last.status == "incomplete" else ".")
        )
    else:
        points.append("No check-in has been finished, so danger signs are not known.")
    for rule in stop_signs.standing(record.known, record.person):
        points.append(
            f"A stop sign of a session stands, not yet answered by a check-in: {_sentence(rule.text)}"
        )
    for measure, words in (
        (Rating.Measure.PAIN_AVERAGE, "Average pain"),
        (Rating.Measure.PAIN_NOW, "Pain now"),
    ):
        rows = _ratings(record, measure)
        if rows:
            points.append(f"{words}: {_from_to(rows)} ({_pain_verdict(record, rows)}).")
    overall = _ratings(record, Rating.Measure.CHANGE)
    if overall:
        on, value = overall[-1]
        points.append(
            f"Overall change since the plan began, as the person sees it: {_number(value)} on a scale from "
            f"−5 much worse to 5 much better ({_day(on)})."
        )
    hurts = _maps(record)
    if hurts:
        points.append(f"Where it hurts, marked on {_day(hurts[0].on)}: {hurts[0].words}.")
    sessions = _sessions(record)
    if sessions:
        stopped = sum(one.ending == Session.Ending.STOPPED for one in sessions)
        points.append(
            f"{_count(len(sessions), 'session')} of exercises"
            + (f", {stopped} ended by a stop rule." if stopped else ", none ended by a stop rule.")
        )
    done = _adherence(record)
    if done:
        points.append(done)
    latest = _latest_measurements(record)
    if latest:
        points.append(f"Last measured: {'; '.join(_measured(record, one) for one in latest)}.")
    return Section("in-short", "In short", (Points(tuple(points)),))


def _danger_signs(record: _Record) -> Section:
    outcomes = record.outcomes
    if not outcomes:
        return Section("danger-signs", "Danger signs", (Text("Not asked yet."),))
    last, inputs = outcomes[-1], record.names()
    answers: Answers = last.check_in.answers
    asked = [name for screen in record.known.questions.screens for name in screen.inputs]
    yes = [name for name in asked if _says_something(answers.get(name))]
    no = [name for name in asked if answers.get(name) is False or answers.get(name) in NO]
    left = [name for name in asked if is_left_open(answers.get(name))]
    blocks: list[Block] = [
        Text(f"Answers of the check-in of {_date(last.made_at)}, in the words that were asked.")
    ]
    if yes:
        rows = tuple((inputs[name].ask, _answer(inputs[name], answers.get(name))) for name in yes)
        blocks.append(Grid("Answered with yes or with a number", ("Question", "Answer"), rows, (4, 1)))
    else:
        blocks.append(Text("Nothing was answered with yes."))
    if left:
        rows = tuple((inputs[name].ask, _answer(inputs[name], answers.get(name))) for name in left)
        blocks.append(Grid("Asked and left open", ("Question", "Answer"), rows, (4, 1)))
    not_asked = [name for name in asked if answers.get(name) is None and inputs[name].mandatory]
    if not_asked:
        blocks.append(
            Grid("Not answered", ("Question",), tuple((inputs[name].ask,) for name in not_asked), (1,))
        )
    if no:
        told_no = [
            f"{screen.title}: {' '.join(inputs[name].ask for name in screen.inputs if name in no)}"
            for screen in record.known.questions.screens
            if any(name in no for name in screen.inputs)
        ]
        blocks += [Text(f"Asked and answered with no ({len(no)}):"), Points(tuple(told_no))]
    said = []
    for one in reversed(outcomes):
        reasons = [reason["plain"] for reason in one.result.get("reasons", ()) if reason.get("level")]
        complete = "yes" if one.status == "complete" else "no"
        said.append(
            (_date(one.made_at), URGENCY_WORDS[Urgency[one.urgency]], complete, " ".join(reasons) or "none")
        )
    blocks += _grid(
        "What the screening rules said, newest first",
        ("Date", "Said", "Complete", "Because"),
        said,
        (2, 3, 1, 6),
    )
    rules = stop_rules(record.known)
    signs = StopSign.objects.filter(session__person=record.person, at__gte=record.since).select_related(
        "lifted_by"
    )
    told = [
        (
            _date(one.at),
            rules[one.rule].text if one.rule in rules else one.rule,
            _date(one.lifted_by.finished_at)
            if one.lifted_by and one.lifted_by.finished_at
            else "still stands",
        )
        for one in signs.order_by("-pk")
    ]
    blocks += _grid(
        "Stop signs told in or after a session", ("Date", "Sign", "Lifted by a check-in"), told, (2, 6, 2)
    )
    return Section("danger-signs", "Danger signs and their history", tuple(blocks))


def _course(record: _Record) -> Section:
    blocks: list[Block] = []
    marks = _plan_marks(record)
    charts = [
        (title, _ratings(record, measure))
        for measure, title in RATED.items()
        if measure in (Rating.Measure.PAIN_AVERAGE, Rating.Measure.PAIN_NOW)
    ]
    charts += [
        (f"“{one.words}” (0 cannot do it, 10 as before)", _ratings(record, Rating.Measure.ACTIVITY, one))
        for one in Activity.objects.filter(person=record.person, dropped_at=None)
    ]
    for title, rows in charts:
        if not rows:
            continue
        points = [Point(on, value) for on, value in rows]
        changed = [on for on, _ in marks if rows[0][0] <= on <= rows[-1][0]]
        alt = (
            f"A line over time. {title}: from {_from_to(rows)}. The lowest rating was {_least(rows)} and the "
            f"highest was {_most(rows)}."
            + (f" The plan changed on {', '.join(_day(on) for on in changed)}." if changed else "")
        )
        blocks.append(Figure(drawn(points, low=0, high=10, marks=marks), alt, title))
    if blocks and marks:
        blocks.append(Text("Dashed upright lines: days on which the plan changed."))
    rows_shown = [
        (
            title,
            str(len(rows)),
            _from_to(rows) if rows else "",
            f"{_least(rows)} to {_most(rows)}" if rows else "",
            verdict,
        )
        for title, rows, verdict in _followed(record)
    ]
    blocks += _grid(
        "What is followed",
        ("What", "Ratings", "First to last", "Range", "Change"),
        rows_shown,
        (5, 2, 5, 2, 5),
        most=len(rows_shown),
    )
    if blocks:
        blocks.append(Text(_what_counts(record)))
        blocks.append(Text(" ".join(one.text for one in change_table().cautions)))
    maps = _maps(record)
    if maps:
        blocks.append(body_figure(maps[0], _day(maps[0].on)))
        where = [(_day(one.on), one.words) for one in maps]
        blocks += _grid("Where it hurt, newest first", ("Date", "Marked by the person"), where, (2, 9))
    first = timezone.localdate(record.since)
    after = [
        (_day(on), "; ".join(words) or "none of what was asked")
        for on, words in reversed(progress.adverse(record.person))
        if on >= first
    ]
    blocks += _grid("What came after exercising, as told in check-ins", ("Date", "What"), after, (2, 9))
    return Section("course", "Pain and what matters to the person", tuple(blocks))


def _what_counts(record: _Record) -> str:
    """What real and meaningful mean, with the numbers and their sources."""
    table, pain = change_table(), record.known.measures["pain"]
    several = record.known.measures["activities"].real
    assert pain.real is not None and pain.meaningful is not None and several is not None
    low = pain.low_start
    return (
        f"Real: more than measurement error. Pain: {pain.real.points:g} points "
        f"({_cite(record, pain.real.source)}); the mean of the activities: {several.points:g} "
        f"({_cite(record, several.source)}); one activity: {table.one_activity.points:g} "
        f"({_cite(record, table.one_activity.source)}). Meaningful: real, and as much as people in studies "
        f"noticed. Only pain has such a threshold here: {pain.meaningful.points:g} points and "
        f"{pain.meaningful.share_of_start * 100:.0f} % of the start "
        f"({_cite(record, pain.meaningful.source)})"
        + (
            f"; from a start of {low.start_at_most:g} or less, reaching {low.reached:g} or less"
            if low is not None
            else ""
        )
        + ". Compared are the middle values of the first and of the last seven days with ratings. "
        "Where no error is known, nothing is called real."
    )


def _measurements(record: _Record) -> Section:
    found = _measured_rows(record)
    if not found:
        return Section("measurements", "Measurements", (Text("Nothing was measured in this time."),))
    rows = []
    for one in found:
        measure = record.known.measures.get(one.measure)
        seen = " ".join(filter(None, (one.model, one.runtime)))
        held = {True: "pelvis held", False: "pelvis not held", None: ""}[one.pelvis_held]
        how = ", ".join(filter(None, (one.get_method_display(), seen, held)))
        name = measure.name if measure is not None else one.measure
        rows.append(
            (
                _date(one.at),
                f"{name}, {one.side}" if one.side else name,
                _value(record, one),
                f"± {one.error:g}" if one.error is not None else "not known",
                how,
            )
        )
    blocks: list[Block] = []
    moves = []
    for line in _series(record):
        measure, side, values = record.known.measures.get(line.measure), line.side, line.readings
        if measure is None or len(values) < 2:
            continue
        moves.append(_moved(record, line))
        if len(values) < 3:
            continue
        points = [Point(timezone.localdate(one.at), float(one.value or 0), one.error or 0) for one in values]
        low = min(0.0, *(point.value - point.error for point in points))
        high = max(point.value + point.error for point in points)
        title = (
            f"{measure.name}{f', {side}' if side else ''}, {measure.unit} ({values[0].get_method_display()})"
        )
        alt = (
            f"A line over time. {title}: from {_number(points[0].value)} to {_number(points[-1].value)}. "
            "Each reading has a bar that shows how far it may be off."
        )
        low, high = _round(low, -1), max(_round(high, 1), _round(low, -1) + 10)
        blocks.append(Figure(drawn(points, low=low, high=high), alt, title))
    blocks += _grid(
        "From the first to the newest reading, taken in one way",
        ("Measure", "How", "From and to", "Counts from", "Change"),
        moves,
        (4, 3, 5, 3, 4),
    )
    blocks += _grid("Newest first", ("Date", "Measure", "Value", "Error", "How"), rows, (2, 4, 3, 2, 5))
    notes = []
    for name in dict.fromkeys(one.measure for one in found):
        measure = record.known.measures.get(name)
        if measure is None:
            continue
        if measure.error is not None:
            notes.append(
                f"{measure.name}: error of one reading ± {measure.error.by_self:g} {measure.unit} "
                f"taken alone, ± {measure.error.clinician:g} by a clinician "
                f"({_cite(record, measure.error.source)}). {measure.error.note}".strip()
            )
        else:
            notes.append(f"{measure.name}: no published error is held here, so no change is called real.")
    if any(one.measure == "hip_extension" for one in found):
        notes.append("Hip extension: positive is past straight, negative is short of it.")
    notes.append(
        "Readings taken in different ways, or seen by different models, are not compared with each other."
    )
    return Section("measurements", "Measurements", (*blocks, Points(tuple(notes))))


def _factors(record: _Record) -> Section:
    outcomes = record.outcomes
    states = outcomes[-1].result.get("factors", {}) if outcomes else {}
    order = ("present", "possible", "unknown", "absent")
    found = [(one, states[one.id]) for one in record.known.factors.factors if one.id in states]
    rows = [
        (
            one.name,
            state,
            GRADE_WORDS.get(one.grade, one.grade),
            one.settle if state in ("unknown", "possible") else "",
        )
        for one, state in sorted(found, key=lambda pair: order.index(pair[1]))
    ]
    blocks = _grid(
        "By the rules of the tables, from the last check-in",
        ("Factor", "State", "Evidence", "What would settle it"),
        rows,
        (5, 2, 2, 6),
        most=len(rows),
    )
    if blocks:
        blocks.append(
            Text(
                "Each may add to the pain; none is named as its cause. Evidence: how sure research is of it."
            )
        )
    return Section("factors", "What may add to it", tuple(blocks))


def _plan(record: _Record) -> Section:
    plan = check_ins.newest_plan(record.person)
    if plan is None:
        return Section("plan", "Plan and adherence", (Text("No plan has been made."),))
    sets = SetDone.objects.filter(session__person=record.person, at__gte=record.since)
    days: dict[str, set[date]] = defaultdict(set)
    counts: Counter[str] = Counter()
    for item, at in sets.values_list("item", "at"):
        days[item].add(timezone.localdate(at))
        counts[item] += 1
    habits = HabitDone.objects.filter(person=record.person, on__gte=timezone.localdate(record.since))
    for item, on in habits.values_list("item", "on"):
        days[item].add(on)
    blocks: list[Block] = [
        Text(f"Plan of {_date(plan.made_at)}{f': {_sentence(plan.label)}' if plan.label else '.'}")
    ]
    rows = []
    for row in plan.items:
        planned = record.known.items.get(row["id"])
        name = planned.name if planned is not None else row["id"]
        dose = dose_words(planned, Dose(**row["dose"])) if planned is not None else ""
        did = days.get(row["id"], set())
        done = _count(len(did), "day") if did else "none recorded"
        if counts[row["id"]]:
            done += f", {_count(counts[row['id']], 'set')}"
        if row["id"] == BREAK:
            done = "see sitting and breaks"
        grade = record.known.grade_of(planned) if planned is not None else ""
        rows.append(
            (
                name,
                dose or "information",
                GRADE_WORDS.get(grade, grade),
                done if dose else "",
                " ".join(row["reasons"]),
            )
        )
    blocks += _grid(
        "What is planned, and what was done in the time of this report",
        ("Item", "Dose", "Evidence", "Done", "Why it is in the plan"),
        rows,
        (4, 5, 3, 3, 5),
        most=len(rows),
    )
    waits = [
        (record.known.items[one["id"]].name, words, " ".join(one["reasons"]))
        for words, those in (("for later", plan.later), ("left out", plan.left_out))
        for one in those
        if one["id"] in record.known.items
    ]
    blocks += _grid(
        "Not in the plan now", ("Item", "Where it stands", "Why"), waits, (4, 2, 8), most=len(waits)
    )
    blocks += _decisions(record, plan)
    blocks += _plan_changes(record)
    done_share = _adherence(record)
    if done_share:
        blocks.append(Text(done_share))
    sessions = _sessions(record)
    weeks: dict[date, list[Session]] = defaultdict(list)
    for one in sessions:
        weeks[_monday(timezone.localdate(one.started_at))].append(one)
    weekly = [
        (
            _day(week),
            str(len(those)),
            str(sum(one.ending == Session.Ending.STOPPED for one in those)),
            " / ".join(str(sum(light_of(one, True) == colour for one in those)) for colour in LIGHTS),
            _middle(one.pain_before for one in those),
            _middle(one.pain_peak for one in those),
            _middle(one.pain_next for one in those),
            _middle(one.effort for one in those),
        )
        for week, those in sorted(weeks.items(), reverse=True)
    ]
    blocks += _grid(
        "Sessions by week; pain and effort as the middle value, 0 to 10",
        (
            "Week from",
            "Sessions",
            "Stopped by a rule",
            "Green / amber / red",
            "Pain before",
            "Worst pain",
            "Next morning",
            "Effort",
        ),
        weekly,
        (3, 2, 2, 3, 2, 2, 2, 2),
    )
    if sessions:
        blocks.append(
            Text(
                "Green: pain rose little. Amber: it rose by up to 2, or was settled within 24 hours. "
                "Red: it rose more, lasted longer, or a stop rule ended the session."
            )
        )
    too_strong = len(_ratings(record, Rating.Measure.PAIN_TOO_STRONG))
    if too_strong:
        blocks.append(
            Text(f"On {_count(too_strong, 'day')} pain was too strong beforehand, so no session was begun.")
        )
    if not sessions:
        blocks.append(Text("No session of exercises was done in this time."))
    return Section("plan", "Plan and adherence", tuple(blocks))


def _decisions(record: _Record, plan: CarePlan) -> list[Block]:
    """What practitioners decided about items of the plan, what the person said, and what stands against."""
    against = decided.conflicts(record.known, record.person, plan)
    rows = []
    for one in reversed(decided.newest_of(record.person).values()):
        item, made = record.known.items.get(one.item), course.as_decision(one)
        answer = decision_table().answers[made.answer] if made.answer else ""
        rows.append(
            (
                _date(one.at),
                item.name if item is not None else one.item,
                sentence(said(made)) + (f" {against[one.item]}" if one.item in against else ""),
                f"{answer}: {one.answer_why}" if one.answer_why else answer,
            )
        )
    return _grid(
        "Decided by a practitioner; the newest about each item holds",
        ("Date", "Item", "What, by whom and why", "What the person said"),
        rows,
        (2, 3, 7, 4),
        most=len(rows),
    )


def _plan_changes(record: _Record) -> list[Block]:
    """Each version of the plan and each change by a rule, with reason and decision."""
    rules = progression_table().rules
    made = PlanChange.objects.filter(care_plan__person=record.person, at__gte=record.since)
    changes = [
        (
            _date(one.at),
            f"{rules[one.rule].name} ({one.rule})" if one.rule in rules else one.rule,  # type: ignore[index]
            "; ".join(_in_words(line) for line in lines(record.known, one)) or "nothing in the doses",
            one.reason,
            _decision(one),
        )
        for one in made.order_by("-at", "-pk")
    ]
    blocks = _grid(
        "Changes of the plan by a rule, newest first",
        ("Date", "Rule", "What", "Why", "Decision"),
        changes,
        (2, 3, 5, 5, 3),
    )
    versions = [
        (
            _date(one.since),
            f"{rules[one.rule].name} ({one.rule})" if one.rule in rules else "check-in",  # type: ignore[index]
            "; ".join(
                f"{record.known.items[row['id']].name}: "
                f"{dose_words(record.known.items[row['id']], Dose(**row['dose']))}"
                for row in one.items
                if row["id"] in record.known.items and record.known.items[row["id"]].is_exercise
            )
            or "no exercises",
        )
        for one in reversed(_versions(record))
    ]
    blocks += _grid(
        "Versions of the plan, newest first: its exercises",
        ("From", "Made by", "Exercises"),
        versions,
        (2, 3, 9),
    )
    return blocks


def _in_words(line: Line) -> str:
    if not line.after:
        return f"{line.name}: left out"
    if not line.before:
        return f"{line.name}: added, {line.after}"
    return f"{line.name}: {line.before}, then {f'{line.new_name}, ' if line.new_name else ''}{line.after}"


def _decision(change: PlanChange) -> str:
    barrier = progression_table().barriers.get(change.barrier)
    return (
        change.get_decision_display()
        + (f" on {_date(change.decided_at)}" if change.decided_at else "")
        + (f"; in the way: {barrier.lower()}" if barrier else "")
    )


def _versions(record: _Record) -> list[course.Version]:
    """The versions of the plan in the period, the one in force when it begins included; oldest first."""
    found = course.versions(record.person)
    before = [one for one in found if one.since < record.since]
    return [*before[-1:], *found[len(before) :]]


def _adherence(record: _Record) -> str:
    """How much of the planned exercise was done; empty where there is no plan."""
    if check_ins.newest_plan(record.person) is None:
        return ""
    today, weeks = timezone.localdate(record.now), progression_table().no_gain.weeks
    told = []
    for first, words in (
        (timezone.localdate(record.since), "in the time of this report"),
        (today - timedelta(weeks=weeks), f"in the last {weeks} weeks"),
    ):
        share = course.adherence_between(record.known, record.person, first, today)
        told.append(f"{words}: " + ("too few to tell" if share is None else f"{share * 100:.0f} %"))
    return f"Planned exercise days that were done, days off left out, {'; '.join(told)}."


def _sitting(record: _Record) -> Section:
    sitting: dict[date, list[float]] = defaultdict(list)
    seen_days: dict[date, set[date]] = defaultdict(set)
    bouts = Bout.objects.filter(
        person=record.person, posture="sitting", dropped_at=None, started_at__gte=record.since
    )
    for started_at, seconds in bouts.values_list("started_at", "seconds"):
        on = timezone.localdate(started_at)
        sitting[_monday(on)].append(seconds)
        seen_days[_monday(on)].add(on)
    taken: Counter[date] = Counter()
    offered: Counter[date] = Counter()
    breaks = Break.objects.filter(person=record.person, answered_at__gte=record.since)
    for answered_at, answer, offered_at in breaks.values_list("answered_at", "answer", "offered_at"):
        week = _monday(timezone.localdate(answered_at))
        taken[week] += answer == Break.Answer.DONE
        offered[week] += offered_at is not None
    rows = []
    for week in sorted({*sitting, *taken, *offered}, reverse=True):
        days = len(seen_days[week])
        hours = f"{sum(sitting[week]) / 3600 / days:.1f} ({_count(days, 'day')})" if days else "not seen"
        longest = f"{max(sitting[week]) / 60:.0f} min" if sitting[week] else "not seen"
        rows.append((_day(week), hours, longest, str(taken[week]), str(offered[week])))
    blocks = _grid(
        "By week",
        ("Week from", "Hours sitting a day (days seen)", "Longest bout", "Times up", "Breaks asked for"),
        rows,
        (3, 4, 3, 2, 3),
    )
    outcomes = record.outcomes
    if outcomes:
        answers, inputs = outcomes[-1].check_in.answers, record.names()
        told = [
            f"{inputs[name].ask} {_answer(inputs[name], answers[name])}"
            for name in ("job_type", "sitting_hours_day", "longest_sitting_bout_min", "mvpa_min_week")
            if name in inputs and answers.get(name) is not None
        ]
        if told:
            blocks = [Text("As told in the last check-in:"), Points(tuple(told)), *blocks]
    if rows:
        blocks.append(Text("Seen at the computer only: sitting elsewhere is not in these numbers."))
    return Section("sitting", "Sitting and breaks", tuple(blocks))


def _questionnaires(record: _Record) -> Section:
    found = QuestionnaireResponse.objects.filter(questionnaire__person=record.person, at__gte=record.since)
    responses = list(found.select_related("questionnaire").order_by("-at"))
    rows = [
        (
            _date(one.at),
            one.questionnaire.title
            + (f" (version {one.questionnaire.version})" if one.questionnaire.version else ""),
            "; ".join(f"{score['text']}: {_score(score['value'])}" for score in one.scores)
            or "no score declared",
        )
        for one in responses
    ]
    blocks = _grid(
        "Scores, by the questionnaire's own rule", ("Date", "Questionnaire", "Score"), rows, (2, 5, 5)
    )
    newest: dict[int, QuestionnaireResponse] = {}
    for one in responses:
        newest.setdefault(one.questionnaire_id, one)
    for one in newest.values():
        blocks += _grid(
            f"{one.questionnaire.title}: answers of {_date(one.at)}",
            ("Question", "Answer"),
            answers_in_words(one.response),
            (4, 2),
            most=100,
        )
    return Section("questionnaires", "Questionnaires that were brought", tuple(blocks))


def _timeline(record: _Record) -> Section:
    person, since = record.person, record.since
    events: list[tuple[datetime, str]] = []
    for outcome in record.outcomes:
        events.append((outcome.made_at, f"Check-in: {URGENCY_WORDS[Urgency[outcome.urgency]].lower()}"))
    for plan in _plans(record):
        if plan.items:
            events.append((plan.made_at, f"New plan with {_count(len(plan.items), 'item')}"))
    rules_of_change = progression_table().rules
    for change in PlanChange.objects.filter(care_plan__person=person, at__gte=since):
        name = rules_of_change[change.rule].name if change.rule in rules_of_change else change.rule  # type: ignore[index]
        events.append((change.at, f"Plan: {name.lower()} ({change.rule}), {change.get_decision_display()}"))
    for session in _sessions(record):
        if session.ending == Session.Ending.STOPPED:
            events.append((session.started_at, "Session ended by a stop rule"))
    rules = stop_rules(record.known)
    for sign in StopSign.objects.filter(session__person=person, at__gte=since):
        events.append((sign.at, f"Stop sign: {rules[sign.rule].text if sign.rule in rules else sign.rule}"))
    days: dict[tuple[date, str], datetime] = {}
    for one in _measured_rows(record):
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
    rows = [(_date(at), words) for at, words in sorted(events, reverse=True)]
    return Section("timeline", "Timeline", tuple(_grid("Newest first", ("Date", "What"), rows, (2, 9))))


def _not_known(record: _Record) -> Section:
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


def _how_to_read(record: _Record) -> Section:
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


# ---- Parts


def _first_of(person: Person) -> datetime | None:
    first = [
        CheckIn.objects.filter(person=person)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first(),
        Rating.objects.filter(person=person).order_by("at").values_list("at", flat=True).first(),
        Measurement.objects.filter(person=person).order_by("at").values_list("at", flat=True).first(),
        Session.objects.filter(person=person)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first(),
    ]
    return min((one for one in first if one is not None), default=None)


def _plans(record: _Record) -> Any:
    return CarePlan.objects.filter(person=record.person, made_at__gte=record.since).order_by("pk")


def _sessions(record: _Record) -> list[Session]:
    """Sessions of the period in which at least one set was done."""
    done = SetDone.objects.filter(session__person=record.person).values("session")
    return list(
        Session.objects.filter(person=record.person, started_at__gte=record.since, pk__in=done).order_by("pk")
    )


def _measured_rows(record: _Record) -> list[Measurement]:
    found = Measurement.objects.filter(person=record.person, dropped_at=None, at__gte=record.since)
    return list(found.order_by("-at", "-pk"))


def _latest_measurements(record: _Record) -> list[Measurement]:
    latest: dict[tuple[str, str], Measurement] = {}
    for one in _measured_rows(record):
        if one.value is not None:
            latest.setdefault((one.measure, one.side), one)
    return list(latest.values())


def _measured(record: _Record, one: Measurement) -> str:
    measure = record.known.measures.get(one.measure)
    name = (measure.name if measure is not None else one.measure) + (f" {one.side}" if one.side else "")
    return f"{name} {_value(record, one)}" + (f" ± {one.error:g}" if one.error is not None else "")


def _value(record: _Record, one: Measurement) -> str:
    measure = record.known.measures.get(one.measure)
    if one.value is None:
        return "means nothing"
    return f"{_number(one.value)} {measure.unit if measure is not None else ''}".strip()


def _ratings(
    record: _Record, measure: Rating.Measure, activity: Activity | None = None
) -> list[tuple[date, float]]:
    since = timezone.localdate(record.since)
    return [(on, value) for on, value in progress.ratings(record.person, measure, activity) if on >= since]


def _followed(record: _Record) -> Iterable[tuple[str, list[tuple[date, float]], str]]:
    """What is rated, its ratings, and what is called of the change."""
    table = change_table()
    for measure, title in RATED.items():
        rows = _ratings(record, measure)
        if rows:
            counts = measure in (Rating.Measure.PAIN_AVERAGE, Rating.Measure.PAIN_NOW)
            yield title, rows, _pain_verdict(record, rows) if counts else NO_ERROR
    several = []
    for activity in Activity.objects.filter(person=record.person):
        rows = _ratings(record, Rating.Measure.ACTIVITY, activity)
        if activity.dropped_at is None:
            several.append(rows)
        if rows or activity.dropped_at is None:
            yield f"“{activity.words}” (10: as before)", rows, _activity_verdict(activity_change(table, rows))
    mean = activities_change(table, record.known.measures["activities"], several)
    if mean.first is not None:
        yield "Mean of the activities followed", [], _activity_verdict(mean)
    efforts = [
        (timezone.localdate(one.started_at), float(one.effort)) for one in _sessions(record) if one.effort
    ]
    if efforts:
        yield "Effort in sessions (0 to 10)", efforts, NO_ERROR


def _pain_verdict(record: _Record, rows: Sequence[tuple[date, float]]) -> str:
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
    return f"{_number(change.first)} to {_number(change.last)}, "


def _series(record: _Record) -> list[measurements.Series]:
    """The series of the period, each with its readings of it."""
    found = [
        replace(one, readings=tuple(row for row in one.readings if row.at >= record.since))
        for one in measurements.all_series(record.person)
    ]
    return [one for one in found if one.readings]


def _moved(record: _Record, line: measurements.Series) -> tuple[str, ...]:
    measure, moved = record.known.measures[line.measure], measurements.since_first(record.known, line)
    assert moved is not None
    first, last = line.readings[0], line.latest
    if moved.real is None:
        verdict = NO_ERROR
    elif not moved.real:
        verdict = "no real change"
    else:
        verdict = "real and meaningful" if moved.meaningful else "real"
        verdict += ": higher" if moved.by > 0 else ": lower"
    return (
        f"{measure.name}, {line.side}" if line.side else measure.name,
        " ".join(filter(None, (last.get_method_display(), line.model))),
        f"{_number(moved.before)} ({_date(first.at)}) to "
        f"{_number(moved.after)} {measure.unit} ({_date(last.at)})",
        "not known" if moved.beyond is None else f"{_number(moved.beyond)} {measure.unit}",
        verdict,
    )


def _maps(record: _Record) -> list[body_map.Marked]:
    """Where it hurt, newest first, within the period."""
    first = timezone.localdate(record.since)
    return [one for one in body_map.marked(record.person) if one.on >= first]


def _plan_marks(record: _Record) -> list[tuple[date, str]]:
    """The days on which the plan changed, labelled while they are few; the first plan is none."""
    found = [
        (timezone.localdate(one.since), "step" if one.rule else "new plan")
        for one in course.versions(record.person)
        if not one.rule or (one.change is not None and one.change.changes)
    ][1:]
    first = timezone.localdate(record.since)
    within = [(on, label) for on, label in found if on >= first]
    return within if len(within) <= MOST_LABELS else [(on, "") for on, _ in within]


def _grid(
    caption: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    widths: tuple[int, ...],
    most: int = MOST_ROWS,
) -> list[Block]:
    """A table of the first `most` rows and a line about the rest; nothing for no rows."""
    if not rows:
        return []
    blocks: list[Block] = [Grid(caption, columns, tuple(tuple(row) for row in rows[:most]), widths)]
    if len(rows) > most:
        blocks.append(Text(f"{len(rows) - most} older rows are left out here; the export has them."))
    return blocks


def _says_something(value: Value) -> bool:
    return not (
        value is None or value is False or value in NO or value == NOT_APPLICABLE or is_left_open(value)
    )


def _answer(question: Input, value: Value) -> str:
    if is_left_open(value):
        return {"dk": "does not know", "pna": "rather not say"}[str(value)]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if question.type == "choice":
        return question.choices.get(str(value), str(value))
    return f"{value:g} {question.unit}".strip() if isinstance(value, (int, float)) else str(value)


def _cite(record: _Record, source: str) -> str:
    found = record.known.sources.get(source)
    return found.cite.rstrip(".") if found is not None and source != "M" else "judgement, no source read"


def _score(value: Any) -> str:
    return (
        "could not be worked out"
        if value is None
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _from_to(rows: Sequence[tuple[date, float]]) -> str:
    (start, first), (end, last) = rows[0], rows[-1]
    if len(rows) == 1:
        return f"{_number(first)} ({_day(start)})"
    return f"{_number(first)} ({_day(start)}) to {_number(last)} ({_day(end)})"


def _least(rows: Sequence[tuple[date, float]]) -> str:
    return _number(min(value for _, value in rows))


def _most(rows: Sequence[tuple[date, float]]) -> str:
    return _number(max(value for _, value in rows))


def _number(value: float) -> str:
    """With one decimal at most, and a real minus sign."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("-", "−")


def _middle(values: Iterable[int | None]) -> str:
    told = [value for value in values if value is not None]
    return f"{median(told):g}" if told else "not told"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _round(value: float, up: int) -> float:
    """To the next multiple of 10, up or down."""
    return (-(-value // 10) if up > 0 else value // 10) * 10


def _date(at: datetime) -> str:
    return _day(timezone.localdate(at))


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
