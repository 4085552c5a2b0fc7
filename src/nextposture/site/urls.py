"""Every address of the site. Error pages are templates: 400, 403, 403_csrf, 404 and 500.html."""

from django.urls import include, path

from nextposture.site.sign_in import sign_in

urlpatterns = [
    path("sign-in", sign_in, name="sign-in"),
    path("", include("nextposture.selfcare.urls")),
]
