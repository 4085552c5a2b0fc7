"""The figures' table: every plan item has a picture, in words too, and bodies rest on what they rest on."""

from dataclasses import replace

import pytest
from tests.figure_ground import TOUCH, contacts, lowest

from nextposture.knowledge import KnowledgeError, load
from nextposture.knowledge import figures as tables
from nextposture.knowledge.figures import Figure, angles_of, body_table, figures, figures_of
from nextposture.knowledge.reading import read_text, table_text
from nextposture.motion.figure_outline import skin
from nextposture.motion.figure_place import place

FIGURES = list(figures().values())
CHECKS = ("WS1", "WS2", "WS3", "WS4", "WS5", "WS6")


def named(figure: Figure) -> str:
    return figure.id


def test_every_plan_item_has_a_figure() -> None:
    assert [item for item in load().items if not figures_of(item)] == []


def test_every_way_of_sitting_has_a_figure() -> None:
    choices = load().inputs["job_type"].choices
    assert choices is not None
    assert [job for job in choices if not figures_of(job)] == []
    assert figures_of("cyclist")
    assert figures_of("runner")


def test_each_workstation_check_is_on_the_drawing_and_has_a_right_and_a_wrong_one() -> None:
    (workstation,) = figures_of("P_WORKSTATION")
    assert tuple(marker.id for marker in workstation.markers) == CHECKS
    for check in CHECKS:
        (figure,) = figures_of(check)
        assert len(figure.errors) == 1


def test_a_ladder_has_one_figure_a_rung_the_easiest_first() -> None:
    ladder = load().items["EX_PLANK"].ladder
    assert [figure.id for figure in figures_of("EX_PLANK")] == [f"EX_PLANK_{rung.upper()}" for rung in ladder]


@pytest.mark.parametrize(
    "item", [item for item in load().items.values() if item.is_exercise], ids=lambda i: i.id
)
def test_an_exercise_shows_its_start_what_works_and_what_matters(item) -> None:  # type: ignore[no-untyped-def]
    for figure in figures_of(item.id):
        assert figure.muscles
        assert figure.one_sided == item.one_sided
        if item.id != "EX_RELEASE":  # lies still
            assert figure.start
            assert figure.tempo
            assert figure.matters
            assert figure.errors or item.id == "EX_PLANK"
        if item.errors:
            assert {error.key for error in figure.errors} <= set(item.errors)


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_words_stand_for_the_picture(figure: Figure) -> None:
    assert len(figure.alt) > 20
    for text in (
        figure.alt,
        *(error.text for error in figure.errors),
        *(mark.text for mark in figure.markers),
    ):
        assert text.endswith(".")
        assert "!" not in text


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_the_body_touches_what_it_rests_on_and_is_not_under_the_floor(figure: Figure) -> None:
    for pose in figure.poses:
        assert {what: gap for what, gap in contacts(figure, pose).items() if abs(gap) > TOUCH} == {}
        assert lowest(figure, pose) > -TOUCH


@pytest.mark.parametrize("figure", FIGURES, ids=named)
def test_an_error_is_not_under_the_floor_either(figure: Figure) -> None:
    for error in figure.errors:
        props, rest = error.props or figure.props, error.rest or figure.rest
        wrong = replace(figure, end=error.pose, start=None, via=(), props=props, rest=rest)
        assert lowest(wrong, error.pose) > -TOUCH


@pytest.mark.parametrize("name", ["THOMAS_TEST", "THOMAS_PHONE"])
def test_the_lower_back_lies_flat_where_the_test_asks_for_it(name: str) -> None:
    figure = figures()[name]
    bench = next(prop for prop in figure.props if prop.kind == "bench")
    for pose in figure.poses:
        lying = place(pose, figure.rest, figure.props, figure.view)
        low, high = (lying.joint(one)[0] for one in ("T9", "pelvis"))
        under = [
            y - bench.y
            for outline in skin(lying, figure.view)["trunk"]
            for x, y in outline
            if low < x < high and y < lying.joint("L3")[1]
        ]
        assert max(under) < TOUCH


def test_an_error_differs_from_the_right_pose() -> None:
    for figure in FIGURES:
        for error in figure.errors:
            assert error.pose != figure.end or error.props


def test_what_no_camera_sees_is_marked_so() -> None:
    for figure in FIGURES:
        for matters in (figure.matters, *(error.matters for error in figure.errors)):
            if matters and matters.angle == "pelvic_tilt":
                assert not matters.visible
        for error in figure.errors:
            if error.key in ("lumbar_arch", "over_arch", "back_lifts", "lumbar_sag"):
                assert not error.visible


def test_sources_are_known() -> None:
    known = {*load().sources, "judgement"}
    assert {figure.source for figure in FIGURES} <= known
    assert {limit.source for limit in body_table().limits.values()} <= known


def test_every_muscle_of_the_table_is_drawn_somewhere() -> None:
    assert {muscle for figure in FIGURES for muscle in figure.muscles} == set(body_table().muscles)


def test_every_angle_of_a_pose_has_a_limit_and_every_limit_an_angle() -> None:
    names = {name.rpartition(".")[2] for name in angles_of(FIGURES[0].end)}
    assert names == set(body_table().limits)


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        ("knee_flexion: ", "knee_flexion: 99", "outside 0 to 150"),
        ("muscles: [iliopsoas]", "muscles: [psoas]", "no muscle is called psoas"),
        ("id: EX_LUNGE", "id: EX_KNEEL", "appears twice"),
        ("lean: ", "leaning: ", "Unexpected keyword argument"),
    ],
)
def test_a_slip_names_file_and_line(
    monkeypatch: pytest.MonkeyPatch, good: str, bad: str, message: str
) -> None:
    text = table_text("figures")
    at = text.index(good, text.index("figures:\n"))
    changed = text[:at] + bad + text[at + len(good) :]
    monkeypatch.setattr(
        tables,
        "read_table",
        lambda name: read_text(f"{name}.yaml", changed if name == "figures" else table_text(name)),
    )
    with pytest.raises(KnowledgeError, match=rf"^figures\.yaml:\d+: .*{message}"):
        figures.__wrapped__()
