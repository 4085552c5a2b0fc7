"""What the companion says: the words of `companion.yaml`, and how they come together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nextposture.sitting.rules import BreakPlan
from nextposture.sitting.scheduler import Prompt, State, phase


@dataclass(frozen=True)
class Words:
    """Titles by size, buttons by answer, reasons to wait now and in the past, causes of an absence."""

    titles: Mapping[str, str]
    buttons: Mapping[str, str]
    why_asked: Mapping[str, str]
    postures: Mapping[str, str]
    waited: str
    waits: Mapping[str, str]
    waits_for: Mapping[str, str]
    away: Mapping[str, str]
    phases: Mapping[str, str]
    not_seen: str


def idea(prompt: Prompt) -> str:
    """What to do in the break."""
    return prompt.way.idea.format(side=prompt.side)


def minutes(seconds: float) -> str:
    """A length in words: "1 minute", "4 minutes"; under a minute "less than a minute"."""
    whole = round(seconds / 60)
    if whole < 1:
        return "less than a minute"
    return "1 minute" if whole == 1 else f"{whole} minutes"


def why(words: Words, state: State, prompt: Prompt) -> str:
    """Why the prompt comes, and why it did not come earlier."""
    posture = words.postures[state.bout.posture if state.bout else state.posture]
    said = [words.why_asked[prompt.why].format(posture=posture, minutes=minutes(prompt.minutes_s))]
    said += [
        words.waited.format(minutes=minutes(seconds), reason=words.waits_for[reason])
        for reason, seconds in prompt.deferred
        if seconds >= 30 and reason != "put_off"
    ]
    return " ".join(said)


def now(words: Words, plan: BreakPlan, state: State) -> list[str]:
    """What goes on, a sentence each: the phase, its reason, and what cannot be seen."""
    state_is = phase(plan, state)
    said = [words.phases[state_is].format(posture=words.postures[state.posture], why=plan.why_off)]
    if state.away is not None and state.away.cause in words.away:
        said.append(words.away[state.away.cause])
    elif state.prompt is not None and state.prompt.waits_for:
        said.append(words.waits[state.prompt.waits_for])
    if not state.sees_idle:
        said.append(words.not_seen)
    return said
