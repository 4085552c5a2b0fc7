"""The scheduler's rules, one by one, in minutes since nine o'clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from tests.companion_day import MINUTE, NINE, PLAN, RULES, Day

from nextposture.sitting.events import (
    Absence,
    Active,
    Answered,
    Around,
    Asked,
    GotUp,
    Idle,
    Now,
    Paused,
    Sees,
    Tick,
    Took,
)
from nextposture.sitting.rules import QuietHours
from nextposture.sitting.scheduler import begin, handle, resume, wakes_in
from nextposture.sitting.table import break_plan, companion_table
from nextposture.sitting.words import idea, now, why

WORDS = companion_table().words()


def answer(day: Day, said: str) -> Answered:
    assert day.state.prompt is not None
    return Answered(day.state.prompt.number, said)  # type: ignore[arg-type]


def test_asks_after_the_plans_interval_small_first_larger_later_then_lets_it_be() -> None:
    day = Day()
    assert day.at(29.9) == "working"
    assert day.at(30) == "due small"
    assert day.at(34.9) == "due small"
    assert day.at(35) == "due larger"
    assert day.at(44.9) == "due larger"
    assert day.at(45) == "working"
    assert [(one.ending, one.offered_at) for one in day.breaks] == [("unanswered", day.now(30).at)]
    assert day.at(74.9) == "working"
    assert day.at(75) == "due small"


@pytest.mark.parametrize("begins, ends", [("locked", "locked"), ("asleep", "asleep")])
def test_an_absence_as_long_as_a_break_is_a_break(begins: str, ends: str) -> None:
    day = Day()
    day.at(20, Absence(begins, begins=True))  # type: ignore[arg-type]
    day.at(22)
    day.at(40, Absence(ends, begins=False))  # type: ignore[arg-type]
    assert [(bout.seconds, bout.span_s) for bout in day.bouts] == [(20 * MINUTE, 20 * MINUTE)]
    (taken,) = day.breaks
    assert (taken.started_at, taken.seconds) == (day.now(20).at, 20 * MINUTE)
    assert (taken.how_known, taken.cause, taken.offered_at) == ("seen", begins, None)
    assert day.at(69.9) == "working"
    assert day.at(70) == "due small"


def test_a_shorter_absence_only_pauses() -> None:
    day = Day()
    day.at(20, Absence("locked", begins=True))
    day.at(21.9, Absence("locked", begins=False))
    assert day.kept == []
    assert day.at(31.8) == "working"
    assert day.at(31.9) == "due small"
    day.at(32, GotUp())
    assert [(bout.seconds, bout.span_s, bout.pauses) for bout in day.bouts] == []
    day.at(35, Active())
    (bout,) = day.bouts
    assert (round(bout.seconds), round(bout.span_s), bout.pauses) == (round(30.1 * MINUTE), 32 * 60, 1)


def test_being_idle_counts_from_when_it_began_and_reading_does_not_count() -> None:
    day = Day()
    assert day.at(14, Idle(4 * MINUTE)) == "working"
    assert day.at(14.5, Active()) == "working"
    assert day.at(25, Idle(5 * MINUTE)) == "away"
    day.at(27, Active())
    assert day.bouts[0].seconds == 20 * MINUTE
    assert (day.breaks[0].started_at, day.breaks[0].seconds) == (day.now(20).at, 7 * MINUTE)


def test_signs_of_presence_outweigh_still_hands() -> None:
    day = Day()
    day.at(5, Around(present=True))
    assert day.at(20, Idle(15 * MINUTE)) == "working"
    assert day.at(22, Around()) == "working"
    assert day.at(27) == "away"
    day.at(30, Active())
    assert day.bouts[0].seconds == 22 * MINUTE


def test_a_film_that_plays_to_nobody_is_not_believed_for_ever() -> None:
    day = Day()
    day.at(1, Around(present=True))
    assert day.at(6, Idle(5 * MINUTE)) == "working"
    assert day.at(59) == "deferred presentation" or day.at(59).startswith("due")
    assert day.at(61) == "away"
    assert day.at(62, Around(present=True)) == "away"
    assert day.at(70, Active()) == "working"
    assert day.bouts[0].seconds == MINUTE


def test_who_was_asked_and_then_sits_still_for_a_break_got_up() -> None:
    day = Day()
    assert day.at(30) == "due small"
    assert day.at(32.5, Idle(2 * MINUTE)) == "away"
    day.at(36, Active())
    (taken,) = day.breaks
    assert (taken.ending, taken.how_known, taken.offered_at) == ("done", "seen", day.now(30).at)
    assert taken.seconds == 5.5 * MINUTE


@pytest.mark.parametrize("cause", ["locked", "asleep"])
def test_nothing_is_asked_within_a_minute_of_coming_back(cause: str) -> None:
    day = Day()
    day.at(29.5, Absence(cause, begins=True))  # type: ignore[arg-type]
    assert day.at(31, Absence(cause, begins=False)) == "working"  # type: ignore[arg-type]
    assert day.at(31.5) == "deferred settling"
    assert day.at(31.99) == "deferred settling"
    assert day.at(32) == "due small"


def test_a_prompt_on_the_screen_goes_when_the_screen_is_locked_and_comes_back_a_minute_after() -> None:
    day = Day()
    assert day.at(30) == "due small"
    assert day.at(31, Absence("locked", begins=True)) == "away"
    assert day.at(32, Absence("locked", begins=False)) == "deferred settling"
    assert day.at(33) == "due small"


def test_sleep_that_nobody_announced_shows_in_the_clocks() -> None:
    day = Day()
    day.at(10)
    day.slept = 600 * MINUTE
    assert day.at(615) == "working"
    assert day.bouts[0].seconds == 15 * MINUTE
    assert (day.breaks[0].cause, day.breaks[0].seconds) == ("asleep", 600 * MINUTE)


def test_a_locker_that_never_tells_of_the_unlocking_is_not_believed_for_ever() -> None:
    day = Day()
    day.at(10, Absence("locked", begins=True))
    assert day.at(15, Idle(300)) == "away"
    assert day.at(60) == "away"  # nobody touches anything: the lock holds
    assert day.at(61, Active()) == "away"  # the password
    assert day.at(71.9) == "away"
    wait = wakes_in(RULES, PLAN, day.state)
    assert wait == pytest.approx(0.1 * MINUTE)
    assert day.at(72) == "working"
    assert (day.breaks[0].cause, day.breaks[0].seconds) == ("locked", 62 * MINUTE)


def test_a_locked_screen_that_wakes_at_night_stays_locked() -> None:
    day = Day()
    day.at(10, Absence("locked", begins=True), Absence("asleep", begins=True))
    day.slept = 600 * MINUTE
    assert day.at(610, Absence("asleep", begins=False)) == "away"
    assert day.at(615, Idle(300)) == "away"
    assert day.at(700) == "away"


def test_who_touches_a_key_is_awake_though_nobody_said_that_the_computer_woke() -> None:
    day = Day()
    day.at(10, Absence("asleep", begins=True))
    assert day.at(11, Active()) == "working"
    assert day.at(29) == "working"
    # Pauses are no sitting: the interval is over a minute later for it.
    assert day.at(31) == "due small"


def test_a_jump_of_the_wall_clock_changes_nothing() -> None:
    day = Day()
    day.at(10)
    for hours in (-5, 9, 0):
        at = NINE.replace(hour=9 + hours)
        state, kept = handle(RULES, PLAN, day.state, Tick(), Now(at, 1000 + 29 * MINUTE))
        assert kept == () and state.prompt is None and state.bout is not None
        assert state.bout.seconds == 29 * MINUTE


@pytest.mark.parametrize("reason", ["call", "sharing", "presentation", "do_not_disturb", "typing"])
def test_waits_for_what_goes_on_and_then_shows_small_and_silent(reason: str) -> None:
    day = Day()
    day.at(29, Around(frozenset({reason})))
    assert day.at(30) == f"deferred {reason}"
    assert day.at(44.9) == f"deferred {reason}"
    assert day.at(45) == f"deferred silent {reason}"
    assert day.at(46, Around()) == "due small"
    assert day.state.prompt is not None
    assert why(WORDS, day.state, day.state.prompt).startswith(
        "You have been sitting for 30 minutes. It waited 16"
    )
    day.at(47, answer(day, "not_now"))
    assert day.breaks[0].deferred == {reason: 16 * MINUTE}


def test_a_call_that_begins_takes_the_prompt_off_the_screen_but_typing_does_not() -> None:
    day = Day()
    assert day.at(30) == "due small"
    assert day.at(31, Around(frozenset({"typing"}))) == "due small"
    assert day.at(32, Around(frozenset({"call"}))) == "deferred call"
    assert day.at(33, Around()) == "due small"


def test_later_is_five_minutes_twice_and_not_now_a_whole_interval() -> None:
    day = Day()
    day.at(30)
    assert day.at(31, answer(day, "later")) == "deferred put_off"
    assert day.at(36) == "due small"
    assert day.at(37, answer(day, "later")) == "deferred put_off"
    assert day.at(42) == "due small"
    assert day.at(43, answer(day, "later")) == "due small"
    assert day.at(44, answer(day, "not_now")) == "working"
    (skipped,) = day.breaks
    assert (skipped.ending, skipped.snoozes, skipped.how_known) == ("not_now", 2, "")
    assert day.at(73.9) == "working"
    assert day.at(74) == "due small"


def test_an_answer_to_a_prompt_that_is_gone_changes_nothing() -> None:
    day = Day()
    day.at(30)
    old = answer(day, "not_now")
    day.at(31, old)
    before = day.state
    assert day.at(31, old) == "working"
    assert replace(day.state, heard_t=before.heard_t) == before


def test_who_says_done_is_on_a_break_until_something_moves_again() -> None:
    day = Day()
    day.at(30)
    assert day.at(31, answer(day, "done")) == "on_break"
    assert day.at(31.2, Active()) == "on_break"
    assert day.at(33.5, Active()) == "working"
    (taken,) = day.breaks
    assert (taken.how_known, taken.seconds, taken.kind) == ("said", 2.5 * MINUTE, "walk")
    assert [bout.seconds for bout in day.bouts] == [31 * MINUTE]


def test_a_long_break_after_done_is_one_break() -> None:
    day = Day()
    day.at(30)
    day.at(31, answer(day, "done"))
    assert day.at(32.2, Idle(1.1 * MINUTE)) == "on_break"
    assert day.at(33) == "on_break"
    assert day.at(41, Active()) == "working"
    (taken,) = day.breaks
    assert (taken.how_known, taken.seconds) == ("said", 10 * MINUTE)


def test_discomfort_asks_at_once_even_while_the_app_would_wait() -> None:
    day = Day()
    day.at(10, Around(frozenset({"call"})))
    assert day.at(12, Asked("discomfort")) == "due small"
    assert day.state.prompt is not None
    assert why(WORDS, day.state, day.state.prompt) == "You said that your back asks for it, after 12 minutes."


def test_a_break_asked_for_in_quiet_hours_and_put_off_comes_back() -> None:
    day = Day(replace(PLAN, quiet=QuietHours(time(8), time(20)), days_off=frozenset({NINE.date()})))
    assert day.at(5, Asked("discomfort")) == "due small"
    assert day.state.prompt is not None
    assert day.at(6, Answered(day.state.prompt.number, "later")) == "deferred put_off"
    assert day.at(11) == "due small"
    # Not into a call, though.
    assert day.at(12, Answered(day.state.prompt.number, "later")) == "deferred put_off"
    assert day.at(17, Around(frozenset({"call"}))) == "deferred call"


def test_never_while_driving_and_a_driver_is_asked_once_parked() -> None:
    day = Day(plan=replace(PLAN, drives=True))
    assert day.at(45) == "away"
    assert day.at(46, Asked()) == "away"
    assert day.at(90, Absence("driving", begins=False)) == "deferred settling"
    assert day.at(91) == "due small"
    assert day.state.prompt is not None
    assert why(WORDS, day.state, day.state.prompt).startswith("You have driven for 90 minutes")
    assert day.kept == []


def test_quiet_hours_pause_and_days_off() -> None:
    quiet = Day(plan=replace(PLAN, quiet=QuietHours(time(9, 20), time(9, 40))))
    assert quiet.at(30) == "deferred quiet_hours"
    assert quiet.at(40) == "due small"
    paused = Day()
    paused.at(10, Paused(60 * MINUTE))
    assert paused.at(69.9) == "deferred paused"
    assert paused.at(70) == "due small"
    paused.at(71, Paused(MINUTE))
    assert paused.at(71.5, Paused(0)) == "due small"
    off = Day(plan=replace(PLAN, days_off=frozenset({date(2026, 3, 2)})))
    assert off.at(300) == "deferred day_off"


def test_quiet_hours_span_midnight() -> None:
    night = QuietHours(time(22), time(7))
    assert [night.hold(time(hour)) for hour in (21, 22, 0, 6, 7, 12)] == [
        False,
        True,
        True,
        True,
        False,
        False,
    ]
    assert not QuietHours(time(0), time(0)).hold(time(0))


def test_without_a_plan_nothing_is_asked() -> None:
    day = Day(plan=replace(PLAN, why_off="There is no plan yet."))
    assert day.at(120) == "off"
    assert now(WORDS, day.plan, day.state) == ["Nothing is asked: There is no plan yet."]


def test_where_idleness_cannot_be_seen_it_says_so_and_falls_back_to_plain_intervals() -> None:
    day = Day()
    day.at(0, Sees(idle=False))
    assert day.at(30) == "due small"
    assert now(WORDS, day.plan, day.state)[-1] == WORDS.not_seen
    day.at(31, answer(day, "done"))
    assert day.at(33) == "working"
    assert day.bouts[0].seen is False
    assert day.at(33 + 179) == "due small"
    assert day.at(33 + 180) == "away"
    assert day.bouts[1:] == []  # of those three hours nobody knows anything
    assert day.at(230, GotUp()) == "on_break"


def test_ideas_take_turns_stretches_change_sides_and_none_is_long() -> None:
    day = Day()
    told = []
    for turn in range(8):
        assert day.at(40 * turn + 30) == "due small"
        assert day.state.prompt is not None
        told.append((day.state.prompt.way.kind, day.state.prompt.side))
        assert len(idea(day.state.prompt).split()) <= 12
        day.at(40 * turn + 31, answer(day, "done"))
        day.at(40 * turn + 40, Active())
        day.state = replace(day.state, bout=replace(day.state.bout, seconds=0.0))  # type: ignore[type-var]
    assert told == [("walk", ""), ("stretch", "Left"), ("stand", ""), ("stretch", "Right")] * 2


def test_no_stretch_is_suggested_where_none_may_be() -> None:
    plan = break_plan(interval_min=30, break_min=2, may_stretch=False)
    assert {way.kind for way in plan.ways} == {"walk", "stand", "postural_shift"}


def test_a_desk_that_rises_takes_turns_within_the_plans_limits() -> None:
    plan = break_plan(interval_min=30, break_min=2, may_stretch=True, desk_min=(20, 30))
    day = Day(plan=plan)
    day.at(30)
    day.at(30, answer(day, "not_now"))
    assert day.at(60) == "due small"
    assert day.state.prompt is not None and day.state.prompt.way.kind == "raise_desk"
    assert day.at(60, answer(day, "done")) == "working"
    assert day.state.posture == "standing"
    assert day.at(79.9) == "working"
    assert day.at(80) == "due small"
    assert day.state.prompt.way.kind == "lower_desk"
    day.at(80, answer(day, "done"))
    assert [(bout.posture, bout.seconds) for bout in day.bouts] == [("sitting", 3600), ("standing", 1200)]
    assert day.at(110) == "due small"
    assert day.state.prompt.way.kind != "raise_desk"  # twenty more minutes would pass the day's thirty


def test_nobody_is_left_standing_still_for_more_than_forty_minutes() -> None:
    day = Day()
    day.at(5, Took("standing"))
    assert day.at(44.9) == "working"
    assert day.at(45) == "due small"


def test_after_a_kill_a_short_gap_pauses_and_a_long_one_ends_the_bout() -> None:
    for minutes, bouts in ((1, []), (8, [10 * MINUTE])):
        day = Day()
        day.at(10)
        state, kept = resume(RULES, PLAN, day.state, day.now(10 + minutes), same_boot=True)
        assert [one.seconds for one in kept] == bouts
        assert state.bout is not None
        assert state.bout.seconds == (0 if bouts else 10 * MINUTE)


def test_after_a_reboot_the_wall_clock_says_how_long_it_was_and_backwards_is_no_time() -> None:
    day = Day()
    day.at(30)
    tomorrow = Now(NINE.replace(day=3), 20.0)
    state, kept = resume(RULES, PLAN, day.state, tomorrow, same_boot=False)
    assert [type(one).__name__ for one in kept] == ["Bout", "Break"]
    assert kept[1].ending == "withdrawn"  # type: ignore[union-attr]
    assert state.t == 20.0 and state.settled_t == 80.0
    yesterday = Now(NINE.replace(day=1), 20.0)
    state, kept = resume(RULES, PLAN, day.state, yesterday, same_boot=False)
    assert kept == () and state.prompt is not None and state.prompt.shown == ""


def test_a_locked_screen_that_was_switched_off_is_still_a_break() -> None:
    day = Day()
    day.at(20, Absence("locked", begins=True))
    _, kept = resume(RULES, PLAN, day.state, Now(NINE.replace(hour=20), 5.0), same_boot=False)
    assert [type(one).__name__ for one in kept] == ["Bout", "Break"]
    assert kept[1].cause == "locked"  # type: ignore[union-attr]


def test_says_when_it_next_changes_by_itself() -> None:
    day = Day()
    assert wakes_in(RULES, PLAN, day.state) == 30 * MINUTE
    day.at(30)
    assert wakes_in(RULES, PLAN, day.state) == 5 * MINUTE
    day.at(35)
    assert wakes_in(RULES, PLAN, day.state) == 10 * MINUTE
    day.at(36, Absence("locked", begins=True))
    assert wakes_in(RULES, PLAN, day.state) == 2 * MINUTE
    day.at(38)
    assert wakes_in(RULES, PLAN, day.state) == 9 * MINUTE  # then the lock is doubted, unless nobody is there
    day.at(41, Idle(300))
    assert wakes_in(RULES, PLAN, day.state) is None


def test_numbers_that_a_person_may_not_set_are_refused() -> None:
    assert companion_table().rules(away_after_s=120).away_after_s == 120
    for name, value in (("away_after_s", 5), ("settle_s", 0), ("nothing", 1)):
        with pytest.raises(ValueError, match=name):
            companion_table().rules(**{name: value})


def test_a_wait_that_floats_cut_a_hair_short_does_not_hang() -> None:
    """Found by the state machine: 619.56 s after 229.22 s, waiting 1200 s ends at 1199.9999999999998."""
    plan = replace(PLAN, interval_s=1200.0)
    state = begin(RULES, plan, Now(NINE, 229.2220070550042 + 619.562156668421))
    wait = wakes_in(RULES, plan, state)
    assert wait is not None
    state, _ = handle(RULES, plan, state, Tick(), Now(NINE, state.t + wait))
    assert state.prompt is not None
