"""Every coached exercise done right and wrong by the synthetic person, and what is true of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nextposture.motion.coaching import Coach, SetDose, Show, coached
from nextposture.motion.landmarks import Frame
from nextposture.motion.level import Level, level_from_gravity
from tests import synthetic_person as body
from tests.synthetic_person import Camera, Film, Leg, Script, Stance, skeleton


@dataclass(frozen=True)
class Case:
    """An exercise: the stance before, the stance held or reached, and ways to do it wrong by their cue."""

    exercise: str
    before: Stance
    right: Stance
    wrong: dict[str, Stance] = field(default_factory=dict)
    distance: float = 3.0
    sided: bool = False
    front: bool = False

    def near(self, side: str) -> str:
        """Which side the camera sees for the working side."""
        return "front" if self.front else side


HOLDS = [
    Case(
        "EX_STANDING_STRETCH",
        body.SPLIT_UP,
        body.SPLIT,
        {
            "lean": replace(body.SPLIT, trunk=60),
            "front_bend": replace(body.SPLIT, rest=Leg(-65, -70, 0)),
            "too_deep": replace(body.SPLIT, rest=Leg(-10, -120, 0)),
        },
        distance=4.0,
        sided=True,
    ),
    Case(
        "EX_KNEEL",
        body.KNEEL_UP,
        body.KNEEL,
        {
            "trunk_lean": replace(body.KNEEL, trunk=60),
            "front_knee_past_toes": replace(body.KNEEL, rest=Leg(-12, -128, 0)),
            "shift": body.KNEEL_UP,
        },
        sided=True,
    ),
    Case(
        "EX_LUNGE",
        body.LUNGE_UP,
        body.LUNGE,
        {
            "trunk_lean": replace(body.LUNGE, trunk=58),
            "front_knee_past_toes": replace(body.LUNGE, rest=Leg(-8, -125, 0)),
            "shift": replace(body.LUNGE_UP, work=Leg(-94, 174, -95)),
        },
        sided=True,
    ),
    Case(
        "EX_PLANK_WALL",
        body.WALL_PLANK_UP,
        body.WALL_PLANK,
        {"sag": body.WALL_PLANK_SAG, "pike": body.WALL_PLANK_PIKE},
        distance=4.0,
    ),
    Case(
        "EX_PLANK_INCLINE",
        body.BENCH_PLANK_DOWN,
        body.BENCH_PLANK,
        {"sag": body.BENCH_PLANK_SAG, "pike": body.BENCH_PLANK_PIKE},
    ),
    Case(
        "EX_PLANK_KNEES",
        body.KNEE_PLANK_DOWN,
        body.KNEE_PLANK,
        {"sag": body.KNEE_PLANK_SAG, "pike": body.KNEE_PLANK_PIKE},
    ),
    Case(
        "EX_PLANK_FULL",
        body.PLANK_DOWN,
        body.PLANK,
        {"sag": body.PLANK_SAG, "pike": body.PLANK_PIKE, "neck": body.PLANK_NECK},
    ),
    Case(
        "EX_PLANK_LEG_LIFT",
        body.PLANK,
        body.PLANK_LEG,
        {"sag": body.PLANK_LEG_SAG, "leg_up": body.PLANK},
    ),
    Case(
        "EX_SIDE_PLANK",
        body.SIDE_DOWN,
        body.SIDE_PLANK,
        {"hip_drop": body.SIDE_DROP},
        sided=True,
        front=True,
    ),
]
REPS = [
    Case("EX_BRIDGE", body.ON_BACK, body.BRIDGE, {"low_hips": body.BRIDGE_LOW}),
    Case(
        "EX_SL_BRIDGE",
        body.ONE_LEG_DOWN,
        body.ONE_LEG_BRIDGE,
        {"pelvis_drop": body.ONE_LEG_LOW, "leg_sinks": body.ONE_LEG_SUNK},
        sided=True,
    ),
    Case(
        "EX_DEAD_BUG",
        body.BUG,
        body.BUG_OUT,
        {"leg_short": body.BUG_SHORT, "arm": replace(body.BUG_OUT, rest_arm=body.BUG.rest_arm)},
        sided=True,
    ),
    Case(
        "EX_BIRD_DOG",
        body.FOURS,
        body.DOG,
        {
            "leg_short": body.DOG_SHORT,
            "leg_high": body.DOG_HIGH,
            "arm": replace(body.DOG, rest_arm=body.FOURS.rest_arm),
        },
        sided=True,
    ),
]
CASES = [*HOLDS, *REPS]


@dataclass
class Session:
    """What the coach said and counted."""

    coach: Coach
    shows: list[Show]

    @property
    def cues(self) -> list[str]:
        """Ids of the cues that were spoken, in order."""
        return [show.say.id for show in self.shows if show.say and show.say.kind == "cue"]

    @property
    def events(self) -> list[str]:
        """Ids of everything that happened, in order."""
        return [event.id for show in self.shows for event in show.events]

    @property
    def last(self) -> Show:
        return self.shows[-1]


def coach(
    case: Case,
    frames: Sequence[Frame] | Film,
    dose: SetDose,
    side: str | None,
    level: Level | None = None,
) -> Session:
    """Run the coach over a film."""
    one = Coach(
        coached()[case.exercise],
        dose,
        (side if case.sided else None,),  # type: ignore[arg-type]
        level or level_from_gravity(0.0),
    )
    shows = []
    for frame in frames.frames() if isinstance(frames, Film) else frames:
        shows.append(one.step(frame))
        if one.done:
            break
    return Session(one, shows)


def film(
    case: Case, script: Script, side: str = "right", camera: Camera | None = None, seed: int = 0
) -> Film:
    """A film of the case from where the camera should stand."""
    camera = camera or Camera()
    return Film(script, replace(camera, distance=case.distance), side, case.near(side), seed)


def reps(case: Case, *reached: Stance, move: float = 2.0, stay: float = 1.2, back: float = 2.2) -> Script:
    """A script that goes to each stance and back."""
    script = Script(case.before)
    for stance in reached:
        script = script.then(stance, move, stay).then(case.before, back, 0.8)
    return script


def true_angles(stance: Stance, side: str) -> dict[str, float]:
    """Angles of a stance seen exactly from the side (or the front), by vectors; names as in coaching.yaml."""
    places = skeleton(stance, side)
    other = "left" if side == "right" else "right"

    def flat(name: str) -> complex:
        x, y, z = places[name]
        if stance.lateral:
            return complex(-z if side == "right" else z, y)
        return complex(x, y)

    def middle(part: str) -> complex:
        return (flat(f"left_{part}") + flat(f"right_{part}")) / 2

    def degrees(way: complex) -> float:
        return math.degrees(math.atan2(way.imag, way.real))

    def between(a: complex, b: complex) -> float:
        return degrees(a) - degrees(b)

    found = {}
    for limb, name in (("", side), ("far_", other)):
        shoulder, hip, knee, ankle = (flat(f"{name}_{part}") for part in ("shoulder", "hip", "knee", "ankle"))
        elbow = flat(f"{name}_elbow")
        found[f"{limb}hip"] = between(shoulder - hip, knee - hip) % 360
        found[f"{limb}line"] = between(shoulder - hip, ankle - hip) % 360
        found[f"{limb}knee"] = abs((between(hip - knee, ankle - knee) + 180) % 360 - 180)
        found[f"{limb}shoulder"] = abs((between(hip - shoulder, elbow - shoulder) + 180) % 360 - 180)
        found[f"{limb}trunk"] = math.remainder(90 - degrees(shoulder - hip), 360)
        found[f"{limb}thigh"] = math.remainder(90 + degrees(knee - hip), 360)
        found[f"{limb}shank"] = math.remainder(90 + degrees(ankle - knee), 360)
        found[f"{limb}head"] = between(hip - shoulder, flat(f"{name}_ear") - shoulder) % 360
    rise = flat(f"{other}_ankle") - flat(f"{side}_ankle")
    found["far_lift"] = 100 * rise.imag / body.HEIGHT_M
    found["midline"] = between(middle("knee") - middle("hip"), middle("shoulder") - middle("hip")) % 360
    found["midtrunk"] = math.remainder(90 - degrees(middle("shoulder") - middle("hip")), 360)
    return found


def in_position(case: Case, stance: Stance, side: str) -> bool:
    """Whether a stance truly meets every bound that a hold needs."""
    angles = true_angles(stance, side)
    for bound in coached()[case.exercise].bounds:
        check = bound.check
        if not check.breaks:
            continue
        value = angles[f"{'far_' if check.limb == 'far' else ''}{check.angle}"]
        if bound.least is not None and bound.most is not None:
            middle = (bound.least + bound.most) / 2
            value = middle + math.remainder(value - middle, 360)
        if bound.least is not None and value < bound.least:
            return False
        if bound.most is not None and value > bound.most:
            return False
    return True


def truly_held(case: Case, script: Script, side: str, until_s: float) -> float:
    """Seconds in position, by looking a hundred times a second."""
    return sum(in_position(case, script.at(step / 100), side) for step in range(round(100 * until_s))) / 100
