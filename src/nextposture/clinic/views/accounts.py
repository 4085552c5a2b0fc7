"""One page for everything about the account."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from nextposture.clinic.accounts import works_somewhere


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Addresses, password, second factor, where one is signed in, signing out."""
    return render(request, "account/overview.html", {"staff": works_somewhere(request.user)})
