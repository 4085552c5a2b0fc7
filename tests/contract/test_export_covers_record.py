"""Every table and field of the record is exported or left out with a reason, and has its place in FHIR."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Model
from tests.live_server import environment

from nextposture.interop import kept
from nextposture.interop.fhir_table import LOINC, fhir_table
from nextposture.interop.kept import ContractError, checked, in_order, kept_tables

THERE: dict[str, type[Model]] = {one.__name__: one for one in apps.get_app_config("record").get_models()}
LISTED: Any = kept._listed()


def test_every_table_and_field_is_exported_or_left_out_with_a_reason() -> None:
    assert {table.name for table in kept_tables()} | set(LISTED["left_out"]) >= set(THERE)


def without(table: str, field: str) -> dict[str, list[str]]:
    return {**LISTED["tables"], table: [one for one in LISTED["tables"][table] if one != field]}


@pytest.mark.parametrize("table", sorted(LISTED["tables"]))
def test_a_forgotten_field_or_table_is_found(table: str) -> None:
    for field in LISTED["tables"][table]:
        with pytest.raises(ContractError, match=rf"{table}.{field}: neither exported nor left out"):
            checked(THERE, without(table, field), LISTED["left_out"])
    tables = {name: fields for name, fields in LISTED["tables"].items() if name != table}
    with pytest.raises(ContractError, match=f"{table}: neither exported nor left out"):
        checked(THERE, tables, LISTED["left_out"])


def test_a_new_table_is_found_and_one_that_leads_to_nobody() -> None:
    with pytest.raises(ContractError, match="Group: neither exported"):
        checked({**THERE, "Group": Group}, LISTED["tables"], LISTED["left_out"])
    fields = ["session_data", "expire_date"]
    tables = {**LISTED["tables"], "BrowserSession": fields}
    with pytest.raises(ContractError, match="BrowserSession: leads to no person"):
        checked({**THERE, "BrowserSession": BrowserSession}, tables, LISTED["left_out"])


def test_a_time_that_sets_itself_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(THERE["Activity"]._meta.get_field("added_at"), "auto_now_add", True)
    with pytest.raises(ContractError, match=r"Activity\.added_at: sets itself"):
        checked(THERE, LISTED["tables"], LISTED["left_out"])


def test_a_reason_is_needed_and_a_listed_field_has_to_be_there() -> None:
    with pytest.raises(ContractError, match="left out without a reason"):
        checked(THERE, LISTED["tables"], {**LISTED["left_out"], "Person.user": " "})
    with pytest.raises(ContractError, match=r"Activity.mood: there is no such field"):
        checked(THERE, {**LISTED["tables"], "Activity": ["words", "mood"]}, LISTED["left_out"])


def test_tables_come_after_those_they_refer_to() -> None:
    done: set[str] = set()
    for table in in_order(tuple(reversed(kept_tables()))):
        assert table.uses - {table.name} <= done, table.name
        done.add(table.name)


def test_every_exported_table_has_its_place_in_fhir() -> None:
    table = fhir_table()
    assert set(table.resources) | set(table.only_in_the_document) == {one.name for one in kept_tables()}
    assert not set(table.resources) & set(table.only_in_the_document)


def test_a_foreign_code_says_where_it_was_seen() -> None:
    codes = [*fhir_table().ratings.values(), *fhir_table().measures.values()]
    assert all(one.seen for one in codes if one.loinc)
    assert all(fhir_table().coding(one)["system"] in (LOINC, "urn:nextposture:codes") for one in codes)


def test_heavy_parts_are_loaded_when_first_used() -> None:
    """The pages start without them, and run where they are not installed."""
    code = (
        "import sys; from nextposture.site import asgi; from django.urls import get_resolver; "
        "get_resolver().url_patterns; import nextposture.interop.backups, nextposture.data_commands; "
        "print([name for name in ('typst', 'fhir', 'fhirpathpy', 'antlr4') if name in sys.modules])"
    )
    with tempfile.TemporaryDirectory() as data:
        told = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={
                **environment(),
                "NEXTPOSTURE_DATA": data,
                "DJANGO_SETTINGS_MODULE": "nextposture.site.settings",
            },
        )
    assert told.stdout == "[]\n"
