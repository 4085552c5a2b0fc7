"""Addresses of the person's own pages, at the site's root: one path a line."""

from django.conf import settings
from django.urls import URLPattern, path

from nextposture.selfcare.views import check_in, emergency, evidence, plan, result, style_guide, welcome

app_name = "selfcare"
urlpatterns: list[URLPattern] = [
    path("", welcome.show, name="welcome"),
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
]

if settings.DEBUG:
    urlpatterns.append(path("style-guide/", style_guide.show, name="style_guide"))
