"""Addresses of the person's own pages, at the site's root."""

from django.urls import URLPattern, path
from django.views.generic import TemplateView

app_name = "selfcare"
urlpatterns: list[URLPattern] = [
    path("", TemplateView.as_view(template_name="selfcare/welcome.html"), name="welcome"),
]
