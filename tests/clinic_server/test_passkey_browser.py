"""A passkey in a real browser, on Chromium's own virtual authenticator: made, and signed in with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.chromium import chromium_path
from tests.clinic_server.live_clinic import LiveClinic
from tests.watched_page import axe_violations, watched

EMAIL, PASSWORD = "bo@harbour.example", "correct horse battery"
MAKE = f"""
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.core.management import call_command
from nextposture.clinic import accounts, models
call_command("migrate", interactive=False, verbosity=0)
clinic = models.Clinic.objects.create(name="Harbour Street Physiotherapy")
models.Membership.objects.create(clinic=clinic, email={EMAIL!r}, name="Bo")
bo = User.objects.create_user({EMAIL!r}, {EMAIL!r}, {PASSWORD!r})
EmailAddress.objects.create(user=bo, email=bo.email, verified=True, primary=True)
accounts.settle(bo)
"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page where Bo works at a clinic without a second factor; passkeys are for names, not for numbers."""
    server = LiveClinic(tmp_path_factory.mktemp("passkeys"))
    server.origin = server.environment["NEXTPOSTURE_ORIGIN"] = f"http://localhost:{server.port}"
    server.run(script=MAKE)
    try:
        server.serve("--no-tasks")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
            context = browser.new_context(base_url=server.origin, locale="en-GB")
            with watched(context, server.origin, "NotAllowedError") as page:
                yield page
            browser.close()
    finally:
        server.stop()


def test_a_passkey_is_added_and_signs_in_alone(page: Page) -> None:
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]

    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign In", exact=True).click()
    page.wait_for_url("**/accounts/2fa/")  # who works at a clinic gets no further
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)  # asked for once more
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("My laptop")
    page.get_by_label("Passwordless").check()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/**")
    assert len(devices.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1
    page.goto("/clinic/")
    expect(page).to_have_url("/clinic/")

    page.goto("/accounts/")
    page.get_by_role("button", name="Sign out").click()
    page.goto("/clinic/")
    expect(page).to_have_url("/accounts/login/?next=/clinic/")
    page.get_by_role("button", name="passkey").click()
    expect(page).to_have_url("/clinic/")

    page.goto("/accounts/")
    page.get_by_role("button", name="Sign out").click()
    devices.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    page.goto("/accounts/login/?next=/clinic/")
    page.get_by_role("button", name="passkey").click()
    page.goto("/clinic/")
    expect(page).to_have_url("/accounts/login/?next=/clinic/")
