"""Claims with their grade, one statement each way and its source; and the bibliography."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nextposture.knowledge.reading import row

Grade = Literal["high", "moderate", "low", "very_low", "contradicted", "none"]


@row
class Statement:
    """What one source says."""

    source: str
    says: str


@row
class Claim:
    """Something people say, and how well it is supported."""

    id: str
    claim: str
    grade: Grade
    topics: tuple[str, ...]
    pro: Annotated[tuple[Statement, ...], Field(alias="for")]
    con: Annotated[tuple[Statement, ...], Field(alias="against")]
    note: str = ""


@row
class Source:
    """One entry of the bibliography. `provenance` says whether its text was seen or comes from memory."""

    cite: str
    provenance: str
    doi: str = ""
    url: str = ""


@row
class EmergencyNumbers:
    """Numbers to call in one country; an empty string where no number is known."""

    country: str
    emergency: str
    urgent: str = ""
    crisis: str = ""
