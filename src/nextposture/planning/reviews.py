"""When a plan is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta


def review_days(weeks: Iterable[int], began: date) -> tuple[tuple[int, date], ...]:
    """The reviews of a course that began on a day: after how many weeks, and when."""
    return tuple((number, began + timedelta(weeks=number)) for number in sorted(weeks))


def review_due(weeks: Iterable[int], began: date, last_check_in: date, today: date) -> int | None:
    """After how many weeks the review that is due now was to be; None if none is due.

    After the last one of the table there is one each time as many weeks have passed again. A check-in on the
    day or later is the review.
    """
    table = sorted(weeks)
    passed = (today - began).days // 7
    last = table[-1]
    later = range(last, passed + 1, last)
    reached: int | None = max((number for number in (*table, *later) if number <= passed), default=None)
    if reached is None or last_check_in >= began + timedelta(weeks=reached):
        return None
    return reached
