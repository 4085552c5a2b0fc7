"""The coming weeks: three courses, their bands, and what they rest on."""

import pytest

from nextposture.body import OutOfRangeError, Person
from nextposture.body.coming_weeks import coming_weeks
from nextposture.body.estimate import HipReading

AS_IS, BREAKS, STRETCHING = coming_weeks(Person(), HipReading(-3.0, 6.0), sitting_hours=10.0)


def test_there_are_twelve_weeks_and_nothing_has_changed_at_the_start() -> None:
    for course in (AS_IS, BREAKS, STRETCHING):
        assert course.weeks == tuple(range(13))
        assert len(course.shortening) == len(course.compression_percent) == 13
        for band in (course.hip_extension_change_deg[0], course.compression_percent[0]):
            assert (band.low, band.median, band.high) == pytest.approx((0.0, 0.0, 0.0), abs=0.01)


def test_stretching_gives_more_extension_than_breaks_and_breaks_no_less_than_nothing() -> None:
    last = [course.hip_extension_change_deg[12].median for course in (AS_IS, BREAKS, STRETCHING)]
    assert last == sorted(last)
    assert last[2] > 1.0
    assert STRETCHING.shortening[12].median <= BREAKS.shortening[12].median <= AS_IS.shortening[12].median


def test_no_change_of_the_load_is_inside_the_band_of_sitting_and_of_breaks() -> None:
    for course in (AS_IS, BREAKS):
        band = course.compression_percent[12]
        assert band.low - 0.1 <= 0.0 <= band.high


def test_a_bigger_dose_does_more_and_none_does_nothing() -> None:
    gains = [
        coming_weeks(Person(), stretch_seconds_per_week=dose)[2].hip_extension_change_deg[12].median
        for dose in (0.0, 300.0, 1200.0)
    ]
    still = coming_weeks(Person())[0].hip_extension_change_deg[12].median
    assert gains[0] == pytest.approx(still)
    assert gains[0] < gains[1] < gains[2]


def test_length_is_called_a_hypothesis_and_measured_things_measured() -> None:
    kinds = {course.name: [row.kind for row in course.evidence] for course in (AS_IS, BREAKS, STRETCHING)}
    assert kinds == {
        "as it is": ["hypothesis"],
        "with breaks": ["hypothesis"],
        "with stretching": ["hypothesis", "measured in people"],
    }


def test_more_hours_than_a_day_leaves_are_refused() -> None:
    with pytest.raises(OutOfRangeError, match="8 hours of the day"):
        coming_weeks(Person(), sitting_hours=18.0)
