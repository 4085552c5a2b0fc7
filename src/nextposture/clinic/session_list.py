"""The list of where a user is signed in, kept up to the minute instead of at every request."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from time import monotonic

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.http.response import HttpResponseBase

EVERY_S = 60


@lru_cache(maxsize=10_000)
def _noted(session: str, client: str, minute: int) -> set[bool]:
    """A set for each session, client and minute; it is filled once the list has been brought up to date."""
    return set()


def session_list(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """As allauth's UserSessionsMiddleware, which writes at every request. A new address is noted at once."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and request.session.session_key:
            client = f"{get_adapter().get_client_ip(request)} {request.META.get('HTTP_USER_AGENT', '')}"
            noted = _noted(request.session.session_key, client, int(monotonic() // EVERY_S))
            if not noted:
                UserSession.objects.create_from_request(request)
                noted.add(True)
        return get_response(request)

    return middleware
