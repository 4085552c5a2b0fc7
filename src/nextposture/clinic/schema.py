"""Whether the database has the tables that this version needs, and bringing it there, once, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from filelock import FileLock

LOCK = 8650_0001
"""The number of PostgreSQL's advisory lock; any that nothing else in the database uses."""

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

    Raises DatabaseError where the database does not answer.
    """
    with _alone():
        call_command("migrate", interactive=False, verbosity=0)


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
