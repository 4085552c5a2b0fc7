"""A small HTTP/1.1 server and client for loopback: one request a connection, small bodies, short timeouts.

A web framework would cost more memory than the rest of the companion.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TIMEOUT_S = 10.0
MOST_BODY = 1_000_000
MOST_HEADERS = 16_384
PHRASES = {
    200: "OK",
    303: "See Other",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    500: "Internal Server Error",
}


@dataclass(frozen=True)
class Request:
    """A request that was read. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; an empty body is an empty object. Raises RefusalError."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError as error:
            raise RefusalError(400, "The body is not JSON.") from error

    def form(self) -> dict[str, str]:
        """The body as a form's fields."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class RefusalError(Exception):
    """The request cannot be done; the message is the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


Handler = Callable[[Request], Awaitable[Reply]]


def as_json(value: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, json.dumps(value).encode())


async def serve(handler: Handler) -> asyncio.Server:
    """Listen on a free port of 127.0.0.1 and answer each request by `handler`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(_read(reader), TIMEOUT_S)
            reply = await handler(request)
        except RefusalError as refusal:
            reply = as_json({"error": str(refusal)}, refusal.status)
        except (TimeoutError, OSError, EOFError, ValueError):
            writer.close()
            return
        except Exception:  # one bad request must not end the companion
            reply = as_json({"error": "This went wrong inside the companion."}, 500)
        with contextlib.suppress(OSError, TimeoutError):
            writer.write(_head(reply) + reply.body)
            await asyncio.wait_for(writer.drain(), TIMEOUT_S)
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0, limit=MOST_HEADERS)


async def _read(reader: asyncio.StreamReader) -> Request:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers: dict[str, str] = {}
    for line in filter(None, lines):
        name, colon, value = line.partition(":")
        if not colon or name.lower() in headers:
            raise RefusalError(400, "A header is not one, or comes twice.")
        headers[name.lower()] = value.strip()
    if "transfer-encoding" in headers:
        raise RefusalError(400, "Send a Content-Length.")
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BODY:
        raise RefusalError(400, "The body is too long.")
    address = urlsplit(target)
    body = await reader.readexactly(int(length))
    return Request(method, address.path, dict(parse_qsl(address.query)), headers, body)


def _head(reply: Reply) -> bytes:
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        "Connection": "close",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        **reply.headers,
    }
    lines = [f"HTTP/1.1 {reply.status} {PHRASES[reply.status]}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def ask(
    port: int, method: str, path: str, token: str, value: Any = None, timeout_s: float = TIMEOUT_S
) -> tuple[int, Any]:
    """Send a request with a bearer token to a port of this computer; return the status and the JSON answer.

    Raises OSError where nobody answers, or not as agreed.
    """
    body = b"" if value is None else json.dumps(value).encode()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(head.encode() + body)
                answer = await reader.read(-1)
            finally:
                writer.close()
        told, _, answered = answer.partition(b"\r\n\r\n")
        return int(told.split(b" ", 2)[1]), json.loads(answered or b"null")
    except (TimeoutError, ValueError, IndexError, EOFError, OverflowError) as error:
        raise OSError(f"no proper answer from port {port}") from error
