"""Everything kept about a person as one JSON file, and that file back into a record.

The same record always gives the same bytes, wherever it is kept: rows are numbered within their table from 1,
in the order in which they were made, and links hold those numbers.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, DatabaseError, transaction
from django.db.models import ForeignKey, Model

from nextposture import __version__
from nextposture.interop.content import CHECKS
from nextposture.interop.kept import Kept, Plain, kept_tables, names, plain, restored, rows_of, shown
from nextposture.record.models import Person

FORMAT = "nextposture-record"
EDITION = 1
"""Raised when a file of this edition could not be read by the app before it."""

MOST_TOLD = 20
"""Problems that an error lists; it counts the rest."""

BATCH = 500


class ImportRefusedError(ValueError):
    """The file cannot be taken; nothing was changed. `problems` has one line for each thing wrong."""

    def __init__(self, *problems: str) -> None:
        more = len(problems) - MOST_TOLD
        self.problems = (*problems[:MOST_TOLD], *((f"and {more} more",) if more > 0 else ()))
        super().__init__("; ".join(self.problems))


class NotEmptyError(ImportRefusedError):
    """There is a record already, and nobody said that the file takes its place."""


@dataclass(frozen=True)
class Imported:
    """How many rows of each table came in; tables without any are left out."""

    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


# ---- Out


def exported(person: Person, using: str = DEFAULT_DB_ALIAS) -> dict[str, Any]:
    """Everything kept about the person, as plain values."""
    numbers: dict[str, dict[int, int]] = {}
    tables: dict[str, list[dict[str, Plain]]] = {}
    with transaction.atomic(using):  # one state of the record, whatever is written meanwhile
        for table in kept_tables():
            rows = list(rows_of(person, table, using))
            numbers[table.name] = {row.pk: number for number, row in enumerate(rows, start=1)}
            tables[table.name] = [_out(table, row, numbers) for row in rows]
    (about,) = tables.pop(Person.__name__)
    return {
        "format": FORMAT,
        "edition": EDITION,
        "made_by": f"Next Posture {__version__}",
        "person": about,
        "tables": tables,
    }


def as_json(document: Mapping[str, Any]) -> bytes:
    """The document as text that people and programs can read."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def as_csv(document: Mapping[str, Any]) -> bytes:
    """The document as a zip archive with one CSV file for each table; the same document, the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for table in kept_tables():
            rows = document["tables"].get(table.name, [])
            if table.model is Person:
                rows = [document["person"]]
            text = io.StringIO(newline="")
            writer = csv.writer(text)
            names = [field.name for field in table.fields]
            writer.writerow(["row", *names])
            for number, row in enumerate(rows, start=1):
                writer.writerow([number, *(_cell(row[name]) for name in names)])
            # A fixed time, or the same record would give other bytes at every export.
            entry = zipfile.ZipInfo(f"{table.name}.csv", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, "\ufeff" + text.getvalue())
    return packed.getvalue()


def _out(table: Kept, row: Any, numbers: Mapping[str, Mapping[int, int]]) -> dict[str, Plain]:
    return {
        field.name: numbers[field.related_model.__name__].get(row.__dict__[field.attname])
        if isinstance(field, ForeignKey)
        else plain(field, getattr(row, field.name))
        for field in table.fields
    }


def _cell(value: Plain) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    # A spreadsheet would run a person's words that begin like a formula.
    return "'" + text if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else text


# ---- In


def document_in(data: bytes) -> dict[str, Any]:
    """The document in a file. Raises ImportRefusedError if there is none that this edition can read."""
    try:
        value = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise ImportRefusedError("The file is not text. Choose the JSON file of an export.") from None
    except RecursionError:
        raise ImportRefusedError("The file is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise ImportRefusedError(
            f"The file is not JSON: {error.msg.lower()} in line {error.lineno}. "
            "It may have been cut short; export it again."
        ) from None
    except ValueError as error:
        raise ImportRefusedError(f"The file holds a number that cannot be used: {error}.") from None
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        from nextposture.interop.bundle import native_in

        value = native_in(value)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ImportRefusedError(
            "This is no export of Next Posture. Choose the JSON file, or the FHIR bundle, of an export."
        )
    edition = value.get("edition")
    if not isinstance(edition, int) or edition < 1:
        raise ImportRefusedError("The file does not say which edition of the format it is.")
    if edition > EDITION:
        raise ImportRefusedError(
            f"The file is of edition {edition}; this app reads up to {EDITION}. Update Next Posture first."
        )
    return value


@transaction.atomic
def import_into(person: Person, document: Mapping[str, Any], *, replace: bool = False) -> Imported:
    """Make the person's record what the document says, all of it or nothing.

    Raises NotEmptyError if there is a record and `replace` does not say that it may go, and
    ImportRefusedError with a line for each entry that cannot be taken. Nothing is changed then.
    """
    tables = [table for table in kept_tables() if table.model is not Person]
    there = counts(person)
    if there and not replace:
        raise NotEmptyError(
            f"There is a record here already ({in_words(there)}). Import into an empty one, or let the file "
            "take its place."
        )
    read = _checked(tables, document)
    for table in reversed(tables):
        rows_of(person, table).delete()
    made: dict[str, list[int]] = {}
    for table in tables:
        made[table.name] = _insert(person, table, read[table.name], made)
    about = read[Person.__name__]
    if about:
        Person.objects.filter(pk=person.pk).update(**about[0])
    return Imported({name: len(keys) for name, keys in made.items() if keys})


def counts(person: Person) -> dict[str, int]:
    """How many rows of each table the person has; tables without any are left out."""
    found = {one.name: rows_of(person, one).count() for one in kept_tables() if one.model is not Person}
    return {name: count for name, count in found.items() if count}


def in_words(rows: Mapping[str, int]) -> str:
    """ "3 check-ins, 1 measurement"; "a few settings" where nothing is counted aloud; empty for no rows."""
    told = [f"{count} {names()[name][count != 1]}" for name, count in rows.items() if name in names()]
    return ", ".join(told) or ("a few settings" if rows else "")


def _checked(tables: list[Kept], document: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every row of the document, read and checked, by table. Raises ImportRefusedError."""
    problems: list[str] = []
    told = document.get("tables")
    if not isinstance(told, dict):
        raise ImportRefusedError("The file has no tables.")
    known = {table.name for table in tables}
    problems += [f"{name}: there is no such table here" for name in told if name not in known]
    about = document.get("person", {})
    lists: dict[str, Any] = {**told, Person.__name__: [about]}
    read: dict[str, list[dict[str, Any]]] = {}
    for table in kept_tables():
        rows = lists.get(table.name, [])
        if not isinstance(rows, list):
            problems.append(f"{table.name}: must be a list")
            rows = []
        read[table.name] = []
        for number, row in enumerate(rows, start=1):
            where = table.name if table.model is Person else f"{table.name} {number}"
            made, wrong = _row(table, row, lists, number)
            problems += [f"{where}{one}" for one in wrong]
            read[table.name].append(made)
    if problems:
        raise ImportRefusedError(*problems)
    return read


def _row(table: Kept, row: Plain, lists: Mapping[str, Any], number: int) -> tuple[dict[str, Any], list[str]]:
    """The values of one row by field, links as row numbers, and what is wrong with it."""
    if not isinstance(row, dict):
        return {}, [f": must be a mapping, not {shown(row)}"]
    names = {field.name for field in table.fields}
    wrong = [f", {name}: there is no such field here" for name in row if name not in names]
    made: dict[str, Any] = {}
    for field in table.fields:
        if field.name not in row:
            # A file of an older app knows nothing of a field that came later.
            if not (field.has_default() or field.null or table.model is Person):
                wrong.append(f", {field.name}: is missing")
            continue
        try:
            value = restored(field, row[field.name])
        except ValueError as error:
            wrong.append(f", {field.name}: {error}")
            continue
        if isinstance(field, ForeignKey) and value is not None:
            other = field.related_model.__name__
            length = number - 1 if other == table.name else len(lists.get(other) or ())
            if not 1 <= value <= length:
                wrong.append(f", {field.name}: there is no {other} {value}")
                continue
        made[field.name] = value
    check = CHECKS.get(table.name)
    if check is not None and not wrong:
        wrong += [f", {problem}" for problem in check(made)]
    return made, wrong


def _insert(
    person: Person, table: Kept, rows: list[dict[str, Any]], made: Mapping[str, list[int]]
) -> list[int]:
    """Insert the rows in their order and return their keys. Raises ImportRefusedError naming a row."""
    own_links = table.name in table.uses
    objects: list[Model] = []
    keys: list[int] = []
    for row in rows:
        linked = {
            field.name: None
            if row.get(field.name) is None
            else field.related_model(pk=_key(field, row, table, keys, made))
            for field in table.fields
            if isinstance(field, ForeignKey) and field.name in row
        }
        whose = {table.owner: person} if "__" not in table.owner else {}
        one = table.model(**{**row, **linked, **whose})
        if own_links:
            _save(table, len(keys) + 1, [one])
            keys.append(one.pk)
        else:
            objects.append(one)
    if not own_links:
        _save(table, 1, objects)
        keys = [one.pk for one in objects]
    return keys


def _key(
    field: ForeignKey[Any, Any],
    row: Mapping[str, Any],
    table: Kept,
    keys: list[int],
    made: Mapping[str, list[int]],
) -> int:
    other = field.related_model.__name__
    place: int = row[field.name] - 1
    return (keys if other == table.name else made[other])[place]


def _save(table: Kept, first: int, objects: list[Model]) -> None:
    """Insert; where the database refuses a row of many, one after the other to find which."""
    manager = table.model._default_manager
    try:
        with transaction.atomic():
            manager.bulk_create(objects, batch_size=BATCH)
    except (DatabaseError, ValueError, OverflowError) as refused:
        for number, one in enumerate(objects, start=first):
            one.pk = None
            try:
                with transaction.atomic():
                    one.save(force_insert=True)
            except (DatabaseError, ValueError, OverflowError):
                raise ImportRefusedError(
                    f"{table.name} {number}: does not go together with the rest (it may be there twice)"
                ) from None
        raise ImportRefusedError(f"{table.name}: the database refuses it") from refused


def _refuse_constant(text: str) -> Plain:
    raise ValueError(text)
