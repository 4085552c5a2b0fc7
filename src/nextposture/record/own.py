"""What is known for one person: the tables, and the exercises of a clinic's own that they were given."""

from __future__ import annotations

import json

from nextposture.knowledge import Knowledge, load
from nextposture.knowledge.own import PREFIX, own_from_json, own_id, with_own
from nextposture.record.models import Person, PlanDecision


def known_to(person: Person, known: Knowledge | None = None) -> Knowledge:
    """The tables with the person's own exercises. One that these tables cannot read is left out."""
    rows = PlanDecision.objects.filter(person=person, item__startswith=PREFIX).values_list("item", "exercise")
    read = [
        own_from_json(json.dumps(data, ensure_ascii=False)) for item, data in rows if own_id(data) == item
    ]
    return with_own(known or load(), [one for one in read if one is not None])
