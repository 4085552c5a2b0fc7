"""What the spine page says of an answer: its sentences, and its numbers as they are shown at each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from nextposture.selfcare.charts import Svg, number

Range = Mapping[str, float]
"""`low`, `median` and `high` of an interval."""

LIKELY, OPEN = 0.9, 0.5
"""From this probability upwards that a change is too small to matter, it "most likely" is; below the second,
"it may well" matter; between them it is open (judgement)."""
NAMES = {
    "pelvic tilt": "how your pelvis stands",
    "lordosis": "the curve of your lower back",
    "L4/5 compression": "the load on the disc between L4 and L5",
}
LEVEL_NAMES = {
    "L5/S1": "L5 to sacrum",
    "L4/5": "L4 to L5",
    "L3/4": "L3 to L4",
    "L2/3": "L2 to L3",
    "L1/2": "L1 to L2",
}
MIDDLE = "L4/5"
COURSES = {
    "as it is": "Sitting as it is",
    "with breaks": "With breaks",
    "with stretching": "With stretching",
}
# The chart of loads, in user units.
WIDTH, ROW, TOP, LEFT, RIGHT = 360, 40, 8, 70, 276
NEWTONS_A_KILOGRAM = 9.81


@dataclass(frozen=True)
class Smaller:
    """How probable it is that a change is smaller than what matters."""

    name: str
    of_100: str
    threshold: str
    why: str
    source: str


@dataclass(frozen=True)
class Row:
    """The loads on one disc as words, for the table."""

    level: str
    full: str
    shorter: str
    change: str
    shear: str
    sitting: str


@dataclass(frozen=True)
class CourseRow:
    """What twelve weeks could do, as words."""

    name: str
    end: str
    hip: str
    load: str
    evidence: tuple[Mapping[str, str], ...]


def meaning(estimate: Mapping[str, Any]) -> str:
    """The one sentence that says what the answer means, whichever way it falls."""
    groups: tuple[list[str], list[str], list[str]] = ([], [], [])
    for one in estimate["matters"]:
        chance = one["probability"]
        groups[0 if chance >= LIKELY else 1 if chance >= OPEN else 2].append(NAMES[one["what"]])
    small, unsure, large = (_listed(group) for group in groups)
    said = []
    if small:
        said.append(f"it most likely makes no difference that matters to {small}")
    if unsure:
        said.append(f"whether it does to {unsure} is open")
    if large:
        said.append(f"it may well make a difference to {large}")
    return f"However short your psoas and iliacus may be, {'; '.join(said)}."


def how_sure(estimate: Mapping[str, Any], readings: Sequence[str]) -> str:
    """The one sentence that says how sure that is; `readings` are the hip's readings in words."""
    share = f"{estimate['interval_percent']:.0f} of 100"
    common = f"each range holds {share} of the bodies that the published studies allow, and it is wide"
    if not readings:
        return (
            "Not very: your hips have not been measured, so this is what is known about anybody of your "
            f"build, and {common}."
        )
    narrowed = estimate["narrowed"]
    if narrowed < 0.05:
        told = "does not settle how short the muscles are"
    else:
        told = f"narrows how short the muscles may be by {100 * narrowed:.0f} %"
    return (
        f"Not very: your reading ({', '.join(readings)}) {told}, for a hip stops for other reasons too, "
        f"and {common}."
    )


def smaller(estimate: Mapping[str, Any]) -> tuple[Smaller, ...]:
    """How probable it is that each change is too small to matter."""
    units = {"deg": "°", "percent": " %"}
    return tuple(
        Smaller(
            NAMES[one["what"]][:1].upper() + NAMES[one["what"]][1:],
            f"{_of_100(one['probability'])} of 100",
            f"{number(one['threshold'])}{units[one['unit']]}",
            one["why"],
            one["source"],
        )
        for one in estimate["matters"]
    )


def percent_shorter(found: Range) -> str:
    """An interval of shortening as a person says it."""
    return f"{_percent(found['median'])} % (from {_percent(found['low'])} to {_percent(found['high'])} %)"


def standing_line(response: Mapping[str, Any]) -> str:
    """What standing at one step of the slider comes to."""
    if not response["shortening"]:
        return "Full length: nothing is changed. This is the faint figure that the others are laid over."
    (middle,) = (level for level in response["levels"] if level["level"] == MIDDLE)
    tilt, load = _range(response["tilt_deg"], "°"), _range(middle["compression_percent"], " %", 0)
    return (
        f"{_percent(response['shortening'])} % shorter, standing: the pelvis tips {tilt} forwards, "
        f"and the disc between L4 and L5 carries {load} more."
    )


def sitting_line(step: float, before: Sequence[float], after: Sequence[float]) -> str:
    """What sitting at one step of the slider comes to; loads are those of L5/S1 and upwards."""
    if not step:
        return "Full length, sitting: the hip is bent, so psoas and iliacus are nearly slack."
    change = after[1] - before[1]
    return (
        f"{_percent(step)} % shorter, sitting: the hip is bent, so the muscles stay nearly slack, "
        f"and the disc between L4 and L5 carries {number(round(change))} N more "
        "(the model’s middle; no range is known for sitting)."
    )


def scenes(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What the page's script asks for once: at every step the scene, the line, and the loads of the chart."""
    standing, sitting = answer["scenes"]["standing"], answer["scenes"]["sitting"]
    steps, responses = answer["steps"], answer["responses"]
    return {
        "steps": steps,
        "scenes": answer["scenes"],
        "lines": {
            "standing": [standing_line(one) for one in responses],
            "sitting": [
                sitting_line(step, sitting[0]["compression"], one["compression"])
                for step, one in zip(steps, sitting, strict=True)
            ],
        },
        "loads": {
            "standing": [
                [_places(level["compression_N"], answer) for level in one["levels"]] for one in responses
            ],
            "sitting": [[[round(_x(load, answer), 1)] * 3 for load in one["compression"]] for one in sitting],
        },
        "changes": {
            "standing": [[_change(level) for level in one["levels"]] for one in responses],
            "sitting": [
                [
                    f"{number(round(new - old))} N" if step else ""
                    for new, old in zip(one["compression"], sitting[0]["compression"], strict=True)
                ]
                for step, one in zip(steps, sitting, strict=True)
            ],
        },
        "ahead": [round(one["compression"][1]) for one in standing],
    }


def nearest_step(answer: Mapping[str, Any]) -> int:
    """The slider's step nearest to the middle of the person's estimate, at least the first above none."""
    steps, median = answer["steps"], answer["estimate"]["shortening"]["median"]
    return max(1, min(range(len(steps)), key=lambda k: abs(steps[k] - median)))


def load_chart(answer: Mapping[str, Any], step: int) -> Svg:
    """The load on each disc, standing, with its interval: at full length grey, shorter red."""
    rows, full = answer["responses"][step]["levels"], answer["responses"][0]["levels"]
    drawn = []
    top = _top(answer)
    for place, k in enumerate(reversed(range(len(rows)))):
        y = TOP + ROW * place
        level = rows[k]["level"]
        before, after = _places(full[k]["compression_N"], answer), _places(rows[k]["compression_N"], answer)
        drawn.append(
            f'<text x="{LEFT - 8}" y="{y + 21}" text-anchor="end">{level}</text>'
            f'<g class="before">{_bar(before, y + 10)}</g>'
            f'<g class="after" data-level="{k}">{_bar(after, y + 22)}</g>'
            f'<text class="value" data-change="{k}" x="{RIGHT + 8}" y="{y + 27}">'
            f"{escape(_change(rows[k]))}</text>"
        )
    bottom = TOP + ROW * len(rows)
    for load in range(0, int(top) + 1, 250):
        x = _x(load, answer)
        drawn.append(f'<path class="axis" d="M{x:.1f} {bottom}v5"/>')
        unit = " N" if load + 250 > top else ""
        drawn.append(
            f'<text class="note" x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{load}{unit}</text>'
        )
    drawn.append(f'<path class="axis" d="M{LEFT} {bottom}H{RIGHT}"/>')
    return Svg(
        f'<svg class="chart-svg load-chart" viewBox="0 0 {WIDTH} {bottom + 28}" role="img" '
        'aria-labelledby="load-title"><title id="load-title">Compression of each lumbar disc, at full length '
        f"and shorter; the table holds the numbers</title>{''.join(drawn)}</svg>"
    )


def slider_scale(answer: Mapping[str, Any]) -> Svg:
    """The person's estimate, drawn to the slider's scale: its range and its middle."""
    most, found = answer["steps"][-1], answer["estimate"]["shortening"]
    low, median, high = (1000 * min(1.0, found[end] / most) for end in ("low", "median", "high"))
    return Svg(
        '<svg class="estimate-band" viewBox="0 0 1000 24" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect x="{low:.0f}" y="8" width="{high - low:.0f}" height="8"/>'
        f'<rect class="middle" x="{median - 3:.0f}" y="0" width="6" height="24"/></svg>'
    )


def table(answer: Mapping[str, Any], step: int) -> tuple[Row, ...]:
    """The chart's numbers, from the top disc down, with the model's middle for sitting."""
    full, shorter = answer["responses"][0]["levels"], answer["responses"][step]["levels"]
    sitting = answer["scenes"]["sitting"][step]["compression"]
    rows = [
        Row(
            LEVEL_NAMES[after["level"]],
            _range(before["compression_N"], " N", 0),
            _range(after["compression_N"], " N", 0),
            _range(after["compression_percent"], " %", 0),
            _range(after["shear_N"], " N", 0),
            f"{sitting[k]:.0f} N",
        )
        for k, (before, after) in enumerate(zip(full, shorter, strict=True))
    ]
    return tuple(reversed(rows))


def courses(answer: Mapping[str, Any]) -> tuple[CourseRow, ...]:
    """The three ways to spend the coming weeks."""
    return tuple(
        CourseRow(
            COURSES[one["name"]],
            percent_shorter(one["shortening"][-1]),
            _range(one["hip_extension_change_deg"][-1], "°"),
            _range(one["compression_percent"][-1], " %"),
            tuple(one["evidence"]),
        )
        for one in answer["courses"]
    )


def in_kilograms(answer: Mapping[str, Any]) -> int:
    """The mass (kg) whose weight is what L4/5 carries, standing at full length."""
    (middle,) = (level for level in answer["responses"][0]["levels"] if level["level"] == MIDDLE)
    return round(float(middle["compression_N"]["median"]) / NEWTONS_A_KILOGRAM)


def _listed(names: Sequence[str]) -> str:
    return " or to ".join([", to ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _of_100(chance: float) -> str:
    if chance >= 0.995:
        return "more than 99"
    return "fewer than 1" if chance < 0.005 else f"{100 * chance:.0f}"


def _range(found: Range, unit: str, decimals: int = 1) -> str:
    low, median, high = (number(round(found[end], decimals)) for end in ("low", "median", "high"))
    return f"{median}{unit} ({low} to {high})"


def _change(level: Mapping[str, Any]) -> str:
    found = level["compression_percent"]
    if not found["high"] and not found["low"]:
        return ""
    low, median, high = (number(round(found[end])) for end in ("low", "median", "high"))
    return f"{'+' if found['median'] >= 0.5 else ''}{median} % ({low}–{high})"


def _top(answer: Mapping[str, Any]) -> float:
    """The end of the chart's scale (N): room for every step and for sitting."""
    standing = max(level["compression_N"]["high"] for level in answer["responses"][-1]["levels"])
    sitting = max(load for one in answer["scenes"]["sitting"] for load in one["compression"])
    return 250.0 * (int(max(standing, sitting) / 250.0) + 1)


def _x(load: float, answer: Mapping[str, Any]) -> float:
    return LEFT + (RIGHT - LEFT) * load / _top(answer)


def _places(found: Range, answer: Mapping[str, Any]) -> list[float]:
    return [round(_x(found[end], answer), 1) for end in ("low", "median", "high")]


def _bar(places: Sequence[float], y: float) -> str:
    low, median, high = places
    return f'<path class="range" d="M{low} {y}H{high}"/><circle class="dot" cx="{median}" cy="{y}" r="4.5"/>'
