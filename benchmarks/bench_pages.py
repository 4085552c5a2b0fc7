"""Start-up, server time and weight of the pages, on the real server, for someone with a finished check-in.

Prints, for each page that links lead to: median and slowest server time in ms over 20 requests
after one to warm up, and the bytes that a browser with an empty cache fetches for it, as sent.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.day_people import give_plan
from tests.live_server import LiveServer

FILES = re.compile(r'(?:href|src)="(/static/[^"#]+)')
PAGES = re.compile(r'href="(/[a-z][^"#?]*)"')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = LiveServer(Path(folder))
        for kind in ("first start", "warm start"):
            begun = time.perf_counter()
            server.start(first=True)
            linked = time.perf_counter() - begun
            httpx.get(server.origin)
            print(f"{kind}: link after {linked:.2f} s, first page after {time.perf_counter() - begun:.2f} s")
            if kind == "first start":
                server.kill()
        try:
            pages(server)
            print(f"resident memory: {resident_mb(server):.0f} MB")
        finally:
            server.kill()


def pages(server: LiveServer) -> None:
    """Walk the links from the first page and print each page's figures."""
    with server.sign_in() as browser:
        give_plan(server.data)
        browser.follow_redirects = True
        waiting, seen = ["/"], {"/"}
        while waiting:
            path = waiting.pop(0)
            page = browser.get(path)
            if page.status_code != 200 or "text/html" not in page.headers["content-type"]:
                print(f"{path}: {page.status_code}")
                continue
            times = sorted(timed(browser, path) for _ in range(20))
            weight = len(page.content) + sum(sent(browser, file) for file in set(FILES.findall(page.text)))
            print(
                f"{path}: median {statistics.median(times):.1f} ms, slowest {times[-1]:.1f} ms, "
                f"page {len(page.content) / 1e3:.0f} kB, with its files {weight / 1e3:.0f} kB"
            )
            fresh = {link for link in PAGES.findall(page.text) if not link.startswith("/static/")} - seen
            seen |= fresh
            waiting += sorted(fresh)


def timed(browser: httpx.Client, path: str) -> float:
    """Milliseconds until the whole answer has arrived."""
    begun = time.perf_counter()
    browser.get(path)
    return (time.perf_counter() - begun) * 1e3


def sent(browser: httpx.Client, path: str) -> int:
    """Bytes sent for a file, compressed as it goes over the wire."""
    with browser.stream("GET", path) as answer:
        return sum(len(part) for part in answer.iter_raw())


def resident_mb(server: LiveServer) -> float:
    """Resident memory of the server process (Linux only), in MB."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1e3


main()
