"""The section on danger signs: the newest answers, what the rules said, and stop signs of sessions."""

from __future__ import annotations

from nextposture.interop.report.parts import Block, Grid, Points, Section, Text
from nextposture.interop.report.record import Record
from nextposture.interop.report.words import NO, URGENCY_WORDS, answer_words, date_words, grid, says_something
from nextposture.knowledge import Answers, Urgency
from nextposture.knowledge.answers import is_left_open
from nextposture.planning.session import stop_rules
from nextposture.record.models import StopSign


def danger_signs_section(record: Record) -> Section:
    outcomes = record.outcomes
    if not outcomes:
        return Section("danger-signs", "Danger signs", (Text("Not asked yet."),))
    last, inputs = outcomes[-1], record.names()
    answers: Answers = last.check_in.answers
    asked = [name for screen in record.known.questions.screens for name in screen.inputs]
    yes = [name for name in asked if says_something(answers.get(name))]
    no = [name for name in asked if answers.get(name) is False or answers.get(name) in NO]
    left = [name for name in asked if is_left_open(answers.get(name))]
    blocks: list[Block] = [
        Text(f"Answers of the check-in of {date_words(last.made_at)}, in the words that were asked.")
    ]
    if yes:
        rows = tuple((inputs[name].ask, answer_words(inputs[name], answers.get(name))) for name in yes)
        blocks.append(Grid("Answered with yes or with a number", ("Question", "Answer"), rows, (4, 1)))
    else:
        blocks.append(Text("Nothing was answered with yes."))
    if left:
        rows = tuple((inputs[name].ask, answer_words(inputs[name], answers.get(name))) for name in left)
        blocks.append(Grid("Asked and left open", ("Question", "Answer"), rows, (4, 1)))
    not_asked = [name for name in asked if answers.get(name) is None and inputs[name].mandatory]
    if not_asked:
        blocks.append(
            Grid("Not answered", ("Question",), tuple((inputs[name].ask,) for name in not_asked), (1,))
        )
    if no:
        told_no = [
            f"{screen.title}: {' '.join(inputs[name].ask for name in screen.inputs if name in no)}"
            for screen in record.known.questions.screens
            if any(name in no for name in screen.inputs)
        ]
        blocks += [Text(f"Asked and answered with no ({len(no)}):"), Points(tuple(told_no))]
    said = []
    for one in reversed(outcomes):
        reasons = [reason["plain"] for reason in one.result.get("reasons", ()) if reason.get("level")]
        complete = "yes" if one.status == "complete" else "no"
        level = URGENCY_WORDS[Urgency[one.urgency]]
        said.append((date_words(one.made_at), level, complete, " ".join(reasons) or "none"))
    blocks += grid(
        "What the screening rules said, newest first",
        ("Date", "Said", "Complete", "Because"),
        said,
        (2, 3, 1, 6),
    )
    rules = stop_rules(record.known)
    signs = StopSign.objects.filter(session__person=record.person, at__gte=record.since).select_related(
        "lifted_by"
    )
    told = [
        (
            date_words(one.at),
            rules[one.rule].text if one.rule in rules else one.rule,
            date_words(one.lifted_by.finished_at)
            if one.lifted_by and one.lifted_by.finished_at
            else "still stands",
        )
        for one in signs.order_by("-pk")
    ]
    blocks += grid(
        "Stop signs told in or after a session", ("Date", "Sign", "Lifted by a check-in"), told, (2, 6, 2)
    )
    return Section("danger-signs", "Danger signs and their history", tuple(blocks))
