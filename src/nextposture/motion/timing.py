"""Clocks and counters that run on frames: in seconds, whatever the frame rate, and never on frame counts."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

from nextposture.knowledge.coaching import HoldTable, RepTable

HoldEvent = Literal["enter", "leave", "lost"]


class HoldClock:
    """How long a position was held.

    `step` takes the time and whether the person is in position (None: not seen). It is on after `enter_s`
    in position, which are then credited, and off after `leave_s` out of it, which are not. A gap in sight or
    in frames of up to `bridge_s`, in position before and after, counts. Between two frames of which one is in
    position and one is not, the change is taken to lie half way. State: `on`, `held_s`, `stretch_s` (since it
    went on last).
    """

    def __init__(self, table: HoldTable, bridge_s: float, lost_s: float) -> None:
        self._table, self._bridge_s, self._lost_s = table, bridge_s, lost_s
        self.on = False
        self.held_s = 0.0
        self.stretch_s = 0.0
        self._in_s: float | None = None  # the last frame in position
        self._out_s: float | None = None  # the first frame out of it since
        self._since_s: float | None = None
        self._before_s: float | None = None  # the last frame of any kind

    def step(self, at_s: float, inside: bool | None) -> HoldEvent | None:
        """Take one frame. Returns what changed."""
        before, self._before_s = self._before_s, at_s
        if not self.on:
            return self._step_off(at_s, inside, before)
        last = self._in_s if self._in_s is not None else at_s
        if inside:
            if at_s - last <= self._bridge_s:
                self._add(at_s - last)
            self._in_s, self._out_s = at_s, None
            return None
        if inside is None:
            return self._off(at_s, "lost") if at_s - last > self._lost_s else None
        if self._out_s is None:
            self._out_s = at_s
        if at_s - last >= self._table.leave_s:
            gap = self._out_s - last
            if gap <= self._bridge_s:
                self._add(gap / 2)
            return self._off(at_s, "leave")
        return None

    def _step_off(self, at_s: float, inside: bool | None, before: float | None) -> HoldEvent | None:
        if not inside:
            if inside is False or (self._in_s is not None and at_s - self._in_s > self._bridge_s):
                self._since_s = None
            return None
        if self._since_s is None:
            near_before = before is not None and at_s - before <= self._bridge_s
            self._since_s = (at_s + before) / 2 if near_before and before is not None else at_s
        self._in_s = at_s
        if at_s - self._since_s < self._table.enter_s:
            return None
        self.on, self.stretch_s, self._out_s = True, 0.0, None
        self._add(at_s - self._since_s)
        self._since_s = None
        return "enter"

    def _add(self, seconds: float) -> None:
        self.held_s += seconds
        self.stretch_s += seconds

    def _off(self, at_s: float, event: HoldEvent) -> HoldEvent:
        self.on, self._since_s, self._in_s, self._out_s = False, None, None, None
        return event


@dataclass(frozen=True, slots=True)
class Rep:
    """What happened to a repetition. `full`: counted. `short`: turned back too soon. `stalled`: stuck half
    way. `out`: the end was reached. Times in seconds, `peak` as a share of the way."""

    kind: Literal["full", "short", "stalled", "out"]
    peak: float
    move_s: float = 0.0
    held_s: float = 0.0
    return_s: float = 0.0


class RepCounter:
    """Counts repetitions from the share of the way between start and end pose (about 0 to 1).

    The resting place is followed, because a body seen by a camera rarely rests at exactly 0.
    """

    NEAR_TOP = 0.12
    """Share of the way within which the end is held."""

    def __init__(self, table: RepTable, reach: float | None = None, home: float | None = None) -> None:
        self._table = table
        self._reach = table.reach if reach is None else reach
        self._home = table.home if home is None else home
        self.phase: Literal["home", "going", "out"] = "home"
        self.count = 0
        self.held_s = 0.0
        self.peak = self._top = 0.0
        self._base: float | None = None
        self._peak_s = self._going_s = self._out_s = self._left_s = 0.0
        self._reached_s: float | None = None
        self._stalled = False
        self._before_s: float | None = None
        self._last_s = -math.inf

    def step(self, at_s: float, share: float) -> Rep | None:
        """Take one frame in position."""
        dt = 0.0 if self._before_s is None else at_s - self._before_s
        self._before_s = at_s
        base = share if self._base is None else self._base
        if self.phase == "home":
            base = min(base, share) if share < base else base + dt / (3.0 + dt) * (share - base)
            self._base = max(-0.3, base)
        rise = max(share, share - self._base) if self._base is not None else share
        if self.phase == "home":
            if rise - max(self._base or 0.0, 0.0) > self._table.moving:
                self.phase, self._going_s, self._stalled = "going", at_s, False
                self.peak, self._peak_s, self._reached_s = share, at_s, None
            return None
        if self.phase == "going":
            return self._going(at_s, share, rise)
        return self._out(at_s, dt, share, rise)

    def _going(self, at_s: float, share: float, rise: float) -> Rep | None:
        base = self._base or 0.0
        if share > self.peak + 0.03:
            self.peak, self._peak_s = share, at_s
        if rise >= self._reach:
            self._reached_s = at_s if self._reached_s is None else self._reached_s
            if at_s - self._reached_s >= self._table.reach_s:
                self.phase, self._out_s, self._left_s, self.held_s = "out", self._reached_s, at_s, 0.0
                self.peak = self._top = max(self.peak, share)
                return Rep("out", self.peak, move_s=self._out_s - self._going_s)
            return None
        self._reached_s = None
        if share < base + 0.4 * (self.peak - base):
            self.phase, self._base = "home", share
            return Rep("short", self.peak) if self.peak - base > 1.3 * self._table.moving else None
        if not self._stalled and at_s - self._peak_s > self._table.stalled_s:
            self._stalled = True
            return Rep("stalled", self.peak)
        return None

    def _out(self, at_s: float, dt: float, share: float, rise: float) -> Rep | None:
        self.peak = max(self.peak, share)
        if rise >= self._reach - 0.1:
            self._left_s = at_s
        if share > self._top + self.NEAR_TOP:  # still on the way: what is held is held from here
            self._top, self.held_s = share, 0.0
        elif share >= self.peak - self.NEAR_TOP:
            self.held_s += dt
        base = self._base or 0.0
        if min(share, share - base) >= self._home or at_s - self._last_s < self._table.least_s:
            return None
        self.phase, self._last_s, self._base = "home", at_s, share
        self.count += 1
        return Rep(
            "full",
            self.peak,
            move_s=self._out_s - self._going_s,
            held_s=self.held_s,
            return_s=at_s - self._left_s,
        )

    def rest(self) -> None:
        """Out of position or out of sight for long: a repetition under way is not counted."""
        self.phase, self._base, self._before_s = "home", None, None


class Swings:
    """Counts turns to and fro of at least `size` within `within_s`; three make a swing."""

    TURNS = 3

    def __init__(self, size: float, within_s: float) -> None:
        self._size, self._within_s = size, within_s
        self._extreme: float | None = None
        self._low = self._high = 0.0
        self._way = 0
        self._turns: deque[float] = deque()

    def step(self, at_s: float, value: float) -> bool:
        """Take one value (degrees). Returns whether it swings."""
        if self._extreme is None:
            self._extreme = self._low = self._high = value
        moved = value - self._extreme
        if self._way == 0:
            self._low, self._high = min(self._low, value), max(self._high, value)
            if self._high - self._low >= self._size:
                self._way, self._extreme = (1 if value == self._high else -1), value
        elif moved * self._way > 0:
            self._extreme = value
        elif abs(moved) >= self._size:
            self._way, self._extreme = -self._way, value
            self._turns.append(at_s)
        while self._turns and at_s - self._turns[0] > self._within_s:
            self._turns.popleft()
        return len(self._turns) >= self.TURNS

    def rest(self) -> None:
        """Start anew."""
        self._extreme, self._way = None, 0
        self._turns.clear()
