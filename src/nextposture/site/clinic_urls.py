"""Every address of a clinic's server: accounts, the clinic's pages, and the person's own."""

from django.urls import include, path
from oauth2_provider import urls as oauth_urls

from nextposture.clinic.fhir.api import api
from nextposture.clinic.oauth import Authorize
from nextposture.clinic.views import accounts, health, home

fhir_patterns, fhir_app, fhir_name = api.urls
for _one in fhir_patterns:
    vars(_one.callback)["login_required"] = False  # it asks for a token or a session itself

oauth_patterns = [
    path("authorize/", Authorize.as_view(), name="authorize"),
    *oauth_urls.base_urlpatterns,
    *(one for one in oauth_urls.management_urlpatterns if "authorized_tokens" in str(one.pattern)),
]

urlpatterns = [
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", health.show_metrics, name="metrics"),
    path("fhir/", (fhir_patterns, fhir_app, fhir_name)),
    # Clients are registered by whoever runs the server: `nextposture clinic manage createapplication`.
    path("oauth/", include((oauth_patterns, "oauth2_provider"))),
    path("", home.start),
    path("accounts/", accounts.show, name="account"),
    path("accounts/about/", accounts.about, name="account_about"),
    path("accounts/erase/", accounts.erase, name="account_erase"),
    path("accounts/", include("allauth.urls")),
    path("clinic/", include("nextposture.clinic.urls")),
    path("step/", include("nextposture.clinic.joined.urls")),
    path("", include("nextposture.selfcare.urls")),
]
