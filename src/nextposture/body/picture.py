"""A sagittal picture of the spine in a posture, as SVG: bones, psoas from vertebra to femur, load on each
disc."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from nextposture.body import anatomy, sagittal
from nextposture.body.assembly import Floats, endplates, model
from nextposture.body.disc_loads import LevelLoad
from nextposture.body.knee import knee_pose

SCALE = 620.0  # drawing units a metre
MARGIN = 40.0
LABELS = 250.0
INK, SOFT, MUSCLE, PAPER = "#1f2a30", "#9aa5ab", "#b0413e", "#ffffff"


@dataclass(frozen=True)
class _Body:
    pose: Floats
    centre: Floats

    def at(self, number: int, x: float, y: float) -> tuple[float, float]:
        across, up, _ = sagittal.located(self.pose, number, x, y, 0.0, 0.0)
        return float(across), float(up)


def _place(x: Floats, knee_flexion_deg: float) -> _Body:
    pose, centre = np.empty(sagittal.POSE), np.empty((7, 2))
    sagittal.place(model(1).frame, x, knee_pose(knee_flexion_deg), pose, centre)
    return _Body(pose, centre)


def _outlines(body: _Body) -> list[list[tuple[float, float]]]:
    """Vertebral bodies, sacral plate to hip, and trunk as polygons in metres."""
    frame = model(1).frame
    plates = np.radians(endplates())
    shapes = []
    for k in range(5):
        low, high = frame.joint_child[k, :2], frame.joint_parent[k + 1, :2]
        inside = 0.14 * (high - low)
        corners = []
        for point, tilt, ends in (
            (low + inside, plates[1 + 2 * k], (-1, 1)),
            (high - inside, plates[2 + 2 * k], (1, -1)),
        ):
            along = np.array([np.cos(tilt), -np.sin(tilt)])
            corners += [body.at(k + 1, *(point + along * (0.004 + end * 0.016))) for end in ends]
        shapes.append(corners)
    tilt = plates[0]
    along, joint = np.array([np.cos(tilt), -np.sin(tilt)]), frame.joint_parent[0, :2]
    back, front = joint - 0.016 * along, joint + 0.020 * along
    coccyx = (joint[0] - 0.055, joint[1] - 0.115)
    shapes.append([body.at(0, *p) for p in (back, front, coccyx)])
    hip = frame.hip[:2]
    shapes.append(
        [
            body.at(0, *p)
            for p in (
                front,
                (-0.01, 0.01),
                (-0.005, -0.075),
                (hip[0], hip[1] - 0.03),
                (hip[0] - 0.04, hip[1]),
            )
        ]
    )
    top = frame.joint_child[5, :2]
    shapes.append(
        [
            body.at(6, *p)
            for p in (top, (0.055, 0.16), (0.09, 0.26), (0.02, 0.40), (-0.06, 0.37), (-0.07, 0.22))
        ]
    )
    return shapes


def _psoas(body: _Body) -> list[list[tuple[float, float]]]:
    number = {name: k for k, name in enumerate(anatomy.BODIES)}
    lines = []
    for muscle in anatomy.muscles():
        if muscle.group in ("psoas", "iliacus"):
            lines.append([body.at(number[p.body], p.at[0], p.at[1]) for p in muscle.path])
    return lines


def sagittal_svg(
    x: Floats,
    levels: tuple[LevelLoad, ...],
    knee_flexion_deg: float,
    title: str,
    before: Floats | None = None,
) -> str:
    """The picture at coordinates x (8), with the loads beside the discs. `before` draws another posture
    behind it."""
    body = _place(x, knee_flexion_deg)
    ghost = None if before is None else _place(before, knee_flexion_deg)
    femur = [body.at(8, 0.0, 0.0), body.at(8, -0.008, -0.40)]
    neck = [body.at(6, -0.02, 0.38), body.at(6, 0.0, 0.50)]
    head = body.at(6, 0.02, 0.57)
    shapes, muscles = _outlines(body), _psoas(body)
    points = [p for shape in shapes + muscles for p in shape] + femur
    points += [(head[0] - 0.1, head[1] - 0.13), (head[0] + 0.1, head[1] + 0.13)]
    left, right = min(p[0] for p in points), max(p[0] for p in points)
    low, high = min(p[1] for p in points), max(p[1] for p in points)
    width, height = (right - left) * SCALE + 2 * MARGIN + LABELS, (high - low) * SCALE + 2 * MARGIN + 30

    def draw(p: tuple[float, float]) -> str:
        return f"{(p[0] - left) * SCALE + MARGIN:.1f},{(high - p[1]) * SCALE + MARGIN + 30:.1f}"

    def path(line: list[tuple[float, float]], style: str, close: bool = False) -> str:
        return f'<path d="M{" L".join(draw(p) for p in line)}{" Z" if close else ""}" {style}/>'

    bone = f'fill="#f4efe6" stroke="{INK}" stroke-width="1.5" stroke-linejoin="round"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="15">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="{MARGIN:.0f}" y="28" fill="{INK}" font-size="17">{escape(title)}</text>',
    ]
    if ghost is not None:
        faint = f'fill="none" stroke="{SOFT}" stroke-width="1.2" stroke-dasharray="4 3"'
        parts += [path(shape, faint, True) for shape in _outlines(ghost)]
    parts.append(
        path(
            femur, f'fill="none" stroke="{INK}" stroke-width="7" stroke-linecap="round" stroke-opacity="0.35"'
        )
    )
    parts.append(
        path(
            neck, f'fill="none" stroke="{INK}" stroke-width="7" stroke-linecap="round" stroke-opacity="0.35"'
        )
    )
    parts += [path(shape, bone, True) for shape in shapes]
    hx, hy = draw(head).split(",")
    parts.append(f'<circle cx="{hx}" cy="{hy}" r="{0.095 * SCALE:.0f}" {bone}/>')
    parts += [
        path(line, f'fill="none" stroke="{MUSCLE}" stroke-width="1.6" stroke-opacity="0.75"')
        for line in muscles
    ]
    column = (right - left) * SCALE + MARGIN + 20
    heights = [float(draw(tuple(body.centre[j])).split(",")[1]) for j in range(5)]
    if (max(heights) - min(heights)) < 4 * 34:
        middle = float(np.mean(heights))
        heights = [middle + (2 - j) * 34 for j in range(5)]
    for j, level in enumerate(levels):
        x0, y0 = draw(tuple(body.centre[j])).split(",")
        parts.append(
            f'<line x1="{x0}" y1="{y0}" x2="{column:.0f}" y2="{heights[j]:.0f}" '
            f'stroke="{SOFT}" stroke-width="0.8"/>'
        )
        parts.append(
            f'<text x="{column + 4:.0f}" y="{heights[j] + 5:.0f}" fill="{INK}">{level.level}: '
            f"{level.compression_N:.0f} N, shear {level.shear_N:.0f} N</text>"
        )
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
