"""Charts as drawn: where things stand, what is said beside them, and that nothing breaks for odd data."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from nextposture.selfcare.charts import (
    BOTTOM,
    LEFT,
    RIGHT,
    WIDTH,
    Bar,
    Chart,
    Marker,
    Matters,
    Reading,
    bar_chart,
    line_chart,
    number,
    short_date,
    span_of,
)

DAY = date(2026, 6, 3)
SVG = "{http://www.w3.org/2000/svg}"


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def pain(*values: float | None, **options: object) -> Chart:
    readings = [Reading(after(7 * week), value) for week, value in enumerate(values)]
    return line_chart(readings, name="pain", title="Pain", **options)  # type: ignore[arg-type]


def drawn(chart: Chart, tag: str, kind: str) -> list[ElementTree.Element]:
    root = ElementTree.fromstring(chart.svg)
    return [element for element in root.iter(tag) if kind in (element.get("class") or "").split()]


def words(chart: Chart) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(chart.svg).iter("text")]


def places(path: ElementTree.Element) -> list[tuple[float, float]]:
    steps = (path.get("d") or "").strip("MZ").split("L")
    return [(float(x), float(y)) for x, y in (step.split() for step in steps)]


def test_line_runs_through_every_reading_from_left_to_right() -> None:
    (line,) = drawn(pain(6, 5, 3), "path", "line")
    xs, ys = zip(*places(line), strict=True)
    assert list(xs) == sorted(xs)
    assert list(ys) == sorted(ys), "less pain stands lower"
    assert len(drawn(pain(6, 5, 3), "circle", "dot")) == 3


def test_ends_of_the_scale_stand_at_the_ends_of_the_axis() -> None:
    (line,) = drawn(pain(0, 10), "path", "line")
    (_, lowest), (_, highest) = places(line)
    assert lowest == BOTTOM
    assert highest < BOTTOM / 2


def test_order_of_the_readings_given_does_not_matter() -> None:
    readings = [Reading(after(7), 4), Reading(DAY, 6), Reading(after(14), 3)]
    assert line_chart(readings, name="pain", title="Pain").svg == pain(6, 4, 3).svg


def test_no_reading() -> None:
    chart = pain()
    assert chart.rows == ()
    assert "Nothing recorded yet" in words(chart)
    assert "Nothing recorded yet" in chart.summary


def test_one_reading_stands_in_the_middle_with_its_value() -> None:
    chart = pain(5)
    (dot,) = drawn(chart, "circle", "dot")
    assert float(dot.get("cx", "")) == (LEFT + RIGHT) / 2
    assert not drawn(chart, "path", "line")
    assert "5" in words(chart)


def test_two_readings_on_one_day_are_both_there() -> None:
    chart = line_chart([Reading(DAY, 6), Reading(DAY, 4)], name="pain", title="Pain")
    assert len(drawn(chart, "circle", "dot")) == 2
    assert [row[1] for row in chart.rows] == ["6", "4"]


def test_many_readings_keep_only_the_dots_at_the_ends() -> None:
    readings = [Reading(after(day), day % 10) for day in range(200)]
    chart = line_chart(readings, name="pain", title="Pain")
    assert len(drawn(chart, "circle", "dot")) == 2
    assert len(chart.rows) == 200


def test_line_breaks_where_nothing_was_recorded() -> None:
    chart = pain(6, 5, None, 4, 3)
    assert len(drawn(chart, "path", "line")) == 2
    assert len(drawn(chart, "path", "gap")) == 1
    assert chart.rows[2][1] == "not recorded"


def test_line_breaks_at_a_long_gap() -> None:
    readings = [Reading(DAY, 6), Reading(after(5), 5), Reading(after(90), 5), Reading(after(95), 4)]
    chart = line_chart(readings, name="pain", title="Pain", longest_gap_days=30)
    assert [len(places(line)) for line in drawn(chart, "path", "line")] == [2, 2]
    joined = line_chart(readings, name="pain", title="Pain")
    assert [len(places(line)) for line in drawn(joined, "path", "line")] == [4]


def test_error_band_reaches_as_far_as_the_reading_may_be_off_but_not_off_the_scale() -> None:
    readings = [Reading(DAY, 9.5, 1), Reading(after(7), 5, 1)]
    chart = line_chart(readings, name="pain", title="Pain")
    (band,) = drawn(chart, "path", "band")
    (line,) = drawn(chart, "path", "line")
    left_top, right_top, right_bottom, _ = places(band)
    per_point = (places(line)[1][1] - places(line)[0][1]) / 4.5
    assert right_bottom[1] - right_top[1] == pytest.approx(2 * per_point, abs=0.3)
    assert places(line)[0][1] - left_top[1] == pytest.approx(0.5 * per_point, abs=0.3)
    assert chart.columns == ("Date", "Pain", "Give or take")


def test_change_that_matters_is_marked_on_both_sides_of_the_first_reading() -> None:
    matters = Matters(2, lower="clearly less pain", higher="clearly more pain")
    chart = pain(6, 5, matters=matters)
    levels = [places(path)[0][1] for path in drawn(chart, "path", "matters")]
    (line,) = drawn(chart, "path", "line")
    start = places(line)[0][1]
    assert max(levels) - start == pytest.approx(start - min(levels), abs=0.2)
    assert {"clearly less pain", "clearly more pain"} <= set(words(chart))


def test_change_that_matters_is_not_marked_off_the_scale() -> None:
    assert len(drawn(pain(1, 2, matters=Matters(2)), "path", "matters")) == 1


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (5, "less than the 2 that would count"),
        (4, "That is clearly lower"),
        (8, "That is clearly higher"),
        (7, "less than the 2 that would count"),
    ],
)
def test_summary_calls_a_change_clear_only_when_it_counts(last: float, said: str) -> None:
    assert said in pain(6, last, matters=Matters(2)).summary


def test_markers_stand_on_their_day_and_in_the_table() -> None:
    markers = [Marker(after(7), "new plan"), Marker(after(10), "flu")]
    chart = pain(6, 5, 4, markers=markers)
    (line,) = drawn(chart, "path", "line")
    new_plan, _ = drawn(chart, "path", "marker")
    assert places(new_plan)[0][0] == places(line)[1][0]
    assert chart.columns[-1] == "What changed"
    assert [(row[0], row[-1]) for row in chart.rows if row[-1]] == [
        ("10 June 2026", "new plan"),
        ("13 June 2026", "flu"),
    ]


def test_labels_of_near_markers_take_different_lines() -> None:
    chart = pain(6, 5, 4, markers=[Marker(after(7), "a harder plan"), Marker(after(8), "flu")])
    labels = {text.text: text.get("y") for text in ElementTree.fromstring(chart.svg).iter("text")}
    assert labels["a harder plan"] != labels["flu"]


def test_charts_of_one_span_share_their_axis() -> None:
    walking = [Reading(DAY, 3), Reading(after(14), 5)]
    lifting = [Reading(after(7), 2), Reading(after(28), 3)]
    span = span_of(walking, lifting)
    assert span == (DAY, after(28))
    one = line_chart(walking, name="walking", title="Walking", span=span)
    other = line_chart(lifting, name="lifting", title="Lifting", span=span)
    assert words(one)[-2:] == words(other)[-2:] == ["3 Jun", "1 Jul"]
    (line,) = drawn(one, "path", "line")
    assert places(line)[1][0] == pytest.approx((LEFT + 10 + RIGHT) / 2, abs=0.1)


def test_span_of_nothing() -> None:
    assert span_of([], []) is None


def test_axis_stands_at_zero_when_the_scale_crosses_it() -> None:
    chart = line_chart([Reading(DAY, -8, 5)], name="hip", title="Hip", low=-20, high=20, unit="°")
    (axis,) = drawn(chart, "path", "axis")
    (dot,) = drawn(chart, "circle", "dot")
    assert float(dot.get("cy", "")) > places(axis)[0][1], "below straight stands below the line"
    assert "−8°" in words(chart)


@pytest.mark.parametrize("value", [-0.1, 10.1])
def test_reading_off_the_scale_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="outside 0 to 10"):
        pain(value)


def test_scale_upside_down_is_refused() -> None:
    with pytest.raises(ValueError, match="below high"):
        pain(1, low=10, high=0)


@pytest.mark.parametrize("name", ["", "Pain", "7days", 'x" onload="alert(1)'])
def test_name_that_cannot_be_an_id_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a chart"):
        line_chart([], name=name, title="Pain")


def test_words_a_person_typed_are_escaped_and_stay_so_in_a_template() -> None:
    readings, markers = [Reading(DAY, 3)], [Marker(DAY, "<i>flu</i>")]
    chart = line_chart(readings, name="a", title="<script>alert(1)</script> & more", markers=markers)
    page = Template("{{ chart.svg }}").render(Context({"chart": chart}))
    assert page == chart.svg
    assert "<script>" not in page
    assert "<i>" not in page
    assert "&amp; more" in page


def test_drawing_has_a_name_and_a_description_for_a_screen_reader() -> None:
    root = ElementTree.fromstring(pain(6, 4).svg)
    assert root.get("role") == "img"
    ids = {element.get("id"): element.text for element in root}
    title, summary = (root.get("aria-labelledby") or "").split()
    assert ids[title] == "Pain"
    assert ids[summary] == pain(6, 4).summary
    assert "from 6 on 3 June 2026 to 4 on 10 June 2026" in pain(6, 4).summary


def test_drawing_has_no_style_of_its_own() -> None:
    charts = (pain(6, 4, matters=Matters(2)), bar_chart([Bar(DAY, 2, 3)], name="b", title="B"))
    for chart in charts:
        assert "style" not in chart.svg
        assert "#" not in chart.svg


@pytest.mark.parametrize("count", [1, 2, 7, 31, 120])
def test_bars_stand_apart_and_inside_the_drawing(count: int) -> None:
    chart = bar_chart([Bar(after(day), 3) for day in range(count)], name="b", title="Breaks")
    boxes = drawn(chart, "rect", "bar")
    edges = [(float(box.get("x", "")), float(box.get("width", ""))) for box in boxes]
    assert len(edges) == count
    assert edges[0][0] >= LEFT
    assert edges[-1][0] + edges[-1][1] <= WIDTH
    assert all(x + width <= following for (x, width), (following, _) in pairwise(edges))


def test_height_of_a_bar_is_its_count() -> None:
    chart = bar_chart([Bar(DAY, 2), Bar(after(7), 4), Bar(after(14), 0)], name="b", title="Sessions")
    two, four = (float(box.get("height", "")) for box in drawn(chart, "rect", "bar"))
    assert four == pytest.approx(2 * two, abs=0.1)
    assert {"2", "4", "0"} <= set(words(chart))


def test_taken_stands_inside_offered() -> None:
    chart = bar_chart([Bar(DAY, 9, 12)], name="b", title="Breaks", period="Day", counted="Taken")
    (offered,) = drawn(chart, "rect", "offered")
    (taken,) = drawn(chart, "rect", "bar")
    ratio = float(taken.get("height", "")) / float(offered.get("height", ""))
    assert ratio == pytest.approx(9 / 12, abs=0.01)
    assert "9 of 12" in words(chart)
    assert chart.columns == ("Day", "Taken", "Possible")
    assert chart.rows == (("3 June 2026", "9", "12"),)


def test_target_is_drawn_and_named() -> None:
    chart = bar_chart([Bar(DAY, 2), Bar(after(7), 5)], name="b", title="Sessions", target=4)
    (target,) = drawn(chart, "path", "target")
    five = drawn(chart, "rect", "bar")[1]
    assert float(five.get("y", "")) < places(target)[0][1] < BOTTOM
    assert "planned" in words(chart)


def test_no_bars_and_unrecorded_bars() -> None:
    assert "Nothing recorded yet" in words(bar_chart([], name="b", title="Sessions"))
    chart = bar_chart([Bar(DAY, None), Bar(after(7), 3)], name="b", title="Sessions")
    assert chart.rows[0][1] == "not recorded"
    assert len(drawn(chart, "rect", "bar")) == 1


@pytest.mark.parametrize("bar", [Bar(DAY, -1), Bar(DAY, 5, 4)])
def test_impossible_count_is_refused(bar: Bar) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        bar_chart([bar], name="b", title="Breaks")


@pytest.mark.parametrize(("value", "text"), [(6, "6"), (6.0, "6"), (5.54, "5.5"), (-8, "−8"), (-0.01, "0")])
def test_numbers_as_people_write_them(value: float, text: str) -> None:
    assert number(value) == text


def test_year_is_named_when_it_changes() -> None:
    assert short_date(date(2025, 12, 30), date(2026, 1, 6)) == "30 Dec 2025"
    assert short_date(date(2026, 1, 6), date(2026, 3, 1)) == "6 Jan"
