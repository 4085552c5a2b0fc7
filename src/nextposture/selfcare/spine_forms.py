"""Height and mass, as the spine page asks for them, within what the body model covers."""

from __future__ import annotations

from typing import Any

from django import forms

from nextposture.record.models import BodyBuild


class BuildForm(forms.Form):
    """Height and mass; and which strength table to reckon with, where that is not known from the answers."""

    height = forms.FloatField(
        label="Height",
        widget=forms.NumberInput(
            attrs={"inputmode": "decimal", "class": "input-short", "autocomplete": "off"}
        ),
        error_messages={
            "required": "Say how tall you are, in centimetres.",
            "invalid": "Height is a number of centimetres, such as 168.",
        },
    )
    mass = forms.FloatField(
        label="Body mass (weight)",
        widget=forms.NumberInput(
            attrs={"inputmode": "decimal", "class": "input-short", "autocomplete": "off"}
        ),
        error_messages={
            "required": "Say how heavy you are, in kilograms.",
            "invalid": "Body mass is a number of kilograms, such as 62.",
        },
    )
    strength = forms.ChoiceField(
        label="Muscle strength to reckon with",
        help_text="The model has strength measured in women and in men, and nothing else. "
        "Choose the one that fits your muscles better.",
        choices=[
            (BodyBuild.Strength.FEMALE, "As measured in women"),
            (BodyBuild.Strength.MALE, "As measured in men"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one, so that there is a strength to reckon with."},
    )

    def __init__(self, *args: Any, ask_strength: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not ask_strength:
            del self.fields["strength"]

    def clean(self) -> dict[str, Any]:
        """Refuse a body outside the model's limits, and say which they are."""
        from nextposture.body.anatomy import limits

        given = super().clean() or {}
        height, mass = given.get("height"), given.get("mass")
        ends = limits()
        tall, heavy, index = ends["height"], ends["mass"], ends["body mass index"]
        if height is not None and not 100 * tall.low <= height <= 100 * tall.high:
            self.add_error(
                "height",
                f"The model covers {100 * tall.low:.0f} to {100 * tall.high:.0f} cm. "
                "It was made from one body of 175 cm, and nobody knows how well it fits beyond "
                "that. Nothing was changed.",
            )
        if mass is not None and not heavy.low <= mass <= heavy.high:
            self.add_error(
                "mass",
                f"The model covers {heavy.low:.0f} to {heavy.high:.0f} kg. "
                "It was made from one body of 84 kg, and nobody knows how well it fits beyond "
                "that. Nothing was changed.",
            )
        if height and mass and not self.errors and not index.low <= mass / (height / 100) ** 2 <= index.high:
            least, most = (round(end * (height / 100) ** 2) for end in (index.low, index.high))
            self.add_error(
                "mass",
                f"At {height:.0f} cm the model covers about {least} to {most} kg: beyond that it does "
                "not know where on the body the mass sits. Check both numbers. Nothing was changed.",
            )
        return given
