"""What the pages of a day may send, checked."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.http import QueryDict

from nextposture.planning.progression_table import progression_table
from nextposture.planning.session import PAIN_AT_LIMIT, PAIN_RISE, stop_rules
from nextposture.record.models import Break, BreakWishes, DayOff
from nextposture.selfcare.breaks_today import SAYINGS
from nextposture.sitting.breaks import break_rules
from nextposture.sitting.table import companion_table

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


class AwayForm(forms.Form):
    """An absence that the page saw, up to now."""

    key = forms.UUIDField()
    seconds = forms.IntegerField(min_value=1, max_value=24 * 3600)


class TimerForm(forms.Form):
    """What the person is doing now."""

    now = forms.ChoiceField(choices=[(name, name) for name in ("sitting", "just_sat_down", "up", "driving")])


class CompanionForm(forms.Form):
    """What the page says to the companion."""

    what = forms.ChoiceField(choices=[(name, name) for name in SAYINGS])


class PromptForm(forms.Form):
    """The answer to a prompt of the companion."""

    number = forms.IntegerField(min_value=1)
    answer = forms.ChoiceField(choices=[(name, name) for name in ("done", "later", "not_now")])


class BoutForm(forms.Form):
    """A bout put right: not there at all, or only so long."""

    key = forms.UUIDField()
    minutes = forms.IntegerField(min_value=1, max_value=24 * 60, required=False)


class BreakByHandForm(forms.Form):
    """A break that nobody saw."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    at = forms.TimeField(label="When", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label="Minutes", min_value=1, max_value=120, initial=2)


class DiscomfortForm(forms.Form):
    """How the back feels within this bout."""

    value = forms.TypedChoiceField(
        label="Your back now, from 0 (no discomfort) to 10", choices=ZERO_TO_TEN, coerce=int
    )


class DayOffForm(forms.Form):
    """Today or another day, sick or on holiday, or a day like any other."""

    on = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kind = forms.ChoiceField(
        label="It is", choices=[("", "a day like any other"), *DayOff.Kind.choices], required=False
    )


class BreakWishesForm(forms.ModelForm):  # type: ignore[type-arg]
    """Quiet hours, the two lengths a person may set, the desk, and whether weeks in a row are shown."""

    class Meta:
        model = BreakWishes
        fields = ("quiet_from", "quiet_until", "away_after_min", "defer_cap_min", "desk_rises", "streaks")
        labels = {  # noqa: RUF012
            "quiet_from": "Quiet from",
            "quiet_until": "Quiet until",
            "away_after_min": "Minutes without key or pointer until you count as away",
            "defer_cap_min": "Minutes a break may wait for a call",
            "desk_rises": "My desk rises: sit and stand by turns",
            "streaks": "Show weeks in a row",
        }
        widgets = {  # noqa: RUF012
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def clean(self) -> dict[str, object]:
        """Both ends of the quiet hours or none; lengths within what the table allows."""
        cleaned: dict[str, object] = super().clean() or {}
        if (cleaned.get("quiet_from") is None) != (cleaned.get("quiet_until") is None):
            self.add_error("quiet_until", "Give both ends of the quiet hours, or leave both empty.")
        for name, constant in (("away_after_min", "away_after_s"), ("defer_cap_min", "defer_cap_s")):
            allowed = companion_table().constants[constant].allowed
            minutes = cleaned.get(name)
            assert allowed is not None
            if isinstance(minutes, int) and not allowed[0] <= minutes * 60 <= allowed[1]:
                least, most = (round(one / 60) for one in allowed)
                self.add_error(name, f"From {least} to {most} minutes.")
        return cleaned


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


class NextMorningForm(forms.Form):
    """How the back was on the morning after a session."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    pain = _scale("How strong was your pain this morning?", error="Choose a number from 0 to 10.")
    back = forms.ChoiceField(
        label="Is it back to what it was before the session?",
        choices=[("yes", "Yes"), ("no", "Not yet")],
        widget=forms.RadioSelect,
        required=False,
    )


class BarrierForm(forms.Form):
    """What is in the way of a plan, if the person says."""

    barrier = forms.ChoiceField(
        label="What is in the way?",
        choices=[("", "I would rather not say"), *progression_table().barriers.items()],
        required=False,
    )


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


class DecisionAnswerForm(forms.Form):
    """What the person says to a practitioner's decision about their plan."""

    said = forms.ChoiceField(choices=[("rather_not", ""), ("willing", "")])
    why = forms.CharField(max_length=1000, required=False)


class DecisionsSeenForm(forms.Form):
    """The decisions that the page showed."""

    key = forms.TypedMultipleChoiceField(coerce=UUID)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["key"].choices = [(key, key) for key in data.getlist("key")]  # type: ignore[attr-defined]
