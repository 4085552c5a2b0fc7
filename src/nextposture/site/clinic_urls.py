"""Every address of a clinic's server: accounts, the clinic's pages, and the person's own."""

from django.urls import include, path

from nextposture.clinic.fhir.api import api
from nextposture.clinic.views import accounts, health

fhir_patterns, fhir_app, fhir_name = api.urls
for _one in fhir_patterns:
    vars(_one.callback)["login_required"] = False  # it asks for a token or a session itself

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.show_metrics, name="metrics"),
    path("fhir/", (fhir_patterns, fhir_app, fhir_name)),
    path("oauth/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    path("accounts/", accounts.show, name="account"),
    path("accounts/", include("allauth.urls")),
    path("clinic/", include("nextposture.clinic.urls")),
    path("", include("nextposture.selfcare.urls")),
]
