"""What a paired phone may ask, and nothing else: one page, and one address that takes one reading.

The link in the code to scan holds a 128-bit token that lets one browser in, once. That browser gets a secret
of its own as a cookie, with which it may load the page again and send. Everything else is refused. An ASGI
application; what it serves and what becomes of a reading is given to it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
TOKEN_BYTES = 16
COOKIE = "__Host-phone"
READING = "/reading"


class ReadingRefusedError(ValueError):
    """A reading that cannot be kept; the message says what to change, and the phone shows it."""


@dataclass(frozen=True)
class Page:
    """The one page: its HTML and its Content-Security-Policy."""

    html: bytes
    policy: str


class Door:
    """An ASGI application for one phone.

    `hosts` are what a request may name as its Host (`192.168.1.5:41234`). `take` keeps a reading, given as
    the JSON object that the phone sent, and raises ReadingRefusedError for one that cannot be. `changed` is
    told `phone` when one came in, `done` when a reading was kept, and `worn_out` when there were more
    requests than one phone needs.
    """

    def __init__(
        self,
        hosts: Collection[str],
        page: Page,
        take: Callable[[dict[str, Any]], Awaitable[None]],
        changed: Callable[[str], None],
        *,
        body_most: int,
        requests_most: int,
    ) -> None:
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self._hosts, self._page, self._take, self._changed = frozenset(hosts), page, take, changed
        self._body_most, self._requests_left = body_most, requests_most
        self._guest: str | None = None
        self._taking = False
        self._taken = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            return
        self._requests_left -= 1
        if self._requests_left < 0:
            self._changed("worn_out")
            await _answer(send, 429, "Too many requests. Start again on the computer.")
            return
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            if name in (b"host", b"origin", b"cookie", b"content-type") and name.decode() in headers:
                await _answer(send, 400, "Twice the same header.")
                return
            headers[name.decode("latin-1")] = value.decode("latin-1")
        host = headers.get("host", "")
        if host not in self._hosts or headers.get("origin") not in (None, f"https://{host}"):
            await _answer(send, 403, "Refused.")
        elif scope["method"] == "GET" and scope["path"].startswith("/") and not scope["query_string"]:
            await self._show(scope["path"][1:], headers, send)
        elif scope["method"] == "POST" and scope["path"] == READING:
            await self._receive_reading(headers, receive, send)
        else:
            await _answer(send, 404, "There is nothing here.")

    async def _show(self, path: str, headers: dict[str, str], send: Send) -> None:
        if not _same(path, self.token):
            await _answer(send, 404, "There is nothing here.")
            return
        cookie = None
        if self._guest is None:
            self._guest = cookie = secrets.token_urlsafe(TOKEN_BYTES)
            self._changed("phone")
        elif not self._is_guest(headers):
            await _answer(send, 403, "This code was used already. Make a new one on the computer.")
            return
        kept = [(b"set-cookie", f"{COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=Strict".encode())]
        await _answer(
            send,
            200,
            self._page.html,
            b"text/html; charset=utf-8",
            [(b"content-security-policy", self._page.policy.encode()), *(kept if cookie else [])],
        )

    async def _receive_reading(self, headers: dict[str, str], receive: Receive, send: Send) -> None:
        # A page of another site cannot leave the origin out of a POST; a program that can has no cookie.
        if not self._is_guest(headers) or "origin" not in headers:
            await _answer(send, 403, "Refused.")
            return
        if self._taken or self._taking:
            await _answer(send, 409, "A reading came already.")
            return
        if headers.get("content-type") != "application/json":
            await _answer(send, 415, "Only JSON.")
            return
        body = await self._body(headers, receive)
        if body is None:
            await _answer(send, 413, "Too long.")
            return
        try:
            reading = json.loads(body)
        except (ValueError, RecursionError):
            reading = None
        if not isinstance(reading, dict):
            await _answer(send, 400, "No reading.")
            return
        if self._taken or self._taking:
            await _answer(send, 409, "A reading came already.")
            return
        self._taking = True
        try:
            await self._take(reading)
        except ReadingRefusedError as problem:
            await _answer(send, 422, str(problem))
            return
        finally:
            self._taking = False
        self._taken = True
        await _answer(send, 200, "Kept.")
        self._changed("done")

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes | None:
        """The body, or None if it is longer than it may be; no more than that is ever held."""
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._body_most:
            return None
        body: bytes = b""
        while True:
            message = await receive()
            body += bytes(message.get("body", b""))
            if len(body) > self._body_most:
                return None
            if message["type"] != "http.request" or not message.get("more_body"):
                return body

    def _is_guest(self, headers: dict[str, str]) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return self._guest is not None and found is not None and _same(found.value, self._guest)


def _same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(), secret.encode())


async def _answer(
    send: Send,
    status: int,
    body: str | bytes,
    kind: bytes = b"text/plain; charset=utf-8",
    more: Collection[tuple[bytes, bytes]] = (),
) -> None:
    content = body.encode() if isinstance(body, str) else body
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(content)),
        # A connection kept alive would hold up the closing.
        (b"connection", b"close"),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
        (b"x-content-type-options", b"nosniff"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
