"""A slip in a table stops the program with the file and the line of the slip."""

from collections.abc import Callable

import pytest

from nextposture.knowledge import KnowledgeError, load
from nextposture.knowledge.loading import TABLES, content_hash, join
from nextposture.knowledge.reading import Table, read_text, table_text


def tables_with(name: str, change: Callable[[str], str]) -> dict[str, Table]:
    texts = {table: table_text(table) for table in TABLES}
    changed = change(texts[name])
    assert changed != texts[name], "the change found nothing to change"
    return {table: read_text(f"{table}.yaml", text) for table, text in (texts | {name: changed}).items()}


def line_of(name: str, marker: str) -> int:
    lines = table_text(name).splitlines()
    return next(number for number, line in enumerate(lines, start=1) if marker in line)


SLIPS = [
    # table, marker of the line, what stands there, what is put there, what the message must say
    (
        "danger_signs",
        "{id: E08,",
        "[eq, chest_breath, true]",
        "[eq, chest_breth, true]",
        "input 'chest_breth'",
    ),
    ("danger_signs", "{id: E08,", "[eq, chest_breath, true]", "[is, chest_breath, true]", "operator 'is'"),
    ("danger_signs", "{id: E08,", "[eq, chest_breath, true]", "[eq, chest_breath, 1]", "true or false"),
    ("danger_signs", "{id: E08,", "[eq, chest_breath, true]", "[ge, chest_breath, 1]", "numeric"),
    ("danger_signs", "{id: E08,", "sources: [NHS_BACK]", "sources: [NHS_BAK]", "source 'NHS_BAK'"),
    ("danger_signs", "{id: E08,", "level: EMERGENCY_NOW", "level: EMERGENCY", "urgency 'EMERGENCY'"),
    ("danger_signs", "{id: S14,", "id: S14", "id: S13", "twice"),
    ("danger_signs", "{id: E01,", "ces_core,", "ces_cor,", "named condition 'ces_cor'"),
    ("danger_signs", "{id: X12,", "EX_HIP_THRUST", "EX_HIPTHRUST", "item 'EX_HIPTHRUST'"),
    ("danger_signs", "{id: W04,", "[ge, duration_days, 28]", "[ge, duration_days, -28]", "from 0 to 36500"),
    (
        "danger_signs",
        "{id: E03,",
        "[eq, leg_weakness, both]",
        "[eq, leg_weakness, two]",
        "one of none, one, both",
    ),
    ("danger_signs", "frac_2:", "[at_least, 2,", "[at_least, 9,", "at_least needs a count"),
    ("inputs", "nrs_now:", "range: [0, 10]", "range: [10, 0]", "backwards"),
    ("inputs", "nrs_now:", "type: scale", "type: scal", "'bool', 'int', 'number', 'scale'"),
    ("inputs", "fever:", "mandatory: true, ", "", "must be mandatory"),
    ("inputs", "job_type:", "any_other: other", "any_other: else", "no choice"),
    ("factors", "{id: F_SLEEP,", "claim: E14", "claim: E99", "claim 'E99'"),
    ("factors", "{id: F_SLEEP,", "grade: low", "grade: lowish", "Input should be"),
    ("evidence", "{id: E12,", "source: WALKBACK2024", "source: WALKBACK", "source 'WALKBACK'"),
    ("evidence", "{id: E12,", "id: E12", "id: E11", "twice"),
    ("measures", "low_start:", "start_at_most: 3", "start_at_most: three", "valid number"),
    ("plan", "SAME_DAY: {plan: none", "P_EDU_SAFETY", "P_EDU_SAFE", "item 'P_EDU_SAFE'"),
    ("plan", "{id: SEL3,", "F_WORKSTATION", "F_WORKPLACE", "factor 'F_WORKPLACE'"),
    (
        "items",
        "hold_s: {start: 8, allowed: [8, 30]}",
        "hold_s: {start: 8",
        "hold_s: {start: 80",
        "outside 8 to 30",
    ),
    ("screens", "  trauma_days: [eq", "trauma_major", "trauma", "input 'trauma'"),
]


@pytest.mark.parametrize(("table", "marker", "old", "new", "says"), SLIPS)
def test_a_slip_names_file_line_and_fault(table: str, marker: str, old: str, new: str, says: str) -> None:
    number = line_of(table, marker)

    def change(text: str) -> str:
        lines = text.split("\n")
        lines[number - 1] = lines[number - 1].replace(old, new, 1)
        return "\n".join(lines)

    with pytest.raises(KnowledgeError) as caught:
        join(tables_with(table, change), "")
    message = str(caught.value)
    assert message.startswith(f"{table}.yaml:{number}:"), message
    assert says in message


def test_a_key_written_twice_is_refused() -> None:
    with pytest.raises(KnowledgeError, match=r"^t\.yaml:2: the key 'a' appears twice"):
        read_text("t.yaml", "a: 1\na: 2")


def test_a_danger_sign_defined_by_itself_is_refused() -> None:
    def change(text: str) -> str:
        return text.replace("  cancer_any: [in, cancer, [past, current]]", "  cancer_any: [not, cancer_any]")

    with pytest.raises(KnowledgeError, match="defined by itself"):
        join(tables_with("danger_signs", change), "")


def test_a_mandatory_question_that_no_screen_asks_is_refused() -> None:
    with pytest.raises(KnowledgeError, match="self_harm is mandatory, and no screen asks it"):
        join(
            tables_with(
                "screens",
                lambda text: text.replace("[self_harm]", "[immunosuppressed]").replace(
                    "immunosuppressed, diabetes,", "diabetes,"
                ),
            ),
            "",
        )


def test_a_question_asked_one_by_one_belongs_to_its_group() -> None:
    with pytest.raises(KnowledgeError, match="unknown input of the group 'hernia'"):
        join(
            tables_with(
                "screens", lambda text: text.replace("one_by_one: [diabetes]", "one_by_one: [hernia]")
            ),
            "",
        )


def test_norway_is_a_country_and_not_a_falsehood() -> None:
    assert load().emergency_numbers["NO"].emergency == "113"


def test_every_question_is_asked_on_at_most_seven_screens() -> None:
    questions = load().questions
    asked = {name for screen in questions.screens for name in screen.inputs}
    assert len(questions.screens) <= 7
    assert len(asked | questions.computed) == 85
    assert not asked & questions.computed


def test_the_hash_covers_every_table_and_the_review_is_open() -> None:
    knowledge = load()
    assert knowledge.hash == content_hash() and len(knowledge.hash) == 64
    assert knowledge.release.reviewed_by is None


def test_every_item_has_steps_a_grade_and_a_known_source() -> None:
    knowledge = load()
    for item in knowledge.items.values():
        assert item.steps and item.summary, item.id
        assert knowledge.grade_of(item), item.id
        assert all(source in knowledge.sources for source in item.sources), item.id
