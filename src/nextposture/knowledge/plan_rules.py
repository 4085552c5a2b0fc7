"""How a plan is made: gates by urgency, selection, caps, start doses and stop rules, as table rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from nextposture.knowledge.conditions import Condition
from nextposture.knowledge.danger_signs import UrgencyName
from nextposture.knowledge.items import Span
from nextposture.knowledge.reading import row


@row
class Gate:
    """What a plan may hold at one urgency: nothing but `allow`, a limited set, or everything."""

    plan: Literal["none", "limited", "full"]
    allow: tuple[str, ...]
    why: str


@row
class Gates:
    """One gate for each urgency, and two that hold whatever the urgency."""

    EMERGENCY_NOW: Gate
    SAME_DAY: Gate
    WITHIN_2_WEEKS: Gate
    ROUTINE_PHYSIO: Gate
    SELF_CARE: Gate
    incomplete: Gate
    under_16: Gate


@row
class MinimumAge:
    """Age in years from which a self-guided plan may be made."""

    years: int
    source: str


@row
class Selection:
    """Adds items when its condition is TRUE; items that are blocked give way to `else_if_blocked`."""

    id: str
    when: Condition
    add: tuple[str, ...]
    why: str
    else_if_blocked: tuple[str, ...] = ()
    optional: bool = False
    note: str = ""
    leaves_out: tuple[str, ...] = ()


@row
class Cap:
    """The most items of a kind in one plan."""

    most: int
    not_counted: tuple[str, ...]


@row
class Caps:
    habits: Cap
    exercises: Cap
    why: str


@row
class StretchDosing:
    hold_s: Span
    sets: Span
    days_per_week: Span
    effort: str
    why: str
    source: str


@row
class StrengthDosing:
    sessions_per_week: Span
    weekly_sets_per_family: Span
    rest_s: Span
    effort: str
    why: str
    source: str


@row
class PlankRung:
    """The rung of the plank's ladder a plan starts on."""

    start: str
    gentler: str
    gentler_when: Condition
    source: str


@row
class Dosing:
    stretch: StretchDosing
    strength: StrengthDosing
    plank_rung: PlankRung


@row
class StopRule:
    """Something that stops a session; with an urgency, what it raises the person's urgency to."""

    id: str
    text: str
    urgency: UrgencyName | None = None


@row
class PainLimits:
    """Pain (0 to 10) that stops everything, and the rise that ends a session."""

    stop_now_at: float
    stop_session_rise: float
    source: str


@row
class TrafficLight:
    relative_to: str
    green: str
    amber: str
    red: str


@row
class PlanTable:
    """How a plan is made."""

    gates: Gates
    minimum_age: MinimumAge
    always: tuple[str, ...]
    selection: tuple[Selection, ...]
    caps: Caps
    dosing: Dosing
    stop_now: tuple[StopRule, ...]
    stop_session: tuple[StopRule, ...]
    pain_limits: PainLimits
    traffic_light: TrafficLight
    review_weeks: tuple[int, ...]
    time_course: tuple[str, ...]
    urgency_routes: Mapping[UrgencyName, str]
    routes: Mapping[str, str]
