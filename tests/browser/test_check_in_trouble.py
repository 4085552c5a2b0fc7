"""The check-in when the server is away, and what an answer that was refused says."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.live_server import LiveServer


def test_what_is_not_saved_is_told_in_view_and_sent_once_the_server_is_back(
    app: LiveServer, chromium: Browser
) -> None:
    context = chromium.new_context(base_url=app.origin, viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(app.link)
    page.goto("/check-in/")
    port = app.port
    app.kill()
    page.locator('label[for="collapse-false"]').click()
    notice = page.locator("#unsaved")
    expect(notice).to_contain_text("Not saved yet")
    expect(notice).to_be_in_viewport(ratio=1)
    expect(notice).to_have_attribute("role", "alert")
    page.get_by_role("button", name="Save and continue").click()
    expect(page).to_have_url(re.compile("/check-in/S1/$"))
    expect(notice).to_be_in_viewport(ratio=1)
    app.start(port)
    page.wait_for_url("**/check-in/S2/")
    page.goto("/check-in/S1/")
    expect(page.locator("#collapse-false")).to_be_checked()
    context.close()


def test_tap_while_the_server_is_away_is_saved_when_it_is_back(app: LiveServer, chromium: Browser) -> None:
    context = chromium.new_context(base_url=app.origin)
    page = context.new_page()
    page.goto(app.link)
    page.goto("/check-in/")
    port = app.port
    app.kill()
    page.locator('label[for="collapse-false"]').click()
    expect(page.locator("#unsaved")).to_be_visible()
    app.start(port)
    expect(page.locator("#unsaved")).to_be_hidden(timeout=20_000)
    expect(page.locator("#said")).to_contain_text("Saved")
    page.reload()
    expect(page.locator("#collapse-false")).to_be_checked()
    context.close()


def test_refused_number_is_never_called_saved(page: Page) -> None:
    page.goto("/check-in/")
    page.goto("/check-in/S4/")
    box, said, error = page.locator("#age_years"), page.locator("#said"), page.locator("#error-age_years")
    for text, words in (("200", "not 200"), ("abc", "such as 45"), ("300", "not 300")):
        box.fill(text)
        box.blur()
        expect(error).to_contain_text(words)
        expect(said).to_contain_text("Not saved: look at the marked answer")
    box.fill("45")
    box.blur()
    expect(said).to_have_text("Saved.")
    expect(error).to_have_count(0)


def test_one_tap_leaves_smoking_to_its_own_answer(page: Page) -> None:
    page.goto("/check-in/")
    page.goto("/check-in/S5/")
    with page.expect_response("**/check-in/S5/"):
        page.locator("#none-S5-2").click()
    expect(page.locator("#abdo_pain_new-false")).to_be_checked()
    expect(page.locator("#smoker_ever-false")).not_to_be_checked()


def test_day_spent_driving_opens_the_hours_of_driving(page: Page) -> None:
    page.goto("/check-in/")
    page.goto("/check-in/sitting/")
    expect(page.locator("#driving_hours_day")).to_be_hidden()
    page.locator('label[for="job_type-cab"]').click()
    expect(page.locator("#driving_hours_day")).to_be_visible()


def test_thoughts_of_ending_ones_life_are_met_without_leaving_the_page(page: Page) -> None:
    page.goto("/check-in/")
    page.goto("/check-in/S7/")
    page.locator('label[for="self_harm-thoughts"]').click()
    expect(page.locator("[data-heard]")).to_contain_text("You are not alone")
    expect(page.locator("[data-heard] a[href^='tel:']").first).to_be_visible()
    expect(page.locator("#self_harm-thoughts")).to_be_checked()
    expect(page).to_have_url(re.compile("/check-in/S7/$"))
    assert page.evaluate("document.activeElement.id") == "self_harm-thoughts"


def test_what_is_saved_by_a_tap_is_promised_only_with_script(app: LiveServer, chromium: Browser) -> None:
    for script, promised in ((True, 1), (False, 0)):
        context = chromium.new_context(base_url=app.origin, java_script_enabled=script)
        page = context.new_page()
        page.goto(app.new_link())
        page.goto("/check-in/S1/")
        expect(page.get_by_text("Each answer is saved as you tap it")).to_have_count(promised)
        context.close()
