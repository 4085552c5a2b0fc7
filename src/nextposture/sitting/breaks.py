"""Ways to spend a break, and how often it may be put off: the table `breaks.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row

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
