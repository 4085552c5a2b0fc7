"""The sections on what may add to the pain and on the plan: what, why, what was done and what changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

from django.utils import timezone

from nextposture.interop.report.parts import Block, Section, Text
from nextposture.interop.report.record import Record, ratings_of, sessions_done
from nextposture.interop.report.words import (
    GRADE_WORDS,
    count_words,
    date_words,
    day_words,
    grid,
    middle_words,
    monday_of,
)
from nextposture.planning import Dose
from nextposture.planning.decisions import decision_table, said, sentence
from nextposture.planning.dose_words import dose_words
from nextposture.planning.progression_table import progression_table
from nextposture.record import check_ins, course, decided
from nextposture.record.change_lines import Line, lines
from nextposture.record.day import BREAK
from nextposture.record.models import CarePlan, HabitDone, PlanChange, Rating, Session, SetDone
from nextposture.record.sessions import light_of

LIGHTS = ("green", "amber", "red")


def factors_section(record: Record) -> Section:
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
    blocks = grid(
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


def plan_section(record: Record) -> Section:
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
        Text(f"Plan of {date_words(plan.made_at)}{f': {sentence(plan.label)}' if plan.label else '.'}")
    ]
    rows = []
    for row in plan.items:
        planned = record.known.items.get(row["id"])
        name = planned.name if planned is not None else row["id"]
        dose = dose_words(planned, Dose(**row["dose"])) if planned is not None else ""
        did = days.get(row["id"], set())
        done = count_words(len(did), "day") if did else "none recorded"
        if counts[row["id"]]:
            done += f", {count_words(counts[row['id']], 'set')}"
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
    blocks += grid(
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
    blocks += grid(
        "Not in the plan now", ("Item", "Where it stands", "Why"), waits, (4, 2, 8), most=len(waits)
    )
    blocks += _decisions(record, plan)
    blocks += _plan_changes(record)
    done_share = adherence_words(record)
    if done_share:
        blocks.append(Text(done_share))
    sessions = sessions_done(record)
    weeks: dict[date, list[Session]] = defaultdict(list)
    for one in sessions:
        weeks[monday_of(timezone.localdate(one.started_at))].append(one)
    weekly = [
        (
            day_words(week),
            str(len(those)),
            str(sum(one.ending == Session.Ending.STOPPED for one in those)),
            " / ".join(str(sum(light_of(one, True) == colour for one in those)) for colour in LIGHTS),
            middle_words(one.pain_before for one in those),
            middle_words(one.pain_peak for one in those),
            middle_words(one.pain_next for one in those),
            middle_words(one.effort for one in those),
        )
        for week, those in sorted(weeks.items(), reverse=True)
    ]
    blocks += grid(
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
    too_strong = len(ratings_of(record, Rating.Measure.PAIN_TOO_STRONG))
    if too_strong:
        blocks.append(
            Text(
                f"On {count_words(too_strong, 'day')} pain was too strong beforehand, "
                "so no session was begun."
            )
        )
    if not sessions:
        blocks.append(Text("No session of exercises was done in this time."))
    return Section("plan", "Plan and adherence", tuple(blocks))


def _decisions(record: Record, plan: CarePlan) -> list[Block]:
    """What practitioners decided about items of the plan, what the person said, and what stands against."""
    against = decided.conflicts(record.known, record.person, plan)
    rows = []
    for one in reversed(decided.newest_of(record.person).values()):
        item, made = record.known.items.get(one.item), course.as_decision(one)
        answer = decision_table().answers[made.answer] if made.answer else ""
        rows.append(
            (
                date_words(one.at),
                item.name if item is not None else one.item,
                sentence(said(made)) + (f" {against[one.item]}" if one.item in against else ""),
                f"{answer}: {one.answer_why}" if one.answer_why else answer,
            )
        )
    return grid(
        "Decided by a practitioner; the newest about each item holds",
        ("Date", "Item", "What, by whom and why", "What the person said"),
        rows,
        (2, 3, 7, 4),
        most=len(rows),
    )


def _plan_changes(record: Record) -> list[Block]:
    """Each version of the plan and each change by a rule, with reason and decision."""
    rules = progression_table().rules
    made = PlanChange.objects.filter(care_plan__person=record.person, at__gte=record.since)
    changes = [
        (
            date_words(one.at),
            f"{rules[one.rule].name} ({one.rule})" if one.rule in rules else one.rule,  # type: ignore[index]
            "; ".join(_in_words(line) for line in lines(record.known, one)) or "nothing in the doses",
            one.reason,
            _decision(one),
        )
        for one in made.order_by("-at", "-pk")
    ]
    blocks = grid(
        "Changes of the plan by a rule, newest first",
        ("Date", "Rule", "What", "Why", "Decision"),
        changes,
        (2, 3, 5, 5, 3),
    )
    versions = [
        (
            date_words(one.since),
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
    blocks += grid(
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
        + (f" on {date_words(change.decided_at)}" if change.decided_at else "")
        + (f"; in the way: {barrier.lower()}" if barrier else "")
    )


def _versions(record: Record) -> list[course.Version]:
    """The versions of the plan in the period, the one in force when it begins included; oldest first."""
    found = record.versions
    before = [one for one in found if one.since < record.since]
    return [*before[-1:], *found[len(before) :]]


def adherence_words(record: Record) -> str:
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
