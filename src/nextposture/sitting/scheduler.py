"""When to ask for a movement break, from what the computer can tell. The clock is passed in.

`handle` takes a state and one event to the next state, and hands over the bouts and breaks that it finished.
It shows nothing: `visible` says what should be on the screen in a state, so whoever shows it only has to make
the screen agree, after a crash as at any other time. `wakes_in` says when to call again with a `Tick`.

An absence begins with its first cause and ends when no cause is left. As long as a break, it is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from nextposture.sitting.bouts import Bout, Break, Ending
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
    Took,
)
from nextposture.sitting.rules import BreakPlan, Posture, Rules, Way

Phase = Literal["working", "due", "deferred", "on_break", "away", "asleep", "off"]
Size = Literal["", "silent", "small", "larger"]

NOT_A_BREAK = ("driving", "stopped", "unknown")
"""What an absence that began so says nothing about having got up: it ends a bout and counts as nothing."""
HIDES = frozenset({"asleep", "driving", "got_up", "locked", "stopped"})
"""Causes during which nothing stands on the screen."""
WAITS_CAPPED = ("sharing", "presentation", "call", "do_not_disturb", "typing")
"""Reasons to wait, weightiest first, that give way to a small silent prompt in the end."""
SHORTEST_BOUT_S = 1.0
HAIR = 1e-6
"""A length is over when less than this is missing: sums of floats may fall a hair short."""


@dataclass(frozen=True)
class OpenBout:
    """The bout that goes on. `asked_s` of its seconds had passed when a break was last asked for."""

    number: int
    posture: Posture
    started_at: datetime
    started_t: float
    seconds: float = 0.0
    asked_s: float = 0.0
    pauses: int = 0
    seen: bool = True


@dataclass(frozen=True)
class Prompt:
    """A break that is due. `shown` is how it stands on the screen, `waits_for` why it does not, or silently.

    `waited_s` is how long it has waited for reasons that have a cap; `minutes_s` what the asking is about:
    seconds of sitting, standing or driving.
    """

    number: int
    why: str
    way: Way
    side: str
    due_at: datetime
    minutes_s: float
    shown: Size = ""
    shown_t: float = 0.0
    offered_at: datetime | None = None
    waits_for: str = ""
    waited_s: float = 0.0
    deferred: tuple[tuple[str, float], ...] = ()
    snoozes: int = 0
    snoozed_until: float | None = None


@dataclass(frozen=True)
class Away:
    """An absence that goes on. `cause` began it, `causes` keep it up; `ended_bout`: it has become a break."""

    since_t: float
    cause: str
    causes: frozenset[str]
    ended_bout: bool = False


@dataclass(frozen=True)
class State:
    """All that the scheduler remembers. Fields ending in `_t` and `_until` are on the clock of `Now.t`.

    `lock_t` is when a locked screen was last locked, woken or touched.
    """

    at: datetime
    t: float
    slept: float
    settled_t: float
    present_t: float
    heard_t: float
    number: int = 1
    posture: Posture = "sitting"
    away: Away | None = None
    bout: OpenBout | None = None
    prompt: Prompt | None = None
    sees_idle: bool = True
    idle_t: float | None = None
    reasons: frozenset[str] = frozenset()
    present_sign: bool = False
    sign_t: float = 0.0
    lock_t: float = 0.0
    paused_until: float | None = None
    driven_s: float = 0.0
    turn: int = 0
    stretches: int = 0
    stood_on: date | None = None
    stood_s: float = 0.0
    kept: tuple[Bout | Break, ...] = ()

    @property
    def causes(self) -> frozenset[str]:
        """Why the person counts as away; empty while they are there."""
        return self.away.causes if self.away else frozenset()


def begin(rules: Rules, plan: BreakPlan, now: Now) -> State:
    """The state at the first start: present, nothing counted yet, nothing asked for a minute."""
    state = State(
        at=now.at,
        t=now.t,
        slept=now.slept,
        settled_t=now.t + rules.settle_s,
        present_t=now.t,
        heard_t=now.t,
    )
    if plan.drives:
        state = _leave(state, "driving", now.t)
    return _decide(rules, plan, state)


def handle(
    rules: Rules, plan: BreakPlan, state: State, event: Event, now: Now
) -> tuple[State, tuple[Bout | Break, ...]]:
    """The state after `event` at `now`, and the bouts and breaks that are finished with it.

    A reading of `now.t` before the last one counts as no time passed.
    """
    state = _pass_time(rules, plan, state, now)
    state = _apply(rules, plan, state, event)
    state = _notice_idleness(rules, plan, state)
    state = _doubt_lock(rules, plan, state)
    state = _decide(rules, plan, state)
    return replace(state, kept=()), state.kept


def resume(
    rules: Rules, plan: BreakPlan, saved: State, now: Now, *, same_boot: bool
) -> tuple[State, tuple[Bout | Break, ...]]:
    """The state of a companion that starts again from what it saved, and what is finished with it.

    What happened in between nobody saw: a gap as long as a break ends the bout at its last saved moment and
    counts as nothing. Across boots `t` starts anew, so the wall clock says how long the gap was; a wall clock
    that went backwards means no gap.
    """
    gap = now.t - saved.t if same_boot else (now.at - saved.at).total_seconds()
    state = _shift(saved, now.t - max(gap, 0.0) - saved.t)
    state = replace(
        state, slept=now.slept, idle_t=None, reasons=frozenset(), present_sign=False, sees_idle=True
    )
    state = _leave(state, "stopped", state.t)
    state = _count(rules, plan, state, now)
    state = _lose(rules, plan, state, *(state.causes - {"driving"}))
    if state.prompt is not None:
        state = replace(state, prompt=replace(state.prompt, shown=""))
    state = _decide(rules, plan, state)
    return replace(state, kept=()), state.kept


def phase(plan: BreakPlan, state: State) -> Phase:
    """The one word for a state."""
    if "asleep" in state.causes:
        return "asleep"
    if "got_up" in state.causes:
        return "on_break"
    if state.causes:
        return "away"
    if plan.why_off:
        return "off"
    if state.prompt is None:
        return "working"
    return "deferred" if state.prompt.waits_for else "due"


def visible(plan: BreakPlan, state: State) -> Size:
    """How the prompt should stand on the screen now; empty for not at all."""
    if state.prompt is None or HIDES & set(state.causes):
        return ""
    if state.away is not None and state.t - state.away.since_t >= plan.break_s - HAIR:
        return ""
    return state.prompt.shown


def idle_after(rules: Rules, plan: BreakPlan, state: State) -> float:
    """Seconds without input from which on someone counts as away.

    Reading is not being away, so this is long; but who was just asked to get up and then touches nothing for
    the length of a break got up, and who said so is believed after a minute.
    """
    if "got_up" in state.causes:
        return min(rules.away_after_s, rules.settle_s)
    if state.prompt is not None and state.prompt.shown:
        return min(rules.away_after_s, max(plan.break_s, rules.settle_s))
    return rules.away_after_s


def wakes_in(rules: Rules, plan: BreakPlan, state: State) -> float | None:
    """Seconds after `state.t` when the state changes by itself, or None if only an event can change it."""
    times: list[float] = []
    if state.away is not None:
        times.append(state.away.since_t + plan.break_s)
        if _lock_is_doubtful(state):
            times.append(state.lock_t + _lock_believed_s(rules))
    else:
        if not state.sees_idle:
            times.append(state.heard_t + rules.unknown_after_s)
        if state.prompt is not None:
            times += _prompt_times(rules, state, state.prompt)
        elif state.bout is not None and not plan.why_off:
            left = _interval(rules, plan, state.posture) - (state.bout.seconds - state.bout.asked_s)
            times.append(state.t + left)
    if state.idle_t is not None and "idle" not in state.causes:
        if _shows_presence(rules, state):
            times.append(state.idle_t + rules.sign_most_s)
        else:
            times.append(_untouched_since(rules, state) + idle_after(rules, plan, state))
    later = [time - state.t for time in times if time > state.t + HAIR]
    return min(later) if later else None


def _prompt_times(rules: Rules, state: State, prompt: Prompt) -> list[float]:
    times = [state.settled_t]
    if prompt.snoozed_until is not None:
        times.append(prompt.snoozed_until)
    if state.paused_until is not None:
        times.append(state.paused_until)
    if prompt.waits_for in WAITS_CAPPED and not prompt.shown:
        times.append(state.t + rules.defer_cap_s - prompt.waited_s)
    if prompt.waits_for in ("quiet_hours", "day_off"):  # wall clock, so look again now and then
        times.append(state.t + rules.save_every_s)
    if prompt.shown:
        times += [prompt.shown_t + rules.larger_after_s, prompt.shown_t + rules.unanswered_after_s]
    return times


# ---- time


def _wall(state: State, t: float) -> datetime:
    return state.at - timedelta(seconds=state.t - t)


def _pass_time(rules: Rules, plan: BreakPlan, state: State, now: Now) -> State:
    now = replace(now, t=max(now.t, state.t))
    slept = min(now.slept - state.slept, now.t - state.t)
    if slept <= rules.gap_s:
        return _count(rules, plan, state, now)
    # Timers fire right after waking, so the sleep is the last thing that happened.
    fell_asleep = Now(now.at - timedelta(seconds=slept), now.t - slept, state.slept)
    state = _leave(_count(rules, plan, state, fell_asleep), "asleep", fell_asleep.t)
    state = _count(rules, plan, state, now)
    return _lose(rules, plan, replace(state, idle_t=None, lock_t=state.t), "asleep")


def _count(rules: Rules, plan: BreakPlan, state: State, now: Now) -> State:
    """Bring the state to `now`, adding the time that passed to whatever it belongs to."""
    passed = now.t - state.t
    bout, prompt = state.bout, state.prompt
    today = now.at.date()
    stood_s = state.stood_s if state.stood_on == today else 0.0
    if state.away is None:
        if bout is not None:
            bout = replace(bout, seconds=bout.seconds + passed, seen=bout.seen and state.sees_idle)
            stood_s += passed if bout.posture == "standing" else 0.0
        if prompt is not None and prompt.waits_for:
            waited = dict(prompt.deferred)
            waited[prompt.waits_for] = waited.get(prompt.waits_for, 0.0) + passed
            capped = passed if prompt.waits_for in WAITS_CAPPED else 0.0
            prompt = replace(prompt, deferred=tuple(waited.items()), waited_s=prompt.waited_s + capped)
    state = replace(
        state,
        at=now.at,
        t=now.t,
        slept=now.slept,
        sign_t=now.t if _shows_presence(rules, state) else state.sign_t,
        paused_until=None
        if state.paused_until is None or state.paused_until <= now.t + HAIR
        else state.paused_until,
        bout=bout,
        prompt=prompt,
        stood_on=today,
        stood_s=stood_s,
    )
    if state.away is None and not state.sees_idle and state.t - state.heard_t >= rules.unknown_after_s - HAIR:
        state = _leave(state, "unknown", state.heard_t)
    return _grow_into_break(rules, plan, state)


def _shift(state: State, by: float) -> State:
    """The same state on a clock whose readings are `by` seconds greater."""

    def moved(t: float | None) -> float | None:
        return None if t is None else t + by

    return replace(
        state,
        t=state.t + by,
        settled_t=state.settled_t + by,
        present_t=state.present_t + by,
        heard_t=state.heard_t + by,
        sign_t=state.sign_t + by,
        lock_t=state.lock_t + by,
        idle_t=moved(state.idle_t),
        paused_until=moved(state.paused_until),
        away=state.away and replace(state.away, since_t=state.away.since_t + by),
        bout=state.bout and replace(state.bout, started_t=state.bout.started_t + by),
        prompt=state.prompt
        and replace(
            state.prompt,
            shown_t=state.prompt.shown_t + by,
            snoozed_until=moved(state.prompt.snoozed_until),
        ),
    )


# ---- absence


def _leave(state: State, cause: str, since: float) -> State:
    """Away for `cause` since `since`: what was counted as presence after that is taken back."""
    if state.away is not None:
        return replace(state, away=replace(state.away, causes=state.away.causes | {cause}))
    since = min(max(since, state.present_t), state.t)
    bout, stood_s = state.bout, state.stood_s
    if bout is not None:
        taken_back = state.t - max(since, bout.started_t)
        bout = replace(bout, seconds=max(0.0, bout.seconds - taken_back))
        stood_s = max(0.0, stood_s - taken_back) if bout.posture == "standing" else stood_s
    return replace(state, away=Away(since, cause, frozenset({cause})), bout=bout, stood_s=stood_s)


def _grow_into_break(rules: Rules, plan: BreakPlan, state: State) -> State:
    """An absence that has become as long as a break ends the bout before it."""
    if state.away is None or state.t - state.away.since_t < plan.break_s - HAIR:
        return state
    state = _close_bout(state)
    if state.idle_t is None:  # said to have got up, and touching things: the break is over
        state = _lose(rules, plan, state, "got_up")
    return state


def _lose(rules: Rules, plan: BreakPlan, state: State, *gone: str) -> State:
    """The state without these causes of absence. With none left the person is back."""
    if state.away is None or not state.away.causes & set(gone):
        return state
    left = state.away.causes - set(gone)
    if left:
        return replace(state, away=replace(state.away, causes=left))
    away, length = state.away, state.t - state.away.since_t
    if away.cause in NOT_A_BREAK:
        if length >= plan.break_s - HAIR:
            state = _close_prompt(_close_bout(state), "withdrawn")
    elif away.cause == "got_up" or length >= plan.break_s - HAIR:
        state = _take_break(_close_bout(state), length)
    if state.bout is not None:
        state = replace(state, bout=replace(state.bout, pauses=state.bout.pauses + 1))
    if state.prompt is not None:
        state = replace(state, prompt=replace(state.prompt, shown=""))
    return replace(
        state,
        away=None,
        present_t=state.t,
        heard_t=state.t,
        settled_t=state.t + rules.settle_s,
        driven_s=length if away.cause == "driving" else 0.0,
    )


def _shows_presence(rules: Rules, state: State) -> bool:
    """Whether something shows that the person is there though they touch nothing, and is still believed."""
    touched_lately = state.idle_t is None or state.t - state.idle_t < rules.sign_most_s - HAIR
    return state.present_sign and touched_lately


def _untouched_since(rules: Rules, state: State) -> float:
    assert state.idle_t is not None
    believed = state.sign_t if state.t - state.idle_t < rules.sign_most_s - HAIR else state.idle_t
    return max(state.idle_t, believed, state.present_t)


def _notice_idleness(rules: Rules, plan: BreakPlan, state: State) -> State:
    if state.idle_t is None or _shows_presence(rules, state) or "idle" in state.causes:
        return state
    since = _untouched_since(rules, state)
    if state.t - since < idle_after(rules, plan, state) - HAIR:
        return state
    return _grow_into_break(rules, plan, _leave(state, "idle", since))


def _lock_is_doubtful(state: State) -> bool:
    return (
        "locked" in state.causes and "idle" not in state.causes and state.idle_t is None and state.sees_idle
    )


def _lock_believed_s(rules: Rules) -> float:
    """Long enough for whoever left to be called idle, though the watch for it may begin anew meanwhile."""
    return 2 * rules.away_after_s + rules.settle_s


def _doubt_lock(rules: Rules, plan: BreakPlan, state: State) -> State:
    """Whoever goes on working at a locked screen has unlocked it: some lockers tell of the lock only.

    Typing a password is over sooner, and whoever has left is called idle sooner.
    """
    if not _lock_is_doubtful(state) or state.t - state.lock_t < _lock_believed_s(rules) - HAIR:
        return state
    return _lose(rules, plan, state, "locked")


# ---- bouts and breaks


def _interval(rules: Rules, plan: BreakPlan, posture: Posture) -> float:
    if posture == "sitting":
        return plan.interval_s
    return min(plan.desk.stand_s, rules.still_most_s) if plan.desk else rules.still_most_s


def _keep(state: State, one: Bout | Break) -> State:
    return replace(state, kept=(*state.kept, one))


def _close_bout(state: State) -> State:
    """End the open bout: where the absence began, or now."""
    bout = state.bout
    if bout is None:
        return state
    state = replace(state, bout=None)
    if bout.seconds < SHORTEST_BOUT_S:
        return state
    if state.away is not None:
        state = replace(state, away=replace(state.away, ended_bout=True))
    end_t = state.away.since_t if state.away is not None else state.t
    return _keep(
        state,
        Bout(
            number=bout.number,
            posture=bout.posture,
            started_at=bout.started_at,
            seconds=bout.seconds,
            span_s=max(end_t - bout.started_t, bout.seconds),
            pauses=bout.pauses,
            seen=bout.seen,
        ),
    )


def _take_break(state: State, length: float) -> State:
    """Keep the break that this absence of `length` seconds was, if there was anything to break."""
    away = state.away
    assert away is not None
    if state.prompt is None:
        if not away.ended_bout:
            return state
        state = replace(
            state,
            number=state.number + 1,
            prompt=Prompt(state.number, "", Way("", ""), "", due_at=state.at, minutes_s=0.0),
        )
    return _close_prompt(state, "done", away.since_t, length)


def _close_prompt(state: State, ending: Ending, since_t: float | None = None, seconds: float = 0.0) -> State:
    """Keep what became of the prompt. One that was never on the screen and not followed leaves no trace."""
    prompt = state.prompt
    if prompt is None:
        return state
    state = replace(state, prompt=None)
    if state.bout is not None:
        state = replace(state, bout=replace(state.bout, asked_s=state.bout.seconds))
    if prompt.offered_at is None and ending != "done":
        return state
    if prompt.offered_at is not None:
        stretched = ending == "done" and bool(prompt.side)
        state = replace(state, turn=state.turn + 1, stretches=state.stretches + stretched)
    taken_t = state.t if since_t is None else since_t
    done = ending == "done"
    offered = prompt.offered_at is not None
    return _keep(
        state,
        Break(
            number=prompt.number,
            ending=ending,
            why=prompt.why,
            kind=prompt.way.kind if offered else "",
            side=prompt.side if offered else "",
            due_at=prompt.due_at if prompt.why else None,
            offered_at=prompt.offered_at,
            answered_at=None if ending in ("unanswered", "withdrawn") else _wall(state, taken_t),
            snoozes=prompt.snoozes,
            deferred=dict(prompt.deferred),
            started_at=_wall(state, taken_t) if done else None,
            seconds=seconds,
            how_known=_how_known(state, done),
            cause=state.away.cause if done and state.away is not None else "",
        ),
    )


def _how_known(state: State, done: bool) -> Literal["", "said", "seen"]:
    if not done:
        return ""
    return "seen" if state.away is not None and state.away.cause != "got_up" else "said"


# ---- events


def _apply(rules: Rules, plan: BreakPlan, state: State, event: Event) -> State:
    match event:
        case Idle(quiet_s):
            return replace(state, idle_t=state.t - quiet_s)
        case Active():
            return _touch(rules, plan, state)
        case Sees(idle):
            state = replace(state, sees_idle=idle, idle_t=None, heard_t=state.t)
            return _lose(rules, plan, state, "idle", "unknown")
        case Absence(cause, begins):
            if begins or cause == "asleep":
                state = replace(state, lock_t=state.t)
            if begins:
                return _leave(state, cause, state.t)
            if cause == "locked" and "locked" in state.causes:
                state = _touch(rules, plan, state)
            return _lose(rules, plan, state, cause)
        case Around(reasons, present):
            state = replace(state, reasons=reasons, present_sign=present)
            return _lose(rules, plan, state, "idle") if _shows_presence(rules, state) else state
        case Paused(seconds):
            return replace(state, paused_until=state.t + seconds if seconds > 0 else None)
        case Answered(number, answer):
            state = _touch(rules, plan, state)
            prompt = state.prompt
            if prompt is None or prompt.number != number or not prompt.offered_at or state.away:
                return state
            return _answer(rules, plan, state, prompt, answer)
        case Asked(why):
            state = _touch(rules, plan, state)
            if state.away is not None or state.bout is None:
                return state
            if state.prompt is not None:
                asked = replace(state.prompt, why=why, snoozed_until=None)
                return replace(state, prompt=asked)
            return _open_prompt(plan, state, why, state.bout.seconds)
        case GotUp():
            state = _touch(rules, plan, state)
            return state if state.away is not None else _leave(state, "got_up", state.t)
        case Took(posture):
            state = _touch(rules, plan, state)
            return state if posture == state.posture else _change_posture(state, posture)
    return state


def _touch(rules: Rules, plan: BreakPlan, state: State) -> State:
    """The person is there and does something.

    That wakes a computer of which nobody said that it woke; had it truly slept, the clocks would tell.
    """
    state = replace(state, idle_t=None, heard_t=state.t, lock_t=state.t)
    state = _lose(rules, plan, state, "idle", "unknown", "asleep")
    if state.away is not None and state.t - state.away.since_t >= rules.settle_s:
        state = _lose(rules, plan, state, "got_up")
    return state


def _answer(rules: Rules, plan: BreakPlan, state: State, prompt: Prompt, answer: str) -> State:
    if answer == "later":
        if prompt.snoozes >= rules.later_most:
            return state
        snoozed = replace(
            prompt, shown="", snoozes=prompt.snoozes + 1, snoozed_until=state.t + rules.later_s, waited_s=0.0
        )
        return replace(state, prompt=snoozed)
    if answer == "not_now":
        return _close_prompt(state, "not_now")
    if plan.desk is not None and prompt.way in (plan.desk.raise_it, plan.desk.lower_it):
        return _change_posture(state, "standing" if prompt.way == plan.desk.raise_it else "sitting")
    return _leave(state, "got_up", state.t)


def _change_posture(state: State, posture: Posture) -> State:
    """From sitting to standing at the desk or back: the bout ends, and a prompt is followed by that."""
    if state.away is not None:
        return replace(state, posture=posture)
    return replace(_close_prompt(_close_bout(state), "done"), posture=posture)


# ---- prompts


def _decide(rules: Rules, plan: BreakPlan, state: State) -> State:
    """Open what is due, and settle how it stands on the screen."""
    if plan.why_off:
        state = _close_prompt(state, "withdrawn")
    if state.away is not None:
        return state
    bout = state.bout
    if bout is None:
        bout = OpenBout(state.number, state.posture, state.at, state.t)
        state = replace(state, number=state.number + 1, bout=bout)
    if plan.why_off:
        return state
    if state.prompt is None:
        if state.driven_s >= plan.interval_s:
            state = _open_prompt(plan, state, "driven", state.driven_s)
        elif bout.seconds - bout.asked_s >= _interval(rules, plan, state.posture) - HAIR:
            state = _open_prompt(plan, state, "interval", bout.seconds)
    state = replace(state, driven_s=0.0)
    return state if state.prompt is None else _show(rules, plan, state, state.prompt)


def _open_prompt(plan: BreakPlan, state: State, why: str, seconds: float) -> State:
    way = _way(plan, state)
    side = ("Left", "Right")[state.stretches % 2] if "{side}" in way.idea else ""
    prompt = Prompt(state.number, why, way, side, due_at=state.at, minutes_s=seconds)
    return replace(state, number=state.number + 1, prompt=prompt)


def _way(plan: BreakPlan, state: State) -> Way:
    desk = plan.desk
    if desk is None:
        return plan.ways[state.turn % len(plan.ways)]
    if state.posture == "standing":
        return desk.lower_it
    if state.turn % 2 and state.stood_s + desk.stand_s <= desk.most_a_day_s:
        return desk.raise_it
    return plan.ways[state.turn // 2 % len(plan.ways)]


def _waits_for(plan: BreakPlan, state: State, prompt: Prompt) -> str:
    """Why the prompt waits now: what the person asked for first, then what happens around them.

    A break that was asked for comes at once; put off, it comes back even in quiet hours or on a day off.
    """
    asked = prompt.why in ("asked", "discomfort")
    if asked and prompt.snoozed_until is None:
        return ""
    if state.t < state.settled_t - HAIR:
        return "settling"
    if not asked and plan.quiet is not None and plan.quiet.hold(state.at.timetz().replace(tzinfo=None)):
        return "quiet_hours"
    if state.paused_until is not None:
        return "paused"
    if not asked and state.at.date() in plan.days_off:
        return "day_off"
    if prompt.snoozed_until is not None and state.t < prompt.snoozed_until - HAIR:
        return "put_off"
    return next((reason for reason in WAITS_CAPPED if reason in state.reasons), "")


def _show(rules: Rules, plan: BreakPlan, state: State, prompt: Prompt) -> State:
    waits_for = _waits_for(plan, state, prompt)
    shown: Size = prompt.shown
    if prompt.shown and state.t - prompt.shown_t >= rules.unanswered_after_s - HAIR:
        return _close_prompt(state, "unanswered")
    if waits_for == "typing" and shown in ("small", "larger"):
        waits_for = ""  # it stands there already; only growing waits
    elif waits_for in WAITS_CAPPED:
        shown = "silent" if prompt.waited_s >= rules.defer_cap_s - HAIR else ""
    elif waits_for:
        shown = ""
    elif shown in ("", "silent"):
        shown = "small"
    elif shown == "small" and state.t - prompt.shown_t >= rules.larger_after_s - HAIR:
        shown = "larger"
    appears = shown and (not prompt.shown or (prompt.shown, shown) == ("silent", "small"))
    prompt = replace(
        prompt,
        shown=shown,
        shown_t=state.t if appears else prompt.shown_t,
        offered_at=prompt.offered_at or (state.at if shown else None),
        waits_for=waits_for,
    )
    return replace(state, prompt=prompt)
