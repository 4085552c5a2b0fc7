"""A person's record as a clinic may see it: the sections of the report that the person's consent covers."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from datetime import datetime

from nextposture import knowledge
from nextposture.interop.report.parts import Grid, Report, Section
from nextposture.interop.report.whole import SECTIONS, report_of
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import check_ins
from nextposture.record.models import Person
from nextposture.selfcare.check_in import all_inputs, in_words

NEEDS: dict[str, frozenset[str]] = {
    "danger-signs": frozenset({"result", "answers"}),
    "factors": frozenset({"result"}),
    "course": frozenset({"progress"}),
    "measurements": frozenset({"measurements"}),
    "plan": frozenset({"plan"}),
    "sitting": frozenset({"sitting"}),
    "questionnaires": frozenset({"answers"}),
    "how-to-read": frozenset(),
}
"""What each section of the report shows. One that is not named here shows something of everything."""


def shared_report(person: Person, allowed: Set[str], now: datetime, weeks: int | None = 12) -> Report:
    """The report, less what the person does not let the clinic see; empty without any consent."""
    everything = frozenset(one.id for one in clinic_table().share)
    shown = {name for name in SECTIONS if NEEDS.get(name, everything) <= allowed} if allowed else set[str]()
    report = report_of(person, now, weeks, only=shown)
    answers = _answers(person) if "answers" in allowed else []
    return replace(report, sections=(*report.sections, *answers))


def _answers(person: Person) -> list[Section]:
    newest = check_ins.last_finished(person)
    if newest is None:
        return []
    inputs = all_inputs(knowledge.load())
    rows = tuple(
        (inputs[name].ask, in_words(inputs[name], value))
        for name, value in newest.answers.items()
        if name in inputs and value is not None
    )
    grid = Grid("The newest check-in, as it was answered", ("Question", "Answer"), rows, (7, 3))
    return [Section("answers", "Answers", (grid,))] if rows else []
