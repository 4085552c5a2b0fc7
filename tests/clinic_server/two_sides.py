"""A person's own installation and a clinic's server in one process, each with a database of its own.

The line between them is the server's real addresses, by Django's client. What happens on it can be decided:
the request or the answer is lost, or the installation is killed before it keeps the answer.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import Client

from nextposture.interop.joined import in_step, links
from nextposture.interop.joined.line import TroubleError
from nextposture.record.models import ClinicLink, Person
from nextposture.record.people import owner

ADDRESS = "http://localhost"


class KilledError(BaseException):
    """The installation is killed at this point."""


class Side:
    """One side's database: a copy of the test's own, in memory. Use it as `with side:`."""

    def __init__(self) -> None:
        template = connections["default"]
        template.ensure_connection()
        own = {**template.settings_dict, "NAME": ":memory:"}
        self.wrapper = DatabaseWrapper(own, "default")
        self.wrapper.ensure_connection()
        copied: sqlite3.Connection = self.wrapper.connection
        image = bytearray(template.connection.serialize())
        image[18:20] = b"\1\1"  # without a write-ahead log, which memory has not
        copied.deserialize(bytes(image))
        self.before: list[Any] = []

    def __enter__(self) -> Side:
        self.before.append(connections["default"])
        connections["default"] = self.wrapper
        return self

    def __exit__(self, *_: object) -> None:
        connections["default"] = self.before.pop()

    def close(self) -> None:
        """Drop it."""
        self.wrapper.connection.close()
        self.wrapper.connection = None


class TwoSides:
    """Both sides and the line between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home, self.clinic = Side(), Side()
        self.client = Client()
        self.cut = ""
        """What happens next on the line: "", "request", "answer" or "kill"."""
        self.asked = 0

    def ask(self, address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
        """As `line.ask`, without a network."""
        self.asked += 1
        cut, self.cut = self.cut, ""
        if cut == "request":
            raise TroubleError("no_connection")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self.clinic:
            answer = self.client.post(
                f"/step/1/{what}", body, content_type="application/json", headers=headers
            )
        if cut == "answer":
            raise TroubleError("no_connection")
        if cut == "kill":
            raise KilledError
        told: dict[str, Any] = answer.json()
        if answer.status_code != 200:
            raise TroubleError(told["error"])
        return told

    def keep_in_step(self) -> str:
        """One go of the installation; a kill ends it."""
        try:
            with self.home:
                return in_step.keep_in_step(owner(), self.ask, folder=self.folder)
        except KilledError:
            return "killed"

    def person(self) -> Person:
        """The owner of the installation; ask for it inside `with home`."""
        return owner()

    def link(self) -> ClinicLink:
        """The open link; inside `with home`."""
        found = links.link_of(owner())
        assert found is not None
        return found

    def close(self) -> None:
        """Drop both databases."""
        self.home.close()
        self.clinic.close()


@contextmanager
def two_sides(folder: Path) -> Iterator[TwoSides]:
    """Two sides for as long as the block."""
    both = TwoSides(folder)
    try:
        yield both
    finally:
        both.close()
