"""Write docs/calibration.md and its figures from a calibration: everything on the page is computed."""

# ruff: noqa: E501  (the lines of a page)

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration import checks
from calibration.literature import literature, riener
from calibration.sampling import CHAINS, Calibration, Size
from nextposture.body.posterior import FOUND, MOST, SHORTER
from nextposture.body.response_surface import Surface
from nextposture.body.uncertain import uncertain

Floats = NDArray[np.float64]
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "calibration.md"
FIGURES = ROOT / "docs" / "figures" / "calibration"
INK, PRIOR, POSTERIOR, DATA = "#1f2a30", "#9aa5ab", "#2f6690", "#b0413e"


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def spread(values: Floats, digits: int = 1, ends: tuple[float, float] = (5.0, 95.0)) -> str:
    low, middle, high = np.percentile(values, [ends[0], 50.0, ends[1]])
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def write_page(kept: dict[str, Any]) -> None:
    """The page and three figures, from what `calibration.run` kept."""
    from calibration.run import sitting_shortening

    found: Calibration = kept["found"]
    size: Size = kept["size"]
    sitting = sitting_shortening(found.draws, found.runs.extension)
    random = np.random.default_rng(kept["seed"] + 200)
    seen = checks.fitted(found.draws, found.runs, random)
    unseen = [*checks.heino(sitting, found.runs, random), *checks.roach(sitting, found.runs, random)]
    FIGURES.mkdir(parents=True, exist_ok=True)
    draw_parameters(found)
    draw_checks(seen, unseen)
    draw_hip(found)
    lines = [
        "# Calibration of the body model",
        "",
        "Made by `make calibrate`; do not edit. The model is in [body.md](body.md), what it was compared with before in [validation.md](validation.md).",
        "",
        *in_short(found, sitting, seen, unseen),
        *data_section(),
        *parameter_section(found),
        *fit_section(found, seen),
        *unseen_section(found, unseen),
        *answer_section(found, sitting),
        *sampler_section(found, size, kept),
        *surface_section(kept["surface"], size),
        *limits_section(found),
    ]
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def rise(found: Calibration) -> Floats:
    """(n, 5) rise of L4/5 compression at SHORTER, percent."""
    compression = found.runs.compression
    return 100.0 * (compression / compression[:, :1] - 1.0)


def in_short(
    found: Calibration, sitting: Floats, seen: list[checks.Check], unseen: list[checks.Check]
) -> list[str]:
    up, tilt = rise(found), found.runs.tilt
    failed = [f"{check.study} ({check.what})" for check in unseen if not check.passed]
    return [
        "## In short",
        "",
        f"- Standing, with psoas and iliacus a tenth shorter: pelvic tilt changes by {spread(tilt[:, 2])}°, L4/5 compression by {spread(up[:, 2], 0)} % (median and 90 % interval, reference man). At 5 percent shorter: {spread(tilt[:, 1])}° and {spread(up[:, 1], 0)} %.",
        f"- No effect is inside: the probability that tilt changes by less than half a degree is {np.mean(np.abs(tilt[:, 2]) < 0.5):.0%} at a tenth and {np.mean(np.abs(tilt[:, 1]) < 0.5):.0%} at 5 percent shorter; that the load rises by less than 8 percent, {np.mean(up[:, 2] < 8.0):.0%} and {np.mean(up[:, 1] < 8.0):.0%}.",
        f"- People who sit much and move little against those who do the opposite: psoas shorter by {spread(100 * sitting)} %, if the share of their stiffer hip that is muscle is what the prior allows. No study has measured that share.",
        "- The studies say little. They narrow where psoas stands on its passive curve and what the hip's other tissues carry; they do not narrow the stiffness of the postural set-point, the brim, disc inclination or strength.",
        "- The one experiment in people, a session of stretching (Preece 2021), tilted the pelvis back by more than the model can, although the model was fitted to it."
        if not all(check.passed for check in seen)
        else "- The one experiment in people (Preece 2021) is met.",
        f"- Of {len(unseen)} checks on studies it has not seen, {len(unseen) - len(failed)} pass"
        + (f" and {len(failed)} fail: {', '.join(failed)}." if failed else "."),
        "",
    ]


def data_section() -> list[str]:
    rows = [
        [data["cite"], data["what"], "fitted" if data["fitted"] else "**tested**", data["assumed"]]
        for data in literature().values()
    ]
    preece = literature()["preece2021"]
    return [
        "## The studies",
        "",
        "Abstracts were read, not papers; what an abstract leaves out is assumed, and says so. The numbers stand in `calibration/studies.yaml`.",
        "",
        *table(["study", "what", "used", "assumed"], rows),
        f"Preece's tilt and lordosis each get a discrepancy beside their error, SD {preece['discrepancy_tilt_deg']:g} and {preece['discrepancy_lordosis_deg']:g} degrees. {preece['discrepancy']}",
        "",
    ]


def parameter_section(found: Calibration) -> list[str]:
    rows = []
    for k, row in enumerate(uncertain()):
        digits = 4 if row.high < 0.1 else 2
        learnt = 1.0 - found.draws[:, k].std() / found.prior[:, k].std()
        rows.append(
            [
                f"`{row.name}`",
                spread(found.prior[:, k], digits),
                spread(found.draws[:, k], digits),
                f"{100 * learnt:.0f} %",
                f"{found.rhat[k]:.3f}",
                f"{found.effective[k]:,.0f}",
                row.why,
            ]
        )
    return [
        "## Parameters, from prior to posterior",
        "",
        "Median and 90 % interval. *Narrowed* is the share of the prior's SD that the studies took away; about nothing means that they do not know. Ranges became priors in `body/tables/uncertain.yaml`.",
        "",
        *table(
            ["parameter", "prior", "posterior", "narrowed", "R-hat", "effective size", "why this prior"], rows
        ),
        "![Prior and posterior](figures/calibration/parameters.svg)",
        "",
    ]


def fit_section(found: Calibration, seen: list[checks.Check]) -> list[str]:
    data = literature()["riener1999"]
    rows = []
    for j, knee in enumerate(data["knee_deg"]):
        measured = riener(np.array(data["extension_deg"]), knee)
        for k, angle in enumerate(data["extension_deg"]):
            rows.append(
                [f"{angle:+g}", f"{knee:g}", f"{measured[k]:.1f}", spread(found.runs.moments[:, j, k])]
            )
    slack = checks.share(found.draws, "rectus_femoris_slack")
    top = next(row.high for row in uncertain() if row.name == "rectus_femoris_slack")
    return [
        "## How well the fitted studies are met",
        "",
        *table(["hip extension deg", "knee deg", "Riener and Edrich, Nm", "posterior, Nm"], rows),
        "![Passive hip](figures/calibration/hip.svg)",
        "",
        f"The published rectus femoris is too stiff with the knee bent, so its slack length was let loose; the posterior makes it longer by {spread(1000 * slack, 0)} mm, against the limit of {1000 * top:g} mm. The curve of the paper bends less than the model's anywhere, so the fit is a compromise: too soft at small angles, and no parameter of the model changes that.",
        "",
        *check_table(seen),
        "",
    ]


def check_table(rows: list[checks.Check]) -> list[str]:
    def number(value: float, unit: str) -> str:
        return f"{value:+.2f}" if not unit else f"{value:+.1f}"

    return table(
        ["study", "what", "measured", "predicted, 95 %", "measured falls at", ""],
        (
            [
                row.study,
                row.what + (f", {row.unit}" if row.unit else ""),
                number(row.measured, row.unit),
                f"{number(row.ends[1], row.unit)} ({number(row.ends[0], row.unit)} to {number(row.ends[2], row.unit)})",
                f"{row.percentile:.0f} %",
                "pass" if row.passed else "**fail**",
            ]
            for row in rows
        ),
    )


def unseen_section(found: Calibration, unseen: list[checks.Check]) -> list[str]:
    needed = checks.needed_for_roach(found.runs)
    by = {check.what: check for check in unseen}
    level = by["mean extension of the controls"]
    return [
        "## Studies it has not seen",
        "",
        "A replicate of each study is drawn from every draw of the posterior, people, errors of measurement and all. A check passes when the measured number lies in the middle 95 %; the rule was written before the final run. That the hip reaches further than the controls' was already seen in a trial run.",
        "",
        *check_table(unseen),
        "![Checks](figures/calibration/checks.svg)",
        "",
        "- **Heino 1990** found no correlation. The posterior expects almost none either: so few people, and a tilt that differs between people by far more than a shorter psoas moves it. Passing is therefore no evidence for the mechanism; a study of 25 cannot tell it from none.",
        f"- **Roach 2015, level**: the model's hip extends to {level.ends[1]:.0f} degrees where the controls' stopped at {level.measured:g}. "
        + (
            "It is inside only because protocols differ so much."
            if level.passed
            else "The model fails: fitted to the paper's soft curve, its hip reaches further than hips do on a bench. So the estimate for a person never uses the model's level, only how extension changes with shortening, about the mean of measured norms."
        ),
        f"- **Roach 2015, difference**: this asks only whether pain goes with as much stiffness as sitting does; it says nothing about muscle. Were all of it iliopsoas, it would need {spread(100 * needed, 0)} % of shortening, where the most seen in people is 11.4 % (calf, years of high heels).",
        "",
    ]


def answer_section(found: Calibration, sitting: Floats) -> list[str]:
    up = rise(found)
    rows = [
        [
            f"{100 * s:g} %",
            spread(found.runs.tilt[:, k]),
            spread(found.runs.lordosis[:, k]),
            spread(up[:, k], 0),
            spread(found.runs.extension[:, 0] - found.runs.extension[:, k]),
            f"{np.mean(np.abs(found.runs.tilt[:, k]) < 3.4):.0%}",
            f"{np.mean(up[:, k] < 8.0):.0%}",
        ]
        for k, s in enumerate(SHORTER)
        if k
    ]
    return [
        "## The answer under the posterior",
        "",
        "Reference man (1.75 m, 75 kg), standing, median and 90 % interval. The last two columns are the probability that the change is smaller than what matters (`body/tables/matters.yaml`: half the SD of tilt between healthy people, 3.4 degrees; the difference between standing and sitting in Wilke 1999, 8 percent).",
        "",
        *table(
            [
                "shorter by",
                "tilt deg",
                "lordosis deg",
                "L4/5 compression %",
                "hip extension lost deg",
                "tilt smaller",
                "load smaller",
            ],
            rows,
        ),
    ]


def sampler_section(found: Calibration, size: Size, kept: dict[str, Any]) -> list[str]:
    return [
        "## How it was sampled",
        "",
        f"[emcee](https://emcee.readthedocs.io) {_version('emcee')}, differential evolution and snooker moves, {CHAINS} independent ensembles of {size.walkers} walkers, {size.steps * size.thin:,} steps each after {size.burn * size.thin:,} thrown away, every {size.thin}th kept; seed {kept['seed']}; acceptance {found.acceptance:.2f}. R-hat (rank-normalised, split; arviz-stats) takes every walker as a chain of its own: at most {found.rhat.max():.3f}. Effective size from emcee's autocorrelation time: at least {found.effective.min():,.0f}.",
        "",
        f"The model takes 10 ms for one row of parameters, too slow for a million, so cubic surfaces stood in for it: fitted to {size.runs:,} runs over the prior, sampled, and fitted again to {size.runs:,} runs about that first sample. Then {size.checked:,} draws were run through the model itself and weighed by what the surfaces got wrong (SD of the log likelihood {found.surface_error:.2f}; effective share {found.weight_efficiency:.0%}), and {size.shipped:,} drawn from them without putting back. What ships is the model's posterior, not the surface's. CPU: {kept['seconds'] / 60:.0f} minutes.",
        "",
    ]


def surface_section(surface: Surface, size: Size) -> list[str]:
    names = dict(zip(FOUND, surface.error, strict=True))
    rows = [
        ["hip extension", f"{names['extension']:.2f}°"],
        [
            "compression standing, L5/S1; L4/5",
            f"{100 * names['compression_L5/S1']:.1f} %; {100 * names['compression_L4/5']:.1f} %",
        ],
        [
            "its change at L4/5, at a pull of 40 N (5 % shorter in most bodies)",
            f"{names['compression_change_L4/5'] * np.sqrt(50):.1f} N",
        ],
        ["change of shear at L5/S1, same", f"{names['shear_change_L5/S1'] * np.sqrt(50):.1f} N"],
        ["change of tilt, same", f"{names['tilt_change'] * np.sqrt(50):.2f}°"],
        ["change of lordosis, same", f"{names['lordosis_change'] * np.sqrt(50):.2f}°"],
    ]
    return [
        "## The surface behind a person's estimate",
        "",
        f"A person's estimate wants the posterior for their own height, mass, sex and age at once, so another cubic surface, fitted to {size.personal:,} runs about the posterior over everybody the model takes and shortening up to {100 * MOST:g} %, stands in for the model. Its root mean square error on the tenth of the runs it has not seen; that scatter is added to every draw, so an interval includes it:",
        "",
        *table(["what", "error"], rows),
    ]


def limits_section(found: Calibration) -> list[str]:
    return [
        "## What the data cannot say",
        "",
        "- Nobody has measured a living psoas' length at rest, in people who sit or in anyone. `share_stretch` stays what its prior was, and `share_sitting` moves only because a bigger share would ask for more shortening than people are known to have.",
        "- The one experiment (Preece) moved tilt by 1.2 degrees and lordosis not at all. In the model the two go together, and a psoas that gains what one session gives moves neither by much. Fitting does not mend that: the change of tilt is missed although it was fitted to. Either stretching moves the pelvis by another way than the length of iliopsoas, or the model lacks one; nothing here tells which.",
        "- A parameter is at once what is not known about people on average and how people differ; no study here tells the two apart. A person's interval is the wider for it.",
        "- Brim and disc inclination decide shear at L5/S1; none of these studies sees shear.",
        "- The 30 or so constants that are held at their table's value have uncertainty too; [validation.md](validation.md) varies them all.",
        "- Standard errors, SDs between people and discrepancies were assumed where abstracts give none. They are judgements, and the widths above move with them.",
        "",
    ]


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package)


def _canvas() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams |= {"svg.hashsalt": "nextposture", "svg.fonttype": "none", "font.size": 9, "text.color": INK}
    plt.rcParams |= {"axes.edgecolor": PRIOR, "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK}
    return plt


def _save(plt: Any, figure: Any, name: str) -> None:
    figure.tight_layout()
    figure.savefig(FIGURES / name, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw_parameters(found: Calibration) -> None:
    plt = _canvas()
    rows = -(-len(uncertain()) // 4)
    figure, panels = plt.subplots(rows, 4, figsize=(9.5, 1.75 * rows))
    for k, panel in enumerate(panels.flat):
        panel.set_yticks([])
        panel.spines[["top", "right", "left"]].set_visible(False)
        if k >= len(uncertain()):
            panel.axis("off")
            continue
        both = np.concatenate([found.prior[:, k], found.draws[:, k]])
        edges = np.linspace(*np.percentile(both, [0.3, 99.7]), 36)
        panel.hist(found.prior[:, k], edges, density=True, color=PRIOR, alpha=0.55)
        panel.hist(found.draws[:, k], edges, density=True, histtype="step", color=POSTERIOR, linewidth=1.8)
        panel.set_title(uncertain()[k].name.replace("_", " "), fontsize=8.5)
        panel.tick_params(labelsize=7.5)
    figure.suptitle("Grey: prior. Blue line: posterior.", fontsize=9)
    _save(plt, figure, "parameters.svg")


def draw_checks(seen: list[checks.Check], unseen: list[checks.Check]) -> None:
    plt = _canvas()
    rows = [*seen, *unseen]
    figure, panels = plt.subplots(2, 3, figsize=(9.5, 4.6))
    for panel, check in zip(panels.flat, rows, strict=True):
        panel.hist(check.predicted, 40, density=True, color="#c9d6df")
        panel.axvline(check.measured, color=DATA, linewidth=2.0)
        used = "fitted" if check in seen else ("not seen: " + ("pass" if check.passed else "FAIL"))
        panel.set_title(f"{check.study}: {check.what}\n{used}", fontsize=8.5)
        panel.set_yticks([])
        panel.spines[["top", "right", "left"]].set_visible(False)
    figure.suptitle("Blue: what the posterior predicts for such a study. Red: what was measured.", fontsize=9)
    _save(plt, figure, "checks.svg")


def draw_hip(found: Calibration) -> None:
    plt = _canvas()
    data = literature()["riener1999"]
    figure, panels = plt.subplots(1, 2, figsize=(8.0, 3.0), sharey=True)
    angles, fine = np.array(data["extension_deg"]), np.linspace(-20.0, 25.0, 60)
    for j, (panel, knee) in enumerate(zip(panels, data["knee_deg"], strict=True)):
        low, middle, high = np.percentile(found.runs.moments[:, j], [5.0, 50.0, 95.0], axis=0)
        panel.fill_between(angles, low, high, color="#c9d6df", label="posterior, 90 %")
        panel.plot(angles, middle, color=POSTERIOR, linewidth=2.0, label="median")
        panel.plot(fine, riener(fine, knee), color=DATA, linestyle="--", label="Riener and Edrich")
        panel.set_title(f"knee {knee:g}°", fontsize=9)
        panel.set_xlabel("hip extension, degrees")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("passive moment, Nm")
    panels[0].legend(frameon=False)
    _save(plt, figure, "hip.svg")
