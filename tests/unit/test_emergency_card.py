"""The safety-net card taken apart for the page, and whose numbers it shows."""

import pytest
from django.test import RequestFactory

from nextposture import knowledge
from nextposture.selfcare.emergency_card import CardPart, card_part, card_parts, numbers_for


def test_line_with_signs() -> None:
    assert card_part("Go now if: chest pain; fainting.") == CardPart("Go now if", ("Chest pain", "Fainting"))


def test_line_with_words_to_say() -> None:
    assert card_part("Say this: 'It hurts; help.'") == CardPart("Say this", words="It hurts; help.")


def test_plain_line() -> None:
    assert card_part("Come back any time.") == CardPart("Come back any time.")


def test_no_sign_of_the_table_is_lost() -> None:
    shown = " ".join(" ".join((part.heading, *part.signs, part.words)) for part in card_parts()).casefold()
    for line in knowledge.load().safety_net_card:
        for word in line.casefold().replace(":", " ").replace(";", " ").replace("'", " ").split():
            assert word.rstrip(".") in shown, word


@pytest.mark.parametrize(
    ("languages", "cookie", "query", "code", "guessed", "emergency"),
    [
        ("en-GB,en;q=0.9", None, None, "GB", True, "999"),
        ("fr-CA, fr;q=0.8, en-US;q=0.5", None, None, "CA", True, "911"),
        ("ja", None, None, "JP", True, "119"),
        ("en", None, None, "", False, "112"),
        ("tlh-XX", None, None, "", False, "112"),
        ("", None, None, "", False, "112"),
        ("en-GB", "NO", None, "NO", False, "113"),
        ("en-GB", "NO", "KR", "KR", False, "119"),
        ("en-GB", None, "other", "", False, "112"),
        ("en-GB", "<script>", None, "GB", True, "999"),
        ("en-GB", None, "ZZ", "GB", True, "999"),
    ],
)
def test_choice_comes_before_the_guess_and_the_guess_before_112(
    languages: str, cookie: str | None, query: str | None, code: str, guessed: bool, emergency: str
) -> None:
    request = RequestFactory(headers={"accept-language": languages}).get(
        "/", {"country": query} if query else {}
    )
    if cookie:
        request.COOKIES["country"] = cookie
    numbers = numbers_for(request)
    assert (numbers.code, numbers.guessed, numbers.emergency[0].shown) == (code, guessed, emergency)
