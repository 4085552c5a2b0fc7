"""Running a study: chunks on all cores or on a Dask cluster, kept as they come, so that a study that was
killed goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from tqdm import tqdm

from nextposture.studies.chunks import Chunk, chunks, work_out
from nextposture.studies.study_file import Study, plain

Columns = dict[str, NDArray[np.generic]]
PATIENCE = "20s"
"""How long a cluster may take to answer."""
AHEAD = 2
"""Chunks in hand for every worker; more would only fill memory."""
DONE = {"people": "people.parquet", "sobol": "sobol.parquet"}


class OtherStudyError(Exception):
    """The folder holds another study, or another version of this one."""


def run(
    study: Study, folder: Path, workers: int | None = None, scheduler: str | None = None, quiet: bool = False
) -> None:
    """Work out what is missing of a study in `folder`: `people.parquet`, and `sobol.parquet` if it has a
    sensitivity analysis. Raises OtherStudyError, and OSError if the folder cannot be written or no scheduler
    answers."""
    _claim(study, folder)
    parts = folder / "parts"
    every = [chunk for chunk in chunks(study) if not (folder / DONE[chunk.kind]).exists()]
    missing = [chunk for chunk in every if not (parts / f"{chunk.name}.parquet").exists()]
    if missing:
        work = _on_cluster(study, missing, scheduler) if scheduler else _here(study, missing, workers)
        bar = tqdm(
            total=len(every), initial=len(every) - len(missing), unit="chunk", disable=True if quiet else None
        )
        with bar:
            for chunk, columns in work:
                _keep(parts / f"{chunk.name}.parquet", columns)
                bar.update()
    for kind, name in DONE.items():
        mine = [parts / f"{chunk.name}.parquet" for chunk in every if chunk.kind == kind]
        if mine:
            _join(mine, folder / name)
    for part in parts.glob("*.parquet"):
        part.unlink()


def _claim(study: Study, folder: Path) -> None:
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    manifest = folder / "study.json"
    print_of = study.fingerprint()
    if manifest.exists():
        if json.loads(manifest.read_text(encoding="utf-8")).get("fingerprint") != print_of:
            raise OtherStudyError(
                f"{folder} holds another study or another version of it; choose another --out"
            )
        return
    for left in (folder / "parts").glob("*.parquet"):
        raise OtherStudyError(f"{left} belongs to no study here; choose another --out")
    text = json.dumps({"fingerprint": print_of, "study": plain(study)}, indent=1)
    _replace(manifest, text.encode())


def _replace(place: Path, content: bytes) -> None:
    """Write whole or not at all, whatever happens meanwhile."""
    half = place.with_name(f"{place.name}.half")
    with half.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    half.replace(place)


def _keep(place: Path, columns: Columns) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: _narrow(values) for name, values in columns.items()}), sink)
    _replace(place, sink.getvalue().to_pybytes())


def _narrow(values: NDArray[np.generic]) -> NDArray[np.generic]:
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _join(parts: list[Path], place: Path) -> None:
    half = place.with_name(f"{place.name}.half")
    with pq.ParquetWriter(half, pq.read_schema(parts[0])) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part))
    half.replace(place)


def _here(study: Study, missing: list[Chunk], workers: int | None) -> Iterator[tuple[Chunk, Columns]]:
    """Threads: the kernels let go of the interpreter while they work."""
    count = workers or os.cpu_count() or 1
    if missing:  # compile once, before there are threads
        yield missing[0], work_out(study, missing[0])
    queue = iter(missing[1:])
    with ThreadPoolExecutor(count) as pool:
        running: dict[Future[Columns], Chunk] = {}

        def more() -> None:
            for chunk in queue:
                running[pool.submit(work_out, study, chunk)] = chunk
                if len(running) >= AHEAD * count:
                    return

        try:
            more()
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
                more()
        finally:
            for future in running:
                future.cancel()


def _on_cluster(study: Study, missing: list[Chunk], address: str) -> Iterator[tuple[Chunk, Columns]]:
    """Workers send their columns back; a worker that dies has its chunks done by another.

    The first chunk goes alone, so that the kernels are compiled once and every worker loads the same ones:
    two that compile at the same time may differ in the last digit, and a solver's steps with them.
    """
    from distributed import Client, as_completed

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        threads = max(1, sum(client.nthreads().values()))
        yield missing[0], client.submit(work_out, study, missing[0], pure=False, retries=5).result()
        queue = iter(missing[1:])
        named: dict[str, Chunk] = {}

        def submit(count: int) -> list[Future[Columns]]:
            out = []
            for chunk in queue:
                future = client.submit(work_out, study, chunk, pure=False, retries=5)
                named[future.key] = chunk
                out.append(future)
                if len(out) == count:
                    break
            return out

        done = as_completed(submit(AHEAD * threads), loop=client.loop)  # type: ignore[no-untyped-call]
        for future in done:
            yield named.pop(future.key), future.result()
            future.release()
            for new in submit(1):
                done.add(new)  # type: ignore[no-untyped-call]
