"""A call through a real relay (coturn) with the product's own passwords; the way is lost and found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect

from tests.clinic_server.call_people import Meeting, meeting
from tests.clinic_server.relay_server import SECRET, Relay
from tests.clinic_server.test_call_browser import WITHIN_MS, connected, filming, join, page_of, plays

__all__ = ["filming"]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay of its own."""
    one = Relay(tmp_path_factory.mktemp("relay")).start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory, relay: Relay) -> Iterator[Meeting]:
    """A clinic whose calls go through the relay only."""
    one = meeting(
        tmp_path_factory.mktemp("clinic"),
        NEXTPOSTURE_TURN=relay.address,
        NEXTPOSTURE_TURN_SECRET=SECRET,
        NEXTPOSTURE_TURN_ONLY="1",
    )
    yield one
    one.server.stop()


def test_a_call_goes_through_the_relay_and_gets_over_its_loss(
    met: Meeting, filming: tuple[Browser, Browser], relay: Relay
) -> None:
    with ExitStack() as stack:
        ann = stack.enter_context(page_of(met, filming[0], met.person))
        bo = stack.enter_context(page_of(met, filming[1], met.practitioner))
        join(ann, met)
        expect(ann.locator("[data-call]")).to_have_attribute("data-relay", "works", timeout=WITHIN_MS)
        join(bo, met)
        connected(ann, bo)
        for page in (ann, bo):
            expect(page.locator("[data-call]")).to_have_attribute("data-way", "relay", timeout=WITHIN_MS)
            expect(page.locator("[data-status]")).to_contain_text("through the clinic’s relay")
            assert plays(page)

        # The way between them is gone: they are told, and once there is one again they go on.
        relay.kill()
        expect(ann.locator("[data-status]")).to_contain_text("dropped", timeout=WITHIN_MS)
        relay.start()
        connected(ann, bo)
        assert plays(ann) and plays(bo)
        assert int(ann.locator("[data-call]").get_attribute("data-drops") or 0) >= 1


def test_a_relay_that_does_not_answer_is_said_plainly_before_the_call(
    met: Meeting, filming: tuple[Browser, Browser], relay: Relay
) -> None:
    relay.kill()
    try:
        with page_of(met, filming[0], met.person) as ann:
            ann.goto(met.address)
            expect(ann.locator("[data-told=relay]")).to_contain_text("does not answer", timeout=WITHIN_MS)
    finally:
        relay.start()
