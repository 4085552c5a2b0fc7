"""The report of a study that is worked out: tables, figures, and what it rests on. `report.md` beside the
data."""

# ruff: noqa: E501  (the lines of a page)

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from nextposture import __version__
from nextposture.body.estimate import matters
from nextposture.studies.chunks import sobol_names
from nextposture.studies.study_file import Distribution, Scenario, Study, plain

Floats = NDArray[np.float64]
INK, SOFT, MAIN, OTHER = "#1f2a30", "#9aa5ab", "#2f6690", "#b0413e"
QUANTILES = (5.0, 25.0, 50.0, 75.0, 95.0)
IN_PERCENT = "compression"
RESERVE_LIMIT = 0.01
"""Reserve (Nm) above which muscles cannot hold the posture (docs/body.md)."""


def column(folder: Path, name: str) -> Floats:
    """One column of the people, and no other in memory."""
    return np.asarray(
        pq.read_table(folder / "people.parquet", columns=[name])[name].to_numpy(), dtype=np.float64
    )


def differences(study: Study, folder: Path, outcome: str) -> Iterator[tuple[Scenario, Floats]]:
    """Every scenario after the first with everybody's difference from it: degrees, Nm, N of shear, or percent
    of compression."""
    first = column(folder, f"{study.scenarios[0].name}: {outcome}")
    for scenario in study.scenarios[1:]:
        change = column(folder, f"{scenario.name}: {outcome}") - first
        yield scenario, 100.0 * change / first if outcome.startswith(IN_PERCENT) else change


def unit(outcome: str) -> str:
    """Unit of a difference."""
    return (
        "%"
        if outcome.startswith(IN_PERCENT)
        else {"deg": "°", "Nm": "Nm"}.get(outcome.rsplit("_", 1)[1], "N")
    )


def words(outcome: str) -> str:
    """`compression_L4_5_N` as `compression L4/5`."""
    name = outcome.rsplit("_", 1)[0]
    for level in ("L5_S1", "L4_5", "L3_4", "L2_3", "L1_2"):
        name = name.replace(level, level.replace("_", "/"))
    return {"tilt": "pelvic tilt"}.get(name, name.replace("_", " "))


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    """A Markdown table."""
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def thresholds() -> dict[str, float]:
    """What matters, by outcome."""
    by_name = {row.what: row.threshold for row in matters().changes}
    return {
        "tilt_deg": by_name["pelvic tilt"],
        "lordosis_deg": by_name["lordosis"],
        "compression_L4_5_N": by_name["L4/5 compression"],
    }


def write(study: Study, folder: Path) -> Path:
    """Write `report.md`, `changes.svg` and, with a sensitivity analysis, `sobol.svg`; returns the page's
    path."""
    page = folder / "report.md"
    lines = [f"# {study.title}", "", f"**Question.** {study.question}", ""]
    if study.answer:
        lines += [f"**Answer.** {study.answer}", ""]
    lines += _shortening(study, folder)
    if len(study.scenarios) > 1:
        lines += _changes(study, folder)
    lines += _levels(study, folder)
    if study.sensitivity is not None:
        lines += _sobol(study, folder)
    lines += _basis(study)
    page.write_text("\n".join(lines), encoding="utf-8")
    return page


def _row(values: Floats, digits: int) -> list[str]:
    low, _, middle, _, high = np.percentile(values, QUANTILES)
    return [f"{middle:.{digits}f}", f"{low:.{digits}f} to {high:.{digits}f}"]


def _shortening(study: Study, folder: Path) -> list[str]:
    rows = []
    for scenario in study.scenarios:
        values = 100.0 * column(folder, f"{scenario.name}: shortening")
        rows.append([scenario.name, scenario.posture, *_row(values, 1)])
    return [
        "## Scenarios",
        "",
        "Shortening in percent of optimal fibre length: median, and where 90 % of the people lie.",
        "",
        *table(["scenario", "posture", "shortening", "90 %"], rows),
    ]


def _changes(study: Study, folder: Path) -> list[str]:
    small, out = thresholds(), [f"## Change against “{study.scenarios[0].name}”", ""]
    rows, drawn = [], []
    for outcome in study.outcomes:
        if outcome == "reserve_Nm":
            continue
        for scenario, values in differences(study, folder, outcome):
            limit = small.get(outcome)
            share = "" if limit is None else f"{100.0 * np.mean(np.abs(values) < limit):.1f} %"
            rows.append(
                [
                    scenario.name,
                    words(outcome),
                    *(f"{cell} {unit(outcome)}" for cell in _row(values, 2)),
                    share,
                ]
            )
            if limit is not None:
                drawn.append((outcome, scenario.name, np.percentile(values, QUANTILES)))
    if drawn:
        _draw_changes(study, drawn, small, folder / "changes.svg")
        out += ["![Changes](changes.svg)", ""]
    out += [
        "Median, where 90 % of the people lie, and the share of people whose change is smaller than what "
        "matters ("
        + "; ".join(f"{row.what} {row.threshold:g} {row.unit}: {row.why}" for row in matters().changes)
        + ").",
        "",
        *table(["scenario", "outcome", "change", "90 %", "smaller than what matters"], rows),
    ]
    return out


def _levels(study: Study, folder: Path) -> list[str]:
    rows = []
    for scenario in study.scenarios:
        for outcome in study.outcomes:
            values = column(folder, f"{scenario.name}: {outcome}")
            kind = outcome.rsplit("_", 1)[1].replace("deg", "°")
            rows.append([scenario.name, words(outcome), *(f"{cell} {kind}" for cell in _row(values, 1))])
    out = ["## Outcomes", "", *table(["scenario", "outcome", "median", "90 % of people"], rows)]
    if "reserve_Nm" in study.outcomes:
        beyond = [
            f"{scenario.name}: {int((column(folder, f'{scenario.name}: reserve_Nm') > RESERVE_LIMIT).sum())}"
            for scenario in study.scenarios
        ]
        out += ["People whose muscles cannot hold the posture: " + "; ".join(beyond) + ".", ""]
    return out


def sobol_indices(study: Study, folder: Path) -> list[tuple[str, float, float, float, float]]:
    """Input, first-order index with its half-width, total index with its half-width (95 %), largest total
    first."""
    from SALib.analyze import sobol

    names = sobol_names(study)
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    values = pq.read_table(folder / "sobol.parquet").sort_by("row")["difference"].to_numpy().astype(float)
    if values.std() == 0.0:
        return [(name, 0.0, 0.0, 0.0, 0.0) for name in names]
    found = sobol.analyze(problem, values, calc_second_order=False, seed=study.seed)
    rows = zip(names, found["S1"], found["S1_conf"], found["ST"], found["ST_conf"], strict=True)
    out = [(name, float(a), float(b), float(c), float(d)) for name, a, b, c, d in rows]
    return sorted(out, key=lambda row: -row[3])


def _sobol(study: Study, folder: Path) -> list[str]:
    asked = study.sensitivity
    assert asked is not None
    indices = sobol_indices(study, folder)
    _draw_sobol(indices[:12], folder / "sobol.svg")
    samples = asked.samples * (len(indices) + 2)
    return [
        "## What the answer hangs on",
        "",
        f"Sobol indices of {words(asked.outcome)} in “{asked.scenario}” less that in "
        f"“{asked.against}”, from "
        f"{samples} runs of the model (Saltelli's scheme, SALib). The first-order index is the share of the variance "
        "that a factor makes alone, the total one with all its company; ± is the half-width of the 95 % interval. "
        "Parameters of the body are drawn from the calibration one by one, without their correlations.",
        "",
        "![Sobol indices](sobol.svg)",
        "",
        *table(
            ["factor", "first order", "total"],
            ([n.replace("_", " "), f"{a:.2f} ± {b:.2f}", f"{c:.2f} ± {d:.2f}"] for n, a, b, c, d in indices),
        ),
    ]


def _said(value: Distribution) -> str:
    spread = {"normal": f"mean {value.mean:g}, SD {value.sd:g}", "half_normal": f"SD {value.sd:g}"}
    spread["lognormal"] = f"median {value.mean:g}, SD of the logarithm {value.sd:g}"
    text = value.kind.replace("_", "-") + (f", {spread[value.kind]}" if value.kind in spread else "")
    if value.kind == "constant":
        return f"{value.mean:g}"
    return f"{text}, {value.low:g} to {value.high:g}"


def _basis(study: Study) -> list[str]:
    population = study.population
    rows = [["women", f"{100.0 * population.female:g} %"]]
    rows += [
        [name.replace("_", " "), _said(getattr(population, name))]
        for name, value in plain(population).items()
        if isinstance(value, dict)
    ]
    rows.append(
        ["body", "as the calibration allows" if population.body == "posterior" else "that of the tables"]
    )
    return [
        "## Who, and what it rests on",
        "",
        *table(["drawn", "from"], rows),
        *([population.sources, ""] if population.sources else []),
        *(f"- {note}" for note in study.notes),
        *([""] if study.notes else []),
        f"{study.people:,} people, seed {study.seed}, fingerprint {study.fingerprint()}, Next Posture {__version__}. The "
        "model and its limits: docs/body.md; its uncertainty: docs/calibration.md. It says nothing about a particular "
        "person's back.",
        "",
    ]


def _canvas(rows: int, wide: float = 7.6) -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams |= {
        "svg.hashsalt": "nextposture",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
    }
    return plt, (wide, 0.42 * rows + 1.1)


def _draw_changes(
    study: Study, drawn: list[tuple[str, str, Floats]], small: dict[str, float], place: Path
) -> None:
    """A panel an outcome: a bar holds 90 % of the people, its thick part half, a dot the median; the band is
    what is smaller than what matters."""
    outcomes = [outcome for outcome in small if any(outcome == row[0] for row in drawn)]
    names = [scenario.name for scenario in study.scenarios[1:]]
    plt, (wide, tall) = _canvas(len(names) * len(outcomes) + 2 * len(outcomes))
    figure, panels = plt.subplots(len(outcomes), 1, figsize=(wide, tall), squeeze=False)
    for panel, outcome in zip(panels[:, 0], outcomes, strict=True):
        limit = small[outcome]
        panel.axvspan(-limit, limit, color="#dfe8e2", zorder=0)
        panel.axvline(0.0, color=SOFT, linewidth=1.0)
        for found, name, quantiles in drawn:
            if found != outcome:
                continue
            y = names.index(name)
            panel.plot(quantiles[[0, 4]], [y, y], color=MAIN, linewidth=2.0)
            panel.plot(quantiles[[1, 3]], [y, y], color=MAIN, linewidth=7.0, solid_capstyle="butt")
            panel.plot(quantiles[2], y, "o", color=OTHER, markersize=6.0)
        panel.set_yticks(range(len(names)), names)
        panel.set_ylim(len(names) - 0.4, -0.6)
        panel.set_xlabel(f"change of {words(outcome)}, {unit(outcome)}")
        panel.spines[["top", "right"]].set_visible(False)
    figure.suptitle(
        "Dot: median. Bars: half, and 90 %, of the people. Band: smaller than what matters.", fontsize=9
    )
    figure.tight_layout()
    figure.savefig(place, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _draw_sobol(indices: list[tuple[str, float, float, float, float]], place: Path) -> None:
    plt, (wide, tall) = _canvas(len(indices))
    figure, panel = plt.subplots(figsize=(wide, tall))
    y = np.arange(len(indices))
    panel.barh(y, [row[3] for row in indices], color="#c9d6df", label="total")
    panel.barh(y, [max(row[1], 0.0) for row in indices], height=0.4, color=MAIN, label="alone")
    panel.errorbar([row[3] for row in indices], y, xerr=[row[4] for row in indices], fmt="none", ecolor=INK)
    panel.set_yticks(y, [row[0].replace("_", " ") for row in indices])
    panel.invert_yaxis()
    panel.set_xlabel("share of the variance")
    panel.legend(frameon=False)
    panel.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(place, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
