"""From when someone sat down, and what they answered, to when to move next."""

from nextposture.sitting.breaks import Answered, BreakRules, Prompt, break_rules, prompt

__all__ = ["Answered", "BreakRules", "Prompt", "break_rules", "prompt"]
