"""What a clinic's server starts with: policy by urgency, what may be shared, appointments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from nextposture.knowledge.danger_signs import Urgency, UrgencyName
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row


@row
class Policy:
    """Whether a clinic sees people of an urgency, how, and within how many hours of their referral."""

    clinic: bool
    say: str
    source: str
    by: Literal["in_person", "telehealth"] | None = None
    within_h: int | None = None


@row
class Shareable:
    """Something that a person may let a clinic see."""

    id: str
    name: str


@row
class Purpose:
    """What for, and for how many days unless the person says otherwise."""

    id: str
    name: str
    keeps_days: int


@row
class AppointmentRules:
    """Lengths on offer (minutes), the grid, the shortest notice, how far ahead, hours before to remind."""

    minutes: tuple[int, ...]
    default_min: int
    tick_min: int
    notice_h: int
    ahead_days: int
    remind_h: tuple[int, ...]
    why: str
    source: str


@row
class JoiningCode:
    """For how many days a code joins a person's own installation."""

    days: int
    why: str
    source: str


@row
class ClinicTable:
    """The whole table."""

    policy: Mapping[UrgencyName, Policy]
    share: tuple[Shareable, ...]
    purposes: tuple[Purpose, ...]
    appointment: AppointmentRules
    joining_code: JoiningCode


@cache
def clinic_table() -> ClinicTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("clinic")
    parsed = table.parse(ClinicTable)
    for urgency in Urgency:
        if urgency not in parsed.policy:
            raise table.error(["policy"], f"no policy for {urgency.name}")
    for urgency, policy in parsed.policy.items():
        table.require(["policy", urgency.name], [policy.source], load().sources, "source")
        if policy.clinic and (policy.by is None or policy.within_h is None):
            raise table.error(["policy", urgency.name], "says neither how nor how soon")
    return parsed
