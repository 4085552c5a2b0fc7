"""A person's side of a clinic: its profile, a referral, what it may see, who looked, messages."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.views.decorators.http import require_GET, require_POST

from nextposture import knowledge
from nextposture.clinic import consents, referrals
from nextposture.clinic.access import key_in
from nextposture.clinic.forms import MessageForm, ReferralForm
from nextposture.clinic.models import AuditEvent, Clinic, Consent, Message, Note, Profile, Referral
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table
from nextposture.record import check_ins
from nextposture.record.people import person_of
from nextposture.selfcare.emergency_card import numbers_for
from nextposture.selfcare.standing_alarm import alarm_address

UNPROCESSABLE = 422


@require_GET
def clinic(request: HttpRequest, pk: int) -> HttpResponse:
    """How to reach the clinic, when it is open, and how it sees whom."""
    row = get_object_or_404(Clinic, pk=pk)
    return render(
        request,
        "clinic/clinic.html",
        {"clinic": row, "hours": _hours(row), "policies": _policies(row), "numbers": numbers_for(request)},
    )


def refer(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand a referral over: what they may see is chosen one by one."""
    person, row, known = person_of(request), get_object_or_404(Clinic, pk=pk), knowledge.load()
    if alarm := alarm_address(known, person):
        return redirect(alarm)
    outcome = check_ins.current_outcome(person)
    if outcome is None:
        return render(request, "clinic/refer_first.html", {"clinic": row})
    policy = clinic_table().policy[Urgency[outcome.urgency]]
    profile, _ = Profile.objects.get_or_create(user=person.user)
    first = {"name": profile.name, "phone": profile.phone, "items": ["result"]}
    form = ReferralForm(request.POST or None, initial=first)
    context = {
        "clinic": row,
        "policy": policy,
        "level": known.danger_signs.levels[Urgency[outcome.urgency]],
        "seen_words": referrals.seen_in_words(row, Urgency[outcome.urgency]),
        "reasons": check_ins.plain_reasons(outcome),
        "form": form,
        "numbers": numbers_for(request),
    }
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                profile.name, profile.phone = data["name"], data["phone"]
                profile.save()
                referrals.refer(
                    person,
                    row,
                    data["items"],
                    timezone.now(),
                    wish=data["wish"],
                    prefers=data["prefers"],
                    days=data["days"],
                )
        except referrals.ReferralError as problem:
            form.add_error(None, str(problem))
        else:
            return redirect("clinic:sharing")
    return render(request, "clinic/refer.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_GET
def sharing(request: HttpRequest) -> HttpResponse:
    """What each clinic may see and until when, who looked at what, referrals and notes."""
    person, now = person_of(request), timezone.now()
    names = {one.id: one.name for one in clinic_table().share}
    purposes = {one.id: one.name for one in clinic_table().purposes}
    context = {
        "referrals": Referral.objects.for_user(request.user).select_related("clinic", "practitioner"),
        "allowed": [
            (row, names.get(row.item, row.item), purposes.get(row.purpose, row.purpose))
            for row in Consent.objects.in_force(now).filter(person=person).select_related("clinic")
        ],
        "looked": AuditEvent.objects.for_user(request.user).select_related("clinic")[:200],
        "notes": Note.objects.for_user(request.user).filter(person=person).select_related("author", "clinic"),
    }
    return render(request, "clinic/sharing.html", context)


@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Withdraw one consent, at once."""
    person = person_of(request)
    row = get_object_or_404(Consent, person=person, pk=key_in(request.POST.get("consent")))
    consents.withdraw(person, row.clinic, timezone.now(), item=row.item, what_for=row.purpose)
    return redirect("clinic:sharing")


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take a referral back, and with it everything that the clinic may see."""
    person = person_of(request)
    row = get_object_or_404(Referral, person=person, pk=key_in(request.POST.get("referral")))
    referrals.take_back(row, timezone.now())
    return redirect("clinic:sharing")


def messages(request: HttpRequest, pk: int) -> HttpResponse:
    """The person's messages with one clinic that they handed something over to."""
    person, row = person_of(request), get_object_or_404(Clinic, pk=pk)
    if not Referral.objects.filter(person=person, clinic=row).exists():
        raise Http404
    form = MessageForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        Message.objects.create(person=person, clinic=row, text=form.cleaned_data["text"])
        return redirect("clinic:messages", pk=pk)
    rows = Message.objects.filter(person=person, clinic=row).select_related("author")
    rows.filter(author__isnull=False, read_at=None).update(read_at=timezone.now())
    context = {"clinic": row, "rows": rows, "form": form, "own": True}
    return render(request, "clinic/messages.html", context, status=UNPROCESSABLE if form.errors else 200)


def _hours(row: Clinic) -> list[tuple[str, list[list[str]]]]:
    return [(str(name), row.opening_hours.get(str(day), [])) for day, name in WEEKDAYS.items()]


def _policies(row: Clinic) -> list[dict[str, str]]:
    told = []
    for urgency in sorted(Urgency, reverse=True):
        level = knowledge.load().danger_signs.levels[urgency].text
        told.append({"level": level, "say": referrals.seen_in_words(row, urgency)})
    return told
