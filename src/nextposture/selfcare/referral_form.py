"""What a person hands over to a clinic, on a clinic's server as from a person's own installation."""

from __future__ import annotations

from django import forms

from nextposture.knowledge.clinic import clinic_table

WAYS = (("in_person", "in person"), ("telehealth", "by video"))
"""How an appointment is held."""


class ReferralForm(forms.Form):
    """Name, wish, what may be seen and for how long."""

    name = forms.CharField(label="What shall they call you?", max_length=120)
    phone = forms.CharField(
        label="Phone (may stay empty)", max_length=40, required=False, widget=forms.TextInput({"type": "tel"})
    )
    wish = forms.CharField(
        label="What would you like from them? (may stay empty)",
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    prefers = forms.ChoiceField(
        label="How would you like to be seen?",
        choices=[("", "As they think best"), *WAYS],
        required=False,
        widget=forms.RadioSelect,
    )
    items = forms.MultipleChoiceField(
        label="What may they see?",
        choices=[(one.id, one.name) for one in clinic_table().share],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one: without anything to see they cannot help."},
    )
    days = forms.TypedChoiceField(
        label="For how long?",
        coerce=int,
        choices=[(90, "3 months"), (365, "a year"), (30, "a month")],
        initial=90,
    )


class OwnReferralForm(ReferralForm):
    """The same from a person's own installation, where the clinic knows no address of theirs."""

    email = forms.EmailField(
        label="Email, for reminders of appointments (may stay empty)", max_length=254, required=False
    )
    field_order = ("name", "phone", "email", "wish", "prefers", "items", "days")


class JoinForm(forms.Form):
    """The address of a clinic's server and its code, or a link that holds both."""

    address = forms.CharField(
        label="The clinic’s address",
        help_text="It begins with https://. If the clinic gave you a link, paste the whole of it here.",
        max_length=300,
        error_messages={"required": "Enter the address that the clinic gave you."},
    )
    code = forms.CharField(
        label="The code",
        help_text="12 letters and figures. May stay empty if the link holds it.",
        max_length=40,
        required=False,
        widget=forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class MessageForm(forms.Form):
    """One message."""

    text = forms.CharField(
        label="Your message",
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "Write something first."},
    )
