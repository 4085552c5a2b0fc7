"""The form of an exercise of the clinic's own."""

from __future__ import annotations

from typing import Any

from django import forms

from nextposture.clinic.own_exercises import drawings
from nextposture.knowledge import load
from nextposture.knowledge.own import MOST, MOST_BYTES
from nextposture.planning.decisions import decision_table

TEMPO = {"move_s": "Seconds out", "hold_s": "Seconds held there", "return_s": "Seconds back"}


def _lines(label: str, help_text: str = "One line each.", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Write at least one line."},
    )


class OwnExerciseForm(forms.Form):
    """The common parts of an exercise; its drawing and coaching may also be given as data."""

    name = forms.CharField(label="Name", max_length=80, error_messages={"required": "Give it a name."})
    summary = forms.CharField(
        label="What it is, in a sentence", max_length=300, error_messages={"required": "Write a sentence."}
    )
    steps = _lines("Steps")
    stop = _lines("When to stop", "One line each. The stop rules of every session are shown besides.")
    needs = _lines("What one needs", "One line each, such as: a wall. This may stay empty.", required=False)
    caveat = forms.CharField(
        label="What you know and do not know of its effect",
        help_text="Shown as the clinic’s own advice, not graded. This may stay empty.",
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    like = forms.MultipleChoiceField(
        label="It loads the body like",
        help_text="What a person’s answers rule out of these, they rule out of this one too.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    sides_left = forms.CharField(label="Left side is called", max_length=60, required=False)
    sides_right = forms.CharField(label="Right side is called", max_length=60, required=False)
    figure = forms.ChoiceField(label="Drawing", required=False)
    coached = forms.BooleanField(
        label="The camera coaches it as the exercise of this drawing",
        help_text="Only where it is the same movement.",
        required=False,
    )

    def __init__(self, *args: Any, has_data: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        exercises = [one for one in load().items.values() if one.is_exercise]
        self.fields["like"].choices = [(one.id, one.name) for one in exercises]  # type: ignore[attr-defined]
        own = [("data", "Its own, given as data")] if has_data else []
        self.fields["figure"].choices = [("", "None"), *own, *drawings()]  # type: ignore[attr-defined]
        units = decision_table().units
        for unit, most in MOST.items():
            for part, words in (("start", "to begin with"), ("least", "at least"), ("most", "at most")):
                self.fields[f"{unit}_{part}"] = forms.IntegerField(
                    label=f"{units[unit]}, {words}",
                    required=False,
                    min_value=0,
                    max_value=most,
                    error_messages={
                        "invalid": "Write a whole number.",
                        "min_value": f"From 0 to {most}.",
                        "max_value": f"From 0 to {most}.",
                    },
                )
        for name, label in TEMPO.items():
            self.fields[f"tempo_{name}"] = forms.IntegerField(
                label=label, required=False, min_value=0, max_value=30
            )

    def group(self, prefix: str) -> list[forms.BoundField]:
        """The fields whose names begin so."""
        return [self[name] for name in self.fields if name.startswith(prefix)]

    @property
    def doses(self) -> list[list[forms.BoundField]]:
        """The three fields of each part of the dose."""
        return [self.group(f"{unit}_") for unit in MOST]

    @property
    def tempo(self) -> list[forms.BoundField]:
        """The fields of the tempo."""
        return self.group("tempo_")

    @property
    def words(self) -> list[forms.BoundField]:
        """The fields that are written out."""
        return [self[name] for name in ("name", "summary", "steps", "stop", "needs", "caveat")]


class OwnExerciseDataForm(forms.Form):
    """An exercise as data, in the form of the tables."""

    text = forms.CharField(
        label="The exercise as data (YAML)",
        max_length=MOST_BYTES,
        widget=forms.Textarea({"rows": 24, "spellcheck": "false", "class": "as-data"}),
        error_messages={"required": "Paste the data first."},
        strip=False,
    )
