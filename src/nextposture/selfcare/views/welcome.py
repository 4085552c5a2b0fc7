"""The first page: what this is, what it is not, and the way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest) -> HttpResponse:
    """Show the welcome page."""
    return render(request, "selfcare/welcome.html")
