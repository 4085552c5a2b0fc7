"""Addresses of the person's own pages, at the site's root: one path a line."""

from django.conf import settings
from django.urls import URLPattern, path

from nextposture.selfcare.views import (
    breaks,
    check_in,
    companion,
    emergency,
    evidence,
    measure,
    plan,
    progress,
    result,
    session,
    style_guide,
    today,
    welcome,
)

app_name = "selfcare"
urlpatterns: list[URLPattern] = [
    path("", welcome.home, name="home"),
    path("welcome/", welcome.show, name="welcome"),
    path("check-in/", check_in.start, name="check_in"),
    path("check-in/again/", check_in.again, name="check_in_again"),
    path("check-in/stop/", check_in.stop, name="check_in_stop"),
    path("check-in/left/", check_in.left, name="check_in_left"),
    path("check-in/finish/", check_in.finish, name="check_in_finish"),
    path("check-in/<slug:name>/", check_in.screen, name="check_in_screen"),
    path("result/", result.show, name="result"),
    path("plan/", plan.show, name="plan"),
    path("plan/<slug:item>/mistakes/", plan.mistakes, name="plan_mistakes"),
    path("emergency/", emergency.show, name="emergency"),
    path("evidence/", evidence.show, name="evidence"),
    path("today/", today.show, name="today"),
    path("today/timer/", today.timer, name="timer"),
    path("today/timer/change/", today.change_timer, name="change_timer"),
    path("today/away/", today.was_away, name="was_away"),
    path("today/break/", today.answer_break, name="break"),
    path("today/interval/", today.change_interval, name="interval"),
    path("today/companion/", breaks.say, name="companion_say"),
    path("today/companion/state/", breaks.state, name="companion_state"),
    path("today/companion/answer/", breaks.answer, name="companion_answer"),
    path("breaks/", breaks.show, name="breaks"),
    path("breaks/bout/", breaks.correct_bout, name="correct_bout"),
    path("breaks/add/", breaks.add_break, name="add_break"),
    path("breaks/discomfort/", breaks.rate_discomfort, name="rate_discomfort"),
    path("breaks/day-off/", breaks.day_off, name="day_off"),
    path("breaks/calendar.ics", breaks.ics, name="breaks_calendar"),
    path("today/habit/", today.keep_habit, name="habit"),
    path("session/", session.show, name="session"),
    path("session/start/", session.start, name="session_start"),
    path("session/step/", session.step, name="session_step"),
    path("session/stop/", session.stop, name="session_stop"),
    path("session/finish/", session.finish, name="session_finish"),
    path("session/<uuid:key>/", session.result, name="session_result"),
    path("measure/", measure.show, name="measure"),
    path("measure/kept/<uuid:key>/", measure.result, name="measure_result"),
    path("measure/kept/<uuid:key>/take-out/", measure.take_out, name="measure_take_out"),
    path("measure/<slug:name>/", measure.test, name="measure_test"),
    path("progress/", progress.show, name="progress"),
    path("progress/pain/", progress.rate_pain, name="rate_pain"),
    path("progress/activities/", progress.add_activity, name="add_activity"),
    path("progress/activities/<int:pk>/rate/", progress.rate_activity, name="rate_activity"),
    path("progress/activities/<int:pk>/drop/", progress.drop_activity, name="drop_activity"),
]

if settings.LOCAL:
    urlpatterns.append(path("companion/kept", companion.keep, name="companion_kept"))

if settings.DEBUG:
    urlpatterns.append(path("style-guide/", style_guide.show, name="style_guide"))
