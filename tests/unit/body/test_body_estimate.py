"""One person's estimate: intervals, what a measured hip does to them, and that the surface is the model's."""

import subprocess
import sys

import numpy as np
import pytest

from nextposture.body import OutOfRangeError, Person
from nextposture.body.adaptation import working_length
from nextposture.body.assembly import model
from nextposture.body.batch import batch_standing
from nextposture.body.estimate import Estimate, HipReading, estimate
from nextposture.body.person import scales
from nextposture.body.posterior import answers, posterior
from nextposture.body.standing_posture import alignment
from nextposture.body.uncertain import changes_of, uncertain

ANN = Person(1.68, 62.0, "female", 34.0)


def widths(found: Estimate) -> tuple[float, float]:
    hip = found.hip_extension_deg
    return hip.high - hip.low, found.shortening.high - found.shortening.low


def test_without_a_measured_hip_it_is_the_prior_and_says_so() -> None:
    found = estimate(ANN)
    assert not found.measured
    assert found.narrowed == pytest.approx(0.0, abs=1e-9)
    assert estimate(ANN, HipReading(2.0)).measured


def test_the_same_input_gives_the_same_answer() -> None:
    assert estimate(ANN, HipReading(-4.0, 6.0)) == estimate(ANN, HipReading(-4.0, 6.0))


def test_no_effect_is_a_possible_answer() -> None:
    for found in (estimate(ANN), estimate(ANN, HipReading(-10.0, 6.0), HipReading(-10.0, 6.0), 12.0)):
        assert found.tilt_deg.low <= 0.0 <= found.tilt_deg.high
        assert 0.2 < next(row.probability for row in found.matters if row.what == "L4/5 compression") < 1.0


def test_every_level_has_an_interval_and_every_threshold_a_source() -> None:
    found = estimate(ANN, left=HipReading(1.0, 6.0))
    assert [level.level for level in found.levels] == ["L5/S1", "L4/5", "L3/4", "L2/3", "L1/2"]
    for level in found.levels:
        for band in (level.standing_N, level.compression_N, level.compression_percent, level.shear_N):
            assert band.low <= band.median <= band.high
    assert all(row.source and row.why and 0.0 <= row.probability <= 1.0 for row in found.matters)


def test_a_stiffer_hip_makes_shortening_likelier_and_a_heavy_load_too() -> None:
    stiff, supple = (estimate(ANN, HipReading(deg, 6.0), HipReading(deg, 6.0)) for deg in (-12.0, 18.0))
    assert stiff.shortening.median > supple.shortening.median
    assert stiff.levels[1].compression_percent.high > supple.levels[1].compression_percent.high


def test_more_hours_of_sitting_make_shortening_likelier() -> None:
    assert (
        estimate(ANN, sitting_hours=11.0).shortening.median
        > estimate(ANN, sitting_hours=3.0).shortening.median
    )


def test_two_hips_tell_more_than_one_and_a_better_reading_more_than_a_worse_one() -> None:
    one = widths(estimate(ANN, HipReading(8.0, 10.0)))
    two = widths(estimate(ANN, HipReading(8.0, 10.0), HipReading(8.0, 10.0)))
    better = widths(estimate(ANN, HipReading(8.0, 2.0), HipReading(8.0, 2.0)))
    assert better[0] < two[0] < one[0] < widths(estimate(ANN))[0]
    assert better[1] <= two[1] + 1e-3 <= one[1] + 2e-3


@pytest.mark.parametrize("wrong", [{"extension_deg": 80.0}, {"extension_deg": 0.0, "band_deg": 0.0}])
def test_a_reading_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OutOfRangeError, match="outside"):
        HipReading(**wrong)


def test_hours_that_no_day_has_are_refused() -> None:
    with pytest.raises(OutOfRangeError, match="hours a day"):
        estimate(ANN, sitting_hours=25.0)


def test_it_compiles_nothing() -> None:
    code = (
        "import sys; from nextposture.body.person import Person; "
        "from nextposture.body.estimate import estimate; "
        "from nextposture.body.coming_weeks import coming_weeks; "
        "estimate(Person()); coming_weeks(Person()); sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_surface_answers_as_the_model_does() -> None:
    people = [
        Person(1.55, 50.0, "female", 25.0),
        Person(1.75, 75.0, "male", 30.0),
        Person(1.88, 105.0, "male", 62.0),
    ]
    off = []
    for k, person in enumerate(people * 8):
        row, shortening = posterior().draws[17 * k], (0.03, 0.06, 0.10)[k % 3]
        changes = changes_of(row)
        pair = np.array([scales(person, s, changes) for s in (0.0, shortening)])
        stood = batch_standing(pair, threads=1, changes=changes)
        rise = stood.compression[1, 1] - stood.compression[0, 1]
        before, after = (alignment(x, changes).tilt_forwards for x in stood.coordinates)
        found = answers(row[None], pair[:1, :3], np.array([shortening]))
        off.append(
            (
                found.compression[0, 1] / stood.compression[0, 1] - 1.0,
                found.compression_change[0, 1] - rise,
                found.tilt_change[0] - (after - before),
            )
        )
    load, rise_off, tilt_off = np.sqrt((np.array(off) ** 2).mean(axis=0))
    assert load < 0.03
    assert rise_off < 12.0
    assert tilt_off < 0.4


def test_the_shipped_sample_is_inside_the_prior_and_fits_the_model_of_today() -> None:
    draws = posterior().draws
    assert draws.shape[1] == len(uncertain())
    low, high = (np.array([getattr(row, end) for row in uncertain()]) for end in ("low", "high"))
    assert ((draws >= low - 1e-6) & (draws <= high + 1e-6)).all()
    model(1, changes_of(draws[0]))  # every name is a parameter
    for name, length in posterior().working_length.items():
        assert working_length(name) == pytest.approx(length, rel=1e-6)
