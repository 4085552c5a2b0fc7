"""Which tables and fields of the record are exported, and how each value looks as plain JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models import Field, ForeignKey, Model

from nextposture.knowledge.reading import read_foreign
from nextposture.record.models import Person

Plain = Any
"""What JSON can hold."""


class ContractError(ValueError):
    """`kept.yaml` and the record's tables do not agree; the message says where."""


@dataclass(frozen=True)
class Kept:
    """One table that is exported: its fields in order, and the way from a row to the person it is about.

    `owner` is a lookup, empty for the person's own row. `uses` are the tables that its rows refer to.
    """

    model: type[Model]
    fields: tuple[Field[Any, Any], ...]
    owner: str
    uses: frozenset[str]

    @property
    def name(self) -> str:
        """The table's name in a file."""
        return self.model.__name__


@cache
def kept_tables() -> tuple[Kept, ...]:
    """The tables that are exported, each after the ones that it refers to.

    Raises ContractError if a field of the record is neither exported nor left out with a reason.
    """
    listed = read_foreign(
        "kept.yaml", files(__package__).joinpath("tables/kept.yaml").read_text("utf-8")
    ).value
    models_there = {one.__name__: one for one in apps.get_app_config("record").get_models()}
    return in_order(checked(models_there, listed["tables"], listed["left_out"]))


def kept_of(model: type[Model]) -> Kept:
    """The exported table of a model. Raises ValueError if its rows stay here."""
    (kept,) = (one for one in kept_tables() if one.model is model)
    return kept


@cache
def names() -> Mapping[str, tuple[str, str]]:
    """How one row and several rows of a table are said; a table that is not named is not counted aloud."""
    return {name: (one, several) for name, (one, several) in _listed()["names"].items()}


@cache
def _listed() -> Any:
    return read_foreign("kept.yaml", files(__package__).joinpath("tables/kept.yaml").read_text("utf-8")).value


def checked(
    there: Mapping[str, type[Model]], tables: Mapping[str, list[str]], left_out: Mapping[str, str]
) -> tuple[Kept, ...]:
    """The listed tables, checked against the models that are there. Raises ContractError."""
    problems = [f"{name}: there is no such table" for name in tables if name not in there]
    for name, reason in left_out.items():
        if not str(reason or "").strip():
            problems.append(f"{name}: left out without a reason")
    made = []
    for name, model in there.items():
        if name in left_out:
            continue
        if name not in tables:
            problems.append(f"{name}: neither exported nor left out with a reason")
            continue
        fields = {one.name: one for one in _own_fields(model)}
        wanted = [one for one in tables[name] if one in fields]
        problems += [f"{name}.{one}: there is no such field" for one in tables[name] if one not in fields]
        for one, field in fields.items():
            if one not in tables[name] and f"{name}.{one}" not in left_out:
                problems.append(f"{name}.{one}: neither exported nor left out with a reason")
            if one in tables[name] and _kind(field) is None:
                problems.append(f"{name}.{one}: no way to write a {type(field).__name__} is known")
            automatic = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
            if automatic and model is not Person:
                problems.append(f"{name}.{one}: sets itself, so no import could keep it; give it a default")
        owner = "" if model is Person else _owner(model, frozenset())
        if owner is None:
            problems.append(f"{name}: leads to no person, so whose it is cannot be told")
            continue
        uses = {
            one.related_model.__name__
            for one in fields.values()
            if isinstance(one, ForeignKey) and one.name in wanted
        }
        made.append(Kept(model, tuple(fields[one] for one in wanted), owner, frozenset(uses)))
    if problems:
        raise ContractError("\n".join(problems))
    return tuple(made)


def in_order(tables: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """The tables, each after those it refers to; otherwise as they come. Raises ContractError for a ring."""
    left, done = list(tables), list[Kept]()
    while left:
        names = {one.name for one in left}
        ready = next((one for one in left if not (one.uses - {one.name}) & names), None)
        if ready is None:
            raise ContractError(f"tables refer to each other in a ring: {', '.join(sorted(names))}")
        left.remove(ready)
        done.append(ready)
    return tuple(done)


def rows_of(person: Person, table: Kept, using: str = DEFAULT_DB_ALIAS) -> models.QuerySet[Any]:
    """The person's rows of a table, in the order in which they were made."""
    lookup = {table.owner or "pk": person.pk}
    return table.model._default_manager.using(using).filter(**lookup).order_by("pk")


def _own_fields(model: type[Model]) -> list[Field[Any, Any]]:
    """Every field but the row number and the link to the person."""
    return [
        one
        for one in (*model._meta.concrete_fields, *model._meta.many_to_many)
        if not one.primary_key and not (isinstance(one, ForeignKey) and one.related_model is Person)
    ]


def _owner(model: type[Model], passed: frozenset[type[Model]]) -> str | None:
    """The lookup from a row of `model` to its person, by links that are always there, or None."""
    links = [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey) and not one.null]
    for one in links:
        if one.related_model is Person:
            return one.name
    for one in links:
        if one.related_model not in passed:
            further = _owner(one.related_model, passed | {model})
            if further is not None:
                return f"{one.name}__{further}"
    return None


# ---- Values


def plain(field: Field[Any, Any], value: Any) -> Plain:
    """A value of a field (not of a link) as JSON can hold it; times in UTC."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return value


def restored(field: Field[Any, Any], value: Plain) -> Any:
    """What `plain` wrote, checked against the field. Raises ValueError that says what is wrong."""
    if value is None:
        if field.null:
            return None
        raise ValueError("must not be null")
    kind = _kind(field)
    assert kind is not None
    made = kind(value)
    if made == "" and not field.blank:
        raise ValueError("must not be empty")
    if field.choices and made not in (None, "") and made not in dict(field.flatchoices):
        allowed = ", ".join(str(one) for one, _ in field.flatchoices)
        raise ValueError(f"must be one of {allowed}, not {shown(value)}")
    try:
        field.run_validators(made)
    except ValidationError as error:
        raise ValueError(f"{' '.join(error.messages)} It is {shown(value)}.") from None
    return made


def shown(value: Plain) -> str:
    """A value in an error message, cut short."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "a mapping"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _kind(field: Field[Any, Any]) -> Callable[[Plain], Any] | None:
    """How a plain value of this field is read; None where nothing of the kind is known."""
    if isinstance(field, ForeignKey):
        return _whole
    return next((read for cls, read in _READ if isinstance(field, cls)), None)


def _of(kinds: type | tuple[type, ...], words: str) -> Callable[[Plain], Any]:
    def read(value: Plain) -> Any:
        if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
            raise ValueError(f"must be {words}, not {shown(value)}")
        return value

    return read


_whole = _of(int, "a whole number")
_text = _of(str, "text")


def _number(value: Plain) -> float:
    made = float(_of((int, float), "a number")(value))
    if not math.isfinite(made):
        raise ValueError("must be a finite number")
    return made


def _json(value: Plain) -> Plain:
    return value


def _parsed(parse: Callable[[str], Any], words: str) -> Callable[[Plain], Any]:
    def read(value: Plain) -> Any:
        try:
            return parse(value)
        except (TypeError, ValueError, AttributeError, InvalidOperation, OverflowError):
            raise ValueError(f"must be {words}, not {shown(value)}") from None

    return read


def _moment(text: str) -> datetime:
    made = datetime.fromisoformat(text)
    if made.tzinfo is None:
        raise ValueError("no offset")
    return made.astimezone(UTC)


# The first that fits counts: a date and time is a date too.
_READ: tuple[tuple[type[Field[Any, Any]], Callable[[Plain], Any]], ...] = (
    (models.BooleanField, _of(bool, "true or false")),
    (models.IntegerField, _whole),
    (models.FloatField, _number),
    (models.DecimalField, _parsed(lambda value: Decimal(_text(value)), "a decimal number as text")),
    (models.DateTimeField, _parsed(_moment, "a date and time with its offset from UTC")),
    (models.DateField, _parsed(date.fromisoformat, "a date like 2026-11-24")),
    (models.TimeField, _parsed(time.fromisoformat, "a time of day like 07:30:00")),
    (models.UUIDField, _parsed(lambda value: UUID(_text(value)), "a UUID")),
    (models.BinaryField, _parsed(lambda value: base64.b64decode(value, validate=True), "base64")),
    (models.JSONField, _json),
    (models.CharField, _text),
    (models.TextField, _text),
)
