"""A person at a computer for a year of workdays, and what truly happened, second by second.

The person is simulated apart from the scheduler: they sit, get up, lock, close the lid, join calls, drive,
travel across time zones and answer prompts or not. The simulated computer tells a scheduler only what a real
one could: input, locks, sleep, what goes on. It is killed at random moments and loses acknowledgements.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from nextposture.sitting.bouts import Bout, Break
from nextposture.sitting.events import Absence, Active, Answered, Around, Event, Idle, Now, Tick
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.saved import plain, restored
from nextposture.sitting.scheduler import State, begin, handle, idle_after, resume, visible, wakes_in
from nextposture.sitting.table import companion_table
from nextposture.sitting.words import why

WORDS = companion_table().words()
ZONES = ("Europe/London", "Europe/London", "Europe/London", "America/New_York", "Asia/Kolkata")


@dataclass
class Truth:
    """What truly happened: presence while the companion ran, as (from, to) in true seconds, by workday."""

    presence: list[tuple[float, float]] = field(default_factory=list)
    prompts: list[dict[str, object]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    kills: int = 0
    lost_s: float = 0.0
    killed_on: set[date] = field(default_factory=set)
    events: int = 0
    most_bytes: int = 0


class Computer:
    """The simulated computer with a companion on it, and a server that hears of the bouts."""

    def __init__(self, rules: Rules, plan: BreakPlan, random_: random.Random, kills: bool) -> None:
        self.rules, self.plan, self.random, self.kills = rules, plan, random_, kills
        self.true_s = 0.0
        self.zone = ZoneInfo("Europe/London")
        self.clock_off = timedelta()
        self.t, self.slept = 10.0, 0.0
        self.locked = self.asleep = self.driving = False
        self.calm_from = 0.0
        self.reasons: frozenset[str] = frozenset()
        self.input_s = 0.0
        self.told_idle = False
        self.truth = Truth()
        self.state = begin(rules, plan, self.now)
        self.outbox: list[Bout | Break] = []
        self.disk: tuple[State, tuple[Bout | Break, ...]] = (self.state, ())
        self.server: dict[int, dict[str, object]] = {}
        self.sent_twice = 0
        self.opened: dict[int, float] = {}
        self.on_prompt: Callable[[str], None] = lambda size: None

    @property
    def true_at(self) -> datetime:
        return datetime(2026, 1, 5, 0, 0, tzinfo=UTC) + timedelta(seconds=self.true_s)

    @property
    def now(self) -> Now:
        return Now((self.true_at + self.clock_off).astimezone(self.zone), self.t, self.slept)

    # ---- the process

    def tell(self, event: Event) -> None:
        self.truth.events += 1
        self.state, kept = handle(self.rules, self.plan, self.state, event, self.now)
        if self.state.bout is not None:
            self.opened.setdefault(self.state.bout.number, self.true_s)
        self.outbox += kept
        if kept or not isinstance(event, Tick) or self.random.random() < 0.2:
            if self.kills and self.random.random() < 0.004:
                self.is_killed(self.random.choice([2.0, 20.0, 90.0, 400.0]))  # before anything is saved
                return
            self.disk = (self.state, tuple(self.outbox))
        self._look_at_screen()

    def is_killed(self, away_s: float, reboot: bool = False) -> None:
        saved, outbox = self.disk
        state = restored(State, json.loads(json.dumps(plain(saved))))
        self.truth.kills += 1
        self.truth.killed_on.add(self.true_at.date())
        self.truth.lost_s += away_s + max(0.0, self.t - state.t)
        self.true_s += away_s
        self.t += away_s
        if reboot:
            self.t, self.slept = 30.0, 0.0
        self.outbox = list(outbox)
        self.state, kept = resume(self.rules, self.plan, state, self.now, same_boot=not reboot)
        self.outbox += kept
        self.disk = (self.state, tuple(self.outbox))
        self.calm_from = self.true_s
        self.told_idle = False
        if self.state.bout is not None:
            self.opened.setdefault(self.state.bout.number, self.true_s)
        for cause, holds in (("locked", self.locked), ("driving", self.driving)):
            if holds:
                self.tell(Absence(cause, begins=True))  # type: ignore[arg-type]
        self.tell(Around(self.reasons, "call" in self.reasons))

    def deliver(self) -> None:
        """Send what waits; the server may be down, or its answer lost after it has kept everything."""
        if self.random.random() < 0.3:
            return
        for one in self.outbox:
            if one.number in self.server:
                self.sent_twice += 1
            self.server.setdefault(one.number, {"kind": type(one).__name__, **plain(one)})
        if self.random.random() < 0.2:
            return
        self.outbox = []
        self.disk = (self.state, tuple(self.outbox))

    def _look_at_screen(self) -> None:
        size, prompt = visible(self.plan, self.state), self.state.prompt
        if not size or prompt is None:
            return
        local = self.now.at.timetz().replace(tzinfo=None)
        broken = {
            "locked": self.locked,
            "asleep": self.asleep,
            "driving": self.driving,
            "just back": self.true_s - self.calm_from < self.rules.settle_s - 1e-3,
            "quiet hours": bool(self.plan.quiet and self.plan.quiet.hold(local)),
            "busy": bool(self.reasons - {"typing"}) and size != "silent",
            "day off": self.now.at.date() in self.plan.days_off,
        }
        if self.state.away is None:
            self.truth.forbidden += [f"{self.now.at} {what}" for what, holds in broken.items() if holds]
        self.on_prompt(size)

    # ---- time

    def passes(self, seconds: float, *, typing: bool) -> None:
        """Let time pass as it does for a process: its own timers fire in between, and input may go on."""
        end = self.true_s + seconds
        while self.true_s < end:
            step = end - self.true_s
            wait = wakes_in(self.rules, self.plan, self.state)
            if wait is not None:
                step = min(step, wait)
            if not typing and not self.told_idle:
                until_idle = idle_after(self.rules, self.plan, self.state) - (self.true_s - self.input_s)
                step = min(step, max(until_idle, 0.0))
            self.true_s += step
            self.t += step
            if typing:
                self.input_s = self.true_s
            idle_s = self.true_s - self.input_s
            if not typing and not self.told_idle and idle_s >= idle_after(self.rules, self.plan, self.state):
                self.told_idle = True
                self.tell(Idle(idle_s))
            else:
                self.tell(Tick())

    def touches(self) -> None:
        self.input_s = self.true_s
        if self.told_idle:
            self.told_idle = False
            self.tell(Active())


class Person:
    """Lives through the days in front of a computer."""

    def __init__(self, computer: Computer, random_: random.Random) -> None:
        self.computer, self.random = computer, random_
        self.computer.on_prompt = self.sees_prompt
        self.wants: str | None = None
        self.decided: set[tuple[int, int]] = set()

    def sees_prompt(self, size: str) -> None:
        prompt = self.computer.state.prompt
        assert prompt is not None
        key = (prompt.number, prompt.snoozes)
        if key in self.decided:
            return
        self.decided.add(key)
        says = why(WORDS, self.computer.state, prompt)
        late = self.computer.true_at - prompt.due_at.astimezone(UTC) > timedelta(minutes=2)
        self.computer.truth.prompts.append({"says": says, "size": size, "late": late and not prompt.snoozes})
        self.wants = self.random.choices(
            ["done", "later", "not_now", "ignore", "just goes"], weights=[40, 15, 15, 10, 20]
        )[0]

    def works(self, seconds: float) -> None:
        """Sit and work, with pauses of reading, and answer what comes up; presence is the truth to match."""
        computer = self.computer
        begun = computer.true_s
        end = begun + seconds
        computer.touches()
        while computer.true_s < end:
            computer.passes(min(end - computer.true_s, self.random.uniform(20, 300)), typing=True)
            if self.wants in ("done", "later", "not_now"):
                said, self.wants = self.wants, None
                prompt = computer.state.prompt
                if prompt is not None and prompt.shown:
                    computer.tell(Answered(prompt.number, said))  # type: ignore[arg-type]
                    if said == "done" and not computer.state.away:
                        continue
                    if said == "done":
                        break
            elif self.wants == "just goes":
                self.wants = None
                break
            if computer.true_s < end and computer.state.prompt is None:
                computer.passes(min(end - computer.true_s, self.random.uniform(5, 100)), typing=False)
                computer.touches()
        computer.input_s = computer.true_s
        computer.truth.presence.append((begun, computer.true_s))

    def gets_up(self) -> None:
        """Away by one of the ways a computer can notice."""
        computer = self.computer
        way = self.random.choice(["walks off", "locks", "closes the lid"])
        if computer.state.away is not None or (computer.state.prompt and computer.state.prompt.shown):
            seconds = self.random.uniform(150, 900)
        else:
            seconds = self.random.uniform(330, 1500) if way == "walks off" else self.random.uniform(125, 1500)
        self.is_away(way, seconds)

    def is_away(self, way: str, seconds: float) -> None:
        computer = self.computer
        if way == "locks":
            computer.locked = True
            computer.tell(Absence("locked", begins=True))
            computer.passes(seconds, typing=False)
            computer.locked = False
            computer.calm_from = computer.input_s = computer.true_s
            computer.told_idle = False
            computer.tell(Absence("locked", begins=False))
        elif way == "closes the lid":
            announced = self.random.random() < 0.7
            computer.asleep = True
            if announced:
                computer.tell(Absence("asleep", begins=True))
            computer.true_s += seconds
            computer.t += seconds
            computer.slept += seconds
            computer.asleep = False
            computer.calm_from = computer.input_s = computer.true_s
            computer.told_idle = False
            computer.tell(Absence("asleep", begins=False) if announced else Tick())
        else:
            computer.passes(seconds, typing=False)
        self.wants = None
        computer.touches()

    def meets(self, seconds: float) -> None:
        """In a call, with or without a shared screen: hands may rest, and nothing may pop up."""
        computer = self.computer
        computer.reasons = frozenset(self.random.choice([{"call"}, {"call", "sharing"}, {"presentation"}]))
        computer.tell(Around(computer.reasons, "call" in computer.reasons))
        self.works(seconds)
        computer.reasons = frozenset()
        computer.tell(Around())
        if computer.state.away is not None:
            self.gets_up()

    def day(self) -> None:
        """From the first key to the lid at night."""
        computer, random_ = self.computer, self.random
        end = computer.true_s + random_.uniform(7, 9.5) * 3600
        while computer.true_s < end:
            part = random_.random()
            if part < 0.12:
                self.meets(random_.uniform(600, 4000))
            elif part < 0.16:
                computer.clock_off = timedelta(minutes=random_.choice([0, 0, -3, 90, -200]))
            elif part < 0.18 and computer.kills:
                computer.is_killed(random_.choice([5.0, 60.0, 1000.0]), reboot=random_.random() < 0.3)
            elif part < 0.22:
                self.is_away(random_.choice(["locks", "closes the lid"]), random_.uniform(3, 115))
            self.works(random_.uniform(300, 6000))
            self.gets_up()
        computer.clock_off = timedelta()
        morning = computer.true_at.replace(hour=0, minute=0, second=0) + timedelta(
            days=3 if computer.true_at.weekday() == 4 else 1, hours=8, minutes=random_.uniform(0, 59)
        )
        self.is_away("closes the lid", (morning - computer.true_at).total_seconds())

    def year(self, days: int) -> Iterator[date]:
        """Live the workdays one by one, a week here and there in another time zone."""
        for number in range(days):
            if number % 5 == 0:
                self.computer.zone = ZoneInfo(self.random.choice(ZONES))
            yield self.computer.true_at.date()
            self.day()
            self.computer.deliver()
            self.computer.truth.most_bytes = max(
                self.computer.truth.most_bytes, len(json.dumps(plain(self.computer.disk)))
            )
