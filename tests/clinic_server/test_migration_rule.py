"""Migrations without downtime: the version before goes on over the new tables (docs/clinic.md, "Migrations").

A linter that we did not write reads the SQL of each migration; one case that it misses is looked for here. It
runs over PostgreSQL only: SQLite makes a table anew for any change, which tells the linter nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest
from django.db import connection, transaction
from django.db.migrations import AddField, CreateModel
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED
from django_migration_linter import MigrationLinter

from nextposture.clinic import schema

pytestmark = pytest.mark.django_db

FIRST_RELEASE: Mapping[str, str] = {"clinic": "0003", "record": "0010"}
"""The newest migration of each app in the first release of the clinic's server: no version ran over less."""

CONTRACTS: Mapping[tuple[str, str], str] = {}
"""(app, migration): why a migration that breaks the version before harms nobody. What it takes away is used
by no page or task of the version before, which therefore was a release of its own.
"""


def later() -> list[tuple[str, str]]:
    """Our migrations since the first release."""
    known = sorted(MigrationLoader(connection).disk_migrations)
    return [(app, name) for app, name in known if name[:4] > FIRST_RELEASE.get(app, "9999")]


def told(app: str, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What is wrong with a migration; empty where nothing."""
    linter = MigrationLinter(no_cache=True)
    linter.lint_all_migrations(app_label=app, migration_name=name)
    assert linter.nb_total == 1
    words = capsys.readouterr().out
    return (words if linter.has_errors else "") + "".join(rows_refused(app, name))


def rows_refused(app: str, name: str) -> list[str]:
    """New columns that refuse the rows of the version before, which knows nothing of them.

    Django's `default` is the new version's own; the database keeps `db_default` only. The linter misses it
    where the same migration makes a table.
    """
    operations = MigrationLoader(connection).disk_migrations[app, name].operations
    made = {one.name_lower for one in operations if isinstance(one, CreateModel)}
    return [
        f"{one.model_name}.{one.name}: a new column needs null=True or db_default\n"
        for one in operations
        if isinstance(one, AddField)
        and one.model_name_lower not in made
        and not (one.field.null or one.field.many_to_many or one.field.db_default is not NOT_PROVIDED)
    ]


def test_no_migration_breaks_the_version_that_still_runs(capsys: pytest.CaptureFixture[str]) -> None:
    for one in later():
        assert one in CONTRACTS or not (problem := told(*one, capsys)), problem
    assert set(CONTRACTS) <= set(later())


def test_what_breaks_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    """On migrations from before the first release, which were free to."""
    assert "driving: a new column needs" in told("record", "0002_habits_and_driving", capsys)
    assert "ALTERING columns" in told("record", "0004_breaks_of_the_companion", capsys)
    assert "NOT NULL" in told("record", "0006_outcomes", capsys)
    assert not told("record", "0008_height_and_mass", capsys)
    assert not told("clinic", "0001_initial", capsys)


def test_a_change_lets_others_through_while_a_backup_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a lock has everybody wait behind it: only shortly, then again."""
    facts = connection.get_connection_params()
    backup, page = (psycopg.connect(**{**facts, "context": None}) for _ in range(2))
    backup.execute("SELECT count(*) FROM clinic_message")  # and goes on with other tables
    tries: list[str] = []

    def change(*_: object, **__: object) -> None:
        tries.append("")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20s'")
            cursor.execute("LOCK TABLE clinic_message IN ACCESS EXCLUSIVE MODE")

    def pause(_: float) -> None:
        page.execute("SET lock_timeout = '10s'")
        page.execute("SELECT count(*) FROM clinic_message")
        for one in (page, backup):
            one.close()

    monkeypatch.setattr(schema, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(schema, "call_command", change)
    monkeypatch.setattr(schema.time, "sleep", pause)
    schema.bring_up_to_date()
    assert len(tries) == 2
