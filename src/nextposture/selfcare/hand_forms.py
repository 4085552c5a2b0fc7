"""What may be typed in of a measurement made without the camera, checked."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from nextposture import knowledge
from nextposture.knowledge.measure_pages import SIDES, MeasurePage
from nextposture.knowledge.phone import phone_table
from nextposture.motion.inclinometer import Go
from nextposture.selfcare.angle_tests import limits

OLDEST_DAYS = 3650
YES_NO = [("true", "Yes, flat"), ("false", "No"), ("unknown", "Not known")]
BELOW = [("below", "below level"), ("above", "above level")]


class ByHandForm(forms.Form):
    """One measurement: its key, the day, and the side where the test has sides."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    side = forms.ChoiceField(
        label="Which side?",
        choices=[(side, side.capitalize()) for side in SIDES],
        widget=forms.RadioSelect,
        error_messages={"required": "Say which side it was.", "invalid_choice": "Say which side it was."},
    )
    on = forms.DateField(
        label="On which day?",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Give the day.", "invalid": "Write the day as a date, like 2026-03-28."},
    )

    def __init__(self, page: MeasurePage, data: Any = None, side: str = "") -> None:
        super().__init__(
            data,
            initial={
                "key": uuid4(),
                "on": timezone.localdate(),
                "side": side if side in SIDES else None,
            },
        )
        self.page = page
        if not page.sides:
            del self.fields["side"]
        self.fields["on"].widget.attrs["max"] = timezone.localdate().isoformat()
        self.order_fields([*(name for name in self.fields if name != "on"), "on"])

    def clean_on(self) -> Any:
        """A day that has been."""
        on, today = self.cleaned_data["on"], timezone.localdate()
        if on > today:
            raise forms.ValidationError("That day is still to come. Give the day of the measurement.")
        if on < today - timedelta(days=OLDEST_DAYS):
            raise forms.ValidationError("That is more than ten years ago. Check the year.")
        return on

    @property
    def at(self) -> datetime:
        """When it was measured: now for today, noon for another day."""
        on = self.cleaned_data["on"]
        if on == timezone.localdate():
            return timezone.now()
        return timezone.make_aware(datetime.combine(on, time(12)))


class AngleForm(ByHandForm):
    """The modified Thomas test, read from a level app, our page on a phone, or a clinician's goniometer."""

    instrument = forms.ChoiceField(
        label="What was it read from?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say what it was read from: readings of different tools are kept apart.",
            "invalid_choice": "Choose one of the tools.",
        },
    )
    flat = forms.ChoiceField(
        label="Was the lower back flat, with no gap under it?",
        help_text="Without a flat back the angle says nothing, and the result stays open.",
        choices=YES_NO,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Say whether the lower back was flat. If nobody looked, choose Not known.",
            "invalid_choice": "Choose one of the answers.",
        },
    )

    def __init__(self, page: MeasurePage, data: Any = None, side: str = "") -> None:
        super().__init__(page, data, side)
        table = phone_table()
        chosen = self.fields["instrument"]
        assert isinstance(chosen, forms.ChoiceField)
        chosen.choices = [(one.id, one.label) for one in table.instruments]
        low, high = limits()
        self.goes = range(1, table.level.goes + 1)
        for number in self.goes:
            self.fields[f"angle_{number}"] = forms.FloatField(
                label=f"Angle of the thigh to level, go {number}",
                required=number == 1,
                min_value=0,
                max_value=max(-low, high),
                widget=forms.NumberInput(attrs={"step": "0.1", "inputmode": "decimal"}),
                error_messages={
                    "required": "Give the angle. Level is 0.",
                    "min_value": "Give the angle without a sign, and say which way below.",
                    "max_value": f"No thigh is further from level than {max(-low, high):g} degrees.",
                    "invalid": "Give the angle as a number of degrees.",
                },
            )
            self.fields[f"way_{number}"] = forms.ChoiceField(
                label=f"The knee end of the thigh, go {number}",
                choices=BELOW,
                required=False,
                widget=forms.RadioSelect,
            )
        angles = [name for number in self.goes for name in (f"angle_{number}", f"way_{number}")]
        self.order_fields(["key", "side", "instrument", *angles, "flat", "on"])

    @property
    def pairs(self) -> list[tuple[int, Any, Any]]:
        """Number, angle and way of each go, for the page."""
        return [(number, self[f"angle_{number}"], self[f"way_{number}"]) for number in self.goes]

    def clean(self) -> dict[str, Any]:
        """An angle says which way, and can be a thigh's."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = limits()
        for number in self.goes:
            angle, way = cleaned.get(f"angle_{number}"), cleaned.get(f"way_{number}")
            if not angle:
                continue
            if not way and f"way_{number}" not in self.errors:
                self.add_error(f"way_{number}", "Say whether the thigh was below or above level.")
            most = high if way == "below" else -low
            if way and angle > most:
                self.add_error(
                    f"angle_{number}", f"No thigh is more than {most:g} degrees {way} level. Check which way."
                )
        return cleaned

    @property
    def found(self) -> list[Go]:
        """The goes."""
        flat = {"true": True, "false": False}.get(self.cleaned_data["flat"])
        goes = []
        for number in self.goes:
            angle = self.cleaned_data.get(f"angle_{number}")
            if angle is not None:
                sign = -1 if self.cleaned_data[f"way_{number}"] == "above" else 1
                goes.append(Go(sign * angle, flat))
        return goes


class AmountForm(ByHandForm):
    """Seconds held, or times counted."""

    def __init__(self, page: MeasurePage, data: Any = None, side: str = "") -> None:
        super().__init__(page, data, side)
        known = knowledge.load()
        measure = known.measures[page.measure]
        counted = measure.unit == "times"
        most = known.inputs[measure.input].limits[1] if measure.input else phone_table().times_most
        label = "How many times?" if counted else "How many seconds?"
        kind: type[forms.IntegerField] | type[forms.FloatField] = (
            forms.IntegerField if counted else forms.FloatField
        )
        self.fields["amount"] = kind(
            label=label,
            min_value=0,
            max_value=int(most),
            widget=forms.NumberInput(
                attrs={"inputmode": "numeric" if counted else "decimal", "step": "1" if counted else "0.1"}
            ),
            error_messages={
                "required": f"{label[:-1]}? Give a number; 0 if it was not possible.",
                "invalid": "Give a number." if not counted else "Give a whole number.",
                "min_value": "It cannot be below 0.",
                "max_value": f"More than {most:g} {measure.unit} is not kept. Check the number.",
            },
        )
        self.order_fields(["key", "side", "amount", "on"])


def form_for(page: MeasurePage, data: Any = None, side: str = "") -> ByHandForm:
    """The form of a test."""
    kind = AngleForm if page.id == "thomas" else AmountForm
    return kind(page, data, side)
