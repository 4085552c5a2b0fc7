"""The companion as Today shows it: whether it runs, what it says, and what it is told from the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from nextposture.companion.client import ask
from nextposture.record import companion
from nextposture.record.models import Person
from nextposture.selfcare.day_ribbon import ribbon
from nextposture.selfcare.open_plan import OpenPlan
from nextposture.sitting.table import companion_table
from nextposture.sitting.weeks import day_of, in_a_row

PATIENCE_S = 1.0
"""How long a page waits for a companion that does not answer."""


@dataclass(frozen=True)
class Companion:
    """What a running companion says of itself."""

    phase: str
    says: tuple[str, ...]
    posture: str
    minutes: int | None
    prompt: dict[str, Any] | None
    paused_min: int | None
    driving: bool
    sees: str | None


def why_shut(standing: OpenPlan) -> str:
    """Why there is no plan to ask breaks from, in words; empty while there is one."""
    if standing.plan is not None:
        return ""
    return " ".join(standing.why) or standing.level or companion_table().no_plan


def running() -> Companion | None:
    """The companion over this data folder, or None if none answers; a clinic's server has none."""
    if not settings.LOCAL:
        return None
    try:
        status, told = ask(Path(settings.DATA), "GET", "/status", timeout_s=PATIENCE_S)
    except OSError:
        return None
    if status != 200:
        return None
    return Companion(
        phase=told["phase"],
        says=tuple(told["says"]),
        posture=told["posture"],
        minutes=None if told["bout_s"] is None else told["bout_s"] // 60,
        prompt=told["prompt"],
        paused_min=None if told["paused_s"] is None else -(-told["paused_s"] // 60),
        driving=told["driving"],
        sees=told["sees_idle"],
    )


SAYINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "up": ("/up", {}),
    "ask": ("/now", {"why": "discomfort"}),
    "pause": ("/pause", {"seconds": 3600}),
    "go_on": ("/pause", {"seconds": 0}),
    "standing": ("/posture", {"posture": "standing"}),
    "sitting": ("/posture", {"posture": "sitting"}),
    "driving": ("/driving", {"driving": True}),
    "parked": ("/driving", {"driving": False}),
    "refresh": ("/plan", {}),
}
"""What the page can say to the companion."""


def say(what: str) -> bool:
    """Tell the companion one of these; whether it heard."""
    path, value = SAYINGS[what]
    return _post(path, value)


def answer(number: int, said: str) -> bool:
    """Answer its prompt; whether it heard."""
    return _post("/answer", {"number": number, "answer": said})


def _post(path: str, value: dict[str, Any]) -> bool:
    if not settings.LOCAL:
        return False
    try:
        return ask(Path(settings.DATA), "POST", path, value, PATIENCE_S)[0] == 200
    except OSError:
        return False


WEEKS = 8
"""How many weeks are shown."""


def context(person: Person, now: datetime) -> dict[str, Any]:
    """What Today and the page of breaks show: the companion, the day's ribbon and bouts, the weeks."""
    table = companion_table()
    starts = time.fromisoformat(table.streak.day_starts)
    today = day_of(timezone.localtime(now), starts)
    span = companion.day_span(today, starts)
    bouts = companion.bouts_of(person, *span)
    weeks = companion.weeks(person, today, WEEKS)
    return {
        "companion": running(),
        "today": today,
        "ribbon": ribbon(today, bouts, companion.breaks_of(person, *span)),
        "bouts": bouts,
        "weeks": [week for week in weeks if week.heard],
        "in_a_row": in_a_row(table.streak, weeks) if companion.wishes(person).streaks else 0,
        "is_off": today in companion.days_off(person, today, today),
    }
