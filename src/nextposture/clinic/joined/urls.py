"""Addresses for people's own installations, below /step/."""

from django.urls import URLPattern, path

from nextposture.clinic.joined import api, entry

app_name = "step"
urlpatterns: list[URLPattern] = [
    path("", api.here, name="here"),
    path("call/<str:told>/", entry.enter, name="enter"),
    path("<int:edition>/look", api.look, name="look"),
    path("<int:edition>/join", api.join, name="join"),
    path("<int:edition>/sync", api.sync, name="sync"),
    path("<int:edition>/times", api.times, name="times"),
    path("<int:edition>/call", api.call, name="call"),
]
