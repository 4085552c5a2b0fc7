"""Claims as shown: no line without its origin, and a search that finds what is there."""

import re

import pytest

from nextposture import knowledge
from nextposture.selfcare.evidence_lines import GRADES, ShownClaim, how_read, matching, shown

KNOWN = knowledge.load()
CLAIMS = [shown(claim, KNOWN.sources) for claim in KNOWN.claims.values()]


def by_id(name: str) -> ShownClaim:
    return next(claim for claim in CLAIMS if claim.id == name)


def test_every_statement_of_the_table_is_shown_with_its_source_or_as_a_judgement() -> None:
    for claim in CLAIMS:
        table = KNOWN.claims[claim.id]
        assert len(claim.pro) == len(table.pro)
        assert len(claim.con) == len(table.con)
        for line in claim.lines:
            assert line.says
            assert bool(line.source_id) == bool(line.cite)


def test_every_grade_in_use_has_a_word_and_a_shape_of_its_own() -> None:
    assert {claim.grade for claim in CLAIMS} <= set(GRADES)
    shapes = {(grade.circles, grade.struck) for grade in GRADES.values()}
    assert len(shapes) == len(GRADES) == len({grade.word for grade in GRADES.values()})


def test_search_wants_every_word_in_any_case_and_order() -> None:
    assert by_id("E05") in matching(CLAIMS, "PAIN breaks")
    assert by_id("E04") not in matching(CLAIMS, "PAIN breaks")
    assert matching(CLAIMS, "pain zebra") == ()
    assert matching(CLAIMS, "  ") == tuple(CLAIMS)


@pytest.mark.parametrize("query", ["e05", "waongenngarm", "very low certainty", "desk"])
def test_search_looks_through_ids_sources_grades_and_topics(query: str) -> None:
    assert matching(CLAIMS, query)


@pytest.mark.parametrize(
    ("provenance", "words"),
    [
        ("V(abstract)", "Read: abstract."),
        ("V(design, thresholds); pooled numbers M", "Read: design, thresholds; pooled numbers from memory."),
        (
            "V-exists; feature list V(CG75 key priorities)",
            "Record seen; the numbers are from memory; feature list read in CG75 key priorities.",
        ),
        ("V-exists", "Record seen; the numbers are from memory."),
        ("M (DOI from article A)", "From memory; still to be checked."),
        ("M", "From memory; still to be checked."),
    ],
)
def test_how_a_source_was_read(provenance: str, words: str) -> None:
    assert how_read(provenance) == words


def test_every_source_says_how_it_was_read() -> None:
    for source in KNOWN.sources.values():
        assert not re.search(r"[()]|\b[VM]\b|-exists", how_read(source.provenance)), source
