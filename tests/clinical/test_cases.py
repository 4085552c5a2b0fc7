"""Every clinical case comes out as the table of cases says."""

import pytest

from nextposture.knowledge import load
from tests.clinical.cases import Case, answers_of, examine, rule_coverage, vignettes, wrong


@pytest.mark.parametrize("case", [*vignettes(), *rule_coverage()], ids=lambda case: case.id)
def test_case_comes_out_as_expected(case: Case) -> None:
    assert wrong(case.expected, examine(load(), answers_of(case))) == []


def test_status_is_checked_even_where_a_case_does_not_name_it() -> None:
    assert {case.expected.status for case in vignettes()} == {"complete", "incomplete"}
