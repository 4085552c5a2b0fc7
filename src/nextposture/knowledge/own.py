"""Exercises of a clinic's own, in the form of the tables: a row of items.yaml, with drawing and coaching.

A document has the sections `item` (as in items.yaml), `figure` (the id of a drawing of figures.yaml, or a row
as there), `coaching` (as in coaching.yaml, without `figure`), and what a session needs besides: `sides`,
`ways`, `needs`, `tempo` (as in session.yaml and figures.yaml). `like` names the exercises of the tables that
it loads the body like: what screening rules out of them, it rules out of this one too.

Its id is made of its content, so that what somebody was given stays what it was when the clinic writes it
anew. Nothing here is graded: the clinic answers for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from nextposture.knowledge.coaching import CoachedRow, check_coached, coaching_table
from nextposture.knowledge.figures import JUDGEMENT, Figure, Tempo, check_figure, figures
from nextposture.knowledge.items import OWN, Item, Sides, Span, Ways
from nextposture.knowledge.loading import Knowledge, load
from nextposture.knowledge.reading import KnowledgeError, Table, read_foreign, row

PREFIX = "OWN_"
MOST_BYTES = 60_000
MOST = {"sets": 10, "reps": 50, "hold_s": 300, "days_per_week": 7, "rest_s": 300}
"""The parts that the dose of an exercise may have, and how far a range may go."""


MOST_TEMPO_S = 30
"""The most seconds of each part of a repetition."""
MOST_DRAWN = {"via": 6, "muscles": 12, "props": 8, "errors": 8, "contacts": 8}
"""The most of each that a drawing of one's own may have: each costs time whenever it is drawn."""


@row
class _Item:
    name: str
    summary: str
    steps: tuple[str, ...]
    stop: tuple[str, ...]
    dose: Mapping[str, Span]
    one_sided: bool = False
    caveat: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)


@row
class _Document:
    item: _Item
    like: tuple[str, ...]
    figure: Any = None
    coaching: Any = None
    sides: Sides | None = None
    ways: Ways | None = None
    needs: tuple[str, ...] = ()
    tempo: Tempo | None = None


@dataclass(frozen=True)
class OwnExercise:
    """One exercise of a clinic's own; `plain` is the document it was read from."""

    item: Item
    like: tuple[str, ...]
    figure: Figure | None
    coaching: CoachedRow | None
    sides: Sides | None
    ways: Ways | None
    needs: tuple[str, ...]
    tempo: Tempo | None
    plain: Mapping[str, Any]


def own_from_text(text: str, known: Knowledge, name: str = "exercise") -> OwnExercise:
    """Read a document in YAML (or JSON). Raises KnowledgeError that names the line and what to change."""
    if len(text.encode()) > MOST_BYTES:
        raise KnowledgeError(f"{name}:1: is longer than {MOST_BYTES:,} bytes")
    return _own(read_foreign(name, text), known)


def own_from_plain(plain: Mapping[str, Any], known: Knowledge) -> OwnExercise:
    """The same from a document as plain values."""
    return own_from_text(json.dumps(plain, ensure_ascii=False), known)


def own_id(plain: Mapping[str, Any]) -> str:
    """The id that a document's content gives."""
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:24]


def with_own(known: Knowledge, own: Iterable[OwnExercise]) -> Knowledge:
    """The knowledge with exercises of a clinic's own beside those of the tables."""
    named = {one.item.id: one for one in own}
    items = {**known.items, **{name: one.item for name, one in named.items()}}
    return replace(known, items=items, own={**known.own, **named}) if named else known


def _own(table: Table, known: Knowledge) -> OwnExercise:
    if not isinstance(table.value, dict):
        raise table.error((), "must be a mapping with item and like")
    parsed = table.parse(_Document)
    name, item = own_id(table.value), parsed.item
    _check_item(table, item, parsed)
    table.require(
        ["like"], parsed.like, [one.id for one in known.items.values() if one.is_exercise], "exercise"
    )
    if not parsed.like:
        raise table.error(["like"], "name at least one exercise of the tables that it loads the body like")
    figure = _figure(table, name, parsed)
    tempo = (figure.tempo if figure is not None else None) or parsed.tempo
    if "reps" in item.dose and tempo is None:
        raise table.error(["tempo"], "repetitions need a tempo: move_s, hold_s and return_s in seconds")
    for at, told in ((["tempo"], parsed.tempo), (["figure", "tempo"], figure.tempo if figure else None)):
        _check_tempo(table, at, told)
    if figure is not None and figure.one_sided != item.one_sided:
        raise table.error(
            ["figure"],
            f"the drawing is {'' if figure.one_sided else 'not '}of one side; item.one_sided says otherwise",
        )
    return OwnExercise(
        item=Item(
            id=name,
            name=item.name,
            summary=item.summary,
            sources=(),
            steps=item.steps,
            stop=item.stop,
            dose=item.dose,
            family=OWN,
            caveat=item.caveat,
            one_sided=item.one_sided,
            errors=item.errors,
        ),
        like=parsed.like,
        figure=figure,
        coaching=_coaching(table, parsed, figure),
        sides=parsed.sides,
        ways=parsed.ways,
        needs=parsed.needs,
        tempo=tempo,
        plain=table.value,
    )


def _check_item(table: Table, item: _Item, parsed: _Document) -> None:
    at = ["item"]
    for name, words in (("name", item.name), ("summary", item.summary)):
        if not words.strip():
            raise table.error([*at, name], "must not be empty")
    if len(item.name) > 80:
        raise table.error([*at, "name"], "is longer than 80 characters")
    for name, lines in (("steps", item.steps), ("stop", item.stop)):
        if not any(line.strip() for line in lines):
            raise table.error([*at, name], "needs at least one line")
    table.require([*at, "dose"], item.dose, MOST, "part of an exercise's dose")
    for unit in ("sets", "days_per_week"):
        if unit not in item.dose:
            raise table.error([*at, "dose"], f"needs {unit}")
    if not {"reps", "hold_s"} & set(item.dose):
        raise table.error([*at, "dose"], "needs reps or hold_s")
    for unit, span in item.dose.items():
        low, high = span.allowed
        least = 0 if unit in ("hold_s", "rest_s") and "reps" in item.dose else 1
        if not least <= low <= span.start <= high <= MOST[unit]:
            raise table.error([*at, "dose", unit], f"needs {least} <= least <= start <= most <= {MOST[unit]}")
        if any(value != round(value) for value in (low, span.start, high)):
            raise table.error([*at, "dose", unit], "must be whole numbers")
    if item.one_sided != (parsed.sides is not None):
        raise table.error(["sides"], "an exercise of one side, and no other, names its sides: left and right")


def _check_tempo(table: Table, at: list[str], tempo: Tempo | None) -> None:
    """What a session counts in whole seconds; infinite and not-a-number values are in no range."""
    if tempo is None:
        return
    for name, value in vars(tempo).items():
        if not 0 <= value <= MOST_TEMPO_S:
            raise table.error([*at, name], f"needs 0 to {MOST_TEMPO_S} seconds")
    if round(tempo.move_s) + round(tempo.return_s) < 1:
        raise table.error(at, "move_s and return_s together need at least 1 second")


def _figure(table: Table, name: str, parsed: _Document) -> Figure | None:
    if parsed.figure is None:
        return None
    if isinstance(parsed.figure, str):
        table.require(["figure"], [parsed.figure], figures(), "drawing")
        return figures()[parsed.figure]
    part = table.part("figure", id=name, item=name, source=JUDGEMENT, title=parsed.item.name, markers=[])
    figure = part.parse(Figure)
    for what, most in MOST_DRAWN.items():
        if len(getattr(figure, what)) > most:
            raise table.error(["figure", what], f"has more than {most}")
    for error in figure.errors:
        if len(error.props or ()) > MOST_DRAWN["props"]:
            raise table.error(["figure", "errors"], f"one has more than {MOST_DRAWN['props']} props")
    check_figure(part, (), figure)
    return figure


def _coaching(table: Table, parsed: _Document, figure: Figure | None) -> CoachedRow | None:
    if parsed.coaching is None:
        return None
    if figure is None:
        raise table.error(["coaching"], "the camera coaches against a drawing, so figure must be there too")
    if isinstance(parsed.coaching, str):
        rows = {one.figure: one for one in coaching_table().exercises}
        table.require(["coaching"], [parsed.coaching], rows, "coached exercise")
        if parsed.coaching != figure.id:
            raise table.error(["coaching"], f"goes with the drawing {parsed.coaching}, not with {figure.id}")
        coached = rows[parsed.coaching]
    else:
        part = table.part("coaching", figure=figure.id)
        coached = part.parse(CoachedRow)
        check_coached(part, [], coached, figure)
    if (coached.kind == "reps") != ("reps" in parsed.item.dose):
        raise table.error(["coaching"], f"is for {coached.kind}; the dose says otherwise")
    return coached


@lru_cache(maxsize=512)
def own_from_json(text: str) -> OwnExercise | None:
    """A document as it was kept; None for one that this edition of the tables cannot read."""
    try:
        return own_from_text(text, load())
    except KnowledgeError:
        return None
