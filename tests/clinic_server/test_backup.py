"""A clinic's backup: one moment of a database that is written to, back row by row, and work goes on."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nextposture.clinic import backup
from tests.clinic_server.live_clinic import LiveClinic, postgresql

WRITE = """
import itertools, json, pathlib, time
from django.db import transaction
from nextposture.clinic.models import AuditEvent, Clinic, Message
from nextposture.record.models import Person

def write(said):
    person, clinic = Person.objects.order_by("pk").first(), Clinic.objects.get()
    for number in itertools.count(1):
        with transaction.atomic():  # into two tables, which a backup reads one after the other
            AuditEvent.objects.create(person=person, clinic=clinic, actor_name="test", what=f"{number}")
            Message.objects.create(person=person, clinic=clinic, text=f"written {number}")
        pathlib.Path(said).write_text(str(number))
        time.sleep(0.002)
"""

FILL = """
from django.utils import timezone
from nextposture.clinic import demo, schema
schema.bring_up_to_date()
made = demo.make(4, 1, timezone.now(), "correct horse battery")
person, clinic = Person.objects.order_by("pk").first(), made.clinic
# The highest number of a table belongs to a row that is gone: it must not come back.
for _ in range(50):
    gone = Message.objects.create(person=person, clinic=clinic, text="gone").pk
Message.objects.filter(text="gone").delete()
name, email, secret = made.staff[0]
pathlib.Path("{folder}/made").write_text(
    json.dumps(dict(email=email, secret=secret, person=person.pk, gone=gone)))
write("{folder}/written")
"""

MOVE = """
import threading
from django.utils import timezone
from nextposture.clinic import backup
backup.restore(pathlib.Path("{moved}"))
backup.make(pathlib.Path("{at_rest}"), timezone.now())
threading.Thread(target=write, args=["{folder}/written"], daemon=True).start()
while not pathlib.Path("{folder}/written").exists():
    time.sleep(0.01)
backup.make(pathlib.Path("{file}"), timezone.now())
"""

MOVE_BACK = """
from pathlib import Path
from django.utils import timezone
from nextposture.clinic import backup
backup.restore(Path("{file}"))
backup.make(Path("{again}"), timezone.now())
"""

WORK_ON = """
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client
from nextposture.clinic.models import Clinic, Message
client = Client(headers={{"host": "127.0.0.1"}})
form = {{"login": {email!r}, "password": "correct horse battery"}}
assert client.post("/accounts/login/", form)["Location"].endswith("/accounts/2fa/authenticate/")
code = format_hotp_value(hotp_value({secret!r}, next(iter(yield_hotp_counters_from_time()))))
assert client.post("/accounts/2fa/authenticate/", {{"code": code}}).status_code == 302
answer = client.post("/clinic/people/{person}/messages/", {{"text": "after the backup"}})
assert answer.status_code == 302, answer
assert Message.objects.get(text="after the backup").pk > {gone}
clinic = Clinic.objects.get()
clinic.phone = "020 7946 0999"
clinic.save()
assert clinic.history.count() == 2
"""


def tables(server: LiveClinic) -> dict[str, list[Any]]:
    """Columns and rows of every table that the database itself knows of."""
    if address := server.environment.get("NEXTPOSTURE_DATABASE"):
        line: Any = psycopg.connect(address)
        names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    else:
        line = sqlite3.connect(server.folder / "nextposture.sqlite3")
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    with closing(line):
        found = {}
        for (name,) in line.execute(names).fetchall():
            cursor = line.execute(f'SELECT * FROM "{name}" ORDER BY 1')
            found[name] = [[column[0] for column in cursor.description], cursor.fetchall()]
        return found


def same_but_for_what_came_later(was: dict[str, list[Any]], now: dict[str, list[Any]]) -> tuple[int, int]:
    """Every table is the same, but for what was written after the backup; how often was written, till it and
    in all.
    """
    assert set(was) == set(now) and len(was) > 50
    wrote = {"clinic_auditevent": "'test'", "clinic_message": "'written "}
    for name, (columns, rows) in was.items():
        there = now[name][1]
        if name in wrote:
            rows = rows[: len(there)]
        if name == "django_migrations":  # applied at another time
            rows, there = (sorted(row[1:3] for row in some) for some in (rows, there))
        assert (columns, rows) == (now[name][0], there), name
    events, messages = (sum(word in str(row) for row in now[name][1]) for name, word in wrote.items())
    assert events == messages, "halves of what was written together"
    return messages, sum("'written " in str(row) for row in was["clinic_message"][1])


def rows_of(file: Path) -> list[Any]:
    """Tables and rows of a backup, without the lines that say when it was made and how it ends."""
    with gzip.open(file, "rt") as lines:
        return [json.loads(line) for line in lines][1:-1]


def refused(server: LiveClinic, *arguments: str) -> str:
    """The one line that a command ends with."""
    ended = subprocess.run(
        server.command("clinic", *arguments), env=server.environment, capture_output=True, text=True
    )
    assert ended.returncode == 2 and len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    return ended.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("backups")


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[LiveClinic]:
    """A clinic on SQLite that was written to while `clinic.backup` was made."""
    (folder / "first").mkdir()
    server = LiveClinic(folder / "first")
    said = server.folder / "written"
    writer = server.python(WRITE + FILL.format(folder=server.folder))
    while not said.exists():
        assert writer.poll() is None, server.output()
        time.sleep(0.05)
    server.run("clinic", "backup", str(folder / "clinic.backup"))
    writer.kill()
    writer.wait()
    yield server
    server.stop()


def made_in(first: LiveClinic) -> dict[str, Any]:
    return dict(json.loads((first.folder / "made").read_text()))


def test_sqlite_comes_back_row_by_row_and_is_worked_on(folder: Path, first: LiveClinic) -> None:
    file = folder / "clinic.backup"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (folder / "second").mkdir()
    second = LiveClinic(folder / "second")
    assert second.run("clinic", "restore", str(file)).startswith("Restored ")
    restored, written = same_but_for_what_came_later(tables(first), tables(second))
    assert 0 < restored < written
    second.run(script=WORK_ON.format(**made_in(first)))
    assert "is there already" in refused(second, "backup", str(file))


def test_postgresql_takes_over_from_sqlite_comes_back_row_by_row_and_moves_back(
    folder: Path, first: LiveClinic
) -> None:
    file = folder / "postgresql.backup"
    for name in ("third", "fourth"):
        (folder / name).mkdir()
    with postgresql(folder / "database") as address:
        with psycopg.connect(address, autocommit=True) as line:
            line.execute("CREATE DATABASE fourth")
        third = LiveClinic(folder / "third", address)
        fourth = LiveClinic(folder / "fourth", address.replace("/postgres?", "/fourth?"))
        files = {"moved": folder / "clinic.backup", "at_rest": folder / "at_rest.backup", "file": file}
        third.run(script=WRITE + MOVE.format(folder=third.folder, **files))
        assert rows_of(folder / "clinic.backup") == rows_of(folder / "at_rest.backup")
        with psycopg.connect(address, autocommit=True) as line:
            line.execute("DROP DATABASE fourth")
            line.execute("CREATE DATABASE fourth TEMPLATE postgres")
        assert "is not empty" in refused(fourth, "restore", str(file))
        fourth.run("clinic", "restore", str(file), "--replace")
        restored, written = same_but_for_what_came_later(tables(third), tables(fourth))
        assert 0 < restored <= written
        fourth.run(script=WORK_ON.format(**made_in(first)))
    (folder / "fifth").mkdir()
    fifth = LiveClinic(folder / "fifth")  # on SQLite again
    back = {"file": file, "again": folder / "again.backup"}
    fifth.run(script=MOVE_BACK.format(**back) + WORK_ON.format(**made_in(first)))
    assert rows_of(back["again"]) == rows_of(file)


def test_what_is_no_whole_backup_or_of_a_newer_version_is_refused_before_anything_is_done(
    folder: Path, first: LiveClinic, db: None
) -> None:
    whole, other = folder / "clinic.backup", folder / "other.backup"
    assert backup.check(whole).all_rows > 500
    lines = gzip.decompress(whole.read_bytes()).splitlines(keepends=True)
    head = json.loads(lines[0])

    def why(content: bytes) -> str:
        other.write_bytes(content)
        with pytest.raises(backup.BackupError) as refusal:
            backup.restore(other, replace=True)
        return str(refusal.value)

    packed = whole.read_bytes()
    assert (
        "no backup" in why(b"") and "no backup" in why(b"PGDMP") and "no backup" in why(gzip.compress(b"{}"))
    )
    assert "damaged" in why(packed[: len(packed) // 2])
    assert "damaged" in why(packed[:-500] + b"xx" + packed[-498:])
    assert "damaged" in why(gzip.compress(b"".join(lines[:-1])))
    assert "damaged" in why(gzip.compress(b"".join([*lines[:40], *lines[41:]])))
    assert "damaged" in why(gzip.compress(b"".join(lines).replace(b"Can add clinic", b"Can add clinIc")))

    def as_if(**more: Any) -> bytes:
        """A whole backup with another head."""
        body = [json.dumps({**head, **more}).encode() + b"\n", *lines[1:-1]]
        end = {**json.loads(lines[-1])["end"], "sha256": hashlib.sha256(b"".join(body)).hexdigest()}
        return gzip.compress(b"".join([*body, json.dumps({"end": end}).encode()]))

    newer = why(as_if(software="9.9", migrations=[*head["migrations"], ["clinic", "0999_later"]]))
    assert "9.9, which is newer" in newer and "clinic.0999_later" in newer
    assert "9.9" in why(as_if(software="9.9", version=2))
    older = [one for one in head["migrations"] if one[0] != "clinic"]
    assert "is newer than" in why(as_if(migrations=older)) and "empty database" in why(
        as_if(migrations=older)
    )
