"""Addresses of WebSockets, as `urls.py` has those of pages."""

from django.urls import URLPattern, path

from nextposture.selfcare.camera_socket import CameraSocket

addresses: list[URLPattern] = [path("camera/", CameraSocket.as_asgi(), name="camera")]
