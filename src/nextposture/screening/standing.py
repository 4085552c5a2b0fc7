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
    earlier = {reason.id: reason for reason in previous.reasons if reason.level is not None}
    firing = {reason.id for reason in current.reasons}
    # A reason that fires again now still waits for the earlier answers it rested on and that were left open.
    again = tuple(
        replace(reason, inputs=reason.inputs | _open(earlier[reason.id], answers))
        if reason.id in earlier
        else reason
        for reason in current.reasons
    )
    standing = tuple(
        reason for name, reason in earlier.items() if name not in firing and _open(reason, answers)
    )
    reasons = most_urgent_first((*standing, *again))
    return replace(
        current,
        urgency=max([current.urgency, *(reason.level for reason in reasons if reason.level is not None)]),
        reasons=reasons,
    )


def _open(reason: Reason, answers: Answers) -> frozenset[str]:
    """What the reason rests on and has no answer in `answers`."""
    return frozenset(name for name in reason.inputs if not is_known(answers.get(name)))
