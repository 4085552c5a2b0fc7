"""Questionnaires that were brought, and their answers over time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from nextposture.record.models import Person, Questionnaire, QuestionnaireResponse


@transaction.atomic
def add(
    person: Person, definition: Mapping[str, Any], *, title: str, url: str, version: str
) -> Questionnaire:
    """Keep a questionnaire; the very same one twice is one, and one that was taken away comes back."""
    for one in Questionnaire.objects.filter(person=person, url=url, version=version, title=title):
        if one.definition == definition:
            one.dropped_at = None
            one.save(update_fields=["dropped_at"])
            return one
    return Questionnaire.objects.create(
        person=person, definition=dict(definition), title=title, url=url, version=version
    )


def current(person: Person) -> list[Questionnaire]:
    """The questionnaires that were not taken away."""
    return list(Questionnaire.objects.filter(person=person, dropped_at=None))


def find(person: Person, key: UUID) -> Questionnaire | None:
    """The person's questionnaire with this key, unless it was taken away."""
    return Questionnaire.objects.filter(person=person, key=key, dropped_at=None).first()


def drop(questionnaire: Questionnaire, now: datetime) -> None:
    """Take a questionnaire away; its answers are kept."""
    Questionnaire.objects.filter(pk=questionnaire.pk, dropped_at=None).update(dropped_at=now)


def answer(
    questionnaire: Questionnaire,
    key: UUID,
    response: Mapping[str, Any],
    scores: list[dict[str, Any]],
    at: datetime,
) -> QuestionnaireResponse:
    """Keep a filled-in questionnaire; the same key twice, the first counts."""
    values = {"response": dict(response), "scores": scores, "at": at}
    return QuestionnaireResponse.objects.get_or_create(questionnaire=questionnaire, key=key, defaults=values)[
        0
    ]


def responses(questionnaire: Questionnaire) -> QuerySet[QuestionnaireResponse]:
    """What was answered, the oldest first."""
    return QuestionnaireResponse.objects.filter(questionnaire=questionnaire).order_by("at", "pk")
