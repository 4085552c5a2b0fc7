"""The batch gives what one at a time gives."""

import numpy as np
import pytest

from nextposture.body import Person, batch_loads, batch_standing, hip_extension, loads, standing
from nextposture.body.batch import batch_hip_extension

PEOPLE = [Person(1.6, 52.0, "female", 25.0), Person(1.75, 84.0), Person(1.9, 100.0, "male", 60.0)]


def test_batch_loads_are_the_single_ones_whatever_the_threads() -> None:
    names = ["standing", "holding_20kg_close", "sitting_slouched"]
    one, two = (batch_loads(PEOPLE, names, 0.05, threads=threads) for threads in (1, 2))
    assert one.compression.shape == (3, 3, 5)
    assert np.array_equal(one.compression, two.compression)
    for i, person in enumerate(PEOPLE):
        for j, name in enumerate(names):
            single = loads(person, name, 0.05)
            assert one.compression[i, j] == pytest.approx(
                [level.compression_N for level in single.levels], abs=1e-4
            )
            assert one.shear[i, j] == pytest.approx([level.shear_N for level in single.levels], abs=1e-4)


def test_batch_standing_is_the_single_one() -> None:
    many = batch_standing(PEOPLE, np.array([0.0, 0.1, 0.2]))
    assert many.converged.all()
    for i, (person, share) in enumerate(zip(PEOPLE, (0.0, 0.1, 0.2), strict=True)):
        single = standing(person, share)
        assert many.coordinates[i] == pytest.approx(single.coordinates, abs=1e-3)
        assert many.compression[i] == pytest.approx(
            [level.compression_N for level in single.loads.levels], rel=2e-3
        )


def test_batch_hip_extension_is_the_single_one_whatever_the_threads() -> None:
    shares = np.array([0.0, 0.1, 0.2])
    one, two = (batch_hip_extension(PEOPLE, shares, threads=threads) for threads in (1, 2))
    assert np.array_equal(one, two)
    single = [hip_extension(person, share) for person, share in zip(PEOPLE, shares, strict=True)]
    assert one == pytest.approx(single, abs=1e-9)


def test_postures_that_need_the_full_model_keep_their_place_among_the_others() -> None:
    names = ["half_kneeling_stretch", "standing", "lying_side"]
    many = batch_loads(PEOPLE, names, np.array([0.0, 0.1, 0.2]))
    for i, (person, share) in enumerate(zip(PEOPLE, (0.0, 0.1, 0.2), strict=True)):
        for j, name in enumerate(names):
            single = loads(person, name, share)
            assert many.compression[i, j] == pytest.approx(
                [level.compression_N for level in single.levels], abs=1e-3
            )
