"""The main navigation: every place is one tap away and says where one is."""

import re

import pytest
from django.test import Client


def current(page: str) -> list[tuple[str, str]]:
    return re.findall(r'aria-current="(\w+)">([^<]+)</a>', page)


def test_every_place_opens(owner_client: Client) -> None:
    nav = re.search(r"<nav.*?</nav>", owner_client.get("/").content.decode(), re.DOTALL)
    assert nav
    addresses = re.findall(r'href="([^"]+)"', nav[0])
    assert len(addresses) == 7
    for address in addresses:
        assert owner_client.get(address, follow=True).status_code == 200, address


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("/", []),
        ("/evidence/", [("page", "Evidence")]),
        ("/today/", [("page", "Today")]),
        ("/check-in/S2/", [("true", "Check-in")]),
    ],
)
def test_marks_where_one_is(owner_client: Client, path: str, marked: list[tuple[str, str]]) -> None:
    assert current(owner_client.get(path).content.decode()) == marked
