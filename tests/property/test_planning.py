"""What must hold of factors and plans whatever is answered."""

from hypothesis import given

from nextposture.assessment import assess, shown
from nextposture.knowledge import Value
from nextposture.planning import CarePlan, make_plan
from nextposture.screening import Outcome, Urgency, screen, without
from tests.property.answers import KNOWLEDGE, anyone

PLAN = KNOWLEDGE.plan


def planned(answers: dict[str, Value]) -> tuple[Outcome, CarePlan]:
    outcome = screen(KNOWLEDGE, answers)
    findings = assess(KNOWLEDGE, without(answers, outcome.ignored))
    return outcome, make_plan(KNOWLEDGE, answers, outcome, findings)


@given(anyone)
def test_the_gate_of_the_urgency_holds(answers: dict[str, Value]) -> None:
    outcome, plan = planned(answers)
    names = {one.item.id for one in plan.items}
    age = answers.get("age_years")
    if outcome.urgency is Urgency.EMERGENCY_NOW:
        assert names == set()
    elif (
        outcome.status == "incomplete"
        or outcome.urgency is Urgency.SAME_DAY
        or not isinstance(age, int)
        or age < 16
    ):
        assert names == {"P_EDU_SAFETY"}
    elif outcome.urgency is Urgency.WITHIN_2_WEEKS:
        assert names <= set(PLAN.gates.WITHIN_2_WEEKS.allow)
    else:
        assert "P_EDU" in names


@given(anyone)
def test_nothing_blocked_is_ever_in_a_plan(answers: dict[str, Value]) -> None:
    outcome, plan = planned(answers)
    later = {one.item.id for one in plan.later}
    assert not set(outcome.blocked_exercises) & ({one.item.id for one in plan.items} | later)


@given(anyone)
def test_every_item_in_and_out_has_a_reason(answers: dict[str, Value]) -> None:
    _, plan = planned(answers)
    assert all(any(one.reasons) for one in plan.items)
    assert all(all(one.reasons) for one in (*plan.later, *plan.left_out))
    named = [one.item.id for one in (*plan.items, *plan.later, *plan.left_out)]
    assert len(named) == len(set(named))


@given(anyone)
def test_caps_and_doses_hold(answers: dict[str, Value]) -> None:
    _, plan = planned(answers)
    habits = [one for one in plan.items if not one.item.is_exercise and not one.optional]
    exercises = [one for one in plan.items if one.item.is_exercise]
    assert len([one for one in habits if one.item.id != "P_EDU"]) <= PLAN.caps.habits.most
    assert len([one for one in exercises if one.item.id != "EX_RELEASE"]) <= PLAN.caps.exercises.most
    strength = PLAN.dosing.strength
    weekly: dict[str, int] = {}
    for one in exercises:
        dose = one.dose
        assert dose.days_per_week is not None and dose.sets is not None
        for unit, span in one.item.dose.items():
            assert span.allowed[0] <= getattr(dose, unit) <= span.allowed[1]
        if one.item.family in ("BRIDGE", "CORE", "LEG"):
            weekly[one.item.family] = weekly.get(one.item.family, 0) + dose.sets * dose.days_per_week
            assert dose.days_per_week <= strength.sessions_per_week.start
    for sets in weekly.values():
        assert strength.weekly_sets_per_family.start <= sets <= strength.weekly_sets_per_family.allowed[1]


@given(anyone)
def test_no_one_thing_stands_alone(answers: dict[str, Value]) -> None:
    findings = assess(KNOWLEDGE, answers)
    lead = shown(findings)
    assert len({one.factor.domain for one in lead}) >= 3
    assert {one.factor.id for one in findings if one.state in ("present", "possible")} <= {
        one.factor.id for one in lead
    }


@given(anyone)
def test_an_unknown_never_counts_as_present(answers: dict[str, Value]) -> None:
    nothing_known = {name: value for name, value in answers.items() if value in (None, "dk", "pna")}
    assert {one.state for one in assess(KNOWLEDGE, nothing_known)} == {"unknown"}
    for one in assess(KNOWLEDGE, answers):
        if one.state == "unknown":
            assert one.missing or one.factor.needs is not None
