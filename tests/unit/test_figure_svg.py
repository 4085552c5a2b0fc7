"""The drawing: plain SVG that a strict page lets through, readable without eyes, mirrored, and moving."""

import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest

from nextposture.knowledge.figures import Figure, figures
from nextposture.motion.figure_svg import describe, draw, smooth

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = list(figures().values())
STYLES = (files("nextposture.site") / "static/nextposture/figures.css").read_text()
DRAWINGS = [
    pytest.param(figure, error, id=figure.id if error is None else f"{figure.id}-{figure.errors[error].key}")
    for figure in FIGURES
    for error in (None, *range(len(figure.errors)))
]


def root_of(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def paths(svg: str) -> list[str]:
    return [path.get("d", "") for path in root_of(svg).iter(f"{SVG}path")]


def absolute(path: str) -> list[tuple[int, int]]:
    """The points that a path of `smooth` runs through."""
    numbers = [int(number) for number in re.findall(r"-?\d+", path)]
    points = [(numbers[0], numbers[1])]
    for index in range(2, len(numbers), 6):
        points.append((points[-1][0] + numbers[index + 4], points[-1][1] + numbers[index + 5]))
    return points


@pytest.mark.parametrize(("figure", "error"), DRAWINGS)
def test_a_strict_page_lets_it_through(figure: Figure, error: int | None) -> None:
    svg = draw(figure, animate=True, error=error)
    for element in root_of(svg).iter():
        assert element.tag.removeprefix(SVG) in {
            "svg", "title", "desc", "defs", "g", "use", "path", "circle", "text",
        }  # fmt: skip
        for name, value in element.attrib.items():
            assert name != "style"
            assert not name.startswith("on")
            if name == "href":
                assert value.startswith("#")
    assert "url(" not in svg


@pytest.mark.parametrize(("figure", "error"), DRAWINGS)
def test_it_says_what_it_shows(figure: Figure, error: int | None) -> None:
    svg = draw(figure, error=error, prefix="here")
    root = root_of(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "here-title here-text"
    assert {"here-title", "here-text"} < set(ids)
    assert all(name and name.startswith("here-") for name in ids)
    assert len(ids) == len(set(ids))
    assert {use.get("href") for use in root.iter(f"{SVG}use")} <= {f"#{name}" for name in ids}
    assert root.findtext(f"{SVG}desc") == describe(figure, error)


def test_ids_differ_between_all_drawings_of_one_page() -> None:
    drawn = [
        draw(figure, error=error, side=side)
        for figure in FIGURES
        for error in (None, *range(len(figure.errors)))
        for side in ("right", "left")
    ]
    ids = [name for svg in drawn for name in re.findall(r' id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_every_class_is_styled_and_nothing_else_gives_colour() -> None:
    drawn = "".join(draw(figure, animate=True, error=0 if figure.errors else None) for figure in FIGURES)
    drawn += "".join(draw(figure, mark=True) for figure in FIGURES)
    classes = set(re.findall(r' class="([^"]+)"', drawn))
    assert {name for name in classes if f".{name}" not in STYLES} == set()
    assert not re.search(r'\b(fill|stroke|opacity|color)="', drawn)


def test_the_working_muscle_is_drawn_for_every_exercise_and_for_no_chair() -> None:
    assert 'class="fig-muscle"' in draw(figures()["EX_KNEEL"])
    assert 'class="fig-muscle"' not in draw(figures()["office"])


def test_the_start_is_drawn_faint_only_where_it_differs() -> None:
    kneel = draw(figures()["EX_KNEEL"], prefix="k")
    assert 'href="#k-ghost"' in kneel
    assert 'href="#k-ghost"' not in draw(figures()["office"], prefix="k")
    bird_dog = root_of(draw(figures()["EX_BIRD_DOG"], prefix="k"))
    (ghost,) = (group for group in bird_dog.iter(f"{SVG}g") if group.get("id") == "k-ghost")
    assert 0 < len(list(ghost)) < 8  # the leg that reaches, not the limbs that stay


def test_the_left_side_is_the_mirror_image() -> None:
    figure = figures()["EX_KNEEL"]
    right, left = draw(figure, side="right"), draw(figure, side="left")
    width = int(root_of(right).get("viewBox", "").split()[2])
    one = absolute(next(path for path in paths(right) if "c" in path))
    other = absolute(next(path for path in paths(left) if "c" in path))
    assert len(one) == len(other) > 10
    for (x, y), mirrored in zip(one, other, strict=True):
        assert (width - x, y) == pytest.approx(mirrored, abs=1)
    assert "Shown for the right side." in right
    assert "Shown for the left side." in left
    assert "side." not in describe(figures()["EX_BRIDGE"], side="left")


def test_an_error_shows_its_own_pose_with_a_cross_and_its_words() -> None:
    figure = figures()["EX_PLANK_FULL"]
    sag, pike = draw(figure, error=0), draw(figure, error=1)
    assert 'class="fig-mark"' in sag
    assert 'class="fig-mark"' not in draw(figure)
    assert 'class="fig-mark"' in draw(figure, mark=True)
    assert "Not like this: The hips sag." in sag
    assert paths(sag) != paths(pike)
    with pytest.raises(IndexError):
        draw(figure, error=9)


def test_the_workstation_is_numbered() -> None:
    figure = figures()["P_WORKSTATION"]
    root = root_of(draw(figure))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["1", "2", "3", "4", "5", "6"]
    assert "2: The feet are flat" in describe(figure)


@pytest.mark.parametrize("figure", [f for f in FIGURES if f.start and f.tempo], ids=lambda f: f.id)
def test_movement_ends_where_the_still_drawing_stands(figure: Figure) -> None:
    still, moving = draw(figure), root_of(draw(figure, animate=True))
    assert moving.get("data-tempo")
    moved = [path for path in moving.iter(f"{SVG}path") if path.get("data-frames")]
    assert moved
    for path in moved:
        frames = [[int(n) for n in frame.split()] for frame in path.get("data-frames", "").split(";")]
        assert len({len(frame) for frame in frames}) == 1
        end = list(zip(frames[-1][::2], frames[-1][1::2], strict=True))
        assert smooth(end, closed="data-open" not in path.attrib) == path.get("d")
        assert not still.count("data-frames")


def test_nothing_is_said_to_move_that_does_not() -> None:
    assert "data-" not in draw(figures()["EX_KNEEL"]).replace("data-figure=", "")
    assert "data-tempo" not in draw(figures()["office"], animate=True)
    assert "data-tempo" not in draw(figures()["EX_KNEEL"], animate=True, error=0)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f.id)
def test_a_drawing_is_light(figure: Figure) -> None:
    assert len(draw(figure)) < 20_000
    assert len(draw(figure, animate=True)) < 45_000


@pytest.mark.parametrize("figure", FIGURES, ids=lambda f: f.id)
def test_everything_lies_inside_the_picture(figure: Figure) -> None:
    for svg in (draw(figure, animate=True), draw(figure, side="left")):
        root = root_of(svg)
        _, _, width, height = map(int, root.get("viewBox", "").split())
        for path in root.iter(f"{SVG}path"):
            points = absolute(path.get("d", "")) if "c" in path.get("d", "") else []
            assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
