"""When a change in ratings is called one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextposture.assessment.change import activities_change, activity_change, change_table, moved, pain_change
from nextposture.knowledge import load

TABLE = change_table()
PAIN = load().measures["pain"]
START = date(2026, 3, 2)


def weekly(*values: float) -> list[tuple[date, float]]:
    return [(START + timedelta(weeks=week), value) for week, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ((), "none"),
        ((7,), "too_few"),
        ((7, 5, 2), "too_few"),
        ((7, 6, 6, 5), "no_change"),  # 2 points, but 29 %
        ((6, 6, 5, 4), "lower"),
        ((4, 4, 3, 3), "no_change"),  # 25 %
        ((4, 4, 3, 2), "lower"),
        ((3, 3, 2, 1), "lower"),  # a low start: what counts is reaching 0 or 1
        ((3, 2, 2, 2), "no_change"),
        ((1, 1, 1, 0), "no_change"),  # was there already
        ((4, 5, 5, 6), "higher"),
        ((8, 8, 9, 10), "no_change"),
        ((0, 0, 1, 2), "higher"),
    ],
)
def test_pain(values: tuple[float, ...], verdict: str) -> None:
    assert pain_change(TABLE, PAIN, weekly(*values)).verdict == verdict


def test_many_ratings_in_a_few_days_are_too_few() -> None:
    ratings = [(START + timedelta(days=day), 8.0 - day) for day in range(8)]
    assert pain_change(TABLE, PAIN, ratings).verdict == "too_few"


@pytest.mark.parametrize(
    ("values", "verdict"),
    [((2, 3, 4, 5), "higher"), ((2, 3, 4, 4), "no_change"), ((8, 7, 6, 5), "lower"), ((2, 9), "too_few")],
)
def test_activity(values: tuple[float, ...], verdict: str) -> None:
    assert activity_change(TABLE, weekly(*values)).verdict == verdict


@given(st.lists(st.integers(0, 10), min_size=4, max_size=8))
def test_pain_is_called_lower_only_by_two_points_and_thirty_percent(values: list[int]) -> None:
    change = pain_change(TABLE, PAIN, weekly(*values))
    first, last = values[0], values[-1]
    if change.verdict == "lower":
        assert (first - last >= 2 and first - last >= 0.3 * first) or (first <= 3 and last <= 1)
    if change.verdict == "higher":
        assert last - first >= 2
        assert last - first >= 0.3 * first


# ---- Real, and meaningful


@pytest.mark.parametrize(
    ("values", "verdict", "real"),
    [
        ((8, 8, 7, 6), "no_change", True),  # more than measurement error, less than 30 %
        ((8, 8, 7, 7), "no_change", False),
        ((7, 6, 5, 4), "lower", True),
        ((2, 2, 1, 1), "no_change", False),  # reached, but within measurement error
        ((2, 2, 1, 0), "lower", True),
        ((4, 5, 6, 6), "higher", True),
    ],
)
def test_real_is_beyond_measurement_error_and_meaningful_is_real_and_noticed(
    values: tuple[float, ...], verdict: str, real: bool
) -> None:
    change = pain_change(TABLE, PAIN, weekly(*values))
    assert (change.verdict, change.real) == (verdict, real)


def test_one_odd_day_decides_nothing() -> None:
    days = [(START + timedelta(days=ahead), 6.0) for ahead in range(60)]
    days[0], days[-1] = (days[0][0], 9.0), (days[-1][0], 0.0)
    assert pain_change(TABLE, PAIN, days).verdict == "no_change"
    assert pain_change(TABLE, PAIN, days).first == 6


def test_the_mean_of_activities_counts_from_two_points() -> None:
    row = load().measures["activities"]
    up, flat, low = weekly(3, 4, 5, 6), weekly(5, 5, 5, 5), weekly(3, 3, 4, 4)
    assert activities_change(TABLE, row, [up, low]).verdict == "higher"
    assert activities_change(TABLE, row, [up, flat]).verdict == "no_change"
    assert activities_change(TABLE, row, [up]).verdict == "none"
    assert activities_change(TABLE, row, [up, weekly(3, 6)]).verdict == "too_few"


@given(st.floats(-60, 40), st.floats(-60, 40), st.floats(0, 20))
def test_nothing_is_meaningful_without_being_real(before: float, after: float, band: float) -> None:
    for measure in load().measures.values():
        change = moved(measure, before, after, band)
        assert change.real or not change.meaningful
        if measure.meaningful is None:
            assert not change.meaningful
