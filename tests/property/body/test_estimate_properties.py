"""A better measurement tells more, whoever is measured and whatever is read."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nextposture.body.estimate import HipReading, believe, estimate, interval
from nextposture.body.person import Person

BODIES = st.builds(
    Person,
    height=st.floats(1.55, 1.9),
    mass=st.floats(59.0, 90.0),
    sex=st.sampled_from(["female", "male"]),
    age=st.floats(20.0, 70.0),
)


@settings(max_examples=15, deadline=None)
@given(BODIES, st.floats(-15.0, 25.0), st.floats(1.0, 6.0), st.floats(1.5, 3.0))
def test_a_better_reading_narrows_what_the_hip_is_thought_to_be(
    person: Person, read: float, band: float, worse: float
) -> None:
    better, poorer = (
        estimate(person, HipReading(read, b), HipReading(read, b)).hip_extension_deg
        for b in (band, band * worse)
    )
    unmeasured = estimate(person).hip_extension_deg
    assert better.high - better.low < poorer.high - poorer.low < unmeasured.high - unmeasured.low


@settings(max_examples=6, deadline=None)
@given(BODIES, st.floats(2.0, 12.0))
def test_over_the_readings_people_have_a_measured_hip_narrows_shortening(
    person: Person, hours: float
) -> None:
    """A single unusual reading may widen an interval; over those that come, they narrow on average."""
    prior = believe(person, sitting_hours=hours)
    even = np.full(len(prior.weight), 1.0 / len(prior.weight))
    readings = [getattr(interval(prior.extension, even), end) for end in ("low", "median", "high")]
    readings = [np.interp(share, [0.05, 0.5, 0.95], readings) for share in (0.1, 0.3, 0.5, 0.7, 0.9)]

    def variance(band: float) -> float:
        found = []
        for read in readings:
            held = believe(person, HipReading(float(read), band), HipReading(float(read), band), hours)
            mean = held.weight @ held.shortening
            found.append(held.weight @ (held.shortening - mean) ** 2)
        return float(np.mean(found))

    assert variance(2.0) < variance(10.0) * 1.002
    assert variance(10.0) < float(prior.shortening.var()) * 1.002
