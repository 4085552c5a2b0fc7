"""Addresses of the clinic's pages, below /clinic/."""

from django.urls import URLPattern, path

from nextposture.clinic.views import home

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", home.show, name="home"),
]
