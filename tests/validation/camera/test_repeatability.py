"""docs/camera.md says of the landmarks' scatter what the estimator that ships does, on part of the walk."""

import pytest

from tests.filmed_people import WALK
from tests.validation.camera.repeatability import ANGLES, Clip, between_models, moved_region
from tests.validation.motion.report import PAGE

SHORT = Clip("walk, from the side", WALK, 2.6, 3.1, every=3)


def cells(first: str, second: str = "") -> list[float]:
    """The numbers of the page's row that begins so."""
    begins = f"| {first} | {second} |" if second else f"| {first} |"
    rows = [row for row in PAGE.read_text(encoding="utf-8").splitlines() if row.startswith(begins)]
    assert rows, f"the page has no row {begins}"
    return [float(cell) for cell in rows[0].removeprefix(begins).strip(" |").split("|")]


@pytest.mark.parametrize("model", ["full", "lite"])
def test_a_region_moved_a_little_scatters_the_angles_as_the_page_says(model: str) -> None:
    short = moved_region(SHORT, "full" if model == "full" else "lite")
    # Not shoulder-hip-ankle: a few pictures, outside these, make most of its scatter.
    for angle, told in zip(("hip", "knee"), cells(SHORT.name, model)[:2], strict=True):
        assert told / 2.5 < short[angle] < 2.5 * told, angle


def test_the_models_differ_as_far_as_the_page_says() -> None:
    apart = between_models([SHORT])
    for angle in ANGLES:
        mean, _, _, most = cells(angle)
        assert 0.3 < apart[angle].median < most, angle
        assert abs(apart[angle].mean - mean) < most, angle
