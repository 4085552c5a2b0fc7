"""What one camera reads beside what four calibrated ones reconstruct of the same man at the same moment.

The four views are synchronised and calibrated by those who filmed them. Where the plane of a joint faces a
camera, the flat angle must be the spatial one; where it does not, it cannot be: that is why a measurement
asks for a view from the side, and this shows that the demand is no formality.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.validation.camera.views import Compared, Floats, compare


@pytest.fixture(scope="module")
def compared() -> list[Compared]:
    return compare()


def off(compared: list[Compared], least: float, most: float) -> Floats:
    return np.array([abs(one.flat - one.spatial) for one in compared if least <= one.askew < most])


def test_seen_from_the_side_the_angle_is_that_of_four_cameras(compared: list[Compared]) -> None:
    square = off(compared, 0, 25)
    assert len(square) > 20
    assert np.median(square) < 5
    assert np.percentile(square, 90) < 15


def test_seen_askew_it_is_not(compared: list[Compared]) -> None:
    askew = off(compared, 45, 90)
    assert np.median(askew) > 10
    assert np.median(askew) > 2 * np.median(off(compared, 0, 25))
