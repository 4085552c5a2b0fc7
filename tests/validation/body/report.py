"""Write docs/validation.md and its figures: `python -m tests.validation.body.report [--quick]`.

Everything on the page is computed here, passes and failures alike. `--quick` uses fewer random cases.
"""

# ruff: noqa: E501  (the lines of a page and of an SVG)

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.body.opensim_model import available
from benchmarks.body.opensim_poses import GRID, HIPS, KNEES

from nextposture.body import Person, anatomy, hip_extension, loads, posture_names, standing
from nextposture.body.assembly import fascicle_names, model
from nextposture.body.disc_loads import pressure_to_force
from nextposture.body.hip import passive_hip_moment
from nextposture.body.postures import posture
from nextposture.body.standing_posture import posture_alignment
from nextposture.knowledge.reading import read_text
from tests.validation.body import (
    charts,
    geometry,
    optimality,
    random_postures,
    sensitivity,
    standing_optimum,
)

ROOT = Path(__file__).parents[3]
BENT_EXTENDED = "hip extended, knee bent"
PAGE = ROOT / "docs" / "validation.md"
FIGURES = ROOT / "docs" / "figures" / "body"
WILKE = Person(1.68, 70.0, "male", 45.0)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    head = list(head)
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows),
        "",
    ]


def mark(good: bool) -> str:
    return "pass" if good else "**fail**"


def source(name: str) -> str:
    known = anatomy.sources().get(name)
    return known.text.split(" (")[0] if known else name


def literature() -> dict[str, Any]:
    value: dict[str, Any] = beside("literature.yaml")
    return value


def beside(name: str) -> Any:
    """A YAML table that stands beside this file."""
    return read_text(name, Path(__file__).with_name(name).read_text(encoding="utf-8")).value


def lengths_and_arms() -> tuple[list[str], bool]:
    ours = geometry.ours()
    kinds = [("frozen", geometry.reference())]
    if available():
        from benchmarks.body import opensim_reference

        kinds.append(("live", {(row[0], row[1]): np.array(row[2:]) for row in opensim_reference.rows()}))
    wrapped, good = geometry.wrapped_names(), True
    out = ["## Lengths and moment arms", ""]
    out += [
        "Every fascicle of the right side in eight poses, six with straight and two with bent knees, against OpenSim 4.6 on the same geometry: the published model with "
        "psoas re-routed as in our tables, and our extensor shift off. The fascicles that cross hip and knee also at every pair of "
        f"{len(HIPS)} hip angles (30 degrees of extension to 120 of flexion) and {len(KNEES)} knee angles (0 to 120). Trunk arms are about the published coupled "
        "coordinate, hip arms about each of its three axes. Wanted: 0.01 mm on unwrapped fascicles.",
        "",
    ]
    for kind, reference in kinds:
        rows = []
        for name, chosen in (
            ("unwrapped", lambda n: n not in wrapped and n not in geometry.LEFT_OUT),
            ("wrapped, by our own cylinders or via points", lambda n: n in wrapped),
            ("wrapped there, straight here (costs less than 2 mm)", lambda n: n in geometry.LEFT_OUT),
        ):
            keys = [key for key in reference if chosen(key[1])]
            error = np.array([np.abs(ours[key] - reference[key]) for key in keys]) * 1e3
            fascicles = len({key[1] for key in keys})
            rows.append(
                [
                    name,
                    fascicles,
                    f"{error[:, 0].max():.4f}",
                    f"{error[:, 1].max():.4f}",
                    f"{error[:, 2:5].max():.4f}",
                ]
            )
            if name == "unwrapped":
                good = good and float(np.nanmax(error)) <= 0.01
        out += [f"Reference {kind}; largest difference in mm:", ""]
        out += table(["fascicles", "number", "length", "trunk arm", "hip arms"], rows)
    if len(kinds) == 1:
        out += [
            "OpenSim was not installed where this page was made, so the reference is the frozen one only.",
            "",
        ]
    worst = []
    reference = kinds[0][1]
    for name in sorted({key[1] for key in reference if key[1] in wrapped or key[1] in geometry.LEFT_OUT}):
        keys = [key for key in reference if key[1] == name]
        error = np.array([np.abs(ours[key] - reference[key]) for key in keys]) * 1e3
        worst.append(
            [name, f"{error[:, 0].max():.3f}", f"{error[:, 1].max():.3f}", f"{error[:, 2:5].max():.3f}"]
        )
    out += ["Wrapped fascicles one by one (mm, worst of all poses):", ""]
    out += table(["fascicle", "length", "trunk arm", "hip arms"], worst)
    bent, grid = [], {key for key in reference if key[0] in GRID}
    for name in sorted(geometry.crossing_the_knee()):
        error = np.array([(ours[key] - reference[key]) * 1e3 for key in grid if key[1] == name])
        good = good and float(np.abs(error[:, 0]).max()) <= 2.0
        bent.append(
            [
                name,
                *(f"{np.nanmax(np.abs(column)):.4f}" for column in (error[:, 0], error[:, 2:5], error[:, 5])),
            ]
        )
    out += [
        "The two-joint fascicles over the pairs of hip and knee, largest difference in mm (wanted: 2 of length). Tibia and patella move on the femur as in the published model, "
        "which turns and tilts the tibia as the knee bends (`knee.yaml`). The knee is no coordinate of the equilibrium, so the arm about it is the slope of our length over it, between 5 and 115 degrees:",
        "",
    ]
    out += table(["fascicle", "length", "hip arms", "knee arm"], bent)
    off = {
        name: float(ours[BENT_EXTENDED, name][0] - reference[BENT_EXTENDED, name][0])
        for name in geometry.crossing_the_knee()
    }
    (now, short), (then, then_short) = geometry.thomas({}), geometry.thomas(off)
    out += [
        f"In the modified Thomas position the model's hip extends to {now:.2f} degrees, and to {then:.2f} with OpenSim's lengths of the two-joint fascicles; a tenth of shortening takes {now - short:.2f} and {then - then_short:.2f}.",
        "",
    ]
    return out, good


def optimal(cases: int) -> tuple[list[str], bool]:
    out = ["## Optimality", "", "Violation of each optimality condition, worst over all named postures:", ""]
    rows, good = [], True
    for power in (2, 3):
        c = optimality.every_posture(power)
        rows.append([power, f"{c.balance:.1e}", f"{c.stationarity:.1e}", f"{c.sign:.1e}", f"{c.bounds:.1e}"])
        good = good and c.balance < 1e-4 and c.stationarity < 1e-10
    out += table(["p", "moment balance Nm", "stationarity", "sign at bounds", "bounds"], rows)
    out += [f"Other solvers on the same matrices, over {', '.join(optimality.POSTURES)}:", ""]
    rows = []
    for solver, power in (("quadprog", 2), ("clarabel", 2), ("clarabel", 3)):
        activation, objective = optimality.worst_difference(solver, power)
        good = good and activation < 1e-6
        rows.append([solver, power, f"{activation:.1e}", f"{objective:.1e}", mark(activation < 1e-6)])
    activation, objective, count = optimality.against_opensim()
    rows.append(
        [
            f"OpenSim static optimisation, tolerance 1e-7 ({count} muscles)",
            2,
            f"{activation:.1e}",
            f"{objective:+.1e}",
            "its objective is the higher one" if objective > 0 else "",
        ]
    )
    out += table(
        ["solver", "p", "largest difference of an activation", "relative difference of the objective", ""],
        rows,
    )
    stood = standing_optimum.against_slsqp(cases)
    off = np.abs(stood.tilt)
    good = good and stood.worst_objective < 0.01
    out += [
        f"The predicted standing posture, a tenth shorter, against SciPy's SLSQP from two starts with differences for a gradient, over {cases} draws of the parameters: SLSQP's objective is lower by {stood.worst_objective:.1e} of the effort of standing at most; the tilt differs by {np.median(off):.3f}° in the middle, by more than 0.1° in {int((off > 0.1).sum())} of them, and by {off.max():.2f}° at most ({mark(stood.worst_objective < 0.01)}, wanted: 0.01 of the effort).",
        "",
    ]
    return out, good


def robust(count: int) -> tuple[list[str], bool]:
    import inspect

    out = [
        "## Random balanced postures",
        "",
        (inspect.getdoc(random_postures.draw) or "") + f" Seed {random_postures.SEED}.",
        "",
    ]
    rows, good = [], True
    for power in (2, 3):
        found = random_postures.run(count, power)
        good = good and found.stalled == 0
        rows.append(
            [
                power,
                f"{found.cases:,}",
                found.stalled,
                f"{found.mean_iterations:.1f}",
                found.most_iterations,
                f"{found.worst_residual:.0e}",
                mark(found.stalled == 0),
            ]
        )
    out += table(["p", "cases", "stalled", "mean iterations", "most", "worst residual (relative)", ""], rows)
    return out, good


def firm(samples: int) -> list[str]:
    """How much the count of Wilke's ratios depends on values that are not well known."""
    wanted = {row["posture"]: row["ratio"] for row in literature()["wilke_ratios"]}
    ends, every = sensitivity.firmness(WILKE, wanted, samples)
    kept = sensitivity.firmness_of_draws(WILKE, wanted, samples, ranges_of_motion=False)
    fewer = sorted((item for item in ends if min(item[1:]) < 7), key=lambda item: min(item[1:]))
    return [
        "### How firm the count is",
        "",
        "Not very. One parameter at a time at the ends of its range (the postures' angles stay), the count falls below seven with "
        + ", ".join(f"{row.name} ({low} to {high})" for row, low, high in fewer)
        + ".",
        "",
        f"All at once, {samples} draws evenly over the ranges: {np.median(every):.0f} of nine in the middle ({np.percentile(every, 5):.0f} to {np.percentile(every, 95):.0f}), seven or more in {100 * np.mean(every >= 7):.0f} % of the draws; "
        f"with the joints' ranges of motion kept, with which the postures were written, {np.median(kept):.0f} ({np.percentile(kept, 5):.0f} to {np.percentile(kept, 95):.0f}), seven or more in {100 * np.mean(kept >= 7):.0f} %. "
        "So the ratios are met at the values chosen, and do not show that those values are right.",
        "",
    ]


def pressures(samples: int) -> tuple[list[str], bool]:
    known = literature()
    found = {name: loads(WILKE, name) for name in posture_names()}
    reference = found["standing"].level("L4/5").compression_N
    rows, passed, names, model_values, measured = [], 0, [], [], []
    for row in known["wilke_ratios"]:
        name, wanted = row["posture"], row["ratio"]
        ratio = found[name].level("L4/5").compression_N / reference
        good = abs(ratio / wanted - 1.0) <= 0.25
        passed += good
        names.append(name.replace("_", " "))
        model_values.append(ratio)
        measured.append(wanted)
        rows.append(
            [
                f"`{name}`",
                f"{found[name].level('L4/5').compression_N:.0f}",
                f"{ratio:.2f}",
                f"{wanted:.2f}",
                f"{100 * (ratio / wanted - 1):+.0f} %",
                mark(good),
                row["confidence"],
                posture(name).source,
                posture(name).confidence,
            ]
        )
    figure(
        "wilke.svg",
        charts.bars(
            "L4/5, ratio to standing",
            "the line on the lower bar is 25 % either way",
            names,
            [("model", model_values), ("Wilke 1999", measured)],
            0.25,
        ),
    )
    out = [
        "## Pressure ratios",
        "",
        "Wilke 1999 measured one man (1.68 m, 70 kg, 45 years). The model's ratio is that of L4/5 compression; wanted: within 25 % for at least seven of nine.",
        "",
    ]
    out += table(
        [
            "posture",
            "model N",
            "model ratio",
            "measured",
            "difference",
            "",
            "measurement",
            "posture from",
            "confidence",
        ],
        rows,
    )
    history = beside("history.yaml")
    first = history[0]["ratios"]
    blind = sum(
        abs(first[row["posture"]] / row["ratio"] - 1.0) <= 0.25
        for row in known["wilke_ratios"]
        if row["posture"] in first
    )
    out += [
        f"**{passed} of 9 within 25 %, and not blind:** the first run, before any comparison, had {blind} of the {len(first)} it could solve. The steps between stand below.",
        "",
        "![Ratios](figures/body/wilke.svg)",
        "",
    ]
    for name, text in known["explained"].items():
        out += [f"- `{name}`: {text}"]
    out += [
        "",
        "### How the model got here",
        "",
        "The postures were written down first. The first comparison was poor, and these changes followed. Each rests on something other than a pressure, but they were made knowing the comparison, so the ratios are not a blind test. The one number fitted is `extensor_depth` (step 4), to imaging as recalled.",
        "",
    ]
    order = [row["posture"] for row in known["wilke_ratios"]]
    steps = [
        [str(k), step["standing_N"], *(step["ratios"].get(name, "") for name in order)]
        for k, step in enumerate(history)
    ]
    out += table(["step", "standing N", *(name.replace("_", " ") for name in order)], steps)
    for k, step in enumerate(history):
        out += [f"{k}. {step['step']}. Why: {step['why']}."]
    out += ["", *firm(samples)]
    pressure = known["standing_pressure_MPa"]["value"]
    low, high = pressure_to_force(pressure) * 0.55 / 0.66, pressure_to_force(pressure) * 0.77 / 0.66
    equilibrium = standing(WILKE).loads.level("L4/5").compression_N
    inside = low <= reference <= high
    out += [
        "### Standing, absolute",
        "",
        f"0.5 MPa over 18 cm2 with a correction of 0.55 to 0.77 (both from memory) is {low:.0f} to {high:.0f} N. The model gives {reference:.0f} N in the stated pose ({mark(inside)}) and {equilibrium:.0f} N in the predicted one, {reference - 60:.0f} N without the disc's own preload of 60 N. AnyBody's repository reports {known['other_standing'][0]['newton']:.0f} N for the same man.",
        "",
    ]
    return out, passed >= 7 and inside


def figure(name: str, text: str) -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / name).write_text(text, encoding="utf-8")


def aligned() -> tuple[list[str], bool]:
    neutral, predicted = posture_alignment(posture("standing")), standing(Person()).alignment
    rows, counted = [], []
    for row in literature()["alignment"]:
        key = row["key"]
        values = [
            state.segments[int(key)] if key.isdigit() else getattr(state, key)
            for state in (neutral, predicted)
        ]
        good = [abs(value - row["mean"]) <= row["sd"] for value in values]
        if "input" not in row:
            counted.append(good[0])
        rows.append(
            [
                row["what"],
                f"{values[0]:.1f}",
                mark(good[0]),
                f"{values[1]:.1f}",
                mark(good[1]),
                f"{row['mean']} ± {row['sd']}",
                source(row["source"]),
                row["confidence"],
                f"no: {row['input']}" if "input" in row else "yes",
            ]
        )
    out = [
        "## Alignment",
        "",
        "Plates follow from the published joint centres, vertebral wedges and one fitted number, the slope of the sacral plate; the source it is fitted to is not counted. Lordosis and L5-S1 hang on that number too, against other sources. Wanted: within one SD. "
        "The predicted pose is that of `standing`; its set-point holds it near the neutral one, and was made to hold the segments after an earlier form had left the normal range (step 6 above), so that column is no test of its own.",
        "",
    ]
    out += table(
        [
            "degrees",
            "neutral pose",
            "",
            "predicted standing",
            "",
            "measured",
            "source",
            "confidence",
            "counted",
        ],
        rows,
    )
    sit, lordosis = posture("sitting_unsupported"), posture_alignment(posture("sitting_unsupported")).lordosis
    out += [
        f"Standing to sitting: lordosis changes by {lordosis - neutral.lordosis:+.1f} between the discs L1 to S1 ({sit.lumbar_flexion_deg:.1f} with T12/L1) and sacral slope by {sit.pelvis_deg:+.1f} in `sitting_unsupported`; the source gives -16.6 and -18.7 (J Orthop Sci 2012 17:682). The posture was taken from that source, so this is input, **not validation**.",
        "",
    ]
    return out, all(counted)


def psoas() -> tuple[list[str], bool]:
    from nextposture.body.sagittal import POSE, STRAIGHT_KNEE, muscle_paths, place

    body = model(1)
    m = len(body.paths.on_body)
    pose, centre = np.empty(POSE), np.empty((7, 2))
    length, arm, line = np.empty(m), np.empty((9, m)), np.empty((len(body.paths.body0), 7))
    place(body.frame, np.zeros(8), STRAIGHT_KNEE, pose, centre)
    muscle_paths(body.paths, body.frame, np.zeros(8), pose, centre, length, arm, line)
    names = fascicle_names(1)
    mine = [k for k, name in enumerate(names) if name.startswith("Ps_")]
    force = body.fibres.force
    rows = [
        [
            names[k],
            f"{force[k]:.0f}",
            *(f"{1e3 * arm[j, k]:+.1f}" if arm[j, k] else "" for j in range(5)),
            f"{1e3 * arm[6, k]:.1f}",
        ]
        for k in mine
    ]

    def mean(j: int) -> float:
        crossing = [k for k in mine if arm[j, k] != 0.0]
        return float(1e3 * np.average(arm[j, crossing], weights=force[crossing]))

    upper, lower = [mean(j) for j in (2, 3, 4)], [mean(j) for j in (0, 1)]
    signs = min(upper) > 0.0 and max(lower) < 0.0
    known = literature()["mcgill_psoas"]
    inside = abs(mean(1) - known["mean_mm"]) <= known["sd_mm"]
    out = [
        "## Psoas",
        "",
        "Moment arms in the neutral pose, mm; positive extends the spine and flexes the hip.",
        "",
    ]
    out += table(["fascicle", "force N", "L5/S1", "L4/5", "L3/4", "L2/3", "L1/2", "hip"], rows)
    out += [
        f"Mean by force, L5/S1 to L1/2: {', '.join(f'{mean(j):+.1f}' for j in range(5))} mm. Bogduk 1992: extends the upper lumbar joints, flexes the lower ones, with tiny arms: {mark(signs)} on signs (the arm at L5/S1 is larger than tiny; the brim point decides it). McGill 1988 at L4/5: {known['mean_mm']} ± {known['sd_mm']} mm (minus is in front): {mark(inside)} at {mean(1):+.1f}.",
        "",
    ]
    pull = [2.0 * float((force[mine] * arm[j, mine]).sum()) for j in range(5)]
    out += [f"Both sides at full force: {', '.join(f'{v:+.1f}' for v in pull)} Nm, L5/S1 to L1/2.", ""]
    return out, signs and inside


def riener_edrich(extension: np.ndarray, knee: float) -> np.ndarray:
    """Riener and Edrich 1999, passive hip moment towards flexion (Nm) at hip extension and knee flexion
    in deg."""
    return np.asarray(
        np.exp(1.4655 - 0.0034 * knee + 0.0750 * extension)
        - np.exp(1.3403 - 0.0226 * knee - 0.0305 * extension)
        + 8.072
    )


def hips() -> tuple[list[str], float]:
    """The part on the passive hip, and how many times as far Preece's people tilted for a degree of hip
    extension as the model does."""
    grid = np.arange(-60.0, 26.0, 5.0)
    person = Person(1.75, 84.0, "male", 30.0)
    ours, theirs = passive_hip_moment(person, grid), riener_edrich(grid, 0.0)
    short = passive_hip_moment(person, grid, shortening=0.1)
    figure(
        "hip.svg",
        charts.lines(
            "Passive hip moment, knee straight",
            "hip extension, degrees",
            "Nm towards flexion",
            [
                ("model", grid, ours),
                ("Riener and Edrich 1999", grid, theirs),
                ("model, psoas 10 % shorter", grid, short),
            ],
        ),
    )
    out = [
        "## Passive hip, stretch, sitting groups",
        "",
        "Shown as the uncalibrated model gives them. The formula of Riener and Edrich is as coded in a public repository; check it against the paper before fitting to it.",
        "",
    ]
    rows = [
        [
            f"{e:+.0f}",
            f"{passive_hip_moment(person, np.array([e]))[0]:.1f}",
            f"{riener_edrich(np.array([e]), 0)[0]:.1f}",
            f"{passive_hip_moment(person, np.array([e]), 80.0)[0]:.1f}",
            f"{riener_edrich(np.array([e]), 80)[0]:.1f}",
        ]
        for e in (-60.0, -30.0, -10.0, 0.0, 10.0, 20.0)
    ]
    out += table(
        [
            "hip extension deg",
            "model, knee 0, Nm",
            "Riener and Edrich",
            "model, knee 80, Nm",
            "Riener and Edrich",
        ],
        rows,
    )
    out += [
        "![Passive hip](figures/body/hip.svg)",
        "",
        "The model is stiffer than the formula: with the knee bent by rectus femoris, with the knee straight and the hip bent by the hamstrings, both at their published slack lengths. With the knee straight it carries about half the moment in neutral and as much at 20 degrees of extension.",
        "",
    ]
    known = literature()
    base = hip_extension(person)

    def shortening_for(change: float) -> float:
        low, high = 0.0, 0.2
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if hip_extension(person, middle) - base > change else (low, middle)
        return (low + high) / 2

    preece, group = known["preece"], known["boukabache"]
    lost = shortening_for(-preece["hip_extension_deg"])
    before, after = standing(person, lost).alignment, standing(person, 0.0).alignment
    tilt, lordosis = after.tilt_forwards - before.tilt_forwards, after.lordosis - before.lordosis
    out += [
        f"**Preece 2021** (one session of stretching): hip extension +2.6°, tilt -1.2°, lordosis unchanged, ratio 0.46. The model gains 2.6° when iliopsoas gets longer by {100 * lost:.1f} % of its optimal length; tilt then changes by {tilt:+.2f}°, lordosis by {lordosis:+.2f}°, ratio {abs(tilt) / 2.6:.2f}. The set-point is not fitted to this; the model tilts {'less' if abs(tilt) < 1.2 else 'more'} than people did.",
        "",
    ]
    lost = shortening_for(group["hip_extension_deg"])
    sitters, others = standing(person, lost), standing(person, 0.0)
    c0, c1 = others.loads.level("L4/5").compression_N, sitters.loads.level("L4/5").compression_N
    out += [
        f"**Boukabache 2021** (sitting much and moving little against the opposite): hip extension 6.1° less. If all of it were iliopsoas, the model asks for {100 * lost:.1f} % shortening, which tilts the pelvis by {sitters.alignment.tilt_forwards - others.alignment.tilt_forwards:+.1f}° and raises L4/5 standing by {100 * (c1 / c0 - 1):.0f} %. An upper bound: capsule, rectus femoris and tolerance limit the same angle.",
        "",
        "Roach 2015 and Heino 1990 are not used here; they are kept for testing a calibration.",
        "",
    ]
    return out, abs(preece["tilt_deg"] / tilt)


def sensitive(samples: int) -> tuple[list[str], dict[str, Any]]:
    ranked = sensitivity.one_at_a_time()
    base = sensitivity.answer({})
    out = [
        "## Sensitivity",
        "",
        "Person of 1.75 m and 75 kg; standing, with a tenth of optimal length lost. Each parameter from one end of its range to the other, the five that move the rise of L4/5 most:",
        "",
    ]
    out += table(
        ["parameter", "range", "L4/5 standing N", "rise at 10 % shorter", "tilt", "source", "confidence"],
        [
            [
                row.name,
                f"{row.low:g} to {row.high:g} {row.unit}",
                f"{low.compression:.0f} to {high.compression:.0f}",
                f"{low.rise:.0f} to {high.rise:.0f} %",
                f"{low.tilt:+.1f} to {high.tilt:+.1f}°",
                row.source,
                row.confidence,
            ]
            for row, low, high in ranked[:5]
        ],
    )
    most = sorted(ranked, key=lambda item: -abs(item[2].compression - item[1].compression))[:5]
    out += [
        "And the absolute load standing most: "
        + ", ".join(
            f"{row.name} ({low.compression:.0f} to {high.compression:.0f} N)" for row, low, high in most
        )
        + ".",
        "",
    ]
    tilting = sorted(ranked, key=lambda item: -abs(item[2].tilt - item[1].tilt))[:3]
    out += [
        "And the tilt most: "
        + ", ".join(f"{row.name} ({low.tilt:+.1f} to {high.tilt:+.1f}°)" for row, low, high in tilting)
        + ".",
        "",
    ]
    rows, central = [], {}
    for shortening in (0.05, 0.10, 0.15):
        found = sensitivity.all_at_once(samples, shortening)
        one = sensitivity.answer({}, shortening)
        low, middle, high = np.percentile(found, [5, 50, 95], axis=0)
        rows.append(
            [
                f"{100 * shortening:.0f} %",
                f"{one.rise:.0f} %",
                f"{middle[1]:.0f} % ({low[1]:.0f} to {high[1]:.0f})",
                f"{one.frozen_rise:.0f} %",
                f"{middle[3]:.0f} % ({low[3]:.0f} to {high[3]:.0f})",
                f"{one.tilt:+.1f}°",
                f"{middle[2]:+.1f}° ({low[2]:+.1f} to {high[2]:+.1f})",
            ]
        )
        central[f"{100 * shortening:.0f}"] = (one, low, middle, high)
    out += [
        f"All {len(sensitivity.varied())} parameters at once, {samples} draws, evenly over their ranges (median and 5 to 95 %):",
        "",
    ]
    out += table(
        [
            "shorter by",
            "L4/5 rise, central",
            "with interval",
            "posture frozen, central",
            "with interval",
            "tilt, central",
            "with interval",
        ],
        rows,
    )
    return out, {"central": central, "base": base}


def answer_first(facts: dict[str, Any], times_further: float) -> list[str]:
    one, low, middle, high = facts["central"]["10"]
    small = facts["central"]["5"]
    return [
        "## The central result",
        "",
        f"Standing, with psoas and iliacus a tenth shorter (of optimal fibre length), the model's pelvis tilts forwards by **{one.tilt:+.1f}°** (interval {low[2]:+.1f} to {high[2]:+.1f}) "
        f"and L4/5 compression rises by **{one.rise:.0f} %** (interval {low[1]:.0f} to {high[1]:.0f} %, median {middle[1]:.0f}). "
        f"With the posture frozen the rise is {one.frozen_rise:.0f} % ({low[3]:.0f} to {high[3]:.0f}): most of it is the direct pull of the muscle, not a change of posture. "
        f"At five percent shorter it is {small[0].rise:.0f} % ({small[1][1]:.0f} to {small[3][1]:.0f}) with {small[0].tilt:+.1f}° of tilt ({small[1][2]:+.1f} to {small[3][2]:+.1f}).",
        "",
        f"The intervals are 5 to 95 % of the answers when all {len(sensitivity.varied())} parameters are drawn at once from their stated ranges. They say what the model does not know about one body of average size; they are not how people differ, and they cannot cover what the model leaves out.",
        "",
        f"So at the values chosen posture hardly changes, and the interval includes none; its upper end, {high[2]:.0f}°, would be seen. It is reached where the set-point is loose (`posture_spread`), and the one direct experiment (Preece 2021, below) tilted the pelvis {times_further:.1f} times as far for a degree of hip extension as the model does: the tilt is rather too small here than too large. "
        "That some load is added is firmer than how much: it depends on how long psoas stands against its optimum, for which we know no measurement in living people, and on its strength. "
        "It is less than bending forwards adds (the load of `standing_flexed` is about twice that of standing). "
        "We know of no psoas seen to shorten from sitting: the fibres of other muscles have lost 6 to 11 % (two to three weeks without load, de Boer 2007; years of high heels, Csapo 2010). That sitting shortens psoas at all is a hypothesis (see `docs/body.md`).",
        "",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    cases, samples = (2_000, 60) if quick else (100_000, 1_000)
    geometry_part, good_geometry = lengths_and_arms()
    optimal_part, good_optimal = optimal(20 if quick else 200)
    robust_part, good_robust = robust(cases)
    pressure_part, good_pressure = pressures(samples)
    alignment_part, good_alignment = aligned()
    psoas_part, good_psoas = psoas()
    hip_part, times_further = hips()
    sensitive_part, facts = sensitive(samples)
    summary = table(
        ["what", ""],
        [
            ["lengths and moment arms as OpenSim's, 0.01 mm unwrapped", mark(good_geometry)],
            ["optimality, and other solvers to 1e-6", mark(good_optimal)],
            [f"p = 3: no stalled case in {cases:,}", mark(good_robust)],
            [
                "Wilke's ratios, seven of nine within 25 %, and standing in range",
                f"{mark(good_pressure)}, not blind and not firm (see there)",
            ],
            ["alignment of the neutral pose within one SD, every row that counts", mark(good_alignment)],
            ["psoas arms: signs as Bogduk, L4/5 inside McGill", mark(good_psoas)],
        ],
    )
    lines = [
        "# Validation of the body model",
        "",
        "Made by `make validation`; do not edit. The model and its limits are in [body.md](body.md).",
        "",
        *answer_first(facts, times_further), "## Summary", "", *summary,
        *geometry_part, *optimal_part, *robust_part, *pressure_part, *alignment_part, *psoas_part, *hip_part, *sensitive_part,
    ]  # fmt: skip
    fitted = [row for row in anatomy.parameters().values() if row.confidence == "fitted"]
    lines += ["## What was fitted", ""]
    lines += table(
        ["parameter", "value", "to", "so not counted as validation"],
        [[row.name, f"{row.value:g} {row.unit}", source(row.source), row.note] for row in fitted],
    )
    lines += [
        "The via points that replace the chest's ellipsoid are fitted to OpenSim's arc length in neutral (three fascicles).",
        "",
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)} and {FIGURES.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
