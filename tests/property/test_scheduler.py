"""Whatever happens in whatever order, the scheduler keeps its promises."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nextposture.sitting.bouts import Bout, Break
from nextposture.sitting.events import (
    Absence,
    Active,
    Answered,
    Around,
    Asked,
    Event,
    GotUp,
    Idle,
    Now,
    Paused,
    Sees,
    Tick,
    Took,
)
from nextposture.sitting.rules import QuietHours
from nextposture.sitting.saved import plain, restored
from nextposture.sitting.scheduler import (
    WAITS_CAPPED,
    State,
    begin,
    handle,
    phase,
    resume,
    visible,
    wakes_in,
)
from nextposture.sitting.table import break_plan, companion_table
from nextposture.sitting.words import idea, now, why
from tests.companion_day import RULES

WORDS = companion_table().words()
QUIET = QuietHours(time(12, 0), time(12, 45))
PLANS = [
    break_plan(interval_min=20, break_min=1, may_stretch=True, quiet=QUIET),
    break_plan(interval_min=30, break_min=2, may_stretch=False, quiet=QUIET, desk_min=(5, 30)),
    break_plan(interval_min=60, break_min=5, may_stretch=True, quiet=QUIET, drives=True),
    break_plan(interval_min=30, break_min=2, may_stretch=True, quiet=QUIET, why_off="No plan."),
]
SECONDS = st.one_of(
    st.floats(0, 10),
    st.floats(0, 400),
    st.sampled_from([60.0, 120.0, 300.0, 900.0, 1800.0]),
    st.floats(0, 40000),
)
REASONS = st.frozensets(st.sampled_from(WAITS_CAPPED))


class Scheduler(RuleBasedStateMachine):
    """One person's computer: time passes, it sleeps, its clock jumps, it is killed, and events come late."""

    @initialize(plan=st.sampled_from(PLANS))
    def start(self, plan: object) -> None:
        self.plan = plan
        self.at = datetime(
            2026, 3, 28, 11, 0, tzinfo=ZoneInfo("Europe/London")
        )  # the clocks change that night
        self.t = self.slept = 0.0
        self.awake_and_on = 0.0
        self.kept: list[Bout | Break] = []
        self.returned_t = 0.0
        self.asked = False
        self.state: State = begin(RULES, self.plan, self.now)
        self.saved = (self.state, 0)
        self.numbers: list[int] = []

    @property
    def now(self) -> Now:
        return Now(self.at, self.t, self.slept)

    def tell(self, event: Event) -> None:
        before = self.state
        self.state, kept = handle(RULES, self.plan, self.state, event, self.now)
        self.kept += kept
        if before.causes and not self.state.causes:
            self.returned_t = self.t

    def later(self, seconds: float) -> None:
        """Move the wall clock, over changes to summer time as clocks do."""
        self.at = (self.at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(self.at.tzinfo)

    def passes(self, seconds: float) -> None:
        self.t += seconds
        self.later(seconds)
        self.awake_and_on += seconds

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.passes(seconds)
        self.tell(Tick())

    @rule()
    def wakes_when_it_wants(self) -> None:
        wait = wakes_in(RULES, self.plan, self.state)
        if wait is not None:
            self.passes(wait)
            self.tell(Tick())

    @rule(seconds=SECONDS, announced=st.booleans())
    def suspends(self, seconds: float, announced: bool) -> None:
        if announced:
            self.tell(Absence("asleep", begins=True))
        self.t += seconds
        self.slept += seconds
        self.later(seconds)
        if seconds <= RULES.gap_s:
            self.awake_and_on += seconds  # nobody can tell so short a sleep
        if announced or seconds > RULES.gap_s:
            self.returned_t = self.t
        if announced:
            self.tell(Absence("asleep", begins=False))
        else:
            self.tell(Tick())

    @rule(hours=st.floats(-30, 30))
    def wall_clock_jumps(self, hours: float) -> None:
        self.later(hours * 3600)
        self.tell(Tick())

    @rule(zone=st.sampled_from(["Europe/London", "Asia/Kolkata", "America/New_York"]))
    def travels(self, zone: str) -> None:
        self.at = self.at.astimezone(ZoneInfo(zone))
        self.tell(Tick())

    @rule(seconds=SECONDS)
    def reading_of_an_older_clock(self, seconds: float) -> None:
        self.state, kept = handle(RULES, self.plan, self.state, Tick(), replace(self.now, t=self.t - seconds))
        self.kept += kept

    @rule(quiet_s=SECONDS)
    def idle(self, quiet_s: float) -> None:
        self.tell(Idle(quiet_s))

    @rule()
    def active(self) -> None:
        self.tell(Active())

    @rule(idle=st.booleans())
    def sees(self, idle: bool) -> None:
        self.tell(Sees(idle))

    @rule(cause=st.sampled_from(["locked", "asleep", "driving"]), begins=st.booleans())
    def absence(self, cause: str, begins: bool) -> None:
        self.tell(Absence(cause, begins))  # type: ignore[arg-type]

    @rule(reasons=REASONS, present=st.booleans())
    def around(self, reasons: frozenset[str], present: bool) -> None:
        self.tell(Around(reasons, present))

    @rule(answer=st.sampled_from(["done", "later", "not_now"]), late=st.integers(0, 2))
    def answers(self, answer: str, late: int) -> None:
        number = (self.state.prompt.number if self.state.prompt else self.state.number) - late
        self.tell(Answered(number, answer))  # type: ignore[arg-type]

    @rule(
        event=st.sampled_from(
            [Asked("asked"), Asked("discomfort"), GotUp(), Took("standing"), Took("sitting")]
        )
    )
    def says(self, event: Event) -> None:
        self.tell(event)

    @rule(seconds=SECONDS)
    def pauses(self, seconds: float) -> None:
        self.tell(Paused(seconds))

    @rule()
    def saves(self) -> None:
        self.saved = (self.state, len(self.kept))

    @rule(seconds=SECONDS, reboot=st.booleans())
    def is_killed(self, seconds: float, reboot: bool) -> None:
        """What was not saved is gone: the state and what it handed over are saved together."""
        state, keep = self.saved
        state = restored(State, json.loads(json.dumps(plain(state))))
        del self.kept[keep:]
        self.t += seconds
        self.later(seconds)
        if reboot:
            self.t, self.slept = 5.0, 0.0
        self.state, kept = resume(RULES, self.plan, state, self.now, same_boot=not reboot)
        self.kept += kept
        self.returned_t = self.t
        self.saved = (self.state, len(self.kept))

    # ---- promises

    @invariant()
    def nothing_shows_in_a_forbidden_moment(self) -> None:
        state, prompt = self.state, self.state.prompt
        size = visible(self.plan, state)
        if not size:
            return
        assert prompt is not None and prompt.offered_at is not None
        assert not state.causes & {"locked", "asleep", "driving", "got_up", "stopped"}
        assert not self.plan.why_off
        if prompt.why in ("asked", "discomfort") or state.causes:
            return
        assert state.t - self.returned_t >= RULES.settle_s - 1e-3 or state.t < self.t
        assert not QUIET.hold(state.at.timetz().replace(tzinfo=None))
        assert state.paused_until is None
        if state.reasons - {"typing"}:
            assert size == "silent" and prompt.waited_s >= RULES.defer_cap_s - 1e-3

    @invariant()
    def every_prompt_is_explained(self) -> None:
        if self.state.prompt is not None:
            assert why(WORDS, self.state, self.state.prompt).endswith(".")
            assert 0 < len(idea(self.state.prompt).split()) <= 12
            assert "{" not in why(WORDS, self.state, self.state.prompt) + idea(self.state.prompt)
        assert now(WORDS, self.plan, self.state)
        if phase(self.plan, self.state) == "deferred":
            assert self.state.prompt is not None
            assert self.state.prompt.waits_for in companion_table().reasons

    @invariant()
    def nothing_is_counted_twice(self) -> None:
        numbers = [one.number for one in self.kept]
        assert len(set(numbers)) == len(numbers)
        assert all(number < self.state.number for number in numbers)
        counted = sum(one.seconds for one in self.kept if isinstance(one, Bout))
        assert counted <= self.awake_and_on + 1e-3
        for one in self.kept:
            assert one.seconds >= 0
            if isinstance(one, Bout):
                assert one.span_s >= one.seconds - 1e-6

    @invariant()
    def someone_who_sits_is_asked_in_time(self) -> None:
        state = self.state
        if state.away or self.plan.why_off or state.prompt is not None:
            return
        assert state.bout is not None
        most = self.plan.interval_s if state.posture == "sitting" else RULES.still_most_s
        assert state.bout.seconds - state.bout.asked_s < most
        assert wakes_in(RULES, self.plan, state) is not None

    @invariant()
    def absence_and_presence_exclude_each_other(self) -> None:
        assert (self.state.away is None) == (not self.state.causes)
        if self.state.away is None:
            assert self.state.bout is not None
        elif self.state.t - self.state.away.since_t >= self.plan.break_s + 1e-3:
            assert self.state.bout is None

    @precondition(lambda self: self.state.prompt is not None)
    @invariant()
    def a_prompt_is_put_off_at_most_twice(self) -> None:
        assert self.state.prompt.snoozes <= RULES.later_most  # type: ignore[union-attr]

    @invariant()
    def what_is_saved_comes_back_whole(self) -> None:
        assert restored(State, json.loads(json.dumps(plain(self.state)))) == self.state


Scheduler.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestScheduler = Scheduler.TestCase
