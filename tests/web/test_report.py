"""The report: what it says, and that its PDF passes a checker of PDF/UA that we did not write."""

from __future__ import annotations

import io
from datetime import timedelta

import pdfua
import pikepdf
import pytest
from django.test import Client
from django.utils import timezone
from tests.day_people import check_in_as
from tests.history import live_through

from nextposture.interop import report_files
from nextposture.interop.report import report_of
from nextposture.interop.report_parts import Grid, Points, Report, Section, Text
from nextposture.record.models import Activity, Measurement, Person, Rating
from nextposture.record.people import owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> Person:
    someone = owner()
    live_through(someone, timezone.now())
    return someone


def texts(report: Report) -> str:
    """Everything in the report as one text."""
    told = [report.title, report.period, report.foot]
    for section in report.sections:
        told.append(section.title)
        for block in section.blocks:
            if isinstance(block, Text):
                told.append(block.text)
            elif isinstance(block, Points):
                told += block.points
            elif isinstance(block, Grid):
                told += [block.caption, *block.columns, *(cell for row in block.rows for cell in row)]
            else:
                told += [block.alt, block.caption]
    return "\n".join(told)


def section(report: Report, name: str) -> Section:
    return next(one for one in report.sections if one.id == name)


def test_everything_that_a_physiotherapist_needs_is_there(person: Person) -> None:
    report = report_of(person, timezone.now())
    ids = [one.id for one in report.sections]
    assert ids[:2] == ["in-short", "danger-signs"], "danger signs before everything"
    assert {"course", "measurements", "factors", "plan", "timeline", "not-known"} <= set(ids)
    told = texts(report)
    assert "Modified Thomas test, right" in told and "3 degrees" in told and "± 10" in told
    assert "camera, blazepose-full 1 wasm, pelvis held" in told
    assert "35 sessions of exercises" in told or "36 sessions of exercises" in told
    assert "To be seen within two weeks" in told and "Weight loss" in told
    assert "A new change in feeling" in told, "the stop sign, in words"
    assert "Comfort, 0 to 10: 7" in told
    assert "not a diagnosis" in told and "not yet reviewed by a registered clinician" in told
    assert "“drive to my sister”" in told


def test_what_was_taken_out_or_is_older_is_not_there(person: Person) -> None:
    old = timezone.now() - timedelta(weeks=60)
    Rating.objects.create(person=person, measure="pain_avg_7d", value=10, at=old)
    Measurement.objects.create(person=person, measure="sorensen", method="timer", value=99, at=old)
    told = texts(report_of(person, timezone.now(), 12))
    assert "99 seconds" not in told and "phone as inclinometer" not in told
    assert "2 to 5" in told
    everything = texts(report_of(person, timezone.now(), None))
    assert "99 seconds" in everything and "2 to 10" in everything


def test_unknown_stays_unknown() -> None:
    person = owner()
    told = texts(report_of(person, timezone.now()))
    assert "No check-in has been finished, so danger signs are not known." in told
    assert "Not asked yet." in told and "Nothing was measured" in told
    check_in_as(person, "unfinished")
    report = report_of(person, timezone.now())
    signs = "\n".join(
        cell
        for block in section(report, "danger-signs").blocks
        if isinstance(block, Grid) and block.caption == "Not answered"
        for row in block.rows
        for cell in row
    )
    assert "genitals or inner thighs" in signs
    assert "(danger signs not completely answered)" in texts(report)


def test_pdf_passes_a_checker_that_we_did_not_write(person: Person) -> None:
    Activity.objects.filter(person=person).update(words='#panic("x") $x$ <b>&amp; *bold* \\ ]')
    made = report_files.as_pdf(report_of(person, timezone.now()))
    checked = pdfua.validate(io.BytesIO(made))
    assert [f"{one.rule_id}: {one.message}" for one in checked.findings] == []
    assert checked.exit_code == 0
    with pikepdf.open(io.BytesIO(made)) as pdf:
        with pdf.open_metadata() as metadata:
            assert metadata["pdfuaid:part"] == "1"
        assert pdf.Root.MarkInfo.Marked and str(pdf.Root.Lang) == "en-GB"
        assert pdf.docinfo["/Title"] == "Report on back pain and sitting"


def test_the_checker_finds_something_wrong_where_there_is(person: Person) -> None:
    made = report_files.as_pdf(report_of(person, timezone.now()))
    with pikepdf.open(io.BytesIO(made)) as pdf:
        del pdf.Root.Lang
        del pdf.Root.StructTreeRoot
        damaged = io.BytesIO()
        pdf.save(damaged)
    assert pdfua.validate(io.BytesIO(damaged.getvalue())).findings


def test_page_and_html_file_escape_a_persons_words(owner_client: Client, person: Person) -> None:
    Activity.objects.filter(person=person).update(words="<script>alert(1)</script>")
    page = owner_client.get("/report/").content.decode()
    file = owner_client.post("/report/file/", {"format": "html", "weeks": "12"})
    for text in (page, file.content.decode()):
        assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert "http" not in file.content.decode().replace("http://www.w3.org/2000/svg", "")
    assert 'filename="back-report-' in file["Content-Disposition"]


def test_page_gives_the_pdf_and_asks_for_a_period(owner_client: Client, person: Person) -> None:
    made = owner_client.post("/report/file/", {"format": "pdf", "weeks": "4"})
    assert made["Content-Type"] == "application/pdf" and made.content.startswith(b"%PDF-")
    assert owner_client.post("/report/file/", {"format": "exe", "weeks": "4"}).status_code == 400
    assert 'value="52" selected' in owner_client.get("/report/?weeks=52").content.decode()
    assert owner_client.get("/report/?weeks=x").status_code == 200


def test_without_typst_the_page_says_how_to_get_it(
    owner_client: Client, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "typst", None)
    page = owner_client.post("/report/file/", {"format": "pdf", "weeks": "12"})
    assert page.status_code == 422 and "nextposture[pdf]" in page.content.decode()


def test_a_stranger_gets_no_report(client: Client, db: None) -> None:
    assert client.get("/report/").status_code == 403
    assert client.post("/report/file/", {"format": "html", "weeks": "12"}).status_code == 403
