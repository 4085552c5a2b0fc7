"""A person who fills in the check-in by its visible controls: taps, numbers, "none of these", going back."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, Response, expect

from nextposture.knowledge import Value, load
from nextposture.knowledge.asking import asking
from nextposture.selfcare.check_in import all_inputs, as_text, is_follow_up, none_of_these, screen_of
from tests.clinical.cases import Examination
from tests.live_server import LiveServer

KEPT = ("rating", "activity", "session", "careplan", "outcome", "checkin")


def forget_all(server: LiveServer) -> None:
    """Empty the person's record, as if they had never been here."""
    with sqlite3.connect(server.data / "nextposture.sqlite3", timeout=20) as database:
        for name in KEPT:
            database.execute(f"DELETE FROM record_{name}")


@dataclass
class Person:
    """Someone at the keyboard, with answers in mind; counts the taps."""

    page: Page
    answers: Mapping[str, Value]
    taps: int = 0
    stopped: int = field(default=0)

    def fill_in(self) -> None:
        """The whole check-in, from the start page to the result."""
        self.page.goto("/check-in/")
        self.danger_signs()
        self.sitting()

    def danger_signs(self) -> None:
        """The seven screens."""
        for screen in load().questions.screens:
            assert self.page.url.endswith(f"/check-in/{screen.id}/"), self.page.content()
            self.answer_screen(screen.id)
            self.go_on()

    def danger_signs_again(self) -> None:
        """The seven screens of a check-in that was begun, each from its own address."""
        for screen in load().questions.screens:
            self.page.goto(f"/check-in/{screen.id}/")
            self.answer_screen(screen.id)
        self.go_on()

    def sitting(self) -> None:
        """The day, the workspace and the measurements; then the result, whatever is open."""
        for step in asking().screens:
            self.answer_screen(step.id)
            self.go_on()
        anyway = self.page.get_by_role("button", name="Show the result anyway")
        if anyway.count():
            self.tap(anyway)
        assert self.page.url.endswith("/result/"), self.page.url

    def go_on(self) -> None:
        """The button at the foot of the screen."""
        self.taps += 1
        with self.page.expect_navigation():  # the page first asks whether the server is there
            self.page.locator("form#screen .actions .button-primary").click()

    # ---- One screen

    def answer_screen(self, name: str) -> None:
        """Every question of the screen that this person has an answer to."""
        knowledge = load()
        screen = screen_of(knowledge, name)
        wanted = {one: self.wanted(one) for one in screen.inputs}
        for number, group in enumerate(screen.groups, start=1):
            clear = none_of_these(knowledge, group, {})
            by_one_tap = self.page.locator(f"button[name=none][value={screen.id}-{number}]").count() and all(
                wanted[one] is not None for one in clear
            )
            for one in group.inputs:
                if by_one_tap and one in clear and wanted[one] == clear[one]:
                    continue
                if wanted[one] is not None:
                    self.answer(name, one, wanted[one])
            if by_one_tap:
                self.save(self.page.locator(f"button[name=none][value={screen.id}-{number}]"))

    def wanted(self, name: str) -> Value:
        """The answer in mind; the number of unmet workspace points is spread over the points."""
        if name in asking().points and isinstance(fails := self.answers.get("workstation_fails"), int):
            return asking().points.index(name) >= fails
        return self.answers.get(name)

    def answer(self, screen: str, name: str, value: Value) -> None:
        """One question, if it is in view; a follow-up that is not asked is passed over."""
        card = self.page.locator(f'[data-input="{name}"]')
        chosen = self.page.locator(f'[id="{name}-{as_text(value)}"]')
        if chosen.count() and chosen.is_checked():
            return
        if not card.count():
            assert is_follow_up(load(), name) or screen == "measured", f"{name} is not on {screen}"
            return
        if not card.is_visible():
            self.tap(self.page.locator(".group", has=card).locator("summary"))
        question = all_inputs(load())[name]
        text = as_text(value)
        if question.type not in ("int", "number") or text in ("dk", "pna"):
            self.save(card.locator(f'label[for="{name}-{text}"]'))
        elif card.locator(f'button[name=pick][value="{name}={text}"]').count():
            self.save(card.locator(f'button[name=pick][value="{name}={text}"]').first)
        else:
            self.type(card.locator("[data-number]"), text)

    def save(self, control: Locator) -> None:
        """Tap, and wait until the server has it; an emergency page is left by correcting an answer."""
        with self.page.expect_response(_saves) as saved:
            self.tap(control)
        self.look_up(saved.value)

    def type(self, box: Locator, text: str) -> None:
        """Type a number and leave the box."""
        self.taps += 2
        with self.page.expect_response(_saves) as saved:
            box.fill(text)
            box.blur()
        self.look_up(saved.value)

    def look_up(self, response: Response) -> None:
        """See what the tap has changed."""
        if "hx-redirect" not in response.headers:
            expect(self.page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
            return
        self.page.wait_for_url("**/check-in/stop/")
        self.stopped += 1
        assert self.page.locator("[data-item]").count() == 0
        self.page.get_by_text("correct an answer").click()
        self.page.get_by_role("link", name="Correct this answer").last.click()
        self.page.wait_for_url(re.compile(r"/check-in/\w+/(#.*)?$"))

    def tap(self, control: Locator) -> None:
        """One tap."""
        self.taps += 1
        control.click()


def _saves(response: Response) -> bool:
    return response.request.method == "POST" and "/check-in/" in response.url


def read(page: Page) -> Examination:
    """What the result and the plan pages say."""
    page.goto("/result/")
    result = page.locator("[data-urgency]")
    found = {
        "urgency": result.get_attribute("data-urgency"),
        "status": result.get_attribute("data-status"),
        "fired": page.locator("[data-reason]").evaluate_all("all => all.map(one => one.dataset.reason)"),
        "states": page.locator("[data-factor]").evaluate_all(
            "all => all.map(one => [one.dataset.factor, one.dataset.state])"
        ),
        "blocked": page.locator("[data-blocked]").evaluate_all("all => all.map(one => one.dataset.blocked)"),
    }
    why = page.locator("[data-why]").evaluate_all("all => all.map(one => one.dataset.why)")
    page.goto("/plan/")
    items = page.locator("[data-item]").evaluate_all("all => all.map(one => one.dataset.item)")
    return Examination(
        urgency=str(found["urgency"]),
        status=str(found["status"]),
        fired=frozenset([*found["fired"], *why]),
        factors=dict(found["states"]),
        plan=tuple(items),
        blocked=frozenset(found["blocked"]),
    )
