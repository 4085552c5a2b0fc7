"""Telephone numbers that can be tapped, read from how the table writes them."""

import re

import pytest

from nextposture import knowledge
from nextposture.selfcare.phone_numbers import PhoneNumber, phone_numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ()),
        ("999", (PhoneNumber("999"),)),
        ("112 or 10177", (PhoneNumber("112"), PhoneNumber("10177"))),
        ("1800 022 222 (healthdirect)", (PhoneNumber("1800 022 222", "healthdirect"),)),
        (
            "116 123 (Samaritans); 111 option 2 for a mental health crisis",
            (
                PhoneNumber("116 123", "Samaritans"),
                PhoneNumber("111", "", "option 2 for a mental health crisis"),
            ),
        ),
    ],
)
def test_reading(text: str, numbers: tuple[PhoneNumber, ...]) -> None:
    assert phone_numbers(text) == numbers


@pytest.mark.parametrize(
    ("shown", "href"),
    [("116 123", "tel:116123"), ("9-8-8", "tel:988"), ("#7119", "tel:%237119"), ("+44 20", "tel:+4420")],
)
def test_link(shown: str, href: str) -> None:
    assert phone_numbers(shown)[0].href == href


def test_text_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="no telephone number"):
        phone_numbers("ask a friend")


def test_every_number_of_the_table_can_be_dialled() -> None:
    known = knowledge.load()
    for row in (*known.emergency_numbers.values(), known.emergency_numbers_elsewhere):
        assert phone_numbers(row.emergency), row.country
        for number in (*phone_numbers(row.emergency), *phone_numbers(row.urgent), *phone_numbers(row.crisis)):
            assert re.fullmatch(r"tel:(%23|\+)?\d{2,15}", number.href), (row.country, number)
