"""Addresses of the clinic's WebSockets, as `urls.py` has those of its pages."""

from django.urls import URLPattern

addresses: list[URLPattern] = []
