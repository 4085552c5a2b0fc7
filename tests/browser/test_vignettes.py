"""Every told case, entered as a person would and read from the pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.answering import Person, forget_all, read
from tests.clinical.cases import Case, answers_of, vignettes, wrong
from tests.live_server import LiveServer
from tests.watched_page import watched

CASES = {case.id: case for case in vignettes()}
DATED_AND_DENIED = "P25"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all cases."""
    server = LiveServer(Path(tmp_path_factory.mktemp("vignettes"))).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def signed_in(server: LiveServer, chromium: Browser) -> Iterator[Page]:
    """One browser page, signed in once, on a phone."""
    context = chromium.new_context(
        base_url=server.origin,
        locale="en-GB",
        viewport={"width": 390, "height": 844},
        reduced_motion="reduce",
    )
    with watched(context, server.origin) as page:
        page.goto(server.link)
        yield page
    context.close()


@pytest.fixture
def page(server: LiveServer, signed_in: Page) -> Page:
    """The page, with an empty record."""
    forget_all(server)
    return signed_in


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_case_through_the_pages(page: Page, case: Case) -> None:
    person = Person(page, answers_of(case))
    if case.id == DATED_AND_DENIED:
        page.goto("/check-in/")
        date_a_change_and_deny_it(person)
        person.danger_signs()
        person.sitting()
    else:
        person.fill_in()
    found = read(page)
    assert wrong(case.expected, found) == []
    if found.urgency == "EMERGENCY_NOW":
        assert person.stopped > 0, "an emergency must show before the form is complete"
        assert found.plan == ()


def date_a_change_and_deny_it(person: Person) -> None:
    """Say yes, date it, go on, come back and say no: both answers must still be in view."""
    page = person.page
    person.answer("S1", "ces_saddle", True)
    person.answer("S1", "ces_onset_days", person.answers["ces_onset_days"])
    person.go_on()
    page.get_by_role("link", name="Back", exact=True).click()
    person.answer("S1", "ces_saddle", False)
    person.answer("S1", "ces_bladder", False)
    person.answer("S1", "ces_bowel", False)
    expect(page.locator('[data-contradiction="K04"]')).to_be_visible()
    expect(page.locator('[data-input="ces_onset_days"]')).to_contain_text("Is it still right?")
    assert page.locator('[data-input="ces_onset_days"] [data-number]').input_value() == "3"
