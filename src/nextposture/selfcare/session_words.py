"""A session's steps as the page shows and speaks them, and the drawings beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.safestring import SafeString

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning.decisions import sentence
from nextposture.planning.dose_words import RUNGS
from nextposture.planning.session import SessionTable, Step, side_words, ways_of
from nextposture.record.models import CarePlan
from nextposture.selfcare.decisions_shown import DecisionShown
from nextposture.selfcare.pictures import picture


@dataclass(frozen=True)
class ShownStep:
    """A step in words. `say` is what is spoken at its start, `cues` what to keep in mind during it."""

    kind: str
    seconds: int
    title: str
    phase: str
    side: str
    count: str
    say: str
    cues: tuple[str, ...]
    picture: str
    reps: int
    move_s: int
    hold_s: int
    return_s: int
    out: str
    back: str

    def as_plain(self) -> dict[str, Any]:
        """Plain values for the page's script."""
        return asdict(self)


def shown_steps(
    known: Knowledge,
    table: SessionTable,
    plan: CarePlan,
    steps: Iterable[Step],
    decided: Mapping[str, DecisionShown] | None = None,
) -> tuple[ShownStep, ...]:
    """Every step of a session in words; before an exercise, what a practitioner decided about it."""
    rungs = {one["id"]: one["dose"].get("rung") for one in plan.items}
    told = {name: (one.line, one.why) for name, one in (decided or {}).items()}
    return tuple(_shown(known, table, rungs.get(step.item), step, told.get(step.item, ())) for step in steps)


def _shown(
    known: Knowledge, table: SessionTable, rung: str | None, step: Step, decided: tuple[str, ...]
) -> ShownStep:
    item = known.items.get(step.item)
    title = item.name if item else table.warm_up.name
    if rung and item:
        title = f"{title}, {RUNGS.get(rung, rung)}"
    side = side_words(table, step.item, step.side)
    ways = ways_of(table, step.item)
    phase = _phase(step)
    return ShownStep(
        kind=step.kind,
        seconds=step.seconds,
        title=title,
        phase=phase,
        side=side,
        count=_count(step),
        say=_say(step, title, side, phase),
        cues=(*_cues(table, item, step), *_decided(step, decided)),
        picture=picture_key(step.item, step.side),
        reps=step.reps,
        move_s=step.move_s,
        hold_s=step.hold_s,
        return_s=step.return_s,
        out=ways.out,
        back=ways.back,
    )


def _phase(step: Step) -> str:
    if step.kind == "set":
        return "Repetitions" if step.reps else "Hold"
    return {
        "warm_up": "Keep moving",
        "next_exercise": "Next",
        "get_ready": "Get ready",
        "change_side": "Change side",
        "rest": "Rest",
    }[step.kind]


def _count(step: Step) -> str:
    if step.sets <= 1 or step.kind == "next_exercise":
        return ""
    number = f"et {step.number} of {step.sets}"
    return f"S{number}" if step.kind == "set" else f"Then s{number}"


def _say(step: Step, title: str, side: str, phase: str) -> str:
    sentences = [title if step.kind in ("warm_up", "next_exercise") else phase, side]
    if step.kind == "set":
        work = f"{step.reps} repetitions" if step.reps else f"Hold {step.seconds} seconds"
        sentences = [side, work]
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _cues(table: SessionTable, item: Item | None, step: Step) -> tuple[str, ...]:
    if item is None:
        return table.warm_up.steps
    if step.kind in ("next_exercise", "get_ready"):
        return item.steps
    if step.kind != "set" or not item.stop:
        return ()
    return (f"Watch for this. {item.stop[0]}",)


def _decided(step: Step, told: tuple[str, ...]) -> tuple[str, ...]:
    if step.kind != "next_exercise" or not told:
        return ()
    return (sentence(": ".join(filter(None, told))),)


def picture_key(item: str, side: str) -> str:
    """The name of a drawing on the page: the exercise and the side it is shown for."""
    return f"{item}-{side or 'right'}" if item else ""


def pictures(known: Knowledge, plan: CarePlan, steps: Iterable[Step]) -> dict[str, SafeString]:
    """The drawings that the steps need, by `picture_key`; an exercise without a drawing is left out."""
    rungs = {one["id"]: one["dose"].get("rung") for one in plan.items}
    wanted = dict.fromkeys((step.item, step.side or "right") for step in steps if step.item)
    drawn = {
        picture_key(item, side): picture(item, rungs.get(item) or "", known=known, side=side, moving=True)
        for item, side in wanted
    }
    return {key: svg for key, svg in drawn.items() if svg}
