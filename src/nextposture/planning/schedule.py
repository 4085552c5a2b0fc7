"""What of a plan is due today, from what was done on which day. Nothing is ever owed from yesterday."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from nextposture.planning.dosing import STRENGTH_FAMILIES

DAYS_IN_A_WEEK = 7
YESTERDAY = timedelta(days=1)


@dataclass(frozen=True)
class Scheduled:
    """What the schedule needs to know of an item: on how many days of a week, and which family it trains."""

    id: str
    days_per_week: int
    family: str | None = None

    @property
    def is_strength(self) -> bool:
        """Whether it counts towards the strength days of a week."""
        return self.family in STRENGTH_FAMILIES


def due(
    items: Iterable[Scheduled],
    done: Collection[tuple[date, str]],
    today: date,
    *,
    strength_days_per_week: int,
) -> tuple[str, ...]:
    """Ids of the items that are due today, in plan order.

    `done` holds (day, item id) pairs in any order; days after `today` are ignored. An item is due if it was
    not done today and was done on fewer than its `days_per_week` of the last seven days, today included. A
    strength exercise also waits while the last seven days hold `strength_days_per_week` days with strength,
    and for a day after its family was trained. Of one family there is one exercise a day: the one that was
    done longest ago.
    """
    offered = tuple(items)
    days = {item.id: {day for day, name in done if name == item.id and day <= today} for item in offered}
    week = {today - timedelta(days=back) for back in range(DAYS_IN_A_WEEK)}
    open_today = [
        item
        for item in offered
        if today not in days[item.id] and len(days[item.id] & week) < item.days_per_week
    ]
    strength = [item for item in offered if item.is_strength]
    strength_days = week.intersection(*[set().union(*(days[item.id] for item in strength))])
    may_train = today in strength_days or len(strength_days) < strength_days_per_week
    chosen = {item.id for item in open_today if not item.is_strength}
    for family in STRENGTH_FAMILIES:
        members = [item for item in strength if item.family == family]
        trained = set().union(*(days[item.id] for item in members))
        waiting = [item for item in open_today if item.family == family]
        if waiting and may_train and not trained & {today, today - YESTERDAY}:
            chosen.add(min(waiting, key=lambda item: max(days[item.id], default=date.min)).id)
    return tuple(item.id for item in offered if item.id in chosen)
