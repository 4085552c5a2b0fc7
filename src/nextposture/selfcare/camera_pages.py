"""What a page needs that may ask for the camera: addresses for its script, and leave to use them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

from csp.constants import SELF
from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static

from nextposture.pose import parts

P = ParamSpec("P")

PERMISSIONS = (
    "camera=(self), microphone=(), geolocation=(), payment=(), usb=(), serial=(), screen-wake-lock=(self)"
)
# `ws:` of the own server is not 'self' to Safari before 15.4.
SOCKETS = (
    [f"ws://{host}:{settings.PORT}" for host in ("127.0.0.1", "localhost")]
    if settings.LOCAL
    else [settings.ORIGIN.replace("http", "ws", 1)]
)
POLICY = {
    "script-src": [SELF, "'wasm-unsafe-eval'"],
    "worker-src": [SELF],
    "connect-src": [SELF, *SOCKETS],
}


def may_use_camera(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A decorator: the page may start the camera and the networks; no other page may."""
    return allowing(view, PERMISSIONS, POLICY)


def allowing(
    view: Callable[P, HttpResponse], permissions: str, policy: Mapping[str, Sequence[str]]
) -> Callable[P, HttpResponse]:
    """The view, whose pages carry this permissions policy and these additions to the content policy."""

    @wraps(view)
    def allowed(*args: P.args, **more: P.kwargs) -> HttpResponse:
        response = view(*args, **more)
        response.headers["Permissions-Policy"] = permissions
        # What `csp.decorators.csp_update` does, which forgets the types of the view.
        response._csp_update = policy  # type: ignore[attr-defined]
        return response

    return allowed


def camera_parts() -> dict[str, Any]:
    """Addresses of everything that looks at a picture, for the page's script."""
    served = {
        name: f"{settings.STATIC_URL}{parts.address(file)}"
        for name, file in {
            "bundle": "vision_bundle.mjs",
            "loader": "vision_wasm_module_internal.js",
            "wasm": "vision_wasm_module_internal.wasm",
        }.items()
    }
    models = {
        model: f"{settings.STATIC_URL}{parts.address(f'pose_landmarker_{model}.task')}"
        for model in parts.MODELS
    }
    return {**served, "models": models, "worker": static("nextposture/pose_worker.js"), "link": "/camera/"}
