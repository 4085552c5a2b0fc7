"""Backups of the record on this computer: made once a day, thinned out with age, and read back.

A backup is a whole SQLite database, made while the app runs by SQLite's `VACUUM INTO`, which sees one state
of it. Restoring reads the record out of a copy of the backup and puts it in place of the one that is there,
in a single transaction: a restore that is killed half-way has changed nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from filelock import FileLock

from nextposture.interop.archive import Imported, exported, import_into
from nextposture.record.models import Person

log = logging.getLogger(__name__)

DATABASE = "nextposture.sqlite3"
"""The name of the record's file; a backup's begins with it."""

EVERY = timedelta(days=1)
LOOK_EVERY_S = 15 * 60.0

# All of the last week, then one a week for five weeks, then one a month for a year.
KEEP_ALL, KEEP_WEEKLY, KEEP_MONTHLY = timedelta(days=7), timedelta(weeks=5), timedelta(days=366)

_STAMP = "%Y%m%dT%H%M%S%fZ"
_ALIAS = "backup"


class BackupError(Exception):
    """The backup cannot be made or read; nothing was changed. The message says what to do."""


@dataclass(frozen=True)
class Backup:
    """One backup: its file, when it was made, and its size in bytes."""

    path: Path
    made_at: datetime
    size: int

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return self.path.name


def folder(data: Path) -> Path:
    """Where backups of the record in `data` are kept."""
    return data / "backups"


def writing(data: Path) -> FileLock:
    """Held while backups are written or erased, so that none appears behind an erasure."""
    return FileLock(data / "backups.lock", timeout=60)


def listed(data: Path) -> list[Backup]:
    """The backups there are, the newest first."""
    found = []
    for path in folder(data).glob(f"{DATABASE}-*Z"):
        with contextlib.suppress(ValueError, OSError):
            made_at = datetime.strptime(path.name.removeprefix(f"{DATABASE}-"), _STAMP).replace(tzinfo=UTC)
            found.append(Backup(path, made_at, path.stat().st_size))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def make(data: Path, now: datetime) -> Backup:
    """Back up the record in `data`; it is on disk when this returns. Raises BackupError."""
    with writing(data):
        return _make(data, now)


def _make(data: Path, now: datetime) -> Backup:
    target = folder(data) / f"{DATABASE}-{now.astimezone(UTC).strftime(_STAMP)}"
    new = target.with_name(f"{target.name}.new")
    try:
        folder(data).mkdir(mode=0o700, exist_ok=True)
        for left_over in folder(data).glob("*.new"):
            left_over.unlink()
        with contextlib.closing(sqlite3.connect(data / DATABASE, timeout=20)) as source:
            source.execute("VACUUM INTO ?", (str(new),))
        new.chmod(0o600)
        _sync(new)
        new.replace(target)
        _sync(folder(data))
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        raise BackupError(f"The backup could not be written to {folder(data)}: {error}.") from error
    for old in too_many(listed(data), now):
        old.path.unlink(missing_ok=True)
    return Backup(target, now.astimezone(UTC), target.stat().st_size)


def too_many(backups: Iterable[Backup], now: datetime) -> list[Backup]:
    """The backups that are kept no longer; `KEEP_ALL`, `KEEP_WEEKLY` and `KEEP_MONTHLY` say which stay."""
    kept: set[tuple[int, int, str]] = set()
    going = []
    for one in sorted(backups, key=lambda one: one.made_at, reverse=True):
        age = now - one.made_at
        year, week, _ = one.made_at.isocalendar()
        if age <= KEEP_ALL:
            continue
        slot = (year, week, "week") if age <= KEEP_WEEKLY else (one.made_at.year, one.made_at.month, "month")
        if age > KEEP_MONTHLY or slot in kept:
            going.append(one)
        kept.add(slot)
    return going


def make_if_due(data: Path, now: datetime) -> Backup | None:
    """Back up if the newest backup is a day old and anything changed since; None if it was not needed."""
    there = listed(data)
    # A clock that was set back must not stop backups for good.
    if there and abs(now - there[0].made_at) < EVERY:
        return None
    if there and _fingerprint(data / DATABASE) == _fingerprint(there[0].path):
        return None
    if not there and not _holds_anything(data / DATABASE):
        return None
    return make(data, now)


@contextmanager
def kept_up(data: Path) -> Iterator[None]:
    """Look now and every quarter of an hour whether a backup is due, in a thread, while the block runs."""
    ended = threading.Event()

    def look() -> None:
        while True:
            try:
                make_if_due(data, datetime.now(UTC))
            except Exception as error:  # a full disk must not end the looking
                log.error("The daily backup failed: %s", type(error).__name__)
            if ended.wait(LOOK_EVERY_S):
                return

    thread = threading.Thread(target=look, name="backups", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=2)


def restore(person: Person, data: Path, backup: Path, now: datetime) -> Imported:
    """Put the record of a backup in place of the one that is there, which is backed up first.

    Raises BackupError, with nothing changed, if the file is no sound backup or a newer app made it.
    """
    copy = data / f"{DATABASE}-restoring"
    with writing(data):
        try:
            document = _record_in(backup, copy, person.user.get_username())
        finally:
            for path in (copy, *(copy.with_name(copy.name + end) for end in ("-wal", "-shm", "-journal"))):
                path.unlink(missing_ok=True)
        if _holds_anything(data / DATABASE):
            _make(data, now)
    return import_into(person, document, replace=True)


def _record_in(backup: Path, copy: Path, username: str) -> dict[str, object]:
    """The record in a backup, as an export has it. The backup itself is left as it is."""
    try:
        copy.touch(mode=0o600)
        with (
            contextlib.closing(sqlite3.connect(f"{backup.resolve().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
            sound = target.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            there = target.execute("SELECT 1 FROM sqlite_master WHERE name = 'record_person'").fetchone()
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{backup.name} cannot be read as a backup: {error}. Choose another.") from error
    if not sound:
        raise BackupError(f"{backup.name} is damaged. Choose an older backup.")
    if there is None:
        raise BackupError(f"{backup.name} holds no record of Next Posture. Choose another file.")
    connections.databases[_ALIAS] = {**connections.databases["default"], "NAME": copy}
    try:
        loader = MigrationLoader(connections[_ALIAS])
        if set(loader.applied_migrations) - set(loader.disk_migrations):
            raise BackupError(f"{backup.name} was made by a newer Next Posture. Update this one first.")
        call_command("migrate", database=_ALIAS, interactive=False, verbosity=0)
        whose = Person.objects.using(_ALIAS).filter(user__username=username).first()
        if whose is None:
            raise BackupError(f"{backup.name} holds no record of the owner. Choose another file.")
        return exported(whose, _ALIAS)
    except DatabaseError as error:
        raise BackupError(f"{backup.name} cannot be read: {error}. Choose another.") from error
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
        del connections.databases[_ALIAS]


def _holds_anything(database: Path) -> bool:
    return any(count for _, count, _ in _fingerprint(database))


def _fingerprint(database: Path) -> list[tuple[str, int, int]]:
    """Each table of the record but the person's own row, with how many rows and the sum of their lengths."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
        ) as source:
            names = source.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'record\\_%' ESCAPE '\\' "
                "AND name <> 'record_person' ORDER BY name"
            ).fetchall()
            return [(name, *_sums(source, name)) for (name,) in names]
    except sqlite3.Error:
        return []


def _sums(source: sqlite3.Connection, table: str) -> tuple[int, int]:
    columns = [row[1] for row in source.execute(f'PRAGMA table_info("{table}")')]
    values = " || '|' || ".join(f"coalesce(\"{one}\", '')" for one in columns)
    digest = 0
    count = 0
    for (text,) in source.execute(f'SELECT {values} FROM "{table}"'):
        count += 1
        digest = (digest + hash(text)) & 0xFFFFFFFFFFFF
    return count, digest


def _sync(path: Path) -> None:
    if os.name != "posix" and path.is_dir():  # elsewhere a folder cannot be opened
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
