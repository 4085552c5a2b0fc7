"""Addresses of the clinic's pages, below /clinic/."""

from django.urls import URLPattern, path

from nextposture.clinic.views import appointments, home

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", home.show, name="home"),
    path("<int:clinic>/times/", appointments.times, name="times"),
    path("<int:clinic>/times/ask/", appointments.ask, name="ask"),
    path("<int:clinic>/times/wait/", appointments.join_waiting_list, name="wait"),
    path("appointments/", appointments.mine, name="appointments"),
    path("appointments/<uuid:uid>/", appointments.show, name="appointment"),
    path("appointments/<uuid:uid>/appointment.ics", appointments.ics, name="appointment_ics"),
    path("appointments/<uuid:uid>/cancel/", appointments.cancel, name="appointment_cancel"),
    path("appointments/<uuid:uid>/confirm/", appointments.confirm, name="appointment_confirm"),
    path("appointments/<uuid:uid>/close/", appointments.close, name="appointment_close"),
    path("diary/", appointments.diary, name="diary"),
    path("availability/", appointments.availability, name="availability"),
]
