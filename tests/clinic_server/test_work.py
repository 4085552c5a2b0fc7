"""Task workers: one killed in the middle of a task loses nothing, one that lives keeps its task."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from nextposture.clinic.models import WorkerSeen
from nextposture.clinic.work import LEASE, requeue_lost
from tests.clinic_server.live_clinic import LiveClinic, postgresql

WORK = "from datetime import timedelta\nfrom nextposture.clinic.work import LeasedWorker\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LiveClinic]:
    if request.param == "postgresql":
        with postgresql(tmp_path / "database") as address:
            one = LiveClinic(tmp_path, address)
            yield one
            one.stop()
    else:
        one = LiveClinic(tmp_path)
        yield one
        one.stop()


def wait_for(path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not come"
        time.sleep(0.05)


def test_worker_killed_mid_task_loses_nothing(server: LiveClinic, tmp_path: Path) -> None:
    server.run("clinic", "manage", "migrate", "--verbosity", "0")
    server.run(
        script=f"from tests.clinic_server.slow_task import slowly\n"
        f"for number in (1, 2): slowly.enqueue({str(tmp_path)!r}, number)"
    )
    quick = "LeasedWorker(0.1, lease=timedelta(seconds=2), beat=timedelta(seconds=0.5)).in_process()"
    first = server.python(WORK + quick)
    wait_for(tmp_path / "began-1", 60)
    first.kill()
    first.wait()
    assert not (tmp_path / "done-1").exists()
    for number in (1, 2):
        (tmp_path / f"began-{number}").touch()  # the second time they are quick
    server.python(WORK + quick)
    wait_for(tmp_path / "done-1", 60)
    wait_for(tmp_path / "done-2", 60)


def running(worker: str, began: timedelta) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING,
        started_at=timezone.now() - began,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="tests.clinic_server.slow_task.slowly",
        worker_ids=[worker],
        backend_name="default",
        run_after=timezone.now(),
    )


def test_only_tasks_of_silent_workers_go_back(db: None) -> None:
    now = timezone.now()
    WorkerSeen.objects.create(worker="alive", at=now)
    WorkerSeen.objects.create(worker="silent", at=now - 2 * LEASE)
    long_one, lost = running("alive", 10 * LEASE), running("silent", 10 * LEASE)
    fresh, unknown = running("silent", LEASE / 2), running("never seen", 2 * LEASE)
    assert requeue_lost(now) == 2
    state = {row.pk: row.status for row in DBTaskResult.objects.all()}
    assert state[lost.pk] == state[unknown.pk] == TaskResultStatus.READY
    assert state[long_one.pk] == state[fresh.pk] == TaskResultStatus.RUNNING
