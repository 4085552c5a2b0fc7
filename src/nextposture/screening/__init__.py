"""Answers to urgency, by three-valued rules that never take an unknown for a no."""

from nextposture.knowledge.danger_signs import Urgency
from nextposture.screening.standing import carry_over
from nextposture.screening.triage import Blocked, Outcome, Reason, screen, without

__all__ = ["Blocked", "Outcome", "Reason", "Urgency", "carry_over", "screen", "without"]
