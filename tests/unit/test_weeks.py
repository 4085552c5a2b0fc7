"""Weeks, not days; one missed week is forgiven, two in a row are not; days off count neither way."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from nextposture.sitting.table import companion_table
from nextposture.sitting.weeks import Week, by_week, day_of, in_a_row

STREAK = companion_table().streak
MONDAY = date(2026, 3, 2)
GOOD, POOR, NOTHING, UNASKED = (10, 8, 0), (10, 3, 0), (0, 0, 0), (0, 0, 5)


def weeks(*told: tuple[int, int, int]) -> list[Week]:
    return [Week(MONDAY + timedelta(weeks=number), *one) for number, one in enumerate(told)]


@pytest.mark.parametrize(
    "told, streak",
    [
        ([], 0),
        ([GOOD, GOOD], 2),
        ([GOOD, POOR, GOOD], 2),
        ([GOOD, POOR, POOR, GOOD], 1),
        ([GOOD, NOTHING, NOTHING, GOOD], 2),
        ([GOOD, POOR, NOTHING, POOR, GOOD], 1),
        ([GOOD, GOOD, POOR], 2),
        ([POOR, GOOD, POOR], 1),
        ([UNASKED, GOOD], 2),
        ([POOR, POOR], 0),
    ],
)
def test_weeks_in_a_row(told: list[tuple[int, int, int]], streak: int) -> None:
    assert in_a_row(STREAK, weeks(*told)) == streak


def test_days_off_and_older_weeks_are_left_out() -> None:
    days = [(MONDAY, 4, 1, 0), (MONDAY + timedelta(1), 4, 4, 1), (MONDAY - timedelta(40), 9, 9, 9)]
    made = by_week(days, frozenset({MONDAY}), MONDAY + timedelta(3), 2)
    assert made == (Week(MONDAY - timedelta(7)), Week(MONDAY, 4, 4, 1))


def test_one_in_the_night_belongs_to_the_evening_before() -> None:
    four = time.fromisoformat(STREAK.day_starts)
    assert day_of(datetime(2026, 3, 3, 1, 0), four) == date(2026, 3, 2)
    assert day_of(datetime(2026, 3, 3, 4, 0), four) == date(2026, 3, 3)
