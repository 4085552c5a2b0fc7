"""Running a server: health, metrics without people, a made-up clinic, settings that say what is missing."""

from __future__ import annotations

import io
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from nextposture.clinic import backup, demo, schema
from nextposture.clinic.models import Appointment, Referral
from nextposture.record.models import Person
from tests.clinic_server.live_clinic import LiveClinic


def test_says_that_it_lives_and_is_ready(db: None) -> None:
    assert Client().get("/health/live").json() == {"live": True}
    assert Client().get("/health/ready").json() == {
        "ready": True,
        "database": True,
        "migrated": True,
        "cache": True,
    }


def test_only_health_is_told_to_who_asks_by_address(db: None) -> None:
    by_address = Client(headers={"host": "10.88.0.7:8650"})
    assert by_address.get("/health/live").status_code == by_address.get("/health/ready").status_code == 200
    assert by_address.get("/accounts/login/").status_code == 400


def test_says_that_it_is_not_ready_where_the_cache_is_gone(db: None, settings: LazySettings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    answer = Client().get("/health/ready")
    assert answer.status_code == 503 and answer.json()["cache"] is False


def test_is_not_ready_until_the_tables_are_this_versions(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, newest = MigrationRecorder.Migration.objects, "0001_initial"
    MigrationRecorder(connection).record_applied("clinic", "9999_of_a_newer_version")
    monkeypatch.setattr(schema, "_current", False)
    assert Client().get("/health/ready").status_code == 200  # an older version's workers go on

    rows.filter(app="clinic", name__gte=newest).delete()
    monkeypatch.setattr(schema, "_current", False)
    for _ in range(2):
        answer = Client().get("/health/ready")
        assert answer.status_code == 503 and answer.json()["migrated"] is False
    assert Client().get("/health/live").status_code == 200
    with pytest.raises(backup.BackupError, match="migrate"):
        backup.write(io.BytesIO(), timezone.now())


def test_serves_before_the_tables_are_there_and_is_ready_once_they_are(tmp_path: Path) -> None:
    server = LiveClinic(tmp_path)
    schema_of = tmp_path / "nextposture.sqlite3"
    if not schema_of.exists():
        server.run("clinic", "migrate")
    newest = "app = 'clinic' AND name = (SELECT max(name) FROM django_migrations WHERE app = 'clinic')"
    with closing(sqlite3.connect(schema_of, isolation_level=None)) as line:
        line.execute(f"UPDATE django_migrations SET app = 'not yet' WHERE {newest}")
        try:
            server.start("clinic", "serve", "--port", str(server.port), "--no-migrate", "--no-tasks")
            server.wait_for("/health/live", 200)
            assert httpx.get(f"{server.origin}/health/ready", timeout=60).status_code == 503
            line.execute("UPDATE django_migrations SET app = 'clinic' WHERE app = 'not yet'")
            assert httpx.get(f"{server.origin}/health/ready", timeout=60).status_code == 200
        finally:
            server.stop()


def test_metrics_count_and_name_nobody(db: None, settings: LazySettings) -> None:
    demo.make(12, 3, timezone.now(), "a long passphrase")
    assert Client().get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "let-me-see"
    assert Client().get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    told = Client().get("/metrics", headers={"Authorization": "Bearer let-me-see"}).content.decode()
    assert 'nextposture_referrals{urgency="ROUTINE_PHYSIO"} ' in told
    for person in Person.objects.select_related("user__profile"):
        assert person.user.email not in told and person.user.profile.name not in told


def test_demo_is_believable_and_the_same_for_a_seed(db: None) -> None:
    made = demo.make(25, 7, timezone.now(), "a long passphrase")
    assert Person.objects.count() == 25 and len(made.staff) == 3
    assert {"ROUTINE_PHYSIO"} <= set(Referral.objects.values_list("urgency", flat=True))
    assert Appointment.objects.filter(status="confirmed").exists()
    assert not Referral.objects.filter(urgency__in=["SAME_DAY", "EMERGENCY_NOW"]).exists()
    names = [person.user.profile.name for person in Person.objects.order_by("pk")]
    with pytest.raises(demo.NotEmptyError):
        demo.make(1, 7, timezone.now(), "a long passphrase")
    from django.contrib.auth.models import User

    from nextposture.clinic.models import Clinic, Membership

    Appointment.objects.all().delete()
    Membership.objects.all().delete()
    Clinic.objects.all().delete()
    User.objects.all().delete()
    demo.make(25, 7, timezone.now(), "a long passphrase")
    assert names == [person.user.profile.name for person in Person.objects.order_by("pk")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"NEXTPOSTURE_SECRET_KEY": ""}, "NEXTPOSTURE_SECRET_KEY"),
        ({"NEXTPOSTURE_ORIGIN": ""}, "NEXTPOSTURE_ORIGIN"),
        ({"NEXTPOSTURE_ORIGIN": "http://clinic.example"}, "https://"),
    ],
)
def test_missing_settings_are_one_line(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    environment = {
        **os.environ,
        "NEXTPOSTURE_SECRET_KEY": "x",
        "NEXTPOSTURE_ORIGIN": "http://127.0.0.1:8650",
        "NEXTPOSTURE_DATA": str(tmp_path),
        **changes,
    }
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    ended = subprocess.run(
        [sys.executable, "-m", "nextposture", "demo-clinic"], capture_output=True, text=True, env=environment
    )
    assert ended.returncode == 2
    assert told in ended.stderr and len(ended.stderr.strip().splitlines()) == 1
