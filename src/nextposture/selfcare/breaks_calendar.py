"""Breaks as a calendar (RFC 5545), for whoever gets no prompts: each break of a workday, every workday.

A calendar knows nothing of sitting, calls or sleep: the page that offers it says so.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from nextposture.sitting.rules import BreakPlan

FIRST, LAST = time(9), time(17)
DAYS = "MO,TU,WE,TH,FR"
LONGEST_LINE = 75


def calendar(plan: BreakPlan, made_at: datetime, first: time = FIRST, last: time = LAST) -> str:
    """The text of the file. Times are floating: nine o'clock is nine wherever the person is.

    `made_at` is aware. Breaks lie between `first` and `last`, outside the plan's quiet hours.
    """
    start = _monday_of(made_at.date())
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Next Posture//Breaks//EN"]
    at = datetime.combine(start, first) + timedelta(seconds=plan.interval_s)
    turn = stretches = 0
    while at.time() <= last and at.date() == start:
        if plan.quiet is None or not plan.quiet.hold(at.time()):
            way = plan.ways[turn % len(plan.ways)]
            side = ("Left", "Right")[stretches % 2]
            stretches += "{side}" in way.idea
            turn += 1
            lines += _event(at, plan.break_s, way.idea.format(side=side), made_at)
        at += timedelta(seconds=plan.interval_s)
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _event(at: datetime, seconds: float, idea: str, made_at: datetime) -> list[str]:
    utc = made_at.astimezone(UTC)
    return [
        "BEGIN:VEVENT",
        f"UID:{uuid5(NAMESPACE_URL, f'nextposture:break:{at:%H%M}')}",
        f"DTSTAMP:{utc:%Y%m%dT%H%M%SZ}",
        f"DTSTART:{at:%Y%m%dT%H%M%S}",
        f"DURATION:PT{max(1, round(seconds / 60))}M",
        f"RRULE:FREQ=WEEKLY;BYDAY={DAYS}",
        "SUMMARY:Time to move",
        f"DESCRIPTION:{_escaped(idea)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:PT0S",
        f"DESCRIPTION:{_escaped(idea)}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _escaped(text: str) -> str:
    for special in ("\\", ";", ","):
        text = text.replace(special, f"\\{special}")
    return text


def _folded(line: str) -> str:
    """No line is longer than 75 bytes; what follows begins with a space."""
    parts: list[str] = []
    part = ""
    for character in line:
        if len((part + character).encode()) > LONGEST_LINE - bool(parts):
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
