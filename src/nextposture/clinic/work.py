"""Task workers with a lease: what a killed worker was running is run again by another.

Each worker says every few seconds that it lives. A task whose worker has been silent for longer than LEASE
goes back into the queue, so a task may be run twice and never less than once: every task is written to do no
harm the second time.
"""

from __future__ import annotations

import threading
import uuid
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused

from django.db import close_old_connections, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from nextposture.clinic.models import WorkerSeen

BEAT = timedelta(seconds=5)
LEASE = timedelta(seconds=30)
AGAIN, GIVE_UP = timedelta(minutes=5), timedelta(days=1)
"""After how long a message that could not be sent is tried again, and when no longer."""


def requeue_lost(now: datetime, lease: timedelta = LEASE) -> int:
    """Put tasks of workers that fell silent back into the queue; returns how many."""
    alive = set(WorkerSeen.objects.filter(at__gt=now - lease).values_list("worker", flat=True))
    requeued = 0
    for task in DBTaskResult.objects.running().filter(started_at__lt=now - lease):
        if task.worker_ids and task.worker_ids[-1] in alive:
            continue
        unchanged = DBTaskResult.objects.filter(
            pk=task.pk, status=TaskResultStatus.RUNNING, started_at=task.started_at
        )
        requeued += unchanged.update(status=TaskResultStatus.READY, started_at=None)
    return requeued


def requeue_unsent(now: datetime) -> int:
    """Put tasks back that failed for want of the mail server, as it may come back; returns how many.

    Each looks again whether what it would send still holds. An address that the server refuses is let be.
    """
    requeued = 0
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=now - AGAIN)
    # When it was first due: a task for later has `run_after`, which is far in the future for others.
    due = Q(enqueued_at__gt=now - GIVE_UP) | Q(run_after__gt=now - GIVE_UP, run_after__lte=now)
    for task in failed.filter(due):
        if _unreachable(task.exception_class_path):
            same = DBTaskResult.objects.filter(
                pk=task.pk, status=TaskResultStatus.FAILED, finished_at=task.finished_at
            )
            requeued += same.update(status=TaskResultStatus.READY, started_at=None, finished_at=None)
    return requeued


def _unreachable(exception: str) -> bool:
    """Whether an exception, named by its path, says that the mail server could not be reached or was busy."""
    try:
        kind = import_string(exception)
    except ImportError:
        return False
    return issubclass(kind, OSError) and not issubclass(kind, SMTPRecipientsRefused)


class LeasedWorker:
    """A worker that says that it lives and looks after the tasks of those that do not.

    In a process of its own, or in a thread of the server where there is only one.
    """

    def __init__(self, interval_s: float = 1.0, lease: timedelta = LEASE, beat: timedelta = BEAT) -> None:
        self.id = uuid.uuid4().hex
        self.lease, self.beat = lease, beat
        self._stop = threading.Event()
        self._worker = Worker(
            queue_names=["*"],
            interval=interval_s,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=self.id,
            excluded_queue_names=[],
        )

    def run(self) -> None:
        """Work until stopped."""
        self._say_alive()
        threading.Thread(target=self._look_after, name="task-lease", daemon=True).start()
        self._worker.run()

    def start(self) -> None:
        """Work in a thread, until the process ends or `stop`."""
        threading.Thread(target=self.run, name="tasks", daemon=True).start()

    def in_process(self) -> None:
        """Work as this process, ending well on SIGTERM and Ctrl-C."""
        self._worker.configure_signals()
        self.run()

    def stop(self) -> None:
        """Stop after the task at hand."""
        self._worker.running = False
        self._stop.set()

    def _look_after(self) -> None:
        while not self._stop.wait(self.beat.total_seconds()):
            close_old_connections()
            self._say_alive()
            requeue_lost(timezone.now(), self.lease)
            requeue_unsent(timezone.now())
        connection.close()

    @transaction.atomic
    def _say_alive(self) -> None:
        now = timezone.now()
        WorkerSeen.objects.update_or_create(worker=self.id, defaults={"at": now})
        WorkerSeen.objects.filter(at__lt=now - 100 * self.lease).delete()
