"""What a call's page may use of the browser: camera and microphone, which no other page of a clinic's may."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec

from django.http import HttpResponse

from nextposture.selfcare.camera_pages import POLICY, allowing

P = ParamSpec("P")

PERMISSIONS = ", ".join(
    [
        *(f"{feature}=()" for feature in ("geolocation", "payment", "usb", "serial")),
        *(
            f"{feature}=(self)"
            for feature in ("camera", "microphone", "speaker-selection", "screen-wake-lock")
        ),
    ]
)


def may_call(view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """A decorator: the page may use camera, microphone and the networks that find a person's joints."""
    return allowing(view, PERMISSIONS, POLICY)
