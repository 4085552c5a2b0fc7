"""A dose in words."""

from __future__ import annotations

import pytest

from nextposture.knowledge import load
from nextposture.planning import Dose
from nextposture.planning.dose_words import dose_words

ITEMS = load().items


@pytest.mark.parametrize(
    ("item", "dose", "words"),
    [
        (
            "EX_KNEEL",
            Dose(sets=2, hold_s=30, days_per_week=5),
            "2 holds of 30 seconds on each side, 5 days a week",
        ),
        (
            "EX_BRIDGE",
            Dose(sets=2, reps=8, hold_s=2, days_per_week=2),
            "2 sets of 8 repetitions, 2 seconds each, twice a week",
        ),
        (
            "EX_PLANK",
            Dose(sets=1, hold_s=1, rung="knees", days_per_week=1),
            "1 hold of 1 second, on the knees, once a week",
        ),
        (
            "P_BREAK",
            Dose(interval_min=30, break_min=2, days_per_week=7),
            "Get up every 30 minutes for 2 minutes, every day",
        ),
        ("P_DRIVE_BREAK", Dose(break_min=5, days_per_week=5), "5 minutes at each stop, 5 days a week"),
        ("P_WALK", Dose(minutes=10, days_per_week=5), "10 minutes a day, 5 days a week"),
        (
            "P_STANDDESK",
            Dose(stand_bout_min=5, total_min_day=30, days_per_week=5),
            "30 minutes of standing a day, in turns of at least 5 minutes, 5 days a week",
        ),
        ("P_WORKSTATION", Dose(times=1), "Once"),
        ("P_EDU", Dose(), ""),
    ],
)
def test_dose_in_words(item: str, dose: Dose, words: str) -> None:
    assert dose_words(ITEMS[item], dose) == words
