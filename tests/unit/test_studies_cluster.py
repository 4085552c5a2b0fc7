"""A study on a real cluster of several processes, one of which is killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import dask
import pytest
from distributed import Client, LocalCluster
from tests.unit.test_studies import TEXT

from nextposture.cli import main

SMALL = TEXT.replace("people: 24", "people: 240").partition("sensitivity:")[0]


def study(path: Path, *more: str) -> int:
    return main(["study", str(path), *more], io.StringIO())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_killed_worker_costs_nothing_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(SMALL, encoding="utf-8")
    # A process of its own, as a worker is: this one may hold kernels that it compiled itself.
    here = [sys.executable, "-m", "nextposture", "study", str(path), "--out", str(tmp_path / "here")]
    subprocess.run(here, check=True, stdout=subprocess.DEVNULL)
    killed, finished = threading.Event(), threading.Event()
    quiet = {"distributed.logging.distributed": "critical", "distributed.worker.daemon": True}
    with (
        dask.config.set(quiet),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as watching,
    ):
        pids = watching.run(os.getpid)
        assert len(set(pids.values())) == 2

        def kill_one_at_work() -> None:
            parts = tmp_path / "there" / "parts"
            while not finished.wait(0.02):  # the first chunk may have to wait for the compiler
                if parts.exists() and len(list(parts.glob("*.parquet"))) >= 4:
                    os.kill(next(iter(pids.values())), signal.SIGKILL)
                    killed.set()
                    return

        killer = threading.Thread(target=kill_one_at_work)
        killer.start()
        assert study(path, "--out", str(tmp_path / "there"), "--scheduler", cluster.scheduler_address) == 0
        finished.set()
        killer.join()
    assert killed.is_set()
    for name in ("people.parquet", "report.md"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
