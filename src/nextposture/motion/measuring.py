"""The measurements: modified Thomas test, single-leg bridge, plank, sit to stand, walking.

Each takes frames one by one and guides the person, or (`live` False) takes what a recording holds. What it
cannot tell it refuses, with reasons. The Thomas test asks whether the lower back is flat, because no landmark
shows the pelvis and without it the angle means nothing.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from nextposture.knowledge import load
from nextposture.knowledge.coaching import LimbName, Quantity, TestRow, camera_table
from nextposture.motion.angles import READ
from nextposture.motion.exercises import coached
from nextposture.motion.gait import Walk
from nextposture.motion.landmarks import Frame
from nextposture.motion.level import NOT_LEVELLED, Level
from nextposture.motion.results import Difference, Quality, Remark, Result, compare, norms_for, worst
from nextposture.motion.sight import Seen, Side, Sight
from nextposture.motion.smoothing import OneEuro
from nextposture.motion.timing import HoldClock
from nextposture.motion.voice import Say, Voice

Phase = Literal["find", "ready", "count_down", "measure", "ask", "again", "done"]
Key = tuple[Quantity, LimbName]
ONE_SIDED = ("thomas", "single_leg_bridge")


@dataclass(frozen=True)
class Show:
    """What the page shows after a frame. Seconds, degrees."""

    test: str
    side: Side | None
    phase: Phase
    seen: Seen
    sight_text: str
    angles: Mapping[str, float]
    count: int = 0
    held_s: float = 0.0
    left_s: float | None = None
    trial: int = 0
    trials: int = 0
    say: Say | None = None
    shown: Say | None = None
    ask: str | None = None
    ask_text: str = ""
    events: tuple[Mapping[str, Any], ...] = ()

    @property
    def done(self) -> bool:
        return self.phase == "done"

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "test": self.test,
            "side": self.side,
            "phase": self.phase,
            "sight": {"ok": self.seen.ok, "reason": self.seen.reason, "text": self.sight_text},
            "near": self.seen.near,
            "angles": {name: round(value, 1) for name, value in self.angles.items()},
            "count": self.count,
            "held_s": round(self.held_s, 1),
            "left_s": None if self.left_s is None else round(self.left_s, 1),
            "trial": self.trial,
            "trials": self.trials,
            "say": None if self.say is None else self.say.as_plain(),
            "shown": None if self.shown is None else self.shown.as_plain(),
            "ask": self.ask,
            "ask_text": self.ask_text,
            "events": [dict(event) for event in self.events],
            "done": self.done,
        }


@dataclass
class _Coverage:
    """How much of the recording could be used."""

    frames: int = 0
    seen: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    why_not: dict[str, int] = field(default_factory=dict)

    def take(self, seen: Seen) -> None:
        self.first_s = seen.at_s if self.first_s is None else self.first_s
        self.last_s = seen.at_s
        self.frames += 1
        if seen.ok:
            self.seen += 1
        else:
            self.why_not[seen.reason] = self.why_not.get(seen.reason, 0) + 1

    @property
    def share(self) -> float:
        return self.seen / self.frames if self.frames else 0.0

    @property
    def fps(self) -> float:
        spent = self.last_s - (self.first_s or 0.0)
        return (self.frames - 1) / spent if spent > 0 else 0.0


class Measurement(ABC):
    """A measurement under way. Feed `step`, answer what `Show.ask` asks, end with `finish`."""

    READS: tuple[Key, ...] = ()

    def __init__(self, row: TestRow, side: Side | None, level: Level, live: bool) -> None:
        self.row, self.side, self.level, self.live = row, side, level, live
        self._camera = camera_table()
        self._sight = Sight(row.needs, side, row.figure_side, level=level, torso_least=row.torso_least)
        self._filters = {key: OneEuro(self._camera.smoothing) for key in self.READS}
        self._voice = Voice(self._camera.voice)
        self._phase: Phase = "find"
        self._values: dict[Key, float] = {}
        self._coverage = _Coverage()
        self._shown: Say | None = None
        self._told: str | None = None
        self._unseen_s: float | None = None
        self._stopped = False

    @property
    def done(self) -> bool:
        return self._phase == "done"

    def step(self, frame: Frame) -> Show:
        """Take the next frame. Raises ValueError when it is older than the one before."""
        seen = self._sight.look(frame)
        if self.done:
            return self._show(seen, None, [])
        if seen.ok:
            for (angle, limb), smooth in self._filters.items():
                self._values[angle, limb] = smooth(seen.at_s, READ[angle](seen.points, limb))
        self._coverage.take(seen)
        events: list[Mapping[str, Any]] = []
        say = self._take(seen, events)
        return self._show(seen, say or self._say_sight(seen), events)

    def answer(self, question: str, value: bool | None) -> None:
        """Answer what was asked; None is "cannot tell". Raises ValueError when nothing was asked."""
        raise ValueError(f"{self.row.id} does not ask {question!r} now")

    def stop(self) -> None:
        """The person ends it."""
        self._stopped = True
        self._phase = "done"

    @abstractmethod
    def finish(self) -> Result:
        """The result so far."""

    @abstractmethod
    def _take(self, seen: Seen, events: list[Mapping[str, Any]]) -> Say | None: ...

    def _details(self) -> dict[str, Any]:
        """What a `Show` of this measurement adds."""
        return {}

    def _say_sight(self, seen: Seen) -> Say | None:
        if seen.ok:
            self._unseen_s = None
            return None
        if self._unseen_s is None:
            self._unseen_s = seen.at_s
        if seen.at_s - self._unseen_s < self._camera.sight.lost_s:
            return None
        return self._voice.cue(seen.at_s, [Say(seen.reason, "cue", self._sight.text(seen.reason))], 0.0)

    def _tell(self, at_s: float, name: str, text: str, kind: Literal["info", "cue"] = "info") -> Say | None:
        """Say what to do next, once, unless something else was said since."""
        if self._told == name:
            return None
        self._told = name
        side = self.side or ""
        return self._voice.info(at_s, Say(name, kind, text.format(side=side, Side=side.capitalize())))

    def _show(self, seen: Seen, say: Say | None, events: list[Mapping[str, Any]]) -> Show:
        if say is not None:
            self._shown = say
        angles = {
            (angle if limb == "near" else f"{limb}_{angle}"): value
            for (angle, limb), value in self._values.items()
        }
        return Show(
            test=self.row.id,
            side=self.side or (seen.near if seen.ok else None),
            phase=self._phase,
            seen=seen,
            sight_text=self._sight.text(seen.reason),
            angles={**angles, **self._told_angles()},
            say=say,
            shown=self._shown,
            events=tuple(events),
            **self._details(),
        )

    def _told_angles(self) -> dict[str, float]:
        return {}

    def _sight_quality(self) -> tuple[Quality, list[Remark]]:
        """What sight, frame rate and level allow."""
        table, coverage = self._camera.quality, self._coverage
        quality: Quality = "good"
        notes: list[Remark] = []
        if not coverage.frames:
            return "none", notes
        if coverage.share < table.seen_good:
            quality = "fair" if coverage.share >= table.seen_fair else "poor"
            main = max(coverage.why_not, key=lambda reason: coverage.why_not[reason])
            share = round(100 * (1 - coverage.share))
            told = self._camera.sight.texts[main].format(side=self.side or "")
            notes.append(Remark("seen", f"In {share} % of the pictures you could not be measured. {told}"))
        if coverage.fps < table.fps_good:
            quality = worst(quality, "fair" if coverage.fps >= table.fps_fair else "poor")
            notes.append(Remark("slow", f"Only {coverage.fps:.0f} pictures a second."))
        return quality, notes

    def _result(
        self,
        value: float | None,
        error: float | None,
        quality: Quality = "good",
        notes: list[Remark] | None = None,
        refusals: list[Remark] | None = None,
        **more: Any,
    ) -> Result:
        measure = load().measures[self.row.measure] if self.row.measure else None
        sight, seen_notes = self._sight_quality()
        refused = tuple(refusals or ())
        return Result(
            test=self.row.id,
            measure=measure.id if measure else None,
            side=self.side if self.row.id in ONE_SIDED else None,
            value=None if refused else value,
            unit=measure.unit if measure else "degrees",
            error=None if refused else error,
            quality="none" if refused else worst(quality, sight),
            notes=(*(notes or ()), *seen_notes),
            refusals=refused,
            **more,
        )

    def _refuse_sight(self) -> list[Remark]:
        """Why nothing was seen, if nothing was."""
        coverage = self._coverage
        if coverage.seen:
            return []
        if not coverage.frames:
            return [Remark("nothing", "No picture came.")]
        main = max(coverage.why_not, key=lambda reason: coverage.why_not[reason])
        return [Remark(main, self._camera.sight.texts[main].format(side=self.side or "near"))]


class Thomas(Measurement):
    """Modified Thomas test of one side: how far the hanging thigh is below level, and the bend of the knee.

    Positive is past level. A trial is two seconds of hanging still; between trials the leg is lifted.
    """

    READS = (
        ("thigh", "near"),
        ("knee", "near"),
        ("trunk", "near"),
        ("hip", "far"),
    )

    def __init__(
        self, row: TestRow, side: Side | None, level: Level, live: bool, pelvis_flat: bool | None
    ) -> None:
        super().__init__(row, side, level, live)
        self._told_flat = pelvis_flat
        self._window: deque[tuple[float, float, float, float]] = deque()
        self._trials: list[dict[str, Any]] = []
        self._lifted = True
        self._rested_at = 0.0

    def answer(self, question: str, value: bool | None) -> None:
        """Whether the lower back was flat in the trial just taken. Raises ValueError when not asked."""
        if question != "pelvis_flat" or self._phase != "ask":
            raise ValueError(f"{question!r} is not asked now")
        self._trials[-1]["pelvis_flat"] = value
        self._phase = "done" if self._enough() else "again"
        self._told = None

    def _enough(self) -> bool:
        table = self._camera.thomas
        held = sum(trial["pelvis_flat"] is True for trial in self._trials)
        return held >= table.trials or len(self._trials) >= table.attempts

    def _take(self, seen: Seen, events: list[Mapping[str, Any]]) -> Say | None:
        table, at_s = self._camera.thomas, seen.at_s
        if self._phase == "ask":
            return self._tell(at_s, "ask", self.row.ask)
        if not seen.ok:
            if self._window and at_s - self._window[-1][0] > self._camera.sight.bridge_s:
                self._window.clear()
            if self._phase == "find":
                return self._tell(at_s, "ready", self.row.ready)
            return None
        thigh = 90.0 - self._values["thigh", "near"]
        knee = 180.0 - self._values["knee", "near"]
        trunk = self._values["trunk", "near"]
        lying = table.trunk[0] <= trunk <= table.trunk[1]
        other_up = self._values["hip", "far"] <= table.other_hip_most
        if not lying or not other_up:
            self._window.clear()
            self._phase = "again" if self._trials else "ready"
            return self._tell(at_s, "ready", self.row.ready)
        if not self._lifted:
            self._lifted = abs(math.remainder(thigh - self._rested_at, 360.0)) >= table.lift
            self._phase = "again"
            flat = self._trials[-1]["pelvis_flat"] if self._trials else True
            if self.live and flat is not True:
                return self._tell(at_s, "tuck", self.row.tuck, "cue")
            return self._tell(at_s, "again", self.row.again) if self.live else None
        self._phase = "measure"
        self._window.append((at_s, math.remainder(thigh, 360.0), knee, trunk))
        while len(self._window) > 2 and self._window[1][0] <= at_s - table.window_s:
            self._window.popleft()
        if at_s - self._window[0][0] < table.window_s or len(self._window) < 6:
            return self._tell(at_s, "still", self.row.still)
        thighs = sorted(one[1] for one in self._window)
        spread = _percentile(thighs, 0.9) - _percentile(thighs, 0.1)
        if spread > table.still:
            return self._tell(at_s, "still", self.row.still)
        self._trial(at_s, thighs, spread)
        events.append({"id": "trial_done", "trial": len(self._trials)})
        if not self.live:
            self._told = None
            return None
        self._phase, self._told = "ask", "ask"
        return self._voice.info(at_s, Say("ask", "info", self.row.ask))

    def _trial(self, at_s: float, thighs: list[float], spread: float) -> None:
        knees = sorted(one[2] for one in self._window)
        trunks = sorted(one[3] for one in self._window)
        thigh = _percentile(thighs, 0.5)
        self._trials.append(
            {
                "at_s": round(at_s, 2),
                "thigh": round(thigh, 2),
                "knee": round(_percentile(knees, 0.5), 2),
                "trunk": round(-90.0 - _percentile(trunks, 0.5), 2),
                "spread": round(spread, 2),
                "pelvis_flat": None if self.live else self._told_flat,
            }
        )
        self._rested_at, self._lifted = thigh, False
        self._window.clear()

    def _details(self) -> dict[str, Any]:
        table = self._camera.thomas
        asks = self._phase == "ask"
        left = None
        if self._window:
            left = max(0.0, table.window_s - (self._window[-1][0] - self._window[0][0]))
        return {
            "trial": min(len(self._trials) + (0 if asks or self.done else 1), table.attempts),
            "trials": table.trials,
            "left_s": left,
            "ask": "pelvis_flat" if asks else None,
            "ask_text": self.row.ask if asks else "",
        }

    def _told_angles(self) -> dict[str, float]:
        if ("thigh", "near") not in self._values:
            return {}
        return {
            "thigh_below_level": math.remainder(90.0 - self._values["thigh", "near"], 360.0),
            "knee_bend": 180.0 - self._values["knee", "near"],
        }

    def finish(self) -> Result:
        """The mean of the trials in which the pelvis was held; unknown if there is none."""
        table, band = self._camera.thomas, load().measures["hip_extension"].error
        held = [trial for trial in self._trials if trial["pelvis_flat"] is True]
        refusals = self._refuse_sight()
        notes: list[Remark] = []
        if not refusals and not self._trials:
            text = "The thigh did not hang still for two seconds with you lying and the other knee drawn up."
            refusals = [Remark("not_still", text)]
        elif not refusals and not held:
            refusals = [
                Remark(
                    "pelvis_not_held",
                    "Without the lower back flat the angle says nothing, so the result stays unknown.",
                )
            ]
        pelvis: bool | None = bool(held) or (
            None if any(trial["pelvis_flat"] is None for trial in self._trials) else False
        )
        pelvis = None if not self._trials else pelvis
        used = held or self._trials
        detail: dict[str, Any] = {"levelled": self.level.known, "roll": round(self.level.roll_deg, 1)}
        for name in ("thigh", "knee", "trunk"):
            if used:
                detail[f"{name}_mean"] = round(sum(trial[name] for trial in used) / len(used), 1)
        value = detail.get("thigh_mean") if held else None
        error = band.helper if band else None
        quality: Quality = "good"
        if held:
            thighs = [trial["thigh"] for trial in held]
            apart = max(thighs) - min(thighs)
            if len(held) < table.trials:
                quality = "fair" if len(held) > 1 else "poor"
                notes.append(Remark("few_trials", f"{len(held)} of {table.trials} trials."))
            if apart > table.spread_fair:
                quality = worst(quality, "fair" if apart <= table.spread_poor else "poor")
                notes.append(Remark("apart", f"The trials lie {apart:.0f} degrees apart."))
            if not self.level.known and error is not None:
                quality = worst(quality, "fair")
                error = math.hypot(error, self._camera.sight.roll_unknown)
                notes.append(
                    Remark("not_levelled", "Level was not marked, so a leaning camera may have added to it.")
                )
        return self._result(
            value,
            error,
            quality,
            notes,
            refusals,
            pelvis_held=pelvis,
            trials=tuple(self._trials),
            detail=detail,
        )


class HoldTest(Measurement):
    """Seconds that a position is held: plank until its second break, single-leg bridge until the hips drop.

    The clock stands while the position is broken. It ends at the table's number of breaks, when the person is
    down, or at `most_s`.
    """

    READS = (
        ("line", "near"),
        ("hip", "near"),
        ("knee", "near"),
        ("trunk", "near"),
        ("knee", "far"),
    )

    def __init__(self, row: TestRow, side: Side | None, level: Level, live: bool) -> None:
        super().__init__(row, side, level, live)
        sight, limits = self._camera.sight, self._camera.holds
        timing = replace(self._camera.hold, enter_s=limits.start_s)
        self._clock = HoldClock(timing, sight.bridge_s, sight.lost_s)
        exercise = coached()[row.figure or ""]
        self._bounds = {bound.check.key: bound for bound in exercise.bounds}
        self._straight = exercise.end
        self._breaks = 0
        self._broken_s: float | None = None
        self._counted = False
        self._started_s: float | None = None
        self._reference: float | None = None
        self._early: list[float] = []
        self._ended_by = ""
        self._lost_s: float | None = None

    def _inside(self) -> bool:
        values, limits = self._values, self._camera.holds
        knee, trunk = values["knee", "near"], values["trunk", "near"]
        if self.row.id == "plank":
            down, up = self._bounds["down"], self._bounds["knees_up"]
            low, high = down.least or -math.inf, down.most or math.inf
            sag = values["line", "near"] - 180.0
            line = limits.line.sag if not self._clock.on else limits.line.sag + 2
            return low <= trunk <= high and knee >= (up.least or 0.0) and -limits.line.pike <= sag <= line
        lying = self._bounds["lying"]
        if not (lying.least or -180.0) <= trunk <= (lying.most or 180.0):
            return False
        if not self._clock.on and values["knee", "far"] < limits.other_knee_least:
            return False
        hip = values["hip", "near"]
        if self._reference is not None:
            return hip >= self._reference - self.row.drop
        return hip >= self._straight - limits.bridge_within

    def _take(self, seen: Seen, events: list[Mapping[str, Any]]) -> Say | None:
        limits, at_s = self._camera.holds, seen.at_s
        inside = self._inside() if seen.ok else None
        event = self._clock.step(at_s, inside)
        if event == "enter":
            self._sight.lock()
            self._broken_s = self._lost_s = None
            self._phase, self._counted = "measure", False
            if self._started_s is None:
                self._started_s = at_s
                events.append({"id": "go"})
                return self._tell(at_s, "hold", "Hold. The clock runs.")
            return None
        if event == "lost":
            self._lost_s = at_s
            events.append({"id": "lost", "reason": seen.reason})
        if self._clock.on:
            self._learn()
            most = self.row.most_s
            if most is not None and self._clock.held_s >= most:
                return self._end(at_s, "time", events)
        if self._started_s is None:
            if self._phase == "find" and seen.ok:
                self._phase = "ready"
            return self._tell(at_s, "ready", self.row.ready)
        return self._watch_break(at_s, inside, limits.break_s, limits.down_s, events)

    def _learn(self) -> None:
        """The straight hip of the first second is what a drop is measured from."""
        if self.row.drop and self._reference is None:
            self._early.append(self._values["hip", "near"])
            if self._clock.stretch_s >= self._camera.holds.start_s + 1.0:
                self._reference = _percentile(sorted(self._early), 0.5)

    def _watch_break(
        self,
        at_s: float,
        inside: bool | None,
        break_s: float,
        down_s: float,
        events: list[Mapping[str, Any]],
    ) -> Say | None:
        if inside or (inside is None and self._broken_s is None):
            if inside:
                self._broken_s = None
            lost = self._lost_s is not None and not self._clock.on
            if lost and at_s - (self._lost_s or at_s) > down_s and inside is None:
                return self._end(at_s, "lost", events)
            return None
        if self._broken_s is None:
            self._broken_s, self._counted = at_s, False
        if not self._counted and at_s - self._broken_s >= break_s:
            self._counted = True
            self._breaks += 1
            events.append({"id": "break", "breaks": self._breaks})
            if self._breaks >= self._camera.holds.breaks[self.row.id]:
                return self._end(at_s, "breaks", events)
            return self._voice.info(at_s, Say("back_in_line", "cue", self.row.cue))
        if at_s - self._broken_s >= down_s:
            return self._end(at_s, "down", events)
        return None

    def _end(self, at_s: float, why: str, events: list[Mapping[str, Any]]) -> Say:
        self._phase, self._ended_by = "done", why
        events.append({"id": "done", "why": why})
        return self._voice.info(at_s, Say("done", "info", "Done. Come down slowly."))

    def _details(self) -> dict[str, Any]:
        return {"held_s": self._clock.held_s}

    def finish(self) -> Result:
        """The seconds held."""
        limits = self._camera.holds
        refusals = self._refuse_sight()
        notes: list[Remark] = []
        held = self._clock.held_s
        if not refusals and self._started_s is None:
            side = self.side or ""
            text = self.row.ready.format(side=side, Side=side.capitalize())
            refusals = [Remark("no_position", f"The position was not seen. {text}")]
        quality: Quality = "good"
        ended = self._ended_by or ("stopped" if self._stopped else "end")
        if ended == "lost":
            quality = "poor"
            notes.append(Remark("lost", "You went out of sight, so it may have been longer."))
        elif ended == "end" and self._clock.on:
            notes.append(
                Remark("cut", "The recording ends while the position is held, so it was at least this.")
            )
            quality = "fair"
        return self._result(
            min(held, self.row.most_s or held),
            limits.clock_error_s,
            quality,
            notes,
            refusals,
            detail={"breaks": self._breaks, "ended_by": ended},
        )


class SitToStand(Measurement):
    """How often a person stands up from a chair in 30 seconds.

    Live, a count-down follows sitting still; in a recording the clock starts with the first rise.
    """

    READS = (("knee", "near"), ("hip", "near"), ("reach", "near"))

    def __init__(self, row: TestRow, side: Side | None, level: Level, live: bool) -> None:
        super().__init__(row, side, level, live)
        self._seated_s: float | None = None
        self._go_s: float | None = None
        self._count = 0
        self._up = False
        self._stands: list[float] = []
        self._progress = 0.0
        self._apart = 0
        self._taken = 0
        self._over = False

    def _take(self, seen: Seen, events: list[Mapping[str, Any]]) -> Say | None:
        table, at_s = self._camera.sit_to_stand, seen.at_s
        if self._go_s is not None and at_s - self._go_s >= (self.row.most_s or math.inf):
            if not self._up and self._progress > table.halfway:
                self._count += 1
                self._stands.append(at_s - self._go_s)
            self._phase, self._over = "done", True
            events.append({"id": "done", "why": "time"})
            return self._voice.info(at_s, Say("done", "info", "Time. Sit down and rest."))
        if not seen.ok:
            if self._go_s is None:
                self._seated_s = None
                return self._tell(at_s, "ready", self.row.ready) if self._phase == "find" else None
            return None
        knee, hip = self._values["knee", "near"], self._values["hip", "near"]
        seated = knee <= table.seated_knee_most
        stood = knee >= table.stood_knee_least and hip >= table.stood_hip_least
        span = table.stood_knee_least - table.seated_knee_most
        self._progress = (knee - table.seated_knee_most) / span
        if self._go_s is None:
            return self._before_go(at_s, seated, events)
        self._taken += 1
        self._apart += self._values["reach", "near"] > 100.0 * table.arms_apart
        if stood and not self._up:
            self._up = True
            last = self._stands[-1] if self._stands else -math.inf
            if at_s - self._go_s - last >= table.least_s:
                self._count += 1
                self._stands.append(at_s - self._go_s)
                events.append({"id": "stand", "count": self._count})
        elif seated:
            self._up = False
        return None

    def _before_go(self, at_s: float, seated: bool, events: list[Mapping[str, Any]]) -> Say | None:
        table = self._camera.sit_to_stand
        if seated:
            self._seated_s = at_s if self._seated_s is None else self._seated_s
            sat = at_s - self._seated_s
            if not self.live:
                self._phase = "ready"
                return None
            if sat >= table.seated_s + table.count_down_s:
                return self._go(at_s, events)
            if sat >= table.seated_s:
                self._phase = "count_down"
                return self._tell(at_s, "count_down", "Get ready.")
            self._phase = "ready"
            return self._tell(at_s, "ready", self.row.ready)
        if not self.live and self._seated_s is not None:
            return self._go(at_s, events)
        self._seated_s, self._phase = None, "ready"
        return self._tell(at_s, "ready", self.row.ready)

    def _go(self, at_s: float, events: list[Mapping[str, Any]]) -> Say:
        self._go_s, self._phase = at_s, "measure"
        self._sight.lock()
        events.append({"id": "go"})
        return self._voice.info(at_s, Say("go", "info", "Go."))

    def _details(self) -> dict[str, Any]:
        left: float | None = None
        if self._phase == "measure" and self._go_s is not None and self.row.most_s is not None:
            left = max(0.0, self.row.most_s - (self._coverage.last_s - self._go_s))
        elif self._phase == "count_down" and self._seated_s is not None:
            table = self._camera.sit_to_stand
            left = max(0.0, self._seated_s + table.seated_s + table.count_down_s - self._coverage.last_s)
        return {"count": self._count, "left_s": left}

    def finish(self) -> Result:
        """How many stands; refused when the 30 seconds were not over."""
        table = self._camera.sit_to_stand
        refusals = self._refuse_sight()
        if not refusals and self._go_s is None:
            refusals = [Remark("not_seated", "You were not seen sitting side-on and then standing up.")]
        elif not refusals and not self._over:
            took = self._coverage.last_s - (self._go_s or 0.0)
            refusals = [Remark("too_short", f"It ended after {took:.0f} of {self.row.most_s:g} seconds.")]
        notes = []
        quality: Quality = "good"
        if self._taken and self._apart / self._taken > 0.3:
            quality = "fair"
            notes.append(
                Remark("arms", "Your arms seemed not to be crossed; with their help it is another test.")
            )
        return self._result(
            float(self._count),
            table.clock_error,
            quality,
            notes,
            refusals,
            detail={"stands_at_s": [round(one, 2) for one in self._stands]},
        )


class Walking(Measurement):
    """Hip and knee flexion over time and over the stride. Curves only: there is no number to compare."""

    READS = ()

    def __init__(self, row: TestRow, side: Side | None, level: Level, live: bool) -> None:
        super().__init__(row, side, level, live)
        self._walk = Walk(self._camera.walk)
        self._sides: dict[Side, int] = {}

    def _take(self, seen: Seen, events: list[Mapping[str, Any]]) -> Say | None:
        self._phase = "measure" if seen.ok else self._phase
        if seen.ok:
            self._walk.take(seen.at_s, seen.points)
            if seen.near is not None:
                self._sides[seen.near] = self._sides.get(seen.near, 0) + 1
        return self._tell(seen.at_s, "ready", self.row.ready) if self.live else None

    def finish(self) -> Result:
        """The curves of the side next to the camera, and of every whole stride."""
        curves = self._walk.curves()
        refusals = self._refuse_sight()
        if not refusals and len(curves.strides) < self._camera.walk.strides_least:
            text = (
                f"{len(curves.strides)} whole strides were seen; it takes {self._camera.walk.strides_least}."
            )
            refusals = [Remark("few_strides", text)]
        sides = sorted(self._sides, key=self._sides.__getitem__)
        side = sides[-1] if sides else self.side
        return self._result(
            None,
            None,
            refusals=refusals,
            detail={"side": side, **curves.detail()},
            series=curves.series(),
        )


def start_measurement(
    test: str,
    side: Side | None = None,
    level: Level = NOT_LEVELLED,
    live: bool = True,
    pelvis_flat: bool | None = None,
) -> Measurement:
    """Begin a measurement: `thomas`, `single_leg_bridge`, `plank`, `sit_to_stand` or `walk`.

    `pelvis_flat` is what was said about the lower back in a recording (`live` False) of the Thomas test.
    Raises ValueError for an unknown test, and where the side is missing or not called for.
    """
    try:
        row = camera_table().test(test)
    except KeyError:
        raise ValueError(f"there is no test called {test!r}") from None
    if (test in ONE_SIDED) and side is None:
        raise ValueError(f"{test} is measured on one side: say left or right")
    if test == "thomas":
        return Thomas(row, side, level, live, pelvis_flat)
    kinds: Mapping[str, type[Measurement]] = {
        "single_leg_bridge": HoldTest,
        "plank": HoldTest,
        "sit_to_stand": SitToStand,
        "walk": Walking,
    }
    return kinds[test](row, side, level, live)


def _percentile(ordered: list[float], share: float) -> float:
    """Of sorted values, with linear interpolation."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


__all__ = [
    "Difference",
    "Measurement",
    "Remark",
    "Result",
    "Show",
    "compare",
    "norms_for",
    "start_measurement",
]
