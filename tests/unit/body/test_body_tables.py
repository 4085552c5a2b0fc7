"""The tables behind the body model: complete, sourced, and with a psoas that reaches the femur."""

from dataclasses import fields

import pytest

from nextposture.body import adaptation, anatomy
from nextposture.body.assembly import values
from nextposture.body.postures import posture, posture_names


def test_every_constant_has_a_source_that_the_bibliography_knows() -> None:
    known = set(anatomy.sources())
    for row in [*anatomy.parameters().values(), *anatomy.limits().values(), *adaptation.constants().values()]:
        assert row.source in known, row.name
    for name in posture_names():
        assert posture(name).source in known, name


def test_every_constant_stands_inside_its_range() -> None:
    for row in [*anatomy.parameters().values(), *adaptation.constants().values()]:
        assert row.low <= row.value <= row.high, row.name


@pytest.mark.parametrize("table", ["muscles", "muscle_paths", "wraps"])
def test_every_row_of_geometry_has_source_and_confidence(table: str) -> None:
    words = {"verified", "second_hand", "memory", "measured", "judgement", "fitted"}
    for row in anatomy.read_rows(table):
        assert row["source"], row
        assert row["confidence"] in words, row


def test_every_row_of_the_knee_has_a_source_that_the_bibliography_knows() -> None:
    knee = anatomy.knee()
    for row in [knee.femur, knee.tibia, knee.patella_on_femur, *knee.motion]:
        assert row.source in anatomy.sources()
    assert [row.flexion_deg for row in knee.motion] == [10.0 * k for k in range(13)]


def test_psoas_has_eleven_fascicles_each_from_its_vertebra_over_the_brim_to_the_femur() -> None:
    psoas = [muscle for muscle in anatomy.muscles() if muscle.group == "psoas"]
    assert len(psoas) == 11
    for fascicle in psoas:
        assert [point.body[:6] for point in fascicle.path] == ["lumbar", "pelvis", "femur", "femur"]
        assert fascicle.cylinder is not None
    assert {muscle.path[0].body for muscle in psoas} == {f"lumbar{k}" for k in range(1, 6)}


def test_there_is_an_iliacus_and_no_second_lumped_psoas() -> None:
    names = [muscle.name for muscle in anatomy.muscles()]
    assert "iliacus" in names
    assert "psoas" not in names
    assert len(names) == len(set(names)) == 129


def test_an_unknown_parameter_is_refused_by_name() -> None:
    with pytest.raises(KeyError, match="no parameter is called 'psoas_colour'"):
        values({"psoas_colour": 1.0})


def test_a_parameter_says_what_it_is() -> None:
    for row in anatomy.parameters().values():
        assert all(getattr(row, field.name) != "" for field in fields(row)), row.name
