"""Urgency, factors and cautions to a care plan, with the reason for each item and each item left out."""

from nextposture.planning.care_plan import CarePlan, PlanItem, make_plan
from nextposture.planning.dosing import Dose
from nextposture.planning.selection import Choice

__all__ = ["CarePlan", "Choice", "Dose", "PlanItem", "make_plan"]
