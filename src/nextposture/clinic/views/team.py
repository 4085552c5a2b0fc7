"""An administrator's side: the clinic's profile, hours, policy, and who works there."""

from __future__ import annotations

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from nextposture import knowledge
from nextposture.clinic import booking, tasks
from nextposture.clinic.access import administrator_of, note_access
from nextposture.clinic.accounts import settle_address
from nextposture.clinic.forms import ClinicForm, HoursForm, InvitationForm, PolicyForm
from nextposture.clinic.models import Appointment, AuditEvent, Clinic, Membership, Referral
from nextposture.clinic.referrals import policy_for
from nextposture.knowledge import Urgency
from nextposture.knowledge.clinic import clinic_table

UNPROCESSABLE = 422


def settings(request: HttpRequest) -> HttpResponse:
    """The clinic's profile, opening hours and policy, saved together."""
    member = administrator_of(request)
    clinic, data = member.clinic, request.POST or None
    form = ClinicForm(data, instance=Clinic.objects.get(pk=clinic.pk))
    hours = HoursForm(data, prefix="hours", initial=_hours_text(clinic))
    policies = [
        (urgency, clinic_table().policy[urgency], _policy_form(clinic, urgency, data))
        for urgency in sorted(Urgency, reverse=True)
    ]
    sees = [(urgency, one) for urgency, _, one in policies if one is not None]
    forms = [form, hours, *(one for _, one in sees)]
    # Every form is asked, so that all its errors are shown at once.
    if request.method == "POST" and not [one for one in forms if not one.is_valid()]:
        row = form.save(commit=False)
        row.opening_hours = hours.cleaned_data
        row.policy = {urgency.name: one.cleaned_data for urgency, one in sees}
        row.save()
        messages.success(request, "The clinic’s details are saved.")
        return redirect("clinic:settings")
    levels = knowledge.load().danger_signs.levels
    told = [(levels[urgency].text, policy, one) for urgency, policy, one in policies]
    context = {"form": form, "hours": hours, "policies": told}
    wrong = any(one.errors for one in forms)
    return render(request, "clinic/settings.html", context, status=UNPROCESSABLE if wrong else 200)


def team(request: HttpRequest) -> HttpResponse:
    """Who works here; somebody new is invited by email."""
    member = administrator_of(request)
    form = InvitationForm(request.POST or None, clinic=member.clinic)
    if request.method == "POST" and form.is_valid():
        row = form.save(commit=False)
        row.clinic, row.email = member.clinic, row.email.lower()
        try:
            with transaction.atomic():
                row.save()
                settle_address(row.email)
                tasks.tell_of_invitation.enqueue(row.pk)
        except IntegrityError:
            form.add_error("email", "Somebody with this address works here already.")
        else:
            messages.success(request, f"{row.name} is invited by email: {row.email}.")
            return redirect("clinic:team")
    standing = Q(appointments__status__in=booking.STANDING, appointments__ends_at__gt=timezone.now())
    rows = (
        Membership.objects.for_user(request.user)
        .filter(clinic=member.clinic, left_at=None)
        .select_related("clinic")
    )
    rows = rows.annotate(to_see=Count("appointments", filter=standing))
    context = {"rows": rows, "form": form}
    return render(request, "clinic/team.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody leaves: they see nothing from now on, and the people they were to see are told.

    The last administrator cannot.
    """
    member = administrator_of(request)
    row = get_object_or_404(Membership, clinic=member.clinic, left_at=None, pk=pk)
    others = Membership.objects.working().filter(clinic=member.clinic, administers=True).exclude(pk=row.pk)
    if row.administers and not others.exists():
        problem = "Somebody must administer the clinic. First let someone else do that."
        return render(request, "clinic/cannot.html", {"problem": problem}, status=UNPROCESSABLE)
    now = timezone.now()
    with transaction.atomic():
        row.left_at = now
        row.save()
        coming = Appointment.objects.filter(practitioner=row, status__in=booking.STANDING, ends_at__gt=now)
        for appointment in coming.select_related("person"):
            gone = booking.cancel(appointment, f"{row.name} no longer works here", now)
            note_access(member, gone.person, "cancelled an appointment", AuditEvent.Action.CHANGED)
            tasks.tell_of_appointment.enqueue(str(gone.uid))
        for referral in Referral.objects.filter(practitioner=row, status=Referral.Status.ACCEPTED):
            referral.practitioner = None
            referral.save()
    messages.success(request, f"{row.name} sees nothing of this clinic from now on.")
    return redirect("clinic:team")


def _policy_form(clinic: Clinic, urgency: Urgency, data: object) -> PolicyForm | None:
    policy, by, within_h = policy_for(clinic, urgency)
    if not policy.clinic:
        return None
    return PolicyForm(data, prefix=urgency.name, initial={"by": by, "within_h": within_h})  # type: ignore[arg-type]


def _hours_text(clinic: Clinic) -> dict[str, str]:
    return {
        day: ", ".join(f"{opens}-{closes}" for opens, closes in spans)
        for day, spans in clinic.opening_hours.items()
    }
