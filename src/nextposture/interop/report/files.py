"""The report as files: HTML that stands alone, and PDF/UA-1 by Typst."""

from __future__ import annotations

import json
from importlib.resources import files

from django.template import engines
from django.utils.html import format_html
from django.utils.safestring import SafeString

from nextposture.interop.missing import part
from nextposture.interop.report.parts import Report

STANDARD = "ua-1"


class PdfError(Exception):
    """The PDF could not be made."""


def body(report: Report) -> SafeString:
    """The sections as HTML, with headings of the second level."""
    return filled("body.html", {"report": report})


def page(title: str, content: SafeString) -> bytes:
    """A page that stands alone: no script, nothing fetched."""
    return str(filled("file.html", {"title": title, "content": content})).encode()


def as_html(report: Report) -> bytes:
    """The report as one HTML file."""
    head = format_html(
        '<h1>{}</h1><p class="quiet">Made on {}. Looks at {}.</p>',
        report.title,
        report.made_on,
        report.period,
    )
    foot = format_html('<p class="quiet">{}</p>', report.foot)
    return page(report.title, SafeString(head + body(report) + foot))


def as_pdf(report: Report) -> bytes:
    """The report as tagged PDF/UA-1.

    Raises MissingPartError if Typst is not installed, and PdfError with what it says.
    """
    typst = part("typst", "pdf", "A report as PDF")
    source = files(__package__).joinpath("report.typ").read_bytes()
    told = {"report": json.dumps(report.as_plain(), ensure_ascii=False)}
    try:
        # The fonts inside Typst only: the same report looks the same on every computer.
        made = typst.compile(
            source, format="pdf", sys_inputs=told, pdf_standards=[STANDARD], ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise PdfError(f"The PDF could not be made: {error.message}") from error
    assert isinstance(made, bytes)
    return made


def filled(name: str, context: dict[str, object]) -> SafeString:
    """A template of this folder with its values filled in and escaped."""
    text = files(__package__).joinpath(name).read_text("utf-8")
    return SafeString(engines["django"].from_string(text).render(context))
