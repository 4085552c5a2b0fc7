"""What a result says: of an urgency, and of each factor what we saw, how sure, what it does not mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nextposture.knowledge.conditions import State
from nextposture.knowledge.danger_signs import Urgency, UrgencyName
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row


@row
class UrgencyWords:
    """An urgency in a word, and as a heading."""

    word: str
    heading: str


@row
class FactorWords:
    """One factor's sentences. Braces hold the name of an answer, or `hip_below`."""

    present: str
    absent: str
    sure: str
    not_mean: str
    possible: str = ""


@row
class ResultWords:
    """All of it."""

    urgency: Mapping[UrgencyName, UrgencyWords]
    states: Mapping[State, str]
    unknown_not_mean: str
    absent_not_mean: str
    factors: Mapping[str, FactorWords]


@cache
def result_words() -> ResultWords:
    """The table. Raises KnowledgeError when an urgency or a factor lacks words, or has too many."""
    table = read_table("result_words")
    words = table.parse(ResultWords)
    known = {factor.id: factor for factor in load().factors.factors}
    for urgency in Urgency:
        if urgency not in words.urgency:
            raise table.error(["urgency"], f"{urgency.name} has no words")
    for name in {*words.factors, *known}:
        if name not in known or name not in words.factors:
            raise table.error(["factors", name], f"{name} must be both a factor and in this table")
        if (known[name].possible is not None) != bool(words.factors[name].possible):
            raise table.error(["factors", name], f"{name} lacks words for a state, or has too many")
    return words
