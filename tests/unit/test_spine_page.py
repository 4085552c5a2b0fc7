"""The parts of the spine page: bones as built, paths as drawn, sentences whichever way the answer falls."""

from __future__ import annotations

import math
import re
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nextposture.body.spine_state import Fascicle, spine_state
from nextposture.selfcare import spine_page, spine_picture
from nextposture.selfcare.spine_bones import bones
from nextposture.selfcare.spine_nerves import plexus
from nextposture.selfcare.spine_process import POINTS, evenly, scene

SCRIPTS = files("nextposture.site") / "static" / "nextposture"
coordinate = st.floats(-1.0, 1.0, allow_subnormal=False)


@pytest.fixture(scope="module")
def standing() -> dict[str, Any]:
    from nextposture.body.person import Person

    return scene(spine_state(Person(), "standing", 0.05))


# ---- Bones


def test_bones_fit_the_models_muscles(standing: dict[str, Any]) -> None:
    """Fascicles begin on the bone that the model says they begin on, to within a centimetre and a half."""
    own = {bone.name: bone for bone in bones()}
    assert set(own) >= {"sacrum", "pelvis_r", "femur_l", *(f"lumbar{k}" for k in range(1, 6))}
    for one in standing["fascicles"]:
        found = re.fullmatch(r"Ps_L(\d)_(?:VB|TP)", one["name"])
        if found:
            assert _distance(one["path"][:3], own[f"lumbar{found[1]}"], standing) < 0.015, one["name"]
        assert _distance(one["path"][-3:], own[f"femur_{one['side']}"], standing) < 0.015, one["name"]


def _distance(point: list[float], bone: Any, drawn: dict[str, Any]) -> float:
    pose, scale = drawn["bodies"][bone.body], drawn["scale"]
    rows = [pose[3:6], pose[6:9], pose[9:12]]
    placed = (
        [pose[k] + scale * sum(a * b for a, b in zip(rows[k], vertex, strict=True)) for k in range(3)]
        for vertex in bone.vertices
    )
    return min(math.dist(point, vertex) for vertex in placed)


def test_bones_are_closed_and_face_outwards() -> None:
    for bone in bones():
        assert max(max(corners) for corners in bone.triangles) < len(bone.vertices)
        volume = 0.0
        for corners in bone.triangles:
            (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (bone.vertices[k] for k in corners)
            volume += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
        assert volume > 0.0, bone.name


# ---- The drawing


def test_drawing_and_script_agree_on_what_they_share() -> None:
    for name in ("spine.js", "spine_view.js"):
        script = (SCRIPTS / name).read_text(encoding="utf-8")
        shared = dict(re.findall(r"const (\w+) = ([\d.]+);", script))
        assert float(shared["mostTension"]) == spine_picture.MOST_TENSION_N
        assert float(shared["behind"]) == spine_picture.BEHIND
    shared = dict(re.findall(r"const (\w+) = ([\d.]+);", (SCRIPTS / "spine.js").read_text(encoding="utf-8")))
    assert (float(shared["units"]), float(shared["pulls"])) == (spine_picture.UNITS, spine_picture.PULLS)


def test_a_bone_is_drawn_where_the_model_has_it(standing: dict[str, Any]) -> None:
    pose, scale = standing["bodies"]["lumbar3"], standing["scale"]
    a, b, c, d, e, f = map(float, re.findall(r"-?[\d.]+", spine_picture.matrix(pose, scale)))
    x, y = 0.02, 0.03
    drawn = (
        a * x * spine_picture.UNITS + c * -y * spine_picture.UNITS + e,
        b * x * spine_picture.UNITS + d * -y * spine_picture.UNITS + f,
    )
    placed = [pose[k] + scale * (pose[3 + 3 * k] * x + pose[4 + 3 * k] * y) for k in (0, 1)]
    assert drawn == pytest.approx(
        [placed[0] * spine_picture.UNITS, -placed[1] * spine_picture.UNITS], abs=1.0
    )


@given(st.floats(0.0, 1e4), st.floats(0.0, 1e4))
def test_more_tension_is_never_paler(one: float, other: float) -> None:
    pale, full = spine_picture.pull(min(one, other)), spine_picture.pull(max(one, other))
    assert 0 <= pale <= full <= spine_picture.PULLS


@given(st.lists(st.tuples(coordinate, coordinate, coordinate), min_size=2, max_size=12))
def test_points_along_a_path_are_on_it_and_keep_its_ends(path: list[tuple[float, float, float]]) -> None:
    drawn = evenly(Fascicle("Ps_L1_VB", "psoas", "r", tuple(path), 0.0, 0.0, 1.0))
    assert len(drawn) == POINTS
    assert drawn[0] == pytest.approx(path[0]) and drawn[-1] == pytest.approx(path[-1])
    length = sum(math.dist(a, b) for a, b in pairwise(path))
    for a, b in pairwise(drawn):
        assert math.dist(a, b) <= length / (POINTS - 1) + 1e-9


def test_nerves_run_on_both_sides_from_three_roots(standing: dict[str, Any]) -> None:
    paths = plexus(standing)
    assert len(paths) == 8
    for right, left in zip(paths[:4], paths[4:], strict=True):
        assert right[0::3] == pytest.approx(left[0::3]) and right[2::3] == pytest.approx(
            [-z for z in left[2::3]]
        )


# ---- Sentences


def estimate(**chances: float) -> dict[str, Any]:
    names = {"tilt": "pelvic tilt", "lordosis": "lordosis", "load": "L4/5 compression"}
    return {"matters": [{"what": names[name], "probability": chance} for name, chance in chances.items()]}


def test_the_sentence_follows_the_probabilities() -> None:
    none = spine_page.meaning(estimate(tilt=0.99, lordosis=0.95, load=0.9))
    assert "open" not in none and "may well" not in none
    assert none.endswith(
        "no difference that matters to how your pelvis stands, to the curve of your lower back "
        "or to the load on the disc between L4 and L5."
    )
    assert "whether it does to the load on the disc" in spine_page.meaning(estimate(tilt=0.99, load=0.6))
    large = spine_page.meaning(estimate(tilt=0.3, load=0.49))
    assert "it may well make a difference to how your pelvis stands" in large and "most likely" not in large


@pytest.mark.parametrize(
    ("narrowed", "says"), [(-0.1, "does not settle"), (0.02, "does not settle"), (0.2, "by 20 %")]
)
def test_a_reading_that_widens_is_never_said_to_narrow(narrowed: float, says: str) -> None:
    told = spine_page.how_sure({"interval_percent": 90.0, "narrowed": narrowed}, ["right −3°"])
    assert says in told and "−10" not in told


@pytest.mark.parametrize(
    ("chance", "says"),
    [(1.0, "more than 99"), (0.994, "99"), (0.6, "60"), (0.006, "1"), (0.0, "fewer than 1")],
)
def test_probabilities_are_never_rounded_to_certain(chance: float, says: str) -> None:
    row = {
        "what": "lordosis",
        "probability": chance,
        "threshold": 5.6,
        "unit": "deg",
        "why": "",
        "source": "",
    }
    assert spine_page.smaller({"matters": [row]})[0].of_100 == f"{says} of 100"
