"""What the spine page asks of the body model: one process a question, and the last answers kept in memory.

Nothing waits for a process: a page asks, gets what is known so far, and asks again.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from threading import Lock, Semaphore, Thread
from typing import Any, Literal, TypeVar

from nextposture.selfcare.spine_process import Question

log = logging.getLogger(__name__)

KEPT = 8
AT_ONCE = 2
MOST_SECONDS = 600

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


_jobs: OrderedDict[Question, Job] = OrderedDict()
_lock = Lock()
_places = Semaphore(AT_ONCE)


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
            Thread(target=_run, args=(question, job), daemon=True).start()
            while len(_jobs) > KEPT:
                _jobs.popitem(last=False)
        _jobs.move_to_end(question)
        return job


def forget(question: Question) -> None:
    """Let the question be asked anew, after it failed."""
    with _lock:
        _jobs.pop(question, None)


def _run(question: Question, job: Job) -> None:
    command = [sys.executable, "-m", "nextposture.selfcare.spine_process"]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with _places:
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True)
        watch = Thread(target=_limit, args=(process,), daemon=True)
        watch.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            with process.stdin:
                json.dump(asdict(question), process.stdin)
            for line in process.stdout:
                _heard(job, json.loads(line))
        except (OSError, ValueError):
            process.kill()
        code = process.wait()
    if job.state == "working":
        log.error("the body model's process ended with code %d and no answer", code)
        job.state = "failed"


def _limit(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(MOST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _heard(job: Job, told: dict[str, Any]) -> None:
    if "answer" in told:
        job.answer, job.state = told["answer"], "ready"
    elif "refused" in told:
        job.refused, job.state = told["refused"], "refused"
    else:
        job.done, job.of = told["done"], told["of"]
