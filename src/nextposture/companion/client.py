"""Asking the companion that runs on this computer."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from nextposture.companion import folder, web


def ask(
    data: Path, method: str, path: str, value: Any = None, timeout_s: float = web.TIMEOUT_S
) -> tuple[int, Any]:
    """Ask the companion over a data folder; docs/companion.md has its addresses. Returns status and answer.

    Raises OSError if none runs, or it does not answer in time.
    """
    match folder.read_json(data / "companion" / folder.API):
        case {"port": int(port), "token": str(token)} if 0 < port < 65536:
            return asyncio.run(web.ask(port, method, path, token, value, timeout_s))
    raise ConnectionRefusedError("no companion runs")
