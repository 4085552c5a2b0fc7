"""Pages that are watched while a test drives them, and checked by axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Response

AXE = Path(__file__).parents[1] / "node_modules/axe-core/axe.min.js"
LOCAL_SCHEMES = {"about", "blob", "data"}


@contextmanager
def watched(
    context: BrowserContext, origin: str, forgiven: str = "Failed to load resource"
) -> Iterator[Page]:
    """A new page of `context`; on leaving, fails if it asked another origin or a script or file failed.

    `forgiven`: how a line of the browser's own begins that a test provokes.
    """
    problems: list[str] = []

    def asked(url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in LOCAL_SCHEMES and parts.netloc != urlsplit(origin).netloc:
            problems.append(f"asked another host: {url}")

    def answered(response: Response) -> None:
        if response.status >= 400 and response.request.resource_type not in {"document", "fetch", "xhr"}:
            problems.append(f"{response.status} for {response.url}")

    context.on("request", lambda request: asked(request.url))
    context.on("response", answered)
    context.on("weberror", lambda error: problems.append(f"script error: {error.error}"))
    context.on(
        "console",
        lambda said: (
            problems.append(f"console: {said.text}")
            if said.type == "error" and not said.text.startswith(("Failed to load resource", forgiven))
            else None
        ),
    )
    page = context.new_page()
    page.on("websocket", lambda socket: asked(socket.url.replace("ws", "http", 1)))
    yield page
    assert not problems, "\n".join(problems)


def axe_violations(page: Page) -> list[str]:
    """What axe finds wrong on the page as it stands now, one line for each rule broken."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {rule['help']} at {[node['target'] for node in rule['nodes']]}"
        for rule in found["violations"]
    ]
