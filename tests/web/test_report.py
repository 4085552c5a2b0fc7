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

from nextposture.interop.report import files as report_files
from nextposture.interop.report.parts import Figure, Grid, Points, Report, Section, Text
from nextposture.interop.report.whole import report_of
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


def grid(report: Report, name: str, caption: str) -> Grid:
    """The table of a section whose caption begins so."""
    found = [one for one in section(report, name).blocks if isinstance(one, Grid)]
    return next(one for one in found if one.caption.startswith(caption))


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


def test_what_is_followed_is_there_with_what_the_words_mean(person: Person) -> None:
    report = report_of(person, timezone.now())
    rows = {row[0]: row for row in grid(report, "course", "What is followed").rows}
    for name in (
        "Worst pain",
        "Days with pain",
        "Confidence",
        "Worry",
        "Life as",
        "Overall change",
        "Effort",
    ):
        assert any(row.startswith(name) for row in rows), name
    told = texts(report)
    assert "Real: more than measurement error. Pain: 2 points" in told
    assert "Meaningful: real, and as much as people in studies noticed." in told
    assert "pain more than 2 above usual for over 24 hours" in told, "what came after exercising"
    drawn = [one for one in section(report, "course").blocks if isinstance(one, Figure)]
    assert "The plan changed on" in drawn[0].alt and drawn[0].svg.count("stroke-dasharray") == 4
    body = next(one for one in drawn if one.caption.startswith("Where it hurt"))
    assert body.alt.endswith("Filled in: over the lower spine.") and body.svg.count("<polygon") == 1
    assert [row[1] for row in grid(report, "course", "Where it hurt").rows] == [
        "over the lower spine",
        "lower back, left; over the lower spine; buttock, left",
    ]


def test_each_change_of_the_plan_is_there_with_rule_reason_and_decision(person: Person) -> None:
    report = report_of(person, timezone.now())
    changes = grid(report, "plan", "Changes of the plan").rows
    assert [(row[1], row[4].split(" on ")[0]) for row in changes] == [
        ("One step back (PR4)", "Accepted"),
        ("A small step up (PR1)", "Declined"),
        ("A small step up (PR1)", "Accepted"),
    ]
    assert "2 sets of 8 repetitions" in changes[2][2] and "then 2 sets of 10 repetitions" in changes[2][2]
    assert changes[0][3] == "The last session was red."
    versions = grid(report, "plan", "Versions of the plan").rows
    assert [row[1] for row in versions] == [
        "check-in",
        "check-in",
        "One step back (PR4)",
        "A small step up (PR1)",
        "check-in",
    ]
    assert "2 sets of 10 repetitions" in versions[3][2], "the declined one never held"
    assert "Planned exercise days that were done" in texts(report)


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([6, 6, 6, 6], "6 to 6, no real change"),
        ([8, 8, 6, 6], "8 to 6, real, but not meaningful"),
        ([6, 6, 4, 4], "6 to 4, meaningful: lower"),
        ([3, 3, 3], "too few ratings, or too short a time, to tell"),
    ],
)
def test_real_and_meaningful_mean_what_they_mean_elsewhere(values: list[int], verdict: str) -> None:
    person, now = owner(), timezone.now()
    for weeks, value in enumerate(reversed(values)):
        at = now - timedelta(weeks=weeks)
        Rating.objects.create(person=person, measure="pain_avg_7d", value=value, at=at)
    rows = grid(report_of(person, now), "course", "What is followed").rows
    assert [row[4] for row in rows] == [verdict]


def test_a_measurement_is_called_real_only_beyond_its_band(person: Person) -> None:
    moves = grid(report_of(person, timezone.now()), "measurements", "From the first").rows
    assert [row[3:] for row in moves] == [("10 degrees", "no real change")] * 2
    Measurement.objects.filter(person=person, measure="hip_extension", side="left", value=1.5).update(value=9)
    moves = grid(report_of(person, timezone.now()), "measurements", "From the first").rows
    assert sorted(row[4] for row in moves) == ["no real change", "real: higher"]


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
