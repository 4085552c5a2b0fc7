"""The clocks: the zone that the computer is in now, and sleep on each system."""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nextposture.companion import clock


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def test_a_traveller_is_in_the_new_zone_without_a_restart(zone: pytest.MonkeyPatch) -> None:
    zone.setenv("TZ", "Asia/Kolkata")
    assert clock.read().at.utcoffset() == timedelta(hours=5, minutes=30)
    zone.setenv("TZ", "America/New_York")
    assert clock.read().at.utcoffset() in (timedelta(hours=-5), timedelta(hours=-4))


def test_time_never_runs_backwards_and_holds_the_sleep() -> None:
    first, second = clock.read(), clock.read()
    assert second.t >= first.t and 0 <= first.slept <= first.t


def test_macos_counts_sleep_by_its_two_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(time, "CLOCK_MONOTONIC_RAW", 4)
    monkeypatch.setattr(time, "CLOCK_UPTIME_RAW", 8, raising=False)
    monkeypatch.setattr(time, "clock_gettime", {4: 5000.0, 8: 1400.0}.__getitem__)
    assert (clock.read().t, clock.read().slept) == (5000.0, 3600.0)


def test_windows_counts_sleep_by_its_two_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    def counts(value: int) -> Any:
        def query(told: Any) -> None:
            told._obj.value = value

        return query

    kernel = {
        "QueryInterruptTime": counts(50_000_000_000),
        "QueryUnbiasedInterruptTime": counts(14_000_000_000),
    }
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernelbase=kernel), raising=False)
    assert (clock.read().t, clock.read().slept) == (5000.0, 3600.0)
