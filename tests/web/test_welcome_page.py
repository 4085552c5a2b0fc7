"""The first page: what this is, in five lines, and the way in."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as

from nextposture.knowledge import load
from nextposture.record.people import owner


def test_says_what_it_is_and_is_not_in_five_lines(owner_client: Client) -> None:
    page = owner_client.get("/").content.decode()
    lines = re.search(r'<ol class="lines">(.*?)</ol>', page, re.DOTALL)
    assert lines
    assert lines[1].count("<li>") == 5
    assert "not a diagnosis" in page
    assert "stay on this computer" in page


def test_someone_who_has_checked_in_lands_on_today_and_can_still_read_it(owner_client: Client) -> None:
    check_in_as(owner(), "sitter")
    assert owner_client.get("/").headers["location"] == "/today/"
    assert "not a diagnosis" in owner_client.get("/welcome/").content.decode()


def test_every_page_carries_the_danger_signs_the_disclaimer_and_who_reviewed_it(owner_client: Client) -> None:
    for path in ("/", "/evidence/"):
        page = owner_client.get(path, headers={"accept-language": "en-GB"}).content.decode()
        assert 'href="tel:999"' in page
        assert "Loss of bowel control or feeling" in page
        assert "not a substitute for professional advice" in page
        assert "No registered clinician has reviewed this content yet" in page
        assert '<html lang="en-GB">' in page


def test_content_past_its_date_says_so_above_every_page(
    owner_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = load().release.review_by
    for today, due in ((day, False), (day + timedelta(days=1), True)):
        monkeypatch.setattr(timezone, "localdate", lambda day=today: day)
        for path in ("/welcome/", "/evidence/"):
            page = owner_client.get(path).content.decode()
            assert ("due for review by" in page.partition("<main")[0]) is due
