"""A clinic's whole database as one file, and back, on SQLite and on PostgreSQL, from either to either.

The file is gzip over lines of JSON: a head (what it is, which migrations the database had), for each table
its name and columns and then a line for each row, and an end (rows of each table, the highest number that
each gave to a row, SHA-256 of all that stands before). It is read in one snapshot while the server works on,
and needs no program of the database's own. Restoring brings an empty database to the backup's migrations,
puts the rows in with their own keys, and then applies what newer migrations there are.

Django's own serialisers are not used: their JSON cuts times to milliseconds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from nextposture import __version__
from nextposture.clinic import schema

FORMAT, VERSION = "nextposture-clinic-backup", 1
ROWS = 1000
"""Rows read or written at a time."""

BY_MIGRATE = frozenset({"auth_permission", "django_content_type"})
"""What `migrate` itself fills, so that rows in them say nothing of whether a database is in use."""

AS_THEY_ARE = (bool, int, float, str)

Row = list[Any]
Migration = tuple[str, str]


class BackupError(Exception):
    """Why no backup was made or restored, in one line for who asked."""


@dataclass(frozen=True)
class Backup:
    """What a file says of itself, once it was read through and found whole."""

    made_at: datetime
    software: str
    migrations: frozenset[Migration]
    rows: dict[str, int]
    sequences: dict[str, int]

    @property
    def all_rows(self) -> int:
        """How many rows it has in all."""
        return sum(self.rows.values())


# ---- Making one


def make(path: Path, now: datetime) -> Backup:
    """Write a backup to `path`, which is for this account's eyes only. Raises BackupError, OSError."""
    if path.exists():
        raise BackupError(f"{path} is there already. Name a new file.")
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            made = write(file, now)
            file.flush()
            os.fsync(file.fileno())
        new.rename(path)
    finally:
        new.unlink(missing_ok=True)
    return made


def write(file: IO[bytes], now: datetime) -> Backup:
    """Write a backup to `file`. Raises BackupError where the database is not this version's."""
    if not schema.is_current():
        raise BackupError("The database is not this version's. First: nextposture clinic migrate")
    digest = hashlib.sha256()
    with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as packed, _snapshot():

        def line(told: Any) -> None:
            text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(text)
            packed.write(text)

        loader = MigrationExecutor(connection).loader
        applied = frozenset(loader.applied_migrations) & frozenset(loader.graph.nodes)
        head = {"made_at": now.astimezone(UTC).isoformat(), "software": __version__}
        line({"format": FORMAT, "version": VERSION, **head, "migrations": sorted(applied)})
        rows: dict[str, int] = {}
        for table, model in sorted(_tables(apps).items()):
            line({"table": table, "columns": [field.column for field in _fields(model)]})
            rows[table] = 0
            for row in _rows_of(model):
                line(row)
                rows[table] += 1
        # Numbers that were given since the snapshot do no harm: none is given twice.
        sequences = _sequences(rows)
        end = {"rows": rows, "sequences": sequences, "sha256": digest.hexdigest()}
        packed.write(json.dumps({"end": end}).encode() + b"\n")
    return Backup(now, __version__, applied, rows, sequences)


@contextmanager
def _snapshot() -> Iterator[None]:
    """Everything read within is of one moment; others write meanwhile."""
    if connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
        return
    # Not `atomic`, which takes the lock that writers need.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _tables(of: Any) -> dict[str, type[models.Model]]:
    """Each table's model, those between two models too."""
    every = of.get_models(include_auto_created=True)
    return {
        one._meta.db_table: one
        for one in every
        if one._meta.managed and not (one._meta.proxy or one._meta.swapped)
    }


def _fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.column]


def _rows_of(model: type[models.Model]) -> Iterator[Row]:
    """Rows in the order of their keys, some at a time."""
    fields, last = _fields(model), None
    everything = model._base_manager.order_by("pk")
    while True:
        found = list((everything if last is None else everything.filter(pk__gt=last))[:ROWS])
        for one in found:
            yield [_plain(field, one) for field in fields]
        if len(found) < ROWS:
            return
        last = found[-1].pk


def _plain(field: Any, row: models.Model) -> Any:
    value = field.value_from_object(row)
    if value is None or isinstance(value, AS_THEY_ARE) or isinstance(field, models.JSONField):
        return value
    return field.value_to_string(row)


def _sequences(tables: dict[str, int]) -> dict[str, int]:
    """The highest number that each table ever gave to a row, so that no erased row's number comes back."""
    found: dict[str, int] = {}
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            return {name: seq for name, seq in cursor.fetchall() if name in tables}
        for table in tables:
            for one in connection.introspection.get_sequences(cursor, table):
                cursor.execute(f"SELECT last_value, is_called FROM {connection.ops.quote_name(one['name'])}")
                value, called = cursor.fetchone()
                found[table] = value if called else value - 1
    return found


# ---- Reading one


def check(path: Path) -> Backup:
    """Read a backup through. Raises BackupError where it is none, or not whole."""
    digest, head, end = hashlib.sha256(), None, None
    counted: dict[str, int] = {}
    table = ""
    try:
        with gzip.open(path, "rb") as lines:
            for text in lines:
                if end is not None:
                    raise BackupError(f"{path} goes on after its end: it is damaged.")
                told = json.loads(text)
                if head is None:
                    head = _head(path, told)
                elif isinstance(told, dict) and "end" in told:
                    end = told["end"]
                    continue
                elif isinstance(told, dict):
                    table = told["table"]
                    counted[table] = 0
                else:
                    counted[table] += 1
                digest.update(text)
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError, KeyError, TypeError) as problem:
        if head is None:
            raise BackupError(f"{path} is no backup of a clinic's server.") from problem
        raise BackupError(f"{path} is damaged or was cut short.") from problem
    if head is None:
        raise BackupError(f"{path} is no backup of a clinic's server.")
    if end is None or end["sha256"] != digest.hexdigest() or end["rows"] != counted:
        raise BackupError(f"{path} is damaged or was cut short.")
    migrations = frozenset((app, name) for app, name in head["migrations"])
    made_at = datetime.fromisoformat(head["made_at"])
    return Backup(made_at, head["software"], migrations, counted, end["sequences"])


def _head(path: Path, told: Any) -> dict[str, Any]:
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BackupError(f"{path} is no backup of a clinic's server.")
    if told.get("version") != VERSION:
        raise BackupError(
            f"{path} was made by Next Posture {told.get('software')}: install that or a newer one."
        )
    return told


# ---- Restoring one


def restore(path: Path, *, replace: bool = False) -> Backup:
    """Put a backup into the database, all of it or nothing, and bring that up to date.

    Raises BackupError, with the rows that are there as they were: where the file is not whole, was made by a
    newer version, or the database holds something and `replace` was not said.
    """
    told = check(path)
    executor = MigrationExecutor(connection)
    known, there = frozenset(executor.loader.graph.nodes), frozenset(executor.loader.applied_migrations)
    if unknown := sorted(told.migrations - known):
        raise BackupError(
            f"{path} was made by Next Posture {told.software}, which is newer: this version does not know "
            f"{unknown[0][0]}.{unknown[0][1]}. Install that version or a newer one."
        )
    if newer := sorted((there & known) - told.migrations):
        raise BackupError(
            f"The database is newer than {path} ({newer[0][0]}.{newer[0][1]}). "
            "Restore into an empty database; it is brought up to date afterwards."
        )
    if not replace and (full := _first_full()):
        raise BackupError(f"The database is not empty ({full}). To put the backup in its place: --replace")
    state = executor.migrate(_leaves(executor, told.migrations))
    _fill(path, told, _tables(state.apps))
    call_command("migrate", interactive=False, verbosity=0)
    return told


def _leaves(executor: MigrationExecutor, migrations: frozenset[Migration]) -> list[Migration]:
    """The last migrations of each app: a target before the last would undo those after it."""
    graph = executor.loader.graph
    followed = {
        (parent.key[0], parent.key[1])
        for one in migrations
        for parent in graph.node_map[one].parents
        if parent.key[0] == one[0]
    }
    return sorted(migrations - followed)


def _first_full() -> str:
    """A table that has rows, or nothing."""
    with connection.cursor() as cursor:
        there = set(connection.introspection.table_names(cursor))
    tables = ((name, one) for name, one in sorted(_tables(apps).items()) if name in there)
    return next((name for name, one in tables if name not in BY_MIGRATE and _has_rows(name)), "")


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {connection.ops.quote_name(table)} LIMIT 1")
        return cursor.fetchone() is not None


@transaction.atomic
def _fill(path: Path, told: Backup, tables: dict[str, type[models.Model]]) -> None:
    """Empty every table and put the backup's rows in. Raises BackupError, with nothing changed."""
    if strange := sorted(set(told.rows) - set(tables)):
        raise BackupError(f"{path} has a table that this version does not know: {strange[0]}.")
    with connection.cursor() as cursor:
        for statement in connection.ops.sql_flush(no_style(), sorted(tables), reset_sequences=True):
            cursor.execute(statement)
        for table, columns, rows in _batches(path):
            try:
                _insert(cursor, tables[table], columns, rows)
            except (DatabaseError, ValidationError, ValueError, KeyError) as problem:
                first = str(problem).splitlines()[0]
                raise BackupError(
                    f"A row of {table} does not go in: {first}. Nothing was changed."
                ) from problem
        _set_sequences(cursor, told.sequences, tables)
    try:
        connection.check_constraints()
    except DatabaseError as problem:
        first = str(problem).splitlines()[0]
        raise BackupError(
            f"The backup's rows do not fit together: {first}. Nothing was changed."
        ) from problem


def _batches(path: Path) -> Iterator[tuple[str, list[str], list[Row]]]:
    table = ""
    columns: list[str] = []
    rows: list[Row] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        next(lines)
        for text in lines:
            told = json.loads(text)
            if isinstance(told, list):
                rows.append(told)
            if rows and (len(rows) == ROWS or isinstance(told, dict)):
                yield table, columns, rows
                rows = []
            if isinstance(told, dict) and "table" in told:
                table, columns = told["table"], told["columns"]


def _insert(cursor: Any, model: type[models.Model], columns: list[str], rows: list[Row]) -> None:
    """Rows as they are: no signal, no history, no field that fills itself anew."""
    by_column = {field.column: field for field in _fields(model)}
    fields = [by_column[column] for column in columns]
    quote = connection.ops.quote_name
    names, places = ", ".join(map(quote, columns)), ", ".join(["%s"] * len(columns))
    cursor.executemany(
        f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})",
        [[_for_database(field, value) for field, value in zip(fields, row, strict=True)] for row in rows],
    )


def _for_database(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(field.to_python(value), connection)


def _set_sequences(cursor: Any, sequences: dict[str, int], tables: dict[str, type[models.Model]]) -> None:
    """The next row of each table gets a number that none had before."""
    for table, last in sequences.items():
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
            continue
        column = tables[table]._meta.pk.column
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
            [connection.ops.quote_name(table), column, max(last, 1), last > 0],
        )
