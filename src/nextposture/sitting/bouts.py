"""What the scheduler hands over for keeping: bouts and breaks, each finished and never changed again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from nextposture.sitting.rules import Posture

Answer = Literal["done", "later", "not_now"]
Ending = Literal["done", "not_now", "unanswered", "withdrawn"]


@dataclass(frozen=True)
class Bout:
    """Unbroken sitting, or standing at the desk.

    `seconds` leaves out pauses shorter than a break; `span_s` holds them. `seen` is False where nobody could
    see whether the person was there, so that the bout is only a plain interval.
    """

    number: int
    posture: Posture
    started_at: datetime
    seconds: float
    span_s: float
    pauses: int = 0
    seen: bool = True


@dataclass(frozen=True)
class Break:
    """A break that was offered, taken, or both.

    `offered_at` is None for one taken unasked; `started_at` is None for one not taken. `how_known` is "said"
    when the person said so and "seen" when an absence showed it; `cause` is that absence's. `deferred` holds
    how many seconds the prompt waited, by reason.
    """

    number: int
    ending: Ending
    why: str
    kind: str = ""
    side: str = ""
    due_at: datetime | None = None
    offered_at: datetime | None = None
    answered_at: datetime | None = None
    snoozes: int = 0
    deferred: Mapping[str, float] = field(default_factory=dict)
    started_at: datetime | None = None
    seconds: float = 0.0
    how_known: Literal["", "said", "seen"] = ""
    cause: str = ""
