"""Addresses of the clinic's pages, below /clinic/."""

from django.urls import URLPattern, path

from nextposture.clinic.views import appointments, calls, home, own_exercises, people, plans, referrals, team

app_name = "clinic"
urlpatterns: list[URLPattern] = [
    path("", home.show, name="home"),
    path("choose/", home.choose, name="choose"),
    path("<int:pk>/", referrals.clinic, name="clinic"),
    path("<int:pk>/refer/", referrals.refer, name="refer"),
    path("<int:pk>/messages/", referrals.messages, name="messages"),
    path("sharing/", referrals.sharing, name="sharing"),
    path("sharing/withdraw/", referrals.withdraw, name="withdraw"),
    path("sharing/take-back/", referrals.take_back, name="take_back"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/answer/", people.answer, name="answer"),
    path("people/<int:pk>/messages/", people.messages, name="person_messages"),
    path("people/<int:pk>/notes/", people.note, name="note"),
    path("people/<int:pk>/trail/", people.trail, name="trail"),
    path("people/<int:pk>/plan/", plans.show, name="person_plan"),
    path("people/<int:pk>/plan/decide/", plans.decide_item, name="decide"),
    path("own-exercises/", own_exercises.show, name="own_exercises"),
    path("own-exercises/new/", own_exercises.make, name="own_exercise_new"),
    path("own-exercises/<int:own>/", own_exercises.change, name="own_exercise"),
    path("own-exercises/<int:own>/data/", own_exercises.as_data, name="own_exercise_data"),
    path("own-exercises/<int:own>/drop/", own_exercises.drop, name="own_exercise_drop"),
    path("own-exercises/<int:own>/exercise.yaml", own_exercises.download, name="own_exercise_yaml"),
    path("settings/", team.settings, name="settings"),
    path("team/", team.team, name="team"),
    path("team/<int:pk>/end/", team.end, name="end_membership"),
    path("<int:clinic>/times/", appointments.times, name="times"),
    path("<int:clinic>/times/ask/", appointments.ask, name="ask"),
    path("<int:clinic>/times/wait/", appointments.join_waiting_list, name="wait"),
    path("appointments/", appointments.mine, name="appointments"),
    path("appointments/<uuid:uid>/", appointments.show, name="appointment"),
    path("appointments/<uuid:uid>/appointment.ics", appointments.ics, name="appointment_ics"),
    path("appointments/<uuid:uid>/cancel/", appointments.cancel, name="appointment_cancel"),
    path("appointments/<uuid:uid>/confirm/", appointments.confirm, name="appointment_confirm"),
    path("appointments/<uuid:uid>/close/", appointments.close, name="appointment_close"),
    path("appointments/<uuid:uid>/call/", calls.show, name="call"),
    path("appointments/<uuid:uid>/call/phone/", calls.by_phone, name="call_phone"),
    path("diary/", appointments.diary, name="diary"),
    path("availability/", appointments.availability, name="availability"),
]
