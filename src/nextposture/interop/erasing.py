"""Erase everything kept about the person: record, sign-ins, backups, and what the companion holds.

The files of the data folder hold nothing of it afterwards: SQLite overwrites what it deletes
(`secure_delete`), the database is written anew (`VACUUM`) and the write-ahead log is emptied. What a disk
keeps below its files (an SSD's spare blocks, a snapshot of the file system, somebody's copy) no program can
reach, and the pages say so.

A note in the folder says that an erasure is under way, so that one that was killed is finished at the next
start.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from pathlib import Path

from filelock import FileLock, Timeout

from nextposture.companion import client
from nextposture.companion.folder import APP_TOKEN, LOCK
from nextposture.interop import backups

NOTE = "erasure-under-way"
TRIES = 40
PAUSE_S = 0.25

KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission", "sqlite_sequence")
"""Tables that say nothing about anybody; every other table is emptied."""


class EraseError(Exception):
    """Not everything is erased yet. The message says what is in the way; erasing again goes on from there."""


def erase(data: Path) -> None:
    """Erase everything; when this returns it is gone. Raises EraseError and OSError."""
    note = data / NOTE
    note.touch(mode=0o600)
    with backups.writing(data):
        _erase_companion(data)
        shutil.rmtree(backups.folder(data), ignore_errors=True)
        if backups.folder(data).exists():
            raise EraseError(
                f"The backups in {backups.folder(data)} cannot be deleted. Close what uses them."
            )
        for path in data.glob(f"{backups.DATABASE}-restoring*"):
            path.unlink()
        _empty(data / backups.DATABASE)
    note.unlink()


def finish_erasing(data: Path) -> bool:
    """Finish an erasure that was killed half-way. Whether there was one."""
    if not (data / NOTE).exists():
        return False
    erase(data)
    return True


def _erase_companion(data: Path) -> None:
    """End the companion, which holds bouts that the app may not have yet, and delete its folder."""
    own = data / "companion"
    with contextlib.suppress(OSError, ValueError):
        client.ask(data, "POST", "/stop", timeout_s=2)
    if own.is_dir():
        lock = FileLock(own / LOCK, timeout=10)
        try:
            lock.acquire()
        except Timeout:
            raise EraseError(
                "The companion does not end. Stop it (nextposture companion stop), then erase again."
            ) from None
        lock.release()
        shutil.rmtree(own, ignore_errors=True)
        if own.exists():
            raise EraseError(f"{own} cannot be deleted. Close what uses it, then erase again.")
    (data / APP_TOKEN).unlink(missing_ok=True)


def _empty(database: Path) -> None:
    """Empty every table that may hold something about the person, and leave no page of it in any file."""
    if not database.exists():
        return
    with contextlib.closing(sqlite3.connect(database, timeout=20, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA synchronous = FULL")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        for (name,) in names:
            if name not in KEPT_TABLES:
                connection.execute(f'DELETE FROM "{name}"')
        connection.execute("COMMIT")
        connection.execute("PRAGMA busy_timeout = 250")
        for _ in range(TRIES):
            try:
                connection.execute("VACUUM")
                busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:  # another connection reads or writes just now
                busy = 1
            if not busy:
                return
            time.sleep(PAUSE_S)
    raise EraseError("The record is emptied, but another program still reads its file. Erase again.")
