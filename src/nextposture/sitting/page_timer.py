"""The scheduler for someone who has only the page: it knows when they sat down and what they answered.

Nobody sees whether they are there: breaks come at plain intervals, a prompt stays until it is answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

from nextposture.sitting.bouts import Answer
from nextposture.sitting.events import Answered as AnsweredEvent
from nextposture.sitting.events import Event, Now, Sees, Tick
from nextposture.sitting.rules import BreakPlan, Rules
from nextposture.sitting.scheduler import State, begin, handle, wakes_in
from nextposture.sitting.table import break_plan, companion_table


@dataclass(frozen=True)
class Answered:
    """What was said to one prompt, and when."""

    at: datetime
    answer: Answer


@dataclass(frozen=True)
class Prompt:
    """The next break of someone who sits.

    `due_at` is when it is or was asked for; `may_put_off` whether it may be put off once more. `unknown` is
    True when nothing was heard for so long that nobody can say whether they were sitting: then nothing is
    asked and nothing counted.
    """

    due_at: datetime
    is_due: bool
    may_put_off: bool
    unknown: bool


@cache
def _rules() -> Rules:
    """The scheduler's, but that a page cannot take a prompt back while nobody looks at it."""
    return replace(companion_table().rules(), settle_s=0.0, unanswered_after_s=float("inf"))


def prompt(since: datetime, interval: timedelta, answered: Iterable[Answered], now: datetime) -> Prompt:
    """When someone who has been sitting since `since` is asked to move, given what they answered meanwhile.

    "Later" puts the break off, but only so often in a row; "not now" starts a new interval, as getting up
    does. Answers from before `since` or after `now` are ignored; order is not needed.
    """
    plan = break_plan(interval_min=interval.total_seconds() / 60, break_min=1, may_stretch=False)
    plan = replace(plan, quiet=None)
    state = begin(_rules(), plan, Now(since, 0.0))
    state = _live(plan, state, Sees(idle=False), since, since)
    for one in sorted(answered, key=lambda one: one.at):
        if since < one.at <= now:
            state = _live(plan, state, Tick(), since, one.at)
            number = state.prompt.number if state.prompt else 0
            state = _live(plan, state, AnsweredEvent(number, one.answer), since, one.at)
    state = _live(plan, state, Tick(), since, now)
    return Prompt(
        due_at=_due_at(plan, state, since),
        is_due=state.prompt is not None and bool(state.prompt.shown),
        may_put_off=state.prompt is None or state.prompt.snoozes < _rules().later_most,
        unknown="unknown" in state.causes,
    )


def _live(plan: BreakPlan, state: State, event: Event, since: datetime, at: datetime) -> State:
    """Let time pass as it does for a process that wakes when it has to, then tell the event."""
    end = (at - since).total_seconds()
    while (wait := wakes_in(_rules(), plan, state)) is not None and state.t + wait < end:
        t = state.t + wait
        state, _ = handle(_rules(), plan, state, Tick(), Now(since + timedelta(seconds=t), t))
    state, _ = handle(_rules(), plan, state, event, Now(at, end))
    return state


def _due_at(plan: BreakPlan, state: State, since: datetime) -> datetime:
    if state.prompt is None:
        left = 0.0 if state.bout is None else plan.interval_s - (state.bout.seconds - state.bout.asked_s)
        return since + timedelta(seconds=state.t + left)
    if state.prompt.snoozed_until is not None:
        return since + timedelta(seconds=state.prompt.snoozed_until)
    return state.prompt.due_at
