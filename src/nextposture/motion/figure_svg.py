"""A figure as a standalone, accessible SVG that a strict Content-Security-Policy leaves alone.

No style attribute, no style element, no script, no address outside the drawing: colours and line widths come
from classes in `site/static/nextposture/figures.css`, movement from `figures.js`, which reads `data-frames`
(the outline's points at even steps from start to end) and only runs when reduced motion is not asked for.
Without script or with reduced motion the drawing is whole: start faint, end full.

Classes: `fig` the drawing; `fig-line` and `fig-fill` the two passes that draw one outline around overlapping
parts; `fig-skin` a part; `fig-far` limbs away from the viewer; `fig-ghost` the start pose; `fig-bone`;
`fig-muscle` and `fig-fibre`; `fig-arc`, `fig-ray` and `fig-dot` the angle that matters; `fig-prop` and
`fig-phone`; `fig-mark` right or not right; `fig-marker` numbered points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from xml.sax.saxutils import escape, quoteattr

from nextposture.knowledge.figures import (
    Figure,
    Matters,
    Point,
    Side,
    View,
    angles_of,
    body_table,
)
from nextposture.motion import figure_props
from nextposture.motion.figure import movement
from nextposture.motion.figure_angle import sketch
from nextposture.motion.figure_outline import Outline, face, hip_bone, muscle, phone, skin, spine_line
from nextposture.motion.figure_place import place

UNITS = 1000
"""Drawing units per body height."""
WIDTH = 1500
HEIGHTS = (620, 920, 1130)
"""The three formats: lying, kneeling or sitting, standing. What needs more grows in proportion."""
MARGIN = 55
DEGREES_A_STEP = 18.0
"""Between two key outlines no joint turns further, so that straight-line blending keeps limbs whole."""
_CORE = ("trunk", "head", "near_thigh", "near_shank", "near_foot")
_ARM = ("near_upper_arm", "near_forearm", "near_hand")
_FAR_ARM = ("far_upper_arm", "far_forearm", "far_hand")
_FAR_LEG = ("far_thigh", "far_shank", "far_foot")
_LAYERS: Mapping[View, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "side": (("far", (*_FAR_ARM, *_FAR_LEG)), ("core", _CORE), ("arm", _ARM)),
    "front": (("far", ()), ("core", (*_FAR_LEG, *_CORE)), ("arm", (*_ARM, *_FAR_ARM))),
}
"""What is drawn as one outline, from the back to the front."""


def draw(
    figure: Figure,
    *,
    animate: bool = False,
    error: int | None = None,
    side: Side = "right",
    prefix: str = "",
    mark: bool | None = None,
) -> str:
    """The figure as one `<svg>`.

    `animate` adds the points that `figures.js` moves, if the figure has a tempo; `error` draws that common
    error instead, over the right end pose faint; `side` "left" mirrors the drawing, so that the limb near the
    viewer is the person's left; `prefix` makes its ids unique on a page (default: from the figure's id, error
    and side); `mark` draws a tick (True) or a cross (False); an error carries its cross without being asked.

    Raises IndexError when there is no such error.
    """
    prefix = prefix or "-".join(
        ["fig", figure.id.lower().replace("_", "-"), *([] if error is None else [f"error{error}"]), side]
    )
    return _Drawing(figure, error, side, prefix, animate, mark).svg()


def describe(figure: Figure, error: int | None = None, side: Side = "right") -> str:
    """The words a screen reader says for the drawing."""
    words = [figure.alt if error is None else f"Not like this: {figure.errors[error].text}"]
    if figure.one_sided:
        words.append(f"Shown for the {side} side.")
    if error is None:
        words += [f"{number}: {marker.text}" for number, marker in enumerate(figure.markers, 1)]
    return " ".join(words)


def smooth(points: Sequence[tuple[int, int]], closed: bool = True) -> str:
    """Path data of a smooth curve through points (Catmull-Rom as cubic curves, as in `figures.js`)."""
    count = len(points)
    drawn = f"M{points[0][0]} {points[0][1]}c"
    for index in range(count if closed else count - 1):
        around = (index + step for step in (-1, 0, 1, 2))
        a, b, c, d = (points[at % count if closed else max(0, min(count - 1, at))] for at in around)
        bend = (
            (round((c[0] - a[0]) / 6), round((c[1] - a[1]) / 6)),
            (c[0] - b[0] - round((d[0] - b[0]) / 6), c[1] - b[1] - round((d[1] - b[1]) / 6)),
            (c[0] - b[0], c[1] - b[1]),
        )
        for number in chain.from_iterable(bend):
            drawn += str(number) if number < 0 or drawn[-1] == "c" else f" {number}"
    return drawn + ("z" if closed else "")


class _Drawing:
    """One call of `draw`: what every piece of it needs to know."""

    def __init__(
        self, figure: Figure, error: int | None, side: Side, prefix: str, animate: bool, mark: bool | None
    ) -> None:
        self.figure, self.prefix, self.view = figure, prefix, figure.view
        self.error, self.side, self.mark = error, side, mark
        self.mirror = -1 if side == "left" else 1
        self.props = figure.props
        self.matters: Matters | None = figure.matters
        self.moves = animate and error is None and figure.start is not None and figure.tempo is not None
        rest, ghost = figure.rest, figure.start
        poses = movement(figure, _steps(figure)) if self.moves else (figure.end,)
        if error is not None:
            wrong = figure.errors[error]
            self.mark = False if mark is None else mark
            self.props = wrong.props or figure.props
            self.matters = wrong.matters or figure.matters
            rest, ghost, poses = wrong.rest or rest, None if wrong.props else figure.end, (wrong.pose,)
        self.skeletons = [place(pose, rest, self.props, self.view) for pose in poses]
        self.skins = [skin(skeleton, self.view) for skeleton in self.skeletons]
        self.ghost = skin(place(ghost, figure.rest, self.props, self.view), self.view) if ghost else None
        self.frame()

    def frame(self) -> None:
        """Choose the format and where the origin lies in it."""
        shown = [*self.skins, *([self.ghost] if self.ghost else [])]
        points = list(
            chain.from_iterable(chain.from_iterable(chain.from_iterable(s.values() for s in shown)))
        )
        for prop in self.props:
            points += chain.from_iterable(figure_props.outlines(prop))
            points += [
                (x + d, y + e) for x, y, r in figure_props.circles(prop) for d in (-r, r) for e in (-r, r)
            ]
        left, right = min(x for x, _ in points), max(x for x, _ in points)
        top, bottom = max(y for _, y in points), min(0.0, min(y for _, y in points))
        wide, high = (right - left) * UNITS + 2 * MARGIN, (top - bottom) * UNITS + 2 * MARGIN
        height = next((height for height in HEIGHTS if high <= height), HEIGHTS[-1])
        spread = max(1.0, wide / WIDTH, high / height)
        self.width, self.height = round(WIDTH * spread), round(height * spread)
        self.centre, self.bottom = (left + right) / 2, bottom

    def to_units(self, point: Point) -> tuple[int, int]:
        x = self.width / 2 + self.mirror * (point[0] - self.centre) * UNITS
        return round(x), round(self.height - MARGIN - (point[1] - self.bottom) * UNITS)

    # --- lines

    def curve(self, frames: Sequence[Outline], kind: str = "", closed: bool = True) -> str:
        """A smooth path through the last outline, with all of them as key frames if it moves."""
        units = [[self.to_units(point) for point in outline] for outline in frames]
        moving = ""
        if any(frame != units[0] for frame in units):
            text = ";".join(" ".join(f"{x} {y}" for x, y in frame) for frame in units)
            moving = f' data-frames="{text}"' + ("" if closed else ' data-open=""')
        return f'<path{_named(kind)}{moving} d="{smooth(units[-1], closed)}"/>'

    def straight(self, points: Sequence[Point], kind: str = "", closed: bool = False) -> str:
        corners = "L".join(f"{x} {y}" for x, y in map(self.to_units, points))
        return f'<path{_named(kind)} d="M{corners}{"z" if closed else ""}"/>'

    def circle(self, centre: Point, radius: int, kind: str = "") -> str:
        x, y = self.to_units(centre)
        return f'<circle{_named(kind)} cx="{x}" cy="{y}" r="{radius}"/>'

    # --- the person

    def parts(self, names: Iterable[str]) -> str:
        """The outlines of `names`; a far limb that lies exactly behind the near one is left out."""
        return "".join(
            self.curve([shape[name][index] for shape in self.skins], "fig-skin")
            for name in names
            if not (name.startswith("far_") and _behind(name, self.skins))
            for index in range(len(self.skins[0][name]))
        )

    def start(self, ghost: Mapping[str, tuple[Outline, ...]]) -> str:
        """The outlines of the start pose that the end pose does not cover: what has moved."""
        end = self.skins[-1]
        return "".join(
            self.curve([outline], "fig-skin")
            for name, outlines in ghost.items()
            if outlines != end[name] and not (name.startswith("far_") and _behind(name, [ghost]))
            for outline in outlines
        )

    def layer(self, key: str, kind: str = "") -> str:
        target = f'href="#{self.prefix}-{key}"'
        return f'<g{_named(kind)}><use {target} class="fig-line"/><use {target} class="fig-fill"/></g>'

    def inside(self) -> str:
        """Bones, face and muscles."""
        drawn = [self.curve([spine_line(one, self.view) for one in self.skeletons], "fig-bone", closed=False)]
        if self.view == "side":
            drawn.append(self.curve([hip_bone(one) for one in self.skeletons], "fig-bone"))
        faces = zip(*(face(one, self.view) for one in self.skeletons), strict=True)
        drawn += [self.curve(line, "fig-bone", closed=False) for line in faces]
        for name in self.figure.muscles:
            bands = [muscle(one, body_table().muscles[name], self.view) for one in self.skeletons]
            drawn.append(self.curve([band for band, _ in bands], "fig-muscle"))
            drawn.append(self.curve([middle for _, middle in bands], "fig-fibre", closed=False))
        return "".join(drawn)

    # --- around the person

    def things(self) -> str:
        drawn = []
        half = self.width / 2 / UNITS - 0.03
        for prop in self.props:
            if prop.kind == "floor":
                drawn.append(self.straight([(self.centre - half, 0), (self.centre + half, 0)]))
            if prop.kind == "wall":
                drawn.append(self.straight([(prop.x, 0), (prop.x, (self.height - 2 * MARGIN) / UNITS)]))
            drawn += [self.straight(points, closed=closed) for points, closed in figure_props.lines(prop)]
            drawn += [self.curve([outline]) for outline in figure_props.soft(prop)]
            drawn += [self.circle((x, y), round(r * UNITS)) for x, y, r in figure_props.circles(prop)]
        return f'<g class="fig-prop">{"".join(drawn)}</g>'

    def carried(self) -> str:
        """What lies on the person and moves along."""
        phones = [prop for prop in self.props if prop.kind == "phone"]
        return "".join(
            self.curve([phone(one, prop, self.view) for one in self.skeletons], "fig-phone")
            for prop in phones
        )

    def angle(self) -> str:
        """The angle that matters, moving with the body."""
        sketches = sketch(self.skeletons, self.matters, self.view) if self.matters else ()
        if not sketches:
            return ""
        return "".join(
            self.curve([one[layer][index] for one in sketches], kind, closed=kind == "fig-dot")
            for layer, kind in enumerate(("fig-ray", "fig-dot", "fig-arc"))
            for index in range(len(sketches[-1][layer]))
        )

    def marks(self) -> str:
        drawn = []
        if self.mark is not None:
            x, y, s = self.width - 95, 85, 34
            tick = f"M{x - s} {y}L{x - 10} {y + s}L{x + s} {y - s}"
            cross = f"M{x - s} {y - s}L{x + s} {y + s}M{x + s} {y - s}L{x - s} {y + s}"
            drawn.append(f'<path class="fig-mark" d="{tick if self.mark else cross}"/>')
        if self.error is None:
            for number, marker in enumerate(self.figure.markers, 1):
                x, y = self.to_units(marker.at)
                text = f'<text x="{x}" y="{y + 17}">{number}</text>'
                drawn.append(f'<g class="fig-marker">{self.circle(marker.at, 38)}{text}</g>')
        return "".join(drawn)

    def svg(self) -> str:
        figure, prefix = self.figure, self.prefix
        title = figure.title if self.error is None else f"{figure.title}: not like this"
        layers = {key: self.parts(names) for key, names in _LAYERS[self.view]}
        if self.ghost:
            layers["ghost"] = self.start(self.ghost)
        layers = {key: drawn for key, drawn in layers.items() if drawn}
        tempo = figure.tempo
        timing = (
            f' data-tempo="{tempo.move_s:g} {tempo.hold_s:g} {tempo.return_s:g}"'
            if tempo and self.moves
            else ""
        )
        front = ' data-view="front"' if figure.view == "front" else ""
        return "".join(
            [
                '<svg class="fig" xmlns="http://www.w3.org/2000/svg"',
                f' viewBox="0 0 {self.width} {self.height}" role="img"',
                f' aria-labelledby="{prefix}-title {prefix}-text"',
                f" data-figure={quoteattr(figure.id)}{front}{timing}>",
                f'<title id="{prefix}-title">{escape(title)}</title>',
                f'<desc id="{prefix}-text">{escape(describe(figure, self.error, self.side))}</desc>',
                "<defs>",
                *(f'<g id="{prefix}-{key}">{drawn}</g>' for key, drawn in layers.items()),
                "</defs>",
                self.things(),
                self.layer("ghost", "fig-ghost") if "ghost" in layers else "",
                self.layer("far", "fig-far") if "far" in layers else "",
                self.layer("core"),
                self.inside(),
                self.carried(),
                self.layer("arm"),
                self.angle(),
                self.marks(),
                "</svg>",
            ]
        )


def _steps(figure: Figure) -> int:
    """How many key outlines the movement needs; the same number between any two of its poses."""
    values = [list(angles_of(pose).values()) for pose in figure.poses]
    stages = len(values) - 1
    turned = max(
        abs(b - a) for index in range(stages) for a, b in zip(values[index], values[index + 1], strict=True)
    )
    return stages * max(2, math.ceil(turned / DEGREES_A_STEP))


def _behind(name: str, skins: Sequence[Mapping[str, tuple[Outline, ...]]]) -> bool:
    near = name.replace("far_", "near_")
    return all(shape[name] == shape[near] for shape in skins)


def _named(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
