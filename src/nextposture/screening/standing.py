"""A higher urgency stays until it is answered again.

Someone told to be seen today does not become fine by opening the app and answering something else.
"""

from __future__ import annotations

from dataclasses import replace

from nextposture.knowledge import Answers
from nextposture.knowledge.answers import is_known
from nextposture.screening.triage import Outcome, Reason, most_urgent_first


def carry_over(previous: Outcome, current: Outcome, answers: Answers) -> Outcome:
    """`current`, with the reasons of `previous` that still stand added to it.

    A reason of `previous` stands until every answer it rests on has been given again in `answers`, the new
    check-in; "do not know" and "rather not say" are not answers here. Reasons below the new urgency are
    carried too, so that a more urgent check-in in between does not wipe them out.
    """
    present = {reason.id for reason in current.reasons}
    standing = tuple(
        reason
        for reason in previous.reasons
        if reason.level is not None and reason.id not in present and not _answered(reason, answers)
    )
    if not standing:
        return current
    return replace(
        current,
        urgency=max(current.urgency, *(reason.level for reason in standing if reason.level is not None)),
        reasons=most_urgent_first((*standing, *current.reasons)),
    )


def _answered(reason: Reason, answers: Answers) -> bool:
    return all(is_known(answers.get(name)) for name in reason.inputs)
