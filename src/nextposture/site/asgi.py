"""The server's application: Django's pages and the WebSockets, behind the guard of each way of running."""

from __future__ import annotations

import os

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Pages(ASGIHandler):
    """Django's handler, with every middleware and view of a request run in one thread.

    All of ours are synchronous. Django's own changes threads at each middleware, which costs a millisecond.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """The chain, as for a synchronous server."""
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, worked out in the request's own thread."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nextposture.site.settings")
django.setup(set_prefix=False)
pages = Pages()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from nextposture.selfcare.sockets import addresses as selfcare  # noqa: E402
from nextposture.site.loopback_guard import LoopbackGuard  # noqa: E402

if settings.LOCAL:
    sockets = AuthMiddlewareStack(URLRouter(selfcare))
    application = LoopbackGuard(ProtocolTypeRouter({"http": pages, "websocket": sockets}), settings.PORT)
else:
    from nextposture.clinic.sockets import addresses as clinic

    sockets = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter([*selfcare, *clinic])))
    application = ProtocolTypeRouter({"http": pages, "websocket": sockets})
