"""Calls: how long two browsers take to reach each other, directly and through a relay.

`python -m benchmarks.bench_calls`. Wall times of Chromium on this machine, so what else it does is in them:
the load is printed beside. Both browsers and the server share its cores, and the network between them is this
computer.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Browser, Page, sync_playwright
from tests.chromium import chromium_path
from tests.clinic_server.call_people import Meeting, meeting
from tests.clinic_server.relay_server import SECRET, Relay
from tests.clinic_server.test_call_browser import connected, join, page_of

ROUNDS = 5


def main() -> None:
    """Measure both ways, and print medians and ranges."""
    print(f"load of the machine before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=[
                *("--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
            ],
        )
        for way in ("direct", "relay"):
            where = Path(folder) / way
            where.mkdir()
            relay = Relay(where).start() if way == "relay" else None
            more = {}
            if relay is not None:
                more = {
                    "NEXTPOSTURE_TURN": relay.address,
                    "NEXTPOSTURE_TURN_SECRET": SECRET,
                    "NEXTPOSTURE_TURN_ONLY": "1",
                }
            one = meeting(where, **more)
            try:
                told = [_connects(one, browser) for _ in range(ROUNDS)]
                print(f"{way}: both there to connected, {_words(told)}")
            finally:
                one.server.stop()
                if relay is not None:
                    relay.kill()


def _connects(one: Meeting, browser: Browser) -> float:
    """Milliseconds from hearing of each other to connected, of the slower side."""
    with ExitStack() as stack:
        pages: list[Page] = []
        for cookies in (one.person, one.practitioner):
            page = stack.enter_context(page_of(one, browser, cookies))
            join(page, one)
            pages.append(page)
        connected(*pages)
        times = [page.locator("[data-call]").get_attribute("data-connected-ms") for page in pages]
        return max(float(one or 0) for one in times)


def _words(times_ms: list[float]) -> str:
    return (
        f"median {statistics.median(times_ms):.0f} ms "
        f"({min(times_ms):.0f} to {max(times_ms):.0f}, {len(times_ms)} calls)"
    )


if __name__ == "__main__":
    main()
