"""The way into a video call for who has no account here: a link, good once, into that call and no further."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.crypto import get_random_string
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.http import require_GET

from nextposture.clinic.models import Appointment, Installation

GOOD_S = 120
STAYS_S = 4 * 3600
SALT = "nextposture.into-a-call"
MARK = "from_installation"
"""In a session that such a link began: which appointment it is for."""
OPEN = frozenset({"call", "call_phone", "appointment_ics"})
"""What such a session may reach beside what is open to everybody."""


def link_to(installation: Installation, appointment: Appointment) -> str:
    """A link into the call of this appointment."""
    told = f"{installation.pk}:{appointment.uid}:{get_random_string(16)}"
    return f"{settings.ORIGIN}/step/call/{signing.TimestampSigner(salt=SALT, sep='~').sign(told)}/"


@login_not_required
@require_GET
def enter(request: HttpRequest, told: str) -> HttpResponse:
    """Let the person of the link into its call."""
    try:
        plain = signing.TimestampSigner(salt=SALT, sep="~").unsign(told, max_age=GOOD_S)
        pk, uid, nonce = plain.split(":")
    except (signing.BadSignature, ValueError):
        return render(request, "clinic/step.html", {"over": True}, status=403)
    one = Installation.objects.filter(pk=int(pk), revoked_at=None).select_related("person__user").first()
    if one is None or not cache.add(f"into-a-call:{nonce}", 1, GOOD_S):
        return render(request, "clinic/step.html", {"over": True}, status=403)
    login(request, one.person.user)
    request.session[MARK] = uid
    request.session.set_expiry(STAYS_S)
    return redirect("clinic:call", uid=UUID(uid))


class CallOnly(MiddlewareMixin):
    """Keep a session that began with such a link at its call: everything else is in the person's own app."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """None where the request may go on."""
        uid = request.session.get(MARK)
        if uid is None:
            return None
        match = resolve(request.path)
        # Letting a program in is open to everybody only so that it can ask to sign in first.
        if not getattr(view, "login_required", True) and match.view_name != "oauth2_provider:authorize":
            return None
        if match.namespace == "clinic" and match.url_name in OPEN and str(kwargs.get("uid")) == uid:
            return None
        return render(request, "clinic/step.html", status=403)
