"""What the companion keeps is wholly there or not at all, whatever breaks."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from tests.companion_day import NINE, Day

from nextposture.companion import folder
from nextposture.companion.store import Store
from nextposture.sitting.bouts import Bout, Break

BOUT = Bout(1, "sitting", NINE, 60.0, 65.0, pauses=1)
BREAK = Break(2, "done", "interval", deferred={"call": 3.0}, answered_at=NINE)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "companion.sqlite3"


def test_state_and_what_was_finished_come_back(path: Path) -> None:
    day = Day()
    day.at(30)
    store = Store(path)
    store.save("boot", day.state, [BOUT, BREAK])
    store.close()
    again = Store(path)
    assert again.load() == ("boot", day.state)
    assert [(one["what"], one["number"]) for one in again.waiting()] == [("bout", 1), ("break", 2)]
    assert {one["install"] for one in again.waiting()} == {again.install}
    again.confirmed([(again.install, 1)])
    assert [one["number"] for one in again.waiting()] == [2]


def test_it_is_for_this_account_only(path: Path) -> None:
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_save_that_fails_half_way_leaves_nothing(path: Path) -> None:
    store, state = Store(path), Day().state
    store.save("boot", state, [BOUT])
    later = replace(state, number=99)
    with pytest.raises(sqlite3.IntegrityError):
        store.save("boot", later, [BREAK, BOUT])  # the same number twice
    assert store.load() == ("boot", state)
    assert [one["number"] for one in store.waiting()] == [1]


def test_a_full_disk_loses_nothing_that_was_kept(path: Path) -> None:
    store, state = Store(path), Day().state
    store.save("boot", state, [BOUT])
    pages = store.db.execute("pragma page_count").fetchone()[0]
    store.db.execute(f"pragma max_page_count = {pages}")
    many = [replace(BREAK, number=number, why="x" * 500) for number in range(10, 60)]
    with pytest.raises(sqlite3.OperationalError, match="full"):
        store.save("boot", replace(state, number=99), many)
    assert store.load() == ("boot", state) and len(store.waiting()) == 1


@pytest.mark.parametrize("damage", [b"rubbish" * 2000, b"SQLite format 3\0" + b"\xff" * 8000])
def test_a_damaged_file_is_put_aside_and_a_new_one_begins_under_a_new_name(path: Path, damage: bytes) -> None:
    old = Store(path).install
    path.write_bytes(damage)
    store = Store(path)
    assert store.was_broken is not None and store.was_broken.read_bytes() == damage
    assert store.load() is None and store.waiting() == []
    assert store.install != old  # or numbers would be used twice


def test_a_state_of_another_edition_begins_anew_under_a_new_name_and_keeps_what_waits(path: Path) -> None:
    store = Store(path)
    store.save("boot", Day().state, [BOUT])
    old = store.install
    boot, state = store.get("state")
    store.put("state", [boot, {**state, "from_the_future": 1}])
    assert store.load() is None
    assert store.install != old
    store.save("boot", Day().state, [replace(BREAK, number=1)])
    assert [(one["install"], one["number"]) for one in store.waiting()] == [(old, 1), (store.install, 1)]


def test_a_confirmation_that_cannot_be_written_blocks_nothing_after_it(path: Path) -> None:
    store, state = Store(path), Day().state
    store.save("boot", state, [BOUT])
    store.db.execute("create trigger full before delete on outbox begin select raise(abort, 'full'); end")
    with pytest.raises(sqlite3.Error):
        store.confirmed([(store.install, BOUT.number)])
    store.save("boot", state, [replace(BOUT, number=BOUT.number + 1)])
    assert store.count_waiting() == 2
    store.close()


def test_the_app_token_is_made_once(tmp_path: Path) -> None:
    token = folder.app_token(tmp_path)
    assert len(token) > 30 and folder.app_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / folder.APP_TOKEN).stat().st_mode) & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == [folder.APP_TOKEN]
