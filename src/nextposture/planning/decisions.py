"""What a practitioner decided about items of a plan, and what becomes of the plan by it.

Pure functions. Decisions are never altered: the newest about an item holds. Screening comes first: an item
that it rules out is not offered, whoever decided, and `conflicts` says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Literal, get_args

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.knowledge.own import PREFIX
from nextposture.knowledge.reading import read_table, row
from nextposture.planning.dosing import STRENGTH_FAMILIES, Dose
from nextposture.planning.progression import spans_of

DecisionKind = Literal["confirmed", "changed", "locked", "added", "left_out", "freed"]
Answer = Literal["", "seen", "rather_not", "willing"]


@row
class Kind:
    """One thing that may be decided: what the button says, how it is told, and what it does."""

    name: str
    line: str
    locks: bool = False
    adds: bool = False
    takes_out: bool = False


@row
class DecisionTable:
    """The table `decisions.yaml`."""

    kinds: Mapping[DecisionKind, Kind]
    answers: Mapping[Literal["seen", "rather_not", "willing"], str]
    units: Mapping[str, str]
    set_aside: str
    taken_up: str
    ruled_out: str
    unreadable: str


@cache
def decision_table() -> DecisionTable:
    """The packaged table. Raises KnowledgeError naming file and line when it is wrong."""
    table = read_table("decisions")
    parsed = table.parse(DecisionTable)
    table.require(["kinds"], get_args(DecisionKind), parsed.kinds, "kind of decision")
    table.require(["units"], parsed.units, {one.name for one in fields(Dose)}, "part of a dose")
    return parsed


@dataclass(frozen=True)
class Decision:
    """What one practitioner decided about one item; `dose` is None where it stays as it is.

    `answer` is what the person said to it, `answer_why` in their own words.
    """

    key: str
    item: str
    kind: DecisionKind
    at: datetime
    by: str
    dose: Dose | None = None
    why: str = ""
    answer: Answer = ""
    answer_why: str = ""


@dataclass(frozen=True)
class Placed:
    """An item of a plan as it stands there."""

    id: str
    dose: Dose
    reasons: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Hold:
    """What all decisions about an item come to. `decision` is the newest; `dose` the last one told."""

    decision: Decision
    dose: Dose | None = None
    locked: bool = False
    added: bool = False
    left_out: bool = False

    @property
    def kept(self) -> bool:
        """Whether the item stays in the plan though the rules of selection drop it."""
        return self.locked or self.added

    @property
    def declined(self) -> bool:
        """Whether the person said to the newest that they would rather not."""
        return self.decision.answer == "rather_not" and not self.left_out

    @property
    def offered(self) -> bool:
        """Whether the item may be offered, as far as the decisions go."""
        return not (self.left_out or self.declined)


@dataclass(frozen=True)
class Allowed:
    """What the screening leaves of a plan: nothing but `only` (None: everything), and nothing of `blocked`.

    `blocked` has the plain reasons for each item; `why` is said where the plan as a whole is limited. `like`
    names, for an exercise of a clinic's own, those of the tables that it loads the body like.
    """

    blocked: Mapping[str, Sequence[str]] = field(default_factory=dict)
    only: frozenset[str] | None = None
    why: str = ""
    like: Mapping[str, Collection[str]] = field(default_factory=dict)

    def against(self, item: str) -> tuple[str, ...]:
        """Why an item may not be offered, in plain words; empty if it may.

        An exercise of a clinic's own that `like` does not hold could not be read, so nothing screened it.
        """
        if item.startswith(PREFIX) and item not in self.like:
            return (decision_table().unreadable,)
        if self.only is not None and item not in self.only:
            return (self.why,)
        names = (item, *self.like.get(item, ()))
        return tuple(dict.fromkeys(plain for name in names for plain in self.blocked.get(name, ())))


def holds_of(decisions: Iterable[Decision]) -> dict[str, Hold]:
    """What the decisions come to, item by item; of two at one time the later in order counts.

    What was left out is no longer added, and what was given back has no dose of theirs, unless it was added.
    """
    kinds = decision_table().kinds
    found: dict[str, Hold] = {}
    for one in sorted(decisions, key=lambda one: one.at):
        kind, before = kinds[one.kind], found.get(one.item)
        was_added = before is not None and before.added and not kind.takes_out
        told_before = before.dose if before is not None and (one.kind != "freed" or was_added) else None
        found[one.item] = Hold(
            decision=one,
            dose=one.dose or told_before,
            locked=kind.locks,
            added=kind.adds or was_added,
            left_out=kind.takes_out,
        )
    return found


def said(decision: Decision) -> str:
    """What was decided, by whom and why: "Locked by Ana Silva, physiotherapist, Harbour Street: ..."."""
    line = f"{decision_table().kinds[decision.kind].line} by {decision.by}"
    return f"{line}: {decision.why}" if decision.why else line


def told(decision: Decision) -> str:
    """What brought an item where it is now: the decision, or that the person will follow it after all."""
    line = sentence(said(decision))
    return decision_table().taken_up.format(line=line) if decision.answer == "willing" else line


def sentence(words: str) -> str:
    """The words as a sentence."""
    return words if words.endswith((".", "!", "?")) else f"{words}."


def set_aside(hold: Hold) -> str:
    """Why an item waits that the person would rather not do."""
    why = hold.decision.answer_why.strip().rstrip(".")
    return decision_table().set_aside.format(why=f" ({why})" if why else "")


def apply(
    items: Sequence[Placed], hold: Hold, allowed: Allowed, spare: Placed | None = None
) -> tuple[Placed, ...]:
    """The plan with the newest decision about an item in force.

    What the rules have taken out of the plan since comes back only if it is locked or added. `spare` is the
    item as it was when it was last taken out.
    """
    decision = hold.decision
    here = next((one for one in items if one.id == decision.item), None)
    if not hold.offered or allowed.against(decision.item):
        return tuple(one for one in items if one is not here)
    dose = decision.dose
    if here is not None:
        changed = here if dose is None else replace(here, dose=dose)
        return tuple(changed if one is here else one for one in items)
    returns = decision.kind in ("freed", "confirmed", "changed") and spare is not None
    base = spare or Placed(decision.item, dose or hold.dose or Dose(), (sentence(said(decision)),))
    if not (hold.kept or returns):
        return tuple(items)
    return (*items, replace(base, dose=dose or base.dose))


@dataclass(frozen=True)
class Kept:
    """A new plan after the standing decisions: its items, those set aside by the person, those left out."""

    items: tuple[Placed, ...]
    set_aside: tuple[Placed, ...] = ()
    left_out: tuple[Placed, ...] = ()


def keep(
    items: Sequence[Placed],
    before: Sequence[Placed],
    holds: Mapping[str, Hold],
    allowed: Allowed,
    gave_way: Mapping[str, str] | None = None,
    fewer: Collection[str] = (),
) -> Kept:
    """The items of a new plan with the standing decisions in force, at the doses reached in `before`.

    `gave_way` names, for an exercise that the rules replaced, the one that took its place; `fewer` are those
    that the person chose to do without; one that is locked stays all the same.
    """
    found, aside, out = list(items), list[Placed](), list[Placed]()
    for name, hold in holds.items():
        here = next((one for one in found if one.id == name), None)
        old = next((one for one in before if one.id == name), None)
        line = sentence(said(hold.decision))
        against = allowed.against(name)
        if hold.left_out or hold.declined:
            found = [one for one in found if one is not here]
            base = here or old or Placed(name, hold.dose or Dose())
            if hold.left_out:
                out.append(replace(base, reasons=(line,)))
            else:
                aside.append(replace(base, reasons=(set_aside(hold),)))
        elif against:
            found = [one for one in found if one is not here]
            if hold.kept:
                base = here or old or Placed(name, hold.dose or Dose())
                out.append(replace(base, reasons=(conflict(hold, against),)))
        elif here is not None:
            if hold.dose is not None and (hold.locked or old is None):
                found = [replace(one, dose=hold.dose) if one is here else one for one in found]
        elif hold.locked or (hold.added and name not in fewer):
            successor = _successor(name, gave_way or {})
            if successor is not None and not _may_stand(successor, holds, allowed):
                successor = None  # the one that was decided about is there again instead
            if hold.locked or old is not None or successor is None:
                dose = hold.dose if hold.locked or old is None else old.dose
                found.append(Placed(name, dose or Dose(), (line,)))
            elif all(one.id != successor for one in found):
                found += [replace(one, reasons=(line,)) for one in before if one.id == successor]
    return Kept(tuple(found), tuple(aside), tuple(out))


def _may_stand(name: str, holds: Mapping[str, Hold], allowed: Allowed) -> bool:
    hold = holds.get(name)
    return (hold is None or hold.offered) and not allowed.against(name)


def _successor(name: str, gave_way: Mapping[str, str]) -> str | None:
    """The exercise that stands in the place of one that gave way, however often; None if it did not."""
    seen = {name}
    while (following := gave_way.get(name)) is not None and following not in seen:
        name = following
        seen.add(name)
    return name if len(seen) > 1 else None


def conflict(hold: Hold, against: Iterable[str]) -> str:
    """What is said where the screening rules out what was decided."""
    line = said(hold.decision).rstrip(".")
    return decision_table().ruled_out.format(line=line, because=" ".join(against))


def conflicts(holds: Mapping[str, Hold], allowed: Allowed) -> dict[str, str]:
    """For each item that was decided to be in the plan and that the screening rules out, what is said."""
    return {
        name: conflict(hold, against)
        for name, hold in holds.items()
        if hold.offered and (hold.kept or hold.decision.kind in ("confirmed", "changed"))
        if (against := allowed.against(name))
    }


# ---- What a dose may be


def bounds(knowledge: Knowledge, item: Item) -> dict[str, tuple[int, int]]:
    """The least and the most of each part of an item's dose that a practitioner may set.

    Strength has no more days a week than the schedule ever asks for.
    """
    spans = dict(spans_of(knowledge, item))
    strength = knowledge.plan.dosing.strength
    if item.family in STRENGTH_FAMILIES:
        spans = {**spans, "days_per_week": strength.sessions_per_week, "rest_s": strength.rest_s}
    found = {name: (round(span.allowed[0]), round(span.allowed[1])) for name, span in spans.items()}
    if item.family in STRENGTH_FAMILIES:  # a family's weekly sets may be dealt out to one day for each
        found["days_per_week"] = (1, round(strength.sessions_per_week.start))
    return found


def start_dose(knowledge: Knowledge, item: Item, beside: Iterable[str] = ()) -> Dose:
    """The dose that an added item starts with; one day a week beside items of its strength family.

    Of one family the schedule asks for one exercise a day.
    """
    spans = {name: round(span.start) for name, span in spans_of(knowledge, item).items()}
    if item.family in STRENGTH_FAMILIES:
        strength = knowledge.plan.dosing.strength
        shares = any(knowledge.items[one].family == item.family for one in beside if one in knowledge.items)
        spans |= {
            "days_per_week": 1 if shares else round(strength.sessions_per_week.start),
            "rest_s": round(strength.rest_s.start),
        }
    return Dose(**spans, rung=item.ladder[0] if item.ladder else None)


def dose_problems(knowledge: Knowledge, item: Item, dose: Dose) -> dict[str, str]:
    """What is wrong with a dose, by its part, with what to change; empty if nothing is."""
    found: dict[str, str] = {}
    limits = bounds(knowledge, item)
    for name, value in ((one.name, getattr(dose, one.name)) for one in fields(Dose)):
        if name == "rung":
            if (value is None) == bool(item.ladder) or (value is not None and value not in item.ladder):
                found[name] = (
                    f"Choose one of {', '.join(item.ladder)}." if item.ladder else "It has no rungs."
                )
        elif name not in limits:
            if value is not None:
                found[name] = f"{item.name} has no such part of a dose."
        elif value is None:
            found[name] = "Say a number."
        elif not limits[name][0] <= value <= limits[name][1]:
            found[name] = f"From {limits[name][0]} to {limits[name][1]}."
    return found
