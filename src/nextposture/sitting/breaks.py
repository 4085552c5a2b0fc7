"""When the next movement break is due. The clock is passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row

Answer = Literal["done", "later", "not_now"]
LONGEST_IDEA_WORDS = 12


@row
class Kind:
    """One way to spend a break. `idea` may hold `{side}`; `item` is the exercise whose figure is shown."""

    name: str
    idea: str
    item: str | None = None


@row
class BreakRules:
    """The table `breaks.yaml`; durations in minutes."""

    kinds: Mapping[str, Kind]
    suggested: tuple[str, ...]
    interval_step_min: int
    later_min: int
    later_most: int
    unknown_after_min: int
    why: str
    source: str

    def suggestion(self, breaks_done: int) -> tuple[str, str]:
        """The kind to suggest next and its idea in words; left and right take turns in stretches."""
        kind = self.suggested[breaks_done % len(self.suggested)]
        stretches = sum(
            self.suggested[turn % len(self.suggested)] == "stretch" for turn in range(breaks_done)
        )
        side = ("Left", "Right")[stretches % 2]
        return kind, self.kinds[kind].idea.format(side=side)


@dataclass(frozen=True)
class Answered:
    """What was said to one prompt, and when."""

    at: datetime
    answer: Answer


@dataclass(frozen=True)
class Prompt:
    """The next break of someone who sits.

    `due_at` is when it is or was asked for; `may_put_off` whether it may be put off once more. `unknown` is
    True when nothing was heard for so long that nobody can say whether they were sitting: then nothing is
    asked and nothing counted.
    """

    due_at: datetime
    is_due: bool
    may_put_off: bool
    unknown: bool


@cache
def break_rules() -> BreakRules:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("breaks")
    rules = table.parse(BreakRules)
    known = load()
    if set(rules.kinds) != set(known.items["P_BREAK"].kinds):
        raise table.error(["kinds"], "these are not the kinds that P_BREAK has")
    table.require(["suggested"], rules.suggested, rules.kinds, "kind")
    for name, kind in rules.kinds.items():
        if len(kind.idea.split()) > LONGEST_IDEA_WORDS:
            raise table.error(["kinds", name, "idea"], f"more than {LONGEST_IDEA_WORDS} words")
        if kind.item is not None:
            table.require(["kinds", name, "item"], [kind.item], known.items, "item")
    table.require(["source"], [rules.source], known.sources, "source")
    return rules


def prompt(
    rules: BreakRules, since: datetime, interval: timedelta, answered: Iterable[Answered], now: datetime
) -> Prompt:
    """When someone who has been sitting since `since` is asked to move, given what they answered meanwhile.

    "Later" puts the break off by `later_min`, at most `later_most` times in a row; "not now" starts a new
    interval, as getting up does. Answers from before `since` or after `now` are ignored; order is not needed.
    """
    due_at = since + interval
    heard = since
    put_off = 0
    for one in sorted(answered, key=lambda one: one.at):
        if not since < one.at <= now:
            continue
        heard = one.at
        if one.answer == "later":
            put_off += 1
            due_at = max(due_at, one.at + timedelta(minutes=rules.later_min))
        else:
            put_off = 0
            due_at = one.at + interval
    return Prompt(
        due_at=due_at,
        is_due=now >= due_at,
        may_put_off=put_off < rules.later_most,
        unknown=now - heard >= timedelta(minutes=rules.unknown_after_min),
    )
