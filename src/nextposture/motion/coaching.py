"""The coach: frames in; counts, held seconds and one short cue at a time out.

A hold counts only while every check that defines the position holds; a repetition only when it goes from the
start to the end of the movement and back. What an exercise is stands in `knowledge/tables/coaching.yaml`.
What landmarks cannot show (the pelvis, the breath) is said as a prompt and never judged.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nextposture.knowledge.coaching import LimbName, Quantity, camera_table, coaching_table
from nextposture.motion.angles import READ, Point
from nextposture.motion.exercises import Bound, Exercise, coached, exercise_for
from nextposture.motion.landmarks import Frame
from nextposture.motion.level import NOT_LEVELLED, Level
from nextposture.motion.sight import Seen, Side, Sight
from nextposture.motion.smoothing import OneEuro
from nextposture.motion.timing import HoldClock, Rep, RepCounter, Swings
from nextposture.motion.voice import Say, Voice

Phase = Literal["find", "place", "work", "hold", "change_side", "rest", "done"]
END_FAULT_S = 0.25  # a fault at the end of a repetition is over soon, so it is spoken of sooner
MOST_S = 3600.0


@dataclass(frozen=True)
class SetDose:
    """What is to be done: `sets` for each side, each of `reps` (with `hold_s` at the end) or of `hold_s`."""

    sets: int = 1
    reps: int = 0
    hold_s: float = 0.0
    rest_s: float = 10.0


@dataclass(frozen=True)
class SetDone:
    """What one set came to: cues by how often each was given."""

    side: Side | None
    number: int
    reps: int
    held_s: float
    cues: Mapping[str, int]

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "side": self.side,
            "number": self.number,
            "reps": self.reps,
            "held_s": round(self.held_s, 1),
            "cues": dict(self.cues),
        }


@dataclass(frozen=True)
class Event:
    """Something that happened in this frame: begin, enter, break, rep, short_rep, held, lost, back, set,
    side, rest, done."""

    id: str
    detail: Mapping[str, Any] = field(default_factory=dict)

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"id": self.id, **self.detail}


@dataclass(frozen=True)
class Show:
    """What the page shows after a frame. Seconds, degrees; `progress` is the share of the way done."""

    exercise: str
    phase: Phase
    seen: Seen
    sight_text: str
    side: Side | None
    number: int
    sets: int
    reps: int
    reps_wanted: int
    held_s: float
    hold_wanted_s: float
    progress: float | None
    left_s: float | None
    angles: Mapping[str, float]
    wrong: tuple[str, ...]
    limbs: tuple[str, ...]
    say: Say | None
    shown: Say | None
    events: tuple[Event, ...]

    @property
    def done(self) -> bool:
        return self.phase == "done"

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "exercise": self.exercise,
            "phase": self.phase,
            "sight": {"ok": self.seen.ok, "reason": self.seen.reason, "text": self.sight_text},
            "near": self.seen.near,
            "side": self.side,
            "set": self.number,
            "sets": self.sets,
            "reps": self.reps,
            "reps_wanted": self.reps_wanted,
            "held_s": round(self.held_s, 1),
            "hold_wanted_s": self.hold_wanted_s,
            "progress": None if self.progress is None else round(min(1.0, max(0.0, self.progress)), 2),
            "left_s": None if self.left_s is None else round(self.left_s, 1),
            "angles": {name: round(value, 1) for name, value in self.angles.items()},
            "wrong": list(self.wrong),
            "limbs": list(self.limbs),
            "say": None if self.say is None else self.say.as_plain(),
            "shown": None if self.shown is None else self.shown.as_plain(),
            "events": [event.as_plain() for event in self.events],
            "done": self.done,
        }


class _Checked:
    """One check over time: whether it holds now, with hysteresis of `slack` degrees on the way back in."""

    def __init__(self, bound: Bound, slack: float) -> None:
        self.bound, self._slack = bound, slack
        self.ok = False
        swings = bound.check.swings
        self._swings = Swings(swings, bound.check.within_s) if swings is not None else None
        if self._swings:
            self.ok = True

    def look(self, at_s: float, value: float) -> None:
        if self._swings is not None:
            self.ok = not self._swings.step(at_s, value)
            return
        slack = 0.0 if self.ok else self._slack
        least, most = self.bound.least, self.bound.most
        if least is not None and most is not None:
            middle, half = (least + most) / 2, (most - least) / 2
            self.ok = abs(math.remainder(value - middle, 360.0)) <= half - slack
        else:
            self.ok = (least is None or value >= least + slack) and (most is None or value <= most - slack)

    def rest(self) -> None:
        if self._swings is not None:
            self._swings.rest()
            self.ok = True


class _Set:
    """The state of one set on one side."""

    def __init__(self, exercise: Exercise) -> None:
        table = camera_table()
        self.filters: dict[tuple[Quantity, LimbName], OneEuro] = {}
        self.values: dict[tuple[Quantity, LimbName], float] = {}
        wanted = [(bound.check.angle, bound.check.limb) for bound in exercise.bounds]
        drive = exercise.row.drive
        if drive is not None:
            wanted.append((drive.angle, drive.limb))
        for key in wanted:
            self.filters.setdefault(key, OneEuro(table.smoothing))
        self.checks = [_Checked(bound, table.hold.slack) for bound in exercise.bounds]
        self.clock = HoldClock(table.hold, table.sight.bridge_s, table.sight.lost_s)
        self.counter = RepCounter(table.reps, drive.reach if drive else None, drive.home if drive else None)
        self.cues: dict[str, int] = {}
        self.begun = False
        self.told_held = False
        self.rep_clean = True
        self.prompts = 0
        self.placing_s: float | None = None  # since when the position has not been found
        self.crossed = 0.0  # 0 to 1: how sure it is that the other leg is the working one
        self.last_s: float | None = None

    def read(self, at_s: float, points: Mapping[str, Point]) -> None:
        for (angle, limb), smooth in self.filters.items():
            self.values[angle, limb] = smooth(at_s, READ[angle](points, limb))


class Coach:
    """Coaches one exercise: `dose.sets` sets, each on every one of `sides` in turn (None: no sides).

    `step` takes every frame in order. Nothing needs a touch: position starts a set, being done ends it.
    Raises ValueError for a dose that does not fit the exercise.
    """

    def __init__(
        self,
        exercise: Exercise,
        dose: SetDose,
        sides: Sequence[Side | None] = (None,),
        level: Level = NOT_LEVELLED,
    ) -> None:
        reps = exercise.row.kind == "reps"
        if dose.sets < 1 or (dose.reps < 1 if reps else not 0 < dose.hold_s <= MOST_S):
            raise ValueError(f"{exercise.id} needs {'repetitions' if reps else 'seconds to hold'}")
        one_sided = exercise.figure.one_sided
        if not sides or any((side is None) == one_sided for side in sides):
            raise ValueError(f"{exercise.id} is {'' if one_sided else 'not '}done on each side")
        self.exercise, self.dose, self.level = exercise, dose, level
        self._table = camera_table()
        self._praise = coaching_table().praise
        self._order = [(number, side) for number in range(1, dose.sets + 1) for side in sides]
        self._place = 0
        self._voice = Voice(self._table.voice)
        self._shown: Say | None = None
        self._sight = Sight(
            exercise.row.needs,
            self.side,
            exercise.row.facing,
            exercise.figure.view,
            exercise.row.legs,
            level,
        )
        self._set = _Set(exercise)
        self._phase: Phase = "find"
        self._rest_until_s: float | None = None
        self._unseen_s: float | None = None
        self._lost = False
        self._done: list[SetDone] = []

    @property
    def side(self) -> Side | None:
        """The side of the present set."""
        return self._order[min(self._place, len(self._order) - 1)][1]

    @property
    def done(self) -> bool:
        return self._phase == "done"

    def summary(self) -> tuple[SetDone, ...]:
        """Every set that was finished, and the one under way if anything was done in it."""
        one = self._set
        if self.done or not (one.counter.count or one.clock.held_s):
            return tuple(self._done)
        return (*self._done, self._finished())

    def step(self, frame: Frame) -> Show:
        """Take the next frame. Raises ValueError when it is older than the one before."""
        at_s = frame.at_s
        events: list[Event] = []
        seen = self._sight.look(frame)
        say: Say | None = None
        if self.done:
            return self._show(seen, None, events, at_s)
        if self._rest_until_s is not None:
            if at_s < self._rest_until_s:
                return self._show(seen, None, events, at_s)
            self._rest_until_s = None
            self._phase = "place"
            say = self._voice.info(at_s, Say("next_set", "info", "Next set. Into position."))
        if seen.ok:
            self._set.read(at_s, seen.points)
        lost = self._watch_sight(at_s, seen, events)
        faults: list[Say] = []
        if self.exercise.row.kind == "hold":
            said = self._hold(at_s, seen, events, faults)
        else:
            said = self._reps(at_s, seen, events, faults)
        say = say or said
        if self.done or self._rest_until_s is not None or any(event.id == "side" for event in events):
            return self._show(seen, say, events, at_s)
        say = say or self._speak(at_s, seen, faults, lost)
        return self._show(seen, say, events, at_s)

    # ---- what is seen
    def _watch_sight(self, at_s: float, seen: Seen, events: list[Event]) -> bool:
        """Whether sight is lost for longer than a moment."""
        one = self._set
        if seen.crossed is not None:
            dt = 0.0 if one.last_s is None else min(0.5, at_s - one.last_s)
            one.crossed += dt / (1.0 + dt) * (float(seen.crossed) - one.crossed)
        one.last_s = at_s
        if seen.ok:
            if self._lost:
                events.append(Event("back"))
            self._lost, self._unseen_s = False, None
            return False
        if self._unseen_s is None:
            self._unseen_s = at_s
        if not self._lost and at_s - self._unseen_s >= self._table.sight.lost_s:
            self._lost = True
            if one.begun:
                events.append(Event("lost", {"reason": seen.reason}))
            one.counter.rest()
            self._sight.unlock()
        return self._lost

    def _look(self, at_s: float, at_end: bool) -> bool:
        """Judge every check; True while the position stands."""
        stands = True
        for checked in self._set.checks:
            check = checked.bound.check
            if check.swings is not None and not self._set.clock.on:
                checked.rest()
                continue
            if check.at == "end" and not at_end:
                checked.ok = True
                continue
            checked.look(at_s, self._set.values[check.angle, check.limb])
            if check.breaks and not checked.ok:
                stands = False
        return stands

    def _wrong_side(self) -> bool:
        return self.exercise.row.legs == "rear" and self._set.crossed > 0.8

    # ---- holds
    def _hold(self, at_s: float, seen: Seen, events: list[Event], faults: list[Say]) -> Say | None:
        one = self._set
        inside: bool | None = None
        if seen.ok:
            inside = self._look(at_s, at_end=True) and not self._wrong_side()
        event = one.clock.step(at_s, inside)
        if event == "enter":
            events.append(Event("enter"))
            one.placing_s = None
            self._phase = "hold"
            self._sight.lock()
            if not one.begun:
                one.begun = True
                events.append(Event("begin"))
                return self._voice.info(at_s, Say("hold", "info", "Hold."))
        elif event is not None:
            self._phase = "place"
            if event == "leave":
                events.append(Event("break", {"left_s": round(self.dose.hold_s - one.clock.held_s, 1)}))
        if one.clock.held_s >= self.dose.hold_s:
            return self._finish_set(at_s, events)
        if seen.ok:
            faults += self._faults(placing=not one.clock.on and not one.begun)
        if not one.clock.on and self._phase != "change_side":
            self._phase = "place" if seen.ok or one.begun else "find"
        return None

    # ---- repetitions
    def _reps(self, at_s: float, seen: Seen, events: list[Event], faults: list[Say]) -> Say | None:
        one = self._set
        if not seen.ok:
            if not one.begun and self._phase != "change_side":
                self._phase = "find"
            return None
        counter = one.counter
        share = self._share()
        at_end = counter.phase == "out" and share >= counter.peak - 0.12
        stands = self._look(at_s, at_end)
        if not stands:
            if one.clock.step(at_s, False) == "leave":
                counter.rest()
            faults += self._faults(placing=not one.begun)
            if self._phase != "change_side":
                self._phase = "work" if one.begun else "place"
            return None
        one.clock.step(at_s, True)  # here the clock tells how long the position stands
        if not one.clock.on:
            return None
        if not one.begun:
            one.begun, self._phase = True, "work"
            self._sight.lock()
            events.append(Event("begin"))
            counter.step(at_s, share)
            way = self.exercise.ways.out
            return self._voice.info(at_s, Say("begin", "info", f"{way}, slowly."))
        rep = counter.step(at_s, share)
        faults += self._faults(placing=False)
        if faults:
            one.rep_clean = False
        said = self._rep(at_s, rep, events)
        if counter.count >= self.dose.reps:
            return self._finish_set(at_s, events)
        if (
            said is None
            and self.dose.hold_s
            and counter.phase == "out"
            and not one.told_held
            and counter.held_s >= self.dose.hold_s
        ):
            one.told_held = True
            events.append(Event("held"))
            back = self.exercise.ways.back
            return Say("back", "info", f"{back}.")
        return said

    def _share(self) -> float:
        exercise, drive = self.exercise, self.exercise.row.drive
        if drive is None:
            return 0.0
        value = self._set.values[drive.angle, drive.limb]
        return math.remainder(value - exercise.start, 360.0) / math.remainder(
            exercise.end - exercise.start, 360.0
        )

    def _rep(self, at_s: float, rep: Rep | None, events: list[Event]) -> Say | None:
        row, one = self.exercise.row, self._set
        if rep is None or row.short is None or row.fast is None:
            return None
        if rep.kind == "out":
            one.told_held = False
            return None
        if rep.kind in ("short", "stalled"):
            one.rep_clean = False
            if rep.kind == "short":
                events.append(Event("short_rep", {"peak": round(rep.peak, 2)}))
            return self._remark(at_s, row.short.key, row.short.say)
        events.append(
            Event(
                "rep",
                {
                    "count": one.counter.count,
                    "move_s": round(rep.move_s, 1),
                    "held_s": round(rep.held_s, 1),
                    "return_s": round(rep.return_s, 1),
                },
            )
        )
        clean, one.rep_clean = one.rep_clean, True
        tempo, table = self.exercise.tempo, self._table.reps
        asked_s = table.timed_share * (tempo.move_s + tempo.return_s)
        if rep.move_s + rep.return_s < table.fast_share * asked_s:
            return self._remark(at_s, row.fast.key, row.fast.say)
        if self.dose.hold_s and rep.held_s < table.held_share * self.dose.hold_s:
            return self._remark(at_s, "hold_short", "Stay there a little longer.")
        if clean:
            return self._voice.praise(at_s, Say("rep", "praise", self._praise.rep, 9))
        return None

    def _remark(self, at_s: float, key: str, text: str) -> Say | None:
        say = self._voice.at_once(at_s, Say(key, "cue", text))
        if say is not None:
            self._set.cues[key] = self._set.cues.get(key, 0) + 1
        return say

    # ---- what is said
    def _faults(self, placing: bool) -> list[Say]:
        """Every check that fails now as a cue, the most important first."""
        if self._wrong_side():
            words = self.exercise.side_words(self.side)
            return [Say("other_side", "cue", f"{words}, please.")]
        found = []
        for place, checked in enumerate(self._set.checks):
            check = checked.bound.check
            if not checked.ok and not (placing and not check.breaks):
                found.append(Say(check.key, "cue", self._worded(check.say), place + 1))
                if placing:
                    break  # one thing at a time on the way into position
        return found

    def _worded(self, text: str) -> str:
        side = self.side or ""
        return text.format(side=side, Side=side.capitalize())

    def _speak(self, at_s: float, seen: Seen, faults: list[Say], lost: bool) -> Say | None:
        one, table = self._set, self._table.voice
        if not seen.ok:
            if not lost:
                return None
            return self._voice.cue(
                at_s, [Say(seen.reason, "cue", self._sight.text(seen.reason), 1)], fault_s=0.0
            )
        if not one.begun:
            # on the way into position nothing is wrong yet: what is missing is said after a while
            if faults:
                one.placing_s = at_s if one.placing_s is None else one.placing_s
                if at_s - one.placing_s >= table.place_s:
                    return self._voice.cue(at_s, faults)
            return self._prompt(at_s) if not one.prompts else None
        end_faults = [
            fault
            for fault in faults
            if any(
                checked.bound.check.key == fault.id and checked.bound.check.at == "end"
                for checked in one.checks
            )
        ]
        said = self._voice.cue(
            at_s, faults, END_FAULT_S if faults and len(end_faults) == len(faults) else None
        )
        if said is not None:
            one.cues[said.id] = one.cues.get(said.id, 0) + 1
            return said
        if faults:
            return None
        if self._voice.corrected(at_s):
            return self._voice.praise(
                at_s, Say("corrected", "praise", self._praise.corrected, 9), table.cue_every_s
            )
        clock = one.clock
        if self.exercise.row.kind == "hold":
            if not clock.on:
                return None
            if clock.stretch_s >= table.steady_s:
                praised = self._voice.praise(at_s, Say("steady", "praise", self._praise.steady, 9))
                if praised is not None:
                    return praised
        return self._prompt(at_s)

    def _prompt(self, at_s: float) -> Say | None:
        """The next reminder of what no camera sees."""
        one, prompts = self._set, self.exercise.row.prompts
        place = one.prompts % len(prompts)
        said = self._voice.prompt(at_s, Say(f"prompt_{place}", "prompt", prompts[place], 8))
        if said is not None:
            one.prompts += 1
        return said

    # ---- sets
    def _finished(self) -> SetDone:
        one, (number, side) = self._set, self._order[self._place]
        held = min(one.clock.held_s, self.dose.hold_s) if self.exercise.row.kind == "hold" else 0.0
        return SetDone(side, number, one.counter.count, held, dict(one.cues))

    def _finish_set(self, at_s: float, events: list[Event]) -> Say:
        self._done.append(self._finished())
        events.append(Event("set", self._done[-1].as_plain()))
        was_number, was_side = self._order[self._place]
        self._place += 1
        self._voice.forget()
        self._sight.unlock()
        if self._place == len(self._order):
            self._phase = "done"
            events.append(Event("done"))
            self._place -= 1
            return self._voice.info(at_s, Say("done", "info", "Done. Come out of it slowly."))
        number, side = self._order[self._place]
        self._set = _Set(self.exercise)
        if side != was_side:
            self._sight.work_on(side)
        if number != was_number:
            self._rest_until_s, self._phase = at_s + self.dose.rest_s, "rest"
            events.append(Event("rest", {"seconds": self.dose.rest_s}))
            return self._voice.info(at_s, Say("rest", "info", "Rest."))
        self._phase = "change_side"
        events.append(Event("side", {"side": side}))
        words = self.exercise.side_words(side)
        return self._voice.info(at_s, Say("change_side", "info", f"Change sides. {words}."))

    def _show(self, seen: Seen, say: Say | None, events: list[Event], at_s: float) -> Show:
        if say is not None:
            self._shown = say
        one = self._set
        number, side = self._order[self._place]
        hold = self.exercise.row.kind == "hold"
        wrong = [checked for checked in one.checks if not checked.ok] if seen.ok and one.values else []
        angles = {
            (angle if limb == "near" else f"{limb}_{angle}"): value
            for (angle, limb), value in one.values.items()
        }
        started = self.exercise.row.drive is not None and one.values
        finished = self._done[-1] if self.done else None
        return Show(
            exercise=self.exercise.id,
            phase=self._phase,
            seen=seen,
            sight_text=self._sight.text(seen.reason),
            side=side,
            number=number,
            sets=self.dose.sets,
            reps=finished.reps if finished else one.counter.count,
            reps_wanted=self.dose.reps,
            held_s=finished.held_s
            if finished
            else min(one.clock.held_s, self.dose.hold_s)
            if hold
            else (one.counter.held_s if one.counter.phase == "out" else 0.0),
            hold_wanted_s=self.dose.hold_s,
            progress=self._share() if started else None,
            left_s=None if self._rest_until_s is None else max(0.0, self._rest_until_s - at_s),
            angles=angles,
            wrong=tuple(checked.bound.check.key for checked in wrong),
            limbs=tuple(dict.fromkeys(part for checked in wrong for part in checked.bound.check.limbs)),
            say=say,
            shown=self._shown,
            events=tuple(events),
        )


__all__ = ["Coach", "Event", "Exercise", "SetDone", "SetDose", "Show", "coached", "exercise_for"]
