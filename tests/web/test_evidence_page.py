"""All claims with grade, for, against and sources; found by searching without script."""

import re

import pytest
from django.template import Context, Template
from django.test import Client

from nextposture import knowledge


def test_every_claim_has_its_place_to_link_to(owner_client: Client) -> None:
    page = owner_client.get("/evidence/").content.decode()
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(knowledge.load().claims) <= set(ids)


def test_every_link_within_the_page_leads_somewhere(owner_client: Client) -> None:
    page = owner_client.get("/evidence/").content.decode()
    targets = set(re.findall(r'href="#([^"]+)"', page))
    assert len(targets) > 20
    assert targets <= set(re.findall(r'id="([^"]+)"', page))


def test_search_without_script(owner_client: Client) -> None:
    page = owner_client.get("/evidence/", {"q": "standing desk"}).content.decode()
    assert 'id="E08"' in page
    assert 'id="E12"' not in page
    assert 'value="standing desk"' in page


def test_search_that_finds_nothing_says_so_and_what_to_try(owner_client: Client) -> None:
    page = owner_client.get("/evidence/", {"q": "<b>zebra</b>"}).content.decode()
    assert "No claim holds all of those words" in page
    assert "<b>zebra" not in page


def test_badge_links_to_its_claim_and_to_no_place_that_is_missing(owner_client: Client) -> None:
    page = owner_client.get("/evidence/").content.decode()
    for name in knowledge.load().claims:
        badge = Template(f'{{% load evidence %}}{{% evidence "{name}" %}}').render(Context())
        for target in re.findall(r'href="/evidence/#([^"]+)"', badge):
            assert f'id="{target}"' in page
        assert f'href="/evidence/#{name}"' in badge


def test_unknown_claim_is_an_error_not_an_empty_badge() -> None:
    with pytest.raises(KeyError):
        Template('{% load evidence %}{% evidence "E99" %}').render(Context())
