"""The path round a cylinder against a search over every tangent point."""

import numpy as np
import pytest

from nextposture.body.wrapping import wrap_cylinder


def shortest(start, end, radius, steps=4000):
    """Least length of start, point on the cylinder, along it, point, end, by brute force over the
    unrolled side."""
    best = np.inf
    angles = np.linspace(-np.pi, np.pi, steps)
    rim = radius * np.column_stack([np.cos(angles), np.sin(angles)])
    leave = np.linalg.norm(rim - start[:2], axis=1)
    arrive = np.linalg.norm(rim - end[:2], axis=1)
    tangent_a = np.sqrt(start[0] ** 2 + start[1] ** 2 - radius**2)
    tangent_b = np.sqrt(end[0] ** 2 + end[1] ** 2 - radius**2)
    for i in np.argsort(np.abs(leave - tangent_a))[:8]:
        for j in np.argsort(np.abs(arrive - tangent_b))[:8]:
            arc = (angles[j] - angles[i]) % (2 * np.pi)
            flat = leave[i] + arrive[j] + radius * arc
            best = min(best, np.hypot(flat, end[2] - start[2]))
    return best


def test_the_length_is_that_of_the_taut_string() -> None:
    start, end = np.array([-3.0, -0.4, 0.0]), np.array([2.5, -0.6, 1.0])
    length = wrap_cylinder(*start, *end, 1.0, 1.0, 1.0, np.empty(6))
    assert length == pytest.approx(shortest(start, end, 1.0), rel=1e-3)
    assert length > np.linalg.norm(end - start)


def test_a_free_line_is_reported_as_such() -> None:
    assert wrap_cylinder(-3.0, -2.0, 0.0, 3.0, -2.0, 0.0, 1.0, 1.0, 1.0, np.empty(6)) == -1.0


def test_the_other_side_is_the_mirror_image() -> None:
    ours = wrap_cylinder(-3.0, -0.4, 0.0, 2.5, -0.6, 1.0, 1.0, 1.0, 1.0, np.empty(6))
    mirrored = wrap_cylinder(-3.0, 0.4, 0.0, 2.5, 0.6, 1.0, 1.0, -1.0, 1.0, np.empty(6))
    assert mirrored == pytest.approx(ours)


def test_the_length_runs_on_smoothly_where_the_path_lifts_off() -> None:
    def length(height: float) -> float:
        out = wrap_cylinder(-3.0, height, 0.0, 3.0, height, 0.0, 1.0, 1.0, 1.0, np.empty(6))
        return 6.0 if out < 0.0 else out

    assert length(-0.9999) - length(-1.0001) == pytest.approx(0.0, abs=1e-3)


def test_a_moving_point_inside_the_cylinder_lets_go_of_it_and_a_fixed_one_is_pushed_to_its_rim() -> None:
    inside, outside = (0.5, -0.5, 0.0), (-3.0, -0.4, 0.0)
    assert wrap_cylinder(*outside, *inside, 1.0, 1.0, 1.0, np.empty(6)) == -1.0
    assert wrap_cylinder(*outside, *inside, 1.0, 1.0, -1.0, np.empty(6)) > 0.0
