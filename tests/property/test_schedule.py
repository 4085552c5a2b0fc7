"""The schedule over weeks, for someone who does exactly what is due, and for any history."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nextposture.planning.dosing import STRENGTH_FAMILIES
from nextposture.planning.schedule import Scheduled, due

START = date(2026, 3, 2)
FOUR_WEEKS = 28


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[Scheduled], int]:
    """Plans within what the dosing rules can make: a family's days add up to no more than strength days."""
    strength_days = draw(st.integers(2, 5))
    items = [
        Scheduled(f"HABIT_{place}", days)
        for place, days in enumerate(draw(st.lists(st.integers(1, 7), max_size=3)))
    ]
    for family in STRENGTH_FAMILIES:
        left = min(strength_days, 3)
        for place in range(draw(st.integers(0, 2))):
            if left:
                days = draw(st.integers(1, left))
                left -= days
                items.append(Scheduled(f"{family}_{place}", days, family))
    return draw(st.permutations(items)), strength_days


def do_what_is_due(items: list[Scheduled], strength_days: int) -> list[tuple[date, str]]:
    done: list[tuple[date, str]] = []
    for offset in range(FOUR_WEEKS):
        today = START + timedelta(days=offset)
        done += [(today, name) for name in due(items, done, today, strength_days_per_week=strength_days)]
    return done


def windows(done: list[tuple[date, str]]) -> list[list[tuple[date, str]]]:
    """What was done in each run of seven days."""
    starts = [START + timedelta(days=offset) for offset in range(FOUR_WEEKS - 6)]
    return [[one for one in done if 0 <= (one[0] - first).days < 7] for first in starts]


@given(plans())
def test_no_seven_days_hold_more_than_planned(plan: tuple[list[Scheduled], int]) -> None:
    items, strength_days = plan
    strength = {item.id for item in items if item.is_strength}
    for window in windows(do_what_is_due(items, strength_days)):
        for item in items:
            assert sum(name == item.id for _, name in window) <= item.days_per_week
        assert len({day for day, name in window if name in strength}) <= strength_days


@given(plans())
def test_everything_comes_up_within_seven_days(plan: tuple[list[Scheduled], int]) -> None:
    items, strength_days = plan
    for window in windows(do_what_is_due(items, strength_days)):
        assert {name for _, name in window} == {item.id for item in items}


@given(plans())
def test_a_family_rests_a_day_and_has_one_exercise_a_day(plan: tuple[list[Scheduled], int]) -> None:
    items, strength_days = plan
    done = do_what_is_due(items, strength_days)
    for family in STRENGTH_FAMILIES:
        members = {item.id for item in items if item.family == family}
        days = sorted(day for day, name in done if name in members)
        assert all((later - earlier).days >= 2 for earlier, later in pairwise(days))


HISTORY = st.lists(
    st.tuples(
        st.integers(-20, 5).map(lambda offset: START + timedelta(days=offset)),
        st.sampled_from(
            [
                *(f"HABIT_{place}" for place in range(3)),
                *(f"{f}_{p}" for f in STRENGTH_FAMILIES for p in (0, 1)),
            ]
        ),
    ),
    max_size=30,
)


@given(plans(), HISTORY, st.randoms())
def test_order_and_repeats_of_records_do_not_matter(plan, history, random) -> None:  # type: ignore[no-untyped-def]
    items, strength_days = plan
    shuffled = [*history, *history[:3]]
    random.shuffle(shuffled)
    told = [
        due(items, records, START, strength_days_per_week=strength_days) for records in (history, shuffled)
    ]
    assert told[0] == told[1]


@given(plans(), HISTORY)
def test_nothing_done_today_is_asked_again_and_the_future_does_not_count(plan, history) -> None:  # type: ignore[no-untyped-def]
    items, strength_days = plan
    asked = due(items, history, START, strength_days_per_week=strength_days)
    assert not {name for day, name in history if day == START} & set(asked)
    past = [one for one in history if one[0] <= START]
    assert asked == due(items, past, START, strength_days_per_week=strength_days)
