"""Every address of a clinic's server: accounts, the clinic's pages, and the person's own."""

from django.urls import include, path

from nextposture.clinic.views import accounts, health

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.show_metrics, name="metrics"),
    path("accounts/", accounts.show, name="account"),
    path("accounts/", include("allauth.urls")),
    path("clinic/", include("nextposture.clinic.urls")),
    path("", include("nextposture.selfcare.urls")),
]
