"""How much of what was planned was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

Versions = Sequence[tuple[date, Mapping[str, int]]]
"""From which day on how many days a week each exercise was planned for, oldest first."""


def adherence(
    versions: Versions,
    done: Collection[tuple[date, str]],
    first: date,
    last: date,
    *,
    days_off: Collection[date] = (),
    least_days: int = 1,
) -> float | None:
    """The share, 0 to 1, of the planned exercise days from `first` to `last` (both included) that were done.

    `done` holds (day, item id). Days off and days before the first version are not planned for; with fewer
    than `least_days` days left, or nothing planned, nothing can be said: None. What is done beyond the plan
    counts no more than the plan.
    """
    days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
    planned = {day: _in_force(versions, day) for day in days if day not in days_off}
    counted = {day: items for day, items in planned.items() if items}
    if len(counted) < least_days:
        return None
    wanted = sum(sum(items.values()) for items in counted.values()) / 7
    did = sum(day in days and item in _in_force(versions, day) for day, item in set(done))
    return min(1.0, did / wanted) if wanted else None


def _in_force(versions: Versions, day: date) -> Mapping[str, int]:
    held: Mapping[str, int] = {}
    for since, items in versions:
        if since <= day:
            held = items
    return held
