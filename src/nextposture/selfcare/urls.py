"""Addresses of the person's own pages, at the site's root: one path a line."""

from django.conf import settings
from django.urls import URLPattern, path

from nextposture.selfcare.views import emergency, evidence, style_guide, welcome

app_name = "selfcare"
urlpatterns: list[URLPattern] = [
    path("", welcome.show, name="welcome"),
    path("emergency/", emergency.show, name="emergency"),
    path("evidence/", evidence.show, name="evidence"),
]

if settings.DEBUG:
    urlpatterns.append(path("style-guide/", style_guide.show, name="style_guide"))
