"""The real server process over a data folder of its own, as a person starts it."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import httpx

from nextposture.site import one_time_link


class LiveServer:
    """`nextposture --no-browser --port 0 --data DIR`, with all it writes kept in a file.

    `program` is the command to start; the default is this checkout's. `settings` are environment variables.
    """

    def __init__(
        self,
        folder: Path,
        program: tuple[str, ...] = (sys.executable, "-m", "nextposture"),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = dict(settings or {})
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.program = program
        self.link = ""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end."""
        return self.link.partition("/sign-in")[0]

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.origin.rpartition(":")[2])

    def command(self, *arguments: str) -> list[str]:
        """The command line over this server's data folder."""
        return [*self.program, "--no-browser", "--no-companion", "--data", str(self.data), *arguments]

    def start(self, port: int = 0, *, first: bool = False) -> LiveServer:
        """Start it and wait for the link, which is the first line it prints.

        A folder that is not there yet begins with empty tables and static files made before, for time; with
        `first` the server makes them, as at a person's first start.
        """
        if not first and not self.data.exists():
            shutil.copytree(_made_ready(), self.data)
            self.data.chmod(0o700)
        already = len(self.output())
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("--port", str(port)),
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_hear_interrupts,
                env={**environment(), "PYTHONUNBUFFERED": "1", **self.settings},
            )
        deadline = time.monotonic() + 180
        while "\n" not in (told := self.output()[already:]):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{told}")
            time.sleep(0.02)
        self.link = told.splitlines()[0]
        return self

    def new_link(self) -> str:
        """A fresh link to this server, made as a second `nextposture` makes it, without starting one."""
        return f"{self.origin}/sign-in?token={one_time_link.mint(self.data)}"

    def link_of_second_start(self) -> str:
        """What a second `nextposture` over the same folder prints first: a fresh link to this server."""
        told = subprocess.run(
            self.command(), capture_output=True, text=True, env=environment(), timeout=60, check=True
        )
        return told.stdout.splitlines()[0]

    @contextmanager
    def sign_in(self) -> Iterator[httpx.Client]:
        """An HTTP client that has followed a fresh link, as the owner's browser does."""
        with httpx.Client(base_url=self.origin, timeout=60) as client:
            client.get(self.new_link())
            yield client

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """kill -9: no chance to tidy up."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=60)

    def output(self) -> str:
        """All that it has written to stdout and stderr so far."""
        return self.log.read_text() if self.log.exists() else ""

    def told(self) -> dict[str, str]:
        """Everything it wrote outside the database: its output and every other file in its folder."""
        told = {"output": self.output()}
        for path in sorted(self.data.rglob("*")):
            if path.is_file() and not path.name.startswith("nextposture.sqlite3"):
                told[str(path.relative_to(self.data))] = path.read_bytes().decode("latin-1")
        return told


@cache
def _made_ready() -> Path:
    """What a first start leaves that does not depend on whose it is: empty tables and static files."""
    folder = Path(tempfile.mkdtemp(prefix="nextposture-made-ready-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = LiveServer(folder).start(first=True)
    server.interrupt()
    ready = folder / "ready"
    ready.mkdir()
    (server.data / "static").rename(ready / "static")
    with (
        closing(sqlite3.connect(server.data / "nextposture.sqlite3")) as made,
        closing(sqlite3.connect(ready / "nextposture.sqlite3")) as kept,
    ):
        made.backup(kept)
    (ready / "nextposture.sqlite3").chmod(0o600)
    return ready


def _hear_interrupts() -> None:
    """A test run in the background has Ctrl-C ignored, and its children with it; a person's shell has not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def environment() -> dict[str, str]:
    """This process's environment, without what the test run set for Django."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("NEXTPOSTURE", "DJANGO"))
    }
