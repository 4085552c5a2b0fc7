"""A guided session in a real browser, with the browser's clock in the test's hand."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.day_people import give_plan
from tests.live_server import LiveServer
from tests.watched_page import axe_violations

CANARY_PAIN = 4

# Tones are counted where they start, as no test can hear.
COUNT_TONES = """
  window.tones = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""
FAKE_WAKE_LOCK = """
  window.locks = [];
  const wakeLock = { request: async () => {
    const lock = { held: true, release() { this.held = false; } };
    window.locks.push(lock);
    return lock;
  } };
  Object.defineProperty(Navigator.prototype, "wakeLock", { configurable: true, get: () => wakeLock });
"""
NO_WAKE_LOCK = "delete Navigator.prototype.wakeLock;"


def rows(app: LiveServer, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(app.data / "nextposture.sqlite3") as database:
        return database.execute(query).fetchall()


def begin(page: Page, app: LiveServer) -> list[dict[str, Any]]:
    """A session as far as its first page; returns its steps. The clock runs on, so counts may be one off."""
    give_plan(app.data)
    page.clock.install()
    page.goto("/session/")
    page.get_by_role("radio", name=str(CANARY_PAIN)).check()
    page.get_by_role("button", name="Start the session").click()
    expect(page.get_by_role("button", name="Begin")).to_be_visible()
    return script(page)


def script(page: Page) -> list[dict[str, Any]]:
    return json.loads(page.locator("#script").text_content() or "")["steps"]  # type: ignore[no-any-return]


def number(page: Page) -> int:
    return int(page.locator("[data-number]").inner_text())


def close(shown: int, expected: int) -> bool:
    """Whether a count is right to the second that the test itself took."""
    return abs(shown - expected) <= 1


def place(page: Page) -> int:
    return int(re.findall(r"\d+", page.locator("[data-place]").inner_text())[0]) - 1


def run(page: Page, seconds: float) -> None:
    page.clock.run_for(round(seconds * 1000))


def skip_to(page: Page, kind: str) -> dict[str, Any]:
    """Skip until the next step of this kind; returns it."""
    steps = script(page)
    while steps[place(page)]["kind"] != kind:
        run(page, 0.5)
        page.get_by_role("button", name="Skip").click()
    return steps[place(page)]


def saved_position(page: Page, app: LiveServer, position: int) -> None:
    """Wait until the server has this place."""
    for _ in range(3000):
        if rows(app, "SELECT position FROM record_session") == [(position,)]:
            return
        page.wait_for_timeout(20)
    raise AssertionError(rows(app, "SELECT position FROM record_session"))


def test_what_to_watch_for_stays_above_the_buttons_on_a_phone(page: Page, app: LiveServer) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    steps = begin(page, app)
    page.get_by_role("button", name="Begin").click()
    seen = 0
    while place(page) < len(steps) - 1:
        step = steps[place(page)]
        if step["kind"] == "set" and step["cues"]:
            page.evaluate("scrollTo(0, 0)")
            cue = page.locator("[data-cues]").bounding_box()
            controls = page.locator(".player-controls").bounding_box()
            assert cue and controls
            assert cue["y"] + cue["height"] <= controls["y"], step["title"]
            seen += 1
        run(page, 0.5)
        page.get_by_role("button", name="Skip").click()
    assert seen


def test_when_to_stop_is_read_before_the_start_button(page: Page, app: LiveServer) -> None:
    give_plan(app.data)
    page.goto("/session/")
    stop = page.get_by_role("heading", name="When to stop").bounding_box()
    start = page.get_by_role("button", name="Start the session").bounding_box()
    assert stop and start and stop["y"] < start["y"]


def test_a_whole_session_runs_by_itself_and_keeps_every_set(page: Page, app: LiveServer) -> None:
    steps = begin(page, app)
    page.get_by_role("button", name="Begin").click()
    for at, step in enumerate(steps):
        expect(page.locator("[data-title]")).to_have_text(step["title"])
        expect(page.locator("[data-side]")).to_have_text(step["side"])
        assert place(page) == at
        run(page, step["seconds"] + (0.4 if at == 0 else 0))
    expect(page.get_by_role("heading", name="That was the last set")).to_be_visible()
    sets = [(at, one["seconds"], one["reps"]) for at, one in enumerate(steps) if one["kind"] == "set"]
    assert rows(app, "SELECT step, seconds, reps FROM record_setdone ORDER BY step") == sets

    questions = page.get_by_role("group")
    questions.filter(has_text="How strong is your pain now?").get_by_role("radio", name="3").check()
    questions.filter(has_text="at its worst").get_by_role("radio", name="5").check()
    questions.filter(has_text="How hard was it?").get_by_role("radio", name="6").check()
    assert axe_violations(page) == []
    page.get_by_role("button", name="Save and see what it means").click()
    expect(page.get_by_role("heading", name="Green, so far")).to_be_visible()
    assert axe_violations(page) == []
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('session.'))") == []
    page.goto("/today/")
    expect(page.get_by_text("No session is due")).to_be_visible()


def test_a_hold_counts_down_on_each_side_and_repetitions_are_paced(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    hold = skip_to(page, "set")
    run(page, 10.1)
    assert close(number(page), hold["seconds"] - 10)
    expect(page.locator("[data-side]")).to_have_text(re.compile("^Left "))
    shown = page.locator("[data-drawing]:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_have_attribute("data-drawing", "EX_KNEEL-left")
    run(page, hold["seconds"] - 10)
    expect(page.locator("[data-phase]")).to_have_text("Change side")
    expect(page.locator("[data-drawing]:visible")).to_have_attribute("data-drawing", "EX_KNEEL-right")
    while not (paced := skip_to(page, "set"))["reps"]:
        run(page, 0.5)
        page.get_by_role("button", name="Skip").click()
    expect(page.locator("[data-phase]")).to_have_text("Lift")
    run(page, 2.2)
    expect(page.locator("[data-phase]")).to_have_text("Hold")
    run(page, 2)
    expect(page.locator("[data-phase]")).to_have_text("Lower")
    run(page, 3)
    assert number(page) == 2
    expect(page.locator("[data-unit]")).to_have_text(f"of {paced['reps']}")


def test_a_pause_keeps_its_place_and_so_does_a_reload(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    run(page, 12)
    page.get_by_role("button", name="Pause").click()
    left, at = number(page), place(page)
    run(page, 600)
    assert (number(page), place(page)) == (left, at)  # paused: exactly
    page.reload()
    expect(page.get_by_text("It kept your place")).to_be_visible()
    assert (number(page), place(page)) == (left, at)
    page.get_by_role("button", name="Continue").click()
    run(page, 5)
    assert close(number(page), left - 5)


def test_a_reload_while_running_keeps_its_place(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    run(page, 12)
    left, at = number(page), place(page)
    page.reload()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert place(page) == at
    assert close(number(page), left)


def test_a_page_that_slept_pauses_instead_of_counting(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    run(page, 4)
    left, at = number(page), place(page)
    page.clock.fast_forward(300_000)
    expect(page.get_by_text("Paused: this page was asleep")).to_be_visible()
    assert place(page) == at
    assert close(number(page), left)


def test_a_set_skipped_early_is_not_a_set_and_one_skipped_late_is(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    run(page, 5)
    page.get_by_role("button", name="Skip").click()
    skip_to(page, "set")
    run(page, 20)
    page.get_by_role("button", name="Skip").click()
    saved_position(page, app, place(page))
    assert rows(app, "SELECT side, seconds FROM record_setdone") == [("right", 20)]


def test_a_double_click_skips_one_step(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Skip").dblclick()
    assert place(page) == 1


def test_back_starts_the_step_again_and_then_the_one_before(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    hold = skip_to(page, "set")
    at = place(page)
    run(page, 10)
    page.get_by_role("button", name="Back").click()
    assert place(page) == at
    assert close(number(page), hold["seconds"])
    run(page, 1)
    page.get_by_role("button", name="Back").click()
    assert place(page) == at - 1


def test_keys_alone_lead_through(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.locator("body").press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    run(page, 3)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert place(page) == 1
    run(page, 1)
    page.keyboard.press("ArrowLeft")
    assert place(page) == 0
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Nothing of that").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You ended here")).to_be_visible()


def test_stop_asks_why_holds_the_clock_and_can_go_on(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    run(page, 5)
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_role("dialog")).to_contain_text("Why do you stop?")
    left = number(page)
    assert axe_violations(page) == []
    run(page, 60)
    assert number(page) == left
    page.get_by_role("button", name="Go on with the session").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    run(page, 5)
    assert close(number(page), left - 5)


def test_an_urgent_stop_shows_at_once_what_to_do(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="A new change in feeling").click()
    expect(page.get_by_text("I was told to be checked for cauda equina syndrome").last).to_be_visible()
    expect(page.locator("body")).to_have_class("emergency-page")
    expect(page.get_by_role("link", name="Answer the danger signs again")).to_be_visible()
    assert axe_violations(page) == []
    page.goto("/session/")
    expect(page.locator("body")).to_have_class("emergency-page")


def test_a_killed_server_loses_nothing(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    first = skip_to(page, "set")
    at = place(page)
    saved_position(page, app, at)
    port = app.port
    app.kill()
    run(page, first["seconds"] + 0.4)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    assert place(page) == at + 1  # the session goes on meanwhile
    app.start(port)
    run(page, 3.2)
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    saved_position(page, app, place(page))  # a slow start of the server takes real seconds
    assert rows(app, "SELECT step, seconds FROM record_setdone") == [(at, first["seconds"])]
    app.kill()
    app.start(port)
    page.reload()
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    assert place(page) >= at + 1


def test_what_was_not_sent_before_a_reload_is_sent_after_it(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    first = skip_to(page, "set")
    at = place(page)
    saved_position(page, app, at)
    page.route("**/session/step/", lambda route: route.abort())
    run(page, first["seconds"] + 0.4)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.unroute("**/session/step/")
    page.reload()
    saved_position(page, app, at + 1)
    assert rows(app, "SELECT step FROM record_setdone") == [(at,)]


def test_sound_marks_the_steps_and_can_be_switched_off(page: Page, app: LiveServer) -> None:
    page.add_init_script(COUNT_TONES)
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "get_ready")
    before = page.evaluate("tones")
    run(page, 10.4)  # three ticks and the tone that begins the hold
    assert page.evaluate("tones") == before + 4
    page.get_by_role("checkbox", name="Sound").uncheck()
    run(page, 45)
    assert page.evaluate("tones") == before + 4
    page.reload()
    expect(page.get_by_role("checkbox", name="Sound")).not_to_be_checked()


def test_the_screen_is_kept_on_while_it_runs(page: Page, app: LiveServer) -> None:
    page.add_init_script(FAKE_WAKE_LOCK)
    begin(page, app)
    assert page.evaluate("locks.length") == 0
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("The screen stays on.")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_function("locks.length === 2")
    page.get_by_role("button", name="Pause").click()
    assert page.evaluate("locks.at(-1).held") is False


def test_it_says_when_the_screen_cannot_be_kept_on(page: Page, app: LiveServer) -> None:
    page.add_init_script(NO_WAKE_LOCK)
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("This browser cannot keep the screen on")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(320, 640), (360, 740), (740, 360), (1280, 800)])
def test_every_state_can_be_read_and_reached(
    page: Page, app: LiveServer, scheme: Any, size: tuple[int, int]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    begin(page, app)

    def check() -> None:
        assert axe_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    check()
    page.get_by_role("button", name="Begin").click()
    for kind in ("next_exercise", "set", "change_side", "rest"):
        skip_to(page, kind)
        check()
    page.get_by_role("button", name="Pause").click()
    check()
    page.goto("/session/stop/")
    check()


def test_the_count_and_the_buttons_are_in_view_without_scrolling(page: Page, app: LiveServer) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    page.evaluate("scrollTo(0, 0)")
    for name in ("[data-phase]", "[data-side]", "[data-number]", "[data-go]", "[data-stop]"):
        expect(page.locator(name)).to_be_in_viewport(ratio=1)
    size = page.locator("[data-number]").evaluate("(one) => parseFloat(getComputedStyle(one).fontSize)")
    assert size >= 100  # pixels; 26 mm on a phone of usual density, about 9 mm high per metre of distance


def test_nothing_moves_with_reduced_motion(page: Page, app: LiveServer) -> None:
    page.emulate_media(reduced_motion="reduce")
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "set")
    paths = "[...document.querySelectorAll('[data-drawing]:not([hidden]) path')]"
    drawn = f"{paths}.map((one) => one.getAttribute('d'))"
    before = page.evaluate(drawn)
    run(page, 4)
    assert page.evaluate(drawn) == before


def test_pain_and_steps_reach_no_log(page: Page, app: LiveServer) -> None:
    begin(page, app)
    page.get_by_role("button", name="Begin").click()
    skip_to(page, "rest")
    assert page.request.get("/session/step/").status == 405  # refused, and logged
    assert "/session/step/" in app.output()
    for name, text in app.told().items():
        assert "EX_KNEEL" not in text or name.startswith("static"), name
        assert f"pain={CANARY_PAIN}" not in text, name


def test_a_session_needs_no_script(app: LiveServer, chromium: Browser) -> None:
    context = chromium.new_context(base_url=app.origin, java_script_enabled=False)
    page = context.new_page()
    page.goto(app.link)
    give_plan(app.data)
    page.goto("/session/")
    page.get_by_role("radio", name="2").check()
    page.get_by_role("button", name="Start the session").click()
    for _ in range(3):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Done").click()
    assert rows(app, "SELECT step, seconds FROM record_setdone") == [(3, 30)]
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="Leg symptoms").click()
    expect(page.get_by_role("heading", name="Stopped, and saved")).to_be_visible()
    context.close()
