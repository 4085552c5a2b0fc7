"""The dual Newton solver on its own."""

import numpy as np
import pytest

from nextposture.body.redundancy import solve, workspace


def answer(matrix, demand, weight, power=2, low=0.0, rho=1e6):
    matrix = np.ascontiguousarray(matrix, dtype=float)
    rows, elements = matrix.shape
    lam, a = np.zeros(rows), np.empty(elements)
    floor = np.full(elements, low)
    _, residual = solve(
        matrix, np.asarray(demand, float), np.asarray(weight, float), power, floor, rho, 1e-10, 300, lam, a,
        workspace(rows, elements),
    )  # fmt: skip
    return a, lam / rho, residual


@pytest.mark.parametrize("power", [2, 3])
def test_two_muscles_of_one_joint_share_by_the_textbook_formula(power: int) -> None:
    # min w1 a1^p + w2 a2^p with m1 a1 + m2 a2 = b: a1/a2 = ((m1/w1)/(m2/w2))^(1/(p-1))
    a, reserve, _ = answer([[10.0, 4.0]], [3.0], [1.0, 2.0], power)
    assert a[0] / a[1] == pytest.approx(((10.0 / 1.0) / (4.0 / 2.0)) ** (1.0 / (power - 1)), rel=1e-6)
    assert 10.0 * a[0] + 4.0 * a[1] == pytest.approx(3.0, abs=1e-5)
    assert abs(reserve[0]) < 1e-5


@pytest.mark.parametrize("power", [2, 3])
def test_splitting_a_muscle_in_two_changes_nothing_when_weights_are_volumes(power: int) -> None:
    whole, _, _ = answer([[10.0, 4.0]], [3.0], [1.0, 2.0], power)
    split, _, _ = answer([[5.0, 5.0, 4.0]], [3.0], [0.5, 0.5, 2.0], power)
    assert split[:2] == pytest.approx([whole[0]] * 2, rel=1e-6)
    assert split[2] == pytest.approx(whole[1], rel=1e-6)


@pytest.mark.parametrize("power", [2, 3])
def test_an_impossible_demand_comes_back_as_reserve_and_never_fails(power: int) -> None:
    a, reserve, residual = answer([[10.0, 4.0]], [20.0], [1.0, 1.0], power)
    assert a == pytest.approx([1.0, 1.0])
    assert reserve[0] == pytest.approx(6.0, rel=1e-6)
    assert residual < 1e-6


def test_a_pull_the_wrong_way_is_left_out() -> None:
    a, _, _ = answer([[10.0, -4.0]], [3.0], [1.0, 1.0])
    assert a[1] == 0.0


def test_tone_is_kept_and_paid_for() -> None:
    a, _, _ = answer([[10.0, -4.0]], [3.0], [1.0, 1.0], low=0.05)
    assert a[1] == 0.05
    assert 10.0 * a[0] - 0.2 == pytest.approx(3.0, abs=1e-5)
