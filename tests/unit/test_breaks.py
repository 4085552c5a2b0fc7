"""When the break timer asks, and when it keeps quiet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from nextposture.sitting.breaks import break_rules
from nextposture.sitting.page_timer import Answered, prompt

RULES = break_rules()
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_asks_when_the_interval_is_over_and_not_before() -> None:
    assert not prompt(NINE, HALF_AN_HOUR, [], at(29.9)).is_due
    assert prompt(NINE, HALF_AN_HOUR, [], at(30)).is_due


def test_later_puts_it_off_five_minutes_twice() -> None:
    once = prompt(NINE, HALF_AN_HOUR, [Answered(at(31), "later")], at(32))
    assert (once.due_at, once.is_due, once.may_put_off) == (at(36), False, True)
    twice = prompt(NINE, HALF_AN_HOUR, [Answered(at(37), "later"), Answered(at(31), "later")], at(42))
    assert (twice.due_at, twice.is_due, twice.may_put_off) == (at(42), True, False)


def test_not_now_waits_a_whole_interval_and_clears_the_putting_off() -> None:
    answers = [Answered(at(31), "later"), Answered(at(37), "later"), Answered(at(42), "not_now")]
    asked = prompt(NINE, HALF_AN_HOUR, answers, at(50))
    assert (asked.due_at, asked.is_due, asked.may_put_off) == (at(72), False, True)


def test_answers_from_an_earlier_bout_or_the_future_do_not_count() -> None:
    answers = [Answered(at(-5), "later"), Answered(NINE, "done"), Answered(at(60), "not_now")]
    assert prompt(NINE, HALF_AN_HOUR, answers, at(31)).due_at == at(30)


def test_three_silent_hours_are_not_called_sitting() -> None:
    assert not prompt(NINE, HALF_AN_HOUR, [], at(179)).unknown
    assert prompt(NINE, HALF_AN_HOUR, [], at(180)).unknown
    assert not prompt(NINE, HALF_AN_HOUR, [Answered(at(31), "not_now")], at(180)).unknown


ANSWERS = st.lists(
    st.builds(Answered, st.floats(0, 300).map(at), st.sampled_from(["done", "later", "not_now"])),
    unique_by=lambda one: one.at,
)


@given(ANSWERS, st.floats(0, 300))
def test_order_of_answers_does_not_matter(answers: list[Answered], minute: float) -> None:
    told = [prompt(NINE, HALF_AN_HOUR, order, at(minute)) for order in (answers, answers[::-1])]
    assert told[0] == told[1]


@given(ANSWERS, st.floats(0, 300))
def test_no_answer_brings_a_break_forward(answers: list[Answered], minute: float) -> None:
    assert prompt(NINE, HALF_AN_HOUR, answers, at(minute)).due_at >= at(30)


def test_suggestions_take_turns_and_stretches_change_sides() -> None:
    told = [RULES.suggestion(done) for done in range(8)]
    assert [kind for kind, _ in told] == ["walk", "stretch", "stand", "stretch"] * 2
    sides = [idea for kind, idea in told if kind == "stretch"]
    assert ["Left" in idea for idea in sides] == [True, False, True, False]
    assert all(len(idea.split()) <= 12 for _, idea in told)
