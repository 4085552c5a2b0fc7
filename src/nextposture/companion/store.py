"""What the companion keeps: its state, and the bouts and breaks that the app has not confirmed yet.

One SQLite file, one transaction for each step: what a killed companion had finished is either wholly there
or not at all, and a bout leaves only when the app has said that it has it.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from nextposture.sitting.bouts import Bout, Break
from nextposture.sitting.saved import plain, restored
from nextposture.sitting.scheduler import State

SCHEMA = """
create table if not exists kept (name text primary key, value text not null) strict;
create table if not exists outbox (
  install text not null, number integer not null, value text not null, primary key (install, number)
) strict;
create table if not exists refused (
  install text not null, number integer not null, value text not null, why text not null,
  primary key (install, number)
) strict;
"""


class Store:
    """The file. `was_broken` is where an unreadable one was put aside, if it was."""

    def __init__(self, path: Path) -> None:
        self.was_broken: Path | None = None
        path.touch(mode=0o600)
        try:
            self._open(path)
        except sqlite3.DatabaseError:
            self.was_broken = path.with_name(f"{path.name}.broken-{datetime.now():%Y%m%d-%H%M%S}")
            path.replace(self.was_broken)
            for rest in ("-wal", "-shm", "-journal"):
                path.with_name(path.name + rest).unlink(missing_ok=True)
            path.touch(mode=0o600)
            self._open(path)

    def _open(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None, cached_statements=16)
        self.db.executescript("pragma synchronous = full; pragma cache_size = -200;" + SCHEMA)
        if self.db.execute("pragma quick_check").fetchone() != ("ok",):
            self.db.close()
            raise sqlite3.DatabaseError("damaged")
        if self.get("install") is None:
            self.put("install", uuid.uuid4().hex)

    def get(self, name: str) -> Any:
        """A kept value, or None."""
        row = self.db.execute("select value from kept where name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, name: str, value: Any) -> None:
        """Keep a plain value under a name."""
        self.db.execute("insert or replace into kept values (?, ?)", (name, json.dumps(value)))

    @property
    def install(self) -> str:
        """The name of this companion; bouts are numbered within it."""
        return str(self.get("install"))

    def save(self, boot: str, state: State, finished: Iterable[Bout | Break]) -> None:
        """Keep the state together with what was finished on the way to it."""
        with self._at_once():
            self.put("state", [boot, plain(state)])
            install = self.install
            self.db.executemany(
                "insert into outbox values (?, ?, ?)",
                [(install, one.number, json.dumps(_tagged(one))) for one in finished],
            )

    def load(self) -> tuple[str, State] | None:
        """The boot and the state last saved, or None at the first start and after an edition that differs."""
        saved = self.get("state")
        if saved is None:
            return None
        try:
            return saved[0], restored(State, saved[1])
        except ValueError:
            # Numbers must not be used twice, so a new companion begins where the old state cannot be read.
            self.put("install", uuid.uuid4().hex)
            return None

    def waiting(self, most: int = 200) -> list[dict[str, Any]]:
        """The oldest bouts and breaks that wait to be sent, each with the name it was made under."""
        rows = self.db.execute("select install, value from outbox order by rowid limit ?", (most,))
        return [{"install": install, **json.loads(value)} for install, value in rows]

    def count_waiting(self) -> int:
        """How many wait."""
        return int(self.db.execute("select count(*) from outbox").fetchone()[0])

    def confirmed(self, names: Iterable[tuple[str, int]]) -> None:
        """The app has these, by install and number: they need not be sent again."""
        with self._at_once():
            self.db.executemany("delete from outbox where install = ? and number = ?", list(names))

    def set_aside(self, install: str, number: int, why: str) -> None:
        """The app refuses this one: keep it apart, with the reason, so that it holds up no other."""
        name = (install, number)
        with self._at_once():
            self.db.execute(
                "insert or replace into refused select install, number, value, ? from outbox"
                " where install = ? and number = ?",
                (why, *name),
            )
            self.db.execute("delete from outbox where install = ? and number = ?", name)

    def refused(self) -> dict[str, int]:
        """Why the app refused what is set aside, and how many for each reason."""
        return dict(self.db.execute("select why, count(*) from refused group by why order by why"))

    def try_again(self) -> None:
        """Let what was set aside wait to be sent once more."""
        with self._at_once():
            self.db.execute("insert into outbox select install, number, value from refused order by rowid")
            self.db.execute("delete from refused")

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Everything within or nothing, and no transaction left open that would block the next."""
        self.db.execute("begin immediate")
        try:
            yield
            self.db.execute("commit")
        except BaseException:
            if self.db.in_transaction:  # a full disk has rolled back already
                self.db.execute("rollback")
            raise

    def close(self) -> None:
        """Close the file."""
        self.db.close()


def _tagged(one: Bout | Break) -> dict[str, Any]:
    return {"what": type(one).__name__.lower(), **plain(one)}
