"""The safety-net card and the numbers to call, shaped for the pages that show them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest

from nextposture import knowledge
from nextposture.knowledge.evidence import EmergencyNumbers
from nextposture.selfcare import country as countries
from nextposture.selfcare.phone_numbers import PhoneNumber, phone_numbers

ANYWHERE = PhoneNumber("112")
"""Reaches emergency services from mobile phones in most countries; stands beside a guessed number."""


@dataclass(frozen=True)
class CardPart:
    """One line of the card: a heading with its signs, a heading with words to say, or a plain sentence."""

    heading: str
    signs: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Numbers:
    """Whom to call, where. `code` is empty when the country is not known."""

    code: str
    country: str
    guessed: bool
    emergency: tuple[PhoneNumber, ...]
    urgent: tuple[PhoneNumber, ...]
    crisis: tuple[PhoneNumber, ...]


def card_parts() -> tuple[CardPart, ...]:
    """The safety-net card, each "Heading: sign; sign." line taken apart."""
    return tuple(card_part(line) for line in knowledge.load().safety_net_card)


def card_part(line: str) -> CardPart:
    """One line of the card taken apart."""
    heading, colon, rest = line.partition(": ")
    if not colon:
        return CardPart(line)
    if rest.startswith("'"):
        return CardPart(heading, words=rest.strip("'"))
    signs = rest.rstrip(".").split("; ")
    return CardPart(heading, signs=tuple(sign[:1].upper() + sign[1:] for sign in signs))


def numbers_for(request: HttpRequest) -> Numbers:
    """The numbers of the chosen country, of the guessed one with 112, or what works almost anywhere."""
    known = knowledge.load()
    table = known.emergency_numbers
    chosen = countries.chosen(request, table)
    code = chosen or countries.guessed(request, table)
    if code is None or code == countries.ELSEWHERE:
        return _numbers("", known.emergency_numbers_elsewhere, guessed=False)
    found = _numbers(code, table[code], guessed=chosen is None)
    if not found.guessed or any(one.shown == ANYWHERE.shown for one in found.emergency):
        return found
    return replace(found, emergency=(*found.emergency, ANYWHERE))


def _numbers(code: str, row: EmergencyNumbers, *, guessed: bool) -> Numbers:
    return Numbers(
        code,
        row.country,
        guessed,
        phone_numbers(row.emergency),
        phone_numbers(row.urgent),
        phone_numbers(row.crisis),
    )
