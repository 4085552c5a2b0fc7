"""A study on a real cluster of several processes, one of which is killed."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
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
    assert study(path, "--out", str(tmp_path / "here")) == 0
    killed = threading.Event()
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
            for _ in range(2400):
                if parts.exists() and len(list(parts.glob("*.parquet"))) >= 4:
                    os.kill(next(iter(pids.values())), signal.SIGKILL)
                    killed.set()
                    return
                time.sleep(0.02)

        killer = threading.Thread(target=kill_one_at_work)
        killer.start()
        assert study(path, "--out", str(tmp_path / "there"), "--scheduler", cluster.scheduler_address) == 0
        killer.join()
    assert killed.is_set()
    for name in ("people.parquet", "report.md"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
