"""Backups are made and restored; erasing leaves nothing in any file; a kill in between loses nothing."""

from __future__ import annotations

import json
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.history import WORDS
from tests.live_server import LiveServer, environment

from nextposture.companion.store import Store
from nextposture.interop import backups, erasing
from nextposture.interop.backups import Backup, too_many

ROOT = Path(__file__).parents[2]
CANARY = "canary-5521-dancing"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def run(data: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """The command line over a data folder."""
    command = [sys.executable, "-m", "nextposture", "--data", str(data), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(), timeout=120, input=given, cwd=data.parent
    )


def exported(data: Path) -> str:
    ended = run(data, "export", "-o", "-")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def rows(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the record as the database has it."""
    with sqlite3.connect(data / backups.DATABASE) as database:
        names = database.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'record%' AND type = 'table'"
        )
        return {
            name: database.execute(f'SELECT * FROM "{name}" ORDER BY rowid').fetchall() for (name,) in names
        }


def words_in(data: Path) -> set[str]:
    """The activities in the record."""
    return {str(row[1]) for row in rows(data)["record_activity"]}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of someone with twelve weeks behind them, on which nothing runs. Copy it."""
    data = tmp_path_factory.mktemp("lived") / "data"
    made = run(data, "import", str(ROOT / "tests/empty_export.json"))
    assert made.returncode == 0, made.stderr
    command = [sys.executable, "-m", "tests.history", str(data)]
    subprocess.run(command, check=True, cwd=ROOT, env=environment(), timeout=120)
    return data


@pytest.fixture
def data(lived: Path, tmp_path: Path) -> Path:
    """A copy of that folder."""
    return Path(shutil.copytree(lived, tmp_path / "data"))


def token(browser: httpx.Client, address: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(address).text)
    assert found
    return found[1]


def post(browser: httpx.Client, server: LiveServer, address: str, **form: str) -> httpx.Response:
    """A form of the page "Your data", as the page sends it."""
    form["csrfmiddlewaretoken"] = token(browser, "/data/")
    return browser.post(address, data=form, headers={"Origin": server.origin}, follow_redirects=True)


def files_with(folder: Path, words: str) -> list[str]:
    """Names of all files below `folder` that hold the words, as text of any usual encoding."""
    forms = [words.encode(), words.encode("utf-16-le"), words.encode("utf-16-be")]
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    ]


# ---- From one computer to another


@pytest.mark.parametrize("form", ["json", "fhir"])
def test_a_record_moves_to_another_computer(data: Path, tmp_path: Path, form: str) -> None:
    there, file = tmp_path / "there", tmp_path / "file"
    assert run(data, "export", "--format", form, "-o", str(file)).returncode == 0
    came = run(there, "import", str(file))
    assert came.returncode == 0 and "3 check-ins" in came.stdout
    assert exported(there) == exported(data)


def test_import_into_a_record_needs_a_word_and_backs_it_up(data: Path, tmp_path: Path) -> None:
    before, file = rows(data), tmp_path / "other.json"
    activity = {"words": CANARY, "added_at": NOW.isoformat(), "dropped_at": None}
    other = {"format": "nextposture-record", "edition": 1, "person": {}, "tables": {"Activity": [activity]}}
    file.write_text(json.dumps(other))
    refused = run(data, "import", str(file))
    assert refused.returncode == 2 and "There is a record here already" in refused.stderr
    assert "--replace" in refused.stderr
    assert rows(data) == before
    assert run(data, "import", str(file), "--replace").returncode == 0
    assert words_in(data) == {CANARY}
    assert run(data, "restore").returncode == 0
    assert {name: len(those) for name, those in rows(data).items()} == {
        name: len(those) for name, those in before.items()
    }
    assert WORDS in words_in(data)


def test_every_bad_entry_is_named_and_nothing_changes(data: Path, tmp_path: Path) -> None:
    before, file = rows(data), tmp_path / "bad.json"
    document = json.loads(exported(data))
    document["tables"]["Rating"][2]["value"] = 40
    document["tables"]["Session"][0]["care_plan"] = 99
    document["tables"]["CheckIn"][1]["answers"]["fever"] = "perhaps"
    document["tables"]["Moods"] = []
    file.write_text(json.dumps(document))
    refused = run(data, "import", str(file), "--replace")
    assert refused.returncode == 2
    for words in (
        "Rating 3, value",
        "Session 1, care_plan: there is no CarePlan 99",
        "CheckIn 2, answers, fever",
        "Moods",
    ):
        assert words in refused.stderr
    assert "Nothing was changed." in refused.stderr
    assert rows(data) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "no export of Next Posture"),
        ('{"resourceType": "Bundle", "entry": []}', "not made by Next Posture"),
        ('{"format": "nextposture-record", "edition": 99}', "Update Next Posture"),
        ('{"format": "nextposture-record", "edition": NaN}', "number that cannot be used"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "file.json"
    file.write_text(text)
    from nextposture.interop.archive import ImportRefusedError, document_in

    with pytest.raises(ImportRefusedError, match=words):
        document_in(file.read_bytes())


def test_killed_while_importing_it_is_the_old_record_or_the_new_one(data: Path, tmp_path: Path) -> None:
    before, file = rows(data), tmp_path / "new.json"
    document = json.loads(exported(data))
    document["tables"]["Activity"][0]["words"] = CANARY
    file.write_text(json.dumps(document))
    size = {name: len(those) for name, those in before.items()}
    for delay in (0.6, 0.9, 1.2):
        command = [sys.executable, "-m", "nextposture", "--data", str(data), "import", str(file), "--replace"]
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, env=environment(), stdout=quiet, stderr=quiet)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait(60)
        after = rows(data)
        assert after == before or CANARY in words_in(data)
        assert {name: len(those) for name, those in after.items()} == size


# ---- Backups


def test_page_makes_a_backup_and_goes_back_to_it(app: LiveServer) -> None:
    with app.sign_in() as browser:
        post(browser, app, "/progress/activities/", words=WORDS)
        assert "A backup was made." in post(browser, app, "/data/backup/").text
        post(browser, app, "/progress/activities/", words=CANARY)
        (backup,) = backups.listed(app.data)
        unsure = post(browser, app, "/data/restore/", name=backup.name)
        assert unsure.status_code == 422 and CANARY in words_in(app.data)
        gone = post(browser, app, "/data/restore/", name="../secret-key", sure="on")
        assert gone.status_code == 422
        page = post(browser, app, "/data/restore/", name=backup.name, sure="on")
        assert "as it is in that backup" in page.text.replace("as it was", "as it is")
        assert words_in(app.data) == {WORDS}
        assert browser.get("/data/").status_code == 200, "still signed in"
    # What the restored backup took the place of can be had back.
    newest = backups.listed(app.data)[0]
    assert run(app.data, "restore", newest.name).returncode == 0
    assert CANARY in words_in(app.data)


def test_running_app_backs_up_by_itself_once_something_is_kept(data: Path) -> None:
    server = LiveServer(data.parent).start()
    try:
        deadline = time.monotonic() + 60
        while not backups.listed(data) and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        server.kill()
    (made,) = backups.listed(data)
    assert made.path.stat().st_mode & 0o077 == 0, "for this account only"
    with sqlite3.connect(made.path) as database:
        assert database.execute("SELECT count(*) FROM record_activity").fetchone() == (2,)


def test_backup_is_due_a_day_later_if_anything_changed(data: Path) -> None:
    first = backups.make_if_due(data, NOW)
    assert first is not None
    assert backups.make_if_due(data, NOW + timedelta(hours=23)) is None
    assert backups.make_if_due(data, NOW + timedelta(days=2)) is None, "nothing changed"
    with sqlite3.connect(data / backups.DATABASE) as database:
        database.execute("UPDATE record_activity SET words = 'swim'")
    assert backups.make_if_due(data, NOW + timedelta(days=2)) is not None
    with sqlite3.connect(data / backups.DATABASE) as database:
        database.execute("UPDATE record_activity SET words = 'run'")
    assert backups.make_if_due(data, NOW - timedelta(days=30)) is not None, "a clock that was set back"


def test_nothing_kept_needs_no_backup(tmp_path: Path) -> None:
    assert backups.make_if_due(tmp_path, NOW) is None


def test_old_backups_are_thinned_out() -> None:
    there = [Backup(Path(str(day)), NOW - timedelta(days=day), 1) for day in range(500)]
    kept = [one for one in there if one not in too_many(there, NOW)]
    ages = [(NOW - one.made_at).days for one in kept]
    assert ages[:8] == list(range(8))
    assert 3 <= sum(7 < age <= 35 for age in ages) <= 5
    assert 10 <= sum(age > 35 for age in ages) <= 13
    assert max(ages) <= 366
    assert too_many(kept, NOW) == []


def test_damaged_newer_or_foreign_backups_are_refused_and_change_nothing(data: Path, tmp_path: Path) -> None:
    before = rows(data)
    content = backups.make(data, NOW).path.read_bytes()
    damaged, newer, foreign = (tmp_path / name for name in ("damaged", "newer", "foreign"))
    damaged.write_bytes(content[: len(content) // 2])
    newer.write_bytes(content)
    with sqlite3.connect(newer) as database:
        later = (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('record', '9999_later', '2030-01-01')"
        )
        database.execute(later)
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE other (id)")
    for file, words in (
        (damaged, "restore: damaged"),
        (newer, "newer Next Posture"),
        (foreign, "no record"),
        (tmp_path / "none", "no backup"),
    ):
        refused = run(data, "restore", str(file))
        assert refused.returncode == 2 and words in refused.stderr, refused.stderr
        assert "Traceback" not in refused.stderr
    assert rows(data) == before
    assert not list(data.glob("*restoring*"))


def test_full_disk_leaves_no_half_backup(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_sync", full)
    with pytest.raises(backups.BackupError, match="No space left"):
        backups.make(data, NOW)
    assert backups.listed(data) == [] and list(backups.folder(data).iterdir()) == []


# ---- Erasing


def with_canaries(data: Path) -> None:
    """Words that nothing else holds: in the record, in rows deleted before, backups, the companion."""
    with sqlite3.connect(data / backups.DATABASE) as database:
        database.execute("PRAGMA secure_delete = OFF")  # as SQLite does where it was not built otherwise
        database.execute("UPDATE record_activity SET words = ?", (CANARY,))
        big = json.dumps([CANARY] * 2000)  # over many pages, which are free afterwards
        database.execute("UPDATE record_careplan SET later = ?", (big,))
        database.commit()
        database.execute("UPDATE record_careplan SET later = '[]'")
    backups.make(data, NOW)
    (data / "companion").mkdir()
    store = Store(data / "companion/companion.sqlite3")
    store.put("told", CANARY)
    store.close()


def test_erasing_leaves_the_words_in_no_file(app: LiveServer) -> None:
    with app.sign_in() as browser:
        post(browser, app, "/progress/activities/", words=CANARY)
        with_canaries(app.data)
        assert len(files_with(app.data, CANARY)) >= 3, "the search finds them before"
        refused = post(browser, app, "/data/erase/", word="yes")
        assert refused.status_code == 422 and files_with(app.data, CANARY)
        page = post(browser, app, "/data/erase/", word="Erase")
        assert page.status_code == 200 and "Everything is erased" in page.text
        assert page.headers["clear-site-data"] == '"cache", "storage"'
        assert files_with(app.data, CANARY) == []
        assert not backups.folder(app.data).exists() and not (app.data / "companion").exists()
        assert browser.get("/data/").status_code == 403, "signed out"
    with app.sign_in() as browser:
        assert "Nothing is kept about you yet" in browser.get("/data/").text
    with sqlite3.connect(app.data / backups.DATABASE) as database:
        assert database.execute("SELECT count(*) FROM record_activity").fetchone() == (0,)
    assert "Traceback" not in app.output()


def test_command_erases_after_asking(data: Path) -> None:
    with_canaries(data)
    assert run(data, "erase", given="no\n").returncode == 2 and files_with(data, CANARY)
    assert run(data, "erase").returncode == 2 and files_with(data, CANARY)
    ended = run(data, "erase", given="erase\n")
    assert ended.returncode == 0 and ended.stdout.endswith("Erased.\n")
    assert files_with(data, CANARY) == [] and files_with(data, WORDS) == []


def test_killed_erasure_is_finished_at_the_next_start(data: Path) -> None:
    with_canaries(data)
    (data / erasing.NOTE).touch()  # what a killed erasure leaves, at the latest
    server = LiveServer(data.parent).start()
    server.kill()
    assert files_with(data, CANARY) == [] and not (data / erasing.NOTE).exists()


def test_secure_delete_is_what_empties_freed_pages(data: Path) -> None:
    """Without it the test above would prove nothing: plain deletion does leave the words."""
    with_canaries(data)
    with sqlite3.connect(data / backups.DATABASE) as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM record_rating")
        database.execute("DELETE FROM record_activity")
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert backups.DATABASE in files_with(data, CANARY)


def test_erasing_while_another_reads_says_so_and_goes_on_later(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "TRIES", 2)
    with_canaries(data)
    reader = sqlite3.connect(data / backups.DATABASE)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM record_activity").fetchone()
    with pytest.raises(erasing.EraseError, match="Erase again"):
        erasing.erase(data)
    reader.close()
    assert erasing.finish_erasing(data)
    assert files_with(data, CANARY) == []
