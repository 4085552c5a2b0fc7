"""Task workers: one killed in the middle of a task loses nothing, one that lives keeps its task."""

from __future__ import annotations

import queue
import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack
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
SECONDS = 60


class MailServer(socketserver.ThreadingTCPServer):
    """Takes messages by SMTP; the first one it holds, unanswered, until whoever sends it is gone."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Speaking)
        self.holding = threading.Event()
        self.taken: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Speaking(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while (line := self.rfile.readline()).strip():
            if not line.upper().startswith(b"DATA"):
                self.wfile.write(b"250 yes\r\n")
                continue
            self.wfile.write(b"354 go on\r\n")
            text = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
            if not self.server.holding.is_set():
                self.server.holding.set()
                self.rfile.read()  # until the line is cut
                return
            self.server.taken.put(text)
            self.wfile.write(b"250 taken\r\n")


@pytest.fixture
def post() -> Iterator[MailServer]:
    with MailServer() as one:
        yield one
        one.shutdown()


@pytest.fixture(params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path: Path, post: MailServer) -> Iterator[LiveClinic]:
    sent = f"smtp://127.0.0.1:{post.server_address[1]}"
    with ExitStack() as stack:
        wanted = request.param == "postgresql"
        address = stack.enter_context(postgresql(tmp_path / "database")) if wanted else ""
        one = LiveClinic(tmp_path, address, NEXTPOSTURE_EMAIL=sent)
        yield one
        one.stop()


def test_worker_killed_mid_task_loses_nothing_and_sends_once(server: LiveClinic, post: MailServer) -> None:
    server.run("clinic", "manage", "migrate", "--verbosity", "0")
    server.run(
        script="""
from datetime import timedelta
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.utils import timezone
from nextposture.clinic import accounts, models, tasks
ann = User.objects.create_user("ann", "ann@example.org")
EmailAddress.objects.create(user=ann, email=ann.email, verified=True, primary=True)
accounts.settle(ann)
clinic = models.Clinic.objects.create(name="Harbour Street Physiotherapy")
bo = models.Membership.objects.create(clinic=clinic, email="bo@harbour.example", name="Bo")
for hours in (3, 4):
    at = timezone.now() + timedelta(hours=hours)
    made = models.Appointment.objects.create(person=ann.person, clinic=clinic, practitioner=bo,
        starts_at=at, ends_at=at + timedelta(minutes=30), seen="telehealth", status="confirmed")
    tasks.remind.enqueue(str(made.uid), 0, 3)
"""
    )
    quick = "LeasedWorker(0.1, lease=timedelta(seconds=2), beat=timedelta(seconds=0.5)).in_process()"
    first = server.python(WORK + quick)
    assert post.holding.wait(SECONDS), server.output()
    first.kill()
    first.wait()
    assert post.taken.empty()
    second = server.python(WORK + quick)
    named = {re.search(r"UID:(\S+)", post.taken.get(timeout=SECONDS))[1] for _ in range(2)}  # type: ignore[index]
    assert len(named) == 2
    second.terminate()  # it ends after the task at hand
    second.wait(SECONDS)
    assert post.taken.empty()


def running(worker: str, began: timedelta) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.RUNNING,
        started_at=timezone.now() - began,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="nextposture.clinic.tasks.remind",
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
