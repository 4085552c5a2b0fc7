"""A form saves what was changed on its page, and nothing that it only repeats."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from nextposture.knowledge import Urgency, load
from nextposture.record import check_ins
from nextposture.record.models import CheckIn
from nextposture.screening import screen

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
FIELD = re.compile(r"<input[^>]*>")


def fields(page: str) -> dict[str, list[str]]:
    """What a browser would send of a page's form: hidden fields, texts, and the chosen options."""
    found: dict[str, list[str]] = {}
    for one in FIELD.findall(page.partition('<form id="screen"')[2].partition("</form>")[0]):
        told = dict(re.findall(r'(\w+)="([^"]*)"', one))
        if "name" in told and (told["type"] in ("hidden", "text") or " checked" in one):
            found.setdefault(told["name"], []).append(told["value"])
    return found


def load_tab(client: Client, name: str = "S1") -> dict[str, list[str]]:
    return fields(client.get(f"/check-in/{name}/").content.decode())


def send(client: Client, tab: dict[str, Any], name: str = "S1", **more: Any) -> Any:
    tab |= {key: [value] for key, value in more.items() if key not in ("headers", "button")}
    return client.post(f"/check-in/{name}/", {**tab, **more.get("button", {})}, headers=more.get("headers"))


def answers() -> dict[str, Any]:
    return CheckIn.objects.get().answers


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_yes_of_another_tab_is_not_taken_back_by_a_form_that_repeats_no(
    owner_client: Client, headers: dict[str, str]
) -> None:
    send(owner_client, load_tab(owner_client), button={"none": "S1-1"})
    stale = load_tab(owner_client)
    send(owner_client, load_tab(owner_client), ces_saddle="true")
    reply = send(owner_client, stale, collapse="false", headers=headers)
    assert answers()["ces_saddle"] is True and answers()["collapse"] is False
    assert reply.headers.get("Location", "/check-in/stop/") == "/check-in/stop/"
    again = send(owner_client, stale, told="E01", headers=headers)
    if headers:
        assert 'id="q-ces_saddle" hx-swap-oob="true"' in again.content.decode(), "the tab shows the yes"


def test_none_of_these_does_not_take_back_what_it_could_not_see(owner_client: Client) -> None:
    send(owner_client, load_tab(owner_client), button={"none": "S1-2"})
    stale = load_tab(owner_client)
    send(owner_client, load_tab(owner_client), ces_saddle="true")
    # The script has filled in the answers that the button gives.
    filled = dict.fromkeys(("ces_saddle", "ces_bladder", "ces_bowel", "ces_sexual"), "false")
    send(owner_client, stale, **filled, button={"none": "S1-1"}, headers=HTMX)
    assert answers()["ces_saddle"] is True and answers()["ces_bladder"] is False


def test_answer_changed_on_the_page_is_saved_whatever_the_record_holds(owner_client: Client) -> None:
    send(owner_client, load_tab(owner_client), ces_saddle="false")
    tab = load_tab(owner_client)
    send(owner_client, load_tab(owner_client), ces_saddle="true")
    send(owner_client, tab, ces_saddle="dk", headers=HTMX)
    assert answers()["ces_saddle"] == "dk"


def test_page_that_saves_each_tap_keeps_up_with_itself(owner_client: Client) -> None:
    """After a tap the page carries the saved answer, so that repeating it is no change."""
    tab = load_tab(owner_client)
    reply = send(owner_client, tab, ces_saddle="false", headers=HTMX).content.decode()
    assert 'name="was-ces_saddle" id="was-ces_saddle" value="false" autocomplete="off" hx-swap-oob' in reply
    tab["check_in"] = [str(CheckIn.objects.get().pk)]
    tab["was-ces_saddle"] = ["false"]
    send(owner_client, load_tab(owner_client), ces_saddle="true")
    send(owner_client, tab, collapse="false", headers=HTMX)
    assert answers()["ces_saddle"] is True


def test_tap_on_a_pick_is_saved_even_if_the_page_showed_it_already(owner_client: Client) -> None:
    send(owner_client, load_tab(owner_client, "S3"), "S3", duration_days="14")
    tab = load_tab(owner_client, "S3")
    send(owner_client, load_tab(owner_client, "S3"), "S3", duration_days="90")
    send(owner_client, tab, "S3", button={"pick": "duration_days=14"}, headers=HTMX)
    assert answers()["duration_days"] == 14


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_value_clears_the_milder_one_that_was_there(
    owner_client: Client, headers: dict[str, str]
) -> None:
    tab = load_tab(owner_client)
    send(owner_client, tab, ces_saddle="true", headers=HTMX)
    told = {"ces_onset_days": "30", "ces_trend": "stable"}
    send(owner_client, load_tab(owner_client), **told, told="E01")
    check_in = CheckIn.objects.get()
    assert screen(load(), check_ins.screened_answers(load(), check_in)).urgency is Urgency.SAME_DAY
    tab = load_tab(owner_client)
    send(owner_client, tab, ces_onset_days="2 days", headers=headers)
    check_in.refresh_from_db()
    assert "ces_onset_days" not in check_in.answers
    assert screen(load(), check_ins.screened_answers(load(), check_in)).urgency is Urgency.EMERGENCY_NOW
    # Sent once more as it stands, it is refused once more.
    send(owner_client, tab, headers=headers)
    assert "ces_onset_days" not in answers()
