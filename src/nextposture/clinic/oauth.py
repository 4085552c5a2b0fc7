"""What django-oauth-toolkit leaves to us so that other FHIR programs (SMART on FHIR) can sign in here."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.views import AuthorizationView

LAUNCH = "launch/patient"


class Validator(OAuth2Validator):  # type: ignore[misc]
    """Tells a program that asks for it whose record it was let in to: the person's own."""

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any, **more: Any) -> None:
        """Keep the token, and name the Patient in what the program gets with it."""
        super().save_bearer_token(token, request, *args, **more)
        person = getattr(request.user, "person", None)
        if person is not None and LAUNCH in token.get("scope", "").split():
            token["patient"] = str(person.pk)


class Authorize(AuthorizationView):  # type: ignore[misc]
    """The page that asks whether to let a program in; its form leads on to the program's own site."""

    def render_to_response(self, context: dict[str, Any], **more: Any) -> HttpResponse:
        """The page, whose form may lead to the program's registered address: browsers look at that too."""
        response: HttpResponse = super().render_to_response(context, **more)
        to = urlsplit(str(self.oauth2_data.get("redirect_uri") or ""))
        if to.scheme in {"http", "https"}:
            vars(response)["_csp_update"] = {"form-action": [f"{to.scheme}://{to.netloc}"]}
        return response
