"""Records of anything that the record's tables can hold, made from the tables' own fields.

A table that is added later is filled too, so a round trip over these records covers it from its first day.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ForeignKey

from nextposture.interop.kept import Kept, kept_tables
from nextposture.knowledge import load
from nextposture.knowledge.inputs import Input
from nextposture.record.models import Person
from tests.history import EXAMPLE

WORDS = (
    "plain",
    "zwölf Grad",
    "=1+1",
    "“quoted”, with a comma",
    "two\nlines",
    "\U0001f9b4",
    "<b>&amp;",
    "#panic()",
)


def fill(person: Person, chance: random.Random, most: int = 4) -> None:
    """Give the person up to `most` rows in each table; rows that the database refuses are left out."""
    made: dict[str, list[Any]] = {}
    for table in kept_tables():
        if table.model is Person:
            at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**13))
            Person.objects.filter(pk=person.pk).update(created_at=at)
            continue
        made[table.name] = []
        for _ in range(chance.randrange(most + 1)):
            row = _row(person, table, made, chance)
            if row is None:
                continue
            try:
                with transaction.atomic():
                    row.save(force_insert=True)
            except IntegrityError:
                continue
            made[table.name].append(row)
    person.refresh_from_db()


def _row(person: Person, table: Kept, made: dict[str, list[Any]], chance: random.Random) -> Any:
    values: dict[str, Any] = {table.owner: person} if "__" not in table.owner else {}
    for field in table.fields:
        if isinstance(field, ForeignKey):
            there = made.get(field.related_model.__name__, [])
            if field.null and (not there or chance.random() < 0.4):
                values[field.name] = None
            elif there:
                values[field.name] = chance.choice(there)
            else:
                return None
            continue
        values[field.name] = _value(table.name, field, chance)
    return table.model(**values)


def _value(table: str, field: models.Field[Any, Any], chance: random.Random) -> Any:
    special = SPECIAL.get((table, field.name))
    if special is not None:
        return special(chance)
    if field.null and chance.random() < 0.4:
        return None
    if field.choices:
        return chance.choice([value for value, _ in field.flatchoices] + ([""] if field.blank else []))
    for _ in range(50):
        value = _plain(field, chance)
        try:
            field.run_validators(value)
        except ValidationError:
            continue
        if value != "" or field.blank:
            return value
    raise AssertionError(f"no value for {table}.{field.name}")


def _plain(field: models.Field[Any, Any], chance: random.Random) -> Any:
    if isinstance(field, models.BooleanField):
        return chance.random() < 0.5
    if isinstance(field, models.IntegerField):
        return chance.randrange(11)
    if isinstance(field, models.FloatField):
        return chance.choice([chance.uniform(0, 10), 0.1 + 0.2, 3.0, 0.0])
    if isinstance(field, models.DateTimeField):
        return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**14))
    if isinstance(field, models.DateField):
        return date(2025, 1, 1) + timedelta(days=chance.randrange(900))
    if isinstance(field, models.TimeField):
        return time(chance.randrange(24), chance.randrange(60), chance.randrange(60), chance.randrange(10**6))
    if isinstance(field, models.UUIDField):
        return UUID(int=chance.getrandbits(128), version=4)
    if isinstance(field, models.JSONField):
        return _json(chance, 3)
    if isinstance(field, (models.CharField, models.TextField)):
        return chance.choice(WORDS)[: field.max_length or 1000]
    raise AssertionError(f"no way to make a {type(field).__name__}")


def _json(chance: random.Random, depth: int) -> dict[str, Any]:
    leaves = [None, True, 0, -3, 0.1, 1e-9, 2**40, "", *WORDS]
    below = _json(chance, depth - 1) if depth else {}
    return {"a": chance.choice(leaves), "list": [chance.choice(leaves), below], "": below}


def _answers(chance: random.Random) -> dict[str, Any]:
    def one(asked: Input) -> Any:
        if chance.random() < 0.2:
            return chance.choice(["dk", "pna", None])
        if asked.type == "bool":
            return chance.random() < 0.5
        if asked.type == "choice":
            return chance.choice(list(asked.choices))
        low, high = asked.limits
        return (
            round(chance.uniform(low, high)) if asked.type == "int" else round(chance.uniform(low, high), 2)
        )

    names = chance.sample(sorted(load().inputs), chance.randrange(12))
    return {name: one(load().inputs[name]) for name in names}


def _result(chance: random.Random) -> dict[str, Any]:
    states = ["present", "possible", "absent", "unknown"]
    factors = {one.id: chance.choice(states) for one in load().factors.factors}
    reason = {
        "id": "RF1",
        "kind": "rule",
        "level": chance.choice(["SAME_DAY", "SELF_CARE", None]),
        "why": "why",
        "plain": chance.choice(WORDS),
        "sources": ["M"],
        "inputs": ["fever"],
        "condition": None,
        "route": None,
    }
    blocked = [{"exercise": "EX_PLANK", "because": [["B1", "words"]]}]
    return {"reasons": [reason], "routes": [], "blocked": blocked, "ignored": [], "factors": factors}


def _items(chance: random.Random) -> list[dict[str, Any]]:
    names = chance.sample(sorted(load().items), chance.randrange(4))
    dose = {"sets": 2, "hold_s": 30, "days_per_week": 5}
    return [
        {"id": name, "dose": dose, "reasons": [chance.choice(WORDS)], "optional": False} for name in names
    ]


def _choices(chance: random.Random) -> list[dict[str, Any]]:
    return [{"id": one["id"], "reasons": one["reasons"]} for one in _items(chance)]


def _definition(_: random.Random) -> Any:
    return json.loads(EXAMPLE.read_text())


# What JSON fields hold that an import looks into.
SPECIAL: dict[tuple[str, str], Callable[[random.Random], Any]] = {
    ("CheckIn", "answers"): _answers,
    ("Outcome", "result"): _result,
    ("Outcome", "urgency"): lambda chance: chance.choice(["SELF_CARE", "WITHIN_2_WEEKS", "EMERGENCY_NOW"]),
    ("Outcome", "status"): lambda chance: chance.choice(["complete", "incomplete"]),
    ("CarePlan", "items"): _items,
    ("CarePlan", "later"): _choices,
    ("CarePlan", "left_out"): _choices,
    ("CarePlan", "phase"): lambda chance: chance.choice(["building", "maintenance"]),
    ("PlanChange", "rule"): lambda chance: chance.choice(["PR1", "PR4", "PR8"]),
    ("PlanChange", "changes"): lambda chance: [],
    ("PlanChange", "before"): _items,
    ("PlanChange", "after"): _items,
    ("PlanDecision", "dose"): lambda chance: chance.choice([{}, {"sets": 2, "reps": 10}]),
    ("PlanDecision", "exercise"): lambda chance: {},
    ("PainMap", "regions"): lambda chance: chance.choice([[], ["low_back_left"]]),
    ("Session", "steps"): lambda chance: [],
    ("Session", "position"): lambda chance: 0,
    ("Questionnaire", "definition"): _definition,
    ("QuestionnaireResponse", "response"): lambda chance: {
        "resourceType": "QuestionnaireResponse",
        "status": "completed",
    },
    ("QuestionnaireResponse", "scores"): lambda chance: [
        {"link_id": "s", "text": "Score", "value": chance.choice([None, 3, 2.5])}
    ],
}
