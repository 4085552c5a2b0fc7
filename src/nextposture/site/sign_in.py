"""Who gets in, in local mode: the owner, through the one-time link that the command opens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from nextposture.record.people import owner
from nextposture.site import one_time_link


class OwnerOnly(LoginRequiredMiddleware):
    """No view runs for a request without sign-in, unless the view is marked `login_not_required`."""

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponse:
        """The page that says how to get in."""
        return stranger(request)


@login_not_required
@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Use up the token in the link and let the owner in. A link that was used already opens nothing new."""
    if one_time_link.redeem(settings.DATA, request.GET.get("token", "")):
        login(request, owner().user, backend="django.contrib.auth.backends.ModelBackend")
    elif not request.user.is_authenticated:
        return stranger(request)
    return redirect("/")


def stranger(request: HttpRequest) -> HttpResponse:
    """403, with how to get in."""
    return render(request, "stranger.html", status=403)
