"""What a practitioner decides about items of a plan: what it becomes, and what the rules leave alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nextposture.knowledge import load
from nextposture.planning import Dose, decisions
from nextposture.planning.decisions import Allowed, Answer, Decision, DecisionKind, Placed

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
KNEEL, BRIDGE = "EX_KNEEL", "EX_BRIDGE"
PLAN = (
    Placed(KNEEL, Dose(sets=2, hold_s=30, days_per_week=5), ("You sit a lot.",)),
    Placed(BRIDGE, Dose(sets=2, reps=10, days_per_week=2), ("It builds.",)),
)


def decision(
    item: str, kind: DecisionKind, day: int, dose: Dose | None = None, answer: Answer = "", why: str = ""
) -> Decision:
    at = START + timedelta(days=day)
    return Decision(f"{item}-{day}", item, kind, at, "Ana Silva, physiotherapist", dose, why, answer)


def placed(items: tuple[Placed, ...], name: str) -> Placed | None:
    return next((one for one in items if one.id == name), None)


def test_newest_about_an_item_holds_and_what_was_added_stays_added_until_it_is_left_out() -> None:
    added, changed = decision(BRIDGE, "added", 1, Dose(sets=2, reps=8)), decision(BRIDGE, "confirmed", 2)
    hold = decisions.holds_of([changed, added])[BRIDGE]
    assert (hold.decision, hold.kept, hold.locked, hold.dose) == (changed, True, False, added.dose)
    gone = decisions.holds_of([added, changed, decision(BRIDGE, "left_out", 3)])[BRIDGE]
    assert not gone.kept and not gone.offered
    assert not decisions.holds_of([decision(BRIDGE, "locked", 1), decision(BRIDGE, "freed", 2)])[BRIDGE].kept


def test_decision_changes_its_item_and_no_other() -> None:
    more = Dose(sets=3, hold_s=30, days_per_week=6)
    hold = decisions.holds_of([decision(KNEEL, "changed", 1, more)])[KNEEL]
    made = decisions.apply(PLAN, hold, Allowed())
    assert made == (Placed(KNEEL, more, ("You sit a lot.",)), PLAN[1])

    out = decisions.holds_of([decision(KNEEL, "left_out", 2, why="The knee is sore.")])[KNEEL]
    left = decisions.apply(PLAN, out, Allowed())
    assert left == PLAN[1:]
    back = decisions.holds_of([decision(KNEEL, "left_out", 2), decision(KNEEL, "freed", 3)])[KNEEL]
    assert decisions.apply(left, back, Allowed(), PLAN[0]) == (PLAN[1], PLAN[0])


def test_what_screening_rules_out_is_not_offered_whoever_decided_and_that_is_said() -> None:
    locked = decision(BRIDGE, "locked", 1, Dose(sets=2, reps=8), why="It helps.")
    holds = decisions.holds_of([locked])
    ruled_out = Allowed(blocked={BRIDGE: ["In pregnancy, no long lying on the back."]})
    assert placed(decisions.apply(PLAN, holds[BRIDGE], ruled_out), BRIDGE) is None
    kept = decisions.keep(PLAN, PLAN, holds, ruled_out)
    assert placed(kept.items, BRIDGE) is None
    (why,) = kept.left_out[0].reasons
    assert "Locked by Ana Silva" in why and "In pregnancy" in why
    assert decisions.conflicts(holds, ruled_out) == {BRIDGE: why}
    assert decisions.conflicts(holds, Allowed()) == {}
    assert "cannot read it yet" in Allowed().against("OWN_0")[0] and not Allowed(like={"OWN_0": ()}).against(
        "OWN_0"
    )
    until_seen = Allowed(only=frozenset({"P_BREAK"}), why="Exercises wait until you have been seen.")
    assert decisions.keep(PLAN[:1], PLAN, holds, until_seen).left_out[0].reasons[0].endswith("been seen.")


def test_new_plan_keeps_what_was_decided_at_the_doses_reached() -> None:
    locked = Dose(sets=2, hold_s=20, days_per_week=3)
    holds = decisions.holds_of(
        [
            decision(KNEEL, "locked", 1, locked),
            decision("EX_SIDE_PLANK", "added", 2, Dose(sets=2, hold_s=15)),
            decision(BRIDGE, "left_out", 3, why="Not yet."),
        ]
    )
    grown = (*PLAN, Placed("EX_SIDE_PLANK", Dose(sets=2, hold_s=25)))
    kept = decisions.keep(PLAN[1:], grown, holds, Allowed())
    assert placed(kept.items, KNEEL) == Placed(KNEEL, locked, ("Locked by Ana Silva, physiotherapist.",))
    side = placed(kept.items, "EX_SIDE_PLANK")
    assert side is not None and side.dose.hold_s == 25
    assert placed(kept.items, BRIDGE) is None
    assert kept.left_out[0].reasons == ("Left out by Ana Silva, physiotherapist: Not yet.",)


def test_added_exercise_that_gave_way_to_the_next_does_not_come_back_beside_it() -> None:
    holds = decisions.holds_of([decision(BRIDGE, "added", 1, Dose(sets=2, reps=8))])
    single = Placed("EX_SL_BRIDGE", Dose(sets=2, reps=6))
    kept = decisions.keep(PLAN[:1], (PLAN[0], single), holds, Allowed(), {BRIDGE: "EX_SL_BRIDGE"})
    assert [one.id for one in kept.items] == [KNEEL, "EX_SL_BRIDGE"]
    without = decisions.keep(PLAN[:1], PLAN[:1], holds, Allowed(), fewer={BRIDGE})
    assert [one.id for one in without.items] == [KNEEL]


def test_the_next_of_an_added_exercise_stands_only_if_nothing_is_against_it() -> None:
    added = decision(BRIDGE, "added", 1, Dose(sets=2, reps=8))
    before = (PLAN[0], Placed("EX_SL_BRIDGE", Dose(sets=2, reps=6)))
    against = Allowed(blocked={"EX_SL_BRIDGE": ["The hip is new."]})
    for more, allowed in (
        ([], against),
        ([decision("EX_SL_BRIDGE", "left_out", 2)], Allowed()),
        ([decision("EX_SL_BRIDGE", "confirmed", 2, answer="rather_not")], Allowed()),
    ):
        holds = decisions.holds_of([added, *more])
        kept = decisions.keep(PLAN[:1], before, holds, allowed, {BRIDGE: "EX_SL_BRIDGE"})
        assert [(one.id, one.dose.reps) for one in kept.items] == [(KNEEL, None), (BRIDGE, 8)]


def test_what_the_person_would_rather_not_do_waits_and_comes_back_when_they_will() -> None:
    no = decisions.holds_of([decision(BRIDGE, "locked", 1, answer="rather_not")])
    made = decisions.apply(PLAN, no[BRIDGE], Allowed())
    assert placed(made, BRIDGE) is None and decisions.conflicts(no, Allowed()) == {}
    kept = decisions.keep(PLAN, PLAN, no, Allowed())
    assert [one.id for one in kept.set_aside] == [BRIDGE] and "rather not" in kept.set_aside[0].reasons[0]
    yes = decisions.holds_of([decision(BRIDGE, "locked", 1, answer="willing")])
    assert placed(decisions.apply(made, yes[BRIDGE], Allowed(), PLAN[1]), BRIDGE) == PLAN[1]


def test_what_is_given_back_keeps_no_dose_of_theirs_unless_it_was_added() -> None:
    less = Dose(sets=1, hold_s=20, days_per_week=3)
    freed = decisions.holds_of([decision(KNEEL, "changed", 1, less), decision(KNEEL, "freed", 2)])
    assert decisions.keep(PLAN, (), freed, Allowed()).items == PLAN
    added = decisions.holds_of([decision(KNEEL, "added", 1, less), decision(KNEEL, "freed", 2)])
    assert decisions.keep((), (), added, Allowed()).items[0].dose == less


def test_strength_has_no_more_days_than_the_schedule_asks_for() -> None:
    known = load()
    bridge = known.items[BRIDGE]
    assert decisions.bounds(known, bridge)["days_per_week"] == (1, 3)
    assert decisions.start_dose(known, bridge, [KNEEL]).days_per_week == 3
    assert decisions.start_dose(known, bridge, [KNEEL, "EX_SL_BRIDGE"]).days_per_week == 1
