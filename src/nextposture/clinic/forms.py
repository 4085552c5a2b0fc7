"""The clinic's forms. Django's own, with messages that say what to change."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils.dates import WEEKDAYS

from nextposture.clinic.models import Availability, AvailabilityException, Clinic, Membership, Profile, Seen
from nextposture.clinic.zone import known_zone, zone_names
from nextposture.knowledge.clinic import clinic_table
from nextposture.knowledge.professions import profession_names
from nextposture.selfcare.referral_form import MessageForm as MessageForm
from nextposture.selfcare.referral_form import ReferralForm as ReferralForm


class AvailabilityForm(forms.ModelForm[Availability]):
    """A stretch of the usual week."""

    weekday = forms.TypedChoiceField(label="Day", coerce=int, choices=list(WEEKDAYS.items()))
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

    time = forms.CharField(max_length=60)
    minutes = forms.TypedChoiceField(
        coerce=int, choices=[(one, one) for one in clinic_table().appointment.minutes], required=False
    )
    seen = forms.ChoiceField(choices=Seen.choices)
    zone = forms.CharField(max_length=60, required=False)

    def clean_time(self) -> tuple[int, datetime]:
        """The practitioner's key and an aware time."""
        who, _, at = str(self.cleaned_data["time"]).partition(" ")
        try:
            chosen = int(who), datetime.fromisoformat(at)
        except ValueError:
            raise forms.ValidationError("Choose one of the times shown.") from None
        if chosen[1].tzinfo is None:
            raise forms.ValidationError("Choose one of the times shown.")
        return chosen

    def clean_zone(self) -> str:
        """A zone that exists, or nothing."""
        return known_zone(self.cleaned_data["zone"])

    def clean_minutes(self) -> int:
        """The usual length unless another was chosen."""
        return int(self.cleaned_data["minutes"] or clinic_table().appointment.default_min)


class CancelForm(forms.Form):
    """Why an appointment is given back; may stay empty."""

    why = forms.CharField(label="Why (may stay empty)", max_length=200, required=False)


class ProfileForm(forms.ModelForm[Profile]):
    """How somebody is called and reached, and in which zone their days are."""

    time_zone = forms.TypedChoiceField(label="Time zone", required=False, empty_value="")

    class Meta:
        model = Profile
        fields = ("name", "phone", "time_zone")
        labels: ClassVar = {"name": "What shall clinics call you?", "phone": "Phone (may stay empty)"}
        widgets: ClassVar = {"phone": forms.TextInput({"type": "tel"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name.replace("_", " ")) for name in sorted(zone_names()) if "/" in name]
        self.fields["time_zone"].choices = [("", "As my browser says"), *names]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """A practitioner's answer to a referral."""

    status = forms.ChoiceField(
        choices=[("accepted", "Accept"), ("declined", "Do not take it"), ("closed", "Close it")]
    )
    text = forms.CharField(
        label="Words for the person", max_length=2000, required=False, widget=forms.Textarea({"rows": 4})
    )


class NoteForm(forms.Form):
    """A clinician's note; the person may read it."""

    text = forms.CharField(
        label="Note (the person may read it)",
        max_length=8000,
        widget=forms.Textarea({"rows": 5}),
        error_messages={"required": "Write something first."},
    )
    corrects = forms.IntegerField(required=False, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    """For whom a joining code is; a note of the clinic's own."""

    whom = forms.CharField(
        label="For whom",
        help_text="So that you can tell installations apart. How to call them, the person says later.",
        max_length=80,
        error_messages={"required": "Note for whom the code is."},
    )


class InvitationForm(forms.ModelForm[Membership]):
    """Someone who works here."""

    class Meta:
        model = Membership
        fields = ("name", "email", "profession", "treats", "administers")
        labels: ClassVar = {
            "name": "Name, as people see it",
            "email": "Email address they sign in with",
            "treats": "Sees people",
            "administers": "Administers the clinic",
        }

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Where two have one name, the first stands for both.
        names: dict[str, str] = {}
        for profession, name in profession_names(clinic.time_zone).items():
            names.setdefault(name or "another profession", profession)
        self.fields["profession"].choices = [(one, name) for name, one in names.items()]  # type: ignore[attr-defined]


class ClinicForm(forms.ModelForm[Clinic]):
    """How the clinic is reached and how it works."""

    class Meta:
        model = Clinic
        fields = ("name", "email", "phone", "help_line", "address", "time_zone", "takes_referrals")
        labels: ClassVar = {
            "help_line": "Help line (shown as not for emergencies)",
            "takes_referrals": "Takes referrals here",
        }
        widgets: ClassVar = {"address": forms.Textarea({"rows": 3})}

    def clean_time_zone(self) -> str:
        """A zone that exists."""
        name = str(self.cleaned_data["time_zone"])
        if name not in zone_names():
            raise forms.ValidationError("Use a name such as Europe/London or America/Toronto.")
        return name


class HoursForm(forms.Form):
    """Opening hours by weekday, as "09:00-12:30, 13:30-17:00"; empty means closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, name in WEEKDAYS.items():
            self.fields[str(number)] = forms.CharField(label=name, required=False, max_length=60)

    def clean(self) -> dict[str, Any]:
        """Each day as a list of [opens, closes]."""
        data = super().clean() or {}
        read: dict[str, Any] = {}
        for number in map(str, range(7)):
            spans = []
            for part in filter(None, (one.strip() for one in str(data.get(number, "")).split(","))):
                match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]):([0-5]\d)", part)
                if match is None or match.group(1, 2) >= match.group(3, 4):
                    self.add_error(number, "Write it as 09:00-12:30, 13:30-17:00, or leave it empty.")
                    break
                spans.append([f"{match[1]}:{match[2]}", f"{match[3]}:{match[4]}"])
            read[number] = spans
        return read


class PolicyForm(forms.Form):
    """How and how soon the clinic sees an urgency; emergencies and same-day are not the clinic's."""

    by = forms.ChoiceField(label="How", choices=Seen.choices)
    within_h = forms.IntegerField(
        label="Within how many hours",
        min_value=1,
        max_value=24 * 90,
        error_messages={"min_value": "At least 1 hour.", "max_value": "At most 90 days (2160 hours)."},
    )
