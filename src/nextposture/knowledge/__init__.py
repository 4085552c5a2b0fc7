"""What is known: tables of danger signs, factors, exercises and evidence, typed and checked when loaded."""

from nextposture.knowledge.answers import AnswerError, Answers, Value, check_answer, check_answers
from nextposture.knowledge.danger_signs import Urgency
from nextposture.knowledge.loading import Knowledge, load
from nextposture.knowledge.reading import KnowledgeError

__all__ = [
    "AnswerError",
    "Answers",
    "Knowledge",
    "KnowledgeError",
    "Urgency",
    "Value",
    "check_answer",
    "check_answers",
    "load",
]
