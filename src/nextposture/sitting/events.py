"""What can happen to someone who works at a computer, as far as the computer can tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from nextposture.sitting.bouts import Answer
from nextposture.sitting.rules import Posture


@dataclass(frozen=True)
class Now:
    """One reading of the clocks.

    `at` is the wall clock, aware and in the person's own time zone; it may jump. `t` is seconds on a clock
    that never runs backwards and counts sleep (CLOCK_BOOTTIME); `slept` is how much of `t` was sleep.
    """

    at: datetime
    t: float
    slept: float = 0.0


@dataclass(frozen=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True)
class Idle:
    """No key or pointer was touched for `quiet_s` seconds up to now."""

    quiet_s: float


@dataclass(frozen=True)
class Active:
    """A key or the pointer is in use again."""


@dataclass(frozen=True)
class Sees:
    """Whether idleness can be seen at all from now on."""

    idle: bool


@dataclass(frozen=True)
class Absence:
    """The screen is locked or not, the computer goes to sleep or wakes, the person drives or has parked."""

    cause: Literal["locked", "asleep", "driving"]
    begins: bool


@dataclass(frozen=True)
class Around:
    """What goes on now: reasons to wait (`call`, `sharing`, `presentation`, `do_not_disturb`, `typing`).

    `present` is a sign that the person is there without touching anything: a call, or a program that plays
    something and asks the screen to stay on.
    """

    reasons: frozenset[str] = frozenset()
    present: bool = False


@dataclass(frozen=True)
class Answered:
    """The person answered the prompt `number`. An answer to a prompt that is no more changes nothing."""

    number: int
    answer: Answer


@dataclass(frozen=True)
class Asked:
    """The person wants a break now: because the back asks for it, or just so."""

    why: Literal["discomfort", "asked"] = "asked"


@dataclass(frozen=True)
class GotUp:
    """The person says, unasked, that they get up now."""


@dataclass(frozen=True)
class Took:
    """The person is now sitting, or standing at the desk."""

    posture: Posture


@dataclass(frozen=True)
class Paused:
    """No prompts for `seconds` from now; 0 ends a pause."""

    seconds: float


Event = Tick | Idle | Active | Sees | Absence | Around | Answered | Asked | GotUp | Took | Paused
