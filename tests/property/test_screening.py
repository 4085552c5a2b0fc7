"""What must hold of the screening whatever is answered."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nextposture.knowledge import Value
from nextposture.screening import Urgency, carry_over, screen
from tests.clinical.cases import base_clear
from tests.property.answers import KNOWLEDGE, SCREENED, UNKNOWNS, anyone_screened

DANGERS: dict[str, tuple[Value, list[Value]]] = {
    # What is clear, and what is worse, for every danger question.
    **{one.id: (False, [True]) for one in SCREENED if one.type == "bool" and one.group is not None},
    **{
        one.id: ("none", [name for name in one.choices if name != "none"])
        for one in SCREENED
        if one.type == "choice" and one.group is not None
    },
}


@given(anyone_screened, st.sampled_from(sorted(DANGERS)), st.data())
def test_turning_on_a_danger_answer_never_lowers_the_urgency(
    answers: dict[str, Value], name: str, data: Any
) -> None:
    clear, dangers = DANGERS[name]
    before = screen(KNOWLEDGE, {**answers, name: clear})
    after = screen(KNOWLEDGE, {**answers, name: data.draw(st.sampled_from(dangers))})
    assert after.urgency >= before.urgency


@given(anyone_screened, st.sampled_from(sorted(DANGERS)), st.sampled_from(UNKNOWNS))
def test_an_unknown_is_never_safer_than_a_no(answers: dict[str, Value], name: str, unknown: Value) -> None:
    clear, _ = DANGERS[name]
    no = screen(KNOWLEDGE, {**answers, name: clear})
    open_ = screen(KNOWLEDGE, {**answers, name: unknown})
    assert open_.urgency >= no.urgency
    assert set(open_.blocked_exercises) >= set(no.blocked_exercises)


@given(anyone_screened, st.randoms(use_true_random=False))
def test_order_never_matters(answers: dict[str, Value], random: Any) -> None:
    names = list(answers)
    random.shuffle(names)
    shuffled = {name: answers[name] for name in names}
    assert screen(KNOWLEDGE, shuffled) == screen(KNOWLEDGE, answers)
    signs = KNOWLEDGE.danger_signs
    rules = list(signs.rules)
    random.shuffle(rules)
    reordered = replace(KNOWLEDGE, danger_signs=replace(signs, rules=tuple(rules)))
    other = screen(reordered, answers)
    expected = screen(KNOWLEDGE, answers)
    assert other.urgency == expected.urgency
    assert {one.id for one in other.reasons} == {one.id for one in expected.reasons}


@given(anyone_screened)
def test_the_urgency_is_the_most_urgent_reason(answers: dict[str, Value]) -> None:
    outcome = screen(KNOWLEDGE, answers)
    levels = [reason.level for reason in outcome.reasons if reason.level is not None]
    assert outcome.urgency == max(levels, default=Urgency.SELF_CARE)
    assert levels == sorted(levels, reverse=True)


@given(anyone_screened)
def test_not_asked_means_incomplete(answers: dict[str, Value]) -> None:
    unasked = [one.id for one in KNOWLEDGE.inputs.values() if one.mandatory and answers.get(one.id) is None]
    assert (screen(KNOWLEDGE, answers).status == "incomplete") == bool(unasked)


@given(anyone_screened, anyone_screened)
def test_an_earlier_urgency_stays_until_answered_again(
    earlier: dict[str, Value], now: dict[str, Value]
) -> None:
    previous = screen(KNOWLEDGE, earlier)
    current = screen(KNOWLEDGE, now)
    carried = carry_over(previous, current, now)
    assert current.urgency <= carried.urgency <= max(previous.urgency, current.urgency)
    assert {one.id for one in current.reasons} <= {one.id for one in carried.reasons}
    nothing_answered = carry_over(previous, screen(KNOWLEDGE, {}), {})
    assert nothing_answered.urgency >= previous.urgency


@given(anyone_screened)
def test_answering_everything_again_lifts_it(earlier: dict[str, Value]) -> None:
    everything = {**base_clear(), "weeks_pregnant": "na", "leg_trend": "na", "leg_onset_days": "na"} | {
        one.id: "na" for one in SCREENED if one.id not in base_clear()
    }
    clear = screen(KNOWLEDGE, everything)
    assert clear.urgency is Urgency.SELF_CARE
    assert carry_over(screen(KNOWLEDGE, earlier), clear, everything) == clear


@given(anyone_screened, anyone_screened, st.sampled_from(sorted(DANGERS)))
def test_an_urgent_check_in_in_between_wipes_nothing_out(
    earlier: dict[str, Value], between: dict[str, Value], name: str
) -> None:
    """A danger left open in every later check-in stands, whatever else came and went."""
    _, dangers = DANGERS[name]
    first = screen(KNOWLEDGE, {**earlier, name: dangers[0]})
    silent = {**between, name: "dk"}
    second = carry_over(first, screen(KNOWLEDGE, silent), silent)
    clear_but_open = {**base_clear(), name: "dk"}
    third = carry_over(second, screen(KNOWLEDGE, clear_but_open), clear_but_open)
    resting = [one.level for one in first.reasons if one.level and name in one.inputs and one.kind == "rule"]
    assert third.urgency >= max(resting, default=Urgency.SELF_CARE)
