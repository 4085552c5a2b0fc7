"""The script of a session, its length, its stop rules and its traffic light."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextposture.knowledge import Urgency, load
from nextposture.planning import Dose
from nextposture.planning.session import (
    light,
    minutes,
    script,
    session_table,
    step_from,
    stop_rules,
    stops,
)

TABLE = session_table()
KNEEL = ("EX_KNEEL", Dose(sets=2, hold_s=30))
BRIDGE = ("EX_BRIDGE", Dose(sets=2, reps=8, hold_s=2, rest_s=60))
PLANK = ("EX_PLANK", Dose(sets=3, hold_s=10, rest_s=60, rung="knees"))
ONE_SIDED = {"EX_KNEEL"}

doses = st.builds(
    Dose,
    sets=st.integers(1, 4),
    reps=st.none() | st.integers(1, 15),
    hold_s=st.integers(1, 60),
    rest_s=st.none() | st.integers(30, 90),
)
exercises = st.lists(st.tuples(st.sampled_from(["EX_KNEEL", "EX_BRIDGE", "EX_PLANK"]), doses), max_size=4)


def test_a_stretch_and_a_bridge_step_by_step() -> None:
    told = [
        (step.kind, step.side, step.number, step.seconds)
        for step in script(TABLE, [KNEEL, BRIDGE], ONE_SIDED, 0)
    ]
    assert told == [
        ("warm_up", "", 0, 60),
        ("next_exercise", "left", 1, 20),
        ("get_ready", "left", 1, 10),
        ("set", "left", 1, 30),
        ("change_side", "right", 1, 5),
        ("set", "right", 1, 30),
        ("rest", "left", 2, 10),
        ("set", "left", 2, 30),
        ("change_side", "right", 2, 5),
        ("set", "right", 2, 30),
        ("next_exercise", "", 1, 20),
        ("get_ready", "", 1, 10),
        ("set", "", 1, 56),
        ("rest", "", 2, 60),
        ("set", "", 2, 56),
    ]


def test_repetitions_are_paced_and_holds_of_the_dose_go_first() -> None:
    [first, _] = [step for step in script(TABLE, [BRIDGE], (), 0) if step.kind == "set"]
    assert (first.reps, first.move_s, first.hold_s, first.return_s) == (8, 2, 2, 3)
    assert first.seconds == 8 * 7


def test_the_side_that_goes_first_alternates_by_session() -> None:
    def first_side(number: int) -> str:
        return next(step.side for step in script(TABLE, [KNEEL], ONE_SIDED, number) if step.kind == "set")

    assert [first_side(number) for number in range(4)] == ["left", "right", "left", "right"]


@given(exercises, st.integers(0, 5))
def test_both_sides_get_the_same_and_every_set_is_there(chosen, number) -> None:  # type: ignore[no-untyped-def]
    steps = script(TABLE, chosen, ONE_SIDED, number)
    sets = [step for step in steps if step.kind == "set"]
    expected = sum(dose.sets * (2 if name in ONE_SIDED else 1) for name, dose in chosen)
    assert len(sets) == expected
    left = sorted((step.number, step.seconds) for step in sets if step.side == "left")
    assert left == sorted((step.number, step.seconds) for step in sets if step.side == "right")


@given(exercises)
def test_no_two_sets_follow_each_other_without_a_pause_and_none_ends_in_one(chosen) -> None:  # type: ignore[no-untyped-def]
    steps = script(TABLE, chosen, ONE_SIDED, 0)
    assert not any(one.kind == after.kind == "set" for one, after in pairwise(steps))
    assert not steps or (steps[0].kind, steps[-1].kind) == ("warm_up", "set")


@given(exercises)
def test_steps_survive_being_written_as_json(chosen) -> None:  # type: ignore[no-untyped-def]
    steps = script(TABLE, chosen, ONE_SIDED, 0)
    assert tuple(map(step_from, json.loads(json.dumps([step.as_plain() for step in steps])))) == steps


def test_nothing_due_makes_no_session() -> None:
    assert script(TABLE, [], (), 0) == ()


def test_what_is_not_a_step_is_refused() -> None:
    step = script(TABLE, [KNEEL], (), 0)[0].as_plain()
    with pytest.raises(ValueError, match="not a step"):
        step_from({**step, "kind": "jump"})
    with pytest.raises(TypeError):
        step_from({**step, "speed": 3})


def test_a_dose_without_work_is_refused() -> None:
    with pytest.raises(ValueError, match="EX_KNEEL"):
        script(TABLE, [("EX_KNEEL", Dose(sets=2))], (), 0)


def test_minutes_are_rounded_up() -> None:
    steps = script(TABLE, [KNEEL, BRIDGE, PLANK], ONE_SIDED, 0)
    assert minutes(steps) == 11  # 230 s of stretch, 202 s of bridge, 180 s of plank, 60 s to warm up
    assert minutes(steps[:1]) == 1
    assert minutes([replace(steps[0], seconds=61)]) == 2
    assert minutes(()) == 0


@pytest.mark.parametrize(
    ("before", "now", "flags", "rule"),
    [
        (2, 4, (), None),
        (2, 5, (), "pain_up"),
        (None, 5, (), None),
        (6, 6, (), None),
        (6, 7, (), None),
        (2, 7, (), "sharp_pain"),
        (2, None, ("leg_spread",), "leg_spread"),
        (2, 9, ("leg_spread", "new_danger_sign"), "new_danger_sign"),
        (2, 2, ("sharp_pain", "chest_or_faint"), "chest_or_faint"),
        (2, 2, (), None),
    ],
)
def test_stop_rules(
    before: float | None, now: float | None, flags: tuple[str, ...], rule: str | None
) -> None:
    hit = stops(load(), before, now, flags)
    assert (hit.id if hit else None) == rule


def test_an_unknown_flag_is_refused() -> None:
    with pytest.raises(ValueError, match="tired"):
        stops(load(), 2, 2, ("tired",))


def test_urgent_stop_rules_come_first_and_point_to_something_to_do() -> None:
    rules = list(stop_rules(load()).values())
    assert [rule.id for rule in rules if rule.urgency is Urgency.EMERGENCY_NOW] == [
        "new_danger_sign",
        "chest_or_faint",
    ]
    assert all(
        TABLE.points_to[rule.id] in load().danger_signs.actions for rule in rules if rule.urgency is not None
    )


@given(st.integers(0, 10), st.integers(0, 10), st.sets(st.sampled_from(sorted(stop_rules(load())))))
def test_more_signs_never_make_a_stop_less_grave(before, now, flags) -> None:  # type: ignore[no-untyped-def]
    def gravity(some: set[str]) -> int:
        rule = stops(load(), before, now, some)
        return -1 if rule is None else int(rule.urgency or 0)

    assert all(gravity(flags - {flag}) <= gravity(flags) for flag in flags)


@pytest.mark.parametrize(
    ("before", "peak", "leg_spread", "colour"),
    [
        (3, 4, False, "green"),
        (3, 5, False, "amber"),
        (3, 6, False, "red"),
        (7, 8, False, "red"),
        (3, 3, True, "red"),
    ],
)
def test_traffic_light(before: int, peak: int, leg_spread: bool, colour: str) -> None:
    assert light(TABLE.light, before, peak, leg_spread) == colour
