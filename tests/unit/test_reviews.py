"""When a plan is looked at again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nextposture.planning.reviews import review_days, review_due

BEGAN = date(2026, 3, 2)
WEEKS = (2, 4, 6, 12)


def test_the_days_of_the_table() -> None:
    assert review_days(WEEKS, BEGAN)[0] == (2, date(2026, 3, 16))
    assert [weeks for weeks, _ in review_days(WEEKS, BEGAN)] == [2, 4, 6, 12]


@pytest.mark.parametrize(
    ("today", "last", "due"),
    [
        (13, 0, None),
        (14, 0, 2),
        (20, 13, 2),
        (20, 14, None),
        (29, 14, 4),
        (83, 42, None),
        (84, 42, 12),
        (150, 84, None),
        (168, 84, 24),
        (400, 84, 48),
        (400, 390, None),
    ],
)
def test_a_check_in_on_the_day_or_later_is_the_review(today: int, last: int, due: int | None) -> None:
    day = BEGAN + timedelta(days=today)
    assert review_due(WEEKS, BEGAN, BEGAN + timedelta(days=last), day) == due
