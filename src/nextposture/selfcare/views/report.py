"""The report for a physiotherapist: on the page, and as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.interop.missing import MissingPartError
from nextposture.interop.report import files as report_files
from nextposture.interop.report.whole import report_of
from nextposture.record.people import person_of
from nextposture.selfcare.data_forms import ReportForm
from nextposture.selfcare.views.your_data import download

FILES = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show the report."""
    return _page(request, ReportForm(request.GET if "weeks" in request.GET else {"weeks": "12"}))


@require_POST
def file(request: HttpRequest) -> HttpResponse:
    """The report as PDF/UA or as HTML."""
    person, form, kind = person_of(request), ReportForm(request.POST), request.POST.get("format", "")
    if kind not in FILES or not form.is_valid():
        return HttpResponseBadRequest("No such report.")
    report = report_of(person, timezone.now(), form.cleaned_data["weeks"] or None)
    try:
        made = report_files.as_pdf(report) if kind == "pdf" else report_files.as_html(report)
    except (MissingPartError, report_files.PdfError) as error:
        return _page(request, form, trouble=str(error), status=422)
    return download(made, f"back-report-{timezone.localdate():%Y-%m-%d}.{kind}", FILES[kind])


def _page(request: HttpRequest, form: ReportForm, *, trouble: str = "", status: int = 200) -> HttpResponse:
    person = person_of(request)
    if not form.is_valid():
        form = ReportForm({"weeks": "12"})
        form.is_valid()
    report = report_of(person, timezone.now(), form.cleaned_data["weeks"] or None)
    context = {"report": report, "body": report_files.body(report), "form": form, "trouble": trouble}
    return render(request, "selfcare/report.html", context, status=status)
