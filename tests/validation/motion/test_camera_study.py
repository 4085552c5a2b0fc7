"""What docs/camera.md says in short still holds on a few simulated cameras; its limits are the tables'."""

from nextposture.knowledge import load
from nextposture.knowledge.coaching import camera_table
from tests.validation.motion.report import PAGE, living_rooms


def test_a_drawn_edge_gains_what_the_page_says() -> None:
    _, band = living_rooms(12, biases=(0.012,))
    assert band["edge 0.012"] < 4.5
    assert band["edge 0.012"] < band["not levelled 0.012"]
    shown = load().measures["hip_extension"].error
    assert shown is not None
    assert band["edge 0.012"] < shown.helper


def test_the_page_states_the_limits_that_are_in_force() -> None:
    page = PAGE.read_text(encoding="utf-8")
    table = camera_table()
    for text in (
        f"timed to within {table.holds.clock_error_s:g} s",
        f"counted to within {table.sit_to_stand.clock_error:g};",
        f"Beyond {table.sight.roll_most:g}° the camera",
        f"A gap of up to {table.sight.bridge_s:g} s",
        f"widened by {table.sight.roll_unknown:g}°",
    ):
        assert text in page
