"""A year of workdays: suspends, meetings, time zones, wrong clocks, and kills at random moments."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import time
from itertools import pairwise

import pytest

from nextposture.sitting.rules import QuietHours
from tests.companion_day import PLAN, RULES
from tests.simulated_person import Computer, Person

WORKDAYS = 250
# Lunch is a quiet hour here, so that quiet hours are met every day, in every time zone.
YEAR_PLAN = replace(PLAN, quiet=QuietHours(time(12, 30), time(13, 10)))


def lived(seed: int, kills: bool, days: int = WORKDAYS) -> Computer:
    dice = random.Random(seed)
    computer = Computer(RULES, YEAR_PLAN, dice, kills)
    person = Person(computer, dice)
    for _ in person.year(days):
        pass
    while computer.outbox:
        computer.deliver()
    return computer


@pytest.fixture(scope="module")
def year() -> Computer:
    return lived(2026, kills=True)


def seconds_of(computer: Computer, kind: str) -> float:
    return sum(one["seconds"] for one in computer.server.values() if one["kind"] == kind)  # type: ignore[misc]


def test_the_year_was_hard_enough(year: Computer) -> None:
    assert year.truth.kills > 100 and len(year.truth.prompts) > 2000 and year.sent_twice > 20
    endings = {one.get("ending") for one in year.server.values()}
    assert endings >= {"done", "not_now", "unanswered"}
    reasons = set().union(*(one.get("deferred", {}) for one in year.server.values()))  # type: ignore[arg-type]
    assert reasons >= {"call", "settling", "quiet_hours", "put_off", "sharing", "presentation"}


def test_no_prompt_in_a_forbidden_moment(year: Computer) -> None:
    assert year.truth.forbidden == []


def test_every_prompt_is_explained(year: Computer) -> None:
    for prompt in year.truth.prompts:
        says = str(prompt["says"])
        assert says.startswith("You have been sitting for ") and says.endswith(".")
    waited = [prompt for prompt in year.truth.prompts if "It waited" in str(prompt["says"])]
    assert len(waited) > 300


def test_no_bout_is_counted_twice_and_none_overlap(year: Computer) -> None:
    bouts = sorted(
        (year.opened[number], one["span_s"]) for number, one in year.server.items() if one["kind"] == "Bout"
    )
    for (start, span), (following, _) in pairwise(bouts):
        assert start + span <= following + 1.0  # type: ignore[operator]


def test_no_bout_is_lost(year: Computer) -> None:
    """Every stretch of truly sitting shows in the bouts, but for what kills may cost."""
    truth = sum(end - start for start, end in year.truth.presence)
    counted = seconds_of(year, "Bout") + (year.state.bout.seconds if year.state.bout else 0.0)
    assert counted <= truth + 1.0
    # Besides what a kill costs, a break that was said is counted from the word to the next key.
    assert truth - counted <= year.truth.lost_s + 0.01 * truth


def test_without_kills_every_bout_is_there_to_the_second() -> None:
    calm = lived(7, kills=False, days=40)
    assert calm.truth.forbidden == []
    truth = sum(end - start for start, end in calm.truth.presence)
    counted = seconds_of(calm, "Bout")
    assert counted == pytest.approx(truth, abs=1.0)


def test_nothing_grows(year: Computer) -> None:
    assert year.truth.events > 20_000
    assert year.truth.most_bytes < 60_000
