"""Joining codes for people's own installations, and the installations that joined."""

from __future__ import annotations

from uuid import UUID

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from nextposture.clinic.access import member_of, note_access
from nextposture.clinic.forms import CodeForm
from nextposture.clinic.joined import codes
from nextposture.clinic.models import AuditEvent, Installation, JoiningCode, Membership
from nextposture.knowledge.clinic import clinic_table

UNPROCESSABLE = 422


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Codes that are good, and installations."""
    return _page(request, member_of(request), CodeForm())


@require_POST
def make_code(request: HttpRequest) -> HttpResponse:
    """Make a code and show it, this once."""
    member, form = member_of(request), CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, member, form, status=UNPROCESSABLE)
    whom = form.cleaned_data["whom"]
    code = codes.make_code(member, whom, timezone.now())
    link = f"{settings.ORIGIN}/step/#{code}"
    drawn = qrcode.make(link, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    context = {
        "whom": whom,
        "code": code,
        "origin": settings.ORIGIN,
        "link": link,
        "days": clinic_table().joining_code.days,
        # The library's own drawing of an address that we made ourselves.
        "picture": mark_safe(drawn.to_string(encoding="unicode")),
    }
    return render(request, "clinic/joining_code.html", context)


@require_POST
def end(request: HttpRequest, installation: UUID) -> HttpResponse:
    """End an installation: it is answered no more, and the copy of the record goes."""
    member = member_of(request)
    row = get_object_or_404(Installation, clinic=member.clinic, key=installation)
    with transaction.atomic():
        codes.end(row, Installation.EndedBy.CLINIC, timezone.now())
        note_access(
            member, row.person, "connection with their own installation ended", AuditEvent.Action.CHANGED
        )
    return redirect("clinic:installations")


def _page(request: HttpRequest, member: Membership, form: CodeForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    context = {
        "member": member,
        "form": form,
        "codes": JoiningCode.objects.filter(clinic=member.clinic, used_at=None, expires_at__gt=now),
        "installations": Installation.objects.filter(clinic=member.clinic)
        .select_related("person__user")
        .order_by("-joined_at")[:500],
        "days": clinic_table().joining_code.days,
    }
    return render(request, "clinic/installations.html", context, status=status)
