"""Where the browser is that the tests drive."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Debian's Chromium; NEXTPOSTURE_CHROMIUM names another."""
    path = os.environ.get("NEXTPOSTURE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "Chromium is missing: see `make test`"
    return path
