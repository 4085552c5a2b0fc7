"""Debian's coturn as a process of its own, asking for the passwords that the product makes."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.clinic_server.live_clinic import free_port

SECRET = "only-for-tests"


def own_address() -> str:
    """An address of this computer, not the loopback one where there is another: browsers want such."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        try:
            one.connect(("192.0.2.1", 9))  # no packet is sent
        except OSError:
            return "127.0.0.1"
        return str(one.getsockname()[0])


class Relay:
    """A relay that can be killed and come back at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.host, self.port = folder, own_address(), free_port()
        self.address = f"turn:{self.host}:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Relay:
        """Start it and wait until it answers."""
        turnserver = shutil.which("turnserver")
        assert turnserver, "coturn is missing: see `make test-clinic`"
        self.process = subprocess.Popen(
            [
                *(turnserver, "-n", "--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=calls"),
                *(f"--listening-ip={self.host}", f"--relay-ip={self.host}", f"--listening-port={self.port}"),
                *("--no-tls", "--no-dtls", "--no-cli", "--allow-loopback-peers", "--fingerprint"),
                *("--log-file=stdout", f"--pidfile={self.folder / 'turn.pid'}"),
                *(f"--userdb={self.folder / 'turn.db'}",),
            ],
            stdout=(self.folder / "turn.log").open("ab"),
            stderr=subprocess.STDOUT,
            cwd=self.folder,
        )
        for _ in range(200):
            with socket.socket() as one:
                if one.connect_ex((self.host, self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise RuntimeError((self.folder / "turn.log").read_text())

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=60)
            self.process = None
