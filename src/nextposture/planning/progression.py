"""How a plan changes with what was done and felt: one change at a time, each with the rule it rests on.

Pure functions of a course. The rules are rows of `progression.yaml`; PR1 to PR12 are their names there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item, Span
from nextposture.planning.course import Change, Course, Exercise, Past, Proposal
from nextposture.planning.dosing import STRENGTH_FAMILIES, Dose
from nextposture.planning.progression_table import Goal, ProgressionTable, RuleId, Variable
from nextposture.planning.session import Light

Standing = Literal["building", "plateau", "maintenance", "physiotherapist", "stopped"]


# ---- The light of a session, once the next day is known


def light_next_day(
    table: ProgressionTable, light: Light, pain_before: int, pain_next: int | None, settled: bool | None
) -> Light:
    """The light after the next morning; pain is 0 to 10, `settled` whether it was back to before in time.

    It can only turn for the worse. What was not told changes nothing.
    """
    if settled is False:
        return "red"
    rise = 0 if pain_next is None else pain_next - pain_before
    if rise >= table.next_morning.red_rise:
        return "red"
    return "amber" if rise > 0 and light == "green" else light


# ---- What the rules say


def propose(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    """The one change that comes first, or None. What was decided on the same ground does not come again."""
    decided = {(one.rule, one.because) for one in course.decided}
    for rule in _RULES:
        found = rule(table, knowledge, course)
        if found is not None and (found.rule, found.because) not in decided:
            return found
    return None


def standing(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Standing:
    """Where a course stands: it grows, has nothing more to grow to, is kept up, or someone should look."""
    if course.danger_sign:
        return "stopped"
    if _two_reds(table, course) or needs_look(table, course):
        return "physiotherapist"
    if course.maintenance:
        return "maintenance"
    if course_over(table, course) or not _raises(table, knowledge, course):
        return "plateau"
    return "building"


def needs_look(table: ProgressionTable, course: Course) -> bool:
    """PR10: no gain after the table's weeks, though enough of the plan was done. Upkeep has none to make."""
    if course.maintenance:
        return False
    long_enough = course.now.date() - course.began >= timedelta(weeks=table.no_gain.weeks)
    enough = course.adherence_no_gain is not None and course.adherence_no_gain >= table.adherence.enough
    return long_enough and enough and course.gained is False


def weeks_of(course: Course) -> int:
    """Whole weeks since the course began."""
    return max(0, (course.now.date() - course.began).days // 7)


def course_over(table: ProgressionTable, course: Course) -> bool:
    """Whether the weeks in which the plan may grow are over."""
    return weeks_of(course) >= table.course.weeks


def halves_next(table: ProgressionTable, course: Course) -> bool:
    """PR4 and PR5: whether the next session takes half its sets, because the last one was red."""
    return bool(course.sessions) and course.sessions[-1].light == "red"


def halved_sets(dose: Dose) -> Dose:
    """The dose of one session at half its sets, rounded up."""
    return dose if dose.sets is None else replace(dose, sets=math.ceil(dose.sets / 2))


def holds_still(table: ProgressionTable, course: Course) -> bool:
    """PR3: whether the last session was amber, so that the dose stays as it is."""
    return bool(course.sessions) and course.sessions[-1].light == "amber"


def rank(knowledge: Knowledge, one: Exercise) -> tuple[int, int, int]:
    """How hard an exercise is at its dose: its level, its rung, then repetitions or seconds over all sets."""
    rungs = one.item.ladder
    rung = rungs.index(one.dose.rung) if one.dose.rung in rungs else 0
    each = one.dose.reps if one.dose.reps is not None else (one.dose.hold_s or 0)
    return (one.item.level, rung, (one.dose.sets or 1) * each)


def spans_of(knowledge: Knowledge, item: Item) -> Mapping[str, Span]:
    """The dose ranges of an exercise; a stretch has those of all stretches."""
    if item.family != "STRETCH":
        return item.dose
    stretch = knowledge.plan.dosing.stretch
    return {
        "hold_s": stretch.hold_s,
        "sets": stretch.sets,
        "days_per_week": stretch.days_per_week,
        **item.dose,
    }


def _danger(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not course.danger_sign:
        return None
    return _proposal(table, "PR9", f"{course.now.date()}", course, ())


def _second_red(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    reds = _two_reds(table, course)
    if not reds:
        return None
    hurt = frozenset[str]().union(*(one.items for one in reds))
    after = []
    for one in course.exercises:
        steps_down = (one.item.id in hurt or not hurt) and one.item.id not in course.locked
        after.append(_level_down(knowledge, course, one) if steps_down else one)
    return _proposal(table, "PR5", reds[-1].key, course, after)


def _red(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not course.sessions or course.sessions[-1].light != "red":
        return None
    last = course.sessions[-1]
    if any(one.because == last.key and one.rule == "PR5" for one in course.decided):
        return None
    return _proposal(table, "PR4", last.key, course, _undone(table, knowledge, course))


def _came_back(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not course.sessions:
        return None
    last = course.sessions[-1].at.date()
    days = (course.now.date() - last).days
    ill = course.sick_days >= table.gap.sick_days
    if days < table.gap.days and not ill:
        return None
    words = {"days": days, "ill": f", and you were ill for {course.sick_days} days" if ill else ""}
    after = [
        one if one.item.id in course.locked else replace(one, dose=halved(knowledge, one))
        for one in course.exercises
    ]
    return _proposal(table, "PR8", f"{last}", course, after, **words)


def _too_hard(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    last = course.sessions[-1] if course.sessions else None
    if last is None or last.effort is None or last.effort < table.effort_too_much:
        return None
    hard = last.items - course.locked
    after = [_step_down(table, knowledge, one) if one.item.id in hard else one for one in course.exercises]
    return _proposal(table, "PR7", last.key, course, after, effort=last.effort)


def _no_gain(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not needs_look(table, course):
        return None
    words = {"adherence": _percent(course.adherence_no_gain), "weeks": weeks_of(course)}
    return _proposal(table, "PR10", f"{course.began}", course, (), **words)


def _too_much(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not _does_little(table, course) or len(course.exercises) < 2:
        return None
    since = max([course.began, *(one.at.date() for one in course.decided if one.rule == "PR6")])
    if (course.now.date() - since).days < table.adherence.days:
        return None
    after = _half_of(course)
    if len(after) == len(course.exercises):
        return None
    because = f"{since}"
    return _proposal(table, "PR6", because, course, after, adherence=_percent(course.adherence))


def _half_of(course: Course) -> tuple[Exercise, ...]:
    """Half of the exercises, the first ones; those that are locked stay and count."""
    free = [one for one in course.exercises if one.item.id not in course.locked]
    left = max(0, math.ceil(len(course.exercises) / 2) - (len(course.exercises) - len(free)))
    return tuple(one for one in course.exercises if one not in free[left:])


def _reached(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    if not course.goal_reached or course.maintenance:
        return None
    most = table.maintenance.strength_days
    after = [
        replace(one, dose=replace(one.dose, days_per_week=min(one.dose.days_per_week or most, most)))
        if one.item.family in STRENGTH_FAMILIES and one.item.id not in course.locked
        else one
        for one in course.exercises
    ]
    return _proposal(table, "PR11", f"{course.began}", course, after, pain=f"{table.goal.pain_at_most:g}")


def _step_up(table: ProgressionTable, knowledge: Knowledge, course: Course) -> Proposal | None:
    """PR1 and PR2: of the exercises that may grow, the one whose last step is longest ago.

    In upkeep an exercise only grows back to the dose at which the goal was reached.
    """
    if not _may_grow(table, course):
        return None
    works = course.adherence is not None and course.adherence >= table.adherence.enough
    never = datetime.min.replace(tzinfo=course.now.tzinfo)
    raised = {change.item: one.at for one in course.decided for change in one.changes}
    raises = _raises(table, knowledge, course)
    for name in sorted(raises, key=lambda name: raised.get(name, never)):
        rule, after = raises[name]
        if course.maintenance and not _grows_back(knowledge, course, name, after):
            continue
        recent = _greens(table, course, name)
        easy = all(one.effort is not None and one.effort <= table.effort_at_most for one in recent)
        if recent and (rule == "PR2" or (easy and works)):
            return _proposal(table, rule, recent[-1].key, course, after, adherence=_percent(course.adherence))
    return None


_RULES: tuple[Callable[[ProgressionTable, Knowledge, Course], Proposal | None], ...] = (
    _danger,
    _second_red,
    _red,
    _came_back,
    _too_hard,
    _no_gain,
    _too_much,
    _reached,
    _step_up,
)
"""In this order: what is gravest first, what asks for more last."""


# ---- Parts of the rules


def _may_grow(table: ProgressionTable, course: Course) -> bool:
    return not (
        (course_over(table, course) and not course.maintenance)
        or _does_little(table, course)
        or needs_look(table, course)
        or _two_reds(table, course)
    )


def _does_little(table: ProgressionTable, course: Course) -> bool:
    return course.adherence is not None and course.adherence < table.adherence.little


def _two_reds(table: ProgressionTable, course: Course) -> tuple[Past, ...]:
    """The red sessions of the last days of the course, if they are as many as the table names."""
    if not course.sessions or course.sessions[-1].light != "red":
        return ()
    last = course.sessions[-1].at
    reds = [one for one in course.sessions if one.light == "red"]
    near = tuple(one for one in reds if last - one.at < timedelta(days=table.reds.in_days))
    return near if len(near) >= table.reds.count else ()


def _grows_back(knowledge: Knowledge, course: Course, name: str, after: Sequence[Exercise]) -> bool:
    reached = next((one for one in reversed(course.decided) if one.rule == "PR11" and not one.declined), None)
    then = {one.item.id: one for one in reached.before} if reached is not None else {}
    grown = {one.item.id: one for one in after}
    return name in then and name in grown and rank(knowledge, grown[name]) <= rank(knowledge, then[name])


def _greens(table: ProgressionTable, course: Course, name: str) -> tuple[Past, ...]:
    """The last sessions with an exercise, as many as a step up asks for, if they allow one; else none.

    All are green and settled. They come after every change of this exercise, and after every step down; at
    least one comes after the last decision of any kind, so that one session earns one step.
    """
    if any(one.light in ("amber", "red") for one in course.sessions if not one.settled):
        return ()
    settled = [one for one in course.sessions if one.settled]
    if settled and settled[-1].light != "green":
        return ()
    recent = tuple([one for one in settled if name in one.items][-table.green_sessions :])
    never = datetime.min.replace(tzinfo=course.now.tzinfo)
    of_this = [
        one.at
        for one in course.decided
        if one.rule not in ("PR1", "PR2", "PR12")
        or any(name in (change.item, change.after) for change in one.changes)
    ]
    any_kind = [one.at for one in course.decided]
    good = all(one.light == "green" and one.at > max(of_this, default=never) for one in recent)
    enough = len(recent) == table.green_sessions and recent[-1].at > max(any_kind, default=never)
    return recent if good and enough else ()


def _raises(
    table: ProgressionTable, knowledge: Knowledge, course: Course
) -> dict[str, tuple[RuleId, tuple[Exercise, ...]]]:
    """For each exercise that can grow, the rule and the plan after it: one variable of this exercise more."""
    found: dict[str, tuple[RuleId, tuple[Exercise, ...]]] = {}
    for place, one in enumerate(course.exercises):
        if one.item.id in course.locked:
            continue
        for rule, grown in (
            ("PR1", _variable_up(table, knowledge, course, one)),
            ("PR2", _level_up(table, knowledge, course, one)),
        ):
            if grown is not None:
                after = (*course.exercises[:place], grown, *course.exercises[place + 1 :])
                found[one.item.id] = (rule, after)  # type: ignore[assignment]
                break
    return found


def _order(table: ProgressionTable, one: Exercise) -> tuple[Variable, ...]:
    if one.item.family == "STRETCH":
        return table.order.stretch
    return table.order.holds if one.dose.reps is None else table.order.repetitions


def _variable_up(
    table: ProgressionTable, knowledge: Knowledge, course: Course, one: Exercise
) -> Exercise | None:
    spans = spans_of(knowledge, one.item)
    for name in _order(table, one):
        value, top = getattr(one.dose, name), round(spans[name].allowed[1]) if name in spans else 0
        if value is None or value >= top:
            continue
        grown = replace(one, dose=replace(one.dose, **{name: min(top, value + getattr(table.steps, name))}))
        if _weekly_sets_fit(knowledge, course, one, grown):
            return grown
    return None


def _weekly_sets_fit(knowledge: Knowledge, course: Course, before: Exercise, after: Exercise) -> bool:
    if before.item.family not in STRENGTH_FAMILIES:
        return True
    now = [after if one is before else one for one in course.exercises]
    sets = sum(
        (one.dose.sets or 0) * (one.dose.days_per_week or 0)
        for one in now
        if one.item.family == before.item.family
    )
    return sets <= knowledge.plan.dosing.strength.weekly_sets_per_family.allowed[1] or (
        (after.dose.sets or 0) <= (before.dose.sets or 0)
    )


def _level_up(
    table: ProgressionTable, knowledge: Knowledge, course: Course, one: Exercise
) -> Exercise | None:
    """The next rung of its ladder, else the next exercise of its family, at the start dose."""
    ladder = one.item.ladder
    if one.dose.rung in ladder and one.dose.rung != ladder[-1]:
        return replace(
            one, dose=_start(knowledge, one.item, one.dose, ladder[ladder.index(one.dose.rung) + 1])
        )
    here = {other.item.id for other in course.exercises}
    for item in _level(knowledge, one.item, one.item.level + 1):
        if item.id in here or item.id in course.blocked or item.opt_in or item.optional:
            continue
        if not _unlocked(table, course, one, item):
            continue
        grown = Exercise(item, _start(knowledge, item, one.dose, item.ladder[0] if item.ladder else None))
        if _weekly_sets_fit(knowledge, course, one, grown):
            return grown
    return None


def _unlocked(table: ProgressionTable, course: Course, one: Exercise, following: Item) -> bool:
    days = table.unlock_days.get(following.id)
    if days is None:
        return True
    first = course.now - timedelta(days=days)
    since = course.in_plan_since.get(one.item.id, course.began)
    calm = all(
        past.light == "green" for past in course.sessions if past.at >= first and one.item.id in past.items
    )
    return since <= first.date() and calm


def _level_down(knowledge: Knowledge, course: Course, one: Exercise) -> Exercise:
    """One rung or level easier, at the start dose; where there is none, half the dose."""
    ladder = one.item.ladder
    if one.dose.rung in ladder and one.dose.rung != ladder[0]:
        return replace(
            one, dose=_start(knowledge, one.item, one.dose, ladder[ladder.index(one.dose.rung) - 1])
        )
    here = {other.item.id for other in course.exercises}
    for item in _level(knowledge, one.item, one.item.level - 1):
        if item.id not in here and item.id not in course.blocked and not item.opt_in and not item.ladder:
            return Exercise(item, _start(knowledge, item, one.dose, None))
    return replace(one, dose=halved(knowledge, one))


def _level(knowledge: Knowledge, item: Item, level: int) -> Iterable[Item]:
    return [one for one in knowledge.items.values() if one.family == item.family and one.level == level]


def _start(knowledge: Knowledge, item: Item, before: Dose, rung: str | None) -> Dose:
    """The start dose of an exercise that takes the place of one done on as many days, with as long a rest."""
    spans = {name: round(span.start) for name, span in spans_of(knowledge, item).items()}
    kept = {"days_per_week": before.days_per_week, "rest_s": before.rest_s}
    return Dose(**{**spans, **kept}, rung=rung)


def _step_down(table: ProgressionTable, knowledge: Knowledge, one: Exercise) -> Exercise:
    spans = spans_of(knowledge, one.item)
    for name in reversed(_order(table, one)):
        value = getattr(one.dose, name)
        low = round(spans[name].allowed[0]) if name in spans else 0
        if value is not None and value > low:
            lower = max(low, value - getattr(table.steps, name))
            return replace(one, dose=replace(one.dose, **{name: lower}))
    return one


def halved(knowledge: Knowledge, one: Exercise) -> Dose:
    """Half of the dose, as far as its range allows: of its sets first, then of its repetitions or seconds."""
    spans = spans_of(knowledge, one.item)
    work = (one.dose.sets or 1) * (one.dose.reps or one.dose.hold_s or 1)
    dose = one.dose
    for name in ("sets", "hold_s" if dose.reps is None else "reps"):
        value = getattr(dose, name)
        if value is None or name not in spans:
            continue
        low = round(spans[name].allowed[0])
        now = (dose.sets or 1) * (dose.reps or dose.hold_s or 1)
        lower = max(low, math.ceil(value * work / (2 * now)))
        dose = replace(dose, **{name: min(value, lower)})
    return dose


def _undone(table: ProgressionTable, knowledge: Knowledge, course: Course) -> tuple[Exercise, ...]:
    """The exercises with the last step up taken back, if none of the steps since has done so.

    What a practitioner decided since then stands.
    """
    ups, settled = {"PR1", "PR2"}, set(course.locked)
    for one in reversed(course.decided):
        if one.declined or not one.changes:
            continue
        if one.rule == "PR12":
            settled |= {change.item for change in one.changes}
            continue
        if one.rule not in ups:
            break
        (change,) = one.changes
        before = next(old for old in one.before if old.item.id == change.item)
        now = change.after if change.what == "exercise" else change.item
        if now in settled:
            break
        return tuple(before if other.item.id == now else other for other in course.exercises)
    return course.exercises


def changes_between(before: Sequence[Exercise], after: Sequence[Exercise]) -> tuple[Change, ...]:
    """What differs, exercise by exercise; where there are fewer, the missing ones are left out."""
    found: list[Change] = []
    stay = {one.item.id: one for one in after}
    for place, old in enumerate(before):
        new = after[place] if len(after) >= len(before) else stay.get(old.item.id)
        if new is None:
            found.append(Change(old.item.id, "left_out", None, None))
            continue
        if old.item != new.item:
            found.append(Change(old.item.id, "exercise", old.item.id, new.item.id))
            continue
        if old.dose.rung != new.dose.rung:
            found.append(Change(old.item.id, "rung", old.dose.rung, new.dose.rung))
            continue  # a new rung begins at the start dose; that is not another change
        for name in ("sets", "reps", "hold_s", "days_per_week"):
            was, becomes = getattr(old.dose, name), getattr(new.dose, name)
            if was != becomes:
                found.append(Change(old.item.id, name, was, becomes))
    return tuple(found)


def _proposal(
    table: ProgressionTable,
    rule: RuleId,
    because: str,
    course: Course,
    after: Iterable[Exercise],
    **words: object,
) -> Proposal:
    exercises = tuple(after) or course.exercises
    row = table.rules[rule]
    changes = changes_between(course.exercises, exercises)
    return Proposal(rule, because, row.reason.format_map(words), changes, exercises, row.at_once)


def _percent(share: float | None) -> int:
    return round(100 * (share or 0))


# ---- The goal


def goal_reached(
    goal: Goal,
    pain: Sequence[tuple[date, float]],
    activities: Iterable[Sequence[tuple[date, float]]],
    today: date,
) -> bool:
    """Whether pain on average (0 to 10, oldest first) has been low long enough, and activities go well.

    It has to have been higher at the start, to be rated often enough, and to have been rated lately.
    """
    if not pain or pain[0][1] <= goal.pain_at_most:
        return False
    low: list[tuple[date, float]] = []
    for day, value in reversed(pain):
        if value > goal.pain_at_most:
            break
        low.append((day, value))
    if len(low) < goal.ratings or (today - low[0][0]).days > goal.last_within_days:
        return False
    held = (low[0][0] - low[-1][0]).days >= 7 * goal.weeks
    return held and all(rows[-1][1] >= goal.activity_at_least for rows in activities if rows)
