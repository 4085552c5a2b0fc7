"""Every component of the pages, with the HTML to copy. Served in debug mode only."""

from datetime import date, timedelta

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from nextposture.selfcare.charts import Bar, Marker, Matters, Reading, bar_chart, line_chart, span_of
from nextposture.selfcare.evidence_lines import GRADES

DAY = date(2026, 6, 1)
ANSWERS = [("yes", "Yes"), ("no", "No"), ("dk", "I do not know"), ("pna", "Rather not say")]


class Examples(forms.Form):
    fever = forms.ChoiceField(
        label="Fever, shivering or drenching sweats, now or this week?",
        choices=ANSWERS,
        widget=forms.RadioSelect,
    )
    job = forms.MultipleChoiceField(
        label="Where do you sit most?",
        help_text="Choose all that fit.",
        choices=[("office", "Office"), ("driving", "Driving"), ("home", "At home")],
        widget=forms.CheckboxSelectMultiple,
    )
    pain = forms.ChoiceField(
        label="Pain now", choices=[(str(n), str(n)) for n in range(11)], widget=forms.RadioSelect
    )
    age_years = forms.IntegerField(label="How old are you?", help_text="In whole years.")


def show(request: HttpRequest) -> HttpResponse:
    """Show the style guide."""
    return render(
        request,
        "style_guide.html",
        {
            "form": Examples({"fever": "no", "pain": "4", "age_years": "a"}),
            "grades": GRADES,
            "charts": example_charts(),
            "dose": ("2 sets", "30 seconds each side", "once a day"),
        },
    )


def example_charts() -> dict[str, object]:
    """One of each chart, with numbers made up to show what each can do."""
    pain = [
        Reading(DAY + timedelta(days=4 * n), value, 0.7)
        for n, value in enumerate([6, 6, 5, 6, 5, 4, None, 4, 3, 4, 3])
    ]
    walking = [Reading(DAY, 3), Reading(DAY + timedelta(days=14), 5), Reading(DAY + timedelta(days=40), 7)]
    lifting = [Reading(DAY, 2), Reading(DAY, 3), Reading(DAY + timedelta(days=28), 3)]
    matters = Matters(2, lower="clearly less pain", higher="clearly more pain")
    span = span_of(walking, lifting)
    weeks = [Bar(DAY + timedelta(weeks=n), value) for n, value in enumerate([2, 3, 5, 4, 0, 5])]
    days = [
        Bar(DAY + timedelta(days=n), taken, offered)
        for n, (taken, offered) in enumerate([(4, 10), (6, 12), (9, 12), (0, 2), (8, 11), (9, 12)])
    ]
    month = [Bar(DAY + timedelta(days=n), n * 7 % 11, 11) for n in range(28)]
    return {
        "pain": line_chart(
            pain,
            name="pain",
            title="Pain",
            matters=matters,
            markers=[
                Marker(DAY + timedelta(days=10), "harder plan"),
                Marker(DAY + timedelta(days=17), "flu"),
            ],
        ),
        "many": line_chart(
            [Reading(DAY + timedelta(days=n if n < 40 else n + 30), 3 + (n * 5 % 7) / 2) for n in range(80)],
            name="many",
            title="Many days, and a gap",
            longest_gap_days=7,
        ),
        "one": line_chart([Reading(DAY, 5, 1)], name="one", title="One reading", matters=matters),
        "none": line_chart([], name="none", title="No reading"),
        "activities": [
            line_chart(walking, name="walking", title="Walking to work", span=span, matters=Matters(2)),
            line_chart(lifting, name="lifting", title="Lifting the baby", span=span, matters=Matters(2)),
        ],
        "hip": line_chart(
            [Reading(DAY, -8, 5), Reading(DAY + timedelta(days=30), -1, 5)],
            name="hip",
            title="Hip extension, right",
            low=-20,
            high=20,
            unit="°",
            tone="muscle",
        ),
        "sessions": bar_chart(weeks, name="sessions", title="Sessions a week", target=4),
        "breaks": bar_chart(
            days, name="breaks", title="Breaks taken, of those offered", period="Day", counted="Taken"
        ),
        "month": bar_chart(month, name="month", title="A month of breaks", period="Day", counted="Taken"),
    }
