"""A person's record as a check-in on the server makes it."""

from __future__ import annotations

from nextposture import knowledge
from nextposture.record import check_ins
from nextposture.record.models import Outcome, Person
from tests.clinical.cases import answers_of, vignettes


def check_in(person: Person, case: str = "P21") -> Outcome:
    """A finished check-in with the answers of a vignette (default: eight weeks of pain, ROUTINE_PHYSIO)."""
    answers = next(answers_of(one) for one in vignettes() if one.id == case)
    opened = check_ins.open_check_in(person)
    check_ins.save_answers(knowledge.load(), opened, lambda _: answers)
    return check_ins.finish(knowledge.load(), opened)
