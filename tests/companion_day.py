"""A plan, rules and clock readings for tests of the scheduler and the companion."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nextposture.sitting.bouts import Bout, Break
from nextposture.sitting.events import Event, Now, Tick
from nextposture.sitting.rules import BreakPlan
from nextposture.sitting.scheduler import State, begin, handle, phase, visible
from nextposture.sitting.table import break_plan, companion_table

RULES = companion_table().rules()
PLAN = break_plan(interval_min=30, break_min=2, may_stretch=True)
NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = 60.0


@dataclass
class Day:
    """A day, told in minutes since nine: `day.at(30)` lets time pass, `day.at(31, Active())` tells."""

    plan: BreakPlan = PLAN
    kept: list[Bout | Break] = field(default_factory=list)
    slept: float = 0.0

    def __post_init__(self) -> None:
        self.state: State = begin(RULES, self.plan, self.now(0))

    def now(self, minute: float) -> Now:
        return Now(NINE + timedelta(minutes=minute), 1000 + minute * MINUTE, self.slept)

    def at(self, minute: float, *events: Event) -> str:
        """The phase, and how the prompt is shown, after these events."""
        for event in events or (Tick(),):
            self.state, kept = handle(RULES, self.plan, self.state, event, self.now(minute))
            self.kept += kept
        shown = visible(self.plan, self.state)
        waits_for = self.state.prompt.waits_for if self.state.prompt else ""
        return " ".join(filter(None, (phase(self.plan, self.state), shown, waits_for)))

    @property
    def bouts(self) -> list[Bout]:
        return [one for one in self.kept if isinstance(one, Bout)]

    @property
    def breaks(self) -> list[Break]:
        return [one for one in self.kept if isinstance(one, Break)]
