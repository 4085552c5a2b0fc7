"""Response headers that no library sets for us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from wsgiref.headers import Headers

from django.http import HttpRequest
from django.http.response import HttpResponseBase

PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("camera", "microphone", "geolocation", "payment", "usb", "serial")),
        "screen-wake-lock=(self)",
    ]
)


def private_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Keep pages out of every cache, so that going back shows what is saved now, and limit the browser."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response

    return middleware


def worker_policy(headers: Headers, path: str, url: str) -> None:
    """A worker obeys the policy that its own file came with, so the one that sees the camera gets one."""
    if Path(path).name.startswith("pose_worker."):
        headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
        )
