"""The record in parcels: what the person lets a clinic see, and what of it the clinic does not have yet.

A parcel is a table, or a month of one. Its rows are plain values under names that both sides work out alike,
with links by the names of the rows they lead to. Each parcel has a digest; the clinic tells which digests it
holds, and only parcels that differ are sent. A parcel is taken whole, so taking it twice changes nothing, and
a side that was restored from a backup is brought up to date again.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import ForeignKey

from nextposture.interop.content import CHECKS
from nextposture.interop.joined.table import Carried, joined_table
from nextposture.interop.kept import Plain, plain, restored, rows_of
from nextposture.record.models import Measurement, Person

Parcel = dict[str, dict[str, Plain]]
"""Rows by name, each as field and value."""

HIDDEN: Mapping[str, Plain] = {
    "answers": {},
    "result": {"reasons": [], "routes": [], "blocked": [], "ignored": [], "factors": {}},
}
"""What stands in place of a field that does not go."""


class ParcelRefusedError(ValueError):
    """The parcel cannot be taken; nothing of it was."""


# ---- Out


def parcels(person: Person, allowed: Set[str]) -> dict[str, Parcel]:
    """What `allowed` consents open of the record, by the parcel's name."""
    made: dict[str, Parcel] = {}
    names: dict[str, dict[int, str]] = {}
    with transaction.atomic():  # one state of the record
        for one in joined_table().carried:
            if not one.opened_by & allowed:
                continue
            rows = list(rows_of(person, one.kept))
            names[one.name] = _names(one, rows, names)
            for row in rows:
                where = made.setdefault(_parcel_of(one, row), {})
                where[names[one.name][row.pk]] = _out(one, row, allowed, names)
    return made


def digest(parcel: Parcel) -> str:
    """What tells two parcels apart."""
    text = json.dumps(parcel, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_send(here: Mapping[str, Parcel], there: Mapping[str, str]) -> dict[str, Parcel]:
    """The parcels that differ from those of which the clinic has the digests; empty ones are to be dropped.

    Tables come in the order in which their rows need each other.
    """
    changed = {name: parcel for name, parcel in here.items() if there.get(name) != digest(parcel)}
    gone = {name: Parcel() for name in there if name not in here}
    order = [one.name for one in joined_table().carried]
    both = {**changed, **gone}
    return {name: both[name] for name in sorted(both, key=lambda one: (order.index(table_of(one)), one))}


def _parcel_of(one: Carried, row: Any) -> str:
    if not one.month:
        return one.name
    at = getattr(row, one.month)
    day = at.astimezone(UTC) if isinstance(at, datetime) else at
    return f"{one.name}/{day:%Y-%m}"


def table_of(parcel: str) -> str:
    """The table whose rows a parcel has, by the parcel's name."""
    return parcel.partition("/")[0]


def _names(one: Carried, rows: Iterable[Any], names: Mapping[str, Mapping[int, str]]) -> dict[int, str]:
    """The rows' names by their number; rows that would have the same are counted."""
    fields = [field for field in one.kept.fields if field.name in one.named_by]
    seen: Counter[str] = Counter()
    made = {}
    for row in rows:
        parts = [_value(field, row, names) for field in fields]
        name = "|".join("" if part is None else str(part) for part in parts)
        seen[name] += 1
        made[row.pk] = name if seen[name] == 1 else f"{name}#{seen[name]}"
    return made


def _value(field: Any, row: Any, names: Mapping[str, Mapping[int, str]]) -> Plain:
    if isinstance(field, ForeignKey):
        return names.get(field.related_model.__name__, {}).get(row.__dict__[field.attname])
    return plain(field, getattr(row, field.name))


def _out(
    one: Carried, row: Any, allowed: Set[str], names: Mapping[str, Mapping[int, str]]
) -> dict[str, Plain]:
    return {
        field.name: HIDDEN[field.name]
        if field.name in one.only_with and one.only_with[field.name] not in allowed
        else _value(field, row, names)
        for field in one.kept.fields
    }


# ---- In


@transaction.atomic
def take(person: Person, sent: Mapping[str, Any], allowed: Set[str]) -> dict[str, str]:
    """Make these parcels of the person's copy what was sent; returns the digests of those that were taken.

    A parcel that no consent opens is left aside, and so is a table or field of a newer app. What a clinic
    measured in a call stays, also where the person's installation has not heard of it yet. Raises
    ParcelRefusedError, with nothing changed.
    """
    by_table: dict[str, dict[str, Parcel]] = defaultdict(dict)
    for name, parcel in sent.items():
        if not isinstance(parcel, dict) or not all(isinstance(row, dict) for row in parcel.values()):
            raise ParcelRefusedError(f"{name}: must map names to rows")
        by_table[table_of(name)][name] = parcel
    carried = joined_table().carried
    for unknown in set(by_table) - {one.name for one in carried}:  # a newer app's
        del by_table[unknown]
    for one in carried:
        if not one.opened_by & allowed:
            by_table[one.name] = {name: each for name, each in by_table[one.name].items() if not each}
    needed = {one.name for one in carried if by_table[one.name]}
    for one in reversed(carried):  # and those that its rows lead to, by whose names they are named
        needed |= one.kept.uses if one.name in needed else set()
    there = _there(person, needed)
    for one in reversed(carried):
        kept_names = {name for parcel in by_table[one.name].values() for name in parcel}
        gone = [
            row.pk
            for name, (where, row) in there.get(one.name, {}).items()
            if where in by_table[one.name] and name not in kept_names and not _ours(row)
        ]
        _drop(one, gone)
    numbers: dict[str, dict[str, int]] = {}
    for one in carried:
        if one.name not in needed:
            continue
        if by_table[one.name]:
            rows = {name: row for name, (_, row) in _there(person, {one.name}, numbers)[one.name].items()}
            for where, parcel in by_table[one.name].items():
                _write(person, one, where, parcel, rows, numbers, allowed)
        found = _there(person, {one.name}, numbers)[one.name]
        numbers[one.name] = {name: row.pk for name, (_, row) in found.items()}
    return {name: digest(each) for those in by_table.values() for name, each in those.items()}


def drop_what_is_not(person: Person, allowed: Set[str]) -> None:
    """Drop the person's copy of what no consent opens any more; what was measured in calls stays."""
    for one in reversed(joined_table().carried):
        if not one.opened_by & allowed:
            _drop(one, [row.pk for row in rows_of(person, one.kept) if not _ours(row)])


def _there(
    person: Person, wanted: Set[str], numbers: Mapping[str, Mapping[str, int]] | None = None
) -> dict[str, dict[str, tuple[str, Any]]]:
    """The rows that are there by table and name, each with its parcel."""
    names = {table: {pk: name for name, pk in rows.items()} for table, rows in (numbers or {}).items()}
    found = {}
    for one in joined_table().carried:
        if one.name in wanted:
            rows = list(rows_of(person, one.kept))
            names[one.name] = _names(one, rows, names)
            found[one.name] = {names[one.name][row.pk]: (_parcel_of(one, row), row) for row in rows}
    return found


def _write(
    person: Person,
    one: Carried,
    where: str,
    parcel: Parcel,
    rows: Mapping[str, Any],
    numbers: Mapping[str, Mapping[str, int]],
    allowed: Set[str],
) -> None:
    whose = {one.kept.owner: person} if "__" not in one.kept.owner else {}
    new = []
    for name, row in parcel.items():
        values = _in(one, f"{where}, {name}", row, numbers)
        for field, consent in one.only_with.items():
            if consent not in allowed:
                values[field] = HIDDEN[field]
        old = rows.get(name)
        if old is None:
            new.append(one.kept.model(**values, **whose))
        elif any(getattr(old, field) != value for field, value in values.items()):
            # Past `save`, so that no history is kept of what the person does at home.
            one.kept.model._default_manager.filter(pk=old.pk).update(**values)
    try:
        with transaction.atomic():
            one.kept.model._default_manager.bulk_create(new)
    except (DatabaseError, ValueError, OverflowError):
        raise ParcelRefusedError(f"{where}: does not go together with the rest") from None


def _in(
    one: Carried, where: str, row: Mapping[str, Any], numbers: Mapping[str, Mapping[str, int]]
) -> dict[str, Any]:
    """The values of a row by attribute, checked. Raises ParcelRefusedError."""
    fields = {field.name: field for field in one.kept.fields}
    for field in fields.values():
        if field.name not in row and not (field.has_default() or field.null or field.blank):
            raise ParcelRefusedError(f"{where}: {field.name} is missing")
    values: dict[str, Any] = {}
    checked: dict[str, Any] = {}
    for name, value in row.items():
        if name not in fields:  # a newer app's
            continue
        field = fields[name]
        if isinstance(field, ForeignKey):
            those = numbers.get(field.related_model.__name__, {})
            number = those.get(value) if isinstance(value, str) else None
            if number is None and not field.null:
                raise ParcelRefusedError(f"{where}: what {name} leads to is not here")
            values[field.attname] = number
            continue
        try:
            values[name] = checked[name] = restored(field, value)
        except ValueError as error:
            raise ParcelRefusedError(f"{where}, {name}: {error}") from None
    check = CHECKS.get(one.name)
    if check is not None:
        try:
            wrong = check(checked)
        except (KeyError, TypeError, ValueError, AttributeError):
            wrong = ["has not the form of such a row"]
        if wrong:
            raise ParcelRefusedError(f"{where}, {wrong[0]}")
    return values


def _ours(row: Any) -> bool:
    return isinstance(row, Measurement) and row.method == Measurement.Method.CALL


def _drop(one: Carried, numbers: list[int]) -> None:
    if not numbers:
        return
    one.kept.model._default_manager.filter(pk__in=numbers).delete()
    history = getattr(
        one.kept.model, "history", None
    )  # a clinic's server keeps one; it must not outlive them
    if history is not None:
        history.filter(id__in=numbers).delete()
