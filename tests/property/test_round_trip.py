"""An export of any record, brought into an empty one, gives the same export again, to the byte."""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nextposture.interop import archive, bundle
from nextposture.interop.kept import kept_tables, rows_of
from nextposture.record.models import Person
from nextposture.record.people import owner
from tests.history import live_through
from tests.made_records import fill

pytestmark = pytest.mark.django_db


def emptied(person: Person) -> None:
    for table in reversed(kept_tables()):
        if table.model is not Person:
            rows_of(person, table).delete()
    Person.objects.filter(pk=person.pk).update(created_at=timezone.now())


def came_back(person: Person, data: bytes) -> bytes:
    emptied(person)
    archive.import_into(person, archive.document_in(data))
    person.refresh_from_db()
    return archive.as_json(archive.exported(person))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_comes_back_the_same(seed: int) -> None:
    with transaction.atomic():
        person = owner()
        fill(person, random.Random(seed))
        told = archive.as_json(archive.exported(person))
        assert came_back(person, told) == told
        transaction.set_rollback(True)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_is_valid_fhir_and_comes_back_from_it(seed: int) -> None:
    with transaction.atomic():
        person = owner()
        fill(person, random.Random(seed))
        told = archive.as_json(archive.exported(person))
        said = archive.as_json(bundle.bundle_of(person))
        assert came_back(person, said) == told
        assert archive.as_json(bundle.bundle_of(person)) == said
        transaction.set_rollback(True)


def test_a_life_of_twelve_weeks_comes_back_the_same_with_its_tables() -> None:
    person = owner()
    live_through(person, timezone.now())
    document = archive.exported(person)
    empty = [name for name, rows in document["tables"].items() if not rows]
    assert empty == [], "a history without these proves nothing about them"
    told = archive.as_json(document)
    assert came_back(person, told) == told
    with zipfile.ZipFile(io.BytesIO(archive.as_csv(document))) as packed:
        assert {one.removesuffix(".csv") for one in packed.namelist()} == {one.name for one in kept_tables()}
        lines = packed.read("Activity.csv").decode("utf-8-sig").splitlines()
    assert lines[0] == "row,words,added_at,dropped_at"
    assert lines[1].startswith("1,drive to my sister,")


@given(seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_whole_or_taken_whole(seed: int, data: Any) -> None:
    with transaction.atomic():
        person = owner()
        fill(person, random.Random(seed))
        document = json.loads(archive.as_json(archive.exported(person)))
        emptied(person)
        filled = [name for name, rows in document["tables"].items() if rows]
        if filled:
            table = data.draw(st.sampled_from(filled))
            row = data.draw(st.sampled_from(document["tables"][table]))
            field = data.draw(st.sampled_from(sorted(row)))
            row[field] = data.draw(
                st.sampled_from([None, True, -1, 10**30, "x", "", [], {"a": 1}, 0.5, [[]]])
            )
        try:
            archive.import_into(person, document)
        except archive.ImportRefusedError as refused:
            assert refused.problems
            assert archive.counts(person) == {}
        transaction.set_rollback(True)


def test_csv_runs_no_formula_of_a_persons_words() -> None:
    person = owner()
    person.activities.create(words="=HYPERLINK(1)")
    with zipfile.ZipFile(io.BytesIO(archive.as_csv(archive.exported(person)))) as packed:
        assert "'=HYPERLINK(1)" in packed.read("Activity.csv").decode("utf-8-sig")
