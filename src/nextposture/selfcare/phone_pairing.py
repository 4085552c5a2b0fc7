"""The one pairing there may be, for the person who opened it."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone

from nextposture.knowledge.phone import phone_table
from nextposture.phone.addresses import local_addresses
from nextposture.phone.door import Page, ReadingRefusedError
from nextposture.phone.pairing import CannotPairError, Pairing
from nextposture.record.models import Person
from nextposture.selfcare.angle_tests import ReadingError, goes_of, keep_goes, key_of, limits
from nextposture.selfcare.pictures import picture

STYLES = ("tokens.css", "site.css", "figures.css", "inclinometer.css")
SCRIPTS = ("gravity.js", "session_sounds.js", "inclinometer.js")
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
_lock = threading.Lock()
_current: Opened | None = None


@dataclass
class Opened:
    """A pairing, whose it is, and the keys of what came through it."""

    person: int
    pairing: Pairing
    kept: list[UUID]


def addresses() -> tuple[str, ...]:
    """Where a phone may reach this computer, as found out or as NEXTPOSTURE_PHONE_ADDRESS says."""
    return (settings.PHONE_ADDRESS,) if settings.PHONE_ADDRESS else local_addresses()


def for_one_person() -> bool:
    """Whether this is one person's own computer; a server for many is opened on the phone itself."""
    return bool(getattr(settings, "LOCAL", True))


def can_pair() -> bool:
    """Whether the packages are installed that pairing needs."""
    try:
        import cryptography  # noqa: F401
        import segno  # noqa: F401
    except ImportError:
        return False
    return True


def open_for(person: Person, address: str) -> Opened:
    """Open the port for this person, and close one that is open. Raises CannotPairError."""
    global _current
    if not for_one_person():
        raise CannotPairError("Open this page on the phone itself.")
    if address not in addresses():
        raise CannotPairError("This computer has another address by now. Try again.")
    kept: list[UUID] = []

    async def take(reading: dict[str, Any]) -> None:
        try:
            kept.extend(await database_sync_to_async(_keep)(person, reading))
        except ReadingError as problem:
            raise ReadingRefusedError(str(problem)) from problem

    with _lock:
        if _current is not None:
            _current.pairing.close(wait_s=5)
        pairing = Pairing(address, _page(), take, phone_table().pairing, timezone.now())
        _current = Opened(person.pk, pairing, kept)
        return _current


def opened_by(person: Person) -> Opened | None:
    """The pairing that this person opened last, open or not; None if there is none."""
    return _current if _current is not None and _current.person == person.pk else None


def close(person: Person) -> None:
    """Close this person's pairing and forget it; returns when the port is closed."""
    global _current
    with _lock:
        mine = opened_by(person)
        if mine is not None:
            mine.pairing.close(wait_s=5)
            _current = None


def code(link: str) -> str:
    """The link as a code to scan: an inline SVG, black on white."""
    import segno

    drawn: str = segno.make(link, error="m").svg_inline(
        omitsize=True, border=2, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return drawn


def script_of(*, send: str, **more: Any) -> dict[str, Any]:
    """What the phone's page must know. `send`: where its reading goes."""
    level = phone_table().level
    numbers = {name: value for name, value in vars(level).items() if name != "source"}
    return {"level": numbers, "limits": limits(), "key": str(uuid.uuid4()), "send": send, **more}


def _keep(person: Person, reading: dict[str, Any]) -> list[UUID]:
    table = phone_table()
    kept = keep_goes(
        person, table.by_id["page"], key_of(reading), goes_of(reading), timezone.now(), table.level.goes
    )
    return [one.key for one in kept]


def _page() -> Page:
    """The phone's page in one piece, as it can ask for nothing else; its policy names its parts by hash."""
    style = "\n".join(_source(name) for name in STYLES)
    code = "\n".join(_in_one_piece(_source(name)) for name in SCRIPTS)
    html = render_to_string(
        "selfcare/phone_page.html",
        {
            "style": style,
            "code": code,
            "table": phone_table(),
            "svg": picture("THOMAS_PHONE"),
            "script": script_of(send="/reading"),
        },
    )
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(code)}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Page(html.encode(), policy)


def _source(name: str) -> str:
    path = finders.find(f"nextposture/{name}")
    if path is None:
        raise FileNotFoundError(name)
    return Path(path).read_text(encoding="utf-8")


def _in_one_piece(module: str) -> str:
    # The modules stand in one script, in the order of their imports, so each finds the others' names.
    return _IMPORT.sub("", module)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
