"""People with a plan, made through the same functions as a check-in makes it.

`python -m tests.day_people FOLDER NAME` gives the owner of a running server's data folder the plan of NAME.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.clinical.cases import base_clear
from tests.live_server import environment

# What each of them answers beyond the answers that raise nothing.
SITTER = {
    "job_type": "office",
    "sitting_hours_day": 9,
    "longest_sitting_bout_min": 120,
    "mvpa_min_week": 0,
    "nrs_now": 4,
    "nrs_avg_7d": 5,
}
PEOPLE: dict[str, dict[str, object]] = {
    "sitter": SITTER,
    "two_weeks": {**SITTER, "weight_loss": True},
    "today": {**SITTER, "fever": True},
    "emergency": {**SITTER, "ces_saddle": True, "ces_onset_days": 2, "ces_trend": "worse"},
    "unfinished_today": {**SITTER, "ces_saddle": None, "fever": True},
    "unfinished": {**SITTER, "ces_saddle": None},
}


def check_in_as(person: object, name: str, **other: object) -> object:
    """Finish a check-in of `person` with the answers of NAME, and `other` ones; returns the kept outcome."""
    from nextposture.knowledge import check_answers, load
    from nextposture.record import check_ins
    from nextposture.record.models import CheckIn, Person

    assert isinstance(person, Person)
    known = load()
    answers = check_answers(known.inputs, {**base_clear(), **PEOPLE[name], **other})
    return check_ins.finish(known, CheckIn.objects.create(person=person, answers=answers))


def give_plan(data: Path, name: str = "sitter") -> None:
    """Give the owner of the record in `data` the plan of NAME, in a process of its own."""
    subprocess.run(
        [sys.executable, "-m", "tests.day_people", str(data), name],
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[1],
        env=environment(),
    )


if __name__ == "__main__":
    os.environ["NEXTPOSTURE_DATA"], name = sys.argv[1:]
    os.environ["DJANGO_SETTINGS_MODULE"] = "nextposture.site.settings"
    import django

    django.setup()
    from nextposture.record.people import owner

    check_in_as(owner(), name)
