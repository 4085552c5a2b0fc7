"""Answers and measurements to contributing factors; an unknown never counts as present."""

from nextposture.assessment.factors import FactorFinding, assess, in_order, shown

__all__ = ["FactorFinding", "assess", "in_order", "shown"]
