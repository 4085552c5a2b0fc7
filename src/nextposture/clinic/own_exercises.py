"""Exercises of a clinic's own: made by a form or as data, checked by the loader of the tables, kept, dropped.

What somebody was given before stays as it was: their plan holds a copy, under an id made of its content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import yaml
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from nextposture.clinic.models import Clinic, Membership, OwnExercise
from nextposture.knowledge import load
from nextposture.knowledge.figures import figures
from nextposture.knowledge.own import MOST, own_from_plain, own_from_text, with_own
from nextposture.knowledge.own import OwnExercise as Own
from nextposture.knowledge.reading import KnowledgeError
from nextposture.motion.exercises import exercise_for
from nextposture.motion.figure_svg import draw

TEXT = ("name", "summary", "caveat")
LINES = ("steps", "stop")
MOST_OF_A_CLINIC = 200


class OwnExerciseError(ValueError):
    """An exercise that cannot be kept; the message says what to change."""


def read(text: str) -> Own:
    """An exercise as data. Raises OwnExerciseError that names the line."""
    try:
        return _usable(own_from_text(text, load()))
    except KnowledgeError as problem:
        raise OwnExerciseError(str(problem).removeprefix("exercise:").replace(":", ": ", 1)) from None


def read_plain(plain: Mapping[str, Any]) -> Own:
    """The same from plain values; its errors name no line."""
    try:
        return _usable(own_from_plain(plain, load()))
    except KnowledgeError as problem:
        raise OwnExerciseError(str(problem).split(":", 2)[2].strip()) from None


def _usable(own: Own) -> Own:
    """The exercise, if it can be drawn and coached. Raises OwnExerciseError."""
    try:
        if own.figure is not None:
            draw(own.figure, animate=True)
            for error in range(len(own.figure.errors)):
                draw(own.figure, error=error)
    except (ValueError, LookupError, ArithmeticError) as problem:
        raise OwnExerciseError(f"figure: cannot be drawn so: {problem}") from None
    try:
        exercise_for(own.item.id, None, with_own(load(), [own]))
    except (ValueError, LookupError, ArithmeticError) as problem:
        raise OwnExerciseError(f"coaching: does not go with the drawing: {problem}") from None
    return own


def as_yaml(plain: Mapping[str, Any]) -> str:
    """The exercise as a YAML document that `read` takes."""
    return yaml.safe_dump(dict(plain), sort_keys=False, allow_unicode=True, width=100)


@transaction.atomic
def keep(member: Membership, own: Own, row: OwnExercise | None = None) -> OwnExercise:
    """Keep a new exercise of the member's clinic, or change one. Raises OwnExerciseError for a name taken."""
    Clinic.objects.select_for_update().get(pk=member.clinic_id)
    others = OwnExercise.objects.filter(clinic=member.clinic_id)
    if row is None and others.filter(dropped_at=None).count() >= MOST_OF_A_CLINIC:
        raise OwnExerciseError(f"There are {MOST_OF_A_CLINIC} already. Drop one that is not used.")
    slug = slugify(own.item.name)[:40] or "exercise"
    same = (others.exclude(pk=row.pk) if row is not None else others).filter(slug=slug).first()
    if same is not None and same.dropped_at is None:
        raise OwnExerciseError(f"There is one called {own.item.name} already. Give this one another name.")
    if row is None:
        row = same or OwnExercise(clinic_id=member.clinic_id, made_by=member)
    elif same is not None:  # a dropped one had the name
        same.slug = f"{slug[:30]}-{same.pk}"
        same.save()
    row.slug, row.exercise, row.dropped_at = slug, dict(own.plain), None
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise OwnExerciseError("The name is taken. Give this one another name.") from None
    return row


def drop(row: OwnExercise, now: datetime) -> None:
    """Offer it no longer; plans that hold it keep their copy."""
    if row.dropped_at is None:
        row.dropped_at = now
        row.save()


# ---- The form's values and the document


def initial_of(plain: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows of a document."""
    item = plain.get("item", {})
    made: dict[str, Any] = {name: item.get(name, "") for name in TEXT}
    made |= {name: "\n".join(item.get(name, ())) for name in LINES}
    made["needs"] = "\n".join(plain.get("needs", ()))
    made["like"] = list(plain.get("like", ()))
    for unit in MOST:
        span = item.get("dose", {}).get(unit)
        if span:
            made[f"{unit}_least"], made[f"{unit}_most"] = span["allowed"]
            made[f"{unit}_start"] = span["start"]
    for part, names in (("sides", ("left", "right")), ("tempo", ("move_s", "hold_s", "return_s"))):
        for name in names:
            made[f"{part}_{name}"] = (plain.get(part) or {}).get(name)
    figure = plain.get("figure")
    made["figure"] = figure if isinstance(figure, str) or figure is None else "data"
    made["coached"] = isinstance(plain.get("coaching"), str)
    return made


def document_of(told: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The document that the form's values give; what only the data can hold is kept from `before`."""
    dose = {
        unit: {
            "start": told[f"{unit}_start"],
            "allowed": [
                _or(told[f"{unit}_least"], told[f"{unit}_start"]),
                _or(told[f"{unit}_most"], told[f"{unit}_start"]),
            ],
        }
        for unit in MOST
        if told.get(f"{unit}_start") is not None
    }
    sides = {name: told[f"sides_{name}"].strip() for name in ("left", "right")}
    tempo = {name: told[f"tempo_{name}"] for name in ("move_s", "hold_s", "return_s")}
    item = {**{name: told[name].strip() for name in TEXT}, **{name: _lines(told[name]) for name in LINES}}
    item |= {"dose": dose, "one_sided": any(sides.values())}
    if errors := before.get("item", {}).get("errors"):
        item["errors"] = errors
    made: dict[str, Any] = {"item": item, "like": list(told["like"]), "needs": _lines(told["needs"])}
    if any(sides.values()):
        made["sides"] = sides
    if any(value is not None for value in tempo.values()):
        made["tempo"] = {name: _or(value, 0) for name, value in tempo.items()}
    if told["figure"] == "data":
        made |= {name: before[name] for name in ("figure", "coaching") if before.get(name) is not None}
    elif told["figure"]:
        made["figure"] = told["figure"]
        if told["coached"]:
            made["coaching"] = told["figure"]
    if before.get("ways"):
        made["ways"] = before["ways"]
    return made


def _or(value: Any, other: Any) -> Any:
    return other if value is None else value


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def drawings() -> list[tuple[str, str]]:
    """The drawings of exercises that one may choose, by id."""
    known = load()
    return [
        (one.id, one.title)
        for one in figures().values()
        if one.item in known.items and known.items[one.item].is_exercise
    ]
