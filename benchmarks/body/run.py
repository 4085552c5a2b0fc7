"""How fast the body model is, side by side with what others use, in one run: `python -m benchmarks.body.run`.

Writes docs/benchmarks.md. Times are CPU time of one thread, the least of several repeats, so that another
load on the machine matters little; ratios are between figures of the same run. OpenSim runs in a process of
its own, where the package is installed apart from the application's lock (PYTHONPATH) and OPENSIM_MODEL names
the model file.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.body.opensim_model import available
from nextposture.body import Person, batch_loads, batch_standing, loads, posture, standing
from nextposture.body import sagittal_statics as half
from nextposture.body import spatial as full
from nextposture.body.assembly import model
from nextposture.body.batch import batch_hip_extension
from nextposture.body.disc_loads import Solved, solve_spatial
from nextposture.body.person import scales
from nextposture.body.postures import (
    contact_rows,
    coordinates,
    setting,
    spatial_contact_rows,
    spatial_coordinates,
    spatial_setting,
)
from nextposture.body.redundancy import solve, workspace

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
POSTURES = (
    "standing",
    "standing_flexed",
    "sitting_unsupported",
    "holding_20kg_close",
    "lifting_20kg_round_back",
)
SOLVED = ("standing_flexed", "holding_20kg_close", "lying_side", "half_kneeling_stretch")
"""Postures whose redundancy problem goes to the general solvers."""


@dataclass(frozen=True)
class Figure:
    """One line of the table: a value, what was wanted of it, and whether it is so."""

    what: str
    value: str
    wanted: str
    good: bool | None


def least(work: Callable[[], object], times: int, repeats: int = 7) -> float:
    """CPU seconds of one call: the least mean of several repeats."""
    work()
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - start) / times)
    return best


def from_cold(lam: np.ndarray, evaluate: Callable[..., object], *args: object) -> Callable[[], object]:
    """One evaluation with the multipliers forgotten."""

    def once() -> None:
        lam[:] = 0.0
        evaluate(*args)

    return once


def half_model(power: int) -> float:
    """CPU seconds from one posture to its loads, half model, cold multipliers, mean over POSTURES."""
    body, person = model(1), scales(Person())
    m, s = len(body.paths.on_body), len(body.paths.body0)
    spent = []
    for name in POSTURES:
        shape = posture(name)
        x, of, contacts = coordinates(shape), setting(shape, person[0]), contact_rows(shape)
        scratch, state, matrix, b, lam, a, work = half.memory(m, s, len(contacts))
        cost = half.costs(body.fibres, body.frame, contacts, of[half.TONE], 1)
        known = (body, x, of, contacts, person, power, scratch, cost, matrix, b, lam, a, work)
        spent.append(least(from_cold(lam, half.evaluate, *known, np.empty(half.RESULT), state), 400))
    return float(np.mean(spent))


def full_model(power: int) -> float:
    """The same in three dimensions."""
    body, person = model(2), scales(Person())
    m, s = len(body.paths.on_body), len(body.paths.body0)
    spent = []
    for name in POSTURES:
        shape = posture(name)
        x, of = spatial_coordinates(shape), spatial_setting(shape, person[0])
        contacts = spatial_contact_rows(shape)
        scratch, state, matrix, b, lam, a, work = full.memory(m, s, len(contacts))
        cost = half.costs(body.fibres, body.frame, contacts, of[half.TONE], 2)
        known = (body, x, of, contacts, person, power, scratch, cost, matrix, b, lam, a, work)
        spent.append(least(from_cold(lam, full.evaluate, *known, np.empty(half.RESULT), state), 150))
    return float(np.mean(spent))


def general_solvers() -> list[tuple[str, float]]:
    """(name, CPU seconds) of p = 2 on the 24-row problems of SOLVED, mean over them: ours first, then general
    QP solvers."""
    person = scales(Person())
    every = []
    for name in SOLVED:
        shape = posture(name)
        of, contacts = spatial_setting(shape, person[0]), spatial_contact_rows(shape)
        every.append(on_one_problem(solve_spatial(spatial_coordinates(shape), of, contacts, person)))
    return [(rows[0][0], float(np.mean([spent for _, spent in rows]))) for rows in zip(*every, strict=True)]


def on_one_problem(solved: Solved) -> list[tuple[str, float]]:
    """The same on one problem."""
    matrix, b, w, lo = np.ascontiguousarray(solved.matrix), solved.demand, solved.cost, solved.floor
    n, m = matrix.shape
    rho = solved.model.frame.numeric[0]
    lam, a, work = np.zeros(n), np.empty(m), workspace(n, m)

    def ours() -> None:
        lam[:] = 0.0
        solve(matrix, b, w, 2, lo, rho, 1e-9, 200, lam, a, work)

    found = [("ours", least(ours, 400))]
    from scipy import sparse

    scale = 1.0 / w.mean()
    size = n + m
    quadratic = sparse.diags(np.concatenate([2.0 * w * scale, np.full(n, rho * scale)])).tocsc()
    equality = sparse.hstack([sparse.csc_matrix(matrix), sparse.eye(n)]).tocsc()
    box = sparse.hstack([sparse.eye(m), sparse.csc_matrix((m, n))]).tocsc()
    q = np.zeros(size)
    if find_spec("clarabel"):
        import clarabel

        options = clarabel.DefaultSettings()
        options.verbose = False
        rows = sparse.vstack([equality, box, -box]).tocsc()
        right = np.concatenate([b, np.ones(m), -lo])
        cones = [clarabel.ZeroConeT(n), clarabel.NonnegativeConeT(2 * m)]
        found.append(
            (
                "Clarabel",
                least(
                    lambda: clarabel.DefaultSolver(quadratic, q, rows, right, cones, options).solve(), 3, 5
                ),
            )
        )
    if find_spec("osqp"):
        import osqp

        rows = sparse.vstack([equality, box]).tocsc()
        low, high = np.concatenate([b, lo]), np.concatenate([b, np.ones(m)])

        def by_osqp() -> None:
            problem = osqp.OSQP()
            problem.setup(
                quadratic, q, rows, low, high, verbose=False, eps_abs=1e-6, eps_rel=1e-6, max_iter=20000
            )
            problem.solve()

        found.append(("OSQP, 1e-6", least(by_osqp, 3, 5)))
    if find_spec("piqp"):
        import piqp

        everything = np.concatenate([np.ones(m), np.full(n, 1e6)])
        nothing = np.concatenate([lo, np.full(n, -1e6)])

        def by_piqp() -> None:
            problem = piqp.DenseSolver()
            problem.setup(
                quadratic.toarray(), q, equality.toarray(), b, None, None, None, nothing, everything
            )
            problem.solve()

        found.append(("PIQP", least(by_piqp, 3, 5)))
    if find_spec("quadprog"):
        import quadprog

        dense = quadratic.toarray()
        constraints = sparse.vstack([equality, box, -box]).toarray().T.copy()
        right = np.concatenate([b, lo, -np.ones(m)])
        found.append(("quadprog", least(lambda: quadprog.solve_qp(dense, q, constraints, right, n), 2, 3)))
    return found


def opensim(frames: int = 20, goes: int = 3) -> dict[str, float] | None:
    """CPU seconds a frame of static optimisation (its default tolerance) and joint reaction, the trunk alone
    free: the least of several goes, as for ours."""
    if not available():
        return None
    command = [sys.executable, "-m", "benchmarks.body.opensim_statics", str(frames), "1e-4"]
    found: list[dict[str, float]] = []
    for _ in range(goes):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=os.environ)
        line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
        found.append(json.loads(line.removeprefix("RESULT ")))
    return {key: min(one[key] for one in found) for key in ("statics_s", "reaction_s")}


def standing_time() -> tuple[float, float]:
    """CPU seconds of one standing equilibrium: mean and worst over 60 people and three shortenings."""
    random = np.random.default_rng(5)
    rows = people(60, random)
    spent = []
    for share in (0.0, 0.1, 0.2):
        batch_standing(rows[:1], threads=1)
        for row in rows:
            one = row.copy()[None]
            one[0, 3] = share
            spent.append(least(lambda one=one: batch_standing(one, threads=1), 1, 3))
    return float(np.mean(spent)), float(np.percentile(spent, 99))


def people(count: int, random: np.random.Generator) -> np.ndarray:
    """(n, 4) scales of people of both sexes, 1.55 to 1.95 m, body mass index 19 to 32, 20 to 75 years."""
    rows = np.empty((count, 4))
    for k in range(count):
        height, index = random.uniform(1.55, 1.95), random.uniform(19, 32)
        sex = "female" if random.random() < 0.5 else "male"
        rows[k] = scales(Person(height, index * height**2, sex, random.uniform(20, 75)))  # type: ignore[arg-type]
    return rows


@dataclass(frozen=True)
class Parallel:
    """Wall seconds with one thread and two, and CPU seconds of all threads with one and two."""

    wall: tuple[float, float]
    cpu: tuple[float, float]

    @property
    def gain(self) -> float:
        return self.wall[0] / self.wall[1]

    @property
    def gain_on_free_cores(self) -> float:
        """What two cores would give if nothing else used them: twice, less what the second thread adds in
        work."""
        return 2.0 * self.cpu[0] / self.cpu[1]


def in_parallel(count: int, goes: int = 6) -> Parallel:
    """`count` people in one posture with one thread and with two, the best of several goes in turn: other
    work on the machine takes cores away, and wall time has no other cure."""
    rows = np.tile(people(1000, np.random.default_rng(7)), (count // 1000, 1))
    batch_loads(rows[:10], ["standing"])
    wall, cpu = [float("inf")] * 2, [float("inf")] * 2
    for _ in range(goes):
        for k, threads in enumerate((1, 2)):
            start, spent = time.perf_counter(), time.process_time()
            batch_loads(rows, ["standing"], threads=threads)
            wall[k] = min(wall[k], time.perf_counter() - start)
            cpu[k] = min(cpu[k], time.process_time() - spent)
    return Parallel((wall[0], wall[1]), (cpu[0], cpu[1]))


def processes() -> tuple[float, float, float]:
    """CPU seconds of the first use of what `nextposture spine` calls, the cache empty; CPU and wall seconds
    of a fresh process after it."""
    # without SciPy, as where only the application is installed: numba imports it whenever it is there
    script = (
        "import sys; sys.modules['scipy'] = None\n"
        "from nextposture.body import Person, hip_extension, standing\n"
        "standing(Person(), 0.1); hip_extension(Person(), 0.1)"
    )

    def spent(env: dict[str, str]) -> tuple[float, float]:
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([sys.executable, "-c", script], env=env, check=True, stderr=subprocess.DEVNULL)
        after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall

    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"NUMBA_CACHE_DIR": cache}
        cold = spent(env)[0]
        warm = [spent(env) for _ in range(5)]
    return cold, min(cpu for cpu, _ in warm), min(wall for _, wall in warm)


def memory_mb() -> tuple[float, float]:
    """Most memory, MB, of a process that solves standing, both models and 10,000 people: with everything to
    compile, and afterwards."""
    script = (
        "from pathlib import Path; import numpy as np\n"
        "from nextposture.body import Person, standing, loads, batch_loads\n"
        "standing(Person(), 0.1); loads(Person(), 'half_kneeling_stretch')\n"
        "batch_loads(np.tile([1.0, 0.9, 0.9, 0.0], (10000, 1)), ['standing'])\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(next(line for line in status.splitlines() if line.startswith('VmHWM')).split()[1])"
    )
    with tempfile.TemporaryDirectory() as cache:
        env = os.environ | {"NUMBA_CACHE_DIR": cache}
        size = []
        for _ in range(2):
            command = [sys.executable, "-c", script]
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
            size.append(float(done.stdout.split()[-1]) / 1024.0)
    return size[0], size[1]


def yes(good: bool | None) -> str:
    return "" if good is None else "yes" if good else "**no**"


def main() -> None:
    loads(Person(), "half_kneeling_stretch")
    standing(Person(), 0.1)
    figures: list[Figure] = []
    peer = opensim()
    h2, h3, f2, f3 = half_model(2), half_model(3), full_model(2), full_model(3)
    figures += [
        Figure(
            "half model, p = 2, postures to loads a second and core",
            f"{1 / h2:,.0f} ({h2 * 1e6:.0f} µs)",
            "15,000",
            1 / h2 >= 15_000,
        ),
        Figure("half model, p = 3", f"{1 / h3:,.0f} ({h3 * 1e6:.0f} µs)", "", None),
        Figure("full model, p = 2", f"{1 / f2:,.0f} ({f2 * 1e6:.0f} µs)", "4,000", 1 / f2 >= 4_000),
        Figure("full model, p = 3", f"{1 / f3:,.0f} ({f3 * 1e6:.0f} µs)", "", None),
    ]
    if peer:
        frame = peer["statics_s"] + peer["reaction_s"]
        figures += [
            Figure(
                "OpenSim static optimisation + joint reaction, trunk only, s a frame",
                f"{peer['statics_s']:.3f} + {peer['reaction_s']:.3f}",
                "",
                None,
            ),
            Figure("half model against OpenSim", f"{frame / h2:,.0f} times", "10,000", frame / h2 >= 10_000),
            Figure("full model against OpenSim", f"{frame / f2:,.0f} times", "5,000", frame / f2 >= 5_000),
        ]
    solvers = general_solvers()
    mine = solvers[0][1]
    figures.append(Figure("redundancy alone, 24 rows, p = 2, ours", f"{mine * 1e6:.0f} µs", "", None))
    figures += [
        Figure(f"{name} on the same matrices", f"{spent * 1e3:.1f} ms, {spent / mine:,.0f} times", "", None)
        for name, spent in solvers[1:]
    ]
    if len(solvers) > 1:
        best = min(spent for _, spent in solvers[1:])
        figures.append(
            Figure("against the best general QP solver", f"{best / mine:,.0f} times", "30", best / mine >= 30)
        )
    mean, worst = standing_time()
    figures.append(
        Figure(
            "standing equilibrium, mean (99th percentile)",
            f"{mean * 1e3:.1f} ms ({worst * 1e3:.1f} ms)",
            "5 ms",
            mean <= 5e-3,
        )
    )
    rows = people(200, np.random.default_rng(11))
    hip = least(lambda: batch_hip_extension(rows, threads=1), 1, 5) / len(rows)
    figures.append(Figure("passive hip extension, one person of a batch", f"{hip * 1e6:.0f} µs", "", None))
    busy = os.getloadavg()[0]
    both = in_parallel(100_000)
    figures.append(
        Figure(
            "100,000 people, one core and two, wall",
            f"{both.wall[0]:.2f} s and {both.wall[1]:.2f} s: {both.gain:.2f} times (load {busy:.1f} before)",
            "1.8 times",
            both.gain >= 1.8 if both.gain >= 1.8 or busy < 1.0 else None,
        )
    )
    figures.append(
        Figure(
            "the same by CPU time, so on free cores",
            f"{both.cpu[0]:.2f} s and {both.cpu[1]:.2f} s of work: {both.gain_on_free_cores:.2f} times",
            "1.8 times",
            both.gain_on_free_cores >= 1.8,
        )
    )
    cold, warm, wall = processes()
    figures += [
        Figure("first use with an empty cache, CPU", f"{cold:.1f} s", "20 s", cold <= 20.0),
        Figure("a fresh process afterwards, CPU (wall)", f"{warm:.2f} s ({wall:.2f} s)", "1 s", warm <= 1.0),
    ]
    compiling, running = memory_mb()
    figures.append(
        Figure(
            "memory, most (while compiling everything)",
            f"{running:.0f} MB ({compiling:.0f} MB)",
            "400 MB",
            max(running, compiling) <= 400,
        )
    )
    lines = [
        "# Speed of the body model",
        "",
        "Made by `make bench`; do not edit. CPU time of one thread unless it says wall, least of several "
        "repeats; ratios within one run. "
        f"Python {platform.python_version()}, numba {version('numba')}, numpy {version('numpy')}"
        + (", OpenSim 4.6 from its wheel" if peer else ", OpenSim not installed")
        + f", {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end; the postures to loads are "
        f"{', '.join(POSTURES)}, the problems for the general solvers those of {', '.join(SOLVED)}.",
        "",
        "| what | measured | wanted | reached |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.value} | {row.wanted} | {yes(row.good)} |" for row in figures),
        "",
        "OpenSim answers a smaller question here than either model of ours: three coupled lumbar coordinates "
        "and 210 muscles without hips.",
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
