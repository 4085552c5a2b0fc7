"""A person made of sticks in three dimensions, seen by a camera that is never quite right.

Independent of the coach: poses are directions of segments, typed from descriptions of the exercises; no angle
code, figure or table of the package is used, only its `Frame`. World axes in metres: x the way the person
faces when upright, y up, z to the person's right. A direction in the sagittal plane is degrees
counter-clockwise from x, as seen with the right side near: upright, a trunk points to 90, a leg to -90.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nextposture.motion.landmarks import POINTS, Frame, Landmark

Vector = tuple[float, float, float]
HEIGHT_M = 1.70
LENGTH = {
    "trunk": 0.29,
    "neck": 0.13,
    "thigh": 0.242,
    "shank": 0.25,
    "foot": 0.15,
    "arm": 0.175,
    "forearm": 0.15,
    "hand": 0.08,
}
SHOULDER_HALF, HIP_HALF = 0.105, 0.052
SIDES = ("left", "right")


@dataclass(frozen=True)
class Leg:
    """Directions of thigh, shank and foot (heel to toe)."""

    thigh: float = -90.0
    shank: float = -90.0
    foot: float = 0.0


@dataclass(frozen=True)
class Arm:
    """Directions of upper arm and forearm."""

    upper: float = -90.0
    fore: float = -85.0


@dataclass(frozen=True)
class Stance:
    """Directions of every segment. `work` is the limb that the exercise is about, `rest` the other.

    `lateral`: the directions are in the frontal plane instead, degrees above level, the shins fold backwards.
    """

    trunk: float = 90.0
    head: float = 88.0
    work: Leg = field(default_factory=Leg)
    rest: Leg = field(default_factory=Leg)
    work_arm: Arm = field(default_factory=Arm)
    rest_arm: Arm = field(default_factory=Arm)
    lateral: bool = False
    forward_m: float = 0.0
    """How far the person has walked."""


def blend(a: Stance, b: Stance, share: float) -> Stance:
    """Between two stances, each direction turning the shorter way."""

    def turn(x: float, y: float) -> float:
        return x + share * math.remainder(y - x, 360.0)

    def limb(x, y):  # type: ignore[no-untyped-def]
        return type(x)(**{name: turn(value, getattr(y, name)) for name, value in vars(x).items()})

    return Stance(
        trunk=turn(a.trunk, b.trunk),
        head=turn(a.head, b.head),
        work=limb(a.work, b.work),
        rest=limb(a.rest, b.rest),
        work_arm=limb(a.work_arm, b.work_arm),
        rest_arm=limb(a.rest_arm, b.rest_arm),
        lateral=a.lateral,
        forward_m=a.forward_m + share * (b.forward_m - a.forward_m),
    )


def swapped(stance: Stance) -> Stance:
    """The same with the other leg and arm."""
    return replace(
        stance,
        work=stance.rest,
        rest=stance.work,
        work_arm=stance.rest_arm,
        rest_arm=stance.work_arm,
    )


@dataclass(frozen=True)
class Script:
    """A movement: from stance to stance, each reached in `move` seconds and kept for `stay` seconds."""

    first: Stance
    steps: tuple[tuple[Stance, float, float], ...] = ()
    settle_s: float = 2.0

    def then(self, stance: Stance, move: float = 1.0, stay: float = 0.0) -> Script:
        """Go on to another stance."""
        return replace(self, steps=(*self.steps, (stance, move, stay)))

    @property
    def seconds(self) -> float:
        return self.settle_s + sum(move + stay for _, move, stay in self.steps)

    def at(self, t: float) -> Stance:
        """The stance at a time; movements start and end gently."""
        if t <= self.settle_s:
            return self.first
        t -= self.settle_s
        before = self.first
        for stance, move, stay in self.steps:
            if t < move:
                s = t / move
                return blend(before, stance, s * s * s * (10 - 15 * s + 6 * s * s))
            t -= move
            if t < stay:
                return stance
            t -= stay
            before = stance
        return before


@dataclass(frozen=True)
class Camera:
    """Where it stands and what it does wrong. Degrees, metres, seconds; noise in shares of the trunk.

    `yaw` is how far from square it looks at the person, `roll` how far the picture is turned clockwise,
    `lens` the cubic term of distortion. `jitter` is new in every frame, `drift` wanders over about a second,
    `bias` stays for the whole recording.
    """

    distance: float = 3.0
    height: float = 0.8
    yaw: float = 0.0
    roll: float = 0.0
    lens: float = 0.0
    view_deg: float = 60.0
    width: int = 1280
    height_px: int = 720
    fps: float = 30.0
    fps_jitter: float = 0.0
    dropped: float = 0.0
    jitter: float = 0.004
    drift: float = 0.006
    bias: float = 0.0
    far_visible: float = 0.65
    swap_legs: float = 0.0
    """Share of frames in which the estimator calls the legs by each other's name."""
    hidden: tuple[str, ...] = ()
    hidden_between: tuple[float, float] = (-1.0, -1.0)
    aim_m: float = 0.0
    """Height that it looks at, above the middle of the body."""


CLEAN = Camera(jitter=0.0, drift=0.0)


def _twin(name: str) -> str:
    """The same point of the other side; of a point in the middle, itself."""
    side, _, part = name.partition("_")
    return f"{'right' if side == 'left' else 'left'}_{part}" if side in {"left", "right"} else name


def skeleton(stance: Stance, work: str, scale: Mapping[str, float] | None = None) -> dict[str, Vector]:
    """Places of all landmarks in metres, the lowest of them just above the floor."""
    size = {name: length * HEIGHT_M * (scale or {}).get(name, 1.0) for name, length in LENGTH.items()}
    trunk = _direction(stance.trunk, stance.lateral, work)
    right = _cross((1.0, 0.0, 0.0), trunk) if stance.lateral else (0.0, 0.0, 1.0)
    ahead = (1.0, 0.0, 0.0) if stance.lateral else None
    places: dict[str, Vector] = {}
    hips = (stance.forward_m, 0.0, 0.0)
    chest = _add(hips, trunk, size["trunk"])
    head = _direction(stance.head, stance.lateral, work)
    ears = _add(chest, head, size["neck"])
    face = ahead or (math.sin(math.radians(stance.head)), -math.cos(math.radians(stance.head)), 0.0)
    places["nose"] = _add(ears, face, 0.055 * HEIGHT_M)
    for side in SIDES:
        out = 1.0 if side == "right" else -1.0
        leg = stance.work if side == work else stance.rest
        arm = stance.work_arm if side == work else stance.rest_arm
        places[f"{side}_ear"] = _add(ears, right, out * 0.045 * HEIGHT_M)
        for name, way in (("eye_inner", 0.2), ("eye", 0.4), ("eye_outer", 0.6)):
            places[f"{side}_{name}"] = _add(
                _add(places["nose"], head, 0.02 * HEIGHT_M), right, out * way * 0.06
            )
        places[f"mouth_{side}"] = _add(
            _add(places["nose"], head, -0.025 * HEIGHT_M), right, out * 0.012 * HEIGHT_M
        )
        shoulder = _add(chest, right, out * SHOULDER_HALF * HEIGHT_M)
        elbow = _add(shoulder, _direction(arm.upper, stance.lateral, work), size["arm"])
        wrist = _add(elbow, _direction(arm.fore, stance.lateral, work), size["forearm"])
        hand = _add(wrist, _direction(arm.fore, stance.lateral, work), size["hand"])
        hip = _add(hips, right, out * HIP_HALF * HEIGHT_M)
        knee = _add(hip, _direction(leg.thigh, stance.lateral, work), size["thigh"])
        shank = (-1.0, 0.0, 0.0) if stance.lateral else _direction(leg.shank, False, work)
        ankle = _add(knee, shank, size["shank"])
        toes = (0.0, -1.0, 0.0) if stance.lateral else _direction(leg.foot, False, work)
        heel = _add(ankle, toes, -0.25 * size["foot"])
        places |= {
            f"{side}_shoulder": shoulder,
            f"{side}_elbow": elbow,
            f"{side}_wrist": wrist,
            f"{side}_pinky": hand,
            f"{side}_index": hand,
            f"{side}_thumb": hand,
            f"{side}_hip": hip,
            f"{side}_knee": knee,
            f"{side}_ankle": ankle,
            f"{side}_heel": heel,
            f"{side}_foot_index": _add(ankle, toes, 0.75 * size["foot"]),
        }
    floor = min(place[1] for place in places.values()) - 0.02
    return {name: (x, y - floor, z) for name, (x, y, z) in places.items()}


def _direction(degrees: float, lateral: bool, work: str) -> Vector:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    if not lateral:
        return (c, s, 0.0)
    return (0.0, s, c if work == "right" else -c)  # the working side is down, the head to that side of x


def _add(place: Vector, way: Vector, length: float) -> Vector:
    return (place[0] + length * way[0], place[1] + length * way[1], place[2] + length * way[2])


def _cross(a: Vector, b: Vector) -> Vector:
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


class Film:
    """Frames of a person doing a script, as a pose estimator would report them.

    `near` is the side that the camera stands on (`front`, `back`: seen from there). `seed` repeats the noise.
    `hips_m` is how high the hips are, for somebody on a table; otherwise the lowest point is on the floor.
    """

    def __init__(
        self,
        script: Script,
        camera: Camera = CLEAN,
        work: str = "right",
        near: str = "right",
        seed: int = 0,
        hips_m: float | None = None,
        extra: Callable[[float, Stance], Stance] | None = None,
        scale: Mapping[str, float] | None = None,
    ) -> None:
        self.script, self.camera, self.work, self.near = script, camera, work, near
        self.hips_m, self.extra, self.scale = hips_m, extra, scale
        self._random = random.Random(seed)
        self._bias = {name: (self._gauss(), self._gauss()) for name in POINTS}
        self._drift = dict.fromkeys(POINTS, (0.0, 0.0))

    def _gauss(self) -> float:
        return self._random.gauss(0.0, 1.0)

    def stance(self, t: float) -> Stance:
        """What the person does at a time."""
        stance = self.script.at(t)
        return self.extra(t, stance) if self.extra else stance

    def frames(self, until_s: float | None = None) -> Iterator[Frame]:
        """Every frame that arrives, with its time."""
        camera, t, before = self.camera, 0.0, 0.0
        end = self.script.seconds if until_s is None else until_s
        while t <= end:
            if self._random.random() >= camera.dropped or t == 0.0:
                yield self.frame(t, t - before)
                before = t
            t += (1.0 + camera.fps_jitter * self._random.uniform(-1.0, 1.0)) / camera.fps

    def frame(self, t: float, dt: float) -> Frame:
        """One frame at a time, `dt` after the one before."""
        camera = self.camera
        places = skeleton(self.stance(t), self.work, self.scale)
        if self.hips_m is not None:
            up = self.hips_m - (places["left_hip"][1] + places["right_hip"][1]) / 2
            places = {name: (x, y + up, z) for name, (x, y, z) in places.items()}
        pixels, depth = self._project(places)
        trunk = math.dist(_mean(pixels, "shoulder"), _mean(pixels, "hip"))
        keep = math.exp(-dt / 1.0)
        if camera.swap_legs and self._random.random() < camera.swap_legs:
            for part in ("knee", "ankle", "heel", "foot_index"):
                left, right = f"left_{part}", f"right_{part}"
                pixels[left], pixels[right] = pixels[right], pixels[left]
        marks = []
        for name in POINTS:
            x, y = pixels[name]
            # Its own twin on the other side hides a point, not the middle of a body that lies askew.
            far = depth[name] > depth[_twin(name)] + 0.03 and not self.script.first.lateral
            drift = self._drift[name]
            fresh = math.sqrt(max(0.0, 1.0 - keep * keep))
            drift = (keep * drift[0] + fresh * self._gauss(), keep * drift[1] + fresh * self._gauss())
            self._drift[name] = drift
            seen = min(1.0, camera.far_visible + self._random.uniform(-0.1, 0.1)) if far else 0.98
            worse = 1.6 if far else 1.0
            begin, end = camera.hidden_between
            if any(part in name for part in camera.hidden) and begin <= t <= end:
                seen, worse = 0.15, 6.0
            spread = trunk * worse
            x += spread * (
                camera.jitter * self._gauss() + camera.drift * drift[0] + camera.bias * self._bias[name][0]
            )
            y += spread * (
                camera.jitter * self._gauss() + camera.drift * drift[1] + camera.bias * self._bias[name][1]
            )
            marks.append(Landmark(x / camera.width, y / camera.height_px, seen))
        return Frame(t, camera.width, camera.height_px, tuple(marks))

    def _project(
        self, places: Mapping[str, Vector]
    ) -> tuple[dict[str, tuple[float, float]], dict[str, float]]:
        camera = self.camera
        heading = {"right": 0.0, "left": 180.0, "front": -90.0, "back": 90.0}[self.near] + camera.yaw
        c, s = math.cos(math.radians(heading)), math.sin(math.radians(heading))
        turned = {name: (c * x + s * z, y, c * z - s * x) for name, (x, y, z) in places.items()}
        middle = sum(y for _, y, _ in turned.values()) / len(turned)
        aim = middle + camera.aim_m if self.hips_m is None else self.hips_m + 0.05
        pitch = math.atan2(camera.height - aim, camera.distance)
        cp, sp = math.cos(pitch), math.sin(pitch)
        focal = camera.width / 2 / math.tan(math.radians(camera.view_deg) / 2)
        cr, sr = math.cos(math.radians(camera.roll)), math.sin(math.radians(camera.roll))
        pixels, depth = {}, {}
        for name, (x, y, z) in turned.items():
            dy, dz = y - camera.height, camera.distance - z
            away = cp * dz - sp * dy  # along the line of sight, which points down by the pitch
            up = cp * dy + sp * dz
            u, v = x / away, -up / away
            bend = 1.0 + camera.lens * (u * u + v * v)
            u, v = focal * bend * u, focal * bend * v
            pixels[name] = (
                cr * u - sr * v + camera.width / 2,
                sr * u + cr * v + camera.height_px / 2,
            )
            depth[name] = away
        return pixels, depth


def _mean(pixels: Mapping[str, tuple[float, float]], part: str) -> tuple[float, float]:
    (ax, ay), (bx, by) = pixels[f"left_{part}"], pixels[f"right_{part}"]
    return (ax + bx) / 2, (ay + by) / 2


# ---- stances, typed from the steps of each exercise
STANDING = Stance()
SITTING = Stance(
    trunk=86,
    head=86,
    work=Leg(-4, -93, 0),
    rest=Leg(-4, -93, 0),
    work_arm=Arm(-75, 60),
    rest_arm=Arm(-75, 60),
)
_HANDS = {"work_arm": Arm(-58, -45), "rest_arm": Arm(-58, -45)}
KNEEL_UP = Stance(91, 88, Leg(-90, 178, -95), Leg(-3, -88, 0), **_HANDS)
KNEEL = replace(KNEEL_UP, trunk=93, head=88, work=Leg(-106, 176, -95), rest=Leg(-3, -102, 0))
LUNGE_UP = Stance(90, 88, Leg(-96, 174, -95), Leg(-5, -72, 0), **_HANDS)
LUNGE = replace(LUNGE_UP, trunk=92, work=Leg(-115, 172, -95), rest=Leg(2, -88, 0))
SPLIT_UP = Stance(90, 88, Leg(-92, -93, 0), Leg(-85, -87, 0), **_HANDS)
SPLIT = replace(SPLIT_UP, trunk=92, work=Leg(-111, -133, -15), rest=Leg(-46, -103, 0))
ON_BACK = Stance(
    181,
    178,
    Leg(42, -60, 0),
    Leg(42, -60, 0),
    work_arm=Arm(-8, -5),
    rest_arm=Arm(-8, -5),
)
BRIDGE = replace(ON_BACK, trunk=200, head=175, work=Leg(22, -66, 0), rest=Leg(22, -66, 0))
BRIDGE_LOW = replace(ON_BACK, trunk=189, head=177, work=Leg(34, -62, 0), rest=Leg(34, -62, 0))
ONE_LEG_DOWN = replace(ON_BACK, rest=Leg(40, 34, 110))
ONE_LEG_BRIDGE = replace(BRIDGE, rest=Leg(22, 16, 100))
ONE_LEG_LOW = replace(BRIDGE_LOW, rest=Leg(10, 2, 90))
ONE_LEG_SUNK = replace(BRIDGE, rest=Leg(-8, -14, 80))
_LEG_UP = Leg(90, 0, 80)
BUG = Stance(186, 182, _LEG_UP, _LEG_UP, work_arm=Arm(88, 88), rest_arm=Arm(88, 88))
BUG_OUT = replace(BUG, work=Leg(8, -12, 80), rest_arm=Arm(166, 166))
BUG_SHORT = replace(BUG, work=Leg(52, -20, 80), rest_arm=Arm(140, 140))
_LEG_DOWN = Leg(-88, 170, -95)
FOURS = Stance(12, 10, _LEG_DOWN, _LEG_DOWN, work_arm=Arm(-84, -84), rest_arm=Arm(-84, -84))
DOG = replace(FOURS, work=Leg(184, 180, -100), rest_arm=Arm(3, 3))
DOG_HIGH = replace(DOG, work=Leg(154, 140, -120))
DOG_SHORT = replace(FOURS, work=Leg(228, 190, -100), rest_arm=Arm(-50, -50))
_FOREARMS = {"work_arm": Arm(-92, 0), "rest_arm": Arm(-92, 0)}


def _prone(trunk: float, thigh: float, shank: float, foot: float = -80.0) -> Stance:
    leg = Leg(thigh, shank, foot)
    return Stance(trunk, trunk - 4, leg, leg, **_FOREARMS)


PLANK = _prone(9, 189, 189)
PLANK_DOWN = _prone(26, 193, 166)
PLANK_SAG = _prone(21, 180, 180)
PLANK_PIKE = _prone(-16, 214, 214)
PLANK_NECK = replace(PLANK, head=PLANK.trunk - 29)
KNEE_PLANK = _prone(19, 200, 167)
KNEE_PLANK_DOWN = _prone(26, 240, 167)
KNEE_PLANK_SAG = _prone(29, 188, 167)
KNEE_PLANK_PIKE = _prone(-1, 215, 167)
BENCH_PLANK = _prone(35, 215, 216, -60)
BENCH_PLANK_DOWN = _prone(52, 232, 184, -70)
BENCH_PLANK_SAG = _prone(44, 206, 207, -60)
BENCH_PLANK_PIKE = _prone(18, 228, 229, -60)
_WALL = {"work_arm": Arm(-20, 80), "rest_arm": Arm(-20, 80)}
WALL_PLANK = replace(_prone(66, 246, 246, 0), **_WALL)
WALL_PLANK_UP = replace(_prone(88, 268, 268, 0), **_WALL)
WALL_PLANK_SAG = replace(_prone(74, 237, 237, 0), **_WALL)
WALL_PLANK_PIKE = replace(_prone(52, 258, 258, 0), **_WALL)
PLANK_LEG = replace(PLANK, rest=Leg(176, 176, -100))
PLANK_LEG_SAG = replace(PLANK_SAG, rest=Leg(166, 166, -100))
_SIDE_ARMS = {"work_arm": Arm(-90, 0), "rest_arm": Arm(200, 200)}
SIDE_PLANK = Stance(20, 20, Leg(201), Leg(201), lateral=True, **_SIDE_ARMS)
SIDE_DOWN = Stance(36, 36, Leg(184), Leg(184), lateral=True, **_SIDE_ARMS)
SIDE_DROP = Stance(29, 29, Leg(191), Leg(191), lateral=True, **_SIDE_ARMS)


def thomas(extension_deg: float, knee_flexion_deg: float) -> Stance:
    """Lying at the edge of a table, one thigh drawn up, the other `extension_deg` below level."""
    thigh = -extension_deg
    return Stance(
        181,
        178,
        Leg(thigh, thigh - knee_flexion_deg, thigh - knee_flexion_deg + 60),
        Leg(118, -25, 40),
        work_arm=Arm(20, 60),
        rest_arm=Arm(20, 60),
    )


# Hip and knee flexion over a stride (percent from heel strike), a plain healthy-looking curve.
_HIP = (30, 28, 23, 16, 8, 1, -5, -10, -12, -8, 2, 14, 24, 31, 34, 34, 32, 30, 29, 30)
_KNEE = (5, 12, 17, 18, 16, 12, 8, 6, 7, 12, 22, 38, 54, 61, 58, 44, 25, 9, 3, 4)


def _around_cycle(curve: Sequence[float], share: float) -> float:
    """Periodic Catmull-Rom through the points."""
    n = len(curve)
    place = (share % 1.0) * n
    i, f = int(place), place % 1.0
    a, b, c, d = (curve[(i + k) % n] for k in (-1, 0, 1, 2))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


def gait(share: float) -> tuple[float, float]:
    """True hip and knee flexion of the working leg at a share of its stride."""
    return _around_cycle(_HIP, share), _around_cycle(_KNEE, share)


STRIDE_S, STRIDE_M = 1.1, 1.3


def walking(t: float, start_m: float) -> Stance:
    """A person who walks past at STRIDE_M a stride, heel strike of the working leg at t = 0."""

    def leg(share: float) -> Leg:
        hip, knee = gait(share)
        thigh = -90 + hip - 2  # the trunk leans 2 degrees forwards
        return Leg(thigh, thigh - knee, thigh - knee + 90)

    share = t / STRIDE_S
    swing = 20 * math.cos(2 * math.pi * share)
    return Stance(
        88,
        86,
        leg(share),
        leg(share + 0.5),
        work_arm=Arm(-90 - swing, -75 - swing),
        rest_arm=Arm(-90 + swing, -75 + swing),
        forward_m=start_m + STRIDE_M * share,
    )
