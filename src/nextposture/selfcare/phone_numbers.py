"""Telephone numbers as the knowledge table writes them, turned into numbers one can tap."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"^(?P<shown>[#+]?\d[\d -]*\d|\d)\s*(?:\((?P<name>[^)]*)\))?\s*(?P<rest>.*)$")


@dataclass(frozen=True)
class PhoneNumber:
    """One number: how it is shown, who answers, and what to add once connected."""

    shown: str
    name: str = ""
    note: str = ""

    @property
    def href(self) -> str:
        """Address for a link; `#` starts a fragment in an address, so it is escaped."""
        return "tel:" + re.sub(r"[ -]", "", self.shown).replace("#", "%23")


def phone_numbers(text: str) -> tuple[PhoneNumber, ...]:
    """Read "112 or 999", "116 123 (Samaritans); 111 option 2 for a crisis" and the like.

    An empty text holds none. Raises ValueError for a part that does not start with a number: a number that
    nobody can dial is worse than an error seen while building.
    """
    numbers = []
    for part in re.split(r";| or ", text) if text else ():
        match = _ONE.match(part.strip())
        if match is None:
            raise ValueError(f"no telephone number in {part!r}")
        numbers.append(PhoneNumber(match["shown"], match["name"] or "", match["rest"]))
    return tuple(numbers)
