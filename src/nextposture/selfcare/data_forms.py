"""What the pages about one's own data may send, checked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from django import forms

MOST_UPLOAD_MB = 64
PERIODS = [("4", "4 weeks"), ("12", "12 weeks"), ("52", "a year"), ("0", "everything")]
FORMATS = ("json", "csv", "fhir")
ERASE_WORD = "erase"


class _OneFile(forms.FileField):
    def __init__(self, label: str, help_text: str) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
            error_messages={
                "required": f"Choose a file of at most {MOST_UPLOAD_MB} MB.",
                "empty": "The file is empty. Choose another.",
            },
        )


class ImportForm(forms.Form):
    """An export that comes in, and whether it may take the place of what is here."""

    file = _OneFile("File of an export", "The JSON file or the FHIR bundle of an export.")
    replace = forms.BooleanField(
        label="It takes the place of the record that is here. A backup is made first.", required=False
    )


class RestoreForm(forms.Form):
    """Which backup to go back to."""

    name = forms.CharField(max_length=100)
    sure = forms.BooleanField(error_messages={"required": "Tick the box to go back to this backup."})


class EraseForm(forms.Form):
    """Erasing asks for a word, so that no slip does it."""

    word = forms.CharField(
        label=f"Type “{ERASE_WORD}” to erase everything",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        error_messages={"required": f"Nothing was erased. Type “{ERASE_WORD}” to erase everything."},
    )

    def clean_word(self) -> str:
        """The word itself, in any case."""
        word = str(self.cleaned_data["word"]).strip().casefold()
        if word != ERASE_WORD:
            raise forms.ValidationError(f"Nothing was erased. Type “{ERASE_WORD}” to erase everything.")
        return word


class ReportForm(forms.Form):
    """How far back a report looks."""

    weeks = forms.TypedChoiceField(label="How far back", choices=PERIODS, coerce=int)


class SharePlanForm(forms.Form):
    """The plan, with the reasons or without."""

    reasons = forms.BooleanField(
        label="Also say why each thing is in my plan. These are answers about my health.", required=False
    )


class ShareClaimForm(forms.Form):
    """One claim of the evidence."""

    claim = forms.ChoiceField(
        label="Claim",
        error_messages={"required": "Choose a claim.", "invalid_choice": "Choose a claim of the list."},
    )

    def __init__(self, *args: object, claims: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["claim"].choices = claims  # type: ignore[attr-defined]


class ShareTopicForm(forms.Form):
    """What the evidence says about one topic."""

    topic = forms.ChoiceField(
        label="Topic",
        error_messages={"required": "Choose a topic.", "invalid_choice": "Choose a topic of the list."},
    )

    def __init__(self, *args: object, topics: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", "Choose a topic"), *((one, one.capitalize()) for one in topics)]
        self.fields["topic"].choices = choices  # type: ignore[attr-defined]


class QuestionnaireForm(forms.Form):
    """A questionnaire that is brought."""

    file = _OneFile("File of a questionnaire", "A FHIR R4 Questionnaire as JSON.")


def bytes_of(file: IO[bytes]) -> bytes:
    """The whole upload; it is in memory already."""
    return bytes(file.read())
