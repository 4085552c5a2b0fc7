"""What a plan grows and steps back by: the rows of `progression.yaml`, typed and checked.

PR1 to PR12 are the rules' names there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, get_args

from pydantic import Field

from nextposture.knowledge import load
from nextposture.knowledge.reading import read_table, row

Variable = Literal["sets", "reps", "hold_s"]
RuleId = Literal["PR1", "PR2", "PR3", "PR4", "PR5", "PR6", "PR7", "PR8", "PR9", "PR10", "PR11", "PR12"]


@row
class Steps:
    """One step of each variable: sets, repetitions, seconds."""

    sets: int
    reps: int
    hold_s: int
    source: str


@row
class Order:
    """Which variables of an exercise are raised, the first one first."""

    stretch: tuple[Variable, ...]
    repetitions: tuple[Variable, ...]
    holds: tuple[Variable, ...]
    source: str


@row
class Adherence:
    """Shares of what was planned: enough for a step up, too little; and over how many days they count."""

    enough: float
    little: float
    days: int
    least_days: int
    source: str
    note: str


@row
class NextMorning:
    """The rise over pain before that is red on the next morning, and for how many days it is asked about."""

    red_rise: int
    ask_days: int
    source: str
    note: str


@row
class Reds:
    """So many red sessions within so many days ask for more than one step back."""

    in_days: int
    count: int
    source: str


@row
class Gap:
    """Days without a session, or days ill since the last one, after which one starts again lower."""

    days: int
    sick_days: int
    source: str


@row
class NoGain:
    """After so many weeks without a gain someone should look."""

    weeks: int
    source: str


@row
class Goal:
    """What is called reached, and for how long it has to hold."""

    pain_at_most: float
    activity_at_least: float
    weeks: int
    ratings: int
    last_within_days: int
    source: str
    note: str


@row
class Maintenance:
    """On how many days a week strength is kept up."""

    strength_days: int
    source: str


@row
class CourseLength:
    """For how many weeks a plan may grow."""

    weeks: int
    source: str
    note: str


@row
class Rule:
    """One rule in words. `at_once`: it holds without being accepted, and can be taken back."""

    name: str
    when: Annotated[str, Field(alias="if")]
    then: str
    reason: str
    at_once: bool
    sources: tuple[str, ...]


@row
class PainDuring:
    text: str
    source: str


@row
class ProgressionTable:
    """The table `progression.yaml`."""

    steps: Steps
    order: Order
    green_sessions: int
    effort_at_most: int
    effort_too_much: int
    adherence: Adherence
    settles_h: int
    next_morning: NextMorning
    reds: Reds
    gap: Gap
    no_gain: NoGain
    goal: Goal
    maintenance: Maintenance
    course: CourseLength
    unlock_days: Mapping[str, int]
    rules: Mapping[RuleId, Rule]
    pain_during: PainDuring
    barriers: Mapping[str, str]


@cache
def progression_table() -> ProgressionTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("progression")
    parsed = table.parse(ProgressionTable)
    known = load()
    table.require(["rules"], get_args(RuleId), parsed.rules, "rule")
    for name, rule in parsed.rules.items():
        table.require(["rules", name], rule.sources, known.sources, "source")
    one_source = (parsed.steps, parsed.order, parsed.adherence, parsed.next_morning, parsed.reds, parsed.gap)
    others = (parsed.no_gain, parsed.goal, parsed.maintenance, parsed.course, parsed.pain_during)
    table.require([], [part.source for part in (*one_source, *others)], known.sources, "source")
    table.require(["unlock_days"], parsed.unlock_days, known.items, "item")
    return parsed
