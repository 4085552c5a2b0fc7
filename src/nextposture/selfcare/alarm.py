"""What an emergency page says: what to do, what to say, and why, for each condition that fired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nextposture.knowledge import Answers, Knowledge, Urgency
from nextposture.knowledge.danger_signs import Action
from nextposture.screening import Outcome, Reason
from nextposture.selfcare.check_in import AnyScreen, all_screens
from nextposture.selfcare.check_in_cards import given

CRISIS = "crisis"


@dataclass(frozen=True)
class Panel:
    """One condition: what to do and say, the reasons, and the answers they rest on with their screens."""

    action: Action
    reasons: tuple[Reason, ...]
    route: str
    crisis: bool
    answered: tuple[tuple[AnyScreen, str, str, str], ...]


def emergencies(outcome: Outcome) -> tuple[Reason, ...]:
    """The reasons that cannot wait."""
    return tuple(one for one in outcome.reasons if one.level is Urgency.EMERGENCY_NOW)


def panels(knowledge: Knowledge, reasons: Sequence[Reason], answers: Answers) -> tuple[Panel, ...]:
    """One panel for each condition, in the order of the reasons."""
    found = []
    for condition in dict.fromkeys(one.condition for one in reasons):
        same = tuple(one for one in reasons if one.condition == condition)
        names = frozenset[str]().union(*(one.inputs for one in same))
        route = next((one.route for one in same if one.route), None)
        found.append(
            Panel(
                action=knowledge.danger_signs.actions[condition],
                reasons=same,
                route=knowledge.plan.routes.get(route, "") if route else "",
                crisis=route == CRISIS,
                answered=tuple(
                    (screen, name, ask, answer)
                    for screen in all_screens(knowledge)
                    for name, ask, answer in given(
                        answers, [one for one in screen.inputs if one in names], knowledge
                    )
                ),
            )
        )
    return tuple(found)
