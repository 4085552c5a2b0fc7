"""A task that takes its time, so that a test can kill whoever runs it."""

from __future__ import annotations

import os
import time
from pathlib import Path

from django_tasks import task


@task()
def slowly(folder: str, number: int) -> None:
    """Say that it began, take a while the first time, then say that it is done."""
    began = Path(folder) / f"began-{number}"
    first = not began.exists()
    began.write_text(str(os.getpid()))
    if first:
        time.sleep(60)
    (Path(folder) / f"done-{number}").touch()
