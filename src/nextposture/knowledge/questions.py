"""The questions as they are asked: screens, groups of cards, and follow-ups."""

from __future__ import annotations

from collections.abc import Mapping

from nextposture.knowledge.conditions import Condition
from nextposture.knowledge.inputs import Input
from nextposture.knowledge.reading import row


@row
class Group:
    """Cards that share one "none of these"; it does not answer those that are answered `one_by_one`."""

    title: str
    inputs: tuple[str, ...]
    crisis_line: bool = False
    one_by_one: tuple[str, ...] = ()


@row
class Screen:
    """One page of the danger-sign check."""

    id: str
    title: str
    lead: str
    groups: tuple[Group, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Every input of the screen, in order."""
        return tuple(name for group in self.groups for name in group.inputs)


@row
class Questions:
    """All inputs, and how they are asked.

    A follow-up is asked only while its condition is TRUE; `not_applicable` holds what is stored in place of
    `na` for inputs that must always have an answer.
    """

    inputs: Mapping[str, Input]
    screens: tuple[Screen, ...]
    follow_ups: Mapping[str, Condition]
    not_applicable: Mapping[str, bool]
    computed: frozenset[str]
