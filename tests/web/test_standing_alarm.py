"""An emergency that was told stays in sight, wherever the person goes, and a guessed number says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinical.cases import base_clear

from nextposture.knowledge import load
from nextposture.record import check_ins
from nextposture.record.models import CheckIn
from nextposture.record.people import owner
from nextposture.selfcare.check_in import settle

pytestmark = pytest.mark.django_db
STOP = "/check-in/stop/"


def begun(**other: Any) -> CheckIn:
    """An open check-in with these answers."""
    check_in = check_ins.open_check_in(owner())
    check_ins.save_answers(load(), check_in, lambda _: settle(load(), {}, other))
    return check_in


@pytest.mark.parametrize("address", ["/", "/check-in/"])
def test_open_emergency_leads_to_the_red_page(owner_client: Client, address: str) -> None:
    begun(chest_breath=True)
    reply = owner_client.get(address, follow=True)
    assert reply.redirect_chain[-1][0] == STOP
    assert "Get emergency help now" in reply.content.decode()


@pytest.mark.parametrize("address", ["/welcome/", "/progress/", "/today/", "/session/"])
def test_open_emergency_stands_first_on_other_pages(owner_client: Client, address: str) -> None:
    begun(chest_breath=True)
    page = owner_client.get(address, follow=True).content.decode()
    main = page[page.index("<main") :]
    assert "mergency" in main[: main.index("</p>")]


@pytest.mark.parametrize("address", ["/result/", "/plan/"])
def test_open_emergency_takes_the_place_of_result_and_plan(owner_client: Client, address: str) -> None:
    begun(ces_saddle=True)
    page = owner_client.get(address).content.decode()
    assert "emergency-page" in page and "to be checked for cauda equina syndrome" in page
    assert "Start with the danger signs" not in page


def test_before_there_was_a_plan_none_is_called_on_hold(owner_client: Client) -> None:
    begun(fever=True)
    page = owner_client.get("/plan/").content.decode()
    assert "There is no plan yet." in page and "on hold" not in page and "urgent-care line today" in page


@pytest.mark.parametrize("address", ["/today/", "/session/", "/result/"])
def test_first_check_in_that_asks_for_a_doctor_offers_the_way_back_and_no_last_result(
    owner_client: Client, address: str
) -> None:
    begun(fever=True)
    page = owner_client.get(address).content.decode()
    assert "Speak to a doctor" in page and "Go back to the check-in" in page
    assert "Your last result" not in page and "not lost" not in page


def test_begun_check_in_is_gone_on_with_from_the_empty_result(owner_client: Client) -> None:
    begun(chest_breath=False)
    assert "Go on with the check-in" in owner_client.get("/result/").content.decode()


def test_emergency_of_an_outdated_check_in_stays_above_the_way_on(owner_client: Client) -> None:
    check_in = begun(chest_breath=True)
    check_in.danger_signs_since = timezone.now() - timedelta(days=3)
    check_in.save()
    page = owner_client.get("/check-in/").content.decode()
    assert page.index("data-alarm") < page.index("<h1") and "Go on with the check-in" in page


def test_emergency_of_the_last_result_stands_above_a_new_check_in(owner_client: Client) -> None:
    check_in = begun(**{**base_clear(), "chest_breath": True})
    check_ins.finish(load(), check_in)
    page = owner_client.get("/check-in/").content.decode()
    assert page.index("data-alarm") < page.index("<h1") and 'href="/today/"' in page


def test_without_an_emergency_nothing_is_red(owner_client: Client) -> None:
    begun(chest_breath=False)
    for address in ("/", "/check-in/", "/welcome/", "/progress/"):
        assert "data-alarm" not in owner_client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/welcome/", "/check-in/S7/", STOP])
def test_guessed_number_says_so_with_112_beside_it(owner_client: Client, address: str) -> None:
    begun(chest_breath=True)
    page = owner_client.get(address, headers={"Accept-Language": "en-US"}).content.decode()
    assert "a guess from your browser’s language" in page and 'href="/emergency/#country"' in page
    assert 'href="tel:911"' in page and 'href="tel:112"' in page
    owner_client.get("/emergency/?country=US")
    page = owner_client.get(address, headers={"Accept-Language": "en-US"}).content.decode()
    assert "a guess" not in page and 'href="tel:112"' not in page


def test_emergency_page_leads_with_numbers_to_tap(owner_client: Client) -> None:
    begun(chest_breath=True)
    page = owner_client.get(STOP).content.decode()
    main = page[page.index("<main") :]
    assert main.index('href="tel:') < main.index("<ol")
    assert "being seen early helps" in main
