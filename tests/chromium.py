"""Where the browser is that the tests drive, and how long they wait for its pages."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import expect

PATIENCE_MS = 60_000
"""How long a check waits for a page: several tests and browsers may share two processors."""
expect.set_options(timeout=PATIENCE_MS)

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Debian's Chromium; NEXTPOSTURE_CHROMIUM names another."""
    path = os.environ.get("NEXTPOSTURE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is missing: see `make test`"
    return path
