"""How fast studies run, and in how much memory: `python -m benchmarks.bench_study`.

A million people in a stated posture with one body, and ten thousand predicted; wall, CPU, and most memory of
processes of their own. `--people` makes it smaller.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = """
title: Speed
question: How fast?
seed: 1
people: {people}
chunk: 10000
population:
  female: 0.5
  age: {{kind: uniform, low: 20, high: 65}}
  height_female_m: {{kind: normal, mean: 1.63, sd: 0.07, low: 1.46, high: 1.9}}
  height_male_m: {{kind: normal, mean: 1.76, sd: 0.075, low: 1.5, high: 1.99}}
  body_mass_index: {{kind: lognormal, mean: 25.5, sd: 0.16, low: 17.5, high: 39}}
  sitting_hours: {{kind: normal, mean: 8, sd: 2.5, low: 1, high: 15}}
  own_shortening: {{kind: half_normal, sd: 0.03, high: 0.1}}
scenarios:
  - {{name: as they are, sitting: association, stated: {stated}}}
outcomes: [tilt_deg, compression_L4_5_N, shear_L5_S1_N, reserve_Nm]
"""


def one(people: int, stated: bool) -> None:
    """Run one study in this process and print wall seconds, CPU seconds and the most memory in MB."""
    from nextposture.studies import report, running
    from nextposture.studies.chunks import Chunk, work_out
    from nextposture.studies.study_file import read_study

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.yaml"
        path.write_text(STUDY.format(people=people, stated=str(stated).lower()), encoding="utf-8")
        study = read_study(path)
        work_out(read_study(_one_person(path, stated)), Chunk("people", 0))  # compiling is not the study's
        wall, cpu = time.perf_counter(), time.process_time()
        running.run(study, Path(folder) / "out", quiet=True)
        report.write(study, Path(folder) / "out")
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0)


def _one_person(beside: Path, stated: bool) -> Path:
    path = beside.with_name("one.yaml")
    path.write_text(STUDY.format(people=1, stated=str(stated).lower()), encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        one(int(args.one[0]), args.one[1] == "stated")
        return
    cores = os.cpu_count()
    print(f"Python {sys.version.split()[0]}, {cores} cores, load {os.getloadavg()[0]:.1f} before\n")
    print("| study | wall s | CPU s | CPU s on free cores | most memory MB |\n|---|---|---|---|---|")
    for people, kind in (
        (args.people // 10, "stated"),
        (args.people, "stated"),
        (args.people // 100, "predicted"),
    ):
        command = [sys.executable, "-m", "benchmarks.bench_study", "--one", str(people), kind]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        wall, cpu, memory = map(float, told)
        row = f"{people:,} people, {kind} posture", f"{wall:.0f}", f"{cpu:.0f}", f"{cpu / (cores or 1):.0f}"
        print("| " + " | ".join([*row, f"{memory:.0f}"]) + " |")


if __name__ == "__main__":
    main()
