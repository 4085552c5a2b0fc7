"""What every test may ask for: a real server, a browser page signed in to it, a Django client signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from nextposture.record.people import owner
from tests.chromium import chromium_path
from tests.live_server import LiveServer
from tests.watched_page import watched

WORKING_FILES = 10
"""Files of tests between two that wait for a desktop."""

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the files that mostly wait out among the others, so that the processors are never left idle."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    waiting = [path for path in files if path.parent.name == "desktop"]
    others = [path for path in files if path not in waiting]
    for number, path in enumerate(waiting):
        others.insert(number * WORKING_FILES, path)
    items[:] = [item for path in others for item in files[path]]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[LiveServer]:
    """A server process of its own for this test, stopped afterwards."""
    server = LiveServer(tmp_path).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def standing_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server process for the tests of a file that leave nothing behind in it."""
    server = LiveServer(tmp_path_factory.mktemp("standing")).start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser.

    One for each test file: Playwright keeps an event loop in the thread that the tests run in, which breaks
    asyncio and Django's database in tests that use neither a browser nor this fixture.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(app: LiveServer, chromium: Browser) -> Iterator[Page]:
    """A page of `app`, signed in, at its first page.

    The test fails if the page asks another host for anything, breaks the content security policy, or runs
    into a script error.
    """
    context = chromium.new_context(base_url=app.origin, locale="en-GB")
    with watched(context, app.origin) as page:
        page.goto(app.link)
        yield page
    context.close()


@pytest.fixture
def owner_client(db: None) -> Client:
    """Django's test client, signed in as the owner; no server process, no guard."""
    client = Client()
    client.force_login(owner().user)
    return client
