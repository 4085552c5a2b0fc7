"""The spine seen from the right, as SVG: where there is no WebGL, in print, and where motion is unwelcome.

One drawing holds the full length (faint, behind) and the shortening that is chosen (in front). Bones are
drawn once and placed by a transform, so that the page's script moves them without asking for anything.
Colours and strokes come from the stylesheet by class name. Units of the drawing: tenths of a millimetre.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from nextposture.selfcare.charts import Svg
from nextposture.selfcare.spine_bones import Bone

UNITS = 10_000  # a metre
ORDER = (
    *("femur_l", "pelvis_l", "sacrum", "lumbar5", "lumbar4", "lumbar3", "lumbar2", "lumbar1"),
    *("thoracic12", "pelvis_r", "femur_r"),
)
"""Bones from far to near, seen from the right."""
SEEN = {name for name in ORDER if name not in ("femur_l", "pelvis_l")}
FRAMES = {"standing": (-0.3, -0.32, 0.18, 0.29), "sitting": (-0.24, -0.28, 0.4, 0.34)}
"""What of each posture is in the picture: left, bottom, right, top (m, reference size)."""
LIGHT = (0.35, 0.6, 0.72)
SHADES = (0.45, 0.75)
DISC = (0.0165, 0.0045)
BEHIND = 0.003
"""How far behind the joint's centre the middle of a disc is drawn (m)."""
MOST_TENSION_N = 60.0
"""The tension of the fullest red."""
PULLS = 5
"""How many steps of red there are above the palest."""


@dataclass(frozen=True)
class Face:
    """What is seen of a bone from the right: the body it moves with, and its markup."""

    body: str
    markup: str


def faces(bones: Iterable[Bone]) -> dict[str, Face]:
    """What is seen of each bone, by its name."""
    return {bone.name: Face(bone.body, _shades(bone)) for bone in bones if bone.name in SEEN}


def sagittal(
    drawn: Mapping[str, Face], posture: str, before: Mapping[str, Any], after: Mapping[str, Any], title: str
) -> Svg:
    """The picture of one posture; `before` and `after` are scenes of `spine_process`."""
    scale = after["scale"]
    left, low, right, high = (value * scale * UNITS for value in FRAMES[posture])
    defs = "".join(f'<g id="{posture}-{name}">{face.markup}</g>' for name, face in drawn.items())
    order = [name for name in ORDER if name in drawn]
    parts = [
        f'<svg class="spine-svg" data-drawing="{posture}" role="img" aria-labelledby="{posture}-title" '
        f'viewBox="{left:.0f} {-high:.0f} {right - left:.0f} {high - low:.0f}">'
        f'<title id="{posture}-title">{escape(title)}</title><defs>{defs}</defs>',
        _group("before", order, drawn, before, posture),
        _discs(after),
        _group("after", order, drawn, after, posture),
        f'<g class="fascicles">{"".join(_fascicles(after))}</g>',
        "</svg>",
    ]
    return Svg("".join(parts))


def pull(tension: float) -> int:
    """The step of red, 0 to PULLS, of a tension (N); logarithmic, for fascicles differ a hundredfold."""
    return round(PULLS * min(1.0, math.log1p(max(0.0, tension)) / math.log1p(MOST_TENSION_N)))


def matrix(pose: Sequence[float], scale: float) -> str:
    """An SVG transform that puts a bone of the reference size where a pose of a scene has it."""
    x, y, r00, r01, r10, r11 = pose[0], pose[1], pose[3], pose[4], pose[6], pose[7]
    turn = (r00 * scale, -r10 * scale, -r01 * scale, r11 * scale)
    return f"matrix({' '.join(f'{value:.5f}' for value in turn)} {x * UNITS:.1f} {-y * UNITS:.1f})"


def _group(
    kind: str, order: Iterable[str], drawn: Mapping[str, Face], scene: Mapping[str, Any], posture: str
) -> str:
    """All bones of one time: first their outlines, then over the inner half of those their faces."""
    layers = []
    for name in order:
        body = drawn[name].body
        place = matrix(scene["bodies"][body], scene["scale"])
        uses = "".join(
            f'<use class="{layer}" href="#{posture}-{name}" data-body="{body}" transform="{place}"/>'
            for layer in ("edge", "face")
        )
        layers.append(f'<g class="ilium">{uses}</g>' if name.startswith("pelvis") else uses)
    return f'<g class="bones {kind}">{"".join(layers)}</g>'


def _shades(bone: Bone) -> str:
    """The triangles that face the onlooker, in three paths by how much light they get."""
    paths: list[list[str]] = [[], [], []]
    for corners in bone.triangles:
        a, b, c = (bone.vertices[corner] for corner in corners)
        u, v = [q - p for p, q in zip(a, b, strict=True)], [q - p for p, q in zip(a, c, strict=True)]
        normal = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])
        size = math.hypot(*normal)
        if normal[2] <= 0.0 or not size:
            continue
        light = sum(n * ray for n, ray in zip(normal, LIGHT, strict=True)) / size
        tone = sum(light > shade for shade in SHADES)
        points = [(round(x * UNITS), round(-y * UNITS)) for x, y, _ in (a, b, c)]
        paths[tone].append("M" + "L".join(f"{x} {y}" for x, y in points) + "z")
    return "".join(f'<path class="tone tone-{tone}" d="{"".join(path)}"/>' for tone, path in enumerate(paths))


def _discs(scene: Mapping[str, Any]) -> str:
    rx, ry = (value * scene["scale"] * UNITS for value in DISC)
    drawn = []
    for x, y, _, nx, ny, _ in scene["discs"]:
        turn = math.degrees(math.atan2(nx, ny))
        x, y = x - BEHIND * ny, y + BEHIND * nx
        place = f"translate({x * UNITS:.1f} {-y * UNITS:.1f}) rotate({turn:.2f})"
        drawn.append(f'<ellipse rx="{rx:.0f}" ry="{ry:.0f}" transform="{place}"/>')
    return f'<g class="discs">{"".join(drawn)}</g>'


def _fascicles(scene: Mapping[str, Any]) -> Iterable[str]:
    for one in scene["fascicles"]:
        if one["side"] == "r":
            path = one["path"]
            points = zip(path[0::3], path[1::3], strict=True)
            line = "L".join(f"{x * UNITS:.0f} {-y * UNITS:.0f}" for x, y in points)
            yield f'<path class="pull-{pull(one["tension"])}" d="M{line}"/>'
