"""Your data: what is kept, taken out, brought in, backed up, restored, erased."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.interop import archive, backups, erasing
from nextposture.interop.joined import links
from nextposture.interop.missing import MissingPartError
from nextposture.record.models import Person
from nextposture.record.people import person_of
from nextposture.selfcare.data_forms import FORMATS, EraseForm, ImportForm, RestoreForm, bytes_of

UNPROCESSABLE = 422
INSUFFICIENT_STORAGE = 507

DONE = {
    "imported": "The file is in. What it held is your record now.",
    "backed-up": "A backup was made.",
    "restored": "Your record is as it was in that backup. The one it replaced was backed up first.",
}
TYPES = {"json": "application/json", "csv": "application/zip", "fhir": "application/fhir+json"}
ENDINGS = {"json": "json", "csv": "zip", "fhir": "fhir.json"}


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show what is kept and what can be done with it."""
    return _page(request, person_of(request))


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everything as one file."""
    person, kind = person_of(request), request.POST.get("format", "")
    if kind not in FORMATS:
        return HttpResponseBadRequest("No such format.")
    if kind == "fhir":
        from nextposture.interop.bundle import BundleError, bundle_of

        try:
            made = archive.as_json(bundle_of(person))
        except (MissingPartError, BundleError) as error:
            return _page(request, person, trouble=str(error), status=UNPROCESSABLE)
    else:
        document = archive.exported(person)
        made = archive.as_csv(document) if kind == "csv" else archive.as_json(document)
    return download(made, f"nextposture-{timezone.localdate():%Y-%m-%d}.{ENDINGS[kind]}", TYPES[kind])


@require_POST
def bring_in(request: HttpRequest) -> HttpResponse:
    """Take an export over: all of it or nothing."""
    person, form = person_of(request), ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, person, import_form=form, status=UNPROCESSABLE)
    replace = form.cleaned_data["replace"]
    try:
        document = archive.document_in(bytes_of(form.cleaned_data["file"]))
        if replace and archive.counts(person) and _alone():
            backups.make(settings.DATA, timezone.now())
        archive.import_into(person, document, replace=replace)
    except archive.NotEmptyError:
        form.add_error("replace", "There is a record here. Tick the box if the file may take its place.")
    except archive.ImportRefusedError as refused:
        return _page(request, person, import_form=form, problems=refused.problems, status=UNPROCESSABLE)
    except backups.BackupError as failed:
        return _page(request, person, import_form=form, problems=(str(failed),), status=INSUFFICIENT_STORAGE)
    else:
        return _done("imported")
    return _page(request, person, import_form=form, status=UNPROCESSABLE)


@require_POST
def back_up(request: HttpRequest) -> HttpResponse:
    """Back up now, besides the daily backup."""
    person = _only_person(request)
    try:
        backups.make(settings.DATA, timezone.now())
    except backups.BackupError as failed:
        return _page(request, person, trouble=str(failed), status=INSUFFICIENT_STORAGE)
    return _done("backed-up")


@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Go back to a backup; what is here is backed up first."""
    person, form = _only_person(request), RestoreForm(request.POST)
    chosen = next(
        (one for one in backups.listed(settings.DATA) if one.name == request.POST.get("name")), None
    )
    if chosen is None:
        return _page(request, person, trouble="That backup is no longer there.", status=UNPROCESSABLE)
    if not form.is_valid():
        trouble = " ".join(str(message) for messages in form.errors.values() for message in messages)
        return _page(request, person, trouble=trouble, status=UNPROCESSABLE)
    try:
        backups.restore(person, settings.DATA, chosen.path, timezone.now())
    except backups.BackupError as failed:
        return _page(request, person, trouble=f"{failed} Nothing was changed.", status=UNPROCESSABLE)
    except archive.ImportRefusedError as refused:
        return _page(request, person, trouble=f"{refused} Nothing was changed.", status=UNPROCESSABLE)
    return _done("restored")


@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Erase everything, backups included, and sign out."""
    person, form = _only_person(request), EraseForm(request.POST)
    if not form.is_valid():
        return _page(request, person, erase_form=form, status=UNPROCESSABLE)
    logout(request)
    connection.close()  # or its open file would keep the log from being emptied
    try:
        erasing.erase(settings.DATA)
    except (erasing.EraseError, OSError) as failed:
        return render(request, "selfcare/erase_failed.html", {"why": failed}, status=500)
    answer = render(request, "selfcare/erased.html")
    # What pages keep in the browser goes too. Not the cookies: 127.0.0.1 shares them with other programs.
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file to save."""
    return HttpResponse(
        content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _alone() -> bool:
    """Whether the data folder is about one person only, so that all of it is theirs to restore and erase."""
    return settings.LOCAL and connection.vendor == "sqlite" and Person.objects.count() == 1


def _only_person(request: HttpRequest) -> Person:
    """The person of the request, where the whole folder is theirs; 404 anywhere else."""
    person = person_of(request)
    if not _alone():
        raise Http404
    return person


def _done(what: str) -> HttpResponse:
    answer = redirect("selfcare:data")
    answer["Location"] += f"?done={what}"
    return answer


def _page(
    request: HttpRequest,
    person: Person,
    *,
    import_form: ImportForm | None = None,
    erase_form: EraseForm | None = None,
    problems: tuple[str, ...] = (),
    trouble: str = "",
    status: int = 200,
) -> HttpResponse:
    there = archive.counts(person)
    context = {
        "there": archive.in_words(there),
        "alone": _alone(),
        "folder": settings.DATA,
        "backups": backups.listed(settings.DATA),
        "backup_folder": backups.folder(settings.DATA),
        "import_form": import_form or ImportForm(),
        "erase_form": erase_form or EraseForm(),
        "problems": problems,
        "trouble": trouble,
        "clinic_name": link.clinic.get("name", "") if (link := links.link_of(person)) else "",
        "done": DONE.get(request.GET.get("done", "")),
    }
    return render(request, "selfcare/your_data.html", context, status=status)
