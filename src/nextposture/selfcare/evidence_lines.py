"""Claims as the pages show them: the grade as a word and a shape, lines for, lines against."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nextposture.knowledge.evidence import Claim, Source, Statement

# The bibliography's entry for a judgement with nothing read behind it.
JUDGEMENT = "M"


@dataclass(frozen=True)
class Grade:
    """How sure one can be: a word, and how many of four circles are filled; `struck` out if contradicted."""

    word: str
    filled: int
    struck: bool = False

    @property
    def circles(self) -> tuple[bool, ...]:
        """Four circles, filled or not."""
        return tuple(place < self.filled for place in range(4))


GRADES = {
    "high": Grade("High certainty", 4),
    "moderate": Grade("Moderate certainty", 3),
    "low": Grade("Low certainty", 2),
    "very_low": Grade("Very low certainty", 1),
    "contradicted": Grade("Contradicted", 0, struck=True),
    "none": Grade("Not graded", 0),
}


@dataclass(frozen=True)
class Line:
    """One thing that speaks for or against a claim; without `source_id` a judgement with nothing read."""

    says: str
    source_id: str
    cite: str


@dataclass(frozen=True)
class ShownClaim:
    """A claim ready for the page."""

    id: str
    claim: str
    grade: str
    topics: tuple[str, ...]
    pro: tuple[Line, ...]
    con: tuple[Line, ...]
    note: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """All that speaks for it, then all against."""
        return (*self.pro, *self.con)

    @property
    def words(self) -> str:
        """Everything a search looks through, in lower case."""
        parts = (self.id, self.claim, GRADES[self.grade].word, *self.topics, self.note)
        return " ".join((*parts, *(f"{line.says} {line.cite}" for line in self.lines))).casefold()


def shown(claim: Claim, sources: Mapping[str, Source]) -> ShownClaim:
    """The claim with its sources looked up. Raises KeyError for a source that is not in the bibliography."""
    return ShownClaim(
        claim.id,
        claim.claim,
        claim.grade,
        claim.topics,
        tuple(_line(statement, sources) for statement in claim.pro),
        tuple(_line(statement, sources) for statement in claim.con),
        claim.note,
    )


def _line(statement: Statement, sources: Mapping[str, Source]) -> Line:
    if statement.source == JUDGEMENT:
        return Line(statement.says, "", "")
    return Line(statement.says, statement.source, sources[statement.source].cite)


def matching(claims: Iterable[ShownClaim], query: str) -> tuple[ShownClaim, ...]:
    """The claims that hold every word of the query, whatever its case; all of them for an empty query."""
    wanted = query.casefold().split()
    return tuple(claim for claim in claims if all(word in claim.words for word in wanted))


def how_read(provenance: str) -> str:
    """What was read of a source, in words, from the bibliography's provenance mark."""
    mark, detail, rest = re.fullmatch(r"(V-exists|V|M) ?(?:\(([^)]*)\))?;? ?(.*)", provenance).groups()  # type: ignore[union-attr]
    said = {"V": f"Read: {detail}", "V-exists": "Record seen; the numbers are from memory"}
    also = re.sub(r"V\(([^)]*)\)", r"read in \1", re.sub(r"\bM$", "from memory", rest))
    return (
        "; ".join(part for part in (said.get(mark, "From memory; still to be checked"), also) if part) + "."
    )
