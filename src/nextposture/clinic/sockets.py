"""Addresses of the clinic's WebSockets, as `urls.py` has those of its pages."""

from django.urls import URLPattern, path

from nextposture.clinic.call_socket import CallSocket

addresses: list[URLPattern] = [path("clinic/calls/<uuid:uid>/", CallSocket.as_asgi(), name="call")]
