"""Answer only this computer, and only pages that this server itself served.

Any page on the web can make its reader's browser send requests to 127.0.0.1, and a name that an attacker
owns can be pointed there (DNS rebinding). So a request must come from this computer, name this server as its
Host, and, where the browser says which page sent it, come from our own page. This stands in front of Django,
so it holds for WebSockets as well.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]

REFUSAL = "Refused: Next Posture answers only its own pages, on this computer.\n"


class LoopbackGuard:
    """An ASGI application that passes to `app` what came from this computer and our own pages."""

    def __init__(self, app: Application, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self.origins = {f"http://{host}" for host in self.hosts}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403 (for a WebSocket: refuse the handshake)."""
        if scope["type"] == "lifespan" or self.allows(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            body = REFUSAL.encode()
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", b"%d" % len(body)),
            ]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    def allows(self, scope: Message) -> bool:
        """Whether the request comes from this computer and from no other site's page."""
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            if headers.setdefault(name.decode("latin-1"), value.decode("latin-1")) != value.decode("latin-1"):
                return False
        return (
            ip_address(scope["client"][0]).is_loopback
            and headers.get("host") in self.hosts
            and headers.get("origin") in self._origins_of(scope)
            and (_from_own_page(headers) or _opened_by_person(scope, headers))
        )

    def _origins_of(self, scope: Message) -> set[str | None]:
        # No browser opens a WebSocket without saying which page did, and no other rule of theirs guards one.
        return {*self.origins} if scope["type"] == "websocket" else {None, *self.origins}


def _from_own_page(headers: dict[str, str]) -> bool:
    # Browsers too old to send Sec-Fetch-Site, and programs that are none, send nothing here.
    return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}


def _opened_by_person(scope: Message, headers: dict[str, str]) -> bool:
    """A link to us that was followed on another page: harmless, since reading changes nothing."""
    return (
        scope.get("method") == "GET"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
