"""What the camera's coach watches in each exercise, and the thresholds of what it measures: typed tables.

Angles are in degrees, times in seconds; `lift` is in percent of body height. Definitions of the angles are
in `motion.angles`, the meaning of each column in the head of `tables/coaching.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from nextposture.knowledge.figures import Figure, Part, figures
from nextposture.knowledge.loading import load
from nextposture.knowledge.reading import KnowledgeError, Table, read_table, row

Quantity = Literal[
    "hip",
    "knee",
    "elbow",
    "shoulder",
    "line",
    "head",
    "trunk",
    "thigh",
    "shank",
    "lift",
    "midline",
    "midtrunk",
    "reach",
]
Joint = Literal[
    "near_shoulder",
    "near_elbow",
    "near_wrist",
    "near_hip",
    "near_knee",
    "near_ankle",
    "far_shoulder",
    "far_elbow",
    "far_wrist",
    "far_hip",
    "far_knee",
    "far_ankle",
]
LimbName = Literal["near", "far"]
Facing = Literal["working", "either"]
TestId = Literal["thomas", "single_leg_bridge", "plank", "sit_to_stand", "walk"]


@row
class SightTable:
    """When a frame can be used; see the table for each number."""

    visible: float
    visible_far: float
    torso_least: float
    side_on_most: float
    front_on_least: float
    outside: float
    thigh_jump: float
    settle_s: float
    turned_s: float
    bridge_s: float
    lost_s: float
    roll_most: float
    roll_unknown: float
    source: str
    texts: Mapping[str, str]


@row
class Smoothing:
    """The 1 euro filter of each angle: cut-off at rest and its growth with speed, restart after a gap."""

    min_cutoff_hz: float
    beta: float
    speed_cutoff_hz: float
    restart_s: float
    source: str


@row
class VoiceTable:
    """How often something may be said, seconds."""

    cue_every_s: float
    same_again_s: float
    fault_s: float
    praise_every_s: float
    prompt_every_s: float
    corrected_s: float
    place_s: float
    steady_s: float
    source: str


@row
class HoldTable:
    """Seconds in and out of position before it is believed; degrees inside a bound to get back in."""

    enter_s: float
    leave_s: float
    slack: float
    source: str


@row
class RepTable:
    """Shares of the way from start to end pose, and seconds, by which repetitions are counted."""

    moving: float
    reach: float
    home: float
    reach_s: float
    least_s: float
    stalled_s: float
    fast_share: float
    timed_share: float
    held_share: float
    source: str


@row
class TestRow:
    """One measurement: what it needs to see and what is said. `measure` is its row in measures.yaml."""

    __test__ = False  # not a test of pytest's

    id: TestId
    figure_side: Facing
    needs: tuple[Joint, ...]
    ready: str
    source: str
    measure: str | None = None
    figure: str | None = None
    still: str = ""
    again: str = ""
    ask: str = ""
    tuck: str = ""
    cue: str = ""
    drop: float = 0.0
    torso_least: float | None = None
    most_s: float | None = None


@row
class ThomasTable:
    trials: int
    attempts: int
    window_s: float
    still: float
    lift: float
    trunk: tuple[float, float]
    other_hip_most: float
    spread_fair: float
    spread_poor: float
    source: str


@row
class LineLimits:
    """Degrees of the body's line from straight, hips low and hips high."""

    sag: float
    pike: float


@row
class HoldTests:
    start_s: float
    break_s: float
    breaks: Mapping[str, int]
    down_s: float
    line: LineLimits
    bridge_within: float
    other_knee_least: float
    clock_error_s: float
    source: str


@row
class SitToStandTable:
    seated_knee_most: float
    stood_knee_least: float
    stood_hip_least: float
    seated_s: float
    count_down_s: float
    halfway: float
    least_s: float
    clock_error: float
    arms_apart: float
    source: str


@row
class WalkTable:
    strides_least: int
    stride_s: tuple[float, float]
    points: int
    source: str


@row
class QualityTable:
    """Shares of frames seen, and frames a second, that make a reading good or fair."""

    seen_good: float
    seen_fair: float
    fps_good: float
    fps_fair: float
    source: str


@row
class CameraTable:
    """The table `camera.yaml`."""

    sight: SightTable
    smoothing: Smoothing
    voice: VoiceTable
    hold: HoldTable
    reps: RepTable
    tests: tuple[TestRow, ...]
    thomas: ThomasTable
    holds: HoldTests
    sit_to_stand: SitToStandTable
    walk: WalkTable
    quality: QualityTable

    def test(self, name: str) -> TestRow:
        """The row of a measurement. Raises KeyError for an unknown one."""
        for one in self.tests:
            if one.id == name:
                return one
        raise KeyError(name)


@row
class Check:
    """Something about the pose that must hold: bounds on an angle, or no swinging of it."""

    key: str
    angle: Quantity
    say: str
    limb: LimbName = "near"
    least: float | None = None
    most: float | None = None
    of: Literal["start", "end"] | None = None
    at: Literal["any", "end"] = "any"
    breaks: bool = False
    swings: float | None = None
    within_s: float = 0.0
    limbs: tuple[Part, ...] = ()


@row
class Drive:
    """The angle that repetitions are counted by; `reach` and `home` are shares where they differ."""

    angle: Quantity
    limb: LimbName = "near"
    reach: float | None = None
    home: float | None = None


@row
class Remark:
    """A cue about a whole repetition."""

    key: str
    say: str


@row
class CoachedRow:
    """One coached exercise."""

    figure: str
    kind: Literal["hold", "reps"]
    needs: tuple[Joint, ...]
    checks: tuple[Check, ...]
    prompts: tuple[str, ...]
    facing: Facing = "either"
    legs: Literal["labelled", "rear", "lower"] = "labelled"
    drive: Drive | None = None
    short: Remark | None = None
    fast: Remark | None = None


@row
class Praise:
    corrected: str
    steady: str
    rep: str


@row
class CoachingTable:
    """The table `coaching.yaml`."""

    praise: Praise
    exercises: tuple[CoachedRow, ...]


@cache
def camera_table() -> CameraTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("camera")
    parsed = table.parse(CameraTable)
    known = load()
    for section in (
        "sight",
        "smoothing",
        "voice",
        "hold",
        "reps",
        "thomas",
        "holds",
        "sit_to_stand",
        "walk",
        "quality",
    ):
        table.require([section, "source"], [getattr(parsed, section).source], known.sources, "source")
    for index, test in enumerate(parsed.tests):
        at: list[str | int] = ["tests", index]
        table.require(at, [test.source], known.sources, "source")
        table.require(at, [test.measure] if test.measure else [], known.measures, "measure")
        table.require(at, [test.figure] if test.figure else [], figures(), "figure")
    return parsed


@cache
def coaching_table() -> CoachingTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("coaching")
    parsed = table.parse(CoachingTable)
    seen: set[str] = set()
    for index, one in enumerate(parsed.exercises):
        at: list[str | int] = ["exercises", index]
        table.require([*at, "figure"], [one.figure], figures(), "figure")
        if one.figure in seen:
            raise table.error([*at, "figure"], f"{one.figure} appears twice")
        seen.add(one.figure)
        check_coached(table, at, one, figures()[one.figure])
    return parsed


def check_coached(table: Table, at: list[str | int], one: CoachedRow, figure: Figure) -> None:
    """Raises KnowledgeError at `at` for a row that does not go with its figure."""
    if problem := _problem(one, figure):
        raise table.error(at, f"{one.figure}: {problem}")
    for number, check in enumerate(one.checks):
        _check(table, [*at, "checks", number], check)


def _problem(one: CoachedRow, figure: Figure) -> str:
    if figure.start is None or figure.tempo is None:
        return "its figure has no start pose or no tempo"
    if one.kind == "reps" and (one.drive is None or one.short is None or one.fast is None):
        return "repetitions need drive, short and fast"
    keys = [check.key for check in one.checks]
    if len(set(keys)) < len(keys):
        return "a check's key appears twice"
    return "" if any(check.breaks for check in one.checks) else "no check says what the position is"


def _check(table: Table, at: list[str | int], check: Check) -> None:
    if check.swings is not None:
        if check.within_s <= 0 or check.breaks:
            raise table.error(at, "swings need within_s, and cannot break")
    elif check.least is None and check.most is None:
        raise table.error(at, "a check needs least, most or swings")


__all__ = ["KnowledgeError", "camera_table", "coaching_table"]
