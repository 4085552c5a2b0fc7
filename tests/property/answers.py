"""Strategies for what people may answer."""

from hypothesis import strategies as st

from nextposture.knowledge import Value, load
from nextposture.knowledge.inputs import Input
from tests.clinical.cases import base_clear

KNOWLEDGE = load()
UNKNOWNS: list[Value] = [None, "dk", "pna"]
SCREENED = [KNOWLEDGE.inputs[name] for screen in KNOWLEDGE.questions.screens for name in screen.inputs]


def answer_to(question: Input) -> st.SearchStrategy[Value]:
    """Any value the question can take, an unknown included."""
    unknown = st.sampled_from(UNKNOWNS if question.mandatory else [*UNKNOWNS, "na"])
    if question.type == "bool":
        return st.one_of(st.booleans(), unknown)
    if question.type == "choice":
        return st.one_of(st.sampled_from(sorted(question.choices)), unknown)
    low, high = question.limits
    return st.one_of(st.integers(int(low), min(int(high), 400)), unknown)


def answers_to(questions: list[Input]) -> st.SearchStrategy[dict[str, Value]]:
    """Every one of the questions, answered or left open in any way."""
    return st.fixed_dictionaries({one.id: answer_to(one) for one in questions})


def clear_but_for(questions: list[Input], most: int = 8) -> st.SearchStrategy[dict[str, Value]]:
    """A clear person with a few answers changed: nearer to what people give."""
    few = st.lists(st.sampled_from(questions), max_size=most, unique_by=lambda one: one.id)
    return few.flatmap(answers_to).map(lambda some: {**base_clear(), **some})


anyone_screened = st.one_of(answers_to(SCREENED), clear_but_for(SCREENED))
anyone = st.one_of(
    answers_to(list(KNOWLEDGE.inputs.values())), clear_but_for(list(KNOWLEDGE.inputs.values()), most=25)
)
