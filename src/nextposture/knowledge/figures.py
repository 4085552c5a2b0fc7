"""The drawn person and the figure of every plan item: poses by joint angles, as typed tables.

Angles are in degrees and zero is standing at ease with the arms hanging. Axes and the order of rotations
follow the recommendation of the International Society of Biomechanics (x forwards, y up, z to the person's
right). Each name says its positive direction:

- `lean`: the whole person tips forwards; 0 upright, 90 face down, -90 on the back.
- `roll`: the whole person tips on to the right side; 90 lies on it.
- `pelvic_tilt`: anterior tilt against that; negative is the tuck (posterior tilt).
- `lumbar_flexion`, `thoracic_flexion`, `neck_flexion`: forward bend spread over the pieces of each region;
  negative is extension (a deeper arch in the low back). `side_flexion`: the low back bends to the right.
- `hip_extension`: thigh against pelvis, positive past neutral, so flexion is negative (sitting is about -70).
- `knee_flexion`, `elbow_flexion`: bend, 0 straight. `ankle_dorsiflexion`: toes towards the shin;
  `toe_extension`: toes up at the ball of the foot. `shoulder_flexion`: arm forwards and up.
- `wrist_extension`: hand towards the back of the forearm when the palm faces the ground.
- `hip_abduction`, `shoulder_abduction`: limb away from the middle.

`near` is the limb towards the viewer: the person's right, unless the drawing is mirrored for the left side.
Lengths and places are fractions of body height, x forwards from the origin and y up from the floor.

What a camera can check is `Figure.matters`: an angle between joint centres, which `motion.figure.angles`
computes from the same pose, with `tolerance` in degrees and the seconds of `tempo`. Where `visible` is false
the angle cannot be seen in body landmarks (pelvic tilt, the curve of the low back): say it, never judge it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from functools import cache
from typing import Literal

from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import Table, read_table, row

Point = tuple[float, float]
Side = Literal["right", "left"]
View = Literal["side", "front"]
AngleName = Literal[
    "hip",
    "knee",
    "elbow",
    "shoulder",
    "line",
    "neck",
    "thigh_inclination",
    "trunk_inclination",
    "head_inclination",
    "pelvic_tilt",
]
Part = Literal[
    "head",
    "trunk",
    "near_thigh",
    "near_shank",
    "near_foot",
    "near_upper_arm",
    "near_forearm",
    "near_hand",
    "far_thigh",
    "far_shank",
    "far_foot",
    "far_upper_arm",
    "far_forearm",
    "far_hand",
]
PropKind = Literal[
    "floor",
    "wall",
    "chair",
    "stool",
    "desk",
    "screen",
    "laptop",
    "keyboard",
    "bench",
    "box",
    "ball",
    "pad",
    "pillow",
    "bed",
    "car_seat",
    "steering_wheel",
    "pedal",
    "cushion",
    "step",
    "rail",
    "cigarette",
    "book",
    "page",
    "van",
    "bicycle",
    "shelf",
    "phone",
]


@row
class SpineRegion:
    """Equal pieces of one region: length of each (fraction of height), neutral forward lean (degrees)."""

    piece: float
    lean: tuple[float, ...]


@row
class ShoulderPlace:
    """Where the shoulder joint sits on the spine."""

    node: str
    offset: Point


@row
class Spine:
    """The trunk's chain from the sacrum (`base`, from the hip joint) to the skull."""

    base: Point
    lumbar: SpineRegion
    thoracic: SpineRegion
    neck: SpineRegion
    shoulder: ShoulderPlace


@row
class Limit:
    """Human range of one angle, degrees."""

    range: tuple[float, float]
    source: str
    why: str = ""


@row
class LimbOutline:
    """Skin around a limb: `side` is (share of length, front, back), `front` is (share, half width)."""

    side: tuple[tuple[float, float, float], ...]
    front: tuple[tuple[float, float], ...]


@row
class TrunkOutline:
    """Skin around pelvis and spine, from the side (`nodes`: front, back) and from the front (`sides`)."""

    pelvis_front: tuple[Point, ...]
    pelvis_back: tuple[Point, ...]
    nodes: dict[str, Point]
    pelvis_side: tuple[Point, ...]
    sides: dict[str, float]


@row
class Muscle:
    """A band through points of bones: frame, x, y, half width."""

    name: str
    path: tuple[tuple[str, float, float, float], ...]


@row
class BodyTable:
    """Everything about the drawn person that is not a pose."""

    segments: dict[str, float]
    spine: Spine
    limits: dict[str, Limit]
    limbs: dict[str, LimbOutline]
    shapes: dict[str, tuple[Point, ...]]
    trunk: TrunkOutline
    muscles: dict[str, Muscle]


@row
class Limb:
    """Joint angles of one leg and one arm, degrees; see the module for signs."""

    hip_extension: float = 0.0
    hip_abduction: float = 0.0
    knee_flexion: float = 0.0
    ankle_dorsiflexion: float = 0.0
    toe_extension: float = 0.0
    shoulder_flexion: float = 0.0
    shoulder_abduction: float = 0.0
    elbow_flexion: float = 0.0
    wrist_extension: float = 0.0


@row
class Pose:
    """Every joint angle of the person, degrees; see the module for signs."""

    lean: float = 0.0
    roll: float = 0.0
    pelvic_tilt: float = 0.0
    lumbar_flexion: float = 0.0
    thoracic_flexion: float = 0.0
    neck_flexion: float = 0.0
    side_flexion: float = 0.0
    near: Limb = field(default_factory=Limb)
    far: Limb = field(default_factory=Limb)


@row
class Prop:
    """A thing in the drawing. `x`, `y` place it (what they mean is in `motion.figure_props`)."""

    kind: PropKind
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0
    height: float = 0.0


@row
class Rest:
    """What the person is placed by: `part` touches the thing `on`, its joint at `x` (or at `y` on a wall)."""

    part: Part
    on: PropKind
    x: float = 0.0


@row
class Contact:
    """`part` touches the thing `on` in every pose of the movement."""

    part: Part
    on: PropKind


@row
class Matters:
    """The angle to watch. `visible`: whether body landmarks show it; `tolerance` in degrees."""

    angle: AngleName
    limb: Literal["near", "far"] = "near"
    tolerance: float = 10.0
    visible: bool = True


@row
class Tempo:
    """Seconds of one repetition: to the end pose, held there, and back."""

    move_s: float
    hold_s: float
    return_s: float


@row
class CommonError:
    """A way it goes wrong. `key` is that of the item's `errors` if it has one; `visible` as in Matters."""

    key: str
    text: str
    pose: Pose
    matters: Matters | None = None
    rest: Rest | None = None
    props: tuple[Prop, ...] | None = None
    visible: bool = True


@row
class Marker:
    """A numbered point in the drawing and what it says."""

    id: str
    at: Point
    text: str


@row
class Figure:
    """One drawing: the pose it ends in, the pose it starts from (None for a posture), what matters in it."""

    id: str
    item: str
    title: str
    alt: str
    source: str
    end: Pose
    rest: Rest
    start: Pose | None = None
    via: tuple[Pose, ...] = ()
    contacts: tuple[Contact, ...] = ()
    props: tuple[Prop, ...] = (Prop("floor"),)
    muscles: tuple[str, ...] = ()
    matters: Matters | None = None
    tempo: Tempo | None = None
    errors: tuple[CommonError, ...] = ()
    markers: tuple[Marker, ...] = ()
    one_sided: bool = False
    view: View = "side"

    @property
    def poses(self) -> tuple[Pose, ...]:
        """Start, the poses on the way, and the end."""
        return (*((self.start,) if self.start else ()), *self.via, self.end)


@row
class FigureTable:
    """All figures."""

    figures: tuple[Figure, ...]


JUDGEMENT = "judgement"
"""The source of a pose that was set by eye from the item's steps."""


@cache
def body_table() -> BodyTable:
    """The drawn person. Raises KnowledgeError if the table is wrong or a limit's source unknown."""
    table = read_table("figure_body")
    body = table.parse(BodyTable)
    for name, limit in body.limits.items():
        table.require(("limits", name), [limit.source], {*load().sources, JUDGEMENT}, "source")
    return body


@cache
def figures() -> dict[str, Figure]:
    """Every figure by its id.

    Raises KnowledgeError for a repeated id, an unknown muscle or source, or an angle out of human range.
    """
    table = read_table("figures")
    sources = {*load().sources, JUDGEMENT}
    found: dict[str, Figure] = {}
    for index, figure in enumerate(table.parse(FigureTable).figures):
        if figure.id in found:
            raise table.error(("figures", index, "id"), f"the figure {figure.id} appears twice")
        table.require(("figures", index, "source"), [figure.source], sources, "source")
        check_figure(table, ("figures", index), figure)
        found[figure.id] = figure
    return found


def check_figure(table: Table, at: Sequence[str | int], figure: Figure) -> None:
    """Raises KnowledgeError at `at` for an unknown muscle or an angle out of human range."""
    body = body_table()
    for muscle in figure.muscles:
        if muscle not in body.muscles:
            raise table.error((*at, "muscles"), f"no muscle is called {muscle}")
    for pose in (*figure.poses, *(error.pose for error in figure.errors)):
        if problem := _out_of_range(pose, body):
            raise table.error(at, f"{figure.id}: {problem}")


def figures_of(item: str) -> tuple[Figure, ...]:
    """The figures of a plan item, workstation check (`WS1`) or kind of sitting (`office`), in table order.

    An item with a ladder (EX_PLANK) has one figure a rung, `EX_PLANK_WALL` and so on, the easiest first.
    """
    return tuple(figure for figure in figures().values() if figure.item == item)


def angles_of(pose: Pose) -> dict[str, float]:
    """Every angle of a pose by name; limb angles as `near.knee_flexion`."""
    named = {name: value for name, value in vars(pose).items() if isinstance(value, float | int)}
    for side, limb in (("near", pose.near), ("far", pose.far)):
        named |= {f"{side}.{name}": value for name, value in vars(limb).items()}
    return named


def _out_of_range(pose: Pose, body: BodyTable) -> str:
    for name, value in angles_of(pose).items():
        least, most = body.limits[name.rpartition(".")[2]].range
        if not least <= value <= most:
            return f"{name} is {value:g}, outside {least:g} to {most:g}"
    return ""
