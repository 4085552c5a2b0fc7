"""The check-in, result and plan as people with other eyes, hands and luck meet them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nextposture.knowledge import load
from nextposture.knowledge.asking import asking
from tests.browser.answering import Person, forget_all, read
from tests.clinical.cases import answers_of, base_clear, vignettes
from tests.live_server import LiveServer
from tests.watched_page import axe_violations, watched

CASES = {case.id: case for case in vignettes()}
SCREENS = [screen.id for screen in (*load().questions.screens, *asking().screens)]
LOOKS = [(360, 740, "light"), (1280, 800, "dark"), (360, 740, "dark"), (1280, 800, "light")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for the pages that are only looked at."""
    server = LiveServer(Path(tmp_path_factory.mktemp("check-in"))).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def storage(server: LiveServer, chromium: Browser) -> Iterator[dict[str, object]]:
    """The cookies of the owner, signed in once."""
    context = chromium.new_context(base_url=server.origin)
    context.new_page().goto(server.link)
    yield dict(context.storage_state())
    context.close()


def audit(page: Page, address: str) -> list[str]:
    """What is wrong with one page: axe's findings, and being wider than the screen."""
    page.goto(address)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{address}: {one}" for one in axe_violations(page)] + (
        [f"{address} is {wide} px too wide"] if wide > 0 else []
    )


def unfold(page: Page) -> None:
    """Open everything that is one tap away."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


def test_every_page_reads_well_for_everyone(
    server: LiveServer, chromium: Browser, storage: dict[str, object]
) -> None:
    forget_all(server)
    found: list[str] = []
    context = chromium.new_context(base_url=server.origin, storage_state=storage)  # type: ignore[arg-type]
    with watched(context, server.origin) as page:
        page.goto("/check-in/")
        person = Person(page, answers_of(CASES["P24"]))
        person.answer("S1", "chest_breath", True)
        found += [line for look in LOOKS for line in at(page, look, ["/check-in/stop/", "/check-in/S1/"])]
        person.answer("S1", "chest_breath", False)
        person.answer("S1", "ces_bladder", "pna")
        page.goto("/check-in/")
        found += at(page, LOOKS[0], ["/result/", "/plan/", "/check-in/left/", "/check-in/"])
        person.danger_signs_again()
        person.sitting()
        page.get_by_role("button", name="Look at my answers again").click()
        addresses = [f"/check-in/{one}/" for one in SCREENS] + ["/result/", "/plan/", "/check-in/"]
        for look in LOOKS:
            found += at(page, look, addresses)
    context.close()
    assert found == []


def at(page: Page, look: tuple[int, int, str], addresses: list[str]) -> list[str]:
    """Audit pages at one size and paper, closed and with everything opened; and their width at 320 px."""
    width, height, paper = look
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=paper)  # type: ignore[arg-type]
    found = []
    for address in addresses:
        found += audit(page, address)
        unfold(page)
        found += [f"{address} opened: {one}" for one in axe_violations(page)]
        page.set_viewport_size({"width": 320, "height": 640})
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found.append(f"{address} opened at 320 is {wide} px too wide")
        page.set_viewport_size({"width": width, "height": height})
    return found


def test_whole_check_in_by_keyboard_alone(page: Page) -> None:
    """Tab, arrows, space and Enter; the focus is never lost, and what appears is announced."""
    page.goto("/check-in/")
    page.locator("#none-S1-1").focus()
    with page.expect_response("**/check-in/S1/"):
        page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Saved")
    assert page.evaluate("document.activeElement.id") == "none-S1-1"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "collapse"
    page.locator("#trauma_major-false").focus()
    with page.expect_response("**/check-in/S1/"):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "trauma_major-dk"
    page.goto("/check-in/S2/")
    page.locator("#leg_pain-none").focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-input="leg_onset_days"]')).to_be_visible()
    expect(page.locator("#said")).to_contain_text("2 more questions below")
    assert page.evaluate("document.activeElement.id") == "leg_pain-one"
    page.locator("#leg_onset_days").focus()
    page.keyboard.type("10")
    with page.expect_response("**/check-in/S2/"):
        page.keyboard.press("Enter")
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page).to_have_url("**/check-in/S2/".replace("**", page.url.partition("/check-in")[0]))
    page.reload()
    expect(page.locator("#leg_onset_days")).to_have_value("10")


def test_whole_check_in_by_tab_and_enter(page: Page) -> None:
    """One healthy person answers everything with the keyboard, in the order of the page."""
    page.goto("/check-in/")
    typed = {"age_years": "38", "duration_days": "14", "episodes_12m": "0"}
    chosen = {"nrs_now": "4", "nrs_avg_7d": "4", "trend": "same", "sex": "male", "self_harm": "none"}
    chosen |= {"diabetes": "false", "smoker_ever": "false"}  # asked one by one
    for screen in load().questions.screens:
        expect(page).to_have_url(f"{page.url.partition('/check-in')[0]}/check-in/{screen.id}/")
        for _ in range(150):
            page.keyboard.press("Tab")
            element = page.evaluate(
                "(({id, name, type, textContent, dataset}) => ({id, name, type, text: textContent.trim()}))"
                "(document.activeElement)"
            )
            name = element["name"] or ""
            if name == "none":
                page.keyboard.press("Enter")
            elif name in typed and element["type"] == "text":
                page.keyboard.type(typed[name])
            elif name in chosen or name == "trauma_major":
                press_until(page, f"{name}-{chosen.get(name, 'false')}")
            elif element["type"] == "submit" and element["text"] == "Save and continue":
                with page.expect_navigation():
                    page.keyboard.press("Enter")
                break
    page.wait_for_url("**/check-in/since/")
    with page.expect_navigation():
        page.get_by_role("button", name="Skip to the result").press("Enter")
    found = read(page)
    assert (found.urgency, found.status, found.fired) == ("SELF_CARE", "complete", frozenset())


def press_until(page: Page, wanted: str) -> None:
    """Choose among radio buttons with space and the arrow keys."""
    if page.evaluate("document.activeElement.id") == wanted:
        page.keyboard.press("Space")
        return
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        if page.evaluate("document.activeElement.id") == wanted:
            return
    raise AssertionError(f"{wanted} was not reached")


def test_healthy_person_needs_few_taps(
    server: LiveServer, chromium: Browser, storage: dict[str, object]
) -> None:
    forget_all(server)
    context = chromium.new_context(base_url=server.origin, storage_state=storage)  # type: ignore[arg-type]
    with watched(context, server.origin) as page:
        person = Person(page, base_clear() | {"job_type": "office", "sitting_hours_day": 8})
        person.fill_in()
        assert read(page).urgency == "SELF_CARE"
    context.close()
    assert person.taps <= 50


def test_without_script_the_same_answers_reach_the_same_result(
    server: LiveServer, chromium: Browser, storage: dict[str, object]
) -> None:
    forget_all(server)
    context = chromium.new_context(
        base_url=server.origin,
        storage_state=storage,
        java_script_enabled=False,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto("/check-in/")
    chosen = {"trauma_major": "false", "nrs_now": "8", "nrs_avg_7d": "4", "trend": "same", "sex": "male"}
    chosen |= {"self_harm": "none", "diabetes": "false", "smoker_ever": "false"}
    for _ in load().questions.screens:
        for button in [one.get_attribute("value") for one in page.locator("button[name=none]").all()]:
            page.locator(f"button[name=none][value={button}]").click()
        for name, value in chosen.items():
            if page.locator(f'label[for="{name}-{value}"]').count():
                page.locator(f'label[for="{name}-{value}"]').click()
        for name, value in {"duration_days": "14", "age_years": "38"}.items():
            if page.locator(f"#{name}").count():
                page.locator(f"#{name}").fill(value)
        page.locator("form#screen .actions .button-primary").click()
    page.get_by_role("button", name="Skip to the result").click()
    assert page.url.endswith("/result/")
    assert page.locator("[data-urgency]").get_attribute("data-urgency") == "ROUTINE_PHYSIO"
    context.close()


def test_every_acknowledged_tap_survives_a_killed_server(page: Page, app: LiveServer) -> None:
    page.goto("/check-in/")
    person = Person(page, {})
    person.save(page.locator("#none-S1-1"))
    for name in ("collapse", "chest_breath", "very_unwell", "pulsating_mass"):
        person.answer("S1", name, False)
        port = app.port
        assert app.process is not None
        app.process.send_signal(signal.SIGKILL)
        app.process.wait(timeout=60)
        app.start(port)
    page.reload()
    for name in ("ces_saddle", "ces_bowel", "collapse", "chest_breath", "very_unwell", "pulsating_mass"):
        expect(page.locator(f"#{name}-false")).to_be_checked()


def test_answer_that_did_not_reach_the_server_is_told(app: LiveServer, chromium: Browser) -> None:
    context = chromium.new_context(base_url=app.origin)
    page = context.new_page()
    page.goto(app.link)
    page.goto("/check-in/")
    app.kill()
    page.locator('label[for="collapse-false"]').click()
    expect(page.locator("#said")).to_contain_text("not saved yet")
    context.close()


def test_double_clicks_and_the_back_button_lose_nothing(page: Page) -> None:
    page.goto("/check-in/")
    person = Person(page, {})
    person.answer("S1", "collapse", False)
    page.locator("form#screen .actions .button-primary").dblclick()
    page.wait_for_url("**/check-in/S2/")
    person.answer("S2", "leg_pain", "one")
    page.go_back()
    expect(page.locator("#collapse-false")).to_be_checked()
    page.go_forward()
    expect(page.locator("#leg_pain-one")).to_be_checked()
    expect(page.locator('[data-input="leg_onset_days"]')).to_be_visible()


def test_number_and_left_open_take_each_other_back(page: Page) -> None:
    page.goto("/check-in/")
    page.goto("/check-in/S3/")
    person = Person(page, {})
    person.answer("S3", "duration_days", 20)
    person.answer("S3", "duration_days", "dk")
    expect(page.locator("#duration_days")).to_have_value("")
    person.answer("S3", "duration_days", 21)
    expect(page.locator("#duration_days-dk")).not_to_be_checked()
    page.reload()
    expect(page.locator("#duration_days")).to_have_value("21")
