"""Who the model accepts."""

import math

import pytest

from nextposture.body import OutOfRangeError, Person
from nextposture.body.person import check_shortening, scales


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"height": 2.2}, "height 2.2 is outside 1.45 to 2 m"),
        ({"height": math.nan}, "height nan is outside"),
        ({"mass": 20.0}, "mass 20 is outside 40 to 130 kg"),
        ({"age": 12.0}, "age 12 is outside 18 to 80 years"),
        ({"height": 1.5, "mass": 129.0}, "body mass index"),
        ({"sex": "other"}, "sex 'other' is not female or male"),
    ],
)
def test_what_the_tables_do_not_cover_is_refused_with_the_limit_and_the_reason(
    person: dict, words: str
) -> None:
    with pytest.raises(OutOfRangeError, match=words) as refusal:
        Person(**person)
    assert ": " in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("shortening", [-0.01, 0.21, math.inf])
def test_shortening_beyond_the_known_range_is_refused(shortening: float) -> None:
    with pytest.raises(OutOfRangeError, match="shortening"):
        check_shortening(shortening)


def test_the_reference_body_scales_to_itself() -> None:
    assert scales(Person(1.75, 84.0, "male", 40.0)) == pytest.approx([1.0, 1.0, 1.0, 0.0])


def test_women_and_older_people_are_weaker_at_the_same_size() -> None:
    man, woman = scales(Person(1.7, 70.0, "male", 40.0)), scales(Person(1.7, 70.0, "female", 40.0))
    older = scales(Person(1.7, 70.0, "male", 70.0))
    assert woman[2] < man[2]
    assert older[2] < man[2]
    assert list(woman[:2]) == list(man[:2])
