"""The twelve rules, one by one, as a physiotherapist would read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nextposture.knowledge import load
from nextposture.planning import Dose
from nextposture.planning.adherence import adherence
from nextposture.planning.course import Change, Course, Decided, Exercise, Past, Proposal
from nextposture.planning.dose_words import dose_words
from nextposture.planning.progression import (
    goal_reached,
    halved,
    halved_sets,
    halves_next,
    holds_still,
    light_next_day,
    propose,
    standing,
)
from nextposture.planning.progression_table import progression_table

KNOWN, TABLE = load(), progression_table()
NOW = datetime(2026, 3, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def exercise(name: str, **dose: Any) -> Exercise:
    return Exercise(KNOWN.items[name], Dose(**{"days_per_week": 2, **dose}))


BRIDGE = exercise("EX_BRIDGE", sets=2, reps=8, hold_s=2)
TOP = exercise("EX_BRIDGE", sets=3, reps=15, hold_s=2)
PLANK = exercise("EX_PLANK", sets=3, hold_s=10, rung="knees", days_per_week=1)
KNEEL = exercise("EX_KNEEL", sets=2, hold_s=30, days_per_week=5)
DOG = exercise("EX_BIRD_DOG", sets=2, reps=5, hold_s=5, days_per_week=1)


def past(days_ago: float, light: Any = "green", effort: int | None = 4, *names: str, **other: Any) -> Past:
    items = frozenset(names or ("EX_BRIDGE", "EX_PLANK", "EX_KNEEL", "EX_BIRD_DOG"))
    return Past(f"s{days_ago}", NOW - days_ago * DAY, items, light, effort, **other)


def course(*exercises: Exercise, sessions: Any = (), **other: Any) -> Course:
    told = {"adherence": 0.9, "adherence_no_gain": 0.9, "began": (NOW - 20 * DAY).date()}
    return Course(now=NOW, exercises=exercises or (BRIDGE,), sessions=tuple(sessions), **{**told, **other})


def asked(one: Course) -> Proposal | None:
    return propose(TABLE, KNOWN, one)


def rule(one: Course) -> str | None:
    found = asked(one)
    return found.rule if found else None


def changed(one: Course) -> list[tuple[Any, ...]]:
    found = asked(one)
    assert found is not None
    return [(change.item, change.what, change.before, change.after) for change in found.changes]


GREENS = (past(4), past(2))


# ---- PR1 and PR2: a step up


def test_two_green_sessions_raise_one_variable_by_one_step() -> None:
    assert changed(course(BRIDGE, sessions=GREENS)) == [("EX_BRIDGE", "reps", 8, 10)]
    assert changed(course(PLANK, sessions=GREENS)) == [("EX_PLANK", "hold_s", 10, 15)]
    assert changed(course(KNEEL, sessions=GREENS)) == [("EX_KNEEL", "sets", 2, 3)]
    found = asked(course(BRIDGE, sessions=GREENS))
    assert found is not None
    assert "90 %" in found.reason
    assert not found.at_once


def test_an_exercise_of_every_other_session_grows_by_its_own_sessions() -> None:
    stretch, both = "EX_KNEEL", ("EX_KNEEL", "EX_BRIDGE")
    some = (past(6, "green", 4, *both), past(5, "green", 4, stretch), past(4, "green", 4, *both))
    full = exercise("EX_KNEEL", sets=4, hold_s=30, days_per_week=5)
    told = {"blocked": frozenset({"EX_LUNGE"})}
    assert changed(course(full, BRIDGE, sessions=some, **told)) == [("EX_BRIDGE", "reps", 8, 10)]
    # One that may still turn for the worse takes nothing away; an amber one does.
    fresh = past(0.2, "green", 4, stretch, settled=False)
    assert rule(course(full, BRIDGE, sessions=(*some, fresh), **told)) == "PR1"
    assert rule(course(full, BRIDGE, sessions=(*some, replace(fresh, light="amber")), **told)) is None


def test_the_last_step_stops_at_the_top() -> None:
    nearly = exercise("EX_BRIDGE", sets=2, reps=14, hold_s=2)
    assert changed(course(nearly, sessions=GREENS)) == [("EX_BRIDGE", "reps", 14, 15)]
    full = exercise("EX_BRIDGE", sets=2, reps=15, hold_s=2)
    assert changed(course(full, sessions=GREENS)) == [("EX_BRIDGE", "sets", 2, 3)]


@pytest.mark.parametrize(
    "other",
    [
        {"sessions": (past(2),)},
        {"sessions": (past(4, "amber"), past(2))},
        {"sessions": (past(4), past(2, None))},
        {"sessions": (past(4), past(2, "green", 6))},
        {"sessions": (past(4), past(2, "green", None))},
        {"sessions": (past(4), past(0.1, settled=False))},
        {"sessions": (past(4), past(2, "green", 4, "EX_PLANK"))},
        {"sessions": GREENS, "adherence": 0.69},
        {"sessions": GREENS, "adherence": None},
        {"sessions": GREENS, "maintenance": True},  # nothing was held before
        {"sessions": GREENS, "began": (NOW - 84 * DAY).date(), "gained": True},
        {"sessions": GREENS, "decided": (Decided("PR1", "x", NOW - 1 * DAY, declined=True),)},
        {"sessions": GREENS, "decided": (Decided("PR7", "x", NOW - 3 * DAY),)},
    ],
)
def test_no_step_up_without_all_it_rests_on(other: dict[str, Any]) -> None:
    assert rule(course(BRIDGE, **other)) is None


def test_the_exercise_whose_last_step_is_longest_ago_goes_first() -> None:
    first = asked(course(BRIDGE, PLANK, sessions=(past(9), past(8))))
    assert first is not None
    assert first.changes[0].item == "EX_BRIDGE"
    made = Decided("PR1", first.because, NOW - 7 * DAY, first.changes, (BRIDGE, PLANK))
    assert changed(course(*first.exercises, sessions=(past(4), past(2)), decided=(made,)))[0][0] == "EX_PLANK"


def test_at_the_top_comes_the_next_rung_or_the_next_exercise_at_its_start_dose() -> None:
    top = exercise("EX_PLANK", sets=5, hold_s=45, rung="knees", days_per_week=1)
    found = asked(course(top, sessions=GREENS))
    assert found is not None
    assert (found.rule, changed(course(top, sessions=GREENS))) == (
        "PR2",
        [("EX_PLANK", "rung", "knees", "full")],
    )
    assert dose_words(found.exercises[0].item, found.exercises[0].dose) == (
        "3 holds of 10 seconds, on the toes, once a week"
    )
    assert changed(course(TOP, sessions=GREENS)) == [("EX_BRIDGE", "exercise", "EX_BRIDGE", "EX_SL_BRIDGE")]
    assert rule(course(TOP, sessions=GREENS, blocked=frozenset({"EX_SL_BRIDGE"}))) is None


def test_a_family_gets_no_more_than_its_sets_a_week() -> None:
    many = exercise("EX_BRIDGE", sets=2, reps=15, hold_s=2, days_per_week=5)
    assert rule(course(many, sessions=GREENS)) != "PR1"


def test_the_lunge_waits_for_two_green_weeks() -> None:
    top = exercise("EX_KNEEL", sets=4, hold_s=30, days_per_week=5)
    assert rule(course(top, sessions=GREENS, in_plan_since={"EX_KNEEL": (NOW - 10 * DAY).date()})) is None
    assert changed(course(top, sessions=GREENS)) == [("EX_KNEEL", "exercise", "EX_KNEEL", "EX_LUNGE")]
    assert rule(course(top, sessions=(past(9, "amber"), *GREENS))) is None


# ---- PR3 to PR5: amber and red


def test_amber_repeats_the_dose() -> None:
    one = course(BRIDGE, sessions=(past(4), past(2, "amber")))
    assert rule(one) is None
    assert holds_still(TABLE, one)


def test_red_goes_back_to_the_dose_before_and_halves_the_next_session() -> None:
    made = Decided("PR1", "s9", NOW - 8 * DAY, (), (BRIDGE, PLANK))
    up = asked(course(BRIDGE, PLANK, sessions=GREENS))
    assert up is not None
    made = replace(made, changes=up.changes)
    one = course(*up.exercises, sessions=(past(2, "red"),), decided=(made,))
    found = asked(one)
    assert found is not None
    assert (found.rule, found.at_once, found.exercises) == ("PR4", True, (BRIDGE, PLANK))
    assert halves_next(TABLE, one)
    assert halved_sets(PLANK.dose).sets == 2
    # Taken back once, it is not taken back again; and nothing rises on the day after.
    later = replace(
        one, exercises=found.exercises, decided=(made, Decided("PR4", found.because, NOW, found.changes))
    )
    assert rule(later) is None
    assert not halves_next(TABLE, replace(later, sessions=(*later.sessions, past(1))))


def test_two_reds_in_a_week_go_a_level_down_and_ask_for_someone() -> None:
    full = exercise("EX_PLANK", sets=4, hold_s=30, rung="full", days_per_week=1)
    thrust = exercise("EX_SL_BRIDGE", sets=2, reps=8, hold_s=2)
    one = course(
        full, thrust, KNEEL, sessions=(past(6, "red"), past(4), past(1, "red", 4, "EX_PLANK", "EX_SL_BRIDGE"))
    )
    found = asked(one)
    assert found is not None
    assert (found.rule, found.at_once) == ("PR5", True)
    assert [(change.item, change.after) for change in found.changes] == [
        ("EX_PLANK", "knees"),
        ("EX_SL_BRIDGE", "EX_BRIDGE"),
        ("EX_KNEEL", "EX_STANDING_STRETCH"),
    ]
    assert standing(TABLE, KNOWN, one) == "physiotherapist"
    apart = course(full, sessions=(past(9, "red"), past(1, "red")))
    assert rule(apart) == "PR4"


# ---- PR6 to PR8: too much, too hard, a gap


def test_little_done_for_two_weeks_halves_the_exercises() -> None:
    one = course(KNEEL, BRIDGE, PLANK, sessions=GREENS, adherence=0.4)
    assert rule(one) == "PR6"
    assert [name for name, what, _, _ in changed(one) if what == "left_out"] == ["EX_PLANK"]
    assert rule(course(BRIDGE, sessions=GREENS, adherence=0.4)) is None
    assert rule(course(KNEEL, BRIDGE, sessions=GREENS, adherence=0.4, began=(NOW - 10 * DAY).date())) is None


def test_an_effort_of_nine_lowers_a_step() -> None:
    up = exercise("EX_BRIDGE", sets=3, reps=12, hold_s=2)
    one = course(up, sessions=(past(4), past(2, "green", 9)))
    assert rule(one) == "PR7"
    assert changed(one) == [("EX_BRIDGE", "sets", 3, 2)]
    assert rule(course(BRIDGE, sessions=(past(4), past(2, "green", 8)))) is None


def test_after_a_gap_or_an_illness_one_starts_at_half() -> None:
    up = exercise("EX_PLANK", sets=4, hold_s=40, rung="full", days_per_week=1)
    one = course(up, sessions=(past(15),), adherence=None)
    assert rule(one) == "PR8"
    assert halved(KNOWN, up) == replace(up.dose, sets=3, hold_s=27)
    assert rule(course(up, sessions=(past(13),), adherence=None)) is None
    ill = course(up, sessions=(past(5),), adherence=None, sick_days=3)
    found = asked(ill)
    assert found is not None
    assert found.reason == "The last session was 5 days ago, and you were ill for 3 days."
    assert rule(course(up, adherence=None, began=(NOW - 30 * DAY).date())) is None


# ---- PR9 to PR11: stop, someone else, upkeep


def test_a_danger_sign_comes_before_everything() -> None:
    one = course(BRIDGE, sessions=(past(6, "red"), past(2, "red")), danger_sign=True)
    assert rule(one) == "PR9"
    assert standing(TABLE, KNOWN, one) == "stopped"


@pytest.mark.parametrize(
    ("days", "share", "gained", "expected"),
    [
        (28, 0.7, False, "PR10"),
        (27, 0.7, False, None),
        (28, 0.69, False, None),
        (28, 0.7, True, None),
        (28, 0.7, None, None),
        (28, None, False, None),
    ],
)
def test_no_gain_in_four_weeks_that_were_followed(
    days: int, share: float | None, gained: bool | None, expected: str | None
) -> None:
    began = (NOW - days * DAY).date()
    one = course(BRIDGE, sessions=(past(1, "amber"),), began=began, adherence_no_gain=share, gained=gained)
    assert rule(one) == expected
    assert (standing(TABLE, KNOWN, one) == "physiotherapist") == (expected == "PR10")


def test_the_goal_reached_leads_to_upkeep() -> None:
    often = exercise("EX_BRIDGE", sets=3, reps=8, hold_s=2, days_per_week=3)
    one = course(often, KNEEL, sessions=GREENS, goal_reached=True)
    assert changed(one) == [("EX_BRIDGE", "days_per_week", 3, 2)]
    assert standing(TABLE, KNOWN, replace(one, maintenance=True)) == "maintenance"


def test_in_upkeep_an_exercise_grows_back_to_what_was_held_and_no_further() -> None:
    held = exercise("EX_BRIDGE", sets=2, reps=12, hold_s=2)
    reached = Decided("PR11", "x", NOW - 9 * DAY, (), (held,))
    told: dict[str, Any] = {"sessions": GREENS, "maintenance": True, "decided": (reached,)}
    told["began"] = (NOW - 200 * DAY).date()
    assert changed(course(BRIDGE, **told)) == [("EX_BRIDGE", "reps", 8, 10)]
    assert rule(course(held, **told)) is None
    assert rule(course(BRIDGE, **told, adherence_no_gain=0.9, gained=False)) == "PR1"


def weekly(*values: float) -> list[tuple[date, float]]:
    return [
        (NOW.date() - timedelta(weeks=len(values) - 1 - place), value) for place, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("pain", "activities", "reached"),
    [
        (weekly(6, 4, 1, 1, 0, 1, 1), [], True),
        (weekly(6, 4, 2, 1, 0, 1, 1), [], False),
        (weekly(1, 1, 1, 1, 1, 1), [], False),
        (weekly(6, 1, 1, 1, 1, 1), [weekly(3, 8)], True),
        (weekly(6, 1, 1, 1, 1, 1), [weekly(8, 7)], False),
        (weekly(6, 1, 1, 1, 1, 1)[:-3], [], False),
        ([], [], False),
    ],
)
def test_when_the_goal_is_reached(pain: Any, activities: Any, reached: bool) -> None:
    assert goal_reached(TABLE.goal, pain, activities, NOW.date()) is reached


# ---- The next morning, and how much was done


@pytest.mark.parametrize(
    ("light", "pain_next", "settled", "expected"),
    [
        ("green", None, None, "green"),
        ("green", 3, True, "green"),
        ("green", 4, True, "amber"),
        ("green", 5, None, "amber"),
        ("green", 6, True, "red"),
        ("amber", 4, True, "amber"),
        ("amber", 4, False, "red"),
        ("red", 3, True, "red"),
    ],
)
def test_the_next_morning_can_only_turn_a_light_for_the_worse(
    light: Any, pain_next: int | None, settled: bool | None, expected: str
) -> None:
    assert light_next_day(TABLE, light, 3, pain_next, settled) == expected


def test_adherence_is_what_was_done_of_what_was_planned() -> None:
    start = date(2026, 3, 2)
    days = [start + timedelta(days=ahead) for ahead in range(14)]
    versions = [(start, {"A": 5, "B": 2}), (days[7], {"A": 5})]
    done = {(day, "A") for day in days[:5]} | {(days[1], "B"), (days[8], "A"), (days[8], "B")}
    assert adherence(versions, done, start, days[13]) == pytest.approx(7 / 12)
    assert adherence(versions, {(day, "A") for day in days}, start, days[13]) == 1
    off = days[9:]
    assert adherence(versions, done, start, days[13], days_off=off) == pytest.approx(7 / (7 + 2 * 5 / 7))
    assert adherence(versions, done, start, days[5], least_days=7) is None
    assert adherence((), done, start, days[13]) is None


# ---- PR12: what a practitioner decided


LOCKED: dict[str, Any] = {"locked": frozenset({"EX_BRIDGE"})}
SIX = exercise("EX_BRIDGE", sets=2, reps=6, hold_s=2)
UP = Decided("PR1", "s9", NOW - 9 * DAY, (Change("EX_BRIDGE", "reps", 6, 8),), (SIX,))


@pytest.mark.parametrize(
    ("sessions", "other", "expected"),
    [
        (GREENS, {}, "PR1"),
        ((past(3, "red"), past(1, "red")), {}, "PR5"),
        ((past(1, "green", 9),), {}, "PR7"),
        ((past(20),), {}, "PR8"),
        ((), {"adherence": 0.2}, "PR6"),
        ((), {"goal_reached": True}, "PR11"),
    ],
)
def test_no_rule_moves_a_locked_exercise(sessions: Any, other: dict[str, Any], expected: str) -> None:
    heavy = replace(BRIDGE, dose=replace(BRIDGE.dose, sets=3, reps=12, days_per_week=3))
    plan = (PLANK, KNEEL, heavy)
    free, held = (course(*plan, sessions=sessions, **other, **more) for more in ({}, LOCKED))
    assert rule(free) == rule(held) == expected
    if expected != "PR1":  # which moves one exercise, and may choose another
        assert "EX_BRIDGE" in {item for item, *_ in changed(free)}
    assert "EX_BRIDGE" not in {item for item, *_ in changed(held)}


def test_a_locked_exercise_alone_neither_grows_nor_steps_back() -> None:
    assert asked(course(BRIDGE, sessions=GREENS, **LOCKED)) is None
    assert changed(course(BRIDGE, sessions=(past(1, "red"),), decided=(UP,))) == [("EX_BRIDGE", "reps", 8, 6)]
    assert changed(course(BRIDGE, sessions=(past(1, "red"),), decided=(UP,), **LOCKED)) == []
    assert halves_next(TABLE, course(BRIDGE, sessions=(past(1, "red"),), **LOCKED))


def test_rules_go_on_from_the_dose_that_was_decided() -> None:
    said = Decided("PR12", "key", NOW - 8 * DAY, (Change("EX_BRIDGE", "dose", None, None),))
    twelve = exercise("EX_BRIDGE", sets=2, reps=12, hold_s=2)
    assert changed(course(twelve, sessions=GREENS, decided=(UP, said))) == [("EX_BRIDGE", "reps", 12, 14)]
    # A red session takes no step back that came before what was decided.
    assert changed(course(twelve, sessions=(past(1, "red"),), decided=(UP, said))) == []
    about_another = replace(said, changes=(Change("EX_PLANK", "dose", None, None),))
    red = course(BRIDGE, sessions=(past(1, "red"),), decided=(UP, about_another))
    assert changed(red) == [("EX_BRIDGE", "reps", 8, 6)]
    # Sessions before it earn no step.
    fresh = replace(said, at=NOW - 3 * DAY)
    assert asked(course(twelve, sessions=GREENS, decided=(fresh,))) is None
