"""Length over days, creep over minutes, stretching over weeks."""

import numpy as np
import pytest

from nextposture.body import OutOfRangeError, Spell, adapt
from nextposture.body.adaptation import (
    constants,
    creep,
    creep_left,
    reference_day,
    stretch_gain,
    target_length,
    working_length,
)

SITTING = (Spell("lying_supine", 8.0), Spell("sitting_unsupported", 12.0), Spell("standing", 4.0))


def test_the_reference_day_keeps_the_length() -> None:
    assert adapt(reference_day(), np.array([0.0, 30.0, 300.0])) == pytest.approx([1.0, 1.0, 1.0])


def test_psoas_works_shorter_sitting_than_standing_and_longest_in_the_stretch() -> None:
    order = [working_length(name) for name in ("sitting_unsupported", "standing", "half_kneeling_stretch")]
    assert order == sorted(order)


def test_more_sitting_draws_the_length_down_towards_its_target_and_not_past_it() -> None:
    days = np.array([0.0, 7.0, 21.0, 90.0, 1000.0])
    length = adapt(SITTING, days)
    assert (np.diff(length) < 0.0).all()
    assert length[-1] == pytest.approx(target_length(SITTING), abs=1e-6)
    assert length[2] == pytest.approx(
        target_length(SITTING) + (1.0 - target_length(SITTING)) * np.exp(-1.0), rel=1e-6
    )


def test_sitting_that_does_not_shorten_is_inside_the_model() -> None:
    assert constants()["share_taken_up"].low == 0.0
    assert adapt(SITTING, np.array([100.0]), share=0.0) == pytest.approx([1.0])


def test_stretching_in_the_day_gives_some_of_it_back_faster_than_it_went() -> None:
    stretching = (
        *SITTING[:1],
        Spell("sitting_unsupported", 11.5),
        Spell("half_kneeling_stretch", 0.5, stretch=True),
        SITTING[2],
    )
    assert target_length(stretching) > target_length(SITTING)
    assert constants()["gain_days"].value < constants()["loss_days"].value


def test_nothing_is_lost_beyond_the_ceiling() -> None:
    assert (
        target_length((Spell("sitting_slouched", 24.0),), share=5.0) == 1.0 - constants()["most_loss"].value
    )


def test_a_day_has_twenty_four_hours() -> None:
    with pytest.raises(OutOfRangeError, match="20 hours is outside 24 to 24 h"):
        adapt((Spell("standing", 20.0),), np.array([1.0]))


def test_creep_is_mcgill_and_brown() -> None:
    assert creep(np.array([0.0, 20.0])) == pytest.approx([0.0, 5.5], abs=0.05)
    assert creep_left(np.array([0.0, 2.0])) == pytest.approx([1.0, 0.5], abs=1e-9)
    assert 0.0 < creep_left(np.array([30.0]))[0] < 0.25


def test_stretching_gains_by_total_time_with_less_and_less_from_more() -> None:
    once, twice = stretch_gain(600.0, np.array([6.0]))[0], stretch_gain(1200.0, np.array([6.0]))[0]
    assert 0.0 < once < twice < 2.0 * once
    assert stretch_gain(0.0, np.array([6.0]))[0] == 0.0
    with pytest.raises(OutOfRangeError, match="stretch -1 is outside"):
        stretch_gain(-1.0, np.array([1.0]))


def test_what_is_a_hypothesis_says_so() -> None:
    assert {constants()[name].kind for name in ("loss_days", "gain_days", "share_taken_up")} == {"hypothesis"}


def test_many_people_at_once_each_from_their_own_length() -> None:
    starts, days = np.array([[0.9], [1.0]]), np.array([0.0, 10.0, 500.0])
    both = adapt(SITTING, days, starts)
    assert both.shape == (2, 3)
    assert both[0] == pytest.approx(adapt(SITTING, days, 0.9))
    assert both[1] == pytest.approx(adapt(SITTING, days, 1.0))
