"""What the spine page asks of the body model: a process that stays for a while, and the last answers.

Nothing waits for the process: a page asks, gets what is known so far, and asks again.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import logging
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from threading import Lock, Thread, Timer
from typing import Any, Literal, TypeVar

from nextposture.selfcare.spine_process import Question

log = logging.getLogger(__name__)

KEPT = 8
MOST_SECONDS = 600
IDLE_SECONDS = 300
"""How long the process stays after an answer; it holds some 200 MB."""

T = TypeVar("T")
State = Literal["working", "ready", "refused", "failed"]


@dataclass
class Job:
    """How far a question is; `answer` once it is ready, and `refused` says what to change."""

    state: State = "working"
    done: int = 0
    of: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    kept: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[dict[str, Any]], T]) -> T:
        """What `make` makes of the answer, made the first time it is asked for."""
        if name not in self.kept:
            self.kept[name] = make(self.answer)
        made: T = self.kept[name]
        return made


class Worker:
    """The process, started for the first question and again after it ended; it answers one at a time.

    It ends when nothing was asked for `idle_s`, and with the server, whose end closes its input.
    """

    def __init__(self, idle_s: float = IDLE_SECONDS) -> None:
        self.process: subprocess.Popen[str] | None = None
        self._idle_s = idle_s
        self._turn = Lock()
        self._rest: Timer | None = None

    def answer(self, question: Question, job: Job) -> None:
        """Work the question out and tell the job; blocks until then."""
        with self._turn:
            if self._rest is not None:
                self._rest.cancel()
            try:
                process = self._running()
            except OSError:
                log.exception("the body model's process cannot be started")
                job.state = "failed"
                return
            limit = _timer(MOST_SECONDS, process.kill)
            try:
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write(json.dumps(asdict(question)) + "\n")
                process.stdin.flush()
                while job.state == "working" and (line := process.stdout.readline()):
                    _heard(job, json.loads(line))
            except (OSError, ValueError):
                process.kill()
            limit.cancel()
            if job.state == "working":
                log.error("the body model's process ended with code %d and no answer", process.wait())
                self._let_go(process)
                job.state = "failed"
            else:
                self._rest = _timer(self._idle_s, self._end)

    def _running(self) -> subprocess.Popen[str]:
        if self.process is not None and self.process.poll() is not None:
            self._let_go(self.process)
        if self.process is None:
            command = [sys.executable, "-m", "nextposture.selfcare.spine_process"]
            pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
            self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True)
        return self.process

    def _end(self) -> None:
        with self._turn:
            if self.process is not None:
                self._let_go(self.process)

    def _let_go(self, process: subprocess.Popen[str]) -> None:
        with contextlib.suppress(OSError), process:  # closes its input, at which it ends, and waits for that
            self.process = None


def _timer(seconds: float, then: Callable[[], object]) -> Timer:
    timer = Timer(seconds, then)
    timer.daemon = True
    timer.start()
    return timer


_jobs: OrderedDict[Question, Job] = OrderedDict()
_lock = Lock()
_worker = Worker()


def can_run() -> bool:
    """Whether what the body model needs is installed, also since the server started. Imports nothing."""
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) is not None for name in ("numpy", "numba"))


def ask(question: Question) -> Job:
    """The job that answers this question, begun if it is new or failed before."""
    with _lock:
        job = _jobs.get(question)
        if job is None:
            job = _jobs[question] = Job()
            Thread(target=_worker.answer, args=(question, job), daemon=True).start()
            while len(_jobs) > KEPT:
                _jobs.popitem(last=False)
        _jobs.move_to_end(question)
        return job


def forget(question: Question) -> None:
    """Let the question be asked anew, after it failed."""
    with _lock:
        _jobs.pop(question, None)


def _heard(job: Job, told: dict[str, Any]) -> None:
    if "answer" in told:
        job.answer, job.state = told["answer"], "ready"
    elif "refused" in told:
        job.refused, job.state = told["refused"], "refused"
    else:
        job.done, job.of = told["done"], told["of"]
