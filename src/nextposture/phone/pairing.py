"""A pairing: the port that is open to the local network while a phone sends its reading.

It listens at one address of this computer, over TLS, in a thread of its own, and closes by itself: after the
reading, after some minutes, after too many requests, or when it is told to.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from nextposture.knowledge.phone import PairingTable
from nextposture.phone.certificate import certificate_for
from nextposture.phone.door import Door, Page

Phase = Literal["waiting", "phone", "done", "closed"]


class CannotPairError(Exception):
    """Why no port can be opened; the message says what to change."""


class Pairing:
    """One open port. `phase` says how far it is; `link` is what the phone opens."""

    def __init__(
        self,
        address: str,
        page: Page,
        take: Callable[[dict[str, Any]], Awaitable[None]],
        limits: PairingTable,
        now: datetime,
    ) -> None:
        """Open it. Raises CannotPairError if the address cannot be listened at."""
        self.phase: Phase = "waiting"
        self.closes_at = now + timedelta(seconds=limits.open_s)
        listener = _listen(address)
        host = f"{address}:{listener.getsockname()[1]}"
        door = Door(
            {host},
            page,
            take,
            self._changed,
            body_most=limits.body_most,
            requests_most=limits.requests_most,
        )
        self.link = f"https://{host}/{door.token}"
        self._server = _server(door, *certificate_for(address, now, limits.certificate_days))
        self._listener = listener
        self._timer = threading.Timer(limits.open_s, self.close)
        self._timer.daemon = True
        self._thread = threading.Thread(target=self._serve, name="phone pairing", daemon=True)
        self._timer.start()
        self._thread.start()

    @property
    def open(self) -> bool:
        """Whether the port is still there."""
        return self._thread.is_alive()

    def close(self, wait_s: float = 0.0) -> None:
        """Close the port; `wait_s`: wait so long for it to be closed."""
        self._server.should_exit = True
        if wait_s:
            self._thread.join(wait_s)

    def _serve(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        finally:
            self._listener.close()
            self._timer.cancel()
            if self.phase != "done":
                self.phase = "closed"

    def _changed(self, what: str) -> None:
        if what == "worn_out":
            self.close()
        elif what == "done":
            self.phase = "done"
            self.close()
        elif self.phase == "waiting":
            self.phase = "phone"


def _listen(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.bind((address, 0))
        listener.listen(8)
    except OSError as problem:
        listener.close()
        raise CannotPairError(
            f"Nothing can be reached at {address} now. Is this computer on the network? Try again."
        ) from problem
    return listener


def _server(door: Door, certificate: bytes, key: bytes) -> Any:
    """A server of `door` with this certificate; its files are gone when this returns."""
    import uvicorn

    with tempfile.TemporaryDirectory(prefix="nextposture-") as folder:  # readable by its owner only
        files = {"certificate.pem": certificate, "key.pem": key}
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        config = uvicorn.Config(
            door,
            ssl_certfile=str(Path(folder) / "certificate.pem"),
            ssl_keyfile=str(Path(folder) / "key.pem"),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            limit_concurrency=16,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=8192,
        )
        config.load()
    return uvicorn.Server(config)
