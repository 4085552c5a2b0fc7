"""Write docs/camera.md and its figures: `python -m tests.validation.motion.report [--quick]`.

A simulated person in front of simulated cameras is measured and coached by the code that ships. Every number of
the tables "simulated" is computed here; the landmarks' own scatter, on real footage, in `camera/repeatability.py`.
"""

# ruff: noqa: E501  (the lines of a page)

from __future__ import annotations

import argparse
import math
import random
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nextposture.knowledge import load
from nextposture.knowledge.coaching import camera_table
from nextposture.motion.coaching import SetDose
from nextposture.motion.level import (
    NOT_LEVELLED,
    Level,
    LevelError,
    level_from_gravity,
    level_from_line,
)
from nextposture.motion.measuring import start_measurement
from nextposture.pose.parts import MODELS
from tests.coached_films import CASES, HOLDS, REPS, coach, film, reps, truly_held
from tests.synthetic_person import Camera, Film, Script, thomas
from tests.validation.body.charts import lines
from tests.validation.camera.repeatability import (
    CLIPS,
    SCALE,
    SHIFT,
    SQUARE_DEG,
    TURN_DEG,
    Difference,
    against_space,
    between_models,
    between_views,
    changed_pictures,
    moved_region,
    stride_to_stride,
)
from tests.validation.camera.views import compare

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "camera.md"
FIGURES = ROOT / "docs" / "figures" / "camera"
TABLE_M, HIPS_M = 0.75, 0.85
SURE = 0.95
STILL = Camera(jitter=0.0, drift=0.0, fps=8.0, height=0.85, distance=2.5)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> list[str]:
    head = list(head)
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
        *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows),
        "",
    ]


@dataclass(frozen=True)
class Reading:
    """Errors of one simulated test, degrees."""

    thigh: float
    knee: float


def read(extension: float, knee: float, camera: Camera, level: Level, seed: int) -> Reading | None:
    """One trial of the Thomas test; None where it was refused."""
    shot = Film(Script(thomas(extension, knee), settle_s=3.4), camera, "right", "right", seed, HIPS_M)
    one = start_measurement("thomas", "right", level)
    for frame in shot.frames():
        if one.step(frame).ask:
            one.answer("pelvis_flat", True)
            break
    trials = one.finish().trials
    if not trials:
        return None
    return Reading(trials[0]["thigh"] - extension, trials[0]["knee"] - knee)


def drawn_level(camera: Camera, seed: int, hand_px: float = 2.0) -> Level:
    """The near edge of the table as it lies in the picture, drawn by a hand that is two pixels off."""
    shot = Film(Script(thomas(0, 80)), camera, "right", "right", seed, HIPS_M)
    hand = random.Random(seed)
    edge = {"a": (-0.7, TABLE_M, 0.3), "b": (0.05, TABLE_M, 0.3)}
    pixels, _ = shot._project(edge)
    (ax, ay), (bx, by) = (
        (x + hand.gauss(0, hand_px), y + hand.gauss(0, hand_px)) for x, y in (pixels["a"], pixels["b"])
    )
    size = camera.width, camera.height_px
    return level_from_line((ax / size[0], ay / size[1]), (bx / size[0], by / size[1]), *size)


def one_fault() -> tuple[list[str], str]:
    """Each fault by itself, and a figure of the two that matter."""
    faults: list[tuple[str, Camera]] = [
        ("nothing wrong", STILL),
        *((f"picture turned {roll}°", replace(STILL, roll=roll)) for roll in (3, 6)),
        *((f"turned away {yaw}°", replace(STILL, yaw=yaw)) for yaw in (10, 20, 30)),
        ("0.5 m too high", replace(STILL, height=1.35)),
        ("0.5 m too high and 20° away", replace(STILL, height=1.35, yaw=20)),
        ("1.5 m away", replace(STILL, distance=1.5)),
        ("0.5 m too high, 1.5 m away", replace(STILL, height=1.35, distance=1.5)),
        ("4 m away", replace(STILL, distance=4.0)),
        ("barrel lens (-0.08)", replace(STILL, lens=-0.08)),
        ("5 pictures a second", replace(STILL, fps=5.0)),
        ("landmarks scatter (0.6 % of the trunk, each way)", replace(STILL, jitter=0.004, drift=0.006)),
    ]
    rows = []
    for name, camera in faults:
        for_all: dict[str, float] = {}
        for how, level in (
            ("not levelled", lambda _: NOT_LEVELLED),
            ("gravity", lambda camera: level_from_gravity(camera.roll)),
            ("edge", lambda camera: drawn_level(camera, 0, 0.0)),
        ):
            turned = {camera.yaw, -camera.yaw}
            errors = [
                read(e, 80, one, level(one), 1)
                for one in (replace(camera, yaw=yaw) for yaw in sorted(turned))
                for e in (-15, 0, 15)
            ]
            seen = [one.thigh for one in errors if one]
            for_all[how] = max(seen, key=abs) if seen else math.nan
        rows.append((name, *("refused" if math.isnan(v) else f"{v:+.1f}" for v in for_all.values())))
    rolls = [float(roll) for roll in range(-8, 9, 2)]
    curves = []
    for name, with_level in (("not levelled", False), ("edge drawn", True)):
        values = []
        for roll in rolls:
            camera = replace(STILL, roll=roll)
            one = read(0, 80, camera, drawn_level(camera, 0, 0.0) if with_level else NOT_LEVELLED, 1)
            values.append(one.thigh if one else math.nan)
        curves.append((name, rolls, values))
    picture = lines(
        "A leaning camera goes into the thigh angle one to one",
        "picture turned, degrees",
        "error, degrees",
        curves,
    )
    return table(["camera", "not levelled", "levelled by gravity", "by the table's edge"], rows), picture


BIASES = {0.0: "scatter only", 0.012: "and 1.2 % of the trunk beside the joint", 0.03: "and 3 %"}


def living_rooms(count: int, biases: Sequence[float] = tuple(BIASES)) -> tuple[list[str], dict[str, float]]:
    """Cameras as people put them up, landmarks that lie a little beside the joints."""
    rows, band = [], {}
    for bias in biases:
        dice = random.Random(7)
        found: dict[str, list[float]] = {"not levelled": [], "gravity": [], "edge": [], "knee": []}
        refused = 0
        for seed in range(count):
            camera = Camera(
                height=max(0.2, dice.gauss(0.85, 0.25)),
                yaw=dice.gauss(0, 8),
                roll=dice.gauss(0, 2),
                distance=dice.uniform(2, 3.5),
                lens=dice.uniform(-0.05, 0.05),
                fps=8.0,
                bias=bias,
            )
            extension, knee = dice.uniform(-20, 20), dice.uniform(50, 95)
            ways: dict[str, Callable[[], Level]] = {
                "not levelled": lambda: NOT_LEVELLED,
                "gravity": lambda camera=camera, dice=dice: level_from_gravity(
                    camera.roll + dice.gauss(0, 0.5)
                ),  # type: ignore[misc]
                "edge": lambda camera=camera, seed=seed: drawn_level(camera, seed),  # type: ignore[misc]
            }
            for how, level in ways.items():
                try:
                    one = read(extension, knee, camera, level(), seed)
                except LevelError:
                    one = None
                if one is None:
                    refused += how == "edge"
                    continue
                found[how].append(one.thigh)
                if how == "edge":
                    found["knee"].append(one.knee)
        for how, errors in found.items():
            wide = quantile([abs(error) for error in errors], SURE)
            band[f"{how} {bias}"] = wide
            rows.append(
                (
                    BIASES[bias],
                    "knee, any level" if how == "knee" else f"thigh, {how}",
                    f"{statistics.mean(errors):+.1f}",
                    f"{statistics.pstdev(errors):.1f}",
                    f"{wide:.1f}",
                    f"{100 * refused / count:.0f} %" if how == "edge" else "",
                )
            )
    return table(["landmarks", "angle", "bias", "SD", "95 % within", "refused"], rows), band


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timing(count: int) -> list[str]:
    """How far the clock of a hold is off, by frame rate."""
    rows = []
    for fps in (5.0, 10.0, 15.0, 30.0):
        dice, errors = random.Random(3), []
        for case in HOLDS:
            for seed in range(count):
                camera = Camera(
                    fps=fps,
                    fps_jitter=0.2,
                    dropped=0.05,
                    yaw=dice.uniform(-10, 10),
                    height=dice.uniform(0.5, 1.1),
                )
                script = Script(case.before).then(case.right, 0.5, 6).then(case.before, 0.5, 1)
                side = dice.choice(["left", "right"])
                session = coach(case, film(case, script, side, camera, seed), SetDose(hold_s=60), side)
                held = sum(done.held_s for done in session.coach.summary())
                errors.append(held - truly_held(case, script, side, script.seconds))
        rows.append(
            (
                f"{fps:g}",
                len(errors),
                f"{statistics.mean(errors):+.2f}",
                f"{statistics.pstdev(errors):.2f}",
                f"{max(map(abs, errors)):.2f}",
            )
        )
    return table(["pictures a second", "holds", "bias, s", "SD, s", "worst, s"], rows)


def noticing(count: int) -> tuple[list[str], str]:
    """How often the right way gets a cue, and a drawn error its own cue first, as landmarks lie further off."""
    biases = (0.0, 0.01, 0.02, 0.03, 0.045)
    rows, false, found, exact = [], [], [], []
    for bias in biases:
        dice = random.Random(11)
        right = wrong = hits = cued = counted = right_reps = 0
        for case in CASES:
            for seed in range(count):
                side = dice.choice(["left", "right"])
                camera = Camera(fps=15.0, yaw=dice.uniform(-10, 10), height=dice.uniform(0.5, 1.1), bias=bias)
                for key, stance in (("", case.right), *case.wrong.items()):
                    if case in REPS:
                        script, dose = reps(case, stance, stance), SetDose(reps=9)
                    elif key:
                        script = Script(case.before, settle_s=1).then(case.right, 1, 3.2).then(stance, 1, 4)
                        dose = SetDose(hold_s=60)
                    else:
                        script, dose = Script(case.before, settle_s=1).then(stance, 1, 7), SetDose(hold_s=60)
                    session = coach(case, film(case, script, side, camera, seed), dose, side)
                    if key:
                        wrong += 1
                        hits += session.cues[:1] == [key]
                    else:
                        right += 1
                        cued += bool(session.cues)
                        if case in REPS:
                            counted += 1
                            right_reps += session.last.reps == 2
        false.append(100 * cued / right)
        found.append(100 * hits / wrong)
        exact.append(100 * right_reps / counted)
        rows.append(
            (
                f"{100 * bias:.1f} %",
                f"{found[-1]:.0f} % of {wrong}",
                f"{false[-1]:.0f} % of {right}",
                f"{exact[-1]:.0f} % of {counted}",
            )
        )
    picture = lines(
        "What the coach says as landmarks lie further from the joints",
        "landmark beside its joint, percent of trunk length",
        "percent of films",
        [
            ("error named first", [100 * bias for bias in biases], found),
            ("right way, yet a cue", [100 * bias for bias in biases], false),
        ],
    )
    return (
        table(
            ["landmarks off by (SD)", "error named first", "right way, yet a cue", "repetitions exact"], rows
        ),
        picture,
    )


def told(difference: Difference) -> tuple[str, ...]:
    """Mean, SD, median and 95th percentile as cells."""
    rest = (difference.sd, difference.median, difference.most)
    return (f"{difference.mean:+.1f}", *(f"{value:.1f}" for value in rest))


def footage(set_up: float, shown: float) -> tuple[list[str], float]:
    """The section of real footage, and the difference in degrees that two readings need (95 %).

    `set_up`: SD of camera and level, simulated; `shown`: the band of the page, degrees.
    """
    scatter = {(clip.name, model): moved_region(clip, model) for clip in CLIPS for model in MODELS}
    worst = max(sd["hip"] for (_, model), sd in scatter.items() if model == "full")
    # Only the walk is filmed from the side, as a measurement asks.
    side_view = scatter[CLIPS[0].name, "full"]["hip"]
    one = math.hypot(side_view, set_up)
    detectable = 1.96 * math.sqrt(2) * one
    verdict = (
        f"The band of {shown:g}° that is used is wider, because it also holds what different days and hands do to the test"
        if detectable <= shown
        else f"That is more than the band of {shown:g}° that is used: on this footage the band does not hold, and a change just beyond it may be none"
    )
    models = between_models()
    strides, stride_sd = stride_to_stride()
    compared = compare()
    pairs, views = between_views(compared)
    edges = ((0.0, SQUARE_DEG), (SQUARE_DEG, 45.0), (45.0, 90.0))
    askew = []
    for least, most in edges:
        count, off = against_space(compared, least, most)
        askew.append((f"{least:g} to {most:g}°", count, *told(off)))
    cells = ["mean", "SD", "median size", "95 % within"]
    return [
        "## Repeatability on real footage",
        "",
        "Computed by `tests/validation/camera/repeatability.py` from the demonstration films of Sports2D (a woman walking, one camera) and Pose2Sim (a man on one leg, four synchronised cameras). Two people and neither of them in a Thomas test: it shows how large the scatter is, not how it differs between people. All in degrees.",
        "",
        "### The same picture, looked at again",
        "",
        f"The region that the estimator looks at moved by {100 * SHIFT:g} % each way, scaled by {100 * SCALE:g} % and turned by {TURN_DEG:g}°: the standard deviation of eight looks at one picture, the side that is seen better. Of the four cameras most do not stand square to the leg.",
        "",
        *table(
            ["film", "model", "hip", "knee", "shoulder-hip-ankle"],
            ((*key, *(f"{value:.1f}" for value in sd.values())) for key, sd in scatter.items()),
        ),
        f"With the full model on the one film from the side ({side_view:.1f}° at the hip) and the set-up above ({set_up:.1f}°) one reading has a standard deviation of {one:.1f}°, and two readings must differ by {detectable:.1f}° to be told apart (95 %). {verdict}. In the worst of the other views the hip alone scatters by {worst:.1f}°, and two readings would need {1.96 * math.sqrt(2) * math.hypot(worst, set_up):.0f}°: there the band does not hold.",
        "",
        "### The film changed a little",
        "",
        "The walk analysed anew from its first picture, full model; changed less unchanged, where she was found in both.",
        "",
        *table(
            ["change", "nobody found in", "angle", *cells],
            (
                (change, lost, angle, *told(off))
                for change, (lost, angles) in changed_pictures().items()
                for angle, off in angles.items()
            ),
        ),
        "### Two models",
        "",
        "Lite less full on the same pictures, all five films.",
        "",
        *table(["angle", *cells], ((angle, *told(off)) for angle, off in models.items())),
        "A change of model can look like a change of the person, so a history never mixes models.",
        "",
        "### Stride to stride",
        "",
        f"The walk holds {strides} whole strides. Between them the standard deviation is {stride_sd['hip']:.1f}° at the hip and {stride_sd['knee']:.1f}° at the knee (root mean square over the stride). That is the woman's own variation, the change of view as she walks past, and the estimator together; {strides} strides cannot tell them apart.",
        "",
        "### Two views at one moment, and where the camera stands",
        "",
        f"Hip or knee of one leg at one moment in two of the four views, however they stand ({pairs} pairs): the standard deviation of the difference is {views.sd:.1f}°, its median size {views.median:.1f}°. Most of that is the view. Against the angle in space that all four cameras reconstruct together, by how far a view is from square to the plane of the joint:",
        "",
        *table(["from square", "readings", *cells], askew),
        "A measurement asks for a view from the side for this reason. The angle in space comes from the same landmarks, so it is no independent reference.",
        "",
    ], detectable


def page(rooms: int, holds: int, films: int) -> str:
    single, roll = one_fault()
    room, band = living_rooms(rooms)
    notice, noticed = noticing(films)
    FIGURES.mkdir(parents=True, exist_ok=True)
    (FIGURES / "roll.svg").write_text(roll, encoding="utf-8")
    (FIGURES / "noticing.svg").write_text(noticed, encoding="utf-8")
    error = load().measures["hip_extension"].error
    shown = error.helper if error else math.nan
    set_up = band["edge 0.012"] / 1.96
    filmed, detectable = footage(set_up, shown)
    limits = camera_table()
    out = [
        "# What the camera can measure",
        "",
        "Made by `make validation`; do not edit. The simulated person is in `tests/synthetic_person.py` and shares no code with what is tested; thresholds and their reasons are in `knowledge/tables/camera.yaml` and `coaching.yaml`.",
        "",
        "## In short",
        "",
        f"- **Modified Thomas test**: shown as the thigh's angle to level, give or take {shown:g}° ({error.source if error else ''}). In the simulation, with the table's edge drawn into the picture, 95 % of readings lie within {band['edge 0.012']:.1f}°; not levelled, within {band['not levelled 0.012']:.1f}°, so the band is widened by {limits.sight.roll_unknown:g}° (in quadrature) and the page says why. The larger part of the band is not the camera: it is the pelvis, which nobody sees.",
        f"- **A change** is called one only beyond the band. Camera and landmarks alone would need about {detectable:.0f}° (95 %, two readings, the camera put up anew each time) from the side, by one film of one person walking; from a poor view far more (see Repeatability).",
        f"- **Holds** (plank, single-leg bridge) are timed to within {limits.holds.clock_error_s:g} s, more than the worst of those simulated below. How much a hold varies from one day to the next is not known well enough, so no change of it is called one.",
        f"- **Sit to stand** is counted to within {limits.sit_to_stand.clock_error:g}; a change counts from 3.",
        "- **Walking** gives curves, no verdict and no norm.",
        "- The coach names errors that show between joints in the picture plane. It does not see a pelvis, a spine, a breath or a muscle.",
        "",
        "## What a reading cannot say",
        "",
        "Thirty-three points hold no bony landmark of the pelvis, none of the spine, and two hip points that lie on one line across the body. So there is no reading of:",
        "",
        '- **pelvic tilt, lumbar curve, whether the back touches the table.** A thigh reads as far down when the pelvis tips as when the hip extends. Against a reference the test was right in about a third of those who were limited and about half of those who were not (sensitivity 32 %, specificity 57 %: Vigotsky 2016); with the pelvis held it follows hip extension closely (r = 0.98). That is why the page asks "is your lower back flat?" for every trial, keeps the answer, and shows no value without a yes.',
        "- **which tissue stops the thigh**: psoas, iliacus, rectus femoris, capsule, or the willingness to let go. Knee angle and thigh angle are shown side by side and not turned into a muscle.",
        "- **rotation, a turned foot, knees that fall in, one side of the pelvis that drops** (from the side). Where the exercise calls for it, it is said as a reminder, never judged.",
        "- **standing posture.** It is not scored.",
        "",
        "Near and far side must not be mixed: seen from the side the far hip is hidden, and its place a guess. Measurements take the near side only; repetitions may be counted on the far leg, whose movement is many times larger.",
        "",
        "## One fault at a time (simulated)",
        "",
        "Thomas test, camera 2.5 m away at hip height, true thigh angle -15, 0 and 15°, turned to either hand; the largest error in degrees.",
        "",
        *single,
        "![Roll](figures/camera/roll.svg)",
        "",
        f"Roll is the one fault that goes in one to one, and the one that can be taken out: by a line along the table or floor, or by the phone's gravity. Beyond {limits.sight.roll_most:g}° the camera has to be put straight. Drawn on the near edge, the line also takes in the camera's own view of a level edge, which helps or hurts by a degree when the camera is high and turned away.",
        "",
        f"## {rooms} living rooms (simulated)",
        "",
        "Camera height 0.85 ± 0.25 m, turned away 0 ± 8°, roll 0 ± 2°, 2 to 3.5 m away, a cheap lens, 8 pictures a second, thigh -20 to 20°, knee 50 to 95°; one trial. A landmark scatters by about 0.7 % of the trunk's length over a second, and in the lower rows lies beside its joint for the whole test.",
        "",
        *room,
        "A landmark that lies beside its joint by 3 % of the trunk (15 mm) is what separates a simulation from a person. It stays the same from test to test in the same clothes, so it matters for the value and much less for a change.",
        "",
        *filmed,
        "### Published",
        "",
        "Thigh to level by trigonometry ICC 0.90 to 0.95 within and 0.91 to 0.94 between raters, better than a goniometer on the same test (J Athl Train, PMC4560013); MediaPipe knee angles in squats against inertial sensors -2.3 ± 6.4° from a true side view, and -13.9 ± 15.1° from 45 to 90° (Cosoli 2026). No validation of the Thomas test by MediaPipe was found.",
        "",
        "## Clocks (simulated)",
        "",
        "Six seconds in each position of the nine holds, camera turned up to 10°, one picture in twenty dropped. A gap of up to "
        f"{limits.sight.bridge_s:g} s in which the position stood before and after counts; a longer one does not, and after {limits.sight.lost_s:g} s the person is told.",
        "",
        *timing(holds),
        "## What the coach notices (simulated)",
        "",
        "Every exercise on either side, 15 pictures a second, camera turned up to 10° and 0.5 to 1.1 m high. Each error that can be seen, and the right way. The bounds stand about half way between the right pose and the drawn error; how far landmarks lie from the joints decides what that is worth.",
        "",
        *notice,
        "![Noticing](figures/camera/noticing.svg)",
        "",
        "Not tested on people: there is no public footage of these exercises with a reference. The bounds are a judgement and have not been reviewed by a physiotherapist.",
        "",
        "## How to get a good reading",
        "",
        "1. Phone or laptop on something steady, at the height of the hips, 2.5 to 3 m away, square to your side.",
        "2. The whole body in the picture, close-fitting clothes, light from the front.",
        "3. Draw the line along the table's edge. Nothing else gains as much.",
        "4. Lower back flat, the other knee held; let somebody help.",
        "5. The same place, clothes and model next time.",
        "",
    ]
    return "\n".join(out)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="fewer cases")
    quick = asked.parse_args().quick
    PAGE.write_text(page(*((40, 1, 1) if quick else (400, 4, 4))), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
