"""The form with which a practitioner decides about one item of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django import forms

from nextposture.knowledge import Knowledge
from nextposture.knowledge.items import Item
from nextposture.planning import Dose
from nextposture.planning.decisions import bounds, decision_table
from nextposture.planning.dose_words import RUNGS
from nextposture.record.models import PlanDecision


class DecisionForm(forms.Form):
    """A dose within the bounds of the tables, why, and what is decided; `seen` is what the page showed."""

    item = forms.CharField(max_length=40, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=400, required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=PlanDecision.Kind.choices, error_messages={"required": "Choose what to decide."}
    )
    why = forms.CharField(
        label="Why. The person reads it",
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(
        self, data: Mapping[str, Any] | None, known: Knowledge, item: Item, dose: Dose, seen: str
    ) -> None:
        super().__init__(data, prefix=None, initial={"item": item.id, "seen": seen, **asdict(dose)})
        self.auto_id = f"id_{item.id}_%s"
        table = decision_table()
        for name, (low, high) in bounds(known, item).items():
            hint = f"{low} to {high}" if low < high else f"always {low}"
            self.fields[f"dose_{name}"] = forms.IntegerField(
                label=table.units[name],
                initial=getattr(dose, name),
                required=False,
                help_text=hint,
                min_value=low,
                max_value=high,
                widget=forms.NumberInput({"inputmode": "numeric"}),
                error_messages={
                    "invalid": "Write a whole number.",
                    "min_value": f"From {low} to {high}.",
                    "max_value": f"From {low} to {high}.",
                },
            )
        if item.ladder:
            self.fields["dose_rung"] = forms.ChoiceField(
                label="How",
                choices=[(one, RUNGS.get(one, one)) for one in item.ladder],
                initial=dose.rung,
                required=False,
            )

    @property
    def dose_fields(self) -> list[forms.BoundField]:
        """The fields of the dose."""
        return [self[name] for name in self.fields if name.startswith("dose_")]

    @property
    def dose(self) -> Dose:
        """The dose as it was filled in."""
        told = {name: value for name, value in self.cleaned_data.items() if name.startswith("dose_")}
        return Dose(**{name[5:]: value for name, value in told.items() if value not in (None, "")})

    def clean(self) -> dict[str, Any]:
        """Confirming, giving back and leaving out take no dose, whatever stands in its fields."""
        told = super().clean() or {}
        if told.get("kind") in ("confirmed", "freed", "left_out"):
            for name in [one for one in self.errors if one.startswith("dose_")]:
                del self.errors[name]
        return told
