"""Your data, the report, sharing and questionnaires in a real browser: axe, narrow and dark, no script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.history import EXAMPLE, WORDS
from tests.live_server import LiveServer, environment
from tests.watched_page import axe_violations, watched

PAGES = ("/data/", "/report/", "/share/", "/questionnaires/")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server whose owner has twelve weeks behind them."""
    server = LiveServer(tmp_path_factory.mktemp("lived")).start()
    command = [sys.executable, "-m", "tests.history", str(server.data)]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], env=environment(), timeout=120)
    yield server
    server.kill()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_pages_fit_and_axe_finds_nothing(
    server: LiveServer, chromium: Browser, width: int, scheme: str
) -> None:
    context = chromium.new_context(
        base_url=server.origin,
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    with watched(context, server.origin) as page:
        page.goto(server.new_link())
        page.goto("/questionnaires/")
        one = page.locator("main li a").first.get_attribute("href")
        assert one is not None
        for address in (*PAGES, one):
            page.goto(address)
            page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            assert axe_violations(page) == [], address
    context.close()


def test_without_script_a_record_goes_out_is_erased_and_comes_back(
    server: LiveServer, chromium: Browser, tmp_path: Path
) -> None:
    context = chromium.new_context(base_url=server.origin, java_script_enabled=False, accept_downloads=True)
    page = context.new_page()
    page.goto(server.new_link())
    page.goto("/data/")
    file = _saved(page, "Save as JSON", tmp_path)
    assert WORDS in file.read_text()
    page.goto("/report/")
    assert _saved(page, "Save as PDF", tmp_path).read_bytes().startswith(b"%PDF-")
    page.goto("/data/")
    page.get_by_label("Type “erase”").fill("erase")
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is erased")
    page.goto(server.new_link())
    page.goto("/data/")
    page.get_by_label("File of an export").set_input_files(file)
    page.get_by_role("button", name="Bring it in").click()
    expect(page.get_by_role("status")).to_contain_text("your record now")
    assert _saved(page, "Save as JSON", tmp_path).read_text() == file.read_text()
    page.goto("/questionnaires/")
    page.get_by_label("File of a questionnaire").set_input_files(EXAMPLE)
    page.get_by_role("button", name="Add it").click()
    page.get_by_label("Always").check()
    page.get_by_label("On how many days").fill("7")
    page.get_by_role("button", name="Save my answers").click()
    expect(page.locator("main")).to_contain_text("Comfort, 0 to 10: 10")
    context.close()


def _saved(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as told:
        page.get_by_role("button", name=button).click()
    path = folder / f"{len(list(folder.iterdir()))}-{told.value.suggested_filename}"
    told.value.save_as(path)
    return path
