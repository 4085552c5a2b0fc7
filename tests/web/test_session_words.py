"""A side of an exercise is named by what is down, back or near, on the page and in speech."""

from __future__ import annotations

import pytest

from nextposture.knowledge import load
from nextposture.planning.session import Step, session_table
from nextposture.record.models import CarePlan
from nextposture.selfcare.session_words import shown_steps


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("EX_KNEEL", "Left knee down"),
        ("EX_STANDING_STRETCH", "Left leg back"),
        ("EX_SL_BRIDGE", "Left foot down"),
        ("EX_SIDE_PLANK", "On the left forearm"),
        ("EX_BIRD_DOG", "Left leg, right arm"),
    ],
)
def test_side_is_shown_and_spoken_in_the_words_of_the_exercise(item: str, words: str) -> None:
    step = Step("set", item, 30, side="left", number=1, sets=2, hold_s=30)
    (shown,) = shown_steps(load(), session_table(), CarePlan(items=[]), [step])
    assert shown.side == words and words in shown.say


def test_every_exercise_with_sides_has_words_for_both() -> None:
    one_sided = {item.id for item in load().items.values() if item.one_sided}
    assert set(session_table().sides) == one_sided
    assert all(one.left and one.right and one.left != one.right for one in session_table().sides.values())
