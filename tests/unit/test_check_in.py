"""What is asked now, what an answer changes, what is still open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clinical.cases import base_clear

from nextposture.knowledge import AnswerError, Value, load
from nextposture.knowledge.asking import asking, summed_up
from nextposture.knowledge.result_words import result_words
from nextposture.selfcare.check_in import (
    all_inputs,
    as_text,
    in_words,
    is_asked,
    is_in_view,
    is_kept,
    next_open,
    none_of_these,
    place_of,
    read_answer,
    screen_of,
    settle,
    start_answers,
    takes_none,
    unanswered,
    without_follow_up,
)

KNOWN = load()
FOLLOW_UPS = KNOWN.questions.follow_ups


def group(screen: str, number: int) -> object:
    return screen_of(KNOWN, screen).groups[number - 1]


def answered(**answers: Value) -> dict[str, Value]:
    """Answers given one after the other, each settled as the pages do."""
    now: dict[str, Value] = {}
    for name, value in answers.items():
        now = settle(KNOWN, now, {**now, name: value})
    return now


# ---- Follow-ups


def test_follow_up_is_asked_only_while_its_condition_is_true() -> None:
    assert not is_asked(KNOWN, {}, "ces_onset_days")
    assert not is_asked(KNOWN, {"ces_saddle": "dk"}, "ces_onset_days")
    assert is_asked(KNOWN, {"ces_saddle": True}, "ces_onset_days")
    assert not is_asked(KNOWN, {"ces_saddle": False}, "ces_onset_days")


def test_unanswered_follow_up_does_not_apply_once_its_condition_is_false() -> None:
    now = answered(trauma_major=False)
    assert now["trauma_days"] == "na"
    assert "trauma_days" not in answered(trauma_major="dk")


def test_follow_up_goes_back_to_not_asked_when_its_condition_turns() -> None:
    now = answered(trauma_major=False)
    later = settle(KNOWN, now, {**now, "trauma_major": True})
    assert "trauma_days" not in later
    assert is_in_view(KNOWN, later, "trauma_days")
    unsure = settle(KNOWN, now, {**now, "trauma_major": "dk"})
    assert "trauma_days" not in unsure, "an unknown accident must not read as none"


def test_answer_under_a_parent_is_kept_when_the_parent_turns_to_no() -> None:
    now = answered(ces_saddle=True, ces_onset_days=3, ces_bladder=False, ces_bowel=False, ces_sexual=False)
    now = settle(KNOWN, now, {**now, "ces_saddle": False})
    assert now["ces_onset_days"] == 3
    assert is_kept(KNOWN, now, "ces_onset_days") and is_in_view(KNOWN, now, "ces_onset_days")
    assert now["ces_trend"] == "na" and not is_in_view(KNOWN, now, "ces_trend")


def test_question_left_open_under_a_parent_that_turns_to_no_does_not_apply() -> None:
    now = answered(abdo_pain_new=True, abdo_severe="dk")
    assert settle(KNOWN, now, {**now, "abdo_pain_new": False})["abdo_severe"] == "na"


def test_kept_answer_can_be_taken_back() -> None:
    now = answered(trauma_major=True, trauma_days=4)
    now = settle(KNOWN, now, {**now, "trauma_major": False})
    assert without_follow_up(KNOWN, now, "trauma_days")["trauma_days"] == "na"


def test_pregnancy_is_stored_as_no_for_men_and_asked_again_otherwise() -> None:
    man = answered(sex="male")
    assert man["pregnant"] is False
    assert (man["weeks_pregnant"], man["preg_warning"], man["postpartum_weeks"]) == ("na", "na", "na")
    assert not is_kept(KNOWN, man, "pregnant")
    woman = settle(KNOWN, man, {**man, "sex": "female"})
    assert "pregnant" not in woman and "postpartum_weeks" not in woman
    assert unanswered(KNOWN, woman, screen_of(KNOWN, "S4")) == ("age_years", "pregnant")


def test_pregnancy_that_was_told_stays_when_the_sex_changes() -> None:
    now = answered(sex="female", pregnant=True)
    now = settle(KNOWN, now, {**now, "sex": "male"})
    assert now["pregnant"] is True and is_kept(KNOWN, now, "pregnant")


def test_chain_of_follow_ups_settles_in_one_go() -> None:
    now = answered(duration_days=14)
    assert now["age_at_onset"] == "na" and now["ax_buttock"] == "na"
    later = settle(KNOWN, now, {**now, "duration_days": 140})
    assert "age_at_onset" not in later and "ax_buttock" not in later
    young = settle(KNOWN, later, {**later, "age_at_onset": 24})
    assert is_asked(KNOWN, young, "ax_buttock")
    old = settle(KNOWN, young, {**young, "age_at_onset": 60})
    assert old["ax_buttock"] == "na"


VALUES = {
    name: st.sampled_from(
        [True, False, "dk", "pna"]
        if one.type == "bool"
        else [*one.choices, "dk", "pna"]
        if one.choices
        else [0, 20, 91, "dk", "pna"]
    )
    for name, one in KNOWN.inputs.items()
    if name in {name for screen in KNOWN.questions.screens for name in screen.inputs}
}


@given(st.lists(st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))))
def test_settling_is_idempotent_keeps_every_answer_and_stores_na_only_under_a_false_condition(
    taps: list[tuple[str, Value]],
) -> None:
    now: dict[str, Value] = {}
    for name, value in taps:
        if not is_in_view(KNOWN, now, name):
            continue
        now = settle(KNOWN, now, {**now, name: value})
        if name not in FOLLOW_UPS:
            assert now[name] == value
    assert settle(KNOWN, now, now) == now
    for name, value in now.items():
        if value == "na":
            assert name in FOLLOW_UPS and not is_asked(KNOWN, now, name)


# ---- None of these


def test_none_of_these_says_no_to_all_but_follow_ups() -> None:
    said = none_of_these(KNOWN, group("S2", 1), {})
    assert said == {"leg_pain": "none", "leg_numbness": "none", "leg_weakness": "none"}
    assert none_of_these(KNOWN, group("S6", 1), {})["hip_replacement"] == "none"


def test_none_of_these_leaves_what_is_answered_alone() -> None:
    said = none_of_these(KNOWN, group("S1", 2), {"collapse": True, "very_unwell": "pna"})
    assert said == {"chest_breath": False, "pulsating_mass": False}


def test_none_of_these_never_answers_numbers_scales_or_other_choices() -> None:
    assert none_of_these(KNOWN, group("S3", 1), {}) == {}
    assert not takes_none(KNOWN, group("S3", 1)) and not takes_none(KNOWN, group("S7", 3))
    assert takes_none(KNOWN, group("S1", 1))


# ---- What is open


def test_next_screen_is_the_first_with_something_open() -> None:
    first = next_open(KNOWN, {})
    assert first is not None and first.id == "S1"
    now = settle(KNOWN, {}, base_clear())
    assert next_open(KNOWN, now) is None
    del now["fever"]
    left = next_open(KNOWN, now)
    assert left is not None and left.id == "S5"
    assert unanswered(KNOWN, now, left) == ("fever",)


def test_left_open_counts_as_answered() -> None:
    now = {**settle(KNOWN, {}, base_clear()), "fever": "pna"}
    assert next_open(KNOWN, now) is None


def test_progress_counts_each_kind_of_screen_by_itself() -> None:
    third = place_of(KNOWN, screen_of(KNOWN, "S3"))
    assert (third.step, third.total) == (3, 7)
    assert place_of(KNOWN, screen_of(KNOWN, "workspace")).step == 4


def test_computed_inputs_are_never_asked() -> None:
    for name in KNOWN.questions.computed:
        assert not is_asked(KNOWN, {}, name)


def test_new_check_in_asks_the_danger_signs_again() -> None:
    now = start_answers(KNOWN, {**base_clear(), "sitting_hours_day": 9, "psfs_mean": 2, "ws1": False})
    assert {name: now[name] for name in ("age_years", "sex", "sitting_hours_day", "ws1")} == {
        "age_years": 38,
        "sex": "female",
        "sitting_hours_day": 9,
        "ws1": False,
    }
    assert not {"ces_saddle", "cancer", "nrs_now", "psfs_mean"} & set(now)


# ---- From a form to an answer


@pytest.mark.parametrize(
    ("name", "texts", "value"),
    [
        ("fever", ["true"], True),
        ("fever", ["false"], False),
        ("fever", ["pna"], "pna"),
        ("fever", [], None),
        ("trend", ["worse"], "worse"),
        ("nrs_now", ["0"], 0),
        ("duration_days", [" 14 "], 14),
        ("duration_days", ["14.0"], 14),
        ("duration_days", ["", "dk"], "dk"),
        ("sleep_hours", ["6,5"], 6.5),
        ("hip_ext_deg_worst", ["−5"], -5),
    ],
)
def test_texts_become_an_answer_and_back(name: str, texts: list[str], value: Value) -> None:
    question = all_inputs(KNOWN)[name]
    found = read_answer(question, texts)
    assert found == value and type(found) is type(value)
    assert read_answer(question, [as_text(found)]) == value


@pytest.mark.parametrize(
    ("name", "texts", "message"),
    [
        ("weeks_pregnant", ["99"], "Must be from 0 to 45 weeks, not 99. Everything else is saved."),
        ("duration_days", ["two"], "Write a whole number, such as 14. Everything else is saved."),
        ("duration_days", ["1.5"], "Write a whole number, such as 14. Everything else is saved."),
        ("sleep_hours", ["much"], "Must be a number, not 'much'. Everything else is saved."),
        ("sleep_hours", ["inf"], "Must be from 0 to 24 hours a night, not inf. Everything else is saved."),
        ("fever", ["perhaps"], "Must be true or false, not 'perhaps'. Everything else is saved."),
        ("fever", ["na"], "this question"),
        ("duration_days", ["14", "dk"], "There are two answers here. Keep one and clear the other."),
    ],
)
def test_what_is_no_answer_is_refused_in_words(name: str, texts: list[str], message: str) -> None:
    with pytest.raises(AnswerError) as refused:
        read_answer(all_inputs(KNOWN)[name], texts)
    assert message.lower() in refused.value.message.lower()


def test_answers_are_said_as_a_person_says_them() -> None:
    inputs = all_inputs(KNOWN)
    said = [
        in_words(inputs[name], value)
        for name, value in {
            "fever": True,
            "cancer": "past",
            "ces_onset_days": 3,
            "trend": "pna",
            "abdo_severe": "na",
            "collapse": None,
        }.items()
    ]
    assert said == ["yes", "in the past", "3 days", "rather not say", "does not apply", "not answered"]


# ---- Workspace and body mass index


def test_workspace_points_count_those_not_met() -> None:
    points = asking().points
    assert summed_up({})["workstation_fails"] is None
    assert summed_up({"ws1": False, "ws2": False, "ws3": "dk"})["workstation_fails"] == 2
    assert summed_up(dict.fromkeys(points, True))["workstation_fails"] == 0
    assert summed_up({**dict.fromkeys(points, True), "ws6": "dk"})["workstation_fails"] is None


def test_body_mass_index_needs_both_and_follows_them() -> None:
    assert summed_up({"height_cm": 180})["bmi"] is None
    now = answered(height_cm=180, weight_kg=81)
    assert now["bmi"] == 25.0
    assert "bmi" not in settle(KNOWN, now, {**now, "weight_kg": None})
    assert summed_up({"height_cm": 100, "weight_kg": 300})["bmi"] is None, "beyond what the table allows"


def test_every_factor_and_urgency_has_words_that_can_be_said() -> None:
    known = set(KNOWN.inputs) | {"hip_below"}
    for words in result_words().factors.values():
        for text in (words.present, words.possible, words.absent, words.sure, words.not_mean):
            text.format_map(dict.fromkeys(known, "1"))
