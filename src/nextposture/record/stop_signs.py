"""Stop signs of sessions: each one told is kept, and stands until a check-in that was answered after it.

No clock decides what came after: a sign marks every check-in that is there as answered before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from nextposture import screening
from nextposture.knowledge import Answers, Knowledge
from nextposture.knowledge.answers import is_known
from nextposture.knowledge.conditions import inputs_of
from nextposture.knowledge.plan_rules import StopRule
from nextposture.planning.session import session_table, stop_rules
from nextposture.record.models import CheckIn, Person, Session, StopSign


def tell(knowledge: Knowledge, session: Session, rules: Iterable[StopRule], now: datetime) -> None:
    """Keep what was told of a session, if it shuts the plan. Told twice, the first counts."""
    shutting = [rule for rule in rules if rule in knowledge.plan.stop_now]
    told = [
        StopSign.objects.get_or_create(session=session, rule=rule.id, defaults={"at": now})[1]
        for rule in shutting
    ]
    if any(told):
        CheckIn.objects.filter(person=session.person_id).update(danger_signs_since=None)


def standing(knowledge: Knowledge, person: Person) -> tuple[StopRule, ...]:
    """The stop rules that shut the plan now, the gravest first, each once."""
    signs = StopSign.objects.filter(session__person=person, lifted_by=None).values_list("rule", flat=True)
    told = set(signs)
    rules = [rule for rule in stop_rules(knowledge).values() if rule.id in told]
    return tuple(sorted(rules, key=lambda rule: -(rule.urgency or 0)))


def lift(knowledge: Knowledge, check_in: CheckIn, outcome: screening.Outcome, answers: Answers) -> None:
    """Lift what a check-in that is being finished answers.

    It has to be complete, with its danger signs answered after the sign. An urgent sign also asks for an
    answer, not "do not know", to each question about the condition that it points to, without contradiction.
    """
    if outcome.status != "complete" or check_in.danger_signs_since is None:
        return
    for sign in StopSign.objects.filter(session__person=check_in.person_id, lifted_by=None):
        needed = _asked_about(knowledge, sign.rule)
        settled = not any(one.inputs & needed for one in outcome.contradictions)
        if settled and all(is_known(answers.get(name)) for name in needed):
            sign.lifted_by = check_in
            sign.save(update_fields=["lifted_by"])


def _asked_about(knowledge: Knowledge, rule: str) -> frozenset[str]:
    """What must be asked about the condition that an urgent stop rule points to; none for the others."""
    condition = session_table().points_to.get(rule)
    names = frozenset[str]().union(
        *(
            inputs_of(one.when, knowledge.danger_signs.derived)
            for one in knowledge.danger_signs.rules
            if one.condition == condition
        )
    )
    # The question in the group "sexual" may be skipped by design.
    return frozenset(name for name in names if knowledge.inputs[name].group in ("ces", "rf"))
