"""How items of a plan fit a person's kind of day and sport: words beside the plan, never a choice."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from nextposture.knowledge.answers import Answers
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import read_table, row


@row
class DayNote:
    """What to say beside `item` on one kind of day."""

    item: str
    text: str


@row
class SportNote:
    """What to say beside `items` to someone who cycles or runs at least `from_hours` hours a week."""

    from_hours: float
    items: tuple[str, ...]
    text: str


@row
class DayNotes:
    """The table; `days` is by job type."""

    source: str
    days: Mapping[str, DayNote]
    sport: SportNote


@cache
def day_notes() -> DayNotes:
    """The table. Raises KnowledgeError with file and line for an unknown name or a day without a note."""
    table, known = read_table("day_notes"), load()
    notes = table.parse(DayNotes)
    kinds = known.inputs["job_type"].choices
    table.require(["source"], [notes.source], known.sources, "source")
    table.require(["sport"], notes.sport.items, known.items, "item")
    for kind, note in notes.days.items():
        table.require(["days"], [kind], kinds, "kind of day")
        table.require(["days", kind], [note.item], known.items, "item")
    for kind in kinds:
        if kind not in notes.days:
            raise table.error(["days"], f"{kind} has no note")
    return notes


def note_on(item: str, answers: Answers) -> str:
    """The line beside `item` for a person with these answers, or nothing."""
    notes = day_notes()
    day = notes.days.get(str(answers.get("job_type")))
    hours = answers.get("cycling_running_hours_week")
    if day is not None and day.item == item:
        return day.text
    if item in notes.sport.items and isinstance(hours, (int, float)) and hours >= notes.sport.from_hours:
        return notes.sport.text
    return ""
