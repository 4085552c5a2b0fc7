"""The guard, for what the HTTP tests cannot send: a WebSocket handshake, and a client elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nextposture.site.loopback_guard import LoopbackGuard

OWN_PAGE = [("host", "127.0.0.1:8642"), ("origin", "http://127.0.0.1:8642")]


def answers(client: str, headers: list[tuple[str, str]], kind: str = "websocket") -> list[str]:
    """Types of the messages that a client at `client` gets for a request with these headers."""
    sent: list[dict[str, Any]] = []

    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "accepted"})

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "client": (client, 50000),
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    asyncio.run(LoopbackGuard(accept, 8642)(scope, receive, send))
    return [message["type"] for message in sent]


def test_web_socket_of_our_own_page_is_accepted() -> None:
    assert answers("127.0.0.1", OWN_PAGE) == ["accepted"]


@pytest.mark.parametrize(
    "headers",
    [
        [("host", "127.0.0.1:8642"), ("origin", "http://attacker.example")],
        [("host", "attacker.example:8642"), ("origin", "http://127.0.0.1:8642")],
        [("host", "127.0.0.1:8642"), ("origin", "null")],
        [*OWN_PAGE, ("host", "attacker.example:8642")],
        [("origin", "http://127.0.0.1:8642")],
        [("host", "127.0.0.1:8642")],
        [("host", "127.0.0.1:8642"), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "websocket")],
    ],
)
def test_web_socket_of_another_page_is_refused(headers: list[tuple[str, str]]) -> None:
    assert answers("127.0.0.1", headers) == ["websocket.close"]


@pytest.mark.parametrize("client", ["192.0.2.7", "10.0.0.1", "2001:db8::1"])
def test_another_computer_is_refused_whatever_it_says(client: str) -> None:
    assert answers(client, OWN_PAGE, "http") == ["http.response.start", "http.response.body"]
