"""Exercises of a clinic's own: read by the tables' own loader, and coached by the camera with no new code."""

from __future__ import annotations

from typing import Any

import pytest
from tests.coached_films import CASES, film, reps

from nextposture.knowledge import load
from nextposture.knowledge.own import OwnExercise, own_from_plain, own_from_text, own_id, with_own
from nextposture.knowledge.reading import KnowledgeError, read_table
from nextposture.motion.coaching import Coach, SetDose
from nextposture.motion.exercises import exercise_for
from nextposture.planning import Dose
from nextposture.planning.course import Course, Exercise, Past
from nextposture.planning.decisions import Allowed, bounds, dose_problems
from nextposture.planning.progression import propose
from nextposture.planning.progression_table import progression_table
from nextposture.planning.session import own_tempos, script, table_for

TEXT = """
item:
  name: "Slow bridge"
  summary: "A bridge, slower."
  steps: ["Lie on your back.", "Lift the hips."]
  stop: ["Pain in the back."]
  dose:
    sets: {start: 2, allowed: [1, 3]}
    reps: {start: 6, allowed: [4, 10]}
    days_per_week: {start: 3, allowed: [2, 5]}
like: [EX_BRIDGE]
needs: ["a mat"]
tempo: {move_s: 3, hold_s: 1, return_s: 3}
"""


DRAWN = "alt: a, rest: {part: trunk, on: floor}, end: {}"


def row_of(table: str, section: str, name: str, key: str) -> dict[str, Any]:
    """A row of a table as it stands there, less its ids."""
    rows = read_table(table).value[section]
    found = next(one for one in rows if one[key] == name)
    return {one: value for one, value in found.items() if one not in ("id", "item", "source", "figure")}


def whole() -> OwnExercise:
    """The exercise with a drawing and a coaching row of its own, as data."""
    plain = dict(own_from_text(TEXT, load()).plain)
    plain["figure"] = row_of("figures", "figures", "EX_BRIDGE", "id")
    plain["coaching"] = row_of("coaching", "exercises", "EX_BRIDGE", "figure")
    return own_from_plain(plain, load())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("reps:", "rep:", "exercise:8: item.dose: unknown part of an exercise's dose 'rep'"),
        ("[4, 10]", "[7, 10]", "exercise:9: item.dose.reps: needs 1 <= least"),
        ("[EX_BRIDGE]", "[EX_NONE]", "exercise:11: like: unknown exercise 'EX_NONE'"),
        ("[EX_BRIDGE]", "[]", "name at least one exercise of the tables"),
        ("tempo:", "tempi:", "tempi: "),
        ("tempo: {move_s: 3, hold_s: 1, return_s: 3}", "", "repetitions need a tempo"),
        ("move_s: 3", "move_s: -3", "exercise:13: tempo.move_s: needs 0 to 30 seconds"),
        ("return_s: 3", "return_s: .inf", "tempo.return_s: "),
        ("{move_s: 3, hold_s: 1, return_s: 3}", "{move_s: 0, hold_s: 1, return_s: 0}", "at least 1 second"),
        (
            "like:",
            f"figure: {{{DRAWN}, via: [{', '.join(['{}'] * 7)}]}}\nlike:",
            "figure.via: has more than 6",
        ),
        ("like:", "figure: EX_KNEEL\nlike:", "the drawing is of one side"),
        ("like:", "figure: {alt: a, rest: {part: trunk, on: floor}, end: {lean: 900}}\nlike:", "lean is 900"),
        ("like:", "coaching: EX_BRIDGE\nlike:", "figure must be there too"),
        ('name: "Slow bridge"', 'name: " "', "item.name: must not be empty"),
        ("item:", "item: &a", "anchors are not taken"),
    ],
)
def test_error_names_the_line_and_what_to_change(old: str, new: str, told: str) -> None:
    with pytest.raises(KnowledgeError) as refused:
        own_from_text(TEXT.replace(old, new), load())
    assert told in str(refused.value)


def test_it_stands_beside_the_tables_and_is_not_graded() -> None:
    own = own_from_text(TEXT, load())
    known = with_own(load(), [own])
    item = known.items[own.item.id]
    assert own.item.id == own_id(own.plain) and item.is_exercise and own.item.id not in load().items
    assert known.claims_of(item) == () and "not graded" in known.grade_of(item)
    assert bounds(known, item)["reps"] == (4, 10)
    assert dose_problems(known, item, Dose(sets=2, reps=11, days_per_week=3)) == {"reps": "From 4 to 10."}
    ruled_out = Allowed(blocked={"EX_BRIDGE": ["Not in pregnancy."]}, like={item.id: own.like})
    assert ruled_out.against(item.id) == ("Not in pregnancy.",)
    steps = script(table_for(known), [(item.id, Dose(sets=1, reps=6))], (), 0, own_tempos(known))
    assert [(one.move_s, one.reps, one.seconds) for one in steps if one.kind == "set"] == [(3, 6, 42)]


def test_rules_move_it_within_its_range_and_to_no_other_exercise() -> None:
    own = own_from_text(TEXT, load())
    known, item = with_own(load(), [own]), own.item
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 3, 30, 9, tzinfo=UTC)
    past = [Past(f"s{day}", now - timedelta(days=day), frozenset({item.id}), "green", 4) for day in (4, 2)]
    for dose, expected in (
        (Dose(sets=2, reps=6, days_per_week=3), ("reps", 6, 8)),
        (Dose(sets=3, reps=10, days_per_week=3), None),
    ):
        course = Course(
            now, (now - timedelta(days=20)).date(), (Exercise(item, dose),), tuple(past), adherence=0.9
        )
        found = propose(progression_table(), known, course)
        changes = [(one.what, one.before, one.after) for one in found.changes] if found else [None]
        assert changes == [expected]


def test_camera_coaches_it_from_its_own_drawing_and_row() -> None:
    own = whole()
    exercise = exercise_for(own.item.id, None, with_own(load(), [own]))
    assert exercise is not None and exercise.item == own.item.id
    case = next(one for one in CASES if one.exercise == "EX_BRIDGE")
    coach = Coach(exercise, SetDose(reps=3), sides=(None,))
    for frame in film(case, reps(case, *[case.right] * 3), "left").frames():
        coach.step(frame)
    assert coach.done and next(iter(coach.summary())).reps == 3
    assert exercise_for(own.item.id) is None, "without the person's own exercises there is none"
