"""Talking with the app: bouts go there and are forgotten here once it has them; the plan comes back.

Every bout carries a name that never changes, so that sending it twice keeps it once. What the app refuses is
set aside with the reason and tried once more at the next start, as another edition of the app may take it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nextposture.companion import folder, web
from nextposture.companion.store import Store

FIRST_RETRY_S = 15.0
LAST_RETRY_S = 600.0
PLAN_EVERY_S = 3600.0
SOON_S = 2.0
MOST_AT_ONCE = 200
REFUSED = 400


class AppLink:
    """Sends what waits, soon after it came to be, and again later when the app is not there."""

    def __init__(self, data: Path, store: Store, got_plan: Callable[[dict[str, Any]], None]) -> None:
        self._data, self._store, self._got_plan = data, store, got_plan
        self._wanted = asyncio.Event()
        self.reached = False

    def soon(self) -> None:
        """Talk with the app as soon as may be."""
        self._wanted.set()

    async def run(self) -> None:
        """Keep at it until cancelled."""
        with contextlib.suppress(sqlite3.Error):  # a full disk: it stays set aside
            self._store.try_again()
        retry = FIRST_RETRY_S
        while True:
            self._wanted.clear()
            self.reached = await self.talk()
            wait = PLAN_EVERY_S if self.reached else retry
            retry = FIRST_RETRY_S if self.reached else min(retry * 2, LAST_RETRY_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), wait)
                await asyncio.sleep(SOON_S)  # a bout and its break come together
                retry = FIRST_RETRY_S

    async def talk(self) -> bool:
        """Send everything that waits and fetch the plan. Whether the app was there and took it."""
        port = folder.app_port(self._data)
        if port is None:
            return False
        try:
            token = folder.app_token(self._data)
            most = MOST_AT_ONCE
            while True:
                waiting = self._store.waiting(most)
                status, answer = await web.ask(port, "POST", "/companion/kept", token, {"kept": waiting})
                if status == REFUSED and waiting:
                    if len(waiting) == 1:
                        self._store.set_aside(waiting[0]["install"], waiting[0]["number"], _why(answer))
                    most = 1  # from here one by one: what is good is kept, and the app says what is not
                    continue
                if status != 200 or not isinstance(answer, dict):
                    return False
                has = {(str(install), int(number)) for install, number in answer["kept"]}
                self._store.confirmed(has)
                self._got_plan(answer["plan"])
                if not waiting:
                    return True
                if not has >= {(one["install"], one["number"]) for one in waiting}:
                    return False  # it took only some: ask again later, not at once for ever
        except (OSError, KeyError, TypeError, ValueError, sqlite3.Error):
            return False  # a full disk too: what is not forgotten here is sent again


def _why(answer: Any) -> str:
    """The reason that a refusing app gives."""
    return str(answer["refused"]) if isinstance(answer, dict) and "refused" in answer else "no reason given"
