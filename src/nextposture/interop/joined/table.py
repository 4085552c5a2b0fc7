"""The table `joined.yaml`: what goes to a clinic, under which consent, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from nextposture.interop.kept import ContractError, Kept, kept_tables
from nextposture.knowledge.clinic import clinic_table
from nextposture.knowledge.reading import read_foreign


@dataclass(frozen=True)
class Carried:
    """A table of the record that goes to a clinic.

    `named_by` are the fields that name a row within it, `opened_by` the consents of which one is enough,
    `month` the field by whose month its rows are parcelled (empty: one parcel), `only_with` fields that go
    only with one certain consent.
    """

    kept: Kept
    named_by: tuple[str, ...]
    opened_by: frozenset[str]
    month: str
    only_with: Mapping[str, str]

    @property
    def name(self) -> str:
        """The table's name."""
        return self.kept.name


@dataclass(frozen=True)
class Limits:
    """Bounds of one request: bytes, things done, things said, seconds to wait."""

    request_bytes: int
    acts: int
    items: int
    timeout_s: int


@dataclass(frozen=True)
class JoinedTable:
    """The whole table. `trouble` says in words why keeping in step did not work, by its id."""

    edition: int
    every: timedelta
    limits: Limits
    carried: tuple[Carried, ...]
    trouble: Mapping[str, str]


@cache
def joined_table() -> JoinedTable:
    """The packaged table. Raises ContractError if it and the record's tables do not agree."""
    listed: Any = read_foreign(
        "joined.yaml", files("nextposture.interop").joinpath("tables/joined.yaml").read_text("utf-8")
    ).value
    carried, stay = listed["tables"], listed["stay_here"]
    shared = {one.id for one in clinic_table().share}
    problems, made = [], []
    for kept in kept_tables():
        if kept.name in stay:
            continue
        if kept.name not in carried:
            problems.append(f"{kept.name}: neither goes to a clinic nor stays here with a reason")
            continue
        row = carried[kept.name]
        one = Carried(
            kept,
            tuple(row["named_by"]),
            frozenset(row["opened_by"]),
            row.get("month", ""),
            row.get("only_with", {}),
        )
        fields = {field.name for field in kept.fields}
        named = {*one.named_by, *one.only_with, *filter(None, [one.month])}
        problems += [f"{kept.name}.{name}: there is no such field" for name in named - fields]
        consents = one.opened_by | set(one.only_with.values())
        problems += [f"{kept.name}: there is no consent {name}" for name in consents - shared]
        made.append(one)
    if problems:
        raise ContractError("\n".join(problems))
    return JoinedTable(
        listed["edition"],
        timedelta(minutes=listed["every_min"]["value"]),
        Limits(**listed["limits"]),
        tuple(made),
        listed["trouble"],
    )
