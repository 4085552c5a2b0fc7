"""The clinic's forms. Django's own, with messages that say what to change."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from nextposture.clinic.models import Availability, AvailabilityException, Seen
from nextposture.knowledge.clinic import clinic_table

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class AvailabilityForm(forms.ModelForm[Availability]):
    """A stretch of the usual week."""

    weekday = forms.TypedChoiceField(label="Day", coerce=int, choices=list(enumerate(WEEKDAYS)))
    starts = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time", "step": 300}))
    ends = forms.TimeField(label="Until", widget=forms.TimeInput({"type": "time", "step": 300}))
    seen = forms.ChoiceField(
        label="How", choices=[("", "in person or by video"), *Seen.choices], required=False
    )
    from_day = forms.DateField(
        label="First day (may stay empty)", required=False, widget=forms.DateInput({"type": "date"})
    )
    until_day = forms.DateField(
        label="Last day (may stay empty)", required=False, widget=forms.DateInput({"type": "date"})
    )

    class Meta:
        model = Availability
        fields = ("weekday", "starts", "ends", "seen", "from_day", "until_day")

    def clean(self) -> dict[str, Any]:
        """The end comes after the start, both on the five-minute grid."""
        data = super().clean() or {}
        starts, ends = data.get("starts"), data.get("ends")
        size = clinic_table().appointment.tick_min
        if starts and ends:
            if ends <= starts:
                self.add_error("ends", "The end must be later than the start.")
            if starts.minute % size or ends.minute % size or starts.second or ends.second:
                self.add_error("starts", f"Use times on a multiple of {size} minutes.")
        first, last = data.get("from_day"), data.get("until_day")
        if first and last and last < first:
            self.add_error("until_day", "The last day must not be before the first.")
        return data


class ExceptionForm(forms.ModelForm[AvailabilityException]):
    """A stretch of time away, or there besides the usual week; typed in the clinic's zone."""

    starts_at = forms.DateTimeField(label="From", widget=forms.DateTimeInput({"type": "datetime-local"}))
    ends_at = forms.DateTimeField(label="Until", widget=forms.DateTimeInput({"type": "datetime-local"}))
    available = forms.TypedChoiceField(
        label="What",
        choices=[("", "away"), ("1", "there besides the usual week")],
        coerce=bool,
        required=False,
    )
    why = forms.CharField(label="Why (seen by staff only, may stay empty)", max_length=80, required=False)

    class Meta:
        model = AvailabilityException
        fields = ("starts_at", "ends_at", "available", "why")

    def clean_available(self) -> bool:
        """Away unless said otherwise."""
        return bool(self.cleaned_data["available"])

    def clean(self) -> dict[str, Any]:
        """The end comes after the start."""
        data = super().clean() or {}
        starts, ends = data.get("starts_at"), data.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", "The end must be later than the start.")
        return data


class TimeForm(forms.Form):
    """The choice of one free time, as the page offered it."""

    practitioner = forms.IntegerField()
    starts_at = forms.CharField(max_length=40)
    minutes = forms.TypedChoiceField(
        coerce=int, choices=[(one, one) for one in clinic_table().appointment.minutes], required=False
    )
    seen = forms.ChoiceField(choices=Seen.choices)
    zone = forms.CharField(max_length=60, required=False)

    def clean_starts_at(self) -> datetime:
        """An aware time."""
        try:
            at = datetime.fromisoformat(self.cleaned_data["starts_at"])
        except ValueError:
            raise forms.ValidationError("Choose one of the times shown.") from None
        if at.tzinfo is None:
            raise forms.ValidationError("Choose one of the times shown.")
        return at

    def clean_zone(self) -> str:
        """A zone that exists, or nothing."""
        try:
            return ZoneInfo(self.cleaned_data["zone"]).key if self.cleaned_data["zone"] else ""
        except (KeyError, ValueError, OSError):
            return ""

    def clean_minutes(self) -> int:
        """The usual length unless another was chosen."""
        return int(self.cleaned_data["minutes"] or clinic_table().appointment.default_min)


class CancelForm(forms.Form):
    """Why an appointment is given back; may stay empty."""

    why = forms.CharField(label="Why (may stay empty)", max_length=200, required=False)
