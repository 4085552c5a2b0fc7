"""Loads of a posture: what they are made of, and that both models agree."""

import numpy as np
import pytest

from nextposture.body import OutOfRangeError, Person, loads, posture, posture_names
from nextposture.body.disc_loads import solve_sagittal, solve_spatial
from nextposture.body.person import scales
from nextposture.body.postures import (
    Contact,
    contact_rows,
    coordinates,
    flexion,
    setting,
    spatial_contact_rows,
    spatial_coordinates,
    spatial_setting,
)

NAMES = (
    "standing standing_flexed standing_extended sitting_unsupported sitting_slouched sitting_flexed "
    "sitting_backrest sitting_arms_on_thighs sitting_inclined_15 lying_prone lying_side lying_supine "
    "holding_20kg_close lifting_20kg_bent_knees lifting_20kg_round_back half_kneeling_stretch modified_lunge "
    "plank bridge"
)


def test_the_named_postures_are_all_there() -> None:
    assert " ".join(posture_names()) == NAMES


@pytest.mark.parametrize("name", NAMES.split())
def test_every_posture_is_balanced_without_a_reserve_and_presses_its_discs(name: str) -> None:
    found = loads(Person(), name)
    assert found.reserve_Nm < 1e-3
    assert [level.level for level in found.levels] == ["L5/S1", "L4/5", "L3/4", "L2/3", "L1/2"]
    assert all(level.compression_N > 0.0 for level in found.levels)


@pytest.mark.parametrize(
    "name", ["standing", "sitting_slouched", "half_kneeling_stretch", "holding_20kg_close"]
)
def test_shares_sum_to_the_load_and_psoas_by_fascicle_to_psoas(name: str) -> None:
    for level in loads(Person(), name, 0.1).levels:
        for part, whole in ((0, level.compression_N), (1, level.shear_N)):
            assert sum(share[part] for share in level.shares.values()) == pytest.approx(whole, abs=1e-6)
            fascicles = sum(share[part] for share in level.psoas.values())
            assert fascicles == pytest.approx(level.shares["psoas"][part], abs=1e-9)
        assert len(level.psoas) == 11


def test_the_weight_above_a_disc_is_what_its_share_says() -> None:
    # lying flat the weight above presses across the spine, standing along it: 0.45 to 0.55 of the body
    # above L4/5
    share = loads(Person(1.75, 84.0), "standing").level("L4/5").shares["weight"]
    assert 0.42 < np.hypot(*share) / (84.0 * 9.80665) < 0.56


@pytest.mark.parametrize(
    "name", [n for n in NAMES.split() if n not in ("lying_side", "half_kneeling_stretch", "modified_lunge")]
)
@pytest.mark.parametrize("power", [2, 3])
def test_half_and_full_model_agree_in_every_symmetric_posture(name: str, power: int) -> None:
    shape, scale = posture(name), scales(Person(1.62, 58.0, "female", 50.0), 0.08)
    half = solve_sagittal(coordinates(shape), setting(shape, scale[0]), contact_rows(shape), scale, power)
    full = solve_spatial(
        spatial_coordinates(shape),
        spatial_setting(shape, scale[0]),
        spatial_contact_rows(shape),
        scale,
        power,
    )
    assert full.result[4:22] == pytest.approx(half.result[4:22], abs=0.02)


def test_a_shorter_psoas_presses_more_when_the_posture_is_held() -> None:
    before, after = loads(Person(), "standing"), loads(Person(), "standing", 0.1)
    assert after.iliopsoas_passive_N > before.iliopsoas_passive_N
    assert after.level("L4/5").compression_N > before.level("L4/5").compression_N
    bent = [loads(Person(), "sitting_unsupported", s).level("L4/5").compression_N for s in (0.0, 0.1)]
    assert bent[1] == pytest.approx(bent[0], rel=0.02)


def test_a_weight_or_a_bend_presses_more_and_a_backrest_less() -> None:
    def l45(shape) -> float:
        return loads(Person(), shape).level("L4/5").compression_N

    standing = posture("standing")
    assert l45(standing.holding(10.0, 0.3, 0.2)) > l45(standing.holding(5.0, 0.3, 0.2)) > l45(standing)
    assert l45(flexion(60.0)) > l45(flexion(30.0)) > l45(flexion(10.0))
    sitting = posture("sitting_inclined_15")
    leant = sitting.resting(Contact("torso", (0.1, 0.3), (-1.0, 0.0), 200.0))
    assert l45(leant) < l45(sitting)


def test_what_the_muscles_cannot_hold_shows_as_reserve() -> None:
    assert (
        loads(Person(1.6, 45.0, "female", 78.0), posture("standing_flexed").holding(120.0)).reserve_Nm > 1.0
    )


def test_an_unknown_posture_is_refused_with_the_names() -> None:
    with pytest.raises(OutOfRangeError, match="sitting_slouched"):
        posture("lounging")
    with pytest.raises(OutOfRangeError, match="outside 0 to 90"):
        posture("flexed_120")


def test_only_powers_two_and_three_are_solved() -> None:
    with pytest.raises(ValueError, match="power must be 2 or 3"):
        loads(Person(), "standing", power=4)


def test_the_numbers_of_a_posture_go_with_the_size_of_the_body() -> None:
    small, large = loads(Person(1.6, 55.0), "standing_flexed"), loads(Person(1.9, 95.0), "standing_flexed")
    assert small.level("L4/5").compression_N < large.level("L4/5").compression_N


@pytest.mark.parametrize(
    ("change", "more"),
    [({"tone": 0.0}, False), ({"female_strength": 0.6}, None), ({"intrinsic_preload": 120.0}, True)],
)
def test_a_change_reaches_the_answer_wherever_the_parameter_is_used(change: dict, more: bool | None) -> None:
    woman = Person(1.65, 62.0, "female", 40.0)
    before, after = loads(woman, "standing"), loads(woman, "standing", changes=change)
    pressed = after.level("L4/5").compression_N - before.level("L4/5").compression_N
    assert pressed != 0.0
    if more is not None:
        assert (pressed > 0.0) == more
