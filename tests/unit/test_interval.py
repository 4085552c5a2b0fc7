"""Discomfort shortens the interval, comfort lengthens it, and neither goes beyond what the plan allows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nextposture.sitting.interval import RatedDay, next_interval
from nextposture.sitting.table import companion_table

COMFORT = companion_table().comfort
MONDAY = date(2026, 3, 2)


def days(*rises: float) -> list[RatedDay]:
    return [RatedDay(MONDAY + timedelta(days=number), rise) for number, rise in enumerate(rises)]


@pytest.mark.parametrize(
    "rises, interval",
    [
        ((), 30),
        ((2,), 30),
        ((2, 2), 25),
        ((0, 0, 2, 3), 25),
        ((2, 0, 2), 30),
        ((2, 2, 0), 30),
        ((1,) * 6, 30),
        ((1,) * 7, 35),
        ((2, *(0,) * 7), 35),
        ((0, 0, 0, 0, 0, 0, 0, 2), 30),
    ],
)
def test_two_days_with_a_rise_shorten_it_and_seven_without_lengthen_it(
    rises: tuple[float, ...], interval: float
) -> None:
    assert next_interval(COMFORT, (20, 60), 30, days(*rises)) == interval
    assert next_interval(COMFORT, (20, 60), 30, days(*rises)[::-1]) == interval


def test_never_beyond_what_is_allowed() -> None:
    assert next_interval(COMFORT, (20, 60), 22, days(5, 5)) == 20
    assert next_interval(COMFORT, (20, 60), 60, days(*[0] * 9)) == 60
