"""Whoever follows a plan: doses stay in range, never rise after red, and growth comes to an end."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nextposture.knowledge import load
from nextposture.planning.course import Exercise
from nextposture.planning.progression import rank, spans_of
from nextposture.planning.progression_table import progression_table
from tests.simulated_courses import KINDS, Kind, Life, begin, live

KNOWN, TABLE = load(), progression_table()
ONE_YEAR = 364


@cache
def lived(kind: Kind, seed: int, accepts: float, days: int = ONE_YEAR) -> Life:
    return live(TABLE, KNOWN, begin(KNOWN, kind, seed, accepts), days)


PEOPLE = st.builds(
    lived,
    st.sampled_from(KINDS),
    st.integers(0, 12),
    st.sampled_from([0.0, 0.6, 1.0]),
    st.just(126),
)


def in_range(one: Exercise) -> bool:
    spans = spans_of(KNOWN, one.item)
    values = {name: getattr(one.dose, name) for name in ("sets", "reps", "hold_s") if name in spans}
    fits = all(spans[name].allowed[0] <= value <= spans[name].allowed[1] for name, value in values.items())
    return fits and (one.dose.rung in one.item.ladder if one.item.ladder else one.dose.rung is None)


@settings(max_examples=30)
@given(PEOPLE)
def test_every_dose_stays_in_its_range(life: Life) -> None:
    for _, proposal, _ in life.log:
        assert all(in_range(one) for one in proposal.exercises), proposal


@settings(max_examples=30)
@given(PEOPLE)
def test_no_change_raises_two_variables_and_only_two_rules_raise_any(life: Life) -> None:
    for before, proposal, _ in life.log:
        old = {one.item.id: one for one in before}
        up = [
            name
            for one in proposal.exercises
            if one.item.id in old and one.dose.rung == old[one.item.id].dose.rung
            for name in ("sets", "reps", "hold_s", "days_per_week")
            if (getattr(one.dose, name) or 0) > (getattr(old[one.item.id].dose, name) or 0)
        ]
        if proposal.rule in ("PR1", "PR2"):
            assert len(proposal.changes) == 1
            assert len(up) <= 1
        elif proposal.rule == "PR4":
            # Only where an exercise goes back to the one that came before it, never on top of what was done.
            assert not up
        else:
            assert not up, proposal


@settings(max_examples=30)
@given(PEOPLE)
def test_nothing_rises_after_red(life: Life) -> None:
    reds = {one.key for one in life.course.sessions if one.light == "red"}
    for before, proposal, _ in life.log:
        if proposal.because not in reds:
            continue
        assert proposal.rule in ("PR4", "PR5", "PR7")
        for old, new in zip(before, proposal.exercises, strict=True):
            assert rank(KNOWN, new) <= rank(KNOWN, old)


@settings(max_examples=30)
@given(PEOPLE)
def test_a_step_up_rests_on_green_sessions_of_its_exercise_since_the_last_change(life: Life) -> None:
    decided = life.course.decided
    for place, one in enumerate(decided):
        if one.rule not in ("PR1", "PR2"):
            continue
        name = one.changes[0].item
        done = [past for past in life.course.sessions if past.at <= one.at]
        before = [past for past in done if name in past.items][-2:]
        assert [past.light for past in (*before, done[-1])] == ["green", "green", "green"]
        down = [other.at for other in decided[:place] if other.rule not in ("PR1", "PR2")]
        same = [other.at for other in decided[:place] if name in {two.item for two in other.changes}]
        assert all(past.at > at for past in before for at in (*down, *same))
        assert all(before[-1].at > other.at for other in decided[:place])


@settings(max_examples=30)
@given(PEOPLE)
def test_growth_ends_in_a_stop_a_plateau_or_upkeep(life: Life) -> None:
    end = 7 * TABLE.course.weeks
    assert "building" not in life.standings[end:]
    late = [one for one in life.course.decided if (one.at.date() - life.course.began).days >= end]
    upkeep = next((one.at for one in life.course.decided if one.rule == "PR11" and not one.declined), None)
    assert not [one for one in late if one.rule in ("PR1", "PR2") and (upkeep is None or one.at < upkeep)]
    held = {}
    for before, proposal, accepted in life.log:
        if proposal.rule == "PR11" and accepted:
            held = {one.item.id: rank(KNOWN, one) for one in before}
    if upkeep is not None:
        now = [one for one in life.course.exercises if one.item.id in held]
        assert all(rank(KNOWN, one) <= held[one.item.id] for one in now)


@pytest.mark.parametrize("seed", range(5))
def test_where_each_kind_of_person_ends(seed: int) -> None:
    ends = {kind: set(lived(kind, seed, 1.0).standings[28:]) for kind in KINDS}
    assert "maintenance" in ends["responder"]
    assert "physiotherapist" in ends["non_responder"]
    assert "maintenance" not in lived("non_responder", seed, 1.0).standings[:84]
    assert "physiotherapist" in ends["liar"]
    rules = {one.rule for one in lived("drop_out", seed, 1.0).course.decided}
    assert {"PR6", "PR8"} <= rules


def test_people_do_get_more_where_it_goes_well() -> None:
    rules = [one.rule for one in lived("responder", 1, 1.0).course.decided]
    assert rules.count("PR1") >= 4
