"""Who works at a clinic gets nowhere without a second factor."""

from __future__ import annotations

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils.deprecation import MiddlewareMixin

from nextposture.clinic.accounts import works_somewhere

OPEN = frozenset({"account_logout", "account_reauthenticate", "mfa_reauthenticate", "account"})
"""Addresses that are open before the second factor is set up, beside those that set it up."""


class SecondFactorForStaff(MiddlewareMixin):
    """Send staff without a second factor to where they set one up."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """None where the request may go on."""
        if not getattr(view, "login_required", True) or not works_somewhere(request.user):
            return None
        name = resolve(request.path).url_name or ""
        if name.startswith(("mfa_", "account_")) or name in OPEN or is_mfa_enabled(request.user):
            return None
        return redirect(reverse("mfa_index"))
