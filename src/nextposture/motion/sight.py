"""From landmarks to points that angles can be read from, or the reason why not.

Works in pixels (a picture is rarely square), turned level, x the way the person faces. Which side is next to
the camera is read from visibility and from which way face and feet point, and stays locked while a set or a
test runs. Nothing is corrected that cannot be seen: a frame is used or it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from nextposture.knowledge.coaching import Facing, SightTable, camera_table
from nextposture.knowledge.figures import View
from nextposture.motion.angles import Point
from nextposture.motion.landmarks import POINTS, Frame, Landmark
from nextposture.motion.level import NOT_LEVELLED, Level

Side = Literal["left", "right"]
Reason = Literal[
    "",
    "no_person",
    "too_small",
    "cut_off",
    "hidden",
    "not_side_on",
    "not_front_on",
    "other_side",
    "unsteady",
]
Legs = Literal["labelled", "rear", "lower"]

_INDEX: Final = {name: index for index, name in enumerate(POINTS)}
_PARTS: Final = {
    "shoulder": "shoulder",
    "elbow": "elbow",
    "wrist": "wrist",
    "hip": "hip",
    "knee": "knee",
    "ankle": "ankle",
    "heel": "heel",
    "toe": "foot_index",
}
_OF: Final[dict[Side, dict[str, int]]] = {
    side: {part: _INDEX[f"{side}_{name}"] for part, name in _PARTS.items()} for side in ("left", "right")
}
_EAR: Final[dict[Side, int]] = {"left": _INDEX["left_ear"], "right": _INDEX["right_ear"]}
_NOSE: Final = _INDEX["nose"]
_CHAIN: Final = ("shoulder", "hip", "knee", "ankle")
_LEG: Final = ("hip", "knee", "ankle", "heel", "toe")
OTHER: Final[dict[Side, Side]] = {"left": "right", "right": "left"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What one frame gave. `points` is empty unless `reason` is; pixels, y up, x the way the person faces.

    `near` is the side next to the camera, once it is known. `crossed` says that the working leg was not the
    one that carries the working side's name (only where legs are told apart by their place).
    """

    at_s: float
    reason: Reason
    near: Side | None = None
    points: dict[str, Point] = field(default_factory=dict)
    crossed: bool | None = None

    @property
    def ok(self) -> bool:
        return not self.reason


def other(side: Side) -> Side:
    """The other side."""
    return OTHER[side]


class Sight:
    """Looks at frames in order. `work` is the working side (None: the near one), `needs` what must be seen.

    `facing` says whether the working side must be the near one, `torso_least` how large a trunk must be
    (share of the picture). State: the side that is near (`near`, locked once `lock` was called), how far the
    person is turned, and the length of the thigh.
    """

    def __init__(
        self,
        needs: Sequence[str],
        work: Side | None,
        facing: Facing = "either",
        view: View = "side",
        legs: Legs = "labelled",
        level: Level = NOT_LEVELLED,
        torso_least: float | None = None,
    ) -> None:
        self.work, self.facing, self.view, self.legs, self.level = work, facing, view, legs, level
        self.near: Side | None = None
        self._table: SightTable = camera_table().sight
        self._torso_least = self._table.torso_least if torso_least is None else torso_least
        self._needs = tuple(name.split("_", 1) for name in needs)
        self._cos = math.cos(math.radians(level.roll_deg))
        self._sin = math.sin(math.radians(level.roll_deg))
        self._lean = 0.0  # positive: the right side is near
        self._turned: float | None = None  # shoulder width over trunk
        self._thigh: float | None = None
        self._knees: tuple[Point, Point] | None = None
        self._latest_s: float | None = None
        self._last_s: float | None = None  # the last frame with somebody in it
        self._other_since_s: float | None = None
        self._odd_since_s: float | None = None
        self._locked = False

    def lock(self) -> None:
        """Keep the near side until `unlock`."""
        self._locked = True

    def unlock(self) -> None:
        """The person may turn round."""
        self._locked = False

    def work_on(self, side: Side | None) -> None:
        """Change the working side; the person may have to turn round."""
        self.work = side
        self._thigh = self._knees = None
        self.unlock()

    def look(self, frame: Frame) -> Seen:
        """What this frame shows. Raises ValueError, and changes nothing, when it is older than the last."""
        if self._latest_s is not None and frame.at_s < self._latest_s:
            raise ValueError("a frame is older than the one before it")
        self._latest_s = frame.at_s
        if not frame.landmarks:
            return Seen(frame.at_s, "no_person", self.near)
        dt = 0.0 if self._last_s is None else max(0.0, frame.at_s - self._last_s)
        self._last_s = frame.at_s
        marks = frame.landmarks
        places = self._levelled(frame)
        shoulder, hip = self._middle(places, "shoulder"), self._middle(places, "hip")
        trunk = math.dist(shoulder, hip)
        if trunk < self._torso_least * min(frame.width_px, frame.height_px):
            return Seen(frame.at_s, "too_small", self.near)
        self._watch_side(frame.at_s, dt, marks, places, shoulder, hip)
        near = self.near or "right"
        work = self.work or near
        mirrored = self._mirrored(places, work, near, shoulder, hip)
        limbs = {"near": _OF[work], "far": _OF[OTHER[work]]}
        legs, crossed = self._legs(limbs, places, mirrored)
        reason = self._reason(frame, marks, limbs, legs, places, trunk, dt, near, work)
        if reason:
            return Seen(frame.at_s, reason, self.near, crossed=crossed)
        sign = -1.0 if mirrored else 1.0
        points: dict[str, Point] = {}
        for limb in ("near", "far"):
            for part in _PARTS:
                x, y = places[(legs if part in _LEG else limbs)[limb][part]]
                points[f"{limb}_{part}"] = (sign * x, y)
        x, y = places[_EAR[near]]
        points["ear"] = (sign * x, y)
        if self._odd(frame.at_s, points, dt):
            return Seen(frame.at_s, "unsteady", self.near, crossed=crossed)
        return Seen(frame.at_s, "", self.near, points, crossed)

    def text(self, reason: Reason) -> str:
        """What to tell the person."""
        side = self.work or self.near or "same"
        return self._table.texts[reason].format(side=side) if reason else ""

    def _levelled(self, frame: Frame) -> list[Point]:
        width, height, c, s = frame.width_px, frame.height_px, self._cos, self._sin
        found = []
        for mark in frame.landmarks:
            x, y = mark.x * width, mark.y * height
            found.append((c * x + s * y, s * x - c * y))
        return found

    def _middle(self, places: Sequence[Point], part: str) -> Point:
        (ax, ay), (bx, by) = places[_OF["left"][part]], places[_OF["right"][part]]
        return (ax + bx) / 2, (ay + by) / 2

    def _watch_side(
        self,
        at_s: float,
        dt: float,
        marks: Sequence[Landmark],
        places: Sequence[Point],
        shoulder: Point,
        hip: Point,
    ) -> None:
        """Follow which side is near and how far the person is turned."""
        right = sum(marks[_OF["right"][part]].visibility for part in _CHAIN)
        left = sum(marks[_OF["left"][part]].visibility for part in _CHAIN)
        lean = (right - left) / len(_CHAIN) + 0.5 * self._heading(places, shoulder, hip)
        across = math.dist(places[_OF["left"]["shoulder"]], places[_OF["right"]["shoulder"]])
        turned = across / (math.dist(shoulder, hip) or math.inf)
        if self._turned is None:
            self._lean, self._turned = lean, turned
        else:
            share = dt / (self._table.settle_s + dt)
            self._lean += share * (lean - self._lean)
            self._turned += share * (turned - self._turned)
        leading: Side = "right" if self._lean > 0 else "left"
        if self.near is None:
            self.near = leading
        elif leading == self.near:
            self._other_since_s = None
        elif self._other_since_s is None:
            self._other_since_s = at_s
        elif at_s - self._other_since_s >= self._table.turned_s and not self._locked:
            self.near, self._other_since_s = leading, None

    def _heading(self, places: Sequence[Point], shoulder: Point, hip: Point) -> float:
        """-1 to 1: which way face and feet point; 1 as with the right side near."""
        up = (shoulder[0] - hip[0], shoulder[1] - hip[1])
        ears = (places[_EAR["left"]], places[_EAR["right"]])
        ear = ((ears[0][0] + ears[1][0]) / 2, (ears[0][1] + ears[1][1]) / 2)
        votes = [_clockwise(up, (places[_NOSE][0] - ear[0], places[_NOSE][1] - ear[1]))]
        for side in (_OF["left"], _OF["right"]):
            ankle, knee = places[side["ankle"]], places[side["knee"]]
            heel, toe = places[side["heel"]], places[side["toe"]]
            votes.append(
                _clockwise((knee[0] - ankle[0], knee[1] - ankle[1]), (toe[0] - heel[0], toe[1] - heel[1]))
            )
        return sum(votes) / len(votes)

    def _mirrored(self, places: Sequence[Point], work: Side, near: Side, shoulder: Point, hip: Point) -> bool:
        if self.view == "side":
            return near == "left"
        left, right = places[_OF["left"]["shoulder"]], places[_OF["right"]["shoulder"]]
        up = (shoulder[0] - hip[0], shoulder[1] - hip[1])
        from_front = _clockwise(up, (right[0] - left[0], right[1] - left[1])) < 0
        return from_front == (work == "left")

    def _legs(
        self, limbs: dict[str, dict[str, int]], places: Sequence[Point], mirrored: bool
    ) -> tuple[dict[str, dict[str, int]], bool | None]:
        """Which leg is the working one, and whether it goes by the other side's name."""
        if self.legs == "labelled":
            return limbs, None
        sign = -1.0 if mirrored else 1.0

        def rank(leg: dict[str, int]) -> float:
            if self.legs == "rear":
                return sign * (places[leg["ankle"]][0] + places[leg["knee"]][0])
            return places[leg["ankle"]][1]

        crossed = rank(limbs["near"]) > rank(limbs["far"])
        return ({"near": limbs["far"], "far": limbs["near"]} if crossed else limbs), crossed

    def _reason(
        self,
        frame: Frame,
        marks: Sequence[Landmark],
        limbs: dict[str, dict[str, int]],
        legs: dict[str, dict[str, int]],
        places: Sequence[Point],
        trunk: float,
        dt: float,
        near: Side,
        work: Side,
    ) -> Reason:
        table = self._table
        out = table.outside
        hidden = False
        for limb, part in self._needs:
            mark = marks[(legs if part in _LEG else limbs)[limb][part]]
            if not (-out <= mark.x <= 1 + out and -out <= mark.y <= 1 + out):
                return "cut_off"
            side_on_far = self.view == "side" and (limb == "far") == (work == near)
            hidden = hidden or mark.visibility < (table.visible_far if side_on_far else table.visible)
        if hidden:
            return "hidden"
        turned = self._turned or 0.0
        if self.view == "side" and turned > table.side_on_most:
            return "not_side_on"
        if self.view == "front" and turned < table.front_on_least:
            return "not_front_on"
        turned_round = (
            self._locked
            and self._other_since_s is not None
            and frame.at_s - self._other_since_s >= table.turned_s
        )
        if self.view == "side" and ((self.facing == "working" and near != work) or turned_round):
            return "other_side"
        return ""

    def _odd(self, at_s: float, points: dict[str, Point], dt: float) -> bool:
        """Whether a thigh changed its length or the legs swapped; believed only when it lasts."""
        thigh = math.dist(points["near_hip"], points["near_knee"])
        knees = points["near_knee"], points["far_knee"]
        odd = False
        if self._thigh is None:
            self._thigh = thigh
        else:
            odd = abs(thigh / (self._thigh or math.inf) - 1.0) > self._table.thigh_jump
        if not odd and self.legs == "labelled" and self.view == "side" and self._knees is not None:
            (was, was_far), (now, now_far) = self._knees, knees
            apart = math.dist(now, now_far)
            kept = math.dist(was, now) + math.dist(was_far, now_far)
            swapped = math.dist(was, now_far) + math.dist(was_far, now)
            odd = apart > 0.4 * thigh and 3.0 * swapped < kept and dt < self._table.bridge_s
        if odd:
            if self._odd_since_s is None:
                self._odd_since_s = at_s
            if at_s - self._odd_since_s < self._table.bridge_s:
                return True
            self._thigh = thigh
        self._odd_since_s = None
        self._knees = knees
        self._thigh += dt / (1.0 + dt) * (thigh - self._thigh)
        return False


def _clockwise(up: Point, forward: Point) -> float:
    """-1 to 1: whether `forward` is a right turn from `up`."""
    lengths = math.hypot(*up) * math.hypot(*forward)
    return (up[1] * forward[0] - up[0] * forward[1]) / lengths if lengths else 0.0
