"""The table `companion.yaml`, checked, as the scheduler's rules and words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, time
from functools import cache

from nextposture.knowledge.figures import figures
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row
from nextposture.sitting.breaks import LONGEST_IDEA_WORDS, break_rules
from nextposture.sitting.rules import BreakPlan, Desk, QuietHours, Rules, Way
from nextposture.sitting.words import Words


@row
class Constant:
    """A number, the range that the person may set it in, and where it comes from."""

    value: float
    why: str
    source: str
    heard: str = ""
    allowed: tuple[float, float] | None = None


@row
class DefaultHours:
    """Quiet hours where the person set none; "HH:MM"."""

    start: str
    end: str
    why: str
    source: str


@row
class Comfort:
    """How discomfort and comfort move the interval; days and minutes."""

    step_min: int
    rise_is: int
    shorten_after_days: int
    lengthen_after_days: int
    why: str
    source: str


@row
class Streak:
    """What makes a week count, and how much is forgiven."""

    share: float
    misses: int
    day_starts: str
    why: str
    source: str


@row
class Reason:
    """A reason to wait, said now and afterwards."""

    now: str
    waits_for: str


@row
class CompanionTable:
    """The whole table."""

    constants: Mapping[str, Constant]
    quiet_hours: DefaultHours
    comfort: Comfort
    streak: Streak
    without_stretch: tuple[str, ...]
    desk: Mapping[str, str]
    desk_week_min: int
    pictures: Mapping[str, str]
    titles: Mapping[str, str]
    buttons: Mapping[str, str]
    why_asked: Mapping[str, str]
    postures: Mapping[str, str]
    waited: str
    reasons: Mapping[str, Reason]
    away: Mapping[str, str]
    phases: Mapping[str, str]
    no_plan: str
    not_seen: str

    def rules(self, **set_by_person: float) -> Rules:
        """The constants, with those that the person has set.

        Raises ValueError for a number that may not be set, or is out of its range.
        """
        values = {name: constant.value for name, constant in self.constants.items()}
        for name, value in set_by_person.items():
            allowed = self.constants[name].allowed if name in self.constants else None
            if allowed is None or not allowed[0] <= value <= allowed[1]:
                raise ValueError(f"{name} cannot be {value:g}")
            values[name] = value
        breaks = break_rules()
        return Rules(**values, later_s=breaks.later_min * 60, later_most=breaks.later_most)

    def words(self) -> Words:
        """What is said."""
        return Words(
            titles=self.titles,
            buttons=self.buttons,
            why_asked=self.why_asked,
            postures=self.postures,
            waited=self.waited,
            waits={name: reason.now for name, reason in self.reasons.items()},
            waits_for={name: reason.waits_for for name, reason in self.reasons.items()},
            away=self.away,
            phases=self.phases,
            not_seen=self.not_seen,
        )

    def quiet(self) -> QuietHours:
        """The quiet hours of someone who set none."""
        return QuietHours(
            time.fromisoformat(self.quiet_hours.start), time.fromisoformat(self.quiet_hours.end)
        )


@cache
def companion_table() -> CompanionTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("companion")
    rules = table.parse(CompanionTable)
    own = {field.name for field in fields(Rules)} - {"later_s", "later_most"}
    if set(rules.constants) != own:
        raise table.error(["constants"], f"these are not {', '.join(sorted(own))}")
    sources = load().sources
    for name, constant in rules.constants.items():
        if constant.source not in sources:
            raise table.error(["constants", name, "source"], f"unknown source {constant.source!r}")
        if constant.allowed and not constant.allowed[0] <= constant.value <= constant.allowed[1]:
            raise table.error(["constants", name, "value"], "outside its own range")
    for name, idea in rules.desk.items():
        if len(idea.split()) > LONGEST_IDEA_WORDS:
            raise table.error(["desk", name], f"more than {LONGEST_IDEA_WORDS} words")
    for place, kind in enumerate(rules.without_stretch):
        if kind not in break_rules().kinds:
            raise table.error(["without_stretch", place], f"unknown kind {kind!r}")
    if set(rules.pictures) != set(break_rules().kinds) | set(rules.desk):
        raise table.error(["pictures"], "not every kind of break has its picture")
    for kind, figure in rules.pictures.items():
        if figure not in figures():
            raise table.error(["pictures", kind], f"unknown figure {figure!r}")
    for place_name, text in {"waited": rules.waited, **rules.why_asked}.items():
        if not set(re.findall(r"\{(\w+)\}", text)) <= {"minutes", "posture", "reason"}:
            raise table.error(["why_asked", place_name], "has a gap that nothing fills")
    return rules


def break_plan(
    *,
    interval_min: float,
    break_min: float,
    may_stretch: bool,
    desk_min: tuple[float, float] | None = None,
    quiet: QuietHours | None = None,
    days_off: frozenset[date] = frozenset(),
    drives: bool = False,
    why_off: str = "",
) -> BreakPlan:
    """What to ask for, from a plan's doses in minutes. `desk_min` is one turn of standing and a day's most.

    Without `may_stretch` (exercises wait, or the stretch is left out) no stretch is suggested.
    """
    table, breaks = companion_table(), break_rules()
    names = breaks.suggested if may_stretch else table.without_stretch
    return BreakPlan(
        interval_s=interval_min * 60,
        break_s=break_min * 60,
        ways=tuple(Way(name, breaks.kinds[name].idea, breaks.kinds[name].item or "") for name in names),
        desk=None if desk_min is None else _desk(table, *desk_min),
        quiet=quiet or table.quiet(),
        days_off=days_off,
        drives=drives,
        why_off=why_off,
    )


def _desk(table: CompanionTable, turn_min: float, day_min: float) -> Desk:
    ways = {name: Way(name, idea) for name, idea in table.desk.items()}
    return Desk(turn_min * 60, day_min * 60, ways["raise_desk"], ways["lower_desk"])
