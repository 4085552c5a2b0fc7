"""What the server acknowledged survives kill -9."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import connection
from tests.live_server import LiveServer


def test_sign_in_survives_a_killed_server(app: LiveServer) -> None:
    for _ in range(5):
        port = app.port
        with app.sign_in() as browser:
            app.kill()
            app.start(port)
            assert browser.get("/").status_code == 200


@pytest.mark.django_db
def test_database_syncs_each_commit_and_checks_its_links(app: LiveServer) -> None:
    with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with connection.cursor() as cursor:
        full = 2
        assert cursor.execute("PRAGMA synchronous").fetchone() == (full,)
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)
