"""Video calls: when one is open, what may be measured in it, and what its socket takes."""

from __future__ import annotations

from functools import cache

from nextposture.knowledge.clinic import clinic_table
from nextposture.knowledge.loading import load
from nextposture.knowledge.measure_pages import measure_pages
from nextposture.knowledge.reading import read_table, row


@row
class Open:
    """Minutes before an appointment that its call opens, and after its end that it closes."""

    before_min: int
    after_min: int
    source: str


@row
class Measuring:
    """What may be measured, and what the person is asked; `{who}` is the practitioner's name."""

    tests: tuple[str, ...]
    ask: str
    what: str
    item: str
    purpose: str
    source: str


@row
class Limits:
    """What the socket takes of one browser. Bytes, messages a second and at once, seconds, hours."""

    text_bytes: int
    texts_a_second: int
    texts_at_once: int
    frames_a_second: int
    frames_at_once: int
    look_again_s: int
    relay_h: int
    source: str


@row
class CallsTable:
    """The whole table."""

    open: Open
    measuring: Measuring
    limits: Limits


@cache
def calls_table() -> CallsTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("calls")
    parsed, clinic = table.parse(CallsTable), clinic_table()
    sources = (parsed.open.source, parsed.measuring.source, parsed.limits.source)
    table.require(["open"], sources, load().sources, "source")
    table.require(["measuring", "tests"], parsed.measuring.tests, measure_pages(), "test")
    table.require(["measuring"], [parsed.measuring.item], {one.id for one in clinic.share}, "item")
    table.require(["measuring"], [parsed.measuring.purpose], {one.id for one in clinic.purposes}, "purpose")
    return parsed
