"""What is due today, by example."""

from __future__ import annotations

from datetime import date, timedelta

from nextposture.planning.schedule import Scheduled, due

MONDAY = date(2026, 3, 2)
STRETCH = Scheduled("EX_KNEEL", 5, "STRETCH")
BRIDGE = Scheduled("EX_BRIDGE", 2, "BRIDGE")
BIRD_DOG = Scheduled("EX_BIRD_DOG", 1, "CORE")
PLANK = Scheduled("EX_PLANK", 1, "CORE")
PLAN = (STRETCH, BRIDGE, BIRD_DOG, PLANK)


def on(day: int) -> date:
    return MONDAY + timedelta(days=day)


def due_on(day: int, done: list[tuple[date, str]], plan: tuple[Scheduled, ...] = PLAN) -> tuple[str, ...]:
    return due(plan, done, on(day), strength_days_per_week=3)


def test_first_day_has_one_exercise_of_each_family() -> None:
    assert due_on(0, []) == ("EX_KNEEL", "EX_BRIDGE", "EX_BIRD_DOG")


def test_bird_dog_and_plank_take_turns() -> None:
    done = [(on(0), "EX_BIRD_DOG")]
    assert "EX_PLANK" in due_on(2, done)
    assert "EX_BIRD_DOG" not in due_on(2, done)
    assert "EX_BIRD_DOG" in due_on(7, [*done, (on(2), "EX_PLANK")])


def test_a_family_rests_the_day_after() -> None:
    done = [(on(0), "EX_BRIDGE")]
    assert "EX_BRIDGE" not in due_on(1, done)
    assert "EX_BIRD_DOG" in due_on(1, done)
    assert "EX_BRIDGE" in due_on(2, done)


def test_what_a_stopped_session_left_is_still_due_the_same_day() -> None:
    assert due_on(0, [(on(0), "EX_KNEEL"), (on(0), "EX_BRIDGE")]) == ("EX_BIRD_DOG",)


def test_a_fourth_strength_day_waits_until_the_first_is_a_week_old() -> None:
    plan = (Scheduled("EX_BRIDGE", 5, "BRIDGE"), Scheduled("EX_WALL_SIT", 5, "LEG"))
    done = [(on(0), "EX_BRIDGE"), (on(2), "EX_BRIDGE"), (on(4), "EX_BRIDGE")]
    assert due_on(6, done, plan) == ()
    assert due_on(7, done, plan) == ("EX_BRIDGE", "EX_WALL_SIT")


def test_missed_days_are_not_owed() -> None:
    assert due_on(30, [(on(0), "EX_KNEEL")], (STRETCH,)) == ("EX_KNEEL",)


def test_a_done_week_asks_for_nothing_more() -> None:
    done = [(on(day), "EX_KNEEL") for day in range(5)]
    assert due_on(5, done, (STRETCH,)) == ()
    assert due_on(6, done, (STRETCH,)) == ()
    assert due_on(7, done, (STRETCH,)) == ("EX_KNEEL",)


def test_of_two_that_may_be_done_the_one_done_longest_ago_comes_first() -> None:
    plan = (Scheduled("EX_BIRD_DOG", 3, "CORE"), Scheduled("EX_PLANK", 3, "CORE"))
    done = [(on(0), "EX_PLANK"), (on(2), "EX_BIRD_DOG")]
    assert due_on(4, done, plan) == ("EX_PLANK",)
    assert due_on(4, [(on(0), "EX_BIRD_DOG"), (on(2), "EX_PLANK")], plan) == ("EX_BIRD_DOG",)
