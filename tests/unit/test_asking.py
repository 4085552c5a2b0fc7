"""A slip in the tables of the pages stops the program with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from nextposture.knowledge import KnowledgeError, asking, result_words
from nextposture.knowledge.reading import Table, read_text, table_text


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Read the tables with one text in place of another."""

    def replaced(old: str, new: str) -> None:
        def read(name: str) -> Table:
            text = table_text(name)
            return read_text(f"{name}.yaml", text.replace(old, new, 1) if old in text else text)

        for module in (asking, result_words):
            monkeypatch.setattr(module, "read_table", read)

    asking.asking.cache_clear()
    result_words.result_words.cache_clear()
    yield replaced
    monkeypatch.undo()
    asking.asking.cache_clear()
    result_words.result_words.cache_clear()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("inputs: [job_type,", "inputs: [job_tpye,", "unknown input 'job_tpye'"),
        ("points: [ws1,", "points: [ws7,", "unknown input 'ws7'"),
        ("  office: {sitting", "  offfice: {sitting", "unknown kind of day 'offfice'"),
        ("  sleep_hours: [{value", "  sleep_hour: [{value", "unknown input 'sleep_hour'"),
        ('fold: "I drive"', 'foldd: "I drive"', "foldd"),
    ],
)
def test_slip_in_what_is_asked(change: Callable[[str, str], None], old: str, new: str, message: str) -> None:
    change(old, new)
    with pytest.raises(KnowledgeError) as slip:
        asking.asking()
    assert str(slip.value).startswith("asking.yaml:") and message in str(slip.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  F_SMOKE:", "  F_SMOK:", "must be both a factor and in this table"),
        ("  SELF_CARE: {word", "  SELF: {word", "unknown urgency"),
        ('    possible: "You drive about', '    # "You drive about', "F_DRIVE lacks words for a state"),
    ],
)
def test_slip_in_what_a_result_says(
    change: Callable[[str, str], None], old: str, new: str, message: str
) -> None:
    change(old, new)
    with pytest.raises(KnowledgeError) as slip:
        result_words.result_words()
    assert str(slip.value).startswith("result_words.yaml:") and message in str(slip.value)
