"""Answers that cannot be are refused with the name of the input and what to change."""

import math

import pytest

from nextposture.knowledge import AnswerError, check_answers, load

INPUTS = load().inputs


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("feever", True, "no input of this name"),
        ("fever", "yes", "true or false, not 'yes'"),
        ("fever", 1, "true or false, not 1"),
        ("fever", "na", "applies to everyone"),
        ("leg_pain", "left", "one of none, one, both, not 'left'"),
        ("leg_pain", True, "one of none, one, both, not True"),
        ("age_years", 38.5, "whole number"),
        ("age_years", "38", "whole number"),
        ("age_years", True, "whole number"),
        ("age_years", -1, "from 0 to 120 years"),
        ("age_years", 121, "from 0 to 120 years"),
        ("nrs_now", 11, "from 0 to 10"),
        ("sitting_hours_day", math.nan, "from 0 to 24"),
        ("sitting_hours_day", math.inf, "from 0 to 24"),
        ("hip_ext_deg_worst", -61, "from -60 to 40 degrees"),
        ("trend", ["worse"], "one of better, same, worse"),
        ("trend", {}, "one of better, same, worse"),
    ],
)
def test_refused(key: str, value: object, says: str) -> None:
    with pytest.raises(AnswerError) as caught:
        check_answers(INPUTS, {key: value})
    assert caught.value.key == key
    assert says in str(caught.value)


def test_what_is_not_an_answer_is_kept_apart() -> None:
    given = {"fever": None, "collapse": "dk", "thoracic": "pna", "trauma_days": "na", "sex": "pna"}
    assert check_answers(INPUTS, given) == given


def test_numbers_may_be_whole_or_not_where_that_makes_sense() -> None:
    assert check_answers(INPUTS, {"nrs_now": 4.5, "sitting_hours_day": 9}) == {
        "nrs_now": 4.5,
        "sitting_hours_day": 9,
    }
