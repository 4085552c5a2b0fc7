"""The danger signs: rules, floors for unknown answers, contradictions and exercise blocks, as table rows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator

from nextposture.knowledge.conditions import Condition
from nextposture.knowledge.inputs import UnknownGroup
from nextposture.knowledge.reading import row

Status = Literal["complete", "incomplete"]


class Urgency(IntEnum):
    """How soon someone should be seen; a higher value is more urgent."""

    SELF_CARE = 1
    ROUTINE_PHYSIO = 2
    WITHIN_2_WEEKS = 3
    SAME_DAY = 4
    EMERGENCY_NOW = 5


def _by_name(name: object) -> object:
    if isinstance(name, str) and name in Urgency.__members__:
        return Urgency[name]
    raise ValueError(f"unknown urgency {name!r}, expected one of {', '.join(Urgency.__members__)}")


UrgencyName = Annotated[Urgency, BeforeValidator(_by_name)]


@row
class Level:
    """What an urgency asks of the person. `rank` repeats the order of Urgency."""

    rank: int
    text: str
    within: str


@row
class Rule:
    """Fires when `when` is TRUE. `why` is for the reviewing clinician, `plain` for the person."""

    id: str
    condition: str
    level: UrgencyName
    when: Condition
    why: str
    plain: str
    sources: tuple[str, ...]
    route: str | None = None


@row
class Floor:
    """The least urgency while mandatory inputs are unknown in one of the ways named by `values`."""

    id: str
    values: tuple[Literal["dk", "pna"] | None, ...]
    floor: UrgencyName
    why: str
    plain: str
    when_unknown_in_group: UnknownGroup | None = None
    mandatory_without_group: bool = False
    status: Status = "complete"


@row
class Contradiction:
    """Two answers that cannot both be right: ask again, and until then hold the floor.

    `ignore` names answers that are left out of everything until corrected.
    """

    id: str
    when: Condition
    why: str
    plain: str
    floor: UrgencyName | None = None
    ignore: tuple[str, ...] = ()


@row
class Block:
    """Exercises that the condition rules out."""

    id: str
    when: Condition
    block: tuple[str, ...]
    plain: str
    note: str = ""
    allow: tuple[str, ...] = ()


@row
class Action:
    """What to do now and what to say at the desk, for one condition."""

    name: str
    do: tuple[str, ...]
    say: str


@row
class DangerSigns:
    """The whole danger-sign table."""

    levels: Mapping[UrgencyName, Level]
    derived: Mapping[str, Condition]
    rules: tuple[Rule, ...]
    floors: tuple[Floor, ...]
    contradictions: tuple[Contradiction, ...]
    exercise_blocks: tuple[Block, ...]
    safety_net_card: tuple[str, ...]
    actions: Mapping[str, Action]
