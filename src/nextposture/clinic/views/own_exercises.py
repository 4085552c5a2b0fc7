"""Exercises of the clinic's own: a list, a form, the same as data, a file to take along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.clinic import own_exercises
from nextposture.clinic.access import practitioner_of
from nextposture.clinic.models import Membership, OwnExercise
from nextposture.clinic.own_exercise_forms import OwnExerciseDataForm, OwnExerciseForm
from nextposture.clinic.own_exercises import OwnExerciseError
from nextposture.knowledge import load
from nextposture.knowledge.own import OwnExercise as Own
from nextposture.knowledge.own import own_from_plain
from nextposture.knowledge.reading import KnowledgeError
from nextposture.selfcare.pictures import picture_of

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Every exercise of the clinic's own that is offered."""
    member = practitioner_of(request)
    shown: list[tuple[OwnExercise, Own | None, str, str]] = []
    for row in OwnExercise.objects.filter(clinic=member.clinic_id, dropped_at=None):
        try:
            own = own_from_plain(row.exercise, load())
        except KnowledgeError as problem:
            shown.append((row, None, "", str(problem)))
        else:
            shown.append((row, own, picture_of(own.figure, moving=True, prefix=f"own{row.pk}"), ""))
    return render(request, "clinic/own_exercises.html", {"member": member, "shown": shown})


def make(request: HttpRequest) -> HttpResponse:
    """A new exercise, by the form or as data."""
    return _edit(request, practitioner_of(request), None)


def change(request: HttpRequest, own: int) -> HttpResponse:
    """Change an exercise by the form."""
    member = practitioner_of(request)
    return _edit(request, member, _row(member, own))


def as_data(request: HttpRequest, own: int) -> HttpResponse:
    """Change an exercise as data."""
    member = practitioner_of(request)
    row = _row(member, own)
    form = OwnExerciseDataForm(request.POST or None, initial={"text": own_exercises.as_yaml(row.exercise)})
    if request.method == "POST" and _save_data(member, form, row):
        return redirect("clinic:own_exercises")
    context = {"form": form, "row": row}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "clinic/own_exercise_data.html", context, status=status)


@require_POST
def drop(request: HttpRequest, own: int) -> HttpResponse:
    """Offer an exercise no longer."""
    own_exercises.drop(_row(practitioner_of(request), own), timezone.now())
    return redirect("clinic:own_exercises")


@require_GET
def download(request: HttpRequest, own: int) -> HttpResponse:
    """The exercise as a file, for another clinic."""
    row = _row(practitioner_of(request), own)
    answer = HttpResponse(own_exercises.as_yaml(row.exercise), content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.slug}.yaml"'
    return answer


def _row(member: Membership, own: int) -> OwnExercise:
    return get_object_or_404(OwnExercise, clinic=member.clinic_id, pk=own, dropped_at=None)


def _edit(request: HttpRequest, member: Membership, row: OwnExercise | None) -> HttpResponse:
    before = row.exercise if row is not None else {}
    initial = own_exercises.initial_of(before) if row is not None else None
    has_data = isinstance(before.get("figure"), dict) or isinstance(before.get("coaching"), dict)
    is_data = request.method == "POST" and "text" in request.POST
    data_form = OwnExerciseDataForm(request.POST if is_data else None)
    told = request.POST if request.method == "POST" and not is_data else None
    form = OwnExerciseForm(told, initial=initial, has_data=has_data)
    if is_data and _save_data(member, data_form, row):
        return redirect("clinic:own_exercises")
    if told is not None and form.is_valid():
        try:
            own = own_exercises.read_plain(own_exercises.document_of(form.cleaned_data, before))
            own_exercises.keep(member, own, row)
        except OwnExerciseError as problem:
            form.add_error(None, f"Not saved yet. {problem}")
        else:
            return redirect("clinic:own_exercises")
    context = {"form": form, "data_form": data_form, "row": row}
    bad = form.errors or data_form.errors
    return render(request, "clinic/own_exercise.html", context, status=UNPROCESSABLE if bad else 200)


def _save_data(member: Membership, form: OwnExerciseDataForm, row: OwnExercise | None) -> bool:
    if not form.is_valid():
        return False
    try:
        own_exercises.keep(member, own_exercises.read(form.cleaned_data["text"]), row)
    except OwnExerciseError as problem:
        form.add_error("text", f"Not saved yet. Line {problem}")
        return False
    return True
