"""Row history of what clinicians and people decide together: each change with who made it and when.

The record's own tables stay free of it, since a person's own installation has nobody else to tell apart.
"""

from __future__ import annotations

from simple_history import register as keep_history

from nextposture.record.models import CarePlan, CheckIn, Measurement, Outcome, PlanDecision


def register() -> None:
    """Keep the history of the record's clinical rows in tables of the clinic's."""
    for model in (CarePlan, CheckIn, Measurement, Outcome, PlanDecision):
        keep_history(model, app="nextposture.clinic")
