"""The line to a clinic's server: JSON over HTTPS, no redirects, everything that can go wrong under its id."""

from __future__ import annotations

import json
import re
import ssl
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from nextposture import __version__
from nextposture.interop.joined.table import joined_table

PATH = "/step/"
"""Where a clinic's server answers installations; the edition follows."""
LARGEST_ANSWER = 16_000_000
STATUS_TROUBLE = {400: "not_taken", 413: "not_taken", 429: "too_many"}


class TroubleError(Exception):
    """It did not work. `id` is one of the table's `trouble`, or `left` where the clinic says that we left."""

    def __init__(self, ident: str) -> None:
        self.id = ident
        super().__init__(joined_table().trouble.get(ident, ident))


class Ask(Protocol):
    """How a clinic's server is asked; tests put their own in its place."""

    def __call__(self, address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]: ...


def address_in(text: str) -> tuple[str, str]:
    """The address of a clinic's server, and the code if the text is a link that holds one.

    Raises TroubleError where it is no https address; http only leads to this computer.
    """
    text = text.strip()
    parts = urlsplit(text if "://" in text else f"https://{text}")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise TroubleError("no_clinic") from None
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", host) or parts.username is not None:
        raise TroubleError("no_clinic")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        raise TroubleError("not_https")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}", parts.fragment


def ask(address: str, what: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    """The clinic's answer. Raises TroubleError."""
    table, parts = joined_table(), urlsplit(address)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise TroubleError("not_https")
    headers = {"Content-Type": "application/json", "User-Agent": f"NextPosture/{__version__}"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    url = f"{address}{PATH}{table.edition}/{what}"
    request = Request(url, json.dumps(body).encode(), headers, method="POST")
    # The system's own list of authorities, or SSL_CERT_FILE's.
    handlers = [HTTPSHandler(context=ssl.create_default_context()), _NoRedirect()]
    if _is_here(parts.hostname or ""):
        handlers.append(ProxyHandler({}))
    try:
        with build_opener(*handlers).open(request, timeout=table.limits.timeout_s) as answer:
            read = answer.read(LARGEST_ANSWER + 1)
    except HTTPError as error:
        raise TroubleError(_why(error)) from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        untrusted = isinstance(reason, ssl.SSLCertVerificationError)
        raise TroubleError("not_trusted" if untrusted else "no_connection") from None
    try:
        made = json.loads(read) if len(read) <= LARGEST_ANSWER else None
    except ValueError:
        made = None
    if not isinstance(made, dict):
        raise TroubleError("no_clinic")
    return made


class _NoRedirect(HTTPRedirectHandler):
    """Nothing is sent to an address that the person did not enter."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _why(error: HTTPError) -> str:
    try:
        told = json.loads(error.read(10_000))
        ident = told.get("error") if isinstance(told, dict) else None
    except (ValueError, OSError, HTTPException):
        ident = None
    if isinstance(ident, str) and (ident in joined_table().trouble or ident == "left"):
        return ident
    return STATUS_TROUBLE.get(error.code, "no_clinic" if error.code < 500 else "server")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
