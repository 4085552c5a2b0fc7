"""Why an item is in the plan is said of this person: what was seen, or that it is not known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.clinical.cases import base_clear

from nextposture.check import examine
from nextposture.knowledge import check_answers, load


def reasons(**answers: Any) -> dict[str, tuple[str, ...]]:
    known = load()
    _, _, _, plan = examine(known, check_answers(known.inputs, {**base_clear(), **answers}))
    return {one.item.id: one.reasons for one in plan.items}


@pytest.mark.parametrize(
    ("answers", "item", "why"),
    [
        ({"sitting_hours_day": 9}, "P_BREAK", ["many hours"]),
        ({"longest_sitting_bout_min": 60}, "P_BREAK", ["without a break"]),
        (
            {"sitting_hours_day": 9, "longest_sitting_bout_min": 60},
            "P_BREAK",
            ["many hours", "without a break"],
        ),
        ({"job_type": "truck"}, "P_DRIVE_BREAK", ["for your work"]),
        ({"driving_hours_day": 3}, "P_DRIVE_BREAK", ["for hours"]),
        ({"pelvis_controlled": True, "hip_ext_deg_worst": -5}, "EX_KNEEL", ["when it was measured"]),
        ({"sitting_hours_day": 9}, "EX_KNEEL", ["You sit a lot"]),
        ({"cycling_running_hours_week": 5, "stretching_habit": False}, "EX_KNEEL", ["You cycle or run"]),
        ({"slb_s_worst": 20}, "EX_BRIDGE", ["tired early"]),
        ({}, "EX_BRIDGE", ["not known"]),
        ({"plank_s": 20}, "EX_PLANK", ["tired early"]),
        ({}, "EX_BIRD_DOG", ["not known"]),
        ({"mvpa_min_week": 60}, "P_WALK", ["150 minutes"]),
        ({"previous_episodes": 2}, "P_WALK", ["had back pain before"]),
        ({"bmi": 31}, "P_WALK", ["body mass index"]),
    ],
)
def test_reason_is_what_holds_for_this_person(answers: dict[str, Any], item: str, why: list[str]) -> None:
    given = reasons(**answers)[item]
    assert len(given) == len(why)
    for line, words in zip(given, why, strict=True):
        assert words in line and " or has " not in line
