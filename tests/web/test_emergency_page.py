"""The danger-sign card: signs, numbers of the right country, words to say."""

from django.test import Client


def test_shows_every_part_of_the_card(owner_client: Client) -> None:
    page = owner_client.get("/emergency/").content.decode()
    for words in ("Go to emergency care now if", "the same day if", "within two weeks if", "cauda equina"):
        assert words in page


def test_guess_says_that_it_is_one(owner_client: Client) -> None:
    page = owner_client.get("/emergency/", headers={"accept-language": "en-NZ"}).content.decode()
    assert "We guessed New Zealand" in page
    assert 'href="tel:111"' in page


def test_unknown_country_gets_112(owner_client: Client) -> None:
    page = owner_client.get("/emergency/", headers={"accept-language": "en"}).content.decode()
    assert 'href="tel:112"' in page
    assert "Your local emergency number, or 112" in page


def test_choice_of_country_is_remembered(owner_client: Client) -> None:
    answer = owner_client.get("/emergency/?country=FR", headers={"accept-language": "en-GB"})
    assert "We guessed" not in answer.content.decode()
    assert answer.cookies["country"]["httponly"]
    later = owner_client.get("/evidence/", headers={"accept-language": "en-GB"}).content.decode()
    assert 'href="tel:15"' in later
    assert 'href="tel:999"' not in later


def test_nonsense_is_not_remembered(owner_client: Client) -> None:
    answer = owner_client.get("/emergency/?country=%3Cb%3E")
    assert answer.status_code == 200
    assert "country" not in answer.cookies
