"""A practitioner's side: the queue, one person on one page, answers, messages, notes."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from nextposture.clinic import referrals
from nextposture.clinic.access import note_access, patient_of, practitioner_of
from nextposture.clinic.accounts import places_of
from nextposture.clinic.forms import AnswerForm, MessageForm, NoteForm
from nextposture.clinic.models import Appointment, AuditEvent, Membership, Message, Note, Referral, Seen
from nextposture.clinic.shared_record import shared_report
from nextposture.interop.report import files as report_files
from nextposture.knowledge import Urgency
from nextposture.record.models import Person

UNPROCESSABLE = 422
MOST_SHOWN = 40
"""How many of a long queue the first page shows: the first ones are who comes next."""


def queue(request: HttpRequest, member: Membership) -> HttpResponse:
    """Who needs what by when: the most urgent first, then the longest wait."""
    most = None if request.GET.get("all") else MOST_SHOWN
    context = {
        "member": member,
        "places": places_of(request.user),
        "queue": referrals.queue(member.clinic, timezone.now(), most) if member.treats else None,
        "unread": Message.objects.for_user(request.user)
        .filter(clinic=member.clinic, author=None, read_at=None)
        .order_by("at")
        .select_related("person__user__profile"),
    }
    return render(request, "clinic/dashboard.html", context)


def person(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one person on one page: what they let the clinic see, and no more."""
    member = practitioner_of(request)
    return _person_page(request, member, patient_of(member, pk))


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept, decline or close the person's referral."""
    member = practitioner_of(request)
    who, form = patient_of(member, pk), AnswerForm(request.POST)
    row = get_object_or_404(Referral, person=who, clinic=member.clinic, status__in=referrals.OPEN)
    if form.is_valid():
        try:
            with transaction.atomic():
                status = Referral.Status(form.cleaned_data["status"])
                referrals.answer(row, member, status, form.cleaned_data["text"], timezone.now())
                note_access(member, who, f"referral {status.label}", AuditEvent.Action.CHANGED)
        except referrals.ReferralError as problem:
            form.add_error("text", str(problem))
        else:
            still_ours = status == Referral.Status.ACCEPTED
            return redirect("clinic:person", pk=pk) if still_ours else redirect("clinic:home")
    return _person_page(request, member, who, answer_form=form, status=UNPROCESSABLE)


def messages(request: HttpRequest, pk: int) -> HttpResponse:
    """Messages between the person and the clinic."""
    member = practitioner_of(request)
    who, form = patient_of(member, pk), MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        Message.objects.create(
            person=who, clinic=member.clinic, author=member, text=form.cleaned_data["text"]
        )
        return redirect("clinic:person_messages", pk=pk)
    rows = Message.objects.for_user(request.user).filter(person=who, clinic=member.clinic)
    rows.filter(author=None, read_at=None).update(read_at=timezone.now())
    note_access(member, who, "messages")
    context = {"person": who, "rows": rows.select_related("author"), "form": form, "clinic": member.clinic}
    return render(request, "clinic/messages.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a note, or one that corrects an earlier one; nothing is overwritten."""
    member = practitioner_of(request)
    who, form = patient_of(member, pk), NoteForm(request.POST)
    if not form.is_valid():
        return _person_page(request, member, who, note_form=form, status=UNPROCESSABLE)
    corrected = None
    if form.cleaned_data["corrects"]:
        corrected = get_object_or_404(
            Note, person=who, clinic=member.clinic, pk=form.cleaned_data["corrects"]
        )
    with transaction.atomic():
        Note.objects.create(
            person=who,
            clinic=member.clinic,
            author=member,
            text=form.cleaned_data["text"],
            corrects=corrected,
        )
        note_access(member, who, "a note", AuditEvent.Action.ADDED)
    return redirect("clinic:person", pk=pk)


def _person_page(
    request: HttpRequest,
    member: Membership,
    who: Person,
    *,
    answer_form: AnswerForm | None = None,
    note_form: NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    referral = Referral.objects.filter(person=who, clinic=member.clinic, status__in=referrals.OPEN).get()
    _, _, within_h = referrals.policy_for(member.clinic, Urgency[referral.urgency])
    allowed = {one.item for one in referrals.may_see(member.clinic, who, now)}
    note_access(member, who, "record: " + ", ".join(sorted(allowed)) if allowed else "referral")
    context = {
        "person": who,
        "referral": referral,
        "urgency": referrals.WORDS[Urgency[referral.urgency]],
        "seen_words": referrals.seen_in_words(member.clinic, Urgency[referral.urgency]),
        "due_at": None if within_h is None else referral.made_at + timedelta(hours=within_h),
        "prefers": referral.prefers and Seen(referral.prefers).label,
        "allowed": allowed,
        "record": report_files.body(shared_report(who, allowed, now)) if allowed else "",
        "notes": Note.objects.for_user(request.user).filter(person=who, clinic=member.clinic),
        "appointments": Appointment.objects.for_user(request.user).filter(person=who, clinic=member.clinic),
        "answer_form": answer_form or AnswerForm(),
        "note_form": note_form or NoteForm(),
    }
    return render(request, "clinic/person.html", context, status=status)


@require_GET
def trail(request: HttpRequest, pk: int) -> HttpResponse:
    """Who at the clinic read or changed what of the person; the person sees the same."""
    member = practitioner_of(request)
    who = patient_of(member, pk)
    rows = AuditEvent.objects.for_user(request.user).filter(person=who, clinic=member.clinic)[:500]
    return render(request, "clinic/trail.html", {"person": who, "rows": rows})
