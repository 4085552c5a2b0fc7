"""What a stated shortening does: nothing at none, more at more, and always with a range."""

from __future__ import annotations

import pytest

from nextposture.body.person import OutOfRangeError, Person
from nextposture.body.shortening_response import respond


def test_full_length_changes_nothing_and_each_step_adds() -> None:
    found = respond(Person(1.68, 62.0, "female", 34.0), (0.0, 0.05, 0.1, 0.15))
    assert (found[0].tilt_deg.low, found[0].tilt_deg.high) == (0.0, 0.0)
    for level in range(5):
        rises = [one.levels[level].compression_percent for one in found]
        assert (rises[0].low, rises[0].high) == (0.0, 0.0)
        assert rises[0].median < rises[1].median < rises[2].median < rises[3].median
        assert all(rise.low < rise.median < rise.high for rise in rises[1:])


def test_a_heavier_person_carries_more() -> None:
    light, heavy = (respond(Person(1.75, mass, "male", 40.0), (0.0,))[0].levels for mass in (60.0, 100.0))
    assert all(a.compression_N.median < b.compression_N.median for a, b in zip(light, heavy, strict=True))


@pytest.mark.parametrize("shortening", [-0.01, 0.16])
def test_what_the_calibration_does_not_cover_is_refused(shortening: float) -> None:
    with pytest.raises(OutOfRangeError, match="outside 0 to"):
        respond(Person(), (shortening,))
