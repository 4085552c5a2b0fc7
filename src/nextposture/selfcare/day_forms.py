"""What the pages of a day may send, checked."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from nextposture.planning.session import PAIN_AT_LIMIT, PAIN_RISE, stop_rules
from nextposture.record.models import Break
from nextposture.sitting.breaks import break_rules

ZERO_TO_TEN = [(number, str(number)) for number in range(11)]
TOO_MANY_WORDS = 80


def _scale(
    label: str, *, required: bool = True, error: str = "", help_text: str = ""
) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        help_text=help_text,
        choices=ZERO_TO_TEN,
        coerce=int,
        empty_value=None,
        required=required,
        widget=forms.RadioSelect,
        error_messages={"required": error, "invalid_choice": "Choose a number from 0 to 10."},
    )


class BreakForm(forms.Form):
    """How a break was answered."""

    key = forms.UUIDField()
    answer = forms.ChoiceField(choices=Break.Answer.choices)
    kind = forms.ChoiceField(choices=[(name, name) for name in break_rules().kinds], required=False)


class TimerForm(forms.Form):
    """What the person is doing now."""

    now = forms.ChoiceField(choices=[(name, name) for name in ("sitting", "just_sat_down", "up", "driving")])


class IntervalForm(forms.Form):
    """Minutes between breaks."""

    minutes = forms.TypedChoiceField(label="Minutes between breaks", coerce=int)

    def __init__(self, data: object = None, *, allowed: Iterable[int], **kwargs: object) -> None:
        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        self.fields["minutes"].choices = [(one, f"{one} minutes") for one in allowed]  # type: ignore[attr-defined]


class HabitForm(forms.Form):
    """A habit of the plan, done today or not after all."""

    item = forms.CharField()
    done = forms.ChoiceField(choices=[("yes", "yes"), ("no", "no")])


class StartForm(forms.Form):
    """Pain just before a session."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    pain = _scale("How strong is your pain now?", error="Choose a number, so that a rise can be seen.")


class StepForm(forms.Form):
    """Where the session stands, and a set that was done."""

    key = forms.UUIDField()
    position = forms.IntegerField(min_value=0)
    step = forms.IntegerField(min_value=0, required=False)
    seconds = forms.IntegerField(min_value=0, required=False)
    reps = forms.IntegerField(min_value=0, required=False)


class StopForm(forms.Form):
    """Why the session ends: a stop rule, or just enough for today."""

    key = forms.UUIDField()
    rule = forms.CharField(required=False)


class AfterForm(forms.Form):
    """What the person says after a session. Nothing has to be answered."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    flags = forms.MultipleChoiceField(
        label="Did any of these happen?", required=False, widget=forms.CheckboxSelectMultiple
    )
    pain_after = _scale("How strong is your pain now?", required=False)
    pain_peak = _scale("How strong was it at its worst in this session?", required=False)
    effort = _scale("How hard was it?", required=False)

    def __init__(self, data: object = None, **kwargs: object) -> None:
        from nextposture import knowledge

        super().__init__(data, **kwargs)  # type: ignore[arg-type]
        self.fields["flags"].choices = [  # type: ignore[attr-defined]
            (name, rule.text)
            for name, rule in stop_rules(knowledge.load()).items()
            if name not in (PAIN_AT_LIMIT, PAIN_RISE)  # the numbers tell these
        ]


class PainForm(forms.Form):
    """Pain now, and over the last week."""

    now = _scale("Your pain now", required=False)
    average = _scale("Your pain on average over the last 7 days", required=False)

    def clean(self) -> dict[str, object]:
        """At least one of the two."""
        cleaned: dict[str, object] = super().clean() or {}
        if not self.errors and cleaned.get("now") is None and cleaned.get("average") is None:
            raise forms.ValidationError("Choose a number for at least one of the two.")
        return cleaned


class ActivityForm(forms.Form):
    """Something that matters to the person, in their own words."""

    words = forms.CharField(
        label="Something that matters to you and that the pain limits",
        help_text="In your own words, such as “drive to my sister” or “lift my child”.",
        max_length=TOO_MANY_WORDS,
        error_messages={
            "required": "Write a few words first.",
            "max_length": f"Use at most {TOO_MANY_WORDS} characters.",
        },
    )


class ActivityRatingForm(forms.Form):
    """How one activity goes today."""

    value = _scale("How does it go?", error="Choose a number from 0 to 10.")
