"""Whether the database has the tables that this version needs, and bringing it there, once, whoever asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from filelock import FileLock

LOCK = 8650_0001
"""The number of PostgreSQL's advisory lock; any that nothing else in the database uses."""
LOCK_TIMEOUT = "2s"
LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code for having waited longer than that."""

_current = False


def is_current() -> bool:
    """Whether every migration that this version knows is applied. Those of a newer version do no harm.

    Raises DatabaseError where the database does not answer.
    """
    global _current
    if not _current:
        executor = MigrationExecutor(connection)
        _current = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _current


def bring_up_to_date() -> None:
    """Apply what is missing. Several processes may ask at once: one does it, the others wait for it.

    A change of a table waits for whoever reads it, such as a backup, and whoever comes later waits behind the
    change. So it waits for a short time only, lets the others through, and tries again. Raises DatabaseError
    where the database does not answer.
    """
    with _alone():
        while not _applied():
            time.sleep(1)


def _applied() -> bool:
    """Whether what is missing was applied; not where a table was in use for longer than we may wait."""
    if connection.vendor != "postgresql":
        call_command("migrate", interactive=False, verbosity=0)
        return True
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        return False
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    return True


@contextmanager
def _alone() -> Iterator[None]:
    if connection.vendor != "postgresql":
        with FileLock(settings.DATA / "migrate.lock", mode=0o600):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
