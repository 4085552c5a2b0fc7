"""The passive hip."""

import numpy as np
import pytest

from nextposture.body import Person, hip_extension, shortening_bound
from nextposture.body.hip import passive_hip_moment
from nextposture.body.person import scales
from nextposture.body.postures import leg_mass


def test_the_hip_resists_more_the_further_it_extends() -> None:
    moment = passive_hip_moment(Person(), np.arange(-20.0, 31.0, 5.0))
    assert (np.diff(moment) > 0.0).all()


def test_a_shorter_psoas_takes_extension_away() -> None:
    reached = [hip_extension(Person(), s) for s in (0.0, 0.05, 0.1, 0.15, 0.2)]
    assert reached == sorted(reached, reverse=True)
    assert reached[0] - reached[2] > 1.0


def test_hip_extension_is_where_the_passive_moment_carries_the_hanging_leg() -> None:
    person, share = Person(1.62, 60.0, "female", 28.0), 0.07
    found = hip_extension(person, share)
    length, mass = scales(person)[:2]
    kg, forward, along = leg_mass(80.0)
    # the pelvis level on the bench: the thigh points away from it, found degrees below level
    turned = np.radians(90.0 - found)
    ahead = np.cos(turned) * forward - np.sin(turned) * along
    held = passive_hip_moment(person, np.array([found]), 80.0, share)[0]
    assert held == pytest.approx(kg * mass * 9.80665 * length * ahead, abs=1e-6)
    # and it turns back from further out, lets fall from less far
    less, more = passive_hip_moment(person, np.array([found - 1.0, found + 1.0]), 80.0, share)
    assert less < held < more


def test_a_measured_extension_bounds_the_shortening_that_predicts_it() -> None:
    person = Person(1.62, 60.0, "female", 28.0)
    bound, inside = shortening_bound(person, hip_extension(person, 0.12))
    assert inside
    assert bound == pytest.approx(0.12, abs=1e-4)


def test_beyond_the_model_the_bound_says_so() -> None:
    assert shortening_bound(Person(), 40.0) == (0.0, False)
    assert shortening_bound(Person(), -40.0) == (0.2, False)


def test_a_bent_knee_tightens_rectus_femoris() -> None:
    at = np.array([10.0])
    assert passive_hip_moment(Person(), at, 80.0)[0] > passive_hip_moment(Person(), at, 0.0)[0]
