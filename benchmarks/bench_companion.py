"""The companion beside Workrave and Safe Eyes (as Debian has them), in one harness, and its growth in use.

Each program runs alone on its own X server, buses, window manager, notification service and logind mock, with
an empty home. After 20 s to settle, 120 s without input are measured from /proc: resident and proportional
memory (smaps_rollup), CPU time of the process (schedstat, to the nanosecond) and of its ended children (in
ticks), voluntary context switches. A program that is not installed is named and left out:

    sudo apt-get install workrave safeeyes xprintidle xvfb openbox dunst python3-dbusmock kwin-wayland
    python -m benchmarks.bench_companion            # SETTLE_S=20 MEASURE_S=120 EVENTS=100000
    python -m benchmarks.bench_companion month      # only the growth over a simulated month
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.desktop.desk import Desk, a_desk
from tests.desktop.test_wayland import kwin

SETTLE_S = float(os.environ.get("SETTLE_S", "20"))
MEASURE_S = float(os.environ.get("MEASURE_S", "120"))
EVENTS = int(os.environ.get("EVENTS", "100000"))
BAR = {"RSS MB": 35.0, "CPU %": 0.02, "wake-ups/s": 0.5}
"""Of an idle companion, whether someone is there or not."""
WAITING = "Next Posture, X11, a break waits"
"""For do not disturb to end: it looks every fifteen seconds, for half an hour at most."""


@dataclass
class Usage:
    """What a tree of processes holds and has used so far."""

    rss_mb: float
    pss_mb: float
    cpu_s: float
    wakes: int


def tree(root: int) -> list[int]:
    """A process and all below it."""
    found, parents = [root], {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            parents[int(status.parent.name)] = int(fields[1])
        except OSError:
            continue
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found


def usage(root: int) -> Usage:
    """Memory now, CPU time (dead children included) and voluntary switches since the start."""
    total = Usage(0, 0, 0, 0)
    tick = os.sysconf("SC_CLK_TCK")
    for pid in tree(root):
        try:
            memory = Path(f"/proc/{pid}/smaps_rollup").read_text()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            tasks = list(Path(f"/proc/{pid}/task").iterdir())
            ran = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
            total.wakes += sum(
                int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (task / "status").read_text(), re.M)[1])  # type: ignore[index]
                for task in tasks
            )
        except OSError:
            continue
        total.rss_mb += int(re.search(r"^Rss:\s+(\d+)", memory, re.M)[1]) / 1024  # type: ignore[index]
        total.pss_mb += int(re.search(r"^Pss:\s+(\d+)", memory, re.M)[1]) / 1024  # type: ignore[index]
        total.cpu_s += ran / 1e9 + sum(map(int, fields[13:15])) / tick
    return total


def measure(pid: int) -> dict[str, float]:
    """The figures of one program over the quiet time."""
    time.sleep(SETTLE_S)
    before = usage(pid)
    time.sleep(MEASURE_S)
    after = usage(pid)
    return {
        "RSS MB": after.rss_mb,
        "PSS MB": after.pss_mb,
        "CPU %": (after.cpu_s - before.cpu_s) / MEASURE_S * 100,
        "wake-ups/s": (after.wakes - before.wakes) / MEASURE_S,
        "CPU s before": before.cpu_s,
    }


def desktop(desk: Desk) -> None:
    """The same for all: X server, buses, window manager, notification service, logind."""
    desk.bus()
    desk.x11()
    desk.logind()
    desk.start("openbox")
    desk.dunst()


def ours(desk: Desk, away: bool = False, waits: bool = False) -> int:
    """The companion with its real rules; `away`: as if the person had left; `waits`: a break is due."""
    from tests.desktop.desk import PLAN, RULES

    rules = replace(RULES, away_after_s=5.0 if away else 300.0, settle_s=5.0 if waits else 60.0)
    desk.start_companion(replace(PLAN, interval_s=5.0 if waits else 1800.0, break_s=120.0), rules)
    assert desk.companion is not None
    return desk.companion.pid


def compare() -> None:
    """Measure each and print the table, with ratios to ours."""
    rows: dict[str, dict[str, float]] = {}
    for name, away in (("Next Posture, X11, there", False), ("Next Posture, X11, away", True)):
        with tempfile.TemporaryDirectory() as home, a_desk(Path(home)) as desk:
            desktop(desk)
            rows[name] = measure(ours(desk, away))
    with tempfile.TemporaryDirectory() as home, a_desk(Path(home)) as desk:
        desktop(desk)
        desk.run("dunstctl", "set-paused", "true")
        rows[WAITING] = measure(ours(desk, waits=True))
    if shutil.which("kwin_wayland"):
        with tempfile.TemporaryDirectory() as home, a_desk(Path(home)) as desk:
            desk.bus()
            desk.logind()
            kwin(desk)
            rows["Next Posture, KWin, away"] = measure(ours(desk, away=True))
    for name, program in (("Workrave", "workrave"), ("Safe Eyes", "safeeyes")):
        if shutil.which(program) is None:
            print(f"{name} is not installed: sudo apt-get install {program}")
            continue
        version = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", program], capture_output=True, text=True
        ).stdout
        with tempfile.TemporaryDirectory() as home, a_desk(Path(home)) as desk:
            desktop(desk)
            (Path(home) / "config" / program / "style").mkdir(parents=True)  # Safe Eyes expects it
            process = desk.start(program)
            rows[f"{name} {version}"] = measure(process.pid)
            if process.poll() is not None:
                raise SystemExit(f"{name} ended by itself: it was not measured")
    names = ["RSS MB", "PSS MB", "CPU %", "wake-ups/s", "CPU s before"]
    print(f"{'':32}" + "".join(f"{name:>14}" for name in names))
    for program, row in rows.items():
        print(f"{program:32}" + "".join(f"{row[name]:14.3f}" for name in names))
    idle = [row for program, row in rows.items() if program.startswith("Next") and program != WAITING]
    us = {name: max(row[name] for row in idle) for name in names}
    for program, row in rows.items():
        if program.startswith("Next"):
            continue
        ratios = [f"{row[name] / us[name]:.1f}" if us[name] else "none of ours" for name in names]
        print(f"{program + ' / ours at worst':32}" + "".join(f"{ratio:>14}" for ratio in ratios))
    for name, most in BAR.items():
        print(f"bar: {name} at most {most}: {us[name]:.3f}, {'held' if us[name] <= most else 'MISSED'}")


def month(events: int) -> None:
    """Live through many events in one process, as fast as it goes, and print the memory on the way."""
    from tests.desktop.desk import PLAN, RULES

    from nextposture.companion import clock, folder
    from nextposture.companion.daemon import Companion
    from nextposture.companion.preparing import prepare
    from nextposture.companion.store import Store
    from nextposture.companion.surroundings import Surroundings
    from nextposture.sitting.events import Absence, Active, Answered, Idle, Tick
    from nextposture.sitting.saved import plain

    def resident() -> float:
        text = Path("/proc/self/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+)", text, re.M)[1]) / 1024  # type: ignore[index]

    async def live(data: Path) -> None:
        own = prepare(data)
        store = Store(own / folder.STATE)
        store.db.execute("pragma synchronous = off")  # the disk is not what is measured
        plan = replace(PLAN, interval_s=1800.0, break_s=120.0)
        store.put("plan", {"plan": plain(plan), "rules": plain(replace(RULES, settle_s=60.0))})
        start, passed = clock.read(), 0.0
        from datetime import timedelta

        clock.read = lambda: replace(  # type: ignore[assignment]
            start, t=start.t + passed, at=start.at + timedelta(seconds=passed)
        )
        companion = Companion(data, folder.read_json(own / folder.TABLES), store)
        companion.surroundings = Surroundings(None, None, None, proc=data)
        seen = []
        for number in range(events + 1):
            passed += 26.0
            match number % 10:
                case 3:
                    await companion.tell(Idle(20.0 if number % 100 else 400.0))
                case 4:
                    await companion.tell(Active())
                case 6 if number % 70 == 6:
                    await companion.tell(Absence("locked", begins=True))
                case 7:
                    await companion.tell(Absence("locked", begins=False))
                case 8 if companion.state.prompt is not None:
                    said = ("done", "later", "not_now")[number // 10 % 3]
                    await companion.tell(Answered(companion.state.prompt.number, said))  # type: ignore[arg-type]
                case _:
                    await companion.tell(Tick())
            await asyncio.sleep(0)  # between two events, the loop always turns
            if number % 50 == 0:
                store.confirmed((one["install"], one["number"]) for one in store.waiting(1000))
            if events and number % (events // 10) == 0:
                seen.append(resident())
                print(f"{number:8} events, {passed / 86400:5.1f} days: {seen[-1]:.2f} MB", flush=True)
        size = (own / folder.STATE).stat().st_size
        print(f"growth from a tenth of the way to the end: {seen[-1] - seen[1]:+.2f} MB")
        print(f"state file: {size} bytes")

    with tempfile.TemporaryDirectory() as data:
        asyncio.run(live(Path(data)))


if __name__ == "__main__":
    if sys.argv[1:] == ["month"]:
        month(EVENTS)
    else:
        compare()
        subprocess.run([sys.executable, __file__, "month"], check=True)
