"""The script of a guided session: what to do, on which side, for how many seconds, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal, get_args

from nextposture.knowledge import Knowledge, load
from nextposture.knowledge.figures import Tempo, figures_of
from nextposture.knowledge.items import Sides, Ways
from nextposture.knowledge.plan_rules import StopRule
from nextposture.knowledge.reading import read_table, row
from nextposture.planning.dosing import Dose

StepKind = Literal["warm_up", "next_exercise", "get_ready", "set", "change_side", "rest"]
Side = Literal["", "left", "right"]
Light = Literal["green", "amber", "red"]
SIDES: tuple[Side, Side] = ("left", "right")

# The stop rules of plan.yaml that numbers can raise, and the one that the traffic light asks for.
PAIN_AT_LIMIT = "sharp_pain"
PAIN_RISE = "pain_up"
LEG_SPREAD = "leg_spread"


@row
class Pacing:
    """Seconds between the sets."""

    next_exercise_s: int
    get_ready_s: int
    change_side_s: int
    between_sets_s: int
    why: str
    source: str


@row
class WarmUp:
    """The first step of every session."""

    name: str
    seconds: int
    steps: tuple[str, ...]
    why: str
    source: str


@row
class WaysTable:
    default: Ways
    items: Mapping[str, Ways]


@row
class TooPainful:
    """How many hours the exercises wait after pain at the limit was told before a session."""

    wait_h: int
    why: str
    source: str


@row
class LightWords:
    """What a light is called, what it means and what to do next."""

    name: str
    means: str
    next: str


@row
class LightLimits:
    """Pain (0 to 10): rises of the peak over pain before that are amber and red, and a peak that is red."""

    amber_rise: int
    red_rise: int
    red_peak: int
    source: str
    words: Mapping[Light, LightWords]


@row
class SessionTable:
    """The table `session.yaml`."""

    pacing: Pacing
    warm_up: WarmUp
    ways: WaysTable
    sides: Mapping[str, Sides]
    needs: Mapping[str, tuple[str, ...]]
    too_painful: TooPainful
    light: LightLimits
    points_to: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One step of a session, lasting `seconds`.

    A set is a timed hold when `reps` is 0; otherwise a repetition takes `move_s`, `hold_s` and `return_s`.
    `number` of `sets` counts the sets of the item, each side by itself.
    """

    kind: StepKind
    item: str
    seconds: int
    side: Side = ""
    number: int = 0
    sets: int = 0
    reps: int = 0
    move_s: int = 0
    hold_s: int = 0
    return_s: int = 0

    def as_plain(self) -> dict[str, Any]:
        """Plain values for JSON; `step_from` is the way back."""
        return asdict(self)


def step_from(plain: Mapping[str, Any]) -> Step:
    """The step that `as_plain` wrote. Raises TypeError or ValueError for anything else."""
    step = Step(**plain)
    if step.kind not in get_args(StepKind) or step.side not in get_args(Side):
        raise ValueError(f"not a step: {step.kind!r} {step.side!r}")
    return step


@cache
def session_table() -> SessionTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("session")
    parsed = table.parse(SessionTable)
    known = load()
    for section, names in (("needs", parsed.needs), ("ways", parsed.ways.items)):
        table.require([section], names, known.items, "item")
    one_sided = {item.id for item in known.items.values() if item.one_sided}
    table.require(["sides"], parsed.sides, one_sided, "one-sided exercise")
    if missing := sorted(one_sided - set(parsed.sides)):
        raise table.error(["sides"], f"{missing[0]} has sides without words")
    stops = stop_rules(known)
    table.require([], (PAIN_AT_LIMIT, PAIN_RISE, LEG_SPREAD), stops, "stop rule")
    table.require(["points_to"], parsed.points_to, stops, "stop rule")
    table.require(["points_to"], parsed.points_to.values(), known.danger_signs.actions, "condition")
    for name, rule in stops.items():
        if rule.urgency is not None and name not in parsed.points_to:
            raise table.error(["points_to"], f"{name} is urgent and points to no condition")
    table.require(["light", "words"], get_args(Light), parsed.light.words, "light")
    sources = (
        parsed.pacing.source,
        parsed.warm_up.source,
        parsed.too_painful.source,
        parsed.light.source,
    )
    table.require([], sources, known.sources, "source")
    return parsed


def table_for(known: Knowledge) -> SessionTable:
    """The table with what the exercises of a clinic's own say of themselves."""
    table = session_table()
    if not known.own:
        return table
    ways = {name: own.ways for name, own in known.own.items() if own.ways is not None}
    sides = {name: own.sides for name, own in known.own.items() if own.sides is not None}
    needs = {name: own.needs for name, own in known.own.items()}
    return replace(
        table,
        ways=replace(table.ways, items={**table.ways.items, **ways}),
        sides={**table.sides, **sides},
        needs={**table.needs, **needs},
    )


def own_tempos(known: Knowledge) -> dict[str, Tempo]:
    """The tempo of each exercise of a clinic's own that has one."""
    return {name: own.tempo for name, own in known.own.items() if own.tempo is not None}


def script(
    table: SessionTable,
    exercises: Iterable[tuple[str, Dose]],
    one_sided: Collection[str],
    number: int,
    tempos: Mapping[str, Tempo] | None = None,
) -> tuple[Step, ...]:
    """The steps of the person's session `number` (from 0), the exercises in the order given.

    `one_sided` names the exercises done on each side; the left goes first in sessions of even number, the
    right in the others. `tempos` has those that the tables' figures do not give. Raises ValueError for a dose
    with neither a hold nor repetitions.
    """
    first, second = SIDES if number % 2 == 0 else SIDES[::-1]
    steps = [Step("warm_up", "", table.warm_up.seconds)]
    for name, dose in exercises:
        sides: tuple[Side, ...] = (first, second) if name in one_sided else ("",)
        steps += _exercise(table, name, dose, sides, (tempos or {}).get(name))
    return tuple(steps) if len(steps) > 1 else ()


def _exercise(
    table: SessionTable, name: str, dose: Dose, sides: Sequence[Side], tempo: Tempo | None
) -> Iterable[Step]:
    pacing = table.pacing
    sets = dose.sets or 1
    work = _work(name, dose, tempo)
    yield Step("next_exercise", name, pacing.next_exercise_s, sides[0], 1, sets)
    yield Step("get_ready", name, pacing.get_ready_s, sides[0], 1, sets)
    for number in range(1, sets + 1):
        for place, side in enumerate(sides):
            if place:
                yield Step("change_side", name, pacing.change_side_s, side, number, sets)
            yield replace(work, side=side, number=number, sets=sets)
        if number < sets:
            rest = dose.rest_s if dose.rest_s is not None else pacing.between_sets_s
            yield Step("rest", name, rest, sides[0], number + 1, sets)


def _work(name: str, dose: Dose, tempo: Tempo | None) -> Step:
    if dose.reps:
        move, hold, back = _tempo(name, tempo)
        hold = hold if dose.hold_s is None else dose.hold_s
        seconds = dose.reps * (move + hold + back)
        return Step(
            "set",
            name,
            seconds,
            reps=dose.reps,
            move_s=move,
            hold_s=hold,
            return_s=back,
        )
    if dose.hold_s:
        return Step("set", name, dose.hold_s, hold_s=dose.hold_s)
    raise ValueError(f"{name} has neither a hold nor repetitions")


def _tempo(item: str, tempo: Tempo | None) -> tuple[int, int, int]:
    """Whole seconds of one repetition, out, held and back: the tempo at which the exercise's figure moves."""
    tempo = tempo or next((one.tempo for one in figures_of(item)), None)
    if tempo is None:
        raise ValueError(f"{item} has no figure with a tempo")
    return round(tempo.move_s), round(tempo.hold_s), round(tempo.return_s)


def ways_of(table: SessionTable, item: str) -> Ways:
    """What the ways of an exercise's repetitions are called."""
    return table.ways.items.get(item, table.ways.default)


def side_words(table: SessionTable, item: str, side: Side) -> str:
    """What a side of an exercise is called; empty for none. Raises KeyError for an exercise without sides."""
    if not side:
        return ""
    return table.sides[item].left if side == "left" else table.sides[item].right


def minutes(steps: Iterable[Step]) -> int:
    """How long the steps take, in whole minutes, rounded up."""
    return math.ceil(sum(step.seconds for step in steps) / 60)


def stop_rules(knowledge: Knowledge) -> Mapping[str, StopRule]:
    """Every stop rule by its id, the urgent ones first."""
    return {rule.id: rule for rule in (*knowledge.plan.stop_now, *knowledge.plan.stop_session)}


def raised(
    knowledge: Knowledge, pain_before: float | None, pain_now: float | None, flags: Collection[str]
) -> tuple[StopRule, ...]:
    """Every stop rule that holds, the gravest first; none to go on.

    `flags` are ids of stop rules that the person says are true. Pain is 0 to 10, None if not known. A rise
    over `pain_before` ends the session; pain at the limit stops everything if it rose to there, or if it is
    there before a session (`pain_before` None). Raises ValueError for an unknown flag.
    """
    rules = stop_rules(knowledge)
    hit = set(flags)
    if unknown := hit - set(rules):
        raise ValueError(f"unknown stop rule {sorted(unknown)[0]!r}")
    limits = knowledge.plan.pain_limits
    if pain_now is not None:
        rose = pain_before is not None and pain_now - pain_before >= limits.stop_session_rise
        if rose:
            hit.add(PAIN_RISE)
        if pain_now >= limits.stop_now_at and (rose or pain_before is None):
            hit.add(PAIN_AT_LIMIT)
    # The table has them by gravity already; the sort is stable.
    return tuple(sorted((rules[name] for name in rules if name in hit), key=lambda one: -(one.urgency or 0)))


def stops(
    knowledge: Knowledge, pain_before: float | None, pain_now: float | None, flags: Collection[str]
) -> StopRule | None:
    """The gravest of the stop rules that `raised` finds; None to go on. Raises ValueError as it does."""
    return next(iter(raised(knowledge, pain_before, pain_now, flags)), None)


def light(limits: LightLimits, pain_before: float, pain_peak: float, leg_spread: bool) -> Light:
    """The traffic light right after a session; the next 24 hours can still turn it. Pain is 0 to 10."""
    rise = pain_peak - pain_before
    if leg_spread or rise >= limits.red_rise or pain_peak >= limits.red_peak:
        return "red"
    return "amber" if rise >= limits.amber_rise else "green"
